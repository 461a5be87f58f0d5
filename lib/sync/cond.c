/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A waiter stands in the line until it was told. A told one that dies in the line is found by the
 * one behind it, who passes the word on before it takes the dead one out.
 */
#include "config.h"
#include "lib/sync/cond.h"

#include <errno.h>

#include "lib/sync/waiters.h"

enum phase { BEFORE, WAITING, LOCKING };

// All guarded by the object's mutex.
struct cond {
	struct cn_object object;
	struct cn_waiters line; // told: notified
};

static void cond_wake(struct cn_arena *arena, struct cn_object *object) {
	cn_waiters_ring_all(arena, &((struct cond *)object)->line);
}

static void cond_finish(struct cn_arena *arena, struct cn_object *object) {
	cn_waiters_finish(arena, &((struct cond *)object)->line);
}

static int cond_repair(struct cn_arena *arena, struct cn_object *object) {
	cond_wake(arena, object); // some were told and not rung
	return 0;
}

static const struct cn_kind_ops cond_ops = {
	.wake = cond_wake,
	.finish = cond_finish,
	.repair = cond_repair,
};

__attribute__((constructor)) static void cond_register(void) {
	cn_kind_register(CN_COND, &cond_ops);
}

int cn_cond_open(struct cn_arena *arena, const char *name, bool create, struct cn_cond *out) {
	if (!create) {
		return cn_name_find(arena, CN_COND, name, &out->ref);
	}
	int err = cn_name_create(arena, CN_COND, name, sizeof(struct cond), NULL, NULL, &out->ref);
	return err == -EEXIST ? 0 : err;
}

// Tell up to `count` of those who do not know yet. Returns how many.
static uint32_t tell(struct cn_arena *arena, struct cond *cond, uint32_t count) {
	uint32_t told = 0;
	struct cn_waiter *at = NULL;
	while (told < count && (at = cn_waiters_next(arena, &cond->line, at)) != NULL) {
		if (at->told == 0 && cn_owner_is_alive(arena, at->owner)) {
			at->told = 1;
			cn_owner_ring(arena, at->owner);
			told++;
		}
	}
	return told;
}

static void leave(struct cn_arena *arena, struct cond *cond, struct cn_waiter *waiter, bool pass) {
	if (pass && waiter->told != 0) {
		tell(arena, cond, 1);
	}
	cn_waiters_remove(arena, &cond->line, waiter);
}

// Drop the dead before us; returns who is right before us then.
static cn_owner bury(struct cn_arena *arena, struct cond *cond, const struct cn_waiter *self) {
	cn_owner ahead = 0;
	struct cn_waiter *at = cn_waiters_next(arena, &cond->line, NULL);
	while (at != NULL && at != self) {
		struct cn_waiter *next = cn_waiters_next(arena, &cond->line, at);
		if (cn_owner_is_alive(arena, at->owner)) {
			ahead = at->owner;
		} else {
			leave(arena, cond, at, true);
		}
		at = next;
	}
	return ahead;
}

// Stand in the line, then let go of the lock.
static int begin(
		const struct cn_cond *handle, const struct cn_lock *lock, struct cn_cond_state *state) {
	struct cn_arena *arena = handle->ref.arena;
	struct cn_lock_info info;
	cn_owner self;
	int err = cn_owner_self(arena, &self);
	if (err == 0) {
		err = cn_lock_query(lock, &info);
	}
	if (err == 0 && (!info.mine || info.depth == 0)) {
		err = -EPERM;
	}
	struct cond *cond;
	if (err == 0) {
		err = cn_enter(&handle->ref, (void **)&cond);
	}
	if (err < 0) {
		return err;
	}
	struct cn_waiter *waiter;
	err = cn_waiters_add(arena, &cond->line, self, ++cond->line.tickets, 0, &waiter);
	cn_object_unlock(&cond->object);
	if (err < 0) {
		cn_unpin(&handle->ref, cond);
		return err;
	}
	state->phase = WAITING;
	state->cond = cond;
	state->waiter = waiter;
	err = cn_lock_release_all(lock, &state->depth);
	if (err < 0) {
		cn_cond_cancel(handle, state);
	}
	return err;
}

// Sleep until told. -EINTR: to be called again. Else *result and the next phase are set.
static int sleep_until_told(
		const struct cn_cond *handle, cn_time deadline, struct cn_cond_state *state) {
	struct cn_arena *arena = handle->ref.arena;
	struct cond *cond = state->cond;
	int parked = 0;
	for (;;) {
		int err = cn_object_lock(arena, &cond->object);
		if (err < 0) { // destroyed, and the line with it
			state->result = err;
			break;
		}
		cn_owner ahead = bury(arena, cond, state->waiter);
		bool told = ((struct cn_waiter *)state->waiter)->told != 0;
		if (told || parked == -ETIMEDOUT) {
			leave(arena, cond, state->waiter, false);
			cn_object_unlock(&cond->object);
			state->result = told ? 0 : -ETIMEDOUT;
			break;
		}
		cn_object_unlock(&cond->object);
		if (parked == -EINTR) {
			return -EINTR;
		}
		parked = cn_park(arena, deadline, &ahead, 1);
	}
	cn_unpin(&handle->ref, cond);
	state->cond = NULL;
	state->phase = LOCKING;
	return 0;
}

int cn_cond_wait(const struct cn_cond *handle, const struct cn_lock *lock, cn_time deadline,
		struct cn_cond_state *state) {
	int err = 0;
	if (state->phase == BEFORE) {
		err = begin(handle, lock, state);
	}
	if (err == 0 && state->phase == WAITING) {
		err = sleep_until_told(handle, deadline, state);
	}
	while (err == 0 && state->depth > 0) {
		err = cn_lock_acquire(lock, 0, CN_NEVER, NULL, NULL);
		state->depth -= err == 0;
	}
	if (err == -EINTR) {
		return err;
	}
	state->phase = BEFORE;
	return err < 0 ? err : state->result;
}

void cn_cond_cancel(const struct cn_cond *handle, struct cn_cond_state *state) {
	struct cond *cond = state->cond;
	if (state->phase == WAITING) {
		if (cn_object_lock(handle->ref.arena, &cond->object) == 0) {
			leave(handle->ref.arena, cond, state->waiter, true);
			cn_object_unlock(&cond->object);
		}
		cn_unpin(&handle->ref, cond);
	}
	*state = (struct cn_cond_state){ 0 };
}

int cn_cond_notify(const struct cn_cond *handle, uint32_t count, uint32_t *woken) {
	struct cond *cond;
	int err = cn_enter(&handle->ref, (void **)&cond);
	if (err < 0) {
		return err;
	}
	uint32_t told = tell(handle->ref.arena, cond, count);
	if (woken != NULL) {
		*woken = told;
	}
	cn_leave(&handle->ref, cond);
	return 0;
}

int cn_cond_query(const struct cn_cond *handle, uint32_t *waiters) {
	struct cond *cond;
	int err = cn_enter(&handle->ref, (void **)&cond);
	if (err == 0) {
		*waiters = cn_waiters_count(handle->ref.arena, &cond->line);
		cn_leave(&handle->ref, cond);
	}
	return err;
}
