/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * lib/proc/crew.h - workers and their keeper. The keeper is a copy of the shell as it was when the
 * crew began; it forks the workers, replaces those that die, enforces the time limit, takes in what
 * they leave behind, and ends when they have. When the caller dies it kills everything.
 *
 * What the workers work on is a source: the board of a map (board_crew.h), or a named pool.
 */
#ifndef CN_PROC_CREW_H
#define CN_PROC_CREW_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "lib/base/clock.h"
#include "lib/sync/mutex.h"

enum cn_seat_state {
	CN_SEAT_NONE,
	CN_SEAT_ALIVE,
	CN_SEAT_ENDED, // there was nothing left to do
};

/* A place for a worker, in shared memory; when one dies the next takes it over. */
struct cn_seat {
	struct cn_mutex life; // held by the worker as long as it lives
	_Atomic uint32_t state; // enum cn_seat_state
	_Atomic int32_t pid;
	_Atomic uint64_t began; // when its call began (cn_time), 0: none runs. Kept with a limit only
	_Atomic uint32_t why; // status to report instead of 128+signal when it is killed: 124
	uint32_t unused;
};

enum cn_source_stop {
	CN_SOURCE_GOES_ON,
	CN_SOURCE_STOPPED, // no worker is started any more
	CN_SOURCE_KILLED, // and those that are there are killed
};

/* What a crew works on. Called in the keeper; `data` is the crew's. */
struct cn_source {
	uint32_t (*places)(void *data); // how many seats there are now
	struct cn_seat *(*seat)(void *data, uint32_t slot);
	bool (*wants)(void *data, uint32_t slot); // a worker for this empty seat
	bool (*is_over)(void *data); // when there are no workers: none will be wanted
	enum cn_source_stop (*stopped)(void *data);
	uint64_t (*progress)(void *data); // rises when workers do anything
	/*
	 * The worker of the seat is dead: close what it was at, with `status`. Idempotent, also when a
	 * former try was interrupted by a kill. 0; -EAGAIN: not possible now, try again.
	 */
	int (*bury)(void *data, uint32_t slot, int status);
	void (*fail)(void *data, int err); // no worker can be started
	int (*prepare)(void *data, uint32_t slot); // before one is started; may be NULL
	/*
	 * In the worker, a fresh copy: its stdout, then its work. Returns when there is none left.
	 */
	void (*work)(void *data, uint32_t slot);
};

struct cn_crew {
	const struct cn_source *source;
	void *data;
	cn_time limit; // of a call; CN_NEVER
	int nice; // added to ours
	bool keep_stdin; // not /dev/null
	bool keep_stdout; // not /dev/null in the keeper
	int bell; // eventfd that wakes the keeper; -1: signals only
	struct cn_mutex *life; // shared, held by the keeper as long as it lives; NULL: not wanted

	pid_t keeper; // 0: none
	int keeper_fd; // its pidfd, readable when it has ended; -1: none
};

/*
 * Start the keeper, which buries what a former one has left and starts the workers. The caller has
 * flushed its buffers. 0 or a negative errno of clone.
 */
int cn_crew_start(struct cn_crew *crew);

/* Whether the keeper has ended; takes its status. */
bool cn_crew_has_ended(struct cn_crew *crew);

/* Wait until the keeper is gone, and with it all. What makes it go is the source's matter. */
void cn_crew_wait(struct cn_crew *crew);

/*
 * The keeper is dead: wait until the worker of the seat is, too (it takes that along). 0 or
 * -ETIMEDOUT.
 */
int cn_seat_wait_for_death(struct cn_seat *seat);

#endif
