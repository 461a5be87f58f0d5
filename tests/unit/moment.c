/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include <errno.h>
#include <stdlib.h>

#include "lib/base/moment.h"
#include "tests/unit/tap.h"

// Saturday, 28 November 2026, 10:30:00 UTC
#define NOW (INT64_C(1795861800) * CN_SECOND)

static void is_moment(const char *text, int64_t seconds, int64_t nanoseconds) {
	cn_time got = 0;
	int err = cn_parse_moment(text, NOW, &got);
	is_int(err, 0, "%s is read", text);
	is_int(got, seconds * CN_SECOND + nanoseconds, "%s", text);
}

static void is_none(const char *text, int want) {
	cn_time got;
	is_int(cn_parse_moment(text, NOW, &got), want, "'%s' is refused", text);
}

int main(void) {
	setenv("TZ", "UTC", 1);
	is_moment("10:31", 1795861860, 0);
	is_moment("10:30:01", 1795861801, 0);
	is_moment("10:30:00.5", 1795861800, 500000000);
	is_moment("10:30", 1795861800 + 86400, 0);
	is_moment("09:00", 1795861800 - 5400 + 86400, 0);
	is_moment("@12", 12, 0);
	is_moment("@12.25", 12, 250000000);
	is_moment("2026-11-28", 1795824000, 0);
	is_moment("2026-11-28T10:30", 1795861800, 0);
	is_moment("2026-11-28 10:30:05", 1795861805, 0);
	is_moment("2026-11-28T10:30Z", 1795861800, 0);
	is_moment("2026-11-28T12:30+02", 1795861800, 0);
	is_moment("2026-11-28T12:00:00.125+01:30", 1795861800, 125000000);
	is_moment("2026-11-28T08:30-0200", 1795861800, 0);
	is_moment("2024-02-29", 1709164800, 0);
	setenv("TZ", "XYZ-1", 1);
	is_moment("11:31", 1795861860, 0);
	is_moment("2026-11-28T11:30", 1795861800, 0);
	is_moment("2026-11-28T10:30Z", 1795861800, 0);
	static const char *const bad[] = { "", "@", "@x", "@1x", "@1.", "10", "10:", "1:30", "24:00",
		"10:60", "10:30x", "10:30:5", "2026-11", "2026-13-01", "2026-00-10", "2026-02-30",
		"2026-11-28T", "2026-11-28T10", "2026-11-28T10:30+", "2026-11-28T10:30+1", "tomorrow",
		"2026-11-28x" };
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		is_none(bad[i], -EINVAL);
	}
	is_none("@99999999999999999999", -ERANGE);
	is_none("9999-01-01", -ERANGE);
	return done_testing();
}
