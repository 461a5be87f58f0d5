/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * lib/data/queue_put.c - the put side of a queue: room is waited for in line, the message is written,
 * and then published by one store. See queue_core.h.
 */
#include "config.h"

#include <errno.h>
#include <string.h>

#include "lib/data/queue_core.h"
#include "lib/shm/alloc.h"

// attempt() wants the block of the next message, which is made without the mutex.
#define NEEDS_BLOCK (-EXFULL)

// A call of cn_queue_put().
struct put {
	const struct cn_text *texts;
	size_t n;
	size_t *done;
	int64_t priority;
	cn_off block; // of the next message, in flight; 0: none yet
	bool starved; // the arena had no room for it
	uint64_t seen; // gets there were until then
	const struct cn_queue_peer *peer;
};

static bool is_long(const struct put *put) {
	return put->texts[*put->done].len > CN_LANE_INLINE_MAX;
}

// What the bounds concern, having the put side.
static void fill_of(const struct cn_queue_core *q, const struct cn_mark *mark, uint64_t *count,
		uint64_t *bytes) {
	switch (q->shape.order) {
	case CN_QUEUE_PRIORITY:
		*count = q->level_count;
		*bytes = q->level_bytes;
		break;
	case CN_QUEUE_LIFO:
		*count = mark->count;
		*bytes = mark->bytes;
		break;
	default:
		*count = mark->count - atomic_load_explicit(&q->taken_count, memory_order_acquire);
		*bytes = mark->bytes - atomic_load_explicit(&q->taken_bytes, memory_order_acquire);
	}
}

// 0: the message may come in; 1: not now; or an error.
static int check_room(
		const struct cn_queue_core *q, const struct cn_mark *mark, const struct put *put) {
	uint64_t len = put->texts[*put->done].len;
	if (atomic_load_explicit(&q->closed, memory_order_relaxed) != 0) {
		return -EPIPE;
	}
	if (len > CN_MESSAGE_MAX || (q->shape.bytes != 0 && len > q->shape.bytes && q->soft == 0)) {
		return -EMSGSIZE;
	}
	if (q->shape.count == 0 && q->shape.bytes == 0) {
		return 0;
	}
	uint64_t count;
	uint64_t bytes;
	fill_of(q, mark, &count, &bytes);
	if (q->soft != 0 && count == 0) {
		return 0;
	}
	return (q->shape.count != 0 && count >= q->shape.count) ||
			(q->shape.bytes != 0 && bytes + len > q->shape.bytes);
}

// Put what fits in the last segment, having the put side. 1: all is done; 0: full; -ENOBUFS: needs
// a segment; NEEDS_BLOCK: has none; or an error.
static int put_some(struct cn_arena *arena, struct cn_queue_core *q, struct cn_lane *lane,
		struct cn_mark *mark, struct put *put) {
	bool stack = cn_queue_is_stack(q);
	while (*put->done < put->n) {
		const struct cn_text *text = &put->texts[*put->done];
		int err = check_room(q, mark, put);
		if (err != 0) {
			return err < 0 ? err : 0;
		}
		if (is_long(put) && put->block == 0) {
			return NEEDS_BLOCK;
		}
		err = cn_lane_put(arena, lane, stack, mark, text->data, text->len, put->block);
		if (err < 0) {
			return err;
		}
		if (q->shape.order == CN_QUEUE_PRIORITY) {
			q->level_count++;
			q->level_bytes += text->len;
		}
		put->block = 0;
		++*put->done;
	}
	return 1;
}

// ---- the fast way: short messages into the last segment --------------------------------------------

static void ring_getters(struct cn_arena *arena, struct cn_queue_core *q, size_t count) {
	struct cn_waiter *at = NULL;
	while (count > 0 && (at = cn_waiters_next(arena, &q->getters, at)) != NULL) {
		if (cn_owner_is_alive(arena, at->owner)) {
			cn_owner_ring(arena, at->owner);
			count--;
		}
	}
}

// As put_some(); 0 also when it cannot be done like this.
static int put_fast(const struct cn_ref *ref, struct cn_queue_core *q, struct put *put) {
	struct cn_arena *arena = ref->arena;
	if (!cn_queue_is_fifo(q) || q->putters.first != 0 || is_long(put) ||
			cn_wait_has_place(ref, q, &q->putters)) {
		return 0;
	}
	int err = cn_queue_lock_puts(arena, q);
	if (err < 0) {
		return err;
	}
	size_t before = *put->done;
	struct cn_mark mark = cn_side_get(&q->lane.put);
	int done = put_some(arena, q, &q->lane, &mark, put);
	size_t count = *put->done - before;
	if (count > 0) {
		cn_side_set(&q->lane.put, &mark);
	}
	cn_queue_unlock_puts(q);
	// Who waits stands in the line before he looks a last time: one of us sees the other.
	atomic_thread_fence(memory_order_seq_cst);
	if (count > 0 && __atomic_load_n(&q->getters.first, __ATOMIC_RELAXED) != 0 &&
			cn_object_lock(arena, &q->object) == 0) {
		ring_getters(arena, q, count);
		cn_object_unlock(&q->object);
	}
	return done == -ENOBUFS || done == NEEDS_BLOCK ? 0 : done;
}

// ---- the other way ---------------------------------------------------------------------------------

// The arena is full: of our own messages, so that room comes when they are got; or not.
static int starve(struct cn_arena *arena, struct cn_queue_core *q, struct put *put) {
	uint64_t bytes;
	put->seen = q->gets;
	put->starved = cn_queue_ready(arena, q, &bytes) + q->leases_count > 0;
	return put->starved ? 0 : -ENOSPC;
}

static int put_locked(struct cn_arena *arena, struct cn_queue_core *q, struct put *put) {
	struct cn_lane *lane = &q->lane;
	bool stack = cn_queue_is_stack(q);
	for (;;) {
		if (q->shape.order == CN_QUEUE_PRIORITY) {
			int err = cn_levels_lane(arena, q, put->priority, &lane);
			if (err < 0) {
				return err;
			}
		}
		struct cn_mark mark = cn_side_get(&lane->put);
		int done = put_some(arena, q, lane, &mark, put);
		cn_side_set(&lane->put, &mark);
		if (done != -ENOBUFS) {
			return done;
		}
		int err = cn_lane_grow(arena, lane, stack, &mark, put->texts[*put->done].len);
		if (err < 0) {
			return err;
		}
		cn_side_set(&lane->put, &mark);
	}
}

static int put_attempt(struct cn_wait *wait) {
	struct cn_arena *arena = wait->ref->arena;
	struct cn_queue_core *q = (struct cn_queue_core *)wait->object;
	struct put *put = wait->data;
	if (atomic_load_explicit(&q->closed, memory_order_relaxed) != 0) {
		return -EPIPE;
	}
	if (put->peer != NULL && put->peer->is_gone(put->peer->data)) {
		return -EPIPE;
	}
	if (wait->ahead != 0) {
		return 0;
	}
	if (put->starved) {
		uint64_t bytes;
		if (q->gets == put->seen && cn_queue_ready(arena, q, &bytes) + q->leases_count > 0) {
			return 0;
		}
		put->starved = false;
	}
	int done = cn_queue_lock_puts(arena, q);
	if (done < 0) {
		return done;
	}
	size_t before = *put->done;
	done = put_locked(arena, q, put);
	cn_queue_unlock_puts(q);
	ring_getters(arena, q, *put->done - before);
	struct cn_waiter *next = cn_waiters_next(arena, &q->putters, wait->waiter);
	if (done == 1 && next != NULL) {
		cn_owner_ring(arena, next->owner); // there may be room for him too
	}
	return done == -ENOSPC ? starve(arena, q, put) : done;
}

static size_t put_holders(struct cn_wait *wait, cn_owner *out, size_t max) {
	const struct put *put = wait->data;
	return put->peer->holders(put->peer->data, wait->self, out, max);
}

// Make the block of the next message, which is long.
static int make_block(struct cn_arena *arena, struct put *put) {
	const struct cn_text *text = &put->texts[*put->done];
	int err = cn_alloc(arena, text->len, &put->block);
	if (err == 0) {
		memcpy(arena->base + put->block, text->data, text->len);
	}
	return err;
}

// Without room for the block: 0 when there may be some later.
static int starve_unlocked(const struct cn_ref *ref, struct cn_queue_core *q, struct put *put) {
	int err = cn_object_lock(ref->arena, &q->object);
	if (err == 0) {
		err = starve(ref->arena, q, put);
		cn_object_unlock(&q->object);
	}
	return err;
}

static int put_pinned(const struct cn_ref *ref, struct cn_queue_core *q, struct put *put,
		cn_time deadline) {
	struct cn_wait wait = {
		.ref = ref,
		.object = &q->object,
		.line = &q->putters,
		.data = put,
		.attempt = put_attempt,
		.holders = put->peer == NULL ? NULL : put_holders,
		.calm = true,
	};
	for (;;) {
		int err = cn_wait(&wait, deadline);
		if (err != NEEDS_BLOCK) {
			return err;
		}
		err = make_block(ref->arena, put);
		if (err == -ENOSPC) {
			err = starve_unlocked(ref, q, put);
		}
		if (err < 0) {
			return err;
		}
	}
}

int cn_queue_core_put(const struct cn_ref *ref, struct cn_queue_core *q,
		const struct cn_text *texts, size_t n, int64_t priority, cn_time deadline, size_t *done,
		const struct cn_queue_peer *peer) {
	struct put put = {
		.texts = texts, .n = n, .done = done, .priority = priority, .peer = peer
	};
	if (*done >= n) {
		return 0;
	}
	if (priority != 0 && q->shape.order != CN_QUEUE_PRIORITY) {
		return -EINVAL;
	}
	int err = put_fast(ref, q, &put);
	if (err != 0) {
		return err < 0 ? err : 0;
	}
	err = put_pinned(ref, q, &put, deadline);
	if (put.block != 0) {
		cn_free(ref->arena, put.block);
	}
	return err;
}

int cn_queue_put(const struct cn_queue *queue, const struct cn_text *texts, size_t n,
		int64_t priority, cn_time deadline, size_t *done) {
	struct cn_queue_core *q;
	int err = cn_pin(&queue->ref, (void **)&q);
	if (err < 0) {
		return err;
	}
	err = cn_queue_core_put(&queue->ref, q, texts, n, priority, deadline, done, NULL);
	cn_unpin(&queue->ref, q);
	return err;
}
