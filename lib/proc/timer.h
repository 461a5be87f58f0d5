/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * lib/proc/timer.h - any number of timers on one timer of the kernel. A heap holds those that wait;
 * the kernel's is set to the first of them and sends CN_PROCESS_SIGNAL (lib/proc/process.h).
 *
 *	struct cn_timers timers;
 *	cn_timers_init(&timers, CLOCK_MONOTONIC);
 *	cn_timers_add(&timers, &mine->timer, cn_after(CN_SECOND));
 *	cn_timers_arm(&timers);
 *	...
 *	while ((timer = cn_timers_due(&timers, cn_timers_now(&timers))) != NULL) { // taken out
 *		...
 *	}
 *	cn_timers_arm(&timers);
 *
 * With CLOCK_REALTIME the moments are those of the calendar: the kernel looks at them anew when the
 * clock is set. A copy of the process has none of its parent's.
 */
#ifndef CN_PROC_TIMER_H
#define CN_PROC_TIMER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include "lib/base/clock.h"

/* Part of a timer of the caller's. Zeroed memory is one that does not wait. */
struct cn_timer {
	cn_time due; // nanoseconds of the clock
	uint64_t order; // of those with the same moment
	size_t place; // in the heap, from 1; 0: does not wait
};

struct cn_timers {
	struct cn_timer **heap; // heap[0] is the first
	size_t len;
	size_t room;
	uint64_t order;
	clockid_t clock;
	bool is_made; // `kernel` is ours
	timer_t kernel;
	cn_time armed; // what that is set to; 0: to nothing
};

void cn_timers_init(struct cn_timers *timers, clockid_t clock);

/* Free what it has; the timers are the caller's. */
void cn_timers_finish(struct cn_timers *timers);

/* In a copy of the process: the kernel's timer was the parent's. */
void cn_timers_forget(struct cn_timers *timers);

/* The moment it is by the clock of these timers. */
cn_time cn_timers_now(const struct cn_timers *timers);

/* Let a timer wait until `due`; of those with the same moment who came first is first. 0, -ENOMEM.
 */
int cn_timers_add(struct cn_timers *timers, struct cn_timer *timer, cn_time due);

/* Take it out; nothing when it does not wait. */
void cn_timers_remove(struct cn_timers *timers, struct cn_timer *timer);

/* The first one; NULL: none waits. */
struct cn_timer *cn_timers_first(const struct cn_timers *timers);

/* Take out the first one whose moment has come; NULL: none. */
struct cn_timer *cn_timers_due(struct cn_timers *timers, cn_time now);

/* Set the kernel's timer to the first. Cheap when that is what it is set to. 0 or negative errno.
 */
int cn_timers_arm(struct cn_timers *timers);

/* The kernel's timer may have sent its signal: the next cn_timers_arm() sets it in any case. */
void cn_timers_ticked(struct cn_timers *timers);

#endif
