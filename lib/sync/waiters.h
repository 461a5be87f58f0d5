/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * lib/sync/waiters.h - the line of processes that wait for something in an object, and the one loop
 * in which all of them wait. For those who write a new kind of object.
 *
 * Who comes first is served first: whoever can serve rings the head of the line, and it takes for
 * itself. Each waiter watches the life of the one before it, and the head watches those who hold
 * what it waits for, so that a death anywhere is noticed by the one whom it concerns.
 */
#ifndef CN_SYNC_WAITERS_H
#define CN_SYNC_WAITERS_H

#include "lib/shm/names.h"

/* A line, part of an object and guarded by its mutex. Zeroed memory is an empty one. */
struct cn_waiters {
	cn_off first; // struct cn_waiter
	uint64_t tickets; // given out
};

struct cn_waiter {
	cn_off next;
	cn_owner owner;
	uint64_t ticket; // rising along the line
	uint32_t mode; // what the kind makes of it
	uint32_t told; // what the kind makes of it: a notification is for this one
};

/* A wait. The caller fills in the first part. */
struct cn_wait {
	const struct cn_ref *ref;
	struct cn_object *object; // pinned
	struct cn_waiters *line; // in the object
	uint32_t mode;
	void *data; // the caller's
	/*
	 * With the mutex held: take what is waited for. 1: done; 0: must wait; a negative errno: give
	 * up and return it. See `ahead`, and `waiter` (NULL before it waits).
	 */
	int (*attempt)(struct cn_wait *wait);
	/*
	 * With the mutex held: up to `max` whose death must wake us. NULL: nobody's. Asked only at the
	 * head of the line, unless watches_all. Returns how many.
	 */
	size_t (*holders)(struct cn_wait *wait, cn_owner *out, size_t max);
	bool watches_all;
	/* With the mutex held: one in the line before us has died. May be NULL. */
	void (*buried)(struct cn_wait *wait, const struct cn_waiter *waiter);
	/*
	 * Who is served leaves the line without ringing the one behind him: attempt() rings him when
	 * there is something for him.
	 */
	bool calm;
	/* Without the mutex, once, before it sleeps for the first time: 0 or an error to return. */
	int (*before)(struct cn_wait *wait);

	cn_owner self;
	cn_owner ahead; // who stands before us in the line; 0: nobody
	struct cn_waiter *waiter; // our place; NULL: not in the line
};

/*
 * Wait until attempt() is done.
 * Returns 0, what attempt() or before() returned, -ETIMEDOUT (CN_NOW: no attempt but the first),
 * -EINTR (the next wait in the same line gets the old place), -ENOENT (destroyed), -ENOSPC.
 */
int cn_wait(struct cn_wait *wait, cn_time deadline);

/* Whether the next wait in this line gets an old place: it must not be gone round. */
bool cn_wait_has_place(
		const struct cn_ref *ref, const void *object, const struct cn_waiters *line);

/* The rest with the mutex held. Join the line behind `ticket` - 1; 0 or as cn_alloc_reserved(). */
int cn_waiters_add(struct cn_arena *arena, struct cn_waiters *line, cn_owner owner, uint64_t ticket,
		uint32_t mode, struct cn_waiter **out);

/* Leave it. Who stood behind is rung, since another one is before him now. */
void cn_waiters_remove(struct cn_arena *arena, struct cn_waiters *line, struct cn_waiter *waiter);

/* Drop the dead from the head; the first of the living, or NULL. */
struct cn_waiter *cn_waiters_head(struct cn_arena *arena, struct cn_waiters *line);

/* Ring the head of the line, if there is one. */
void cn_waiters_ring(struct cn_arena *arena, struct cn_waiters *line);

void cn_waiters_ring_all(struct cn_arena *arena, struct cn_waiters *line);

/* The one behind `waiter` (NULL: the first), or NULL. */
struct cn_waiter *cn_waiters_next(
		struct cn_arena *arena, struct cn_waiters *line, struct cn_waiter *waiter);

/* The living ones. */
uint32_t cn_waiters_count(struct cn_arena *arena, struct cn_waiters *line);

/* Free them all, without a ring: for the kind's finish(). */
void cn_waiters_finish(struct cn_arena *arena, struct cn_waiters *line);

#endif
