/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * plugin/cmd/pool_dirs.h - `--results DIR`: what each call printed, in files instead, in the layout of GNU
 * parallel: DIR/1/ITEM/stdout, stderr and seq; DIR/1/ITEM/2/ITEM/... with several lists.
 */
#ifndef PLUGIN_CMD_POOL_DIRS_H
#define PLUGIN_CMD_POOL_DIRS_H

#include <stddef.h>
#include <stdint.h>

#include "lib/base/buf.h"

/* A call's folder, and where its stderr was before. */
struct pool_dirs {
	struct cn_buf path; // of the folder
	int saved; // stderr; -1: no call is on
	uint64_t from; // stdout begins there in its log
};

/* Names of lists, when --header gave them; else NULL. */
struct pool_dirs_names {
	char *const *names;
	size_t count;
};

/* Make the folder, and point stderr into it. 0 or a negative errno. */
int pool_dirs_begin(struct pool_dirs *dirs, const char *dir, const struct pool_dirs_names *names,
		char *const fields[], size_t count, uint64_t seq);

/* The call is over: copy its stdout, put stderr back. 0 or a negative errno. */
int pool_dirs_end(struct pool_dirs *dirs);

#endif
