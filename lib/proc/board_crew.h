/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * lib/proc/board_crew.h - a crew that works on a board: the workers of a map.
 */
#ifndef CN_PROC_BOARD_CREW_H
#define CN_PROC_BOARD_CREW_H

#include "lib/proc/board.h"
#include "lib/proc/crew.h"

struct cn_board_crew {
	struct cn_crew crew;
	struct cn_board_map *map;
	/*
	 * What a worker does: called in a fresh copy with its slot, stdin and stdout in place. Returns
	 * when there is no work left.
	 */
	void (*work)(void *data, uint32_t slot);
	void *data;
};

/* Ready for cn_crew_start(&crew->crew), once the caller has set limit, nice and so on there. */
void cn_board_crew_init(struct cn_board_crew *crew, struct cn_board_map *map,
		void (*work)(void *data, uint32_t slot), void *data);

/*
 * The keeper has died: wait until its workers are gone too, and bury them. Then cn_crew_start() may
 * be called again. 0, -ETIMEDOUT, or -EAGAIN: no part is free now, try again when some results were
 * collected.
 */
int cn_board_crew_recover(struct cn_board_crew *crew);

/* Let the workers end: after their calls, or `now` by killing them. Waits until all are gone. */
void cn_board_crew_stop(struct cn_board_crew *crew, bool now);

#endif
