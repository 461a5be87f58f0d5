/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * lib/proc/collect.h - takes the results off a board, in the order of the items or as they come,
 * and hands the output on. Belongs to the caller of the map.
 */
#ifndef CN_PROC_COLLECT_H
#define CN_PROC_COLLECT_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/proc/board.h"
#include "lib/proc/logs.h"

struct cn_collect {
	struct cn_board_map *map;
	int out; // output goes there, as it is; -1: nowhere
	bool lines; // of running calls too, in whole lines; the board is unordered, a chunk one call
	/*
	 * Called for each call, in the order of the collection, where the board keeps records; then
	 * output is its matter. 0 or a negative errno, which ends the map. NULL: nothing is done with
	 * them.
	 */
	int (*result)(void *data, uint64_t seq, const struct cn_record *record);
	/* Takes over the printing of whole lines that the chunk's call has printed. NULL: they go to
	 * `out`. */
	int (*print)(void *data, const struct cn_chunk *chunk, const char *text, size_t len);
	/* Called before anything is printed, or result() is called; may be NULL. */
	void (*before)(void *data);
	void *data;

	struct cn_logs logs;
	uint64_t calls; // collected so far
	uint64_t failed; // of them
	uint64_t lost; // of the failed: those that took their worker along
	uint64_t *
			streamed; // per worker: its log is printed up to there, when that is in a running chunk
	uint64_t *seen; // per worker: the highest log_to of a chunk that is collected
	uint16_t *awaited; // per chunk of the ring: 1 + number of the part that comes next; 0: itself
	bool *taken; // per chunk of the ring: collected, while an earlier one is not
};

/* `dir` is for output that is too large for memory, and borrowed. 0 or -ENOMEM. */
int cn_collect_init(struct cn_collect *collect, struct cn_board_map *map, int out, const char *dir);
void cn_collect_finish(struct cn_collect *collect);

/*
 * Collect what there is. May block in write(2). Returns the number of chunks, or a negative errno:
 * that of a write (-EPIPE), or of result().
 */
int cn_collect_some(struct cn_collect *collect);

/* Whether every claimed chunk is collected. */
bool cn_collect_is_done(const struct cn_collect *collect);

/*
 * Look at the calls that run, when one has done so for a while: print what the first has printed so
 * far (with `lines`, what each has), and move to disk what others have printed too much of. 0 or a
 * negative errno.
 */
int cn_collect_look(struct cn_collect *collect);

/* Whether there is anything whose output is not collected yet, or soon will be. */
bool cn_collect_is_waiting(const struct cn_collect *collect);

#endif
