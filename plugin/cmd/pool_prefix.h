/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * plugin/cmd/pool_prefix.h - `--tag` and `--prefix`: what stands before each line of a call's output.
 */
#ifndef PLUGIN_CMD_POOL_PREFIX_H
#define PLUGIN_CMD_POOL_PREFIX_H

#include <stdbool.h>
#include <stddef.h>

#include "lib/base/buf.h"
#include "plugin/cmd/pool_header.h"
#include "plugin/words.h"

/* Zeroed: --tag, the item and a tab. */
struct pool_prefix {
	struct words *words; // compiled; NULL: --tag
	char *text[1]; // of --prefix, heap
	bool replaces; // has a replacement string
};

/* Take --prefix FORMAT; names in it are those of `header`, which may be NULL. 0 or -ENOMEM. */
int pool_prefix_init(struct pool_prefix *prefix, const struct pool_header *header, const char *format);
void pool_prefix_finish(struct pool_prefix *prefix);

/* Print output of a call, each line behind its prefix; the last one gets its newline too. 0 or -errno. */
int pool_prefix_print(struct pool_prefix *prefix, const struct words_call *call, int out,
		const char *text, size_t len);

#endif
