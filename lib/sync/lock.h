/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * lib/sync/lock.h - a named lock that a script holds, for minutes if it likes. It belongs to a
 * process: a child does not hold its parent's locks. When a holder dies the next one gets it and is
 * told. Waiters are served in the order they came.
 *
 *	struct cn_lock lock;
 *	int err = cn_lock_open(arena, "table", CN_LOCK_CREATE, &lock);
 *	struct cn_lock_grant grant;
 *	err = cn_lock_acquire(&lock, 0, cn_after(5 * CN_SECOND), &grant, NULL);
 *	...
 *	err = cn_lock_release(&lock);
 */
#ifndef CN_SYNC_LOCK_H
#define CN_SYNC_LOCK_H

#include <sys/types.h>

#include "lib/base/err.h"
#include "lib/shm/names.h"

struct cn_lock {
	struct cn_ref ref;
};

enum cn_lock_flags {
	CN_LOCK_CREATE = 1 << 0, // open: make it when it is not there
	CN_LOCK_RECURSIVE = 1 << 1, // open with CREATE: the holder may take it again
	CN_LOCK_SHARED = 1 << 2, // acquire: together with other sharers
};

struct cn_lock_grant {
	pid_t dead; // who died holding it alone, or 0; told until the next one who has it alone
};

/*
 * Nothing to close.
 * Returns 0, -ENOENT, -EEXIST (it is there, and recursive or not other than asked with CREATE;
 * *out is good all the same), -EINVAL (name), -ENOSPC.
 */
int cn_lock_open(struct cn_arena *arena, const char *name, unsigned flags, struct cn_lock *out);

/*
 * Take it. *grant and *why may be NULL.
 * Returns 0; -ETIMEDOUT (with CN_NOW: it is held); -EINTR (a signal was caught: call again, the
 * place in the line is kept); -EDEADLK (this process has it and it is not recursive, or a circle of
 * processes would wait for each other: *why names its locks); -ENOENT (destroyed); -ENOSPC,
 * -EAGAIN.
 */
int cn_lock_acquire(const struct cn_lock *lock, unsigned flags, cn_time deadline,
		struct cn_lock_grant *grant, struct cn_err *why);

/* Give it back once. 0, -EPERM (this process does not hold it), -ENOENT. */
int cn_lock_release(const struct cn_lock *lock);

/*
 * Give it back as often as it was taken; *depth says how often. It must be held alone. 0, -EPERM,
 * -ENOENT.
 */
int cn_lock_release_all(const struct cn_lock *lock, uint32_t *depth);

struct cn_lock_info {
	pid_t owner; // holds it exclusively; 0: nobody (a dead holder is nobody)
	uint32_t depth; // times the owner took it
	uint32_t sharers; // living
	uint32_t waiters; // living
	bool recursive;
	bool mine; // this process holds it, in either mode
};

/* 0 or -ENOENT. */
int cn_lock_query(const struct cn_lock *lock, struct cn_lock_info *out);

/* The living processes that hold it, up to `max` of them; *count: how many there are. As above. */
int cn_lock_holders(const struct cn_lock *lock, pid_t *out, size_t max, size_t *count);

#endif
