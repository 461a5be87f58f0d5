/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "lib/proc/timer.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "lib/proc/process.h"

void cn_timers_init(struct cn_timers *timers, clockid_t clock) {
	*timers = (struct cn_timers){ .clock = clock };
}

void cn_timers_finish(struct cn_timers *timers) {
	if (timers->is_made) {
		timer_delete(timers->kernel);
	}
	free(timers->heap);
	cn_timers_init(timers, timers->clock);
}

void cn_timers_forget(struct cn_timers *timers) {
	timers->is_made = false;
	cn_timers_finish(timers);
}

cn_time cn_timers_now(const struct cn_timers *timers) {
	struct timespec now;
	clock_gettime(timers->clock, &now);
	return now.tv_sec * CN_SECOND + now.tv_nsec;
}

// ---- the heap: place p has its children at 2p and 2p + 1 ----

static bool is_before(const struct cn_timer *a, const struct cn_timer *b) {
	return a->due != b->due ? a->due < b->due : a->order < b->order;
}

static void put(struct cn_timers *timers, size_t place, struct cn_timer *timer) {
	timers->heap[place - 1] = timer;
	timer->place = place;
}

static struct cn_timer *at(const struct cn_timers *timers, size_t place) {
	return timers->heap[place - 1];
}

static void rise(struct cn_timers *timers, size_t place, struct cn_timer *timer) {
	while (place > 1 && is_before(timer, at(timers, place / 2))) {
		put(timers, place, at(timers, place / 2));
		place /= 2;
	}
	put(timers, place, timer);
}

static void sink(struct cn_timers *timers, size_t place, struct cn_timer *timer) {
	for (;;) {
		size_t child = place * 2;
		if (child > timers->len) {
			break;
		}
		if (child < timers->len && is_before(at(timers, child + 1), at(timers, child))) {
			child++;
		}
		if (!is_before(at(timers, child), timer)) {
			break;
		}
		put(timers, place, at(timers, child));
		place = child;
	}
	put(timers, place, timer);
}

static int make_room(struct cn_timers *timers) {
	if (timers->len < timers->room) {
		return 0;
	}
	size_t room = timers->room > 0 ? timers->room * 2 : 16;
	struct cn_timer **heap = reallocarray(timers->heap, room, sizeof(struct cn_timer *));
	if (heap == NULL) {
		return -ENOMEM;
	}
	timers->heap = heap;
	timers->room = room;
	return 0;
}

int cn_timers_add(struct cn_timers *timers, struct cn_timer *timer, cn_time due) {
	cn_timers_remove(timers, timer);
	int err = make_room(timers);
	if (err < 0) {
		return err;
	}
	timer->due = due;
	timer->order = ++timers->order;
	timers->len++;
	rise(timers, timers->len, timer);
	return 0;
}

void cn_timers_remove(struct cn_timers *timers, struct cn_timer *timer) {
	size_t place = timer->place;
	if (place == 0) {
		return;
	}
	timer->place = 0;
	struct cn_timer *last = at(timers, timers->len);
	timers->len--;
	if (last == timer) {
		return;
	}
	if (place > 1 && is_before(last, at(timers, place / 2))) {
		rise(timers, place, last);
	} else {
		sink(timers, place, last);
	}
}

struct cn_timer *cn_timers_first(const struct cn_timers *timers) {
	return timers->len > 0 ? timers->heap[0] : NULL;
}

struct cn_timer *cn_timers_due(struct cn_timers *timers, cn_time now) {
	struct cn_timer *first = cn_timers_first(timers);
	if (first == NULL || first->due > now) {
		return NULL;
	}
	cn_timers_remove(timers, first);
	return first;
}

// ---- the kernel's ----

static int make_kernel_timer(struct cn_timers *timers) {
	if (timers->is_made) {
		return 0;
	}
	struct sigevent event = { .sigev_notify = SIGEV_SIGNAL, .sigev_signo = CN_PROCESS_SIGNAL };
	cn_process_listen();
	if (timer_create(timers->clock, &event, &timers->kernel) < 0) {
		return -errno;
	}
	timers->is_made = true;
	timers->armed = 0;
	return 0;
}

int cn_timers_arm(struct cn_timers *timers) {
	const struct cn_timer *first = cn_timers_first(timers);
	cn_time due = first == NULL ? 0 : first->due > 0 ? first->due : 1; // zero would disarm it
	if (due == timers->armed) {
		return 0;
	}
	int err = make_kernel_timer(timers);
	if (err < 0) {
		return err;
	}
	struct itimerspec until = { .it_value = cn_timespec(due) };
	if (timer_settime(timers->kernel, TIMER_ABSTIME, &until, NULL) < 0) {
		return -errno;
	}
	timers->armed = due;
	return 0;
}

void cn_timers_ticked(struct cn_timers *timers) {
	timers->armed = 0;
}
