/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * lib/sync/event.h - a named flag that processes wait for. All who wait when it is set go on, also
 * when it is cleared again at once.
 */
#ifndef CN_SYNC_EVENT_H
#define CN_SYNC_EVENT_H

#include "lib/shm/names.h"

struct cn_event {
	struct cn_ref ref;
};

/* Open it, making it (not set) when it is not there and `create`. 0, -ENOENT, -EINVAL, -ENOSPC. */
int cn_event_open(struct cn_arena *arena, const char *name, bool create, struct cn_event *out);

/* 0 or -ENOENT. */
int cn_event_set(const struct cn_event *event);
int cn_event_clear(const struct cn_event *event);

/* 0 when it is set, or was since the call; -ETIMEDOUT, -EINTR (call again), -ENOENT. */
int cn_event_wait(const struct cn_event *event, cn_time deadline);

struct cn_event_info {
	bool is_set;
	uint32_t waiters;
};

int cn_event_query(const struct cn_event *event, struct cn_event_info *out);

#endif
