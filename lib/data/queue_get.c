/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * lib/data/queue_get.c - the get side of a queue: messages taken, leased, given back. See queue_core.h.
 */
#include "config.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/data/queue_core.h"
#include "lib/shm/alloc.h"

// With many leases, gets between two looks for dead holders on a queue that is never empty.
enum { LOOK_EVERY = 64 };
enum { SPINS = 200 }; // before a sleep
enum { ROOM_FIRST = 1 << 16, AT_ONCE_MAX = 1 << 14 };

// attempt() wants more room in the buffer; it is made without the mutex.
#define NEEDS_ROOM (-EXFULL)

enum { IS_EMPTY = 2 }; // get_fast()

// A call that gets. One of `one` and `many` is set.
struct get {
	unsigned flags;
	uint64_t max;
	size_t limit; // a longer message is not wanted
	const struct cn_queue_peer *peer;
	struct cn_message *one;
	struct cn_messages *many;
	size_t need; // room that was missing
	uint64_t count; // got
	cn_off long_block; // a long message, to be copied or handed on without the mutex
	size_t long_len;
	bool long_is_ours; // in flight; else it is our lease's
	bool rang; // those who wait know that we do
};

// The message that is next in the lanes.
struct front {
	struct cn_lane *lane;
	struct cn_mark mark;
	struct cn_record *record;
	int64_t priority;
};

// ---- where the next message is -----------------------------------------------------------------

// 1, 0 (there is none) or an error.
static int front_find(struct cn_arena *arena, struct cn_queue_core *q, struct front *front) {
	front->lane = &q->lane;
	front->priority = 0;
	if (q->shape.order == CN_QUEUE_PRIORITY) {
		struct cn_queue_level *level = cn_levels_first(arena, q);
		if (level == NULL) {
			return 0;
		}
		front->lane = &level->lane;
		front->priority = level->priority;
	}
	bool stack = cn_queue_is_stack(q);
	front->mark = cn_side_get(stack ? &front->lane->put : &front->lane->get);
	return cn_lane_front(arena, front->lane, stack, &front->mark, &front->record);
}

// It left its lane: count it.
static void front_left(struct cn_queue_core *q, struct front *front, size_t len) {
	if (cn_queue_is_stack(q)) {
		return;
	}
	cn_side_set(&front->lane->get, &front->mark);
	if (q->shape.order == CN_QUEUE_PRIORITY) {
		q->level_count--;
		q->level_bytes -= len;
		return;
	}
	atomic_store_explicit(&q->taken_count, front->mark.count, memory_order_release);
	atomic_store_explicit(&q->taken_bytes, front->mark.bytes, memory_order_release);
}

// ---- handing it out ----------------------------------------------------------------------------

// Whether there is room for it: 1, 0 (not with those that came before), NEEDS_ROOM or -EMSGSIZE.
static int room_for(struct get *get, size_t len, bool is_long) {
	if (get->one != NULL) {
		return len > get->limit ? -EMSGSIZE : 1;
	}
	struct cn_messages *many = get->many;
	if (many->ends.cap - many->ends.len > sizeof(size_t) &&
			many->data.cap - many->data.len > (is_long ? 0 : len) + 1) {
		return is_long && get->count > 0 ? 0 : 1;
	}
	get->need = len;
	return get->count > 0 ? 0 : NEEDS_ROOM;
}

static void messages_end(struct cn_messages *many) {
	cn_buf_append(&many->ends, &many->data.len, sizeof(size_t));
	if (many->delim >= 0) {
		cn_buf_putc(&many->data, (char)many->delim);
	}
	many->count++;
}

static void give_short(struct get *get, const void *data, size_t len, int64_t priority) {
	get->count++;
	if (get->one != NULL) {
		memcpy(get->one->small, data, len);
		get->one->data = get->one->small;
		get->one->len = len;
		get->one->priority = priority;
		return;
	}
	cn_buf_append(&get->many->data, data, len); // there is room
	messages_end(get->many);
}

static void give_long(struct get *get, cn_off block, size_t len, int64_t priority, bool ours) {
	get->count++;
	get->long_block = block;
	get->long_len = len;
	get->long_is_ours = ours;
	if (get->one != NULL) {
		get->one->priority = priority;
	}
}

static void give_leased(struct get *get, const struct cn_lease *lease) {
	if (lease->block != 0) {
		give_long(get, lease->block, lease->len, lease->priority, false);
	} else {
		give_short(get, lease->data, lease->len, lease->priority);
	}
}

// ---- taking ------------------------------------------------------------------------------------

// All these: 1 when one was taken, 0 when it does not fit, or an error.

static int take_lease(struct cn_arena *arena, struct cn_queue_core *q, cn_owner self,
		struct cn_lease *lease, struct get *get) {
	int room = room_for(get, lease->len, lease->block != 0);
	if (room <= 0) {
		return room;
	}
	if ((get->flags & CN_QUEUE_LEASE) != 0) {
		q->returned -= atomic_load(&lease->owner) == 0 && q->returned > 0;
		atomic_store_explicit(&lease->owner, self, memory_order_release);
		give_leased(get, lease);
		return 1;
	}
	if (lease->block == 0) {
		give_short(get, lease->data, lease->len, lease->priority);
		int err = cn_leases_end(arena, q, lease, NULL);
		return err < 0 ? err : 1;
	}
	size_t len = lease->len;
	int64_t priority = lease->priority;
	cn_off block = 0;
	int err = cn_leases_end(arena, q, lease, &block);
	if (err < 0 || block == 0) {
		return err < 0 ? err : -EMFILE;
	}
	give_long(get, block, len, priority, true);
	return 1;
}

static int take_front(struct cn_arena *arena, struct cn_queue_core *q, cn_owner self,
		struct front *front, struct get *get) {
	struct cn_record *record = front->record;
	bool stack = cn_queue_is_stack(q);
	bool is_long = cn_record_block(record) != 0;
	size_t len = record->len;
	int room = room_for(get, len, is_long);
	if (room <= 0) {
		return room;
	}
	if ((get->flags & CN_QUEUE_LEASE) != 0) {
		cn_side_set(stack ? &front->lane->put : &front->lane->get, &front->mark);
		struct cn_lease *lease;
		int err = cn_leases_make(arena, q, front->lane, record, front->priority, self, &lease);
		if (err < 0) {
			return err;
		}
		cn_lane_drop(front->lane, stack, &front->mark, record);
		front_left(q, front, len);
		cn_leases_made(q);
		give_leased(get, lease);
		return 1;
	}
	if (!is_long) {
		give_short(get, record->data, len, front->priority);
		cn_lane_drop(front->lane, stack, &front->mark, record);
		front_left(q, front, len);
		return 1;
	}
	cn_off block;
	int err = cn_lane_take(arena, front->lane, stack, &front->mark, record, &block);
	if (err < 0) {
		return err;
	}
	front_left(q, front, len);
	give_long(get, block, len, front->priority, true);
	return 1;
}

static int take_one(struct cn_arena *arena, struct cn_queue_core *q, cn_owner self,
		struct get *get) {
	struct front front;
	int found = front_find(arena, q, &front);
	if (found < 0) {
		return found;
	}
	struct cn_lease *lease = NULL;
	if (q->leases_count > 0) {
		bool look = found == 0 || q->leases_count <= LOOK_EVERY || q->gets % LOOK_EVERY == 0;
		lease = cn_leases_ready(arena, q, look);
	}
	int done = 0;
	if (lease != NULL && (found == 0 || lease->priority >= front.priority)) {
		done = take_lease(arena, q, self, lease, get);
	} else if (found > 0) {
		done = take_front(arena, q, self, &front, get);
	}
	q->gets += done > 0;
	return done;
}

// Many short ones of a FIFO with no leases about: counted once.
static int take_run(struct cn_arena *arena, struct cn_queue_core *q, struct get *get) {
	struct front front;
	int found;
	uint64_t before = get->count;
	if (get->many == NULL || get->flags != 0 || !cn_queue_is_fifo(q) || q->leases_count > 0) {
		return 0;
	}
	front.lane = &q->lane;
	front.mark = cn_side_get(&q->lane.get);
	while (get->count < get->max &&
			(found = cn_lane_front(arena, &q->lane, false, &front.mark, &front.record)) > 0) {
		if (cn_record_block(front.record) != 0 || room_for(get, front.record->len, false) <= 0) {
			break;
		}
		give_short(get, front.record->data, front.record->len, 0);
		cn_lane_drop(&q->lane, false, &front.mark, front.record);
	}
	if (get->count > before) {
		front_left(q, &front, 0);
		q->gets += get->count - before;
	}
	return 0;
}

static int take(struct cn_arena *arena, struct cn_queue_core *q, cn_owner self, struct get *get) {
	int done = take_run(arena, q, get);
	while (done >= 0 && get->count < get->max && get->long_block == 0) {
		done = take_one(arena, q, self, get);
		if (done <= 0) {
			break;
		}
	}
	return get->count > 0 ? 1 : done;
}

// ---- the wait ----------------------------------------------------------------------------------

// Living ones that stand before us.
static uint64_t ahead_of(struct cn_wait *wait) {
	struct cn_waiter *at = NULL;
	uint64_t count = 0;
	while ((at = cn_waiters_next(wait->ref->arena, wait->line, at)) != NULL && at != wait->waiter) {
		count++;
	}
	return count;
}

// Something was taken: tell whom it concerns.
static void pass_on(struct cn_arena *arena, struct cn_queue_core *q, struct cn_waiter *self) {
	if (q->putters.first != 0) {
		cn_waiters_ring(arena, &q->putters);
	}
	struct cn_waiter *next = cn_waiters_next(arena, &q->getters, self);
	if (next == NULL && q->joiners.first == 0) {
		return;
	}
	uint64_t bytes;
	if (cn_queue_ready(arena, q, &bytes) > 0) {
		if (next != NULL) {
			cn_owner_ring(arena, next->owner);
		}
		return;
	}
	if (atomic_load_explicit(&q->closed, memory_order_relaxed) != 0) {
		cn_waiters_ring_all(arena, &q->getters);
	}
	if (q->leases_count == 0) {
		cn_waiters_ring_all(arena, &q->joiners);
	}
}

static int get_attempt(struct cn_wait *wait) {
	struct cn_arena *arena = wait->ref->arena;
	struct cn_queue_core *q = (struct cn_queue_core *)wait->object;
	struct get *get = wait->data;
	// We stand in the line before we look: see put_fast().
	atomic_thread_fence(memory_order_seq_cst);
	uint64_t bytes;
	if (wait->ahead != 0 && cn_queue_ready(arena, q, &bytes) <= ahead_of(wait)) {
		return 0;
	}
	int done = take(arena, q, wait->self, get);
	if (done == 0 && get->peer != NULL && get->peer->is_gone(get->peer->data)) {
		done = take(arena, q, wait->self, get); // nothing comes any more: look once more
		done = done == 0 ? -EPIPE : done;
	}
	if (done > 0) {
		pass_on(arena, q, wait->waiter);
	}
	if (done != 0 || atomic_load_explicit(&q->closed, memory_order_relaxed) == 0) {
		return done;
	}
	if (!cn_leases_may_return(arena, q, wait->self)) {
		return -EPIPE;
	}
	if (wait->waiter != NULL && !get->rang) {
		get->rang = true;
		cn_waiters_ring_all(arena, wait->line); // they may have waited for us
	}
	return 0;
}

static size_t get_holders(struct cn_wait *wait, cn_owner *out, size_t max) {
	struct cn_queue_core *q = (struct cn_queue_core *)wait->object;
	const struct get *get = wait->data;
	if (get->peer != NULL) {
		return get->peer->holders(get->peer->data, wait->self, out, max);
	}
	return q->leases_count == 0
			? 0
			: cn_leases_holders(wait->ref->arena, q, wait->self, out, max);
}

// A message often comes sooner than we could fall asleep.
static void spin(struct cn_queue_core *q) {
	uint32_t now = atomic_load_explicit(&q->lane.put.now, memory_order_relaxed);
	uint64_t count = q->lane.put.marks[now & 1].count;
	for (int i = 0; i < SPINS; i++) {
#if defined(__x86_64__) || defined(__i386__)
		__builtin_ia32_pause();
#endif
		uint32_t then = atomic_load_explicit(&q->lane.put.now, memory_order_relaxed);
		if (then != now || q->lane.put.marks[then & 1].count != count) {
			return;
		}
	}
}

static int get_waiting(const struct cn_ref *ref, struct cn_queue_core *q, struct get *get,
		cn_time deadline, bool spun) {
	struct cn_wait wait = {
		.ref = ref,
		.object = &q->object,
		.line = &q->getters,
		.data = get,
		.attempt = get_attempt,
		.holders = get_holders,
		.calm = true,
	};
	int err = cn_wait(&wait, spun ? deadline : CN_NOW);
	if (err == -ETIMEDOUT && deadline != CN_NOW && !spun) {
		spin(q);
		err = cn_wait(&wait, deadline);
	}
	while (err == NEEDS_ROOM) {
		err = cn_buf_reserve(&get->many->data, get->need + 2);
		err = err == 0 ? cn_buf_reserve(&get->many->ends, 2 * sizeof(size_t)) : err;
		err = err == 0 ? cn_wait(&wait, deadline) : err;
	}
	return err;
}

// ---- the fast way: the next message of a FIFO for which nobody waits ----------------------------

// 1: got it; 0: it cannot be done like this; IS_EMPTY; or an error.
static int get_fast(const struct cn_ref *ref, struct cn_queue_core *q, struct get *get) {
	struct cn_arena *arena = ref->arena;
	if (get->one == NULL || get->flags != 0 || !cn_queue_is_fifo(q) || q->getters.first != 0 ||
			cn_wait_has_place(ref, q, &q->getters)) {
		return 0;
	}
	int done = cn_object_lock(arena, &q->object);
	if (done < 0) {
		return done;
	}
	if (q->getters.first == 0 && q->leases_count == 0) {
		struct front front = { .lane = &q->lane, .mark = cn_side_get(&q->lane.get) };
		done = cn_lane_front(arena, &q->lane, false, &front.mark, &front.record);
		if (done == 0) {
			done = IS_EMPTY;
		} else if (done > 0 && (done = take_front(arena, q, 0, &front, get)) > 0) {
			q->gets++;
			pass_on(arena, q, NULL);
		}
	}
	cn_object_unlock(&q->object);
	return done;
}

static int get_pinned(const struct cn_ref *ref, struct cn_queue_core *q, struct get *get,
		cn_time deadline) {
	int done = get_fast(ref, q, get);
	if (done == IS_EMPTY && deadline != CN_NOW) {
		spin(q);
		done = get_fast(ref, q, get);
	}
	if (done != 0 && done != IS_EMPTY) {
		return done < 0 ? done : 0;
	}
	return get_waiting(ref, q, get, deadline, done == IS_EMPTY);
}

// ---- the interface -----------------------------------------------------------------------------

void cn_message_finish(struct cn_message *message) {
	if (message->block != 0) {
		cn_free(message->arena, message->block);
	}
	free(message->heap);
	message->block = 0;
	message->heap = NULL;
}

void cn_messages_finish(struct cn_messages *messages) {
	cn_buf_finish(&messages->data);
	cn_buf_finish(&messages->ends);
}

// The message is a block of a lease of ours, which stays; it is copied.
static int copy_long(const struct get *get, struct cn_message *message) {
	message->heap = malloc(get->long_len);
	if (message->heap == NULL) {
		return -ENOMEM;
	}
	const void *from = cn_at(message->arena, get->long_block, get->long_len, 1);
	if (from == NULL) {
		return -EBADMSG;
	}
	memcpy(message->heap, from, get->long_len);
	message->data = message->heap;
	return 0;
}

int cn_queue_core_get(const struct cn_ref *ref, struct cn_queue_core *q, unsigned flags,
		size_t limit, cn_time deadline, struct cn_message *out, const struct cn_queue_peer *peer) {
	out->arena = ref->arena;
	out->block = 0;
	out->heap = NULL;
	struct get get = { .flags = flags, .max = 1, .limit = limit, .one = out, .peer = peer };
	int err = get_pinned(ref, q, &get, deadline);
	if (err == 0 && get.long_block != 0) {
		out->len = get.long_len;
		out->block = get.long_is_ours ? get.long_block : 0;
		out->data = out->arena->base + get.long_block;
		err = get.long_is_ours ? 0 : copy_long(&get, out);
	}
	if (err < 0) {
		cn_message_finish(out);
	}
	return err;
}

int cn_queue_get(const struct cn_queue *queue, unsigned flags, cn_time deadline,
		struct cn_message *out) {
	struct cn_queue_core *q;
	int err = cn_pin(&queue->ref, (void **)&q);
	if (err < 0) {
		return err;
	}
	err = cn_queue_core_get(&queue->ref, q, flags, SIZE_MAX, deadline, out, NULL);
	cn_unpin(&queue->ref, q);
	return err;
}

// Behind those before it.
static int append_long(struct cn_arena *arena, const struct get *get) {
	const void *from = cn_at(arena, get->long_block, get->long_len, 1);
	int err = from == NULL ? -EBADMSG : cn_buf_reserve(&get->many->data, get->long_len + 2);
	if (err == 0) {
		cn_buf_append(&get->many->data, from, get->long_len);
		messages_end(get->many);
	}
	if (get->long_is_ours) {
		cn_free(arena, get->long_block);
	}
	return err;
}

int cn_queue_get_many(const struct cn_queue *queue, unsigned flags, uint64_t max, cn_time deadline,
		struct cn_messages *out) {
	struct cn_queue_core *q;
	max = max > AT_ONCE_MAX ? AT_ONCE_MAX : max;
	int err = cn_buf_reserve(&out->data, ROOM_FIRST);
	err = err == 0 ? cn_buf_reserve(&out->ends, (max + 2) * sizeof(size_t)) : err;
	err = err == 0 ? cn_pin(&queue->ref, (void **)&q) : err;
	if (err < 0) {
		return err;
	}
	struct get get = { .flags = flags, .max = max, .many = out };
	err = get_pinned(&queue->ref, q, &get, deadline);
	if (err == 0 && get.long_block != 0) {
		err = append_long(queue->ref.arena, &get);
	}
	cn_unpin(&queue->ref, q);
	return err;
}

// Copy the next one; *need: its length when that is more than `room` bytes.
static int peek_locked(struct cn_arena *arena, struct cn_queue_core *q, struct cn_message *out,
		size_t room, size_t *need) {
	struct front front;
	int found = front_find(arena, q, &front);
	struct cn_lease *lease = found < 0 ? NULL : cn_leases_ready(arena, q, true);
	if (found < 0 || (found == 0 && lease == NULL)) {
		return found < 0 ? found : atomic_load(&q->closed) != 0 ? -EPIPE : -ETIMEDOUT;
	}
	bool leased = lease != NULL && (found == 0 || lease->priority >= front.priority);
	out->priority = leased ? lease->priority : front.priority;
	out->len = leased ? lease->len : front.record->len;
	cn_off block = leased ? lease->block : cn_record_block(front.record);
	const void *from = leased ? lease->data : front.record->data;
	if (block != 0) {
		from = cn_at(arena, block, out->len, 1);
	}
	if (from == NULL) {
		return -EBADMSG;
	}
	out->data = out->len <= sizeof(out->small) ? out->small : out->heap;
	if (out->len > sizeof(out->small) && out->len > room) {
		*need = out->len;
		return NEEDS_ROOM;
	}
	memcpy((void *)(uintptr_t)out->data, from, out->len);
	return 0;
}

int cn_queue_peek(const struct cn_queue *queue, struct cn_message *out) {
	out->arena = queue->ref.arena;
	out->block = 0;
	out->heap = NULL;
	size_t room = 0;
	for (;;) {
		struct cn_queue_core *q;
		size_t need = 0;
		int err = cn_enter(&queue->ref, (void **)&q);
		if (err < 0) {
			return err;
		}
		err = peek_locked(queue->ref.arena, q, out, room, &need);
		cn_leave(&queue->ref, q);
		if (err != NEEDS_ROOM) {
			return err;
		}
		free(out->heap);
		out->heap = malloc(need);
		room = need;
		if (out->heap == NULL) {
			return -ENOMEM;
		}
	}
}

int cn_queue_ack(const struct cn_queue *queue, bool give_back, uint64_t *count) {
	struct cn_arena *arena = queue->ref.arena;
	struct cn_queue_core *q;
	int err = cn_enter(&queue->ref, (void **)&q);
	if (err < 0) {
		return err;
	}
	uint64_t ended = q->leases_count == 0
			? 0
			: cn_leases_end_all(arena, q, cn_owner_mine(arena), give_back);
	if (count != NULL) {
		*count = ended;
	}
	if (ended > 0 && !give_back && q->putters.first != 0) {
		q->gets++; // there is more room in the arena
		cn_waiters_ring(arena, &q->putters);
	}
	uint64_t bytes;
	if (ended > 0 && give_back) {
		uint64_t left = ended;
		struct cn_waiter *at = NULL;
		while (left-- > 0 && (at = cn_waiters_next(arena, &q->getters, at)) != NULL) {
			cn_owner_ring(arena, at->owner);
		}
	} else if (ended > 0 && cn_queue_ready(arena, q, &bytes) == 0) {
		if (atomic_load(&q->closed) != 0) {
			cn_waiters_ring_all(arena, &q->getters);
		}
		if (q->leases_count == 0) {
			cn_waiters_ring_all(arena, &q->joiners);
		}
	}
	cn_leave(&queue->ref, q);
	return 0;
}

int cn_queue_clear(const struct cn_queue *queue) {
	struct cn_arena *arena = queue->ref.arena;
	struct cn_queue_core *q;
	int err = cn_enter(&queue->ref, (void **)&q);
	if (err < 0) {
		return err;
	}
	uint64_t bytes;
	for (uint64_t left = cn_queue_ready(arena, q, &bytes); left > 0 && err >= 0; left--) {
		struct cn_message none;
		struct get get = { .max = 1, .limit = SIZE_MAX, .one = &none };
		err = take_one(arena, q, cn_owner_mine(arena), &get);
		if (err > 0 && get.long_block != 0) {
			err = cn_free(arena, get.long_block);
		} else if (err == 0) {
			break;
		}
	}
	cn_waiters_ring_all(arena, &q->putters);
	if (q->leases_count == 0) {
		cn_waiters_ring_all(arena, &q->joiners);
	}
	cn_leave(&queue->ref, q);
	return err < 0 ? err : 0;
}
