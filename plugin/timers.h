/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * plugin/timers.h - the named timers of this shell. Their commands run between two commands and in
 * our waits, one after the other in the order of their moments; inside one of them another runs
 * only while it waits itself. A subshell begins with none.
 */
#ifndef PLUGIN_TIMERS_H
#define PLUGIN_TIMERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/clock.h"
#include "lib/base/list.h"
#include "lib/proc/timer.h"
#include "lib/shm/names.h"
#include "plugin/callback.h"

struct named_timer {
	struct cn_timer timer;
	struct cn_list link; // timers.all, in the order in which they were made
	struct callback *callback;
	cn_time period; // 0: once
	uint64_t left; // runs to come; 0: without end
	bool calendar; // a moment of the calendar
	char name[CN_NAME_MAX + 1];
};

/* What a new timer is. `words` are copied. */
struct timer_setup {
	const char *name; // NULL: the next free one of timer1, timer2, ...
	cn_time due; // the first moment, of CLOCK_MONOTONIC or of the calendar
	cn_time period;
	uint64_t count; // 0: without end
	bool calendar;
	char *const *words;
	size_t words_count;
};

/* 0, -EEXIST (the name is taken), -ENOMEM, or what the system says. *out is borrowed. */
int timers_start(const struct timer_setup *setup, const struct named_timer **out);

/* -ENOENT: there is none, or none any more. */
int timers_cancel(const char *name);

/* NULL: there is none. */
const struct named_timer *timers_find(const char *name);

/*
 * In the order in which they were made: NULL gives the first; NULL ends. In a subshell that has
 * started none they are its parent's, as with `trap`: so that they can be listed in a pipeline.
 */
const struct named_timer *timers_next(const struct named_timer *timer);

/* Whether this process has any. */
bool timers_any(void);

/* How long until its next run. */
cn_time timers_left(const struct named_timer *timer);

#endif
