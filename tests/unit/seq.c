/* SPDX-License-Identifier: GPL-3.0-or-later */
/* list and array of lib/data. */
#include "config.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "lib/base/scalar.h"
#include "lib/data/array.h"
#include "lib/data/list.h"
#include "lib/shm/alloc.h"
#include "tests/unit/tap.h"

static struct cn_arena *arena;

// All items, with commas behind each.
static const char *joined(const struct cn_list_ref *list) {
	static struct cn_buf text = CN_BUF_INIT;
	struct cn_buf copy = CN_BUF_INIT;
	struct cn_bytes item;
	size_t at = 0;
	cn_buf_reset(&text);
	cn_list_copy(list, &copy);
	while (cn_list_next_copied(&copy, &at, &item)) {
		cn_buf_append(&text, item.data, item.len);
		cn_buf_putc(&text, ',');
	}
	cn_buf_finish(&copy);
	return text.data;
}

static void test_list(void) {
	struct cn_list_ref l;
	struct cn_buf out = CN_BUF_INIT;
	uint64_t len = 9;
	is_int(cn_list_open(arena, "l", false, &l), -ENOENT, "it is not there");
	is_int(cn_list_open(arena, "l", true, &l), 0, "it is made");
	is_int(cn_list_len(&l, &len), 0, "its length");
	is_int((int64_t)len, 0, "is 0");
	is_int(cn_list_pop_item(&l, false, &out), -ENODATA, "nothing can be taken out");
	is_int(cn_list_get(&l, 0, &out), -ENODATA, "nor read");
	cn_list_push_item(&l, false, CN_TEXT("b"));
	cn_list_push_item(&l, false, CN_TEXT("c"));
	cn_list_push_item(&l, true, CN_TEXT("a"));
	cn_list_push_item(&l, false, CN_TEXT(""));
	is_str(joined(&l), "a,b,c,,", "items at both ends");
	is_int(cn_list_get(&l, -2, &out), 0, "from the end");
	is_str(out.data, "c", "the last but one");
	is_int(cn_list_get(&l, 4, &out), -ENODATA, "behind the end");
	is_int(cn_list_get(&l, -5, &out), -ENODATA, "before the begin");
	is_int(cn_list_get(&l, INT64_MIN, &out), -ENODATA, "far before");
	is_int(cn_list_set(&l, 1, CN_TEXT("B, longer")), 0, "set");
	is_int(cn_list_insert_item(&l, 1, CN_TEXT("ab")), 0, "insert");
	is_int(cn_list_insert_item(&l, 5, CN_TEXT("end")), 0, "insert at the end");
	is_int(cn_list_insert_item(&l, 0, CN_TEXT("begin")), 0, "insert at the begin");
	is_int(cn_list_insert_item(&l, 9, CN_TEXT("x")), -ENODATA, "behind the end");
	is_str(joined(&l), "begin,a,ab,B, longer,c,,end,", "all are there");
	is_int(cn_list_delete(&l, 2), 0, "delete");
	is_int(cn_list_delete(&l, -2), 0, "delete");
	is_int(cn_list_delete(&l, 9), -ENODATA, "not what is not there");
	is_str(joined(&l), "begin,a,B, longer,c,end,", "they are gone");
	cn_buf_reset(&out);
	cn_list_pop_item(&l, true, &out);
	cn_list_pop_item(&l, false, &out);
	is_str(out.data, "beginend", "taken from both ends");
	is_int(cn_list_put(&l, 5, CN_TEXT("five")), 0, "put behind the end");
	is_str(joined(&l), "a,B, longer,c,,,five,", "makes empty ones between");
	is_int(cn_list_put(&l, 0, CN_TEXT("zero")), 0, "put inside");
	is_int(cn_list_put(&l, UINT64_C(1) << 40, CN_TEXT("x")), -ENOSPC, "far behind the end");
	is_int(cn_list_put(&l, 100000000, CN_TEXT("x")), -ENOSPC, "more than there is room for");
	is_str(joined(&l), "zero,B, longer,c,,,five,", "changes nothing");
	cn_list_clear(&l);
	is_str(joined(&l), "", "cleared");
	cn_list_push_item(&l, false, CN_TEXT("x"));
	is_str(joined(&l), "x,", "and used again");
	is_int(cn_ref_destroy(&l.ref), 0, "destroyed");
	is_int(cn_list_push_item(&l, false, CN_TEXT("x")), -ENOENT, "it is gone");
	cn_buf_finish(&out);
}

static void test_memory(void) {
	const int count = tap_under_valgrind() ? 10000 : 200000;
	struct cn_arena *large;
	struct cn_alloc_stats before;
	struct cn_alloc_stats stats;
	struct cn_list_ref l;
	if (cn_arena_create(CN_ARENA_DEFAULT, &large) < 0) {
		tap_skip("no arena of the default size");
		return;
	}
	cn_alloc_stats(large, &before);
	cn_list_open(large, "l", true, &l);
	int good = 0;
	for (int i = 0; i < count; i++) {
		good += cn_list_push_item(&l, false, CN_TEXT("an item of some length")) == 0;
	}
	is_int(good, count, "%d items can be pushed", count);
	cn_list_clear(&l);
	cn_alloc_stats(large, &stats);
	ok(stats.resident < before.resident + (UINT64_C(5) << 20), "cleared, their memory goes back");
	cn_arena_close(large);
}

static void test_sort(void) {
	static const char *const words[] = { "10", "9", "b", "a", "10", "", "9.5", "aa", "-1" };
	struct cn_list_ref l;
	cn_list_open(arena, "s", true, &l);
	for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++) {
		cn_list_push_item(&l, i % 2 == 0, CN_TEXT(words[i]));
	}
	is_int(cn_list_sort(&l, 0), 0, "sorted");
	is_str(joined(&l), ",-1,10,10,9,9.5,a,aa,b,", "by bytes");
	cn_list_sort(&l, CN_LIST_NUMERIC);
	is_str(joined(&l), "-1,,a,aa,b,9,9.5,10,10,", "by numbers, others staying in order");
	cn_list_sort(&l, CN_LIST_REVERSE);
	is_str(joined(&l), "b,aa,a,9.5,9,10,10,-1,,", "backwards");
	cn_ref_destroy(&l.ref);
}

// Random operations beside the same ones on an array.
static void test_model(void) {
	enum { MAX = 3000, STEPS = 40000 };
	static int model[MAX + 1];
	struct cn_list_ref l;
	unsigned seed = 7;
	int len = 0;
	bool good = true;
	cn_list_open(arena, "m", true, &l);
	for (int step = 1; step <= STEPS && good; step++) {
		char text[16];
		int size = snprintf(text, sizeof(text), "%d", step);
		struct cn_bytes item = { text, (size_t)size };
		struct cn_buf out = CN_BUF_INIT;
		bool grows = step / 5000 % 2 == 0 ? rand_r(&seed) % 3 != 0 : rand_r(&seed) % 3 == 0;
		int at = len == 0 ? 0 : rand_r(&seed) % len;
		int how = rand_r(&seed) % 3;
		if (grows && len < MAX) {
			at = how == 0 ? len : how == 1 ? 0 : at;
			int err = how == 2 ? cn_list_insert_item(&l, at, item)
							   : cn_list_push_item(&l, how == 1, item);
			good = err == 0;
			memmove(model + at + 1, model + at, (size_t)(len - at) * sizeof(int));
			model[at] = step;
			len++;
		} else if (len > 0) {
			at = how == 0 ? len - 1 : how == 1 ? 0 : at;
			good = cn_list_get(&l, at, &out) == 0 && atoi(out.data) == model[at];
			int err = how == 2 ? cn_list_delete(&l, at) : cn_list_pop_item(&l, how == 1, NULL);
			good = good && err == 0;
			memmove(model + at, model + at + 1, (size_t)(len - at - 1) * sizeof(int));
			len--;
		}
		cn_buf_finish(&out);
	}
	ok(good, "all operations do as they should");
	struct cn_buf copy = CN_BUF_INIT;
	struct cn_bytes item;
	size_t at = 0;
	int i = 0;
	cn_list_copy(&l, &copy);
	while (good && cn_list_next_copied(&copy, &at, &item)) {
		good = i < len && atoi(item.data) == model[i];
		i++;
	}
	ok(good, "all items are where they should be");
	is_int(i, len, "and no others");
	cn_buf_finish(&copy);
	cn_ref_destroy(&l.ref);
}

static void test_array(void) {
	struct cn_array a;
	struct cn_array same;
	uint64_t raws[4] = { 1, 2, (uint64_t)-3, 4 };
	int16_t elements[4] = { 5, 6, 7, 8 };
	struct cn_delta big = cn_delta_of(32760);
	uint64_t now;
	struct cn_buf out = CN_BUF_INIT;
	is_int(cn_array_create(arena, "a", 'h', 4, elements, &a), 0, "an array is made");
	is_int(cn_array_create(arena, "a", 'h', 4, NULL, &same), -EEXIST, "it is there");
	is_int(cn_array_create(arena, "a", 'h', 5, NULL, &same), -EPROTOTYPE, "with another length");
	is_int((int64_t)same.count, 4, "which is told");
	is_int(cn_array_create(arena, "b", 's', 5, NULL, &same), -EINVAL, "not of strings");
	is_int(cn_array_create(arena, "b", 'q', UINT64_MAX, NULL, &same), -ENOSPC, "too long");
	is_int(cn_array_create(arena, "b", 'q', UINT64_C(1) << 28, NULL, &same), -ENOSPC, "too long");
	is_int(cn_array_create(arena, "b", 'b', UINT32_MAX - 100, NULL, &same), -ENOSPC, "too long");
	is_int(cn_array_create(arena, "z", 'q', 0, NULL, &same), 0, "one without elements");
	is_int(cn_array_get(&same, 0, 1, &now), -ERANGE, "has none");
	cn_ref_destroy(&same.ref);
	is_int(cn_array_sum(&a, &out), 0, "its sum");
	is_str(out.data, "26", "as it was made");
	is_int(cn_array_set(&a, 0, 4, raws), 0, "set");
	is_int(cn_array_set(&a, 1, 4, raws), -ERANGE, "not behind the end");
	is_int(cn_array_get(&a, UINT64_MAX, 2, raws), -ERANGE, "far behind");
	is_int(cn_array_get(&a, 2, 1, raws), 0, "read");
	is_int((int16_t)raws[0], -3, "one of them");
	is_int(cn_array_add(&a, 3, &big, &now), 0, "add");
	is_int(cn_array_add(&a, 3, &big, &now), -EOVERFLOW, "not too much");
	is_int(cn_array_fill(&a, (uint16_t)-7), 0, "fill");
	cn_buf_reset(&out);
	cn_array_sum(&a, &out);
	is_str(out.data, "-28", "the sum of negative ones");
	void *data;
	is_int(cn_array_data(&a, &data), 0, "the elements");
	is_int(((int16_t *)data)[3], -7, "can be used in place");
	is_int(cn_ref_destroy(&a.ref), 0, "destroyed");
	is_int(((int16_t *)data)[3], -7, "they stay as long as they are pinned");
	cn_array_unpin(&a, data);
	is_int(cn_array_get(&a, 0, 1, raws), -ENOENT, "it is gone");
	uint64_t most[3] = { UINT64_MAX, UINT64_MAX, UINT64_MAX };
	cn_array_create(arena, "q", 'Q', 3, most, &a);
	cn_buf_reset(&out);
	cn_array_sum(&a, &out);
	is_str(out.data, "55340232221128654845", "a sum of more than 64 bits");
	cn_ref_destroy(&a.ref);
	int64_t least[3] = { INT64_MIN, INT64_MIN, 1 };
	cn_array_create(arena, "q", 'q', 3, least, &a);
	cn_buf_reset(&out);
	cn_array_sum(&a, &out);
	is_str(out.data, "-18446744073709551615", "and below 0");
	cn_ref_destroy(&a.ref);
	double reals[3] = { 0.5, 0.25, -2 };
	cn_array_create(arena, "q", 'd', 3, reals, &a);
	cn_buf_reset(&out);
	cn_array_sum(&a, &out);
	is_str(out.data, "-1.25", "and of doubles");
	cn_ref_destroy(&a.ref);
	cn_buf_finish(&out);
}

int main(void) {
	tap_watchdog(60);
	if (cn_arena_create(CN_ARENA_MIN * 16, &arena) < 0) {
		return 1;
	}
	test_list();
	test_memory();
	test_sort();
	test_model();
	test_array();
	struct cn_alloc_stats stats;
	cn_alloc_stats(arena, &stats);
	is_int((int64_t)stats.blocks, 0, "no block is left");
	struct cn_err why = { 0 };
	is_int(cn_alloc_check(arena, &why), 0, "the arena is consistent %s", why.text);
	return done_testing();
}
