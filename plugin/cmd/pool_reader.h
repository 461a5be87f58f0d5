/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * plugin/cmd/pool_reader.h - the items of `pool map -p`, a call's worth at a time.
 */
#ifndef PLUGIN_CMD_POOL_READER_H
#define PLUGIN_CMD_POOL_READER_H

#include "lib/base/buf.h"
#include "lib/base/vec.h"
#include "plugin/cmd/pool_map.h"
#include "plugin/items.h"

struct pool_reader {
	struct cn_vec fields; // char *, of the call; they stand until the next one
	// The reader's own:
	const struct pool_map_args *args;
	struct items *items; // of words and files, borrowed
	int input; // or items are read from it; -1: from `items`
	int delim;
	size_t lists; // fields that make an item
	struct cn_buf text; // items that were read; those before `at` are done with
	size_t at;
	bool ended; // nothing follows in the input
	struct cn_buf copy; // where the fields stand
};

void pool_reader_init(struct pool_reader *reader, const struct pool_map_args *args,
		struct items *items, int input, int delim);
void pool_reader_finish(struct pool_reader *reader);

/*
 * The items of the next call (-N, -X), cut at --colsep, into reader->fields. May wait for input, and
 * runs handlers meanwhile. 1, 0: there are no more, or a negative errno.
 */
int pool_reader_next(struct pool_reader *reader);

#endif
