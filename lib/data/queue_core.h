/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * lib/data/queue_core.h - the inside of a queue, for queue.c, its parts and channel.c.
 *
 * Locks: the object's mutex guards all but the put side of a first-in-first-out queue's lane, which
 * put_mutex guards. Who needs both takes the object's first. Puts of short messages into the lane's
 * last segment take put_mutex alone; whatever moves a block or a segment has both, because what the
 * dead left in flight is settled under the object's.
 */
#ifndef CN_DATA_QUEUE_CORE_H
#define CN_DATA_QUEUE_CORE_H

#include "lib/data/queue.h"
#include "lib/sync/waiters.h"

enum { CN_QUEUE_LEVELS = 8 };

/* A message under a lease, or given back. The oldest first. */
struct cn_lease {
	cn_off next;
	_Atomic cn_owner owner; // 0: given back; CN_LEASE_OVER: to be freed
	int64_t priority;
	cn_off block; // 0: the message follows
	uint64_t len;
	unsigned char data[];
};

#define CN_LEASE_OVER UINT64_MAX

/* The messages of one priority. */
struct cn_queue_level {
	int64_t priority;
	struct cn_lane lane;
	uint32_t height;
	uint32_t over; // it is empty and being freed
	cn_off next[CN_QUEUE_LEVELS]; // `height` of them; [0] is the truth, the others follow from it
};

struct cn_queue_core {
	struct cn_object object;
	uint64_t apart_object[8]; // the put side reads what follows
	struct cn_queue_shape shape;
	_Atomic uint32_t closed; // changes with both mutexes held
	uint32_t soft; // one message may be longer than shape.bytes
	struct cn_waiters getters;
	struct cn_waiters putters;
	struct cn_waiters joiners;
	uint64_t apart_gets[8];
	cn_off leases; // struct cn_lease
	cn_off leases_end; // the last of them; derived
	uint64_t leases_count; // derived
	uint64_t returned; // of them, given back; derived
	uint64_t gets; // goes up with each
	// A lease that is being made: it holds when its message has left the lane.
	cn_off making;
	cn_off making_lane;
	uint64_t making_mark;
	// Priorities: the list of lanes, the highest first.
	cn_off levels[CN_QUEUE_LEVELS];
	uint64_t level_count; // messages in them; derived
	uint64_t level_bytes;
	uint64_t seed;
	// What was taken from the FIFO lane, for the put side: never more than the truth.
	_Atomic uint64_t taken_count;
	_Atomic uint64_t taken_bytes;
	uint64_t apart_puts[8];
	struct cn_mutex put_mutex;
	struct cn_lane lane;
};

extern const struct cn_kind_ops cn_queue_ops; // for every kind that begins with a core

void cn_queue_core_init(struct cn_queue_core *q, const struct cn_queue_shape *shape);

static inline bool cn_queue_is_stack(const struct cn_queue_core *q) {
	return q->shape.order == CN_QUEUE_LIFO;
}

static inline bool cn_queue_is_fifo(const struct cn_queue_core *q) {
	return q->shape.order == CN_QUEUE_FIFO;
}

/* Another side, whose end is the end of a wait. */
struct cn_queue_peer {
	bool (*is_gone)(void *data); // may be called with the object's mutex held
	/* Up to `max` processes whose death may mean that. */
	size_t (*holders)(void *data, cn_owner self, cn_owner *out, size_t max);
	void *data;
};

/* cn_queue_put() and cn_queue_get() on a pinned queue. `peer` may be NULL; -EPIPE when it is gone. */
int cn_queue_core_put(const struct cn_ref *ref, struct cn_queue_core *q,
		const struct cn_text *texts, size_t n, int64_t priority, cn_time deadline, size_t *done,
		const struct cn_queue_peer *peer);

/* Also -EMSGSIZE: the next message is longer than `limit`, and stays. */
int cn_queue_core_get(const struct cn_ref *ref, struct cn_queue_core *q, unsigned flags,
		size_t limit, cn_time deadline, struct cn_message *out, const struct cn_queue_peer *peer);

/* Take both mutexes' rest, having the object's. */
int cn_queue_lock_puts(struct cn_arena *arena, struct cn_queue_core *q);
void cn_queue_unlock_puts(struct cn_queue_core *q);

/* Messages that can be got and their bytes; object's mutex held. A little old on a busy FIFO. */
uint64_t cn_queue_ready(struct cn_arena *arena, struct cn_queue_core *q, uint64_t *bytes);

// ---- levels.c: the lanes of a priority queue; object's mutex held ------------------------------

/* The lane of this priority, made when it is not there. */
int cn_levels_lane(
		struct cn_arena *arena, struct cn_queue_core *q, int64_t priority, struct cn_lane **out);

/* The highest level with a message, dropping empty ones before it; NULL: none. */
struct cn_queue_level *cn_levels_first(struct cn_arena *arena, struct cn_queue_core *q);

/* After a death: repair the lanes, make the upper links and the sums anew. */
int cn_levels_repair(struct cn_arena *arena, struct cn_queue_core *q);
void cn_levels_clear(struct cn_arena *arena, struct cn_queue_core *q);

// ---- leases.c; object's mutex held --------------------------------------------------------------

/*
 * The oldest message that was given back, or whose holder died, of the highest priority; NULL:
 * none. `look`: look for the dead too.
 */
struct cn_lease *cn_leases_ready(struct cn_arena *arena, struct cn_queue_core *q, bool look);

/* Messages under no living process's lease. */
uint64_t cn_leases_ready_count(struct cn_arena *arena, struct cn_queue_core *q, uint64_t *bytes);

/* A note of the message of *record, which the caller takes out of `lane` then; cn_leases_made(). */
int cn_leases_make(struct cn_arena *arena, struct cn_queue_core *q, struct cn_lane *lane,
		const struct cn_record *record, int64_t priority, cn_owner owner, struct cn_lease **out);
void cn_leases_made(struct cn_queue_core *q);

/* It is over: the lease and its message are freed. *block (may be NULL) is in flight instead. */
int cn_leases_end(
		struct cn_arena *arena, struct cn_queue_core *q, struct cn_lease *lease, cn_off *block);

/* All of this owner: over, or given back. How many. */
uint64_t cn_leases_end_all(
		struct cn_arena *arena, struct cn_queue_core *q, cn_owner owner, bool give_back);

/* Whether one is held by a living process other than `self` that does not wait in the line. */
bool cn_leases_may_return(struct cn_arena *arena, struct cn_queue_core *q, cn_owner self);

/* Up to `max` living holders but `self`. */
size_t cn_leases_holders(struct cn_arena *arena, struct cn_queue_core *q, cn_owner self,
		cn_owner *out, size_t max);

int cn_leases_repair(struct cn_arena *arena, struct cn_queue_core *q);
void cn_leases_clear(struct cn_arena *arena, struct cn_queue_core *q);

#endif
