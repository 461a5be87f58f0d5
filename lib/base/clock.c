/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "lib/base/clock.h"

#include <limits.h>

cn_time cn_now(void) {
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (cn_time)now.tv_sec * CN_SECOND + now.tv_nsec;
}

cn_time cn_after(cn_time duration) {
	cn_time deadline;
	if (duration == CN_NEVER || __builtin_add_overflow(cn_now(), duration, &deadline)) {
		return CN_NEVER;
	}
	return deadline;
}

cn_time cn_left(cn_time deadline) {
	if (deadline == CN_NEVER) {
		return CN_NEVER;
	}
	if (deadline == CN_NOW) {
		return 0;
	}
	cn_time left = deadline - cn_now();
	return left > 0 ? left : 0;
}

struct timespec cn_timespec(cn_time time) {
	return (struct timespec){ .tv_sec = time / CN_SECOND, .tv_nsec = time % CN_SECOND };
}

int cn_poll_timeout(cn_time deadline) {
	cn_time left = cn_left(deadline);
	if (left == CN_NEVER) {
		return -1;
	}
	cn_time milliseconds = left / CN_MILLISECOND + (left % CN_MILLISECOND != 0);
	return milliseconds > INT_MAX ? INT_MAX : (int)milliseconds;
}
