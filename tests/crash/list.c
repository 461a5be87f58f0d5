/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Processes put items in at both ends and in the middle, take them out, set and sort them, and are
 * killed. Every item has a number of its own, which is noted before it goes in and when it came
 * out: none is lost but in the hands of the killed, none is there twice, and no block is left over.
 */
#include "config.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "lib/data/list.h"
#include "lib/shm/alloc.h"
#include "tests/crash/torture.h"
#include "tests/unit/tap.h"

enum { WORKERS = 4, LEN_MAX = 500 };

struct shared {
	_Atomic uint64_t numbers; // given out
	_Atomic uint64_t in_begun;
	_Atomic uint64_t in_ended;
	_Atomic uint64_t out_begun;
	_Atomic uint64_t out_ended;
};

static struct cn_arena *arena;
static struct shared *shared;
static struct cn_list_ref list;

static void fail(int code) {
	_Exit(code);
}

// The number, made longer by dots, with an end that tells whether it is whole.
static struct cn_bytes item_make(char text[160], unsigned *seed) {
	size_t dots = (size_t)rand_r(seed) % 100;
	int len =
			snprintf(text, 160, "%llu", (unsigned long long)atomic_fetch_add(&shared->numbers, 1));
	memset(text + len, '.', dots);
	text[(size_t)len + dots] = '!';
	return (struct cn_bytes){ text, (size_t)len + dots + 1 };
}

static void put_in(unsigned *seed) {
	char text[160];
	struct cn_bytes item = item_make(text, seed);
	int how = rand_r(seed) % 4;
	uint64_t len = 0;
	cn_list_len(&list, &len);
	atomic_fetch_add(&shared->in_begun, 1);
	int err = -ENODATA;
	if (how == 0 && len > 0) {
		err = cn_list_insert_item(&list, rand_r(seed) % (int)len, item);
	}
	if (err == -ENODATA) { // or the list became shorter meanwhile
		err = cn_list_push_item(&list, how == 1, item);
	}
	if (err < 0) {
		fail(10);
	}
	atomic_fetch_add(&shared->in_ended, 1);
}

static void take_out(unsigned *seed) {
	struct cn_buf out = CN_BUF_INIT;
	int how = rand_r(seed) % 4;
	uint64_t len = 0;
	cn_list_len(&list, &len);
	atomic_fetch_add(&shared->out_begun, 1);
	int err = how == 0 && len > 0 ? cn_list_delete(&list, rand_r(seed) % (int)len)
								  : cn_list_pop_item(&list, how == 1, &out);
	if (err == -ENODATA) {
		atomic_fetch_sub(&shared->out_begun, 1);
	} else if (err < 0 || (out.len > 0 && out.data[out.len - 1] != '!')) {
		fail(20);
	} else {
		atomic_fetch_add(&shared->out_ended, 1);
	}
	cn_buf_finish(&out);
}

static void work(int worker, unsigned *seed) {
	uint64_t len = 0;
	cn_list_len(&list, &len);
	if (rand_r(seed) % 500 == 0 && cn_list_sort(&list, CN_LIST_NUMERIC) < 0) {
		fail(30);
	}
	bool grow = len < LEN_MAX && rand_r(seed) % 16 < (worker % 2 == 0 ? 9 : 8);
	if (grow) {
		put_in(seed);
	} else {
		take_out(seed);
	}
	torture_progress();
}

static int compare(const void *a, const void *b) {
	unsigned long long x = *(const unsigned long long *)a;
	unsigned long long y = *(const unsigned long long *)b;
	return (x > y) - (x < y);
}

static void check(void) {
	struct cn_buf copy = CN_BUF_INIT;
	struct cn_bytes item;
	size_t at = 0;
	uint64_t len = 0;
	int64_t met = 0;
	int torn = 0;
	int twice = 0;
	cn_list_len(&list, &len);
	unsigned long long *numbers = calloc(len + 1, sizeof(*numbers));
	cn_list_copy(&list, &copy);
	while (cn_list_next_copied(&copy, &at, &item)) {
		torn += item.data[item.len - 1] != '!';
		numbers[met++] = strtoull(item.data, NULL, 10);
	}
	qsort(numbers, (size_t)met, sizeof(*numbers), compare);
	for (int64_t i = 1; i < met; i++) {
		twice += numbers[i] == numbers[i - 1];
	}
	is_int(met, (int64_t)len, "the length is right");
	is_int(torn, 0, "no item is torn");
	is_int(twice, 0, "none is there twice");
	int64_t least = (int64_t)(shared->in_ended - shared->out_begun);
	int64_t most = (int64_t)(shared->in_begun - shared->out_ended);
	ok(met >= least && met <= most, "%lld items, of %lld to %lld", (long long)met, (long long)least,
			(long long)most);
	free(numbers);
	cn_buf_finish(&copy);
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
	cn_list_open(arena, "l", true, &list);
	struct torture torture = { .workers = WORKERS, .work = work };
	torture_run(arena, &torture);
	is_int(torture.stuck, 0, "nobody gets stuck");
	is_int(torture.wrong, 0, "no errors");
	check();
	cn_ref_destroy(&list.ref);
	torture_memory(arena, 1);
	return done_testing();
}
