/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "lib/data/queue.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/data/queue_core.h"
#include "lib/shm/alloc.h"

// ---- both mutexes ------------------------------------------------------------------------------

struct put_side {
	struct cn_arena *arena;
	struct cn_queue_core *q;
};

static int puts_repair(void *data) {
	const struct put_side *side = data;
	return cn_lane_repair_put(side->arena, &side->q->lane, false);
}

int cn_queue_lock_puts(struct cn_arena *arena, struct cn_queue_core *q) {
	struct put_side side = { arena, q };
	return cn_queue_is_fifo(q) ? cn_mutex_lock(&q->put_mutex, puts_repair, &side) : 0;
}

void cn_queue_unlock_puts(struct cn_queue_core *q) {
	if (cn_queue_is_fifo(q)) {
		cn_mutex_unlock(&q->put_mutex);
	}
}

// ---- the kind ----------------------------------------------------------------------------------

static struct cn_queue_core *core_of(struct cn_object *object) {
	return (struct cn_queue_core *)object;
}

static void ring_everyone(struct cn_arena *arena, struct cn_queue_core *q) {
	cn_waiters_ring_all(arena, &q->getters);
	cn_waiters_ring_all(arena, &q->putters);
	cn_waiters_ring_all(arena, &q->joiners);
}

static void queue_wake(struct cn_arena *arena, struct cn_object *object) {
	ring_everyone(arena, core_of(object));
}

static void queue_finish(struct cn_arena *arena, struct cn_object *object) {
	struct cn_queue_core *q = core_of(object);
	cn_waiters_finish(arena, &q->getters);
	cn_waiters_finish(arena, &q->putters);
	cn_waiters_finish(arena, &q->joiners);
	cn_leases_clear(arena, q);
	cn_levels_clear(arena, q);
	cn_lane_clear(arena, &q->lane, cn_queue_is_stack(q));
}

// Count what the dead one took and did not count.
static int fifo_repair(struct cn_arena *arena, struct cn_queue_core *q) {
	int err = cn_queue_lock_puts(arena, q);
	if (err < 0) {
		return err;
	}
	err = cn_lane_repair_put(arena, &q->lane, false);
	cn_queue_unlock_puts(q);
	if (err < 0) {
		return err;
	}
	struct cn_mark mark = cn_side_get(&q->lane.get);
	struct cn_record *record;
	err = cn_lane_front(arena, &q->lane, false, &mark, &record);
	cn_side_set(&q->lane.get, &mark);
	atomic_store_explicit(&q->taken_count, mark.count, memory_order_relaxed);
	atomic_store_explicit(&q->taken_bytes, mark.bytes, memory_order_relaxed);
	return err < 0 ? err : 0;
}

static int queue_repair(struct cn_arena *arena, struct cn_object *object) {
	struct cn_queue_core *q = core_of(object);
	int err = cn_queue_is_fifo(q) ? fifo_repair(arena, q)
			: cn_queue_is_stack(q) ? cn_lane_repair_put(arena, &q->lane, true)
								   : cn_levels_repair(arena, q);
	err = err == 0 ? cn_leases_repair(arena, q) : err;
	if (err == 0) {
		ring_everyone(arena, q); // whom the dead one did not ring
	}
	return err;
}

const struct cn_kind_ops cn_queue_ops = {
	.wake = queue_wake,
	.finish = queue_finish,
	.repair = queue_repair,
};

__attribute__((constructor)) static void queue_register(void) {
	cn_kind_register(CN_QUEUE, &cn_queue_ops);
}

// ---- making and finding --------------------------------------------------------------------------

void cn_queue_core_init(struct cn_queue_core *q, const struct cn_queue_shape *shape) {
	q->shape = *shape;
	q->seed = 1;
}

static void queue_init(void *object, const void *shape) {
	cn_queue_core_init(object, shape);
}

int cn_queue_create(struct cn_arena *arena, const char *name, const struct cn_queue_shape *shape,
		struct cn_queue *out) {
	if (shape->bytes > arena->size) {
		return -ERANGE;
	}
	struct cn_queue_core *q;
	int err =
			cn_name_create(arena, CN_QUEUE, name, sizeof(*q), queue_init, shape, &out->ref);
	if (err == -EEXIST && cn_pin(&out->ref, (void **)&q) == 0) {
		bool same = q->shape.order == shape->order && q->shape.count == shape->count &&
				q->shape.bytes == shape->bytes;
		cn_unpin(&out->ref, q);
		err = same ? -EEXIST : -EPROTOTYPE;
	}
	return err;
}

int cn_queue_open(struct cn_arena *arena, const char *name, struct cn_queue *out) {
	return cn_name_find(arena, CN_QUEUE, name, &out->ref);
}

// ---- how much there is -----------------------------------------------------------------------------

uint64_t cn_queue_ready(struct cn_arena *arena, struct cn_queue_core *q, uint64_t *bytes) {
	uint64_t count = 0;
	*bytes = 0;
	if (q->leases_count > 0) {
		count = cn_leases_ready_count(arena, q, bytes);
	}
	if (q->shape.order == CN_QUEUE_PRIORITY) {
		*bytes += q->level_bytes;
		return count + q->level_count;
	}
	struct cn_mark get = cn_side_get(&q->lane.get);
	struct cn_mark put = cn_side_get(&q->lane.put);
	// A message may be taken before it is counted as put.
	*bytes += put.count > get.count ? put.bytes - get.bytes : 0;
	return count + (put.count > get.count ? put.count - get.count : 0);
}

int cn_queue_query(const struct cn_queue *queue, struct cn_queue_info *out) {
	struct cn_arena *arena = queue->ref.arena;
	struct cn_queue_core *q;
	int err = cn_enter(&queue->ref, (void **)&q);
	if (err < 0) {
		return err;
	}
	err = cn_queue_lock_puts(arena, q);
	if (err == 0) {
		*out = (struct cn_queue_info){
			.shape = q->shape,
			.getters = cn_waiters_count(arena, &q->getters),
			.putters = cn_waiters_count(arena, &q->putters),
			.is_closed = atomic_load(&q->closed) != 0,
		};
		uint64_t bytes = 0;
		uint64_t ready = q->leases_count > 0 ? cn_leases_ready_count(arena, q, &bytes) : 0;
		out->count = cn_queue_ready(arena, q, &out->bytes);
		out->leased = q->leases_count - ready;
		uint64_t in_lanes = out->count - ready;
		out->is_full = (q->shape.count != 0 && in_lanes >= q->shape.count) ||
				(q->shape.bytes != 0 && out->bytes - bytes >= q->shape.bytes);
		cn_queue_unlock_puts(q);
	}
	cn_leave(&queue->ref, q);
	return err;
}

size_t cn_queue_holders(const struct cn_queue *queue, pid_t *out, size_t max) {
	enum { OWNERS = 64 };
	struct cn_arena *arena = queue->ref.arena;
	cn_owner owners[OWNERS];
	struct cn_queue_core *q;
	if (cn_enter(&queue->ref, (void **)&q) < 0) {
		return 0;
	}
	size_t n = cn_leases_holders(arena, q, 0, owners, max < OWNERS ? max : OWNERS);
	for (size_t i = 0; i < n; i++) {
		out[i] = cn_owner_pid(arena, owners[i]);
	}
	cn_leave(&queue->ref, q);
	return n;
}

// ---- closing, waiting for the end --------------------------------------------------------------------

int cn_queue_close(const struct cn_queue *queue) {
	struct cn_queue_core *q;
	int err = cn_enter(&queue->ref, (void **)&q);
	if (err < 0) {
		return err;
	}
	err = cn_queue_lock_puts(queue->ref.arena, q);
	if (err == 0) {
		atomic_store(&q->closed, 1);
		cn_queue_unlock_puts(q);
		ring_everyone(queue->ref.arena, q);
	}
	cn_leave(&queue->ref, q);
	return err;
}

static int join_attempt(struct cn_wait *wait) {
	struct cn_queue_core *q = core_of(wait->object);
	uint64_t bytes;
	return q->leases_count == 0 && cn_queue_ready(wait->ref->arena, q, &bytes) == 0;
}

int cn_queue_join(const struct cn_queue *queue, cn_time deadline) {
	struct cn_queue_core *q;
	int err = cn_pin(&queue->ref, (void **)&q);
	if (err < 0) {
		return err;
	}
	struct cn_wait wait = {
		.ref = &queue->ref,
		.object = &q->object,
		.line = &q->joiners,
		.attempt = join_attempt,
	};
	err = cn_wait(&wait, deadline);
	cn_unpin(&queue->ref, q);
	return err;
}
