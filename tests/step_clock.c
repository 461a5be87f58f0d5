/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * tests/step_clock.c - set the machine's clock for a moment, and exactly back.
 *
 *	step_clock MILLISECONDS HOLD	forward (or back, when negative) for HOLD milliseconds
 *	step_clock			can it be done here? 0: yes
 *
 * The offset is added by the kernel, once each way, so nothing is lost in between.
 */
#include "config.h"

#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/timex.h>
#include <time.h>

static int step(int64_t ms) {
	struct timex change = { .modes = ADJ_SETOFFSET | ADJ_NANO };
	change.time.tv_sec = ms / 1000;
	change.time.tv_usec = ms % 1000 * 1000000; // nanoseconds; never negative
	if (change.time.tv_usec < 0) {
		change.time.tv_sec--;
		change.time.tv_usec += 1000000000;
	}
	return clock_adjtime(CLOCK_REALTIME, &change) < 0 ? 1 : 0;
}

int main(int argc, char **argv) {
	sigset_t all;
	int64_t ms = argc > 1 ? atoll(argv[1]) : 0;
	int64_t hold = argc > 2 ? atoll(argv[2]) : 0;
	struct timespec until;
	sigfillset(&all);
	sigprocmask(SIG_BLOCK, &all, NULL);
	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_nsec += hold % 1000 * 1000000;
	until.tv_sec += hold / 1000 + until.tv_nsec / 1000000000;
	until.tv_nsec %= 1000000000;
	if (step(ms) != 0) {
		perror("step_clock");
		return 1;
	}
	clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, NULL);
	return step(-ms);
}
