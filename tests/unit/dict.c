/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/data/dict.h"
#include "lib/shm/alloc.h"
#include "tests/unit/tap.h"

static struct cn_arena *arena;

static struct cn_bytes bytes(const char *data, size_t len) {
	return (struct cn_bytes){ data, len };
}

static uint64_t len_of(const struct cn_dict *dict) {
	uint64_t len = 0;
	cn_dict_len(dict, &len);
	return len;
}

static bool holds(const struct cn_dict *dict, struct cn_bytes key, struct cn_bytes value) {
	struct cn_buf out = CN_BUF_INIT;
	bool same = cn_dict_get(dict, key, &out) == 0 && out.len == value.len &&
			memcmp(out.data, value.data, value.len) == 0;
	cn_buf_finish(&out);
	return same;
}

static void test_basics(void) {
	struct cn_dict d;
	struct cn_buf out = CN_BUF_INIT;
	int64_t now;
	is_int(cn_dict_open(arena, "d", false, &d), -ENOENT, "it is not there");
	is_int(cn_dict_open(arena, "d", true, &d), 0, "it is made");
	is_int(cn_dict_get(&d, CN_TEXT("a"), NULL), -ENODATA, "a key that is not there");
	is_int(cn_dict_set(&d, CN_TEXT("a"), CN_TEXT("1")), 0, "set");
	is_int(cn_dict_set(&d, bytes("a\0b", 3), bytes("x\0y", 3)), 0, "a key with a NUL");
	is_int(cn_dict_set(&d, CN_TEXT(""), CN_TEXT("")), 0, "an empty key, an empty value");
	ok(holds(&d, CN_TEXT("a"), CN_TEXT("1")), "a is 1");
	ok(holds(&d, bytes("a\0b", 3), bytes("x\0y", 3)), "and a NUL b is x NUL y");
	ok(holds(&d, CN_TEXT(""), CN_TEXT("")), "and nothing is nothing");
	is_int((int64_t)len_of(&d), 3, "these are three");
	is_int(cn_dict_set(&d, CN_TEXT("a"), CN_TEXT("a longer value")), 0, "set again");
	ok(holds(&d, CN_TEXT("a"), CN_TEXT("a longer value")), "it is the new one");
	is_int((int64_t)len_of(&d), 3, "still three");
	is_int(cn_dict_set_default(&d, CN_TEXT("a"), CN_TEXT("z"), &out), 0, "a default");
	is_str(out.data, "a longer value", "does not count when the key is there");
	cn_buf_reset(&out);
	is_int(cn_dict_set_default(&d, CN_TEXT("b"), CN_TEXT("z"), &out), 0, "a default");
	is_str(out.data, "z", "counts when it is not");
	is_int(cn_dict_cas(&d, CN_TEXT("b"), CN_TEXT("y"), CN_TEXT("x")), -EAGAIN, "b is not y");
	is_int(cn_dict_cas(&d, CN_TEXT("b"), CN_TEXT("z"), CN_TEXT("x")), 0, "b was z");
	is_int(cn_dict_cas(&d, CN_TEXT("c"), CN_TEXT(""), CN_TEXT("x")), -ENODATA, "there is no c");
	is_int(cn_dict_incr(&d, CN_TEXT("n"), 5, &now), 0, "counting begins at 0");
	is_int(cn_dict_incr(&d, CN_TEXT("n"), -7, &now), 0, "and goes down, too");
	is_int(now, -2, "5 - 7");
	is_int(cn_dict_incr(&d, CN_TEXT("b"), 1, &now), -EDOM, "x is no number");
	cn_dict_set(&d, CN_TEXT("n"), CN_TEXT("9223372036854775807"));
	is_int(cn_dict_incr(&d, CN_TEXT("n"), 1, &now), -EOVERFLOW, "numbers do not wrap");
	ok(holds(&d, CN_TEXT("n"), CN_TEXT("9223372036854775807")), "and it stays");
	cn_buf_reset(&out);
	is_int(cn_dict_pop(&d, CN_TEXT("b"), &out), 0, "pop");
	is_str(out.data, "x", "gives the value");
	is_int(cn_dict_pop(&d, CN_TEXT("b"), &out), -ENODATA, "once");
	is_int(cn_dict_set(&d, CN_TEXT("k"), bytes("", UINT32_MAX)), -EMSGSIZE, "4 GiB is too long");
	is_int(cn_dict_set(&d, CN_TEXT("k"), bytes("", UINT32_MAX - 1)), -ENOSPC, "less, too large");
	is_int(cn_dict_clear(&d), 0, "cleared");
	is_int((int64_t)len_of(&d), 0, "nothing is left");
	is_int(cn_dict_get(&d, CN_TEXT("a"), NULL), -ENODATA, "nor found");
	is_int(cn_ref_destroy(&d.ref), 0, "destroyed");
	is_int(cn_dict_set(&d, CN_TEXT("a"), CN_TEXT("1")), -ENOENT, "it is gone");
	cn_buf_finish(&out);
}

// Many keys against what they should be.
static void test_many(void) {
	enum { KEYS = 5000, STEPS = 60000 };
	static int model[KEYS]; // 0: not there
	struct cn_dict d;
	unsigned seed = 1;
	int count = 0;
	bool good = true;
	cn_dict_open(arena, "many", true, &d);
	for (int step = 0; step < STEPS; step++) {
		char key[16];
		char value[16];
		int k = rand_r(&seed) % KEYS;
		snprintf(key, sizeof(key), "key-%d", k);
		if (rand_r(&seed) % 3 != 0) {
			count += model[k] == 0;
			model[k] = step + 1;
			snprintf(value, sizeof(value), "%d", model[k]);
			good = good && cn_dict_set(&d, CN_TEXT(key), CN_TEXT(value)) == 0;
		} else {
			int err = cn_dict_pop(&d, CN_TEXT(key), NULL);
			good = good && err == (model[k] == 0 ? -ENODATA : 0);
			count -= model[k] != 0;
			model[k] = 0;
		}
	}
	ok(good, "all operations do as they should");
	is_int((int64_t)len_of(&d), count, "the length is right");
	for (int k = 0; k < KEYS; k++) {
		char key[16];
		char value[16];
		snprintf(key, sizeof(key), "key-%d", k);
		snprintf(value, sizeof(value), "%d", model[k]);
		good = good &&
				(model[k] == 0 ? cn_dict_get(&d, CN_TEXT(key), NULL) == -ENODATA
							   : holds(&d, CN_TEXT(key), CN_TEXT(value)));
	}
	ok(good, "all keys have the values they should");
	struct cn_dict_walk walk = { 0 };
	struct cn_bytes key;
	struct cn_bytes value;
	int met = 0;
	int err;
	while ((err = cn_dict_next(&d, &walk, &key, &value)) > 0) {
		char text[32];
		snprintf(text, sizeof(text), "%.*s", (int)key.len, key.data);
		int k = atoi(text + 4);
		snprintf(text, sizeof(text), "%.*s", (int)value.len, value.data);
		good = good && model[k] == atoi(text);
		model[k] = 0;
		met++;
	}
	cn_dict_walk_finish(&walk);
	ok(good && err == 0, "a walk meets each with its value");
	is_int(met, count, "once");
	cn_ref_destroy(&d.ref);
}

static void test_update(void) {
	struct cn_dict d;
	struct cn_buf out = CN_BUF_INIT;
	struct cn_bytes two = CN_TEXT("2");
	cn_dict_open(arena, "u", true, &d);
	int go[2];
	if (pipe(go) < 0) {
		_exit(1);
	}
	pid_t child = fork();
	if (child == 0) {
		int64_t now;
		char byte;
		_exit(read(go[0], &byte, 1) == 1 && cn_dict_incr(&d, CN_TEXT("k"), 1, &now) == 0 && now == 3
						? 0
						: 1);
	}
	is_int(cn_dict_update(&d, CN_TEXT("k"), &out), -ENODATA, "a key that is not there is updated");
	is_int(cn_dict_set(&d, CN_TEXT("k"), CN_TEXT("1")), -EDEADLK, "who updates it waits not");
	is_int(cn_dict_set(&d, CN_TEXT("l"), CN_TEXT("1")), 0, "others are free");
	is_int(cn_dict_get(&d, CN_TEXT("k"), NULL), -ENODATA, "reading is, too");
	int status;
	pid_t inner = fork();
	if (inner == 0) {
		int64_t now;
		_exit(cn_dict_set(&d, CN_TEXT("l"), CN_TEXT("2")) == 0 &&
						cn_dict_incr(&d, CN_TEXT("k"), 1, &now) == -EDEADLK
						? 0
						: 1);
	}
	waitpid(inner, &status, 0);
	is_int(status, 0, "who was forked in the middle of it is told, not left waiting");
	struct cn_dict_info info = { 0 };
	ok(write(go[1], "x", 1) == 1, "one that was there before begins");
	while (cn_dict_query(&d, &info) == 0 && info.waiters == 0) {
		sched_yield();
	}
	inner = fork();
	if (inner == 0) {
		int64_t now;
		while (cn_dict_get(&d, CN_TEXT("k"), NULL) < 0) {
			sched_yield();
		}
		_exit(cn_dict_incr(&d, CN_TEXT("m"), 1, &now)); // the update it was part of is over
	}
	is_int(cn_dict_update_end(&d, CN_TEXT("k"), &two), 0, "its end sets it");
	waitpid(inner, &status, 0);
	is_int(status, 0, "who was part of it is free afterwards");
	waitpid(child, &status, 0);
	is_int(status, 0, "another process waited for it");
	is_int(cn_dict_update_end(&d, CN_TEXT("k"), &two), -EPERM, "it ends once");
	close(go[0]);
	close(go[1]);
	child = fork();
	if (child == 0) {
		cn_dict_update(&d, CN_TEXT("k"), NULL);
		_exit(0); // without an end
	}
	int64_t now;
	waitpid(child, &status, 0);
	is_int(cn_dict_incr(&d, CN_TEXT("k"), 1, &now), 0, "who died does not have it any more");
	is_int(now, 4, "and changed nothing");
	is_int(cn_dict_update(&d, CN_TEXT("k"), &out), 0, "updated");
	is_str(out.data, "4", "it is 4");
	is_int(cn_dict_update_end(&d, CN_TEXT("k"), NULL), 0, "an end that sets nothing");
	ok(holds(&d, CN_TEXT("k"), CN_TEXT("4")), "leaves it");
	cn_ref_destroy(&d.ref);
	cn_buf_finish(&out);
}

static void test_memory(void) {
	struct cn_arena *large;
	struct cn_alloc_stats before;
	struct cn_alloc_stats stats;
	struct cn_dict d;
	bool good = true;
	const int keys = tap_under_valgrind() ? 10000 : 1000000;
	if (cn_arena_create(CN_ARENA_DEFAULT, &large) < 0) {
		tap_skip("no arena of the default size");
		return;
	}
	cn_alloc_stats(large, &before);
	cn_dict_open(large, "d", true, &d);
	for (int i = 0; i < keys; i++) {
		char key[32];
		char value[32];
		snprintf(key, sizeof(key), "key-%08d", i);
		snprintf(value, sizeof(value), "value-%08d", i);
		good = good && cn_dict_set(&d, CN_TEXT(key), CN_TEXT(value)) == 0;
	}
	ok(good, "%d keys can be set", keys);
	cn_alloc_stats(large, &stats);
	diag("%d keys: %.1f MiB", keys, (double)(stats.resident - before.resident) / 1048576);
	ok(stats.resident - before.resident < UINT64_C(120) << 20, "they take less than 120 MiB");
	cn_dict_clear(&d);
	cn_alloc_stats(large, &stats);
	ok(stats.resident - before.resident < UINT64_C(5) << 20, "cleared, it goes back by itself");
	cn_alloc_trim(large);
	cn_alloc_stats(large, &stats);
	ok(stats.resident - before.resident < UINT64_C(1) << 20, "all of it when it is asked for");
	cn_ref_destroy(&d.ref);
	cn_alloc_stats(large, &stats);
	is_int((int64_t)stats.blocks, (int64_t)before.blocks, "no block is left");
	cn_arena_close(large);
}

static void test_full(void) {
	struct cn_arena *small;
	struct cn_dict d;
	char key[32];
	int i = 0;
	cn_arena_create(CN_ARENA_MIN, &small);
	cn_dict_open(small, "d", true, &d);
	int err = 0;
	while (err == 0) {
		snprintf(key, sizeof(key), "key-%08d", i++);
		err = cn_dict_set(&d, CN_TEXT(key), CN_TEXT("value"));
	}
	is_int(err, -ENOSPC, "a full arena is an error");
	ok(holds(&d, CN_TEXT("key-00000000"), CN_TEXT("value")), "what was set is there");
	is_int((int64_t)len_of(&d), i - 1, "all of it");
	is_int(cn_dict_pop(&d, CN_TEXT("key-00000000"), NULL), 0, "and can be taken out");
	cn_arena_close(small);
}

int main(void) {
	tap_watchdog(120);
	if (cn_arena_create(CN_ARENA_MIN * 16, &arena) < 0) {
		return 1;
	}
	struct cn_alloc_stats stats;
	test_basics();
	test_many();
	test_update();
	cn_alloc_stats(arena, &stats);
	is_int((int64_t)stats.blocks, 0, "no block is left");
	struct cn_err why = { 0 };
	is_int(cn_alloc_check(arena, &why), 0, "the arena is consistent %s", why.text);
	test_memory();
	test_full();
	return done_testing();
}
