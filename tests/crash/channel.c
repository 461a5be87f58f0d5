/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Processes talk through channels and are killed. The senders of the one-way channel and its
 * receivers wait for each other without a limit: only that the end is told keeps them from being
 * stuck. No message is lost but in the hands of the killed, none comes twice.
 */
#include "config.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/data/channel.h"
#include "lib/shm/alloc.h"
#include "tests/crash/torture.h"
#include "tests/unit/tap.h"

enum { WORKERS = 6, NUMBERS = 1 << 20 };

enum { PUTTING = 1, SENT = 2, GOT = 4 };

enum { ONE_WAY, TWO_WAY, BACK, LINES };

struct shared {
	_Atomic uint32_t next[LINES];
	_Atomic uint8_t state[LINES][NUMBERS];
	_Atomic uint32_t ends; // -EPIPE was said
	_Atomic uint32_t deaths;
};

static struct cn_arena *arena;
static struct shared *shared;
static struct cn_channel in, out, a, b;

static void fail(int code) {
	_Exit(code);
}

static cn_time soon(unsigned *seed) {
	return cn_after(rand_r(seed) % 2000 * CN_MICROSECOND);
}

static void send_one(const struct cn_channel *end, int line, cn_time deadline, unsigned *seed) {
	uint32_t data[200];
	uint32_t number = atomic_fetch_add(&shared->next[line], 1);
	if (number >= NUMBERS) {
		return;
	}
	size_t words = 2 + (size_t)(rand_r(seed) % 30 == 0 ? 198 : rand_r(seed) % 8);
	for (size_t i = 0; i < words; i++) {
		data[i] = number;
	}
	data[1] = (uint32_t)words;
	atomic_fetch_or(&shared->state[line][number], PUTTING);
	struct cn_text text = { data, words * sizeof(data[0]) };
	size_t done = 0;
	int err = cn_channel_send(end, &text, 1, deadline, &done);
	if (err == 0) {
		atomic_fetch_or(&shared->state[line][number], SENT);
	} else if (err == -EPIPE) {
		atomic_fetch_add(&shared->ends, 1);
	} else if (err != -ETIMEDOUT) {
		fail(20 - err);
	}
}

static void receive_one(const struct cn_channel *end, int line, cn_time deadline) {
	struct cn_message message;
	int err = cn_channel_receive(end, SIZE_MAX, deadline, &message);
	if (err == -EPIPE) {
		atomic_fetch_add(&shared->ends, 1);
	}
	if (err == -EPIPE || err == -ETIMEDOUT) {
		return;
	}
	if (err < 0) {
		fail(60 - err);
	}
	uint32_t data[200];
	memcpy(data, message.data, message.len > sizeof(data) ? sizeof(data) : message.len);
	if (data[0] >= NUMBERS || message.len != data[1] * sizeof(data[0])) {
		fail(10);
	}
	for (size_t i = 2; i < data[1]; i++) {
		if (data[i] != data[0]) {
			fail(11);
		}
	}
	uint8_t before = atomic_fetch_or(&shared->state[line][data[0]], GOT);
	if ((before & PUTTING) == 0 || (before & GOT) != 0) {
		fail(12);
	}
	cn_message_finish(&message);
}

static void work(int worker, unsigned *seed) {
	bool left = worker < WORKERS / 2;
	switch (rand_r(seed) % 4) {
	case 0:
	case 1:
		if (left) {
			send_one(&in, ONE_WAY, CN_NEVER, seed);
		} else {
			receive_one(&out, ONE_WAY, CN_NEVER);
		}
		break;
	case 2:
		send_one(left ? &a : &b, left ? TWO_WAY : BACK, soon(seed), seed);
		break;
	default:
		receive_one(left ? &a : &b, left ? BACK : TWO_WAY, soon(seed));
	}
	torture_progress();
}

static void died(pid_t pid) {
	atomic_fetch_add(&shared->deaths, 1);
}

static void count(int line, const struct cn_channel *end) {
	struct cn_message message;
	while (cn_channel_receive(end, SIZE_MAX, CN_NOW, &message) == 0) {
		uint32_t number;
		memcpy(&number, message.data, sizeof(number));
		if ((atomic_fetch_or(&shared->state[line][number], GOT) & GOT) != 0) {
			ok(false, "message %u came twice", number);
		}
		cn_message_finish(&message);
	}
	uint32_t sent = 0;
	uint32_t lost = 0;
	for (uint32_t i = 0; i < NUMBERS; i++) {
		uint8_t state = atomic_load(&shared->state[line][i]);
		sent += (state & SENT) != 0;
		lost += (state & SENT) != 0 && (state & GOT) == 0;
	}
	ok(lost <= atomic_load(&shared->deaths), "of %u messages %u were in the hands of the killed",
			sent, lost);
}

int main(void) {
	tap_watchdog(60 + (unsigned)torture_rounds() / 20);
	if (cn_arena_create(16 * CN_ARENA_MIN, &arena) < 0) {
		return 1;
	}
	cn_off off;
	cn_alloc_zero(arena, sizeof(*shared), &off);
	cn_alloc_keep(arena, off);
	shared = CN_AT(arena, off, struct shared);
	is_int(cn_channel_create(arena, "in", "out", true), 0, "a channel");
	is_int(cn_channel_create(arena, "a", "b", false), 0, "and one both ways");
	cn_channel_open(arena, "in", &in);
	cn_channel_open(arena, "out", &out);
	cn_channel_open(arena, "a", &a);
	cn_channel_open(arena, "b", &b);
	struct torture torture = { .workers = WORKERS, .work = work, .died = died };
	torture_run(arena, &torture);
	is_int(torture.stuck, 0, "nobody is stuck");
	is_int(torture.wrong, 0, "nobody got what was not sent, or twice, or torn");
	diag("the end was told %u times", atomic_load(&shared->ends));
	count(ONE_WAY, &out);
	count(TWO_WAY, &b);
	count(BACK, &a);
	struct cn_channel_info info = { 0 };
	cn_channel_query(&out, &info);
	is_int((int64_t)info.count, 0, "it counts right: empty");
	is_int((int64_t)info.bytes, 0, "in bytes as well");
	is_int(cn_channel_close(&in), 0, "closed");
	is_int(cn_channel_close(&out), 0, "on both sides");
	is_int(cn_channel_close(&a), 0, "closed");
	is_int(cn_channel_close(&b), 0, "on both sides");
	torture_memory(arena, 1);
	cn_arena_close(arena);
	return done_testing();
}
