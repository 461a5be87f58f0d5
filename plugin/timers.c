/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "plugin/timers.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/map.h"
#include "lib/proc/process.h"
#include "lib/shm/owner.h"
#include "lib/sync/self.h"
#include "plugin/command.h"
#include "plugin/host.h"

// Commands of timers inside waits of commands of timers.
enum { DEPTH_MAX = 16 };

static struct {
	uint32_t tid; // of the process all this belongs to; 0: none yet
	struct cn_timers clock; // CLOCK_MONOTONIC
	struct cn_timers calendar; // CLOCK_REALTIME
	struct cn_list all; // struct named_timer
	struct cn_map by_name; // struct named_timer *
	uint64_t number; // of the last name given
	int depth; // commands of timers that run
	int commands; // command_depth where the innermost began
	volatile sig_atomic_t ticked;
} timers;

static void dispatch(void);

static bool is_mine(void) {
	return timers.tid != 0 && cn_self()->tid == timers.tid;
}

// In the handler.
static void tick(void) {
	timers.ticked = 1;
	cn_self_ring();
	host->raise();
}

static void free_timer(struct named_timer *timer) {
	callback_unref(timer->callback);
	free(timer);
}

// What a parent had is in the copy's memory; the kernel's timers are not.
static void forget_parents(void) {
	if (timers.tid == 0) {
		return;
	}
	cn_timers_forget(&timers.clock);
	cn_timers_forget(&timers.calendar);
	while (!cn_list_is_empty(&timers.all)) {
		struct named_timer *timer = cn_list_entry(timers.all.next, struct named_timer, link);
		cn_list_remove(&timer->link);
		free_timer(timer);
	}
	cn_map_finish(&timers.by_name);
}

static void enter(void) {
	if (!is_mine()) {
		forget_parents();
		cn_timers_init(&timers.clock, CLOCK_MONOTONIC);
		cn_timers_init(&timers.calendar, CLOCK_REALTIME);
		cn_list_init(&timers.all);
		cn_map_init(&timers.by_name);
		timers.number = 0;
		timers.depth = 0;
		timers.ticked = 0;
		timers.tid = cn_self()->tid;
		cn_process_on_tick(tick);
	}
	host->on_dispatch(dispatch);
}

// ---- the table ----

static struct named_timer *find(const char *name) {
	return is_mine() ? cn_map_get(&timers.by_name, name, strlen(name)) : NULL;
}

static struct cn_timers *clock_of(const struct named_timer *timer) {
	return timer->calendar ? &timers.calendar : &timers.clock;
}

static void give_name(char name[CN_NAME_MAX + 1], const char *wanted) {
	if (wanted != NULL) {
		snprintf(name, CN_NAME_MAX + 1, "%s", wanted);
		return;
	}
	do {
		snprintf(name, CN_NAME_MAX + 1, "timer%llu", (unsigned long long)++timers.number);
	} while (find(name) != NULL);
}

static struct named_timer *create(const struct timer_setup *setup) {
	struct named_timer *timer = calloc(1, sizeof(*timer));
	if (timer == NULL) {
		return NULL;
	}
	timer->callback = callback_create(setup->words, setup->words_count);
	if (timer->callback == NULL) {
		free(timer);
		return NULL;
	}
	timer->period = setup->period;
	timer->left = setup->period > 0 ? setup->count : 1;
	timer->calendar = setup->calendar;
	give_name(timer->name, setup->name);
	return timer;
}

static void forget(struct named_timer *timer) {
	cn_timers_remove(clock_of(timer), &timer->timer);
	cn_map_remove(&timers.by_name, timer->name, strlen(timer->name));
	cn_list_remove(&timer->link);
	free_timer(timer);
}

int timers_start(const struct timer_setup *setup, const struct named_timer **out) {
	enter();
	if (setup->name != NULL && find(setup->name) != NULL) {
		return -EEXIST;
	}
	struct named_timer *timer = create(setup);
	if (timer == NULL) {
		return -ENOMEM;
	}
	struct cn_timers *clock = clock_of(timer);
	int err = cn_map_set(&timers.by_name, timer->name, strlen(timer->name), timer, NULL);
	if (err < 0) {
		free_timer(timer);
		return err;
	}
	cn_list_push(&timers.all, &timer->link);
	err = cn_timers_add(clock, &timer->timer, setup->due);
	err = err == 0 ? cn_timers_arm(clock) : err;
	if (err < 0) {
		forget(timer);
		return err;
	}
	*out = timer;
	return 0;
}

int timers_cancel(const char *name) {
	struct named_timer *timer = find(name);
	if (timer == NULL) {
		return -ENOENT;
	}
	struct cn_timers *clock = clock_of(timer);
	forget(timer);
	return cn_timers_arm(clock);
}

const struct named_timer *timers_find(const char *name) {
	return find(name);
}

const struct named_timer *timers_next(const struct named_timer *timer) {
	if (timers.tid == 0) {
		return NULL;
	}
	const struct cn_list *next = timer != NULL ? timer->link.next : timers.all.next;
	return next == &timers.all ? NULL : cn_list_entry(next, struct named_timer, link);
}

bool timers_any(void) {
	return is_mine() && !cn_list_is_empty(&timers.all);
}

cn_time timers_left(const struct named_timer *timer) {
	cn_time left = timer->timer.due - cn_timers_now(clock_of(timer));
	return left > 0 ? left : 0;
}

// ---- running ----

// Moments that have passed without a run since the one that is due.
static uint64_t overrun_of(const struct named_timer *timer, cn_time now) {
	return timer->period > 0 ? (uint64_t)((now - timer->timer.due) / timer->period) : 0;
}

static void set_overrun(uint64_t overrun) {
	char text[24];
	int len = snprintf(text, sizeof(text), "%llu", (unsigned long long)overrun);
	host->set("TIMER_OVERRUN", text, (size_t)len);
}

/*
 * It was taken out of the heap. Before its command runs all is done that is to be done: the timer
 * waits for its next moment, or is forgotten, and the command may do with it as it likes.
 */
static struct callback *settle(struct named_timer *timer, cn_time now) {
	struct callback *callback = callback_ref(timer->callback);
	uint64_t overrun = overrun_of(timer, now);
	bool again = timer->period > 0 && timer->left != 1;
	if (timer->period > 0) {
		set_overrun(overrun);
	}
	if (!again) {
		forget(timer);
		return callback;
	}
	timer->left -= timer->left > 0;
	// There is room: it has just left the heap.
	cn_timers_add(clock_of(timer), &timer->timer,
			timer->timer.due + timer->period * (cn_time)(overrun + 1));
	return callback;
}

struct run {
	struct callback *callback;
	int commands;
};

// Also on the way of a longjmp out of it.
static void end_run(void *data) {
	struct run *run = data;
	callback_unref(run->callback);
	timers.depth--;
	timers.commands = run->commands;
	free(run);
}

static void run_command(struct named_timer *timer, cn_time now) {
	char name[CN_NAME_MAX + 1];
	struct run *run = malloc(sizeof(*run));
	if (run == NULL) {
		cn_timers_add(clock_of(timer), &timer->timer, now + CN_MILLISECOND);
		return;
	}
	memcpy(name, timer->name, sizeof(name));
	struct cn_timers *clock = clock_of(timer);
	*run = (struct run){ settle(timer, now), timers.commands };
	cn_timers_arm(clock); // now, as its command may take its time or not come back
	timers.depth++;
	timers.commands = command_depth;
	host->protect(end_run, run);
	callback_run(run->callback, NULL, 0);
	host->unprotect();
	end_run(run);
	watcher_note(name);
}

static bool run_due(struct cn_timers *clock, cn_time limit) {
	struct cn_timer *due = cn_timers_due(clock, limit);
	if (due == NULL) {
		return false;
	}
	run_command((struct named_timer *)((char *)due - offsetof(struct named_timer, timer)),
			cn_timers_now(clock));
	return true;
}

// One is at work, and does not wait.
static bool is_busy(void) {
	return timers.depth > 0 && (command_depth <= timers.commands || timers.depth >= DEPTH_MAX);
}

static void arm_if_ticked(void) {
	if (timers.ticked) {
		timers.ticked = 0;
		cn_timers_ticked(&timers.clock);
		cn_timers_ticked(&timers.calendar);
	}
	cn_timers_arm(&timers.clock);
	cn_timers_arm(&timers.calendar);
}

/*
 * What was due when it began, each once: a timer that is due again as soon as its command has run
 * lets the script go on for a command in between.
 */
static void dispatch(void) {
	if (!is_mine() || is_busy()) {
		return;
	}
	cn_time clock = cn_timers_now(&timers.clock);
	cn_time calendar = cn_timers_now(&timers.calendar);
	while (is_mine() && (run_due(&timers.clock, clock) || run_due(&timers.calendar, calendar))) {
	}
	arm_if_ticked();
}
