/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * plugin/cmd/pool_header.h - `--header`: the first item of each list, or the fields of the first
 * line, are names; {name} in the command stands for that field then.
 */
#ifndef PLUGIN_CMD_POOL_HEADER_H
#define PLUGIN_CMD_POOL_HEADER_H

#include "lib/base/vec.h"
#include "plugin/cmd/pool_map.h"
#include "plugin/items.h"

struct pool_header {
	struct cn_vec names; // char *, heap
};

/*
 * Take the names off the items, or off the input when that is not -1: its first line is read, no
 * byte more. A status, after a message.
 */
int pool_header_take(struct pool_header *header, const struct cmd *cmd,
		const struct pool_map_args *args, struct items *items, int input, int delim);
void pool_header_finish(struct pool_header *header);

/* A copy of the word with {name}, {name.} and so on as {1}, {1.}; `header` may be NULL. Or NULL. */
char *pool_header_apply(const struct pool_header *header, const char *word);

#endif
