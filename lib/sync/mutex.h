/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * lib/sync/mutex.h - a robust mutex in shared memory, for a few instructions: never held while
 * waiting or calling out. When its holder dies (or execs), the next one to lock it repairs what it
 * guards.
 *
 *	int err = cn_mutex_lock(&thing->mutex, thing_repair, thing);
 *	if (err < 0) {
 *		return err;
 *	}
 *	...
 *	cn_mutex_unlock(&thing->mutex);
 *
 * Zeroed memory is an unlocked mutex. Uncontended, neither call enters the kernel. Up to a hundred
 * may be held at a time; unlocking in reverse order is fastest.
 */
#ifndef CN_SYNC_MUTEX_H
#define CN_SYNC_MUTEX_H

#include <assert.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/clock.h"
#include "lib/sync/self.h"

struct cn_mutex {
	_Atomic uint32_t word; // holder's tid, CN_MUTEX_WAITERS, CN_MUTEX_DIED; the kernel changes it
	_Atomic uint32_t broken; // a repair failed: nobody gets it any more
	struct cn_robust_link link; // in the holder's robust list, addresses of the holder
};

static_assert(sizeof(struct cn_mutex) == 16 && offsetof(struct cn_mutex, link) == 8,
		"the kernel finds the word 8 bytes before the link");

#define CN_MUTEX_WAITERS UINT32_C(0x80000000)
#define CN_MUTEX_DIED UINT32_C(0x40000000)
#define CN_MUTEX_TID UINT32_C(0x3fffffff)

/*
 * Called with the mutex held when its last holder died in the middle. 0, or a negative errno: the
 * mutex is then broken for good. It may itself be killed: then the next holder calls it again.
 */
typedef int cn_mutex_repair(void *data);

/*
 * Take it; `repair` may be NULL when no half-done change can do harm. Waits however long it takes,
 * signals do not disturb it.
 * Returns 0 holding it; else not holding it: -EDEADLK (this process holds it), -ENOTRECOVERABLE
 * (a repair failed) or what this repair() returned.
 */
int cn_mutex_lock(struct cn_mutex *m, cn_mutex_repair *repair, void *data);

/* As cn_mutex_lock(), giving up with -ETIMEDOUT at `deadline` (CN_NOW: does not wait). */
int cn_mutex_lock_until(struct cn_mutex *m, cn_time deadline, cn_mutex_repair *repair, void *data);

/* Give it back; the caller holds it. */
void cn_mutex_unlock(struct cn_mutex *m);

/* Whether this process holds it. */
bool cn_mutex_is_mine(const struct cn_mutex *m);

#endif
