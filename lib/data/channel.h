/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * lib/data/channel.h - two connected ends, each with a name. What is sent at one is received at the
 * other, message by message, in order.
 *
 * Who uses an end is known: a process is a user of it from its first send or receive on, until it
 * dies. When an end is closed, or all that used it have died, the other one is told: it receives
 * what is left, and then -EPIPE. Descriptors, and who inherited them, play no part in it.
 */
#ifndef CN_DATA_CHANNEL_H
#define CN_DATA_CHANNEL_H

#include "lib/data/queue.h"
#include "lib/shm/names.h"

struct cn_channel {
	struct cn_ref ref; // an end
};

/*
 * Make the ends `a` and `b`; one_way: a only sends, b only receives. Returns 0, -EEXIST (they are
 * there, connected so), -EPROTOTYPE (one of the names is taken otherwise), -EINVAL (names), -ENOSPC.
 */
int cn_channel_create(struct cn_arena *arena, const char *a, const char *b, bool one_way);

/* 0 or -ENOENT. */
int cn_channel_open(struct cn_arena *arena, const char *name, struct cn_channel *out);

/*
 * Be a user of the end. Where `other` is not 0 and takes part in the arena, it is that process
 * instead: the one that this one acts for. The calls below do this themselves, for this process,
 * unless it was done before. Cheap the second time. 0, -ENOENT, -ENOSPC, -EAGAIN.
 */
int cn_channel_use(const struct cn_channel *end, pid_t other);

/*
 * Send n messages; as cn_queue_put(). While a great deal is there that was not received it waits.
 * Also -EPIPE (this end or the other is closed, or all users of the other are dead), -EPERM (this
 * end only receives).
 */
int cn_channel_send(const struct cn_channel *end, const struct cn_text *texts, size_t n,
		cn_time deadline, size_t *done);

/*
 * Receive a message of at most `max` bytes; as cn_queue_get(). Also -EPIPE (nothing is left, and the
 * other end is closed or its users are dead), -EMSGSIZE (it is longer, and stays), -EPERM (this end
 * only sends).
 */
int cn_channel_receive(
		const struct cn_channel *end, size_t max, cn_time deadline, struct cn_message *out);

/* Wait until a receive would not wait. 0, -ETIMEDOUT, -EINTR, -ENOENT, -EPERM. */
int cn_channel_poll(const struct cn_channel *end, cn_time deadline);

/* Close the end, for all who use it. When both are closed they are gone. 0 or -ENOENT. */
int cn_channel_close(const struct cn_channel *end);

struct cn_channel_info {
	uint64_t count; // messages to be received here
	uint64_t bytes;
	uint32_t users; // living
	uint32_t waiters; // for a message, or for room to send one
	bool is_closed;
	bool can_send;
	bool can_receive;
};

int cn_channel_query(const struct cn_channel *end, struct cn_channel_info *out);

/* Up to `max` of the processes that use the end. Returns how many. */
size_t cn_channel_users(const struct cn_channel *end, pid_t *out, size_t max);

#endif
