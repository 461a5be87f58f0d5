/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Producers number their messages, consumers note each one they got, with and without leases, and
 * all are killed. No message may be lost but in the hands of the killed who had no lease, none may
 * come twice without a lease given back, and those of a producer come in his order.
 *
 * The seed decides which queue a worker uses in a step: FIFO, bounded, LIFO, with priorities.
 */
#include "config.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/data/queue.h"
#include "lib/shm/alloc.h"
#include "tests/crash/torture.h"
#include "tests/unit/tap.h"

enum { QUEUES = 4, WORKERS = 6, NUMBERS = 1 << 20, BATCH = 8, LONG = CN_LANE_INLINE_MAX };

enum { SENT = 1, GOT = 2, LEASED = 4, DONE = 8, PUTTING = 16 };

struct message {
	uint32_t number; // of all of this queue
	uint32_t producer;
	uint32_t len;
	uint32_t check;
};

struct shared {
	_Atomic uint32_t next[QUEUES];
	_Atomic uint8_t state[QUEUES][NUMBERS];
	_Atomic uint32_t deaths;
};

static const struct cn_queue_shape shapes[QUEUES] = {
	{ .order = CN_QUEUE_FIFO },
	{ .order = CN_QUEUE_FIFO, .count = 20, .bytes = 4 * LONG },
	{ .order = CN_QUEUE_LIFO, .count = 200 },
	{ .order = CN_QUEUE_PRIORITY, .count = 200 },
};

static struct cn_arena *arena;
static struct shared *shared;
static struct cn_queue queues[QUEUES];

static void fail(int code) {
	_Exit(code);
}

static cn_time soon(unsigned *seed) {
	return cn_after(rand_r(seed) % 3000 * CN_MICROSECOND);
}

static size_t random_len(unsigned *seed) {
	int n = rand_r(seed) % 40;
	return sizeof(struct message) + (n == 0 ? LONG : n < 4 ? 200 : (size_t)rand_r(seed) % 40);
}

static void mark(int queue, uint32_t number, uint8_t bits) {
	atomic_fetch_or(&shared->state[queue][number], bits);
}

static void produce(int worker, unsigned *seed) {
	static char data[BATCH][sizeof(struct message) + LONG];
	int queue = rand_r(seed) % QUEUES;
	struct cn_text texts[BATCH];
	size_t n = 1 + (size_t)rand_r(seed) % BATCH;
	uint32_t first = atomic_fetch_add(&shared->next[queue], (uint32_t)n);
	if (first + n >= NUMBERS) {
		return;
	}
	for (size_t i = 0; i < n; i++) {
		size_t len = random_len(seed);
		struct message message = { first + (uint32_t)i, (uint32_t)worker, (uint32_t)len, 0 };
		message.check = message.number * 31 + message.producer * 7 + message.len;
		memset(data[i], (int)message.number, len);
		memcpy(data[i], &message, sizeof(message));
		texts[i] = (struct cn_text){ data[i], len };
		mark(queue, message.number, PUTTING);
	}
	size_t done = 0;
	int64_t priority = queue == 3 ? rand_r(seed) % 5 - 2 : 0;
	int err = cn_queue_put(&queues[queue], texts, n, priority, soon(seed), &done);
	for (size_t i = 0; i < done; i++) {
		mark(queue, first + (uint32_t)i, SENT);
	}
	if (err < 0 && err != -ETIMEDOUT && err != -ENOSPC) {
		fail(10 + queue);
	}
}

static void check_message(int queue, const void *data, size_t len, uint8_t bits) {
	struct message message;
	if (len < sizeof(message)) {
		fail(20);
	}
	memcpy(&message, data, sizeof(message));
	if (message.len != len || message.number >= NUMBERS ||
			message.check != message.number * 31 + message.producer * 7 + message.len) {
		fail(21);
	}
	for (size_t i = sizeof(message); i < len; i++) {
		if (((const unsigned char *)data)[i] != (unsigned char)message.number) {
			fail(22);
		}
	}
	uint8_t before = atomic_fetch_or(&shared->state[queue][message.number], bits);
	if ((before & PUTTING) == 0) {
		fail(23); // nobody has put it
	}
	if ((bits & GOT) != 0 && (before & (GOT | DONE)) != 0) {
		fail(24); // twice
	}
	if ((bits & LEASED) != 0 && (before & (GOT | DONE)) != 0) {
		fail(25); // it was over
	}
}

static void consume(unsigned *seed) {
	int queue = rand_r(seed) % QUEUES;
	struct cn_message message;
	int err = cn_queue_get(&queues[queue], 0, soon(seed), &message);
	if (err == 0) {
		check_message(queue, message.data, message.len, GOT);
		cn_message_finish(&message);
	} else if (err != -ETIMEDOUT) {
		fail(30 - err);
	}
}

static void consume_many(unsigned *seed) {
	int queue = rand_r(seed) % QUEUES;
	struct cn_messages many = { .data = CN_BUF_INIT, .ends = CN_BUF_INIT, .delim = -1 };
	int err = cn_queue_get_many(&queues[queue], 0, 5, soon(seed), &many);
	size_t begin = 0;
	for (uint64_t i = 0; err == 0 && i < many.count; i++) {
		size_t end = ((size_t *)(void *)many.ends.data)[i];
		check_message(queue, many.data.data + begin, end - begin, GOT);
		begin = end;
	}
	if (err < 0 && err != -ETIMEDOUT) {
		fail(30 - err);
	}
	cn_messages_finish(&many);
}

// Those of one process are over when it says so; they are marked before, so that one that comes
// again after that is a fault, and a kill in between leaves them marked and not over.
static void lease(unsigned *seed) {
	int queue = rand_r(seed) % QUEUES;
	int n = 1 + rand_r(seed) % 3;
	uint32_t numbers[3];
	int got = 0;
	for (int i = 0; i < n; i++) {
		struct cn_message message;
		int err = cn_queue_get(&queues[queue], CN_QUEUE_LEASE, soon(seed), &message);
		if (err == 0) {
			check_message(queue, message.data, message.len, LEASED);
			memcpy(&numbers[got++], message.data, sizeof(numbers[0]));
			cn_message_finish(&message);
		} else if (err != -ETIMEDOUT && err != -ENOSPC) {
			fail(30 - err);
		}
	}
	bool back = rand_r(seed) % 4 == 0;
	uint64_t count;
	if (cn_queue_ack(&queues[queue], back, &count) < 0 || count != (uint64_t)got) {
		fail(40);
	}
	for (int i = 0; i < got && !back; i++) {
		mark(queue, numbers[i], DONE);
	}
}

static void work(int worker, unsigned *seed) {
	switch (rand_r(seed) % 8) {
	case 0:
	case 1:
	case 2:
	case 3:
		produce(worker, seed);
		break;
	case 4:
	case 5:
		consume(seed);
		break;
	case 6:
		consume_many(seed);
		break;
	default:
		lease(seed);
	}
	torture_progress();
}

// What is left comes out, in each producer's order.
static void drain(int queue) {
	struct cn_message message;
	uint32_t last[WORKERS] = { 0 };
	int disorder = 0;
	while (cn_queue_get(&queues[queue], 0, CN_NOW, &message) == 0) {
		struct message head;
		memcpy(&head, message.data, sizeof(head));
		uint8_t before = atomic_fetch_or(&shared->state[queue][head.number], GOT);
		disorder += (before & (GOT | DONE)) != 0 || (before & PUTTING) == 0;
		if (shapes[queue].order == CN_QUEUE_FIFO && (before & LEASED) == 0) {
			disorder += head.number < last[head.producer];
			last[head.producer] = head.number;
		}
		cn_message_finish(&message);
	}
	is_int(disorder, 0, "queue %d: what is left is in order, and new", queue);
}

static void count(int queue) {
	uint32_t numbers = atomic_load(&shared->next[queue]);
	numbers = numbers > NUMBERS ? NUMBERS : numbers;
	uint32_t lost = 0;
	uint32_t sent = 0;
	for (uint32_t i = 0; i < numbers; i++) {
		uint8_t state = atomic_load(&shared->state[queue][i]);
		sent += (state & SENT) != 0;
		lost += (state & SENT) != 0 && (state & (GOT | DONE)) == 0;
	}
	// A killed consumer has at most a batch in its hands.
	uint32_t deaths = atomic_load(&shared->deaths);
	ok(lost <= deaths * 5, "queue %d: of %u messages %u were in the hands of the killed", queue,
			sent, lost);
	diag("queue %d: %u of %u", queue, lost, sent);
}

static void died(pid_t pid) {
	atomic_fetch_add(&shared->deaths, 1);
}

int main(void) {
	tap_watchdog(60 + (unsigned)torture_rounds() / 20);
	if (cn_arena_create(64 * CN_ARENA_MIN, &arena) < 0) {
		return 1;
	}
	cn_off off;
	cn_alloc_zero(arena, sizeof(*shared), &off);
	cn_alloc_keep(arena, off);
	shared = CN_AT(arena, off, struct shared);
	for (int i = 0; i < QUEUES; i++) {
		char name[] = { 'q', (char)('0' + i), '\0' };
		cn_queue_create(arena, name, &shapes[i], &queues[i]);
	}
	struct torture torture = { .workers = WORKERS, .work = work, .died = died };
	torture_run(arena, &torture);
	is_int(torture.stuck, 0, "nobody is stuck");
	is_int(torture.wrong, 0, "nobody got what was not sent, or twice, or torn");
	for (int i = 0; i < QUEUES; i++) {
		struct cn_queue_info info = { 0 };
		cn_queue_query(&queues[i], &info);
		is_int((int64_t)info.leased, 0, "no lease is left");
		drain(i);
		count(i);
		cn_queue_query(&queues[i], &info);
		is_int((int64_t)info.count, 0, "it counts right: empty");
		is_int((int64_t)info.bytes, 0, "in bytes as well");
		is_int(cn_queue_join(&queues[i], CN_NOW), 0, "and it can be joined");
		cn_ref_destroy(&queues[i].ref);
	}
	torture_memory(arena, 1);
	cn_arena_close(arena);
	return done_testing();
}
