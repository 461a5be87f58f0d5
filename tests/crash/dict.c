/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Processes set, count, take out and update keys of a dict, and are killed. Each has keys of its
 * own, of which it notes in shared memory what they are to be: a key is then what was noted last,
 * or, if the process was killed in between, what it was before. Counters that all add to lose
 * nothing. Nobody waits for the dead, and no block is left over.
 */
#include "config.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "lib/data/dict.h"
#include "lib/shm/alloc.h"
#include "tests/crash/torture.h"
#include "tests/unit/tap.h"

enum { WORKERS = 4, OWN = 200, COUNTERS = 4 };

struct shared {
	// What each own key is: 0 not there, else its number. Written before and after.
	_Atomic uint32_t before[WORKERS][OWN];
	_Atomic uint32_t after[WORKERS][OWN];
	_Atomic uint64_t begun[COUNTERS];
	_Atomic uint64_t ended[COUNTERS];
};

static struct cn_arena *arena;
static struct shared *shared;
static struct cn_dict dict;

static void fail(int code) {
	_Exit(code);
}

static struct cn_bytes own_key(int worker, int n, char text[32]) {
	return (struct cn_bytes){ text, (size_t)snprintf(text, 32, "own-%d-%d", worker, n) };
}

// The number, made longer by dots.
static struct cn_bytes value_text(uint32_t number, char text[128]) {
	size_t len = (size_t)snprintf(text, 128, "%u", number);
	size_t dots = number % 100;
	memset(text + len, '.', dots);
	return (struct cn_bytes){ text, len + dots };
}

// Whether the key is what `number` says.
static bool is_so(int worker, int n, uint32_t number) {
	char key[32];
	char text[128];
	struct cn_bytes want = value_text(number, text);
	struct cn_buf out = CN_BUF_INIT;
	int err = cn_dict_get(&dict, own_key(worker, n, key), &out);
	bool so = number == 0
			? err == -ENODATA
			: err == 0 && out.len == want.len && memcmp(out.data, want.data, want.len) == 0;
	cn_buf_finish(&out);
	return so;
}

// As a process that was killed may have left it; what it is then is noted.
static bool settle(int worker, int n) {
	uint32_t before = atomic_load(&shared->before[worker][n]);
	uint32_t after = atomic_load(&shared->after[worker][n]);
	if (is_so(worker, n, after)) {
		atomic_store(&shared->before[worker][n], after);
		return true;
	}
	atomic_store(&shared->after[worker][n], before);
	return is_so(worker, n, before);
}

static void change_own(int worker, unsigned *seed) {
	char key[32];
	char text[128];
	int n = rand_r(seed) % OWN;
	if (!settle(worker, n)) {
		fail(10);
	}
	uint32_t number = rand_r(seed) % 3 == 0 ? 0 : 1 + (uint32_t)rand_r(seed) % 1000000;
	atomic_store(&shared->after[worker][n], number);
	int err = number == 0 ? cn_dict_pop(&dict, own_key(worker, n, key), NULL)
						  : cn_dict_set(&dict, own_key(worker, n, key), value_text(number, text));
	if (err < 0 && err != -ENODATA) {
		fail(11);
	}
	atomic_store(&shared->before[worker][n], number);
}

static void count(unsigned *seed) {
	char key[32];
	int n = rand_r(seed) % COUNTERS;
	struct cn_bytes bytes = { key, (size_t)snprintf(key, sizeof(key), "counter-%d", n) };
	int64_t now;
	atomic_fetch_add(&shared->begun[n], 1);
	if (rand_r(seed) % 4 != 0) {
		if (cn_dict_incr(&dict, bytes, 1, &now) < 0) {
			fail(20);
		}
	} else {
		struct cn_buf old = CN_BUF_INIT;
		int err = cn_dict_update(&dict, bytes, &old);
		if (err < 0 && err != -ENODATA) {
			fail(21);
		}
		char text[32];
		int len = snprintf(text, sizeof(text), "%ld", atol(old.data) + 1);
		struct cn_bytes value = { text, (size_t)len };
		if (cn_dict_update_end(&dict, bytes, &value) < 0) {
			fail(22);
		}
		cn_buf_finish(&old);
	}
	atomic_fetch_add(&shared->ended[n], 1);
}

static void work(int worker, unsigned *seed) {
	if (rand_r(seed) % 4 == 0) {
		count(seed);
	} else {
		change_own(worker, seed);
	}
	torture_progress();
}

static void check(void) {
	int wrong = 0;
	uint64_t there = 0;
	for (int w = 0; w < WORKERS; w++) {
		for (int n = 0; n < OWN; n++) {
			wrong += !settle(w, n);
			there += atomic_load(&shared->after[w][n]) != 0;
		}
	}
	is_int(wrong, 0, "all keys are what they were set to");
	for (int n = 0; n < COUNTERS; n++) {
		char key[32];
		struct cn_bytes bytes = { key, (size_t)snprintf(key, sizeof(key), "counter-%d", n) };
		struct cn_buf out = CN_BUF_INIT;
		there += cn_dict_get(&dict, bytes, &out) == 0;
		uint64_t now = (uint64_t)atol(out.data);
		ok(now >= shared->ended[n] && now <= shared->begun[n], "counted %llu of %llu to %llu",
				(unsigned long long)now, (unsigned long long)shared->ended[n],
				(unsigned long long)shared->begun[n]);
		cn_buf_finish(&out);
	}
	struct cn_dict_walk walk = { 0 };
	struct cn_bytes key;
	struct cn_bytes value;
	uint64_t met = 0;
	uint64_t len = 0;
	while (cn_dict_next(&dict, &walk, &key, &value) > 0) {
		met++;
	}
	cn_dict_walk_finish(&walk);
	cn_dict_len(&dict, &len);
	is_int((int64_t)met, (int64_t)there, "a walk meets all that is there");
	is_int((int64_t)len, (int64_t)there, "and that is the length");
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
	cn_dict_open(arena, "d", true, &dict);
	struct torture torture = { .workers = WORKERS, .work = work };
	torture_run(arena, &torture);
	is_int(torture.stuck, 0, "nobody gets stuck");
	is_int(torture.wrong, 0, "no errors");
	check();
	cn_ref_destroy(&dict.ref);
	torture_memory(arena, 1);
	return done_testing();
}
