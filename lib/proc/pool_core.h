/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * lib/proc/pool_core.h - what pool.c, where jobs come, wait and end, shares with pool_seats.c,
 * where workers take them. Nobody else includes it.
 *
 * Lock: the object's mutex guards jobs and seats, but for a seat's life, which its worker holds.
 */
#ifndef CN_PROC_POOL_CORE_H
#define CN_PROC_POOL_CORE_H

#include "lib/proc/pool.h"

static inline struct cn_job *cn_pool_job_at(struct cn_arena *arena, cn_off off) {
	return CN_AT(arena, off, struct cn_job);
}

/* Pin the pool and lock it: cn_leave() when done. Returns 0 or what cn_enter() says. */
static inline int cn_pool_enter(const struct cn_ref *ref, struct cn_pool **pool) {
	return cn_enter(ref, (void **)pool);
}

/* There is something to do, or no more of it: wake one of the workers that sleep, or all. */
void cn_pool_wake_workers(struct cn_pool *pool, bool all);

/*
 * The job, which *left (pool->queued or pool->running) has counted so far, is done: who waits for
 * it is told. The pool is locked.
 */
void cn_pool_end_job(struct cn_arena *arena, struct cn_pool *pool, struct cn_job *job,
		uint32_t result, uint64_t *left);

/*
 * The process of the job that runs, or 0. When that has become another program by exec, its life is
 * free though it lives; then its number stands in the seat until the keeper has buried it.
 */
pid_t cn_pool_job_worker(const struct cn_pool *pool, const struct cn_job *job);

#endif
