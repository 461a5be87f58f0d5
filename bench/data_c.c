/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * data_c add|set|get|incr|push N - shared data without a shell: N operations of one process.
 */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/data/dict.h"
#include "lib/data/list.h"
#include "lib/data/value.h"
#include "lib/shm/alloc.h"

enum { KEYS = 10000 };

static struct cn_arena *arena;
static struct cn_dict dict;

static struct cn_bytes key(long i, char text[32]) {
	return (struct cn_bytes){ text, (size_t)snprintf(text, 32, "key-%ld", i % KEYS) };
}

static int add(long n) {
	struct cn_value value;
	struct cn_delta one = cn_delta_of(1);
	uint64_t now = 0;
	cn_value_create(arena, "v", 'q', 0, &value);
	for (long i = 0; i < n; i++) {
		cn_value_add(&value, &one, &now);
	}
	return now == (uint64_t)n ? 0 : 1;
}

static int set(long n) {
	char text[32];
	int err = 0;
	for (long i = 0; i < n && err == 0; i++) {
		err = cn_dict_set(&dict, key(i, text), CN_TEXT("a value"));
	}
	return err;
}

static int get(long n) {
	char text[32];
	struct cn_buf out = CN_BUF_INIT;
	int err = set(KEYS);
	for (long i = 0; i < n && err == 0; i++) {
		cn_buf_reset(&out);
		err = cn_dict_get(&dict, key(i, text), &out);
	}
	cn_buf_finish(&out);
	return err;
}

static int incr(long n) {
	char text[32];
	int64_t now;
	int err = 0;
	for (long i = 0; i < n && err == 0; i++) {
		err = cn_dict_incr(&dict, key(i, text), 1, &now);
	}
	return err;
}

static int push(long n) {
	struct cn_list_ref list;
	int err = cn_list_open(arena, "l", true, &list);
	for (long i = 0; i < n && err == 0; i++) {
		err = cn_list_push_item(&list, false, CN_TEXT("an item"));
		err = err == 0 && i % 2 == 1 ? cn_list_pop_item(&list, true, NULL) : err;
	}
	return err;
}

int main(int argc, char **argv) {
	static const struct {
		const char *name;
		int (*run)(long n);
	} modes[] = { { "add", add }, { "set", set }, { "get", get }, { "incr", incr },
		{ "push", push } };
	long n = argc > 2 ? atol(argv[2]) : 0;
	if (n <= 0 || cn_arena_create(CN_ARENA_DEFAULT, &arena) < 0 ||
			cn_dict_open(arena, "d", true, &dict) < 0) {
		return 2;
	}
	for (size_t i = 0; i < sizeof(modes) / sizeof(*modes); i++) {
		if (strcmp(argv[1], modes[i].name) == 0) {
			return modes[i].run(n) == 0 ? 0 : 1;
		}
	}
	return 2;
}
