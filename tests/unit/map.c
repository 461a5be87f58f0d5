/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include <stdio.h>
#include <string.h>

#include "lib/base/map.h"
#include "tests/unit/tap.h"

enum { MANY = 20000 };

static int numbers[MANY];

static size_t key_of(int i, char key[16]) {
	return (size_t)snprintf(key, 16, "k%d", i);
}

static void test_basics(void) {
	struct cn_map map = CN_MAP_INIT;
	ok(cn_map_get(&map, "a", 1) == NULL, "nothing is in a new map");
	ok(cn_map_remove(&map, "a", 1) == NULL, "nor can it be removed");
	int one;
	int two;
	void *old = &two;
	cn_map_set(&map, "a\0b", 3, &one, &old);
	ok(old == NULL, "nothing was there before");
	ok(cn_map_get(&map, "a", 1) == NULL, "a key with a NUL byte is not its beginning");
	cn_map_set(&map, "a\0b", 3, &two, &old);
	ok(old == &one, "setting again says what was there");
	cn_map_set(&map, "", 0, &one, NULL);
	ok(cn_map_get(&map, "", 0) == &one, "the empty key is a key");
	is_int(map.len, 2, "two entries");
	ok(cn_map_remove(&map, "a\0b", 3) == &two, "remove hands the value back");
	ok(cn_map_get(&map, "a\0b", 3) == NULL && map.len == 1, "and it is gone");
	cn_map_finish(&map);
	is_int(map.len, 0, "finish empties it");
}

static void test_many(void) {
	struct cn_map map = CN_MAP_INIT;
	char key[16];
	for (int i = 0; i < MANY; i++) {
		numbers[i] = i;
		cn_map_set(&map, key, key_of(i, key), &numbers[i], NULL);
	}
	is_int(map.len, MANY, "growing loses nothing");
	for (int i = 0; i < MANY; i += 2) {
		cn_map_remove(&map, key, key_of(i, key));
	}
	int wrong = 0;
	for (int i = 0; i < MANY; i++) {
		void *value = cn_map_get(&map, key, key_of(i, key));
		wrong += value != (i % 2 == 0 ? NULL : &numbers[i]);
	}
	is_int(wrong, 0, "the odd ones are there, the even ones not");

	int64_t sum = 0;
	size_t position = 0;
	const struct cn_map_entry *entry;
	while ((entry = cn_map_next(&map, &position)) != NULL) {
		sum += *(int *)entry->value;
	}
	is_int(sum, (int64_t)MANY / 2 * (MANY / 2), "a walk meets every live entry once");

	// A table that is filled and emptied forever must not grow with what was removed.
	size_t cap = map.cap;
	for (int i = 0; i < 10 * MANY; i++) {
		size_t len = key_of(MANY + i, key);
		cn_map_set(&map, key, len, &numbers[0], NULL);
		cn_map_remove(&map, key, len);
	}
	ok(map.cap <= cap, "removed entries make room");
	cn_map_finish(&map);
}

int main(void) {
	tap_watchdog(20);
	test_basics();
	test_many();
	return done_testing();
}
