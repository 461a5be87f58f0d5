/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * lib/base/clock.h - one clock for every wait. Deadlines are absolute nanoseconds of
 * CLOCK_MONOTONIC, so that a wait that is interrupted and taken up again does not drift, and all
 * processes of a session mean the same moment.
 */
#ifndef CN_BASE_CLOCK_H
#define CN_BASE_CLOCK_H

#include <stdint.h>
#include <time.h>

typedef int64_t cn_time; // nanoseconds; a moment or a duration, as the name says

#define CN_NOW ((cn_time)0) // a deadline: do not wait
#define CN_NEVER INT64_MAX // a deadline or duration: no limit

#define CN_MICROSECOND ((cn_time)1000)
#define CN_MILLISECOND ((cn_time)1000000)
#define CN_SECOND ((cn_time)1000000000)

/* The moment it is. */
cn_time cn_now(void);

/* The moment `duration` from now; CN_NEVER stays CN_NEVER, and a sum too large becomes it. */
cn_time cn_after(cn_time duration);

/* What is left until `deadline`: never negative; CN_NEVER for CN_NEVER. */
cn_time cn_left(cn_time deadline);

struct timespec cn_timespec(cn_time time);

/* Milliseconds for poll(2) until `deadline`, rounded up; -1 for CN_NEVER. */
int cn_poll_timeout(cn_time deadline);

#endif
