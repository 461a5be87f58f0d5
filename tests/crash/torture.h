/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * tests/crash/torture.h - processes that use a shared structure, killed at random moments.
 *
 *	static void work(int worker, unsigned *seed) { ...one step... torture_progress(); }
 *	struct torture torture = { .workers = 4, .work = work };
 *	torture_run(arena, &torture);
 *
 * Afterwards nobody uses the arena but the test, which counts. ROUNDS in the environment is the
 * number of kills (default: 300, a second or so).
 */
#ifndef CN_TESTS_TORTURE_H
#define CN_TESTS_TORTURE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "lib/shm/arena.h"

struct torture {
	int workers;
	void (*work)(int worker, unsigned *seed); // called again and again
	void (*died)(pid_t pid); // in the test, after each kill; may be NULL
	// What came of it:
	int kills;
	int stuck; // times nobody made progress for three seconds
	int wrong; // workers that ended by themselves badly
	uint64_t steps;
};

/* Kill and replace until all rounds are done, then let all end. */
void torture_run(struct cn_arena *arena, struct torture *torture);

/*
 * Afterwards: what the dead left is swept, the arena is whole, and none of its blocks is left but
 * the `kept` of the test; its objects are destroyed before.
 */
void torture_memory(struct cn_arena *arena, int kept);

/* The worker got something done. */
void torture_progress(void);

/* Whether workers are to end: for loops in work(). */
bool torture_is_over(void);

/* The kills that are asked for. */
int torture_rounds(void);

#endif
