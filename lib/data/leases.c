/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A lease stays in its list, at its place, until it is over: that its message was given back, taken
 * again or acknowledged is one store, of its owner. Those that were got first stand first.
 *
 * Making one concerns two places, the list and the lane. `making` notes it before it is linked, and
 * where the lane was; a repair sees from the lane whether the message left it, and drops the lease
 * when it did not.
 */
#include "config.h"

#include <errno.h>
#include <string.h>

#include "lib/data/queue_core.h"

enum { LEASES_LIMIT = 1 << 26 };

// NULL: there is none, or it is damaged.
static struct cn_lease *lease_at(const struct cn_arena *arena, cn_off off) {
	struct cn_lease *lease = CN_AT(arena, off, struct cn_lease);
	if (lease == NULL || lease->block != 0) {
		return lease;
	}
	bool whole = lease->len <= CN_LANE_INLINE_MAX && cn_at(arena, off, sizeof(*lease) + lease->len, 8) != NULL;
	return whole ? lease : NULL;
}

static cn_owner owner_of(const struct cn_lease *lease) {
	return atomic_load_explicit(&lease->owner, memory_order_relaxed);
}

static void owner_set(struct cn_lease *lease, cn_owner owner) {
	atomic_store_explicit(&lease->owner, owner, memory_order_release);
}

// It is done with: one store. The block goes later, and nothing follows instead of it.
static void lease_over(struct cn_lease *lease) {
	owner_set(lease, CN_LEASE_OVER);
	if (lease->block != 0) {
		lease->len = 0;
	}
}

static bool is_ready(struct cn_arena *arena, const struct cn_lease *lease) {
	cn_owner owner = owner_of(lease);
	return owner == 0 || (owner != CN_LEASE_OVER && !cn_owner_is_alive(arena, owner));
}

static bool is_held_by_other(struct cn_arena *arena, const struct cn_lease *lease, cn_owner self) {
	cn_owner owner = owner_of(lease);
	return owner != self && owner != CN_LEASE_OVER && cn_owner_is_alive(arena, owner);
}

struct cn_lease *cn_leases_ready(struct cn_arena *arena, struct cn_queue_core *q, bool look) {
	if (q->leases_count == 0 || (q->returned == 0 && !look)) {
		return NULL;
	}
	struct cn_lease *best = NULL;
	int steps = 0;
	for (struct cn_lease *at = lease_at(arena, q->leases); at != NULL && steps++ < LEASES_LIMIT;
			at = lease_at(arena, at->next)) {
		if (is_ready(arena, at) && (best == NULL || at->priority > best->priority)) {
			best = at;
			if (q->shape.order != CN_QUEUE_PRIORITY) {
				break;
			}
		}
	}
	return best;
}

uint64_t cn_leases_ready_count(struct cn_arena *arena, struct cn_queue_core *q, uint64_t *bytes) {
	uint64_t count = 0;
	int steps = 0;
	*bytes = 0;
	for (struct cn_lease *at = lease_at(arena, q->leases); at != NULL && steps++ < LEASES_LIMIT;
			at = lease_at(arena, at->next)) {
		if (is_ready(arena, at)) {
			count++;
			*bytes += at->len;
		}
	}
	return count;
}

// What of a lane changes when a message is taken from it.
static uint64_t lane_taken(const struct cn_queue_core *q, const struct cn_lane *lane) {
	return cn_queue_is_stack(q) ? cn_side_get(&lane->put).count : cn_side_get(&lane->get).count;
}

int cn_leases_make(struct cn_arena *arena, struct cn_queue_core *q, struct cn_lane *lane,
		const struct cn_record *record, int64_t priority, cn_owner owner, struct cn_lease **out) {
	cn_off block = cn_record_block(record);
	cn_off off;
	int err = cn_alloc_reserved(
			arena, sizeof(struct cn_lease) + (block == 0 ? record->len : 0), &off);
	if (err < 0) {
		return err;
	}
	struct cn_lease *lease = (struct cn_lease *)(arena->base + off);
	*lease = (struct cn_lease){ .owner = owner, .priority = priority, .block = block };
	lease->len = record->len;
	if (block == 0) {
		memcpy(lease->data, record->data, record->len);
	}
	q->making_lane = cn_off_of(arena, lane);
	q->making_mark = lane_taken(q, lane);
	__atomic_store_n(&q->making, off, __ATOMIC_RELEASE);
	struct cn_lease *end = q->leases_end == 0 ? NULL : lease_at(arena, q->leases_end);
	cn_alloc_publish(arena, end == NULL ? &q->leases : &end->next, off);
	q->leases_end = off;
	q->leases_count++;
	*out = lease;
	return 0;
}

void cn_leases_made(struct cn_queue_core *q) {
	__atomic_store_n(&q->making, 0, __ATOMIC_RELEASE);
}

// Free what *word leads to, and its message.
static void lease_free(struct cn_arena *arena, struct cn_queue_core *q, cn_off *word,
		struct cn_lease *lease, struct cn_lease *before) {
	if (lease->block != 0) {
		cn_alloc_retire(arena, &lease->block, 0);
	}
	if (q->leases_end == *word) {
		q->leases_end = cn_off_of(arena, before);
	}
	q->leases_count--;
	cn_alloc_retire(arena, word, lease->next);
}

int cn_leases_end(
		struct cn_arena *arena, struct cn_queue_core *q, struct cn_lease *lease, cn_off *block) {
	cn_off *word = &q->leases;
	struct cn_lease *before = NULL;
	struct cn_lease *at;
	int steps = 0;
	while ((at = lease_at(arena, *word)) != lease) {
		if (at == NULL || steps++ == LEASES_LIMIT) {
			return -EBADMSG;
		}
		before = at;
		word = &at->next;
	}
	q->returned -= owner_of(lease) == 0 && q->returned > 0;
	lease_over(lease);
	if (block != NULL && lease->block != 0) {
		cn_off taken = lease->block;
		if (cn_alloc_take(arena, &lease->block, 0) == 0) {
			*block = taken;
		}
	}
	lease_free(arena, q, word, lease, before);
	return 0;
}

uint64_t cn_leases_end_all(
		struct cn_arena *arena, struct cn_queue_core *q, cn_owner owner, bool give_back) {
	cn_off *word = &q->leases;
	struct cn_lease *before = NULL;
	struct cn_lease *at;
	uint64_t count = 0;
	int steps = 0;
	while ((at = lease_at(arena, *word)) != NULL && steps++ < LEASES_LIMIT) {
		if (owner_of(at) == owner && !give_back) {
			count++;
			lease_over(at);
			lease_free(arena, q, word, at, before);
			continue;
		}
		if (owner_of(at) == owner) {
			count++;
			owner_set(at, 0);
			q->returned++;
		}
		before = at;
		word = &at->next;
	}
	return count;
}

static bool waits(struct cn_arena *arena, struct cn_queue_core *q, cn_owner owner) {
	struct cn_waiter *at = NULL;
	while ((at = cn_waiters_next(arena, &q->getters, at)) != NULL) {
		if (at->owner == owner) {
			return true;
		}
	}
	return false;
}

bool cn_leases_may_return(struct cn_arena *arena, struct cn_queue_core *q, cn_owner self) {
	int steps = 0;
	for (struct cn_lease *at = lease_at(arena, q->leases); at != NULL && steps++ < LEASES_LIMIT;
			at = lease_at(arena, at->next)) {
		if (is_held_by_other(arena, at, self) && !waits(arena, q, owner_of(at))) {
			return true;
		}
	}
	return false;
}

size_t cn_leases_holders(struct cn_arena *arena, struct cn_queue_core *q, cn_owner self,
		cn_owner *out, size_t max) {
	size_t n = 0;
	int steps = 0;
	for (struct cn_lease *at = lease_at(arena, q->leases);
			at != NULL && n < max && steps++ < LEASES_LIMIT; at = lease_at(arena, at->next)) {
		if (is_held_by_other(arena, at, self) && (n == 0 || out[n - 1] != owner_of(at))) {
			out[n++] = owner_of(at);
		}
	}
	return n;
}

// The lease that the dead one was making: its message may still be in the lane.
static int making_repair(struct cn_arena *arena, struct cn_queue_core *q) {
	const struct cn_lane *lane = CN_AT(arena, q->making_lane, struct cn_lane);
	if (lane == NULL) {
		return -EBADMSG;
	}
	if (lane_taken(q, lane) == q->making_mark) {
		cn_off *word = &q->leases;
		struct cn_lease *at;
		while ((at = lease_at(arena, *word)) != NULL && *word != q->making) {
			word = &at->next;
		}
		if (at != NULL) {
			cn_alloc_retire(arena, word, at->next); // its block, if any, is the lane's
		}
	}
	cn_leases_made(q);
	return 0;
}

int cn_leases_repair(struct cn_arena *arena, struct cn_queue_core *q) {
	int err = q->making != 0 ? making_repair(arena, q) : 0;
	if (err < 0) {
		return err;
	}
	cn_off *word = &q->leases;
	struct cn_lease *at;
	q->leases_count = 0;
	q->leases_end = 0;
	q->returned = 0;
	int steps = 0;
	while ((at = lease_at(arena, *word)) != NULL) {
		if (steps++ == LEASES_LIMIT) {
			return -EBADMSG;
		}
		if (owner_of(at) == CN_LEASE_OVER) {
			if (at->block != 0) {
				cn_alloc_retire(arena, &at->block, 0);
			}
			cn_alloc_retire(arena, word, at->next);
			continue;
		}
		q->leases_count++;
		q->returned += owner_of(at) == 0;
		q->leases_end = *word;
		word = &at->next;
	}
	return *word == 0 ? 0 : -EBADMSG;
}

void cn_leases_clear(struct cn_arena *arena, struct cn_queue_core *q) {
	struct cn_lease *at;
	while ((at = lease_at(arena, q->leases)) != NULL) {
		if (at->block != 0) {
			cn_alloc_retire(arena, &at->block, 0);
		}
		cn_alloc_retire(arena, &q->leases, at->next);
	}
}
