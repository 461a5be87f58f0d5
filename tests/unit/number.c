/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include <errno.h>
#include <inttypes.h>

#include "lib/base/number.h"
#include "tests/unit/tap.h"

static void test_int(void) {
	int64_t n = 77;
	is_int(cn_parse_int("12", 0, 100, &n), 0, "12 is a number");
	is_int(n, 12, "and is 12");
	cn_parse_int("-9223372036854775808", INT64_MIN, INT64_MAX, &n);
	ok(n == INT64_MIN, "the smallest number");
	n = 77;
	static const char *const not_numbers[] = { "", " 1", "1 ", "12ab", "0x10", "+", "-", "--1" };
	for (size_t i = 0; i < sizeof(not_numbers) / sizeof(not_numbers[0]); i++) {
		is_int(cn_parse_int(not_numbers[i], 0, 100, &n), -EINVAL, "'%s' is no number",
				not_numbers[i]);
	}
	is_int(cn_parse_int("101", 0, 100, &n), -ERANGE, "too large for the caller");
	is_int(cn_parse_int("-1", 0, 100, &n), -ERANGE, "too small for the caller");
	is_int(cn_parse_int("99999999999999999999", 0, INT64_MAX, &n), -ERANGE, "too large for all");
	is_int(n, 77, "a failure leaves the result alone");
}

static void size_is(const char *text, uint64_t want) {
	uint64_t got = 0;
	ok(cn_parse_size(text, &got) == 0 && got == want, "size %s is %" PRIu64, text, want);
}

static void test_size(void) {
	size_is("0", 0);
	size_is("4096", 4096);
	size_is("64K", 65536);
	size_is("64k", 65536);
	size_is("1.5MiB", 1572864);
	size_is("2GB", (uint64_t)2 << 30);
	uint64_t n;
	static const char *const not_sizes[] = { "", "K", "-1", "1X", "1KK", "1 K", "nan", "." };
	for (size_t i = 0; i < sizeof(not_sizes) / sizeof(not_sizes[0]); i++) {
		is_int(cn_parse_size(not_sizes[i], &n), -EINVAL, "'%s' is no size", not_sizes[i]);
	}
	is_int(cn_parse_size("9999999999E", &n), -ERANGE, "a size that does not fit");
}

static void duration_is(const char *text, cn_time want) {
	cn_time got = -1;
	ok(cn_parse_duration(text, &got) == 0 && got == want, "duration %s is %" PRId64 " ns", text,
			want);
}

static void test_duration(void) {
	duration_is("0", 0);
	duration_is("2", 2 * CN_SECOND);
	duration_is("1.5s", 1500 * CN_MILLISECOND);
	duration_is(".25", 250 * CN_MILLISECOND);
	duration_is("200ms", 200 * CN_MILLISECOND);
	duration_is("10us", 10 * CN_MICROSECOND);
	duration_is("3m", 180 * CN_SECOND);
	duration_is("1h", 3600 * CN_SECOND);
	duration_is("2d", 172800 * CN_SECOND);
	duration_is("inf", CN_NEVER);
	duration_is("99999999999999999999999", CN_NEVER);
	cn_time t;
	static const char *const not_durations[] = { "", "s", "-1", "1e3", "1 s", "5x", "1.2.3" };
	for (size_t i = 0; i < sizeof(not_durations) / sizeof(not_durations[0]); i++) {
		is_int(cn_parse_duration(not_durations[i], &t), -EINVAL, "'%s' is no duration",
				not_durations[i]);
	}
}

int main(void) {
	test_int();
	test_size();
	test_duration();
	return done_testing();
}
