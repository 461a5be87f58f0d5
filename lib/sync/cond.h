/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * lib/sync/cond.h - a named condition: processes that hold a lock wait until another one notifies
 * them, and hold the lock again when they go on.
 *
 *	struct cn_cond_state state = { 0 };
 *	while ((err = cn_cond_wait(&cond, &lock, deadline, &state)) == -EINTR) {
 *		run the traps; // the lock is not held here
 *	}
 */
#ifndef CN_SYNC_COND_H
#define CN_SYNC_COND_H

#include "lib/shm/names.h"
#include "lib/sync/lock.h"

struct cn_cond {
	struct cn_ref ref;
};

/* Where a wait is; zero before its first call. */
struct cn_cond_state {
	uint32_t phase;
	uint32_t depth; // of the lock
	int result;
	void *cond; // pinned while it waits
	void *waiter;
};

/* 0, -ENOENT, -EINVAL (name), -ENOSPC. */
int cn_cond_open(struct cn_arena *arena, const char *name, bool create, struct cn_cond *out);

/*
 * Release the lock, which this process holds alone, wait for a notification, and take the lock
 * again; no notification after the release is missed. A notification whose receiver dies goes to
 * another one.
 * Returns 0, -ETIMEDOUT or -ENOENT (destroyed), holding the lock unless that is destroyed itself;
 * -EINTR: a signal was caught, nothing is held, call again; -EPERM: the lock was not held; -EDEADLK
 * (taking it again would close a circle) or -ENOSPC, not holding it.
 */
int cn_cond_wait(const struct cn_cond *cond, const struct cn_lock *lock, cn_time deadline,
		struct cn_cond_state *state);

/* Instead of calling again after -EINTR. The lock is not held. */
void cn_cond_cancel(const struct cn_cond *cond, struct cn_cond_state *state);

/* Wake up to `count` waiters, in the order they came. *woken (may be NULL): how many. 0, -ENOENT.
 */
int cn_cond_notify(const struct cn_cond *cond, uint32_t count, uint32_t *woken);

/* *waiters: how many wait. 0 or -ENOENT. */
int cn_cond_query(const struct cn_cond *cond, uint32_t *waiters);

#endif
