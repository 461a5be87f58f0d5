/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * lib/shm/owner.h - the processes that take part in an arena: who is alive, and how they wake each
 * other.
 *
 * A process has a record, claimed when it first needs one. Its `life` word is in the kernel's
 *robust list of the process for as long as it lives: the kernel marks it the moment the process
 *dies or execs, whichever way, so "is the holder alive" is a look at memory with one right answer
 *(a pid can be reused, a zombie still answers kill 0).
 *
 * Long waits: a process that waits for anything sleeps on the `bell` in its own record. A wait is
 *
 *	put yourself on the waiters' list of the thing, under its mutex;
 *	while (what you wait for is not so) {
 *		int err = cn_park(arena, deadline, watch, n);
 *		if (err < 0) {
 *			break; // -ETIMEDOUT or -EINTR
 *		}
 *	}
 *
 * and who makes it so rings the bells of those on the list. A ring before the park is not lost: the
 * park then returns at once. So parks return for no reason too; the loop looks again. Only the
 * process itself parks on its bell.
 */
#ifndef CN_SHM_OWNER_H
#define CN_SHM_OWNER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "lib/base/clock.h"
#include "lib/shm/arena.h"

/* Which process, ever: the record's index + 1 and, above, its generation. 0: nobody. */
typedef uint64_t cn_owner;

/* Processes that can take part at a time in an arena of default size or larger. */
enum { CN_OWNERS_MAX = 16384 };

/* cn_park() watches that many; with more it looks again every so often. */
enum { CN_PARK_WATCH_MAX = 127 };

/*
 * This process. Claims a record when it has none, sweeping what a dead one left if need be.
 * Returns 0, -EAGAIN (all records are taken by living processes), -ENOSYS (no robust lists).
 */
int cn_owner_self(struct cn_arena *arena, cn_owner *out);

/* This process if it has a record already; 0 if not. Never claims. */
cn_owner cn_owner_mine(const struct cn_arena *arena);

/*
 * Give the record up, as if this process had died: what it holds passes on, what is in flight is
 * swept. It may claim another later. Does nothing in a process that has none.
 */
void cn_owner_leave(struct cn_arena *arena);

/* Whether that process lives and has not exec'ed. false for 0. */
bool cn_owner_is_alive(struct cn_arena *arena, cn_owner owner);

/* Its pid, also when it is dead as long as its record was not reused; 0 then, and for 0. */
pid_t cn_owner_pid(struct cn_arena *arena, cn_owner owner);

/* The living process with this pid that takes part; 0: none. */
cn_owner cn_owner_find(struct cn_arena *arena, pid_t pid);

/*
 * Sleep until this process's bell rings, one of the n watched owners dies (0s among them are
 * skipped), a signal handler rang, or `deadline`; about once a second in any case. The process must
 * have a record.
 * Returns 0 (look again), -ETIMEDOUT, or -EINTR (a signal handler ran; run the traps).
 */
int cn_park(struct cn_arena *arena, cn_time deadline, const cn_owner *watch, size_t n);

/*
 * What a process asks itself before it sleeps in cn_park(), and about once a second: has something
 * come that a signal handler could not ring for (one that is not ours, or before this process had a
 * record)? Then the park returns -EINTR. It must become false by what the caller does about that.
 */
void cn_park_ask(bool (*has_come)(void));

/* Ring the bell of a process, which need not live. Async-signal-safe. */
void cn_owner_ring(struct cn_arena *arena, cn_owner owner);

/*
 * For signal handlers: the wait this process is in, or enters next, returns -EINTR.
 * Async-signal-safe, keeps errno; does nothing in a process that has no record.
 */
void cn_self_ring(void);

/* Records of dead processes that were not swept yet; living ones. For reports. */
void cn_owner_count(struct cn_arena *arena, uint32_t *alive, uint32_t *dead);

#endif
