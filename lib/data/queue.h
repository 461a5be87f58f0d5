/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * lib/data/queue.h - named queues of byte strings between the processes of an arena. Any number put
 * and get; who waits is served in the order it came, and one message wakes one. One that is killed
 * in the middle of a put or get leaves the queue whole.
 *
 *	struct cn_queue queue;
 *	int err = cn_queue_create(arena, "jobs", &(struct cn_queue_shape){ .count = 100 }, &queue);
 *	struct cn_text text = { data, len };
 *	size_t done = 0;
 *	err = cn_queue_put(&queue, &text, 1, 0, cn_after(CN_SECOND), &done);
 *	...
 *	struct cn_message message;
 *	err = cn_queue_get(&queue, 0, CN_NEVER, &message);
 *	use(message.data, message.len);
 *	cn_message_finish(&message);
 *
 * A message got under a lease stays the queue's until it is acknowledged. When its holder dies, or
 * gives it back, it is the next to be got.
 */
#ifndef CN_DATA_QUEUE_H
#define CN_DATA_QUEUE_H

#include "lib/base/buf.h"
#include "lib/data/lane.h"
#include "lib/shm/names.h"

struct cn_queue {
	struct cn_ref ref;
};

enum cn_queue_order {
	CN_QUEUE_FIFO,
	CN_QUEUE_LIFO,
	CN_QUEUE_PRIORITY, // the highest first; of one priority, the first that came
};

struct cn_queue_shape {
	uint32_t order; // enum cn_queue_order
	uint64_t count; // messages at most; 0: no limit but the arena's
	uint64_t bytes; // of them at most; 0: likewise
};

/* A message to be put; borrowed. */
struct cn_text {
	const void *data;
	size_t len;
};

/* A message that was got. cn_message_finish() it. */
struct cn_message {
	const void *data; // borrowed: in the arena, or in `small`
	size_t len;
	int64_t priority;
	struct cn_arena *arena;
	cn_off block; // in flight with us; 0: none
	void *heap;
	char small[CN_LANE_INLINE_MAX];
};

void cn_message_finish(struct cn_message *message);

/* Several: each with `delim` behind it, when that is not negative. */
struct cn_messages {
	struct cn_buf data;
	struct cn_buf ends; // size_t: where each one ends in data, before its delimiter
	int delim;
	uint64_t count;
};

void cn_messages_finish(struct cn_messages *messages);

/*
 * Make it. 0, -EEXIST (it is there; *out is good; with another shape: -EPROTOTYPE), -EINVAL (name),
 * -ERANGE (more bytes than the arena has), -ENOSPC.
 */
int cn_queue_create(struct cn_arena *arena, const char *name, const struct cn_queue_shape *shape,
		struct cn_queue *out);

/* 0 or -ENOENT. */
int cn_queue_open(struct cn_arena *arena, const char *name, struct cn_queue *out);

/*
 * Put n messages, in this order, as room comes free. *done goes up by those that were put, also
 * when it fails; begin with 0, and after -EINTR call again with the same.
 * Returns 0; -ETIMEDOUT (full; CN_NOW: does not wait); -EINTR; -EPIPE (closed); -EMSGSIZE (longer
 * than the queue or CN_MESSAGE_MAX allows); -ENOSPC (the arena is full, and not of this queue's
 * messages: waiting is of no use); -EINVAL (a priority, and no queue with them); -ENOENT.
 */
int cn_queue_put(const struct cn_queue *queue, const struct cn_text *texts, size_t n,
		int64_t priority, cn_time deadline, size_t *done);

enum cn_queue_get_flags {
	CN_QUEUE_LEASE = 1 << 0,
};

/*
 * Get the next one.
 * Returns 0; -ETIMEDOUT (empty); -EINTR (call again, the place in the line is kept); -EPIPE (closed
 * and empty, and no lease of another process can come back); -ENOENT; -ENOSPC (no room to note the
 * lease); -ENOMEM; -EMFILE.
 */
int cn_queue_get(const struct cn_queue *queue, unsigned flags, cn_time deadline,
		struct cn_message *out);

/*
 * Get up to `max` messages at once, waiting for the first. They are appended to *out, whose `delim`
 * the caller has set and which is empty before. As cn_queue_get().
 */
int cn_queue_get_many(const struct cn_queue *queue, unsigned flags, uint64_t max, cn_time deadline,
		struct cn_messages *out);

/* A copy of the next one, which stays. 0, -ETIMEDOUT (empty), -EPIPE (closed and empty), ... */
int cn_queue_peek(const struct cn_queue *queue, struct cn_message *out);

/*
 * Acknowledge the leases of this process: done with them; or give them back (`give_back`).
 * *count (may be NULL): how many there were. 0 or -ENOENT.
 */
int cn_queue_ack(const struct cn_queue *queue, bool give_back, uint64_t *count);

/* No more puts; who waits is told. Closing again is fine. 0 or -ENOENT. */
int cn_queue_close(const struct cn_queue *queue);

/* Throw away all that can be got now. 0 or -ENOENT. */
int cn_queue_clear(const struct cn_queue *queue);

/* Wait until it is empty and has no leases. 0, -ETIMEDOUT, -EINTR, -ENOENT. */
int cn_queue_join(const struct cn_queue *queue, cn_time deadline);

struct cn_queue_info {
	struct cn_queue_shape shape;
	uint64_t count; // that can be got
	uint64_t bytes;
	uint64_t leased; // by living processes
	uint32_t getters; // that wait
	uint32_t putters;
	bool is_closed;
	bool is_full; // a put of one byte would wait
};

int cn_queue_query(const struct cn_queue *queue, struct cn_queue_info *out);

/* Up to `max` of the processes that hold leases. Returns how many. */
size_t cn_queue_holders(const struct cn_queue *queue, pid_t *out, size_t max);

#endif
