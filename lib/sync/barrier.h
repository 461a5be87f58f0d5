/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * lib/sync/barrier.h - a named meeting point: `parties` processes wait until all are there, then
 * all go on, and it starts anew. When one of those who wait dies, or someone aborts it, it is
 * broken: all are told, until it is reset.
 */
#ifndef CN_SYNC_BARRIER_H
#define CN_SYNC_BARRIER_H

#include "lib/shm/names.h"

struct cn_barrier {
	struct cn_ref ref;
};

/* 0, -EEXIST (it is there with so many; *out is good), -EPROTOTYPE (with other), -ERANGE (0), ...
 */
int cn_barrier_create(
		struct cn_arena *arena, const char *name, uint32_t parties, struct cn_barrier *out);

int cn_barrier_open(struct cn_arena *arena, const char *name, struct cn_barrier *out);

/*
 * Wait for the others. *index (may be NULL) is 0 for the first who came, parties - 1 for the last.
 * Giving up does not break it: who timed out was never there.
 * Returns 0, -ECANCELED (broken), -ETIMEDOUT, -EINTR (call again), -ENOENT.
 */
int cn_barrier_wait(const struct cn_barrier *barrier, cn_time deadline, uint32_t *index);

/* Break it. 0 or -ENOENT. */
int cn_barrier_abort(const struct cn_barrier *barrier);

/* Make it whole; who waits now is told that it was broken. 0 or -ENOENT. */
int cn_barrier_reset(const struct cn_barrier *barrier);

struct cn_barrier_info {
	uint32_t parties;
	uint32_t waiting;
	bool is_broken;
};

int cn_barrier_query(const struct cn_barrier *barrier, struct cn_barrier_info *out);

#endif
