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

struct cn_collect {
	struct cn_board_map *map;
	int out; // output goes there, as it is; -1: nowhere
	/*
	 * Called for each call, in the order of the collection, where the board keeps records; then
	 * output is its matter. 0 or a negative errno, which ends the map. NULL: nothing is done with
	 * them.
	 */
	int (*result)(void *data, uint64_t seq, const struct cn_record *record);
	void *data;

	uint64_t calls; // collected so far
	uint64_t failed; // of them
	uint64_t lost; // of the failed: those that took their worker along
	uint64_t *punched; // per worker: its log is given back up to there
	uint16_t *awaited; // per chunk of the ring: 1 + number of the part that comes next; 0: itself
	bool *taken; // per chunk of the ring: collected, while an earlier one is not
};

/* 0 or -ENOMEM. */
int cn_collect_init(struct cn_collect *collect, struct cn_board_map *map, int out);
void cn_collect_finish(struct cn_collect *collect);

/*
 * Collect what there is. May block in write(2). Returns the number of chunks, or a negative errno:
 * that of a write (-EPIPE), or of result().
 */
int cn_collect_some(struct cn_collect *collect);

/* Whether every claimed chunk is collected. */
bool cn_collect_is_done(const struct cn_collect *collect);

/*
 * Send bytes [from, to) of the file `in` to `out`, which may be of any kind. 0 or a negative errno;
 * -EINTR is not returned.
 */
int cn_send(int out, int in, uint64_t from, uint64_t to);

#endif
