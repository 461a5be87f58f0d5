/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "lib/sync/event.h"

#include <errno.h>

#include "lib/sync/waiters.h"

// All guarded by the object's mutex.
struct event {
	struct cn_object object;
	struct cn_waiters line;
	uint64_t sets; // times it was set
	uint64_t is_set;
};

static void event_wake(struct cn_arena *arena, struct cn_object *object) {
	cn_waiters_ring_all(arena, &((struct event *)object)->line);
}

static void event_finish(struct cn_arena *arena, struct cn_object *object) {
	cn_waiters_finish(arena, &((struct event *)object)->line);
}

// A process that died in the middle of setting it may have rung some only.
static int event_repair(struct cn_arena *arena, struct cn_object *object) {
	event_wake(arena, object);
	return 0;
}

static const struct cn_kind_ops event_ops = {
	.wake = event_wake,
	.finish = event_finish,
	.repair = event_repair,
};

__attribute__((constructor)) static void event_register(void) {
	cn_kind_register(CN_EVENT, &event_ops);
}

int cn_event_open(struct cn_arena *arena, const char *name, bool create, struct cn_event *out) {
	if (!create) {
		return cn_name_find(arena, CN_EVENT, name, &out->ref);
	}
	int err = cn_name_create(arena, CN_EVENT, name, sizeof(struct event), NULL, NULL, &out->ref);
	return err == -EEXIST ? 0 : err;
}

static int change(const struct cn_event *handle, bool set) {
	struct event *event;
	int err = cn_enter(&handle->ref, (void **)&event);
	if (err < 0) {
		return err;
	}
	if (set && !event->is_set) {
		event->is_set = 1;
		event->sets++;
		event_wake(handle->ref.arena, &event->object);
	} else if (!set) {
		event->is_set = 0;
	}
	cn_leave(&handle->ref, event);
	return 0;
}

int cn_event_set(const struct cn_event *event) {
	return change(event, true);
}

int cn_event_clear(const struct cn_event *event) {
	return change(event, false);
}

static int event_attempt(struct cn_wait *wait) {
	const struct event *event = (struct event *)wait->object;
	uint64_t *sets = wait->data;
	if (wait->waiter == NULL) {
		*sets = event->sets;
	}
	return event->is_set || event->sets != *sets;
}

int cn_event_wait(const struct cn_event *handle, cn_time deadline) {
	struct event *event;
	int err = cn_pin(&handle->ref, (void **)&event);
	if (err < 0) {
		return err;
	}
	uint64_t sets = 0;
	struct cn_wait wait = {
		.ref = &handle->ref,
		.object = &event->object,
		.line = &event->line,
		.data = &sets,
		.attempt = event_attempt,
	};
	err = cn_wait(&wait, deadline);
	cn_unpin(&handle->ref, event);
	return err;
}

int cn_event_query(const struct cn_event *handle, struct cn_event_info *out) {
	struct event *event;
	int err = cn_enter(&handle->ref, (void **)&event);
	if (err < 0) {
		return err;
	}
	out->is_set = event->is_set;
	out->waiters = cn_waiters_count(handle->ref.arena, &event->line);
	cn_leave(&handle->ref, event);
	return 0;
}
