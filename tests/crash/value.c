/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Processes add to a number, and set, swap and compare a string whose text tells whether it is
 * whole, and are killed. No addition is lost, no string is torn, and no block is left over.
 */
#include "config.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/data/value.h"
#include "lib/shm/alloc.h"
#include "tests/crash/torture.h"
#include "tests/unit/tap.h"

enum { WORKERS = 4, TEXT_MAX = 3000 };

struct shared {
	_Atomic uint64_t before; // additions begun
	_Atomic uint64_t after; // and ended
};

static struct cn_arena *arena;
static struct shared *shared;
static struct cn_value number;
static struct cn_value string;

static void fail(int code) {
	_Exit(code);
}

static void add(void) {
	struct cn_delta one = cn_delta_of(1);
	uint64_t now;
	atomic_fetch_add(&shared->before, 1);
	if (cn_value_add(&number, &one, &now) < 0) {
		fail(10);
	}
	atomic_fetch_add(&shared->after, 1);
}

// All bytes of a whole text are the same.
static bool is_whole(const struct cn_buf *text) {
	for (size_t i = 1; i < text->len; i++) {
		if (text->data[i] != text->data[0]) {
			return false;
		}
	}
	return true;
}

static size_t make_text(char text[TEXT_MAX], unsigned *seed) {
	size_t len = 1 + (size_t)rand_r(seed) % (rand_r(seed) % 8 == 0 ? TEXT_MAX : 60);
	memset(text, 'a' + rand_r(seed) % 26, len);
	return len;
}

static void change(unsigned *seed) {
	char text[TEXT_MAX];
	size_t len = make_text(text, seed);
	struct cn_buf old = CN_BUF_INIT;
	int err = cn_value_swap_text(&string, text, len, &old);
	if (err < 0 || !is_whole(&old)) {
		fail(20);
	}
	size_t next_len = make_text(text, seed);
	err = cn_value_cas_text(&string, old.data, old.len, text, next_len);
	if (err < 0 && err != -EAGAIN) {
		fail(21);
	}
	cn_buf_reset(&old);
	if (cn_value_get_text(&string, &old) < 0 || !is_whole(&old)) {
		fail(22);
	}
	cn_buf_finish(&old);
}

static void work(int worker, unsigned *seed) {
	if (rand_r(seed) % 2 == 0) {
		add();
	} else {
		change(seed);
	}
	torture_progress();
}

int main(void) {
	tap_watchdog(60 + (unsigned)torture_rounds() / 20);
	if (cn_arena_create(4 * CN_ARENA_MIN, &arena) < 0) {
		return 1;
	}
	cn_off off;
	cn_alloc_zero(arena, sizeof(*shared), &off);
	cn_alloc_keep(arena, off);
	shared = CN_AT(arena, off, struct shared);
	cn_value_create(arena, "n", 'q', 0, &number);
	cn_value_create_text(arena, "s", "aaa", 3, &string);
	struct torture torture = { .workers = WORKERS, .work = work };
	torture_run(arena, &torture);
	is_int(torture.stuck, 0, "nobody gets stuck");
	is_int(torture.wrong, 0, "nothing torn, no errors");
	uint64_t now = 0;
	is_int(cn_value_get(&number, &now), 0, "the number can be read");
	ok(now >= shared->after && now <= shared->before, "%llu additions of %llu to %llu",
			(unsigned long long)now, (unsigned long long)shared->after,
			(unsigned long long)shared->before);
	ok(cn_alloc_sweep(arena) >= 0, "what the dead left is swept");
	struct cn_err why = { 0 };
	is_int(cn_alloc_check(arena, &why), 0, "the arena is consistent %s", why.text);
	cn_ref_destroy(&number.ref);
	cn_ref_destroy(&string.ref);
	struct cn_alloc_stats stats;
	cn_alloc_stats(arena, &stats);
	is_int((int64_t)stats.blocks, 1, "no block is left");
	return done_testing();
}
