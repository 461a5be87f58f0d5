/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include <limits.h>
#include <poll.h>

#include "lib/base/clock.h"
#include "tests/unit/tap.h"

int main(void) {
	tap_watchdog(20);
	cn_time start = cn_now();
	poll(NULL, 0, 20);
	cn_time passed = cn_now() - start;
	ok(passed >= 20 * CN_MILLISECOND && passed < 10 * CN_SECOND, "the clock counts nanoseconds");

	ok(cn_after(CN_NEVER) == CN_NEVER, "after never is never");
	ok(cn_after(CN_NEVER - 1) == CN_NEVER, "a sum too large is never");
	cn_time deadline = cn_after(CN_SECOND);
	ok(cn_left(deadline) > 0 && cn_left(deadline) <= CN_SECOND, "what is left shrinks");
	is_int(cn_left(start), 0, "nothing is left of the past");
	is_int(cn_left(CN_NOW), 0, "nor of now");
	ok(cn_left(CN_NEVER) == CN_NEVER, "never stays never");

	struct timespec spec = cn_timespec(3 * CN_SECOND + 5);
	ok(spec.tv_sec == 3 && spec.tv_nsec == 5, "timespec splits seconds and nanoseconds");

	is_int(cn_poll_timeout(CN_NEVER), -1, "poll waits without limit for never");
	is_int(cn_poll_timeout(CN_NOW), 0, "and not at all for now");
	is_int(cn_poll_timeout(cn_after(CN_MICROSECOND * 900)), 1, "parts of a millisecond round up");
	is_int(cn_poll_timeout(CN_NEVER - 1), INT_MAX, "what poll cannot say becomes its most");
	return done_testing();
}
