/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * plugin/cmd/pool_progress.h - `--bar`, `--eta` and `--bar-workers`: how far a map is, on stderr.
 * On a terminal that is a block of lines below all output; elsewhere a line now and then.
 *
 * While the block stands on the screen, the cursor is at its beginning: so it can be taken away
 * whatever the terminal has made of it when it was resized. Whoever writes to the screen takes it
 * away before (pool_progress_hide()), and it is drawn again when there is nothing else to do
 * (pool_progress_show()). What tasks write by themselves would come in between: they get a pipe
 * for their stderr, which the caller reads (`aside`).
 */
#ifndef PLUGIN_CMD_POOL_PROGRESS_H
#define PLUGIN_CMD_POOL_PROGRESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/buf.h"
#include "lib/base/clock.h"

/* What a worker is at. */
struct pool_progress_worker {
	uint64_t seq; // number of the call; 0: none
	cn_time began; // CN_NEVER: not known
	char item[256]; // NUL-terminated, cut
};

struct pool_progress_setup {
	bool bar; // a bar in the line
	uint32_t workers; // so many have a line each; 0: none
	void (*worker)(void *data, uint32_t slot, struct pool_progress_worker *out);
	void *data;
	bool *open_line; // whether output ended without a newline: the block begins behind one
};

struct pool_progress_count {
	uint64_t done;
	uint64_t failed;
	uint64_t total; // 0: not known
};

struct pool_progress {
	struct pool_progress_setup setup;
	int fd; // the script's stderr; -1: closed
	bool is_on; // begun; otherwise all below do nothing
	bool is_terminal;
	bool on_screen; // the block stands there
	int aside[2]; // the tasks' stderr: the end that is read, the one that is written; -1: none
	struct cn_buf aside_text; // the beginning of a line
	struct cn_buf block; // as it was made last,
	struct pool_progress_count count; // of this
	cn_time began;
	cn_time made; // when; 0: never
	unsigned columns; // the terminal then
	unsigned rows;
};

/* Begin. 0 or a negative errno. */
int pool_progress_begin(struct pool_progress *progress, const struct pool_progress_setup *setup);

/* In a worker: write to the pipe, when there is one; stdout too, when it is the caller's own. */
void pool_progress_join(const struct pool_progress *progress, bool with_stdout);

/* Make it anew, when it is time or the terminal was resized; off a terminal, print a line then. */
void pool_progress_update(struct pool_progress *progress, const struct pool_progress_count *count);

/* Take the block off the screen, and put it there again as it was. */
void pool_progress_hide(struct pool_progress *progress);
void pool_progress_show(struct pool_progress *progress);

/* The tasks have written to stderr: pass it on. 0 or a negative errno. */
int pool_progress_aside(struct pool_progress *progress);

/* The end: what is left of it is a line that says how it ended. Frees all. */
void pool_progress_end(struct pool_progress *progress, const struct pool_progress_count *count);

#endif
