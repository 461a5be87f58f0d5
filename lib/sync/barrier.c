/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Who waits stands in the line with the number of the round he came in. The last to come numbers
 * those of the round, then raises the round: that store lets them go. They may still stand in the
 * line for a while; only those of the current round count.
 */
#include "config.h"
#include "lib/sync/barrier.h"

#include <errno.h>

#include "lib/sync/waiters.h"

// All guarded by the object's mutex.
struct barrier {
	struct cn_object object;
	struct cn_waiters line; // mode: the round; told: index + 1 when it was let go
	uint32_t parties;
	uint32_t round; // even numbers; odd: broken
};

struct request {
	uint32_t round;
	uint32_t index;
};

static void barrier_wake(struct cn_arena *arena, struct cn_object *object) {
	cn_waiters_ring_all(arena, &((struct barrier *)object)->line);
}

static void barrier_finish(struct cn_arena *arena, struct cn_object *object) {
	cn_waiters_finish(arena, &((struct barrier *)object)->line);
}

static int barrier_repair(struct cn_arena *arena, struct cn_object *object) {
	barrier_wake(arena, object); // whom the dead one let go and did not ring
	return 0;
}

static const struct cn_kind_ops barrier_ops = {
	.wake = barrier_wake,
	.finish = barrier_finish,
	.repair = barrier_repair,
};

__attribute__((constructor)) static void barrier_register(void) {
	cn_kind_register(CN_BARRIER, &barrier_ops);
}

static void barrier_init(void *object, const void *data) {
	struct barrier *barrier = object;
	barrier->parties = *(const uint32_t *)data;
	barrier->round = 2;
}

int cn_barrier_create(
		struct cn_arena *arena, const char *name, uint32_t parties, struct cn_barrier *out) {
	if (parties == 0) {
		return -ERANGE;
	}
	int err = cn_name_create(
			arena, CN_BARRIER, name, sizeof(struct barrier), barrier_init, &parties, &out->ref);
	struct barrier *barrier;
	if (err == -EEXIST && cn_pin(&out->ref, (void **)&barrier) == 0) {
		err = barrier->parties == parties ? -EEXIST : -EPROTOTYPE;
		cn_unpin(&out->ref, barrier);
	}
	return err;
}

int cn_barrier_open(struct cn_arena *arena, const char *name, struct cn_barrier *out) {
	return cn_name_find(arena, CN_BARRIER, name, &out->ref);
}

static bool is_broken(const struct barrier *barrier) {
	return barrier->round % 2 != 0;
}

static void round_break(struct cn_arena *arena, struct barrier *barrier) {
	if (!is_broken(barrier)) {
		barrier->round++;
		barrier_wake(arena, &barrier->object);
	}
}

// Those of this round; numbers them as well when all are there.
static uint32_t arrived(struct cn_arena *arena, struct barrier *barrier, bool number) {
	uint32_t count = 0;
	struct cn_waiter *at = NULL;
	while ((at = cn_waiters_next(arena, &barrier->line, at)) != NULL) {
		if (at->mode == barrier->round && cn_owner_is_alive(arena, at->owner)) {
			count++;
			at->told = number ? count : at->told;
		}
	}
	return count;
}

// The first look, when we are not in the line.
static int arrive(struct cn_wait *wait, struct barrier *barrier, struct request *request) {
	struct cn_arena *arena = wait->ref->arena;
	if (is_broken(barrier)) {
		return -ECANCELED;
	}
	if (arrived(arena, barrier, false) + 1 < barrier->parties) {
		request->round = barrier->round;
		wait->mode = barrier->round;
		barrier_wake(arena, &barrier->object); // so that they watch us too
		return 0;
	}
	request->index = arrived(arena, barrier, true);
	barrier->round += 2;
	barrier_wake(arena, &barrier->object);
	return 1;
}

static int barrier_attempt(struct cn_wait *wait) {
	struct barrier *barrier = (struct barrier *)wait->object;
	struct request *request = wait->data;
	if (wait->waiter == NULL) {
		return arrive(wait, barrier, request);
	}
	if (wait->waiter->told != 0 && barrier->round != request->round) {
		request->index = wait->waiter->told - 1;
		return 1;
	}
	return barrier->round != request->round ? -ECANCELED : 0;
}

static void barrier_buried(struct cn_wait *wait, const struct cn_waiter *waiter) {
	struct barrier *barrier = (struct barrier *)wait->object;
	if (waiter->mode == barrier->round) {
		round_break(wait->ref->arena, barrier);
	}
}

// All others who wait: the death of any breaks it.
static size_t barrier_holders(struct cn_wait *wait, cn_owner *out, size_t max) {
	struct cn_arena *arena = wait->ref->arena;
	struct barrier *barrier = (struct barrier *)wait->object;
	size_t n = 0;
	struct cn_waiter *at = NULL;
	while ((at = cn_waiters_next(arena, &barrier->line, at)) != NULL && n < max) {
		if (at->owner == wait->self) {
			continue;
		}
		if (at->mode == barrier->round && !cn_owner_is_alive(arena, at->owner)) {
			round_break(arena, barrier); // he stood behind us
		}
		out[n++] = at->owner;
	}
	return n;
}

int cn_barrier_wait(const struct cn_barrier *handle, cn_time deadline, uint32_t *index) {
	struct barrier *barrier;
	int err = cn_pin(&handle->ref, (void **)&barrier);
	if (err < 0) {
		return err;
	}
	struct request request = { 0 };
	struct cn_wait wait = {
		.ref = &handle->ref,
		.object = &barrier->object,
		.line = &barrier->line,
		.data = &request,
		.attempt = barrier_attempt,
		.holders = barrier_holders,
		.watches_all = true,
		.buried = barrier_buried,
	};
	err = cn_wait(&wait, deadline);
	cn_unpin(&handle->ref, barrier);
	if (err == 0 && index != NULL) {
		*index = request.index;
	}
	return err;
}

int cn_barrier_abort(const struct cn_barrier *handle) {
	struct barrier *barrier;
	int err = cn_enter(&handle->ref, (void **)&barrier);
	if (err == 0) {
		round_break(handle->ref.arena, barrier);
		cn_leave(&handle->ref, barrier);
	}
	return err;
}

int cn_barrier_reset(const struct cn_barrier *handle) {
	struct barrier *barrier;
	int err = cn_enter(&handle->ref, (void **)&barrier);
	if (err < 0) {
		return err;
	}
	if (arrived(handle->ref.arena, barrier, false) > 0) {
		round_break(handle->ref.arena, barrier);
	}
	if (is_broken(barrier)) {
		barrier->round++;
	}
	cn_leave(&handle->ref, barrier);
	return 0;
}

int cn_barrier_query(const struct cn_barrier *handle, struct cn_barrier_info *out) {
	struct barrier *barrier;
	int err = cn_enter(&handle->ref, (void **)&barrier);
	if (err < 0) {
		return err;
	}
	*out = (struct cn_barrier_info){
		.parties = barrier->parties,
		.waiting = arrived(handle->ref.arena, barrier, false),
		.is_broken = is_broken(barrier),
	};
	cn_leave(&handle->ref, barrier);
	return 0;
}
