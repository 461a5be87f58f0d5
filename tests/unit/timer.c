/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "lib/proc/process.h"
#include "lib/proc/timer.h"
#include "tests/unit/tap.h"

enum { MANY = 2000 };

static volatile sig_atomic_t ticks;

static void on_tick(void) {
	ticks++;
}

static void test_order(void) {
	struct cn_timers timers;
	struct cn_timer a = { 0 };
	struct cn_timer b = { 0 };
	struct cn_timer c = { 0 };
	cn_timers_init(&timers, CLOCK_MONOTONIC);
	ok(cn_timers_first(&timers) == NULL, "an empty heap has no first");
	cn_timers_add(&timers, &a, 30);
	cn_timers_add(&timers, &b, 10);
	cn_timers_add(&timers, &c, 10);
	ok(cn_timers_first(&timers) == &b, "the earliest is first");
	ok(cn_timers_due(&timers, 9) == NULL, "before its moment nothing is due");
	ok(cn_timers_due(&timers, 10) == &b, "at its moment it is");
	is_int(b.place, 0, "and is taken out");
	ok(cn_timers_due(&timers, 40) == &c, "of the same moment who came first is first");
	cn_timers_add(&timers, &a, 5);
	ok(timers.len == 1 && a.due == 5, "adding one that waits moves it");
	cn_timers_remove(&timers, &a);
	cn_timers_remove(&timers, &a);
	ok(cn_timers_first(&timers) == NULL, "removing twice is harmless");
	cn_timers_finish(&timers);
}

static bool is_heap(const struct cn_timers *timers) {
	for (size_t i = 1; i <= timers->len; i++) {
		if (timers->heap[i - 1]->place != i ||
				(i > 1 && timers->heap[i - 1]->due < timers->heap[i / 2 - 1]->due)) {
			return false;
		}
	}
	return true;
}

static void test_random(void) {
	static struct cn_timer all[MANY];
	struct cn_timers timers;
	bool held = true;
	cn_timers_init(&timers, CLOCK_MONOTONIC);
	srand(7);
	for (int i = 0; i < MANY * 5; i++) {
		struct cn_timer *timer = &all[rand() % MANY];
		if (rand() % 3 == 0) {
			cn_timers_remove(&timers, timer);
		} else {
			cn_timers_add(&timers, timer, 1 + rand() % 1000);
		}
		held = held && (i % 50 != 0 || is_heap(&timers));
	}
	ok(held && is_heap(&timers), "the heap stays one");
	cn_time last = 0;
	size_t left = timers.len;
	struct cn_timer *due;
	while ((due = cn_timers_due(&timers, 1000)) != NULL) {
		held = held && due->due >= last;
		last = due->due;
		left--;
	}
	ok(held && left == 0, "all come out, in order");
	cn_timers_finish(&timers);
}

static bool ticks_within(int count, cn_time limit) {
	cn_time deadline = cn_after(limit);
	while (ticks < count && cn_left(deadline) > 0) {
		struct timespec short_while = { .tv_nsec = 1000000 };
		nanosleep(&short_while, NULL);
	}
	return ticks >= count;
}

static void test_kernel(clockid_t clock, const char *name) {
	struct cn_timers timers;
	struct cn_timer soon = { 0 };
	struct cn_timer late = { 0 };
	cn_timers_init(&timers, clock);
	ticks = 0;
	cn_timers_add(&timers, &late, cn_timers_now(&timers) + 100 * CN_SECOND);
	is_int(cn_timers_arm(&timers), 0, "%s: armed", name);
	cn_timers_add(&timers, &soon, cn_timers_now(&timers) + 20 * CN_MILLISECOND);
	is_int(cn_timers_arm(&timers), 0, "%s: armed for an earlier one", name);
	ok(ticks_within(1, 10 * CN_SECOND), "%s: the signal comes", name);
	cn_timers_ticked(&timers);
	ok(cn_timers_due(&timers, cn_timers_now(&timers)) == &soon, "%s: and it is due", name);
	cn_timers_add(&timers, &soon, 1);
	is_int(cn_timers_arm(&timers), 0, "%s: armed for a moment that is over", name);
	ok(ticks_within(2, 10 * CN_SECOND), "%s: the signal comes at once", name);
	cn_timers_finish(&timers);
}

int main(void) {
	tap_watchdog(60);
	cn_process_on_tick(on_tick);
	test_order();
	test_random();
	test_kernel(CLOCK_MONOTONIC, "monotonic");
	test_kernel(CLOCK_REALTIME, "calendar");
	return done_testing();
}
