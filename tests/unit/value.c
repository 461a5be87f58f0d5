/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include <errno.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/base/scalar.h"
#include "lib/data/value.h"
#include "lib/shm/alloc.h"
#include "tests/unit/tap.h"

static struct cn_arena *arena;

static uint64_t raw_of(char code, const char *text) {
	uint64_t raw = 0;
	is_int(cn_raw_parse(code, text, &raw), 0, "%s is a number of type %c", text, code);
	return raw;
}

static const char *text_of(char code, uint64_t raw) {
	static char text[CN_SCALAR_TEXT_MAX];
	cn_scalar_format(code, &raw, text);
	return text;
}

static void adds(char code, const char *from, const char *delta, const char *want) {
	struct cn_delta d;
	uint64_t sum = 0;
	uint64_t raw = raw_of(code, from);
	is_int(cn_delta_parse(code, delta, &d), 0, "%s can be added to type %c", delta, code);
	int err = cn_raw_add(code, raw, &d, &sum);
	if (want == NULL) {
		is_int(err, -EOVERFLOW, "%c: %s + %s is out of range", code, from, delta);
		return;
	}
	is_int(err, 0, "%c: %s + %s", code, from, delta);
	is_str(text_of(code, sum), want, "%c: the sum", code);
}

static void test_add(void) {
	adds('b', "127", "1", NULL);
	adds('b', "127", "-255", "-128");
	adds('b', "-128", "-1", NULL);
	adds('b', "-128", "255", "127");
	adds('B', "255", "1", NULL);
	adds('B', "0", "-1", NULL);
	adds('B', "255", "-255", "0");
	adds('h', "32767", "1", NULL);
	adds('h', "-1", "1", "0");
	adds('H', "65535", "1", NULL);
	adds('i', "2147483647", "1", NULL);
	adds('i', "-2147483648", "4294967295", "2147483647");
	adds('I', "4294967295", "1", NULL);
	adds('I', "4294967294", "1", "4294967295");
	adds('q', "9223372036854775807", "1", NULL);
	adds('q', "9223372036854775807", "-1", "9223372036854775806");
	adds('q', "-9223372036854775808", "18446744073709551615", "9223372036854775807");
	adds('q', "-9223372036854775808", "-9223372036854775808", NULL);
	adds('q', "0", "-9223372036854775808", "-9223372036854775808");
	adds('l', "9223372036854775807", "1", NULL);
	adds('Q', "18446744073709551615", "1", NULL);
	adds('Q', "18446744073709551615", "-9223372036854775808", "9223372036854775807");
	adds('L', "1", "-2", NULL);
	adds('d', "0.5", "0.25", "0.75");
	adds('d', "1.7e308", "1.7e308", NULL);
	adds('f', "3e38", "3e38", NULL);
	adds('f', "0.5", "-1", "-0.5");
	struct cn_delta d;
	is_int(cn_delta_parse('c', "1", &d), -EDOM, "nothing is added to a character");
	is_int(cn_delta_parse('q', "1x", &d), -EINVAL, "what is no number is not added");
	is_int(cn_delta_parse('q', "18446744073709551616", &d), -ERANGE, "nor what is too large");
}

static void test_compare(void) {
	ok(cn_raw_compare('b', raw_of('b', "-1"), raw_of('b', "1")) < 0, "-1 is less than 1");
	ok(cn_raw_compare('B', raw_of('B', "255"), raw_of('B', "1")) > 0, "255 is greater than 1");
	ok(cn_raw_compare('q', raw_of('q', "-5"), raw_of('q', "-5")) == 0, "-5 is -5");
	ok(cn_raw_compare('d', raw_of('d', "-0.5"), raw_of('d', "0.25")) < 0, "-0.5 is less");
	ok(cn_raw_compare('d', raw_of('d', "0"), raw_of('d', "-0")) == 0, "0 is -0");
}

static void test_numbers(void) {
	struct cn_value value;
	struct cn_value same;
	uint64_t raw;
	is_int(cn_value_create(arena, "n", 'h', raw_of('h', "-3"), &value), 0, "a value is made");
	is_int(cn_value_create(arena, "n", 'h', 9, &same), -EEXIST, "it is there");
	is_int(cn_value_create(arena, "n", 'q', 9, &same), -EPROTOTYPE, "with another type");
	is_int(same.code, 'h', "which is told");
	is_int(cn_value_create(arena, "m", 'x', 9, &same), -EINVAL, "x is no type");
	is_int(cn_value_open(arena, "m", &same), -ENOENT, "what was not made is not there");
	is_int(cn_value_get(&value, &raw), 0, "it can be read");
	is_str(text_of('h', raw), "-3", "as it was made");
	is_int(cn_value_swap(&value, raw_of('h', "7"), &raw), 0, "swapped");
	is_str(text_of('h', raw), "-3", "gives what it was");
	is_int(cn_value_cas(&value, raw_of('h', "6"), raw_of('h', "1")), -EAGAIN, "7 is not 6");
	is_int(cn_value_cas(&value, raw_of('h', "7"), raw_of('h', "-1")), 0, "7 is 7");
	is_int(cn_value_limit(&value, 1, raw_of('h', "-2"), &raw), 0, "the greater of -1 and -2");
	is_str(text_of('h', raw), "-1", "is -1");
	is_int(cn_value_limit(&value, -1, raw_of('h', "-2"), &raw), 0, "the lesser");
	is_str(text_of('h', raw), "-2", "is -2");
	struct cn_buf text = CN_BUF_INIT;
	is_int(cn_value_get_text(&value, &text), -EDOM, "it is no string");
	is_int(cn_ref_destroy(&value.ref), 0, "destroyed");
	is_int(cn_value_get(&value, &raw), -ENOENT, "it is gone");
	cn_buf_finish(&text);
}

static uint64_t used(void) {
	struct cn_alloc_stats stats;
	cn_alloc_stats(arena, &stats);
	return stats.used;
}

static void test_strings(void) {
	struct cn_value value;
	struct cn_buf text = CN_BUF_INIT;
	uint64_t raw;
	uint64_t before = used();
	is_int(cn_value_create_text(arena, "s", "a\0b", 3, &value), 0, "a string is made");
	is_int(cn_value_get_text(&value, &text), 0, "read");
	ok(text.len == 3 && memcmp(text.data, "a\0b", 3) == 0, "any byte is kept");
	cn_buf_reset(&text);
	is_int(cn_value_swap_text(&value, "longer than before", 18, &text), 0, "swapped");
	is_int((int64_t)text.len, 3, "gives what it was");
	is_int(cn_value_cas_text(&value, "longer", 6, "x", 1), -EAGAIN, "a part of it is not it");
	is_int(cn_value_cas_text(&value, "longer than before", 18, "", 0), 0, "all of it is");
	cn_buf_reset(&text);
	is_int(cn_value_get_text(&value, &text), 0, "read");
	is_int((int64_t)text.len, 0, "the empty string");
	is_int(cn_value_get(&value, &raw), -EDOM, "it is no number");
	is_int(cn_value_swap_text(&value, "x", (size_t)1 << 40, NULL), -ENOSPC,
			"a string larger than the arena does not fit");
	is_int(cn_ref_destroy(&value.ref), 0, "destroyed");
	is_int((int64_t)(used() - before), 0, "all of it is freed");
	cn_buf_finish(&text);
}

static void test_processes(void) {
	enum { CHILDREN = 4, TIMES = 20000 };
	struct cn_value value;
	struct cn_delta one = cn_delta_of(1);
	uint64_t raw;
	cn_value_create(arena, "sum", 'i', 0, &value);
	for (int i = 0; i < CHILDREN; i++) {
		if (fork() == 0) {
			for (int n = 0; n < TIMES; n++) {
				cn_value_add(&value, &one, &raw);
			}
			_exit(0);
		}
	}
	while (wait(NULL) > 0) {
	}
	is_int(cn_value_get(&value, &raw), 0, "read after all");
	is_int((int64_t)raw, CHILDREN * TIMES, "no addition was lost");
}

int main(void) {
	tap_watchdog(60);
	if (cn_arena_create(CN_ARENA_MIN * 4, &arena) < 0) {
		return 1;
	}
	test_add();
	test_compare();
	test_numbers();
	test_strings();
	test_processes();
	return done_testing();
}
