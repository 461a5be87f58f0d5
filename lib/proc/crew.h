/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * lib/proc/crew.h - the workers of a map and their keeper. The keeper is a copy of the shell as it
 * was when the map began; it forks the workers, buries and replaces those that die, enforces the
 * time limit, takes in what they leave behind, and ends when they have. When the caller dies it
 * kills everything.
 */
#ifndef CN_PROC_CREW_H
#define CN_PROC_CREW_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "lib/base/clock.h"
#include "lib/proc/board.h"

struct cn_crew {
	struct cn_board_map *map;
	/*
	 * What a worker does: called in a fresh copy with its slot, stdin and stdout in place. Returns
	 * when there is no work left.
	 */
	void (*work)(void *data, uint32_t slot);
	void *data;
	cn_time limit; // of a call; CN_NEVER
	int nice; // added to ours
	bool keep_stdin; // not /dev/null

	pid_t keeper; // 0: none
	int keeper_fd; // its pidfd, readable when it has ended; -1: none
};

/*
 * Start the keeper, which starts the workers. The caller has flushed its buffers. 0 or a negative
 * errno of clone.
 */
int cn_crew_start(struct cn_crew *crew);

/*
 * The keeper has died: wait until its workers are gone too (it takes them along), and bury them.
 * Then cn_crew_start() may be called again. 0, or -ETIMEDOUT.
 */
int cn_crew_recover(struct cn_crew *crew);

/* Whether the keeper has ended; takes its status. */
bool cn_crew_has_ended(struct cn_crew *crew);

/* Let the workers end: after their calls, or `now` by killing them. Waits until all are gone. */
void cn_crew_stop(struct cn_crew *crew, bool now);

#endif
