/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * lib/data/lane.h - messages one behind the other in shared memory: what queues and channels are
 * made of. For those who write such a kind.
 *
 * Short messages stand in segments, chunks of memory with many of them, so that a message costs its
 * bytes and 16 more; a long one is a block of its own, filled before any lock is taken. In a
 * first-in-first-out lane the two sides work at the same time; a stack (last in, first out) has one.
 *
 * A process may be killed anywhere. A message is put by the store of its record's first word, and
 * taken by one store too; where the sides stand, and how much they moved, is kept twice and turned
 * over by one store (struct cn_side). What was done and not counted is counted by
 * cn_lane_repair_put(), or when the next one looks.
 */
#ifndef CN_DATA_LANE_H
#define CN_DATA_LANE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/shm/alloc.h"
#include "lib/shm/arena.h"

#ifndef CN_LANE_INLINE_MAX
#define CN_LANE_INLINE_MAX 4096 // longer messages are blocks of their own
#define CN_LANE_SEGMENT_MIN 1024 // the first segment; each next one is twice as long
#define CN_LANE_SEGMENT_MAX 65536
#endif

/* The longest message. */
#define CN_MESSAGE_MAX (UINT64_C(1) << 30)

struct cn_mark {
	cn_off seg; // `pos` is in this one; when the lane is at another: where that begins
	uint32_t pos; // of the next record to put or take
	uint32_t last; // a stack's top record; 0: none in this segment
	uint64_t count; // messages put, or taken; in a stack: there
	uint64_t bytes; // of them
};

struct cn_side {
	struct cn_mark marks[2];
	_Atomic uint32_t now; // which of the two holds; a store of it is the turn
	uint32_t unused;
};

/* Zeroed memory is an empty lane. */
struct cn_lane {
	cn_off tail; // segment that is written
	struct cn_side put;
	uint64_t apart[8]; // the sides are used by different processors
	cn_off head; // segment that is read; not in a stack
	struct cn_side get;
};

/* What stands in front of each message. */
struct cn_record {
	_Atomic cn_off word; // 0: nothing yet; enum cn_record_word, or its block
	uint32_t len;
	uint32_t back; // a stack: the record before this one
	unsigned char data[];
};

enum cn_record_word {
	CN_RECORD_HERE = 1, // the message follows
	CN_RECORD_TAKEN = 2, // its block is gone
};

/* Where a side is. */
static inline struct cn_mark cn_side_get(const struct cn_side *side) {
	return side->marks[atomic_load_explicit(&side->now, memory_order_acquire) & 1];
}

/* Turn the side over: one store. */
static inline void cn_side_set(struct cn_side *side, const struct cn_mark *mark) {
	uint32_t next = ~atomic_load_explicit(&side->now, memory_order_relaxed) & 1;
	side->marks[next] = *mark;
	atomic_store_explicit(&side->now, next, memory_order_release);
}

/*
 * Put a message: `data` when it is at most CN_LANE_INLINE_MAX long, else its filled block, in
 * flight. *mark is the put side's, to be set by the caller afterwards (once for several).
 * Returns 0, -ENOBUFS (needs cn_lane_grow()), -EBADMSG.
 *
 * The caller has the put side for itself; with a block all of the lane.
 */
int cn_lane_put(struct cn_arena *arena, struct cn_lane *lane, bool stack, struct cn_mark *mark,
		const void *data, size_t len, cn_off block);

/* Room for a message of `len` bytes more, having all of the lane. 0, -ENOSPC, -EBADMSG, ... */
int cn_lane_grow(
		struct cn_arena *arena, struct cn_lane *lane, bool stack, struct cn_mark *mark, size_t len);

/*
 * The message to be taken next; gives segments back that are used up. Having the get side (a stack:
 * all of it), with *mark that side's; it is set in here where need be.
 * Returns 1, 0 (there is none) or -EBADMSG. A first-in-first-out lane may have more by then.
 */
int cn_lane_front(struct cn_arena *arena, struct cn_lane *lane, bool stack, struct cn_mark *mark,
		struct cn_record **out);

/*
 * That message was copied from *record, or its block noted elsewhere: it is out of the lane. The
 * caller sets the mark (in a stack it is set here).
 */
void cn_lane_drop(
		struct cn_lane *lane, bool stack, struct cn_mark *mark, struct cn_record *record);

/* The block of that message is in flight with this process now, and out of the lane. 0 or an error. */
int cn_lane_take(struct cn_arena *arena, struct cn_lane *lane, bool stack, struct cn_mark *mark,
		struct cn_record *record, cn_off *block);

/* The block of a record; 0: the message stands in it. */
static inline cn_off cn_record_block(const struct cn_record *record) {
	cn_off word = atomic_load_explicit(&record->word, memory_order_relaxed);
	return word > CN_RECORD_TAKEN ? word : 0;
}

/* After a death on the put side, having that: count what was put. 0 or -EBADMSG. */
int cn_lane_repair_put(struct cn_arena *arena, struct cn_lane *lane, bool stack);

/* Free all messages and segments of a lane that is not used any more; may be run again after a kill. */
void cn_lane_clear(struct cn_arena *arena, struct cn_lane *lane, bool stack);

#endif
