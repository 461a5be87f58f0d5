/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * lib/sync/sem.h - a named counting semaphore. Its units belong to the process that acquired them
 * and come back when it ends. Releasing what another process holds is allowed, as with any
 * semaphore: the units are then taken off the one that has held some for longest.
 */
#ifndef CN_SYNC_SEM_H
#define CN_SYNC_SEM_H

#include "lib/shm/names.h"

struct cn_sem {
	struct cn_ref ref;
};

#define CN_SEM_MAX (UINT64_C(1) << 62)

/*
 * Make it with `count` units; bounded: releases never bring it above that. 0, -EEXIST (it is
 * there; *out is good; was made with another count or bound: -EPROTOTYPE), -EINVAL (name),
 * -ERANGE (count), -ENOSPC.
 */
int cn_sem_create(
		struct cn_arena *arena, const char *name, uint64_t count, bool bounded, struct cn_sem *out);

/* 0 or -ENOENT. */
int cn_sem_open(struct cn_arena *arena, const char *name, struct cn_sem *out);

/*
 * Take `units` at once, in the order the processes came.
 * Returns 0, -ETIMEDOUT, -EINTR (call again), -ENOENT, -ERANGE (more than a bounded one ever has).
 */
int cn_sem_acquire(const struct cn_sem *sem, uint64_t units, cn_time deadline);

/* Give units back. 0, -ERANGE (bounded, and it has them all; nothing changed), -ENOENT. */
int cn_sem_release(const struct cn_sem *sem, uint64_t units);

struct cn_sem_info {
	uint64_t value; // units that are free
	uint64_t total; // free and held
	uint64_t mine;
	uint32_t holders;
	uint32_t waiters;
	bool bounded;
};

int cn_sem_query(const struct cn_sem *sem, struct cn_sem_info *out);

/* The living processes that hold units, up to `max` of them; *count: how many there are. */
int cn_sem_holders(const struct cn_sem *sem, pid_t *out, size_t max, size_t *count);

#endif
