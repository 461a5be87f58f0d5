/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "lib/proc/pool_core.h"

#include <limits.h>

#include "lib/proc/process.h"
#include "lib/shm/alloc.h"
#include "lib/sync/futex.h"

void cn_pool_wake_workers(struct cn_pool *pool, bool all) {
	atomic_fetch_add(&pool->news, 1);
	if (pool->sleepers > 0) {
		cn_futex_wake(&pool->news, all ? INT_MAX : 1);
	}
}

static bool is_held(const struct cn_mutex *life) {
	uint32_t word = life->word;
	return (word & CN_MUTEX_TID) != 0 && (word & CN_MUTEX_DIED) == 0;
}

void cn_pool_ring_keeper(const struct cn_pool *pool) {
	if (is_held(&pool->keeper)) {
		cn_process_tell((pid_t)(pool->keeper.word & CN_MUTEX_TID), 0);
	}
}

pid_t cn_pool_worker(const struct cn_pool *pool, uint32_t slot) {
	const struct cn_seat *seat = &pool->seats[slot].seat;
	return is_held(&seat->life) ? (pid_t)(seat->life.word & CN_MUTEX_TID) : 0;
}

pid_t cn_pool_job_worker(const struct cn_pool *pool, const struct cn_job *job) {
	if (job->state != CN_JOB_RUNNING || job->seat >= CN_POOL_SEATS) {
		return 0;
	}
	pid_t worker = cn_pool_worker(pool, job->seat);
	const struct cn_seat *seat = &pool->seats[job->seat].seat;
	return worker == 0 && is_held(&pool->keeper) ? (pid_t)seat->pid : worker;
}

uint32_t cn_pool_seats(const struct cn_pool *pool) {
	uint32_t seats = pool->want;
	for (uint32_t i = 0; i < CN_POOL_SEATS && i < pool->most; i++) {
		seats += pool->seats[i].blocked != 0;
	}
	return seats < CN_POOL_SEATS ? seats : CN_POOL_SEATS;
}

int cn_pool_resize(const struct cn_ref *ref, uint32_t workers) {
	struct cn_pool *pool;
	int err = cn_pool_enter(ref, &pool);
	if (err < 0) {
		return err;
	}
	pool->want = workers;
	pool->most = workers > pool->most ? workers : pool->most;
	cn_pool_wake_workers(pool, true);
	cn_pool_ring_keeper(pool);
	cn_leave(ref, pool);
	return 0;
}

int cn_pool_info(const struct cn_ref *ref, struct cn_pool_info *out) {
	struct cn_pool *pool;
	int err = cn_pool_enter(ref, &pool);
	if (err < 0) {
		return err;
	}
	*out = (struct cn_pool_info){
		.phase = pool->phase,
		.want = pool->want,
		.restarts = pool->restarts,
		.queued = pool->queued,
		.running = pool->running,
		.done = pool->done,
		.failed = pool->failed,
		.owner = pool->owner,
		.keeper = is_held(&pool->keeper) ? (pid_t)(pool->keeper.word & CN_MUTEX_TID) : 0,
		.broken = (int)pool->broken,
	};
	for (uint32_t i = 0; i < CN_POOL_SEATS && i < pool->most; i++) {
		out->alive += cn_pool_worker(pool, i) != 0;
	}
	cn_leave(ref, pool);
	return 0;
}

enum cn_pool_claim cn_pool_claim(
		struct cn_arena *arena, struct cn_pool *pool, uint32_t slot, struct cn_job **out) {
	struct cn_pool_seat *seat = &pool->seats[slot];
	if (cn_object_lock(arena, &pool->object) < 0) {
		return CN_POOL_END;
	}
	bool recycled = pool->recycle > 0 && seat->done >= pool->recycle;
	enum cn_pool_claim claim = CN_POOL_WAIT;
	struct cn_job *job = cn_pool_job_at(arena, pool->first);
	if (recycled || slot >= cn_pool_seats(pool) || pool->phase == CN_POOL_TERMINATED) {
		claim = CN_POOL_END;
	} else if (job == NULL) {
		claim = pool->phase == CN_POOL_OPEN ? CN_POOL_WAIT : CN_POOL_END;
	} else {
		seat->job = pool->first;
		job->seat = slot;
		job->began = cn_now();
		job->state = CN_JOB_RUNNING; // it is claimed from here
		pool->first = job->next;
		pool->tail = pool->first != 0 ? pool->tail : 0;
		pool->queued--;
		pool->running++;
		pool->started++;
		*out = job;
		claim = CN_POOL_JOB;
	}
	cn_object_unlock(&pool->object);
	return claim;
}

void cn_pool_sleep(struct cn_pool *pool, uint32_t seen) {
	atomic_fetch_add(&pool->sleepers, 1);
	cn_futex_wait(&pool->news, seen, cn_after(CN_SECOND));
	// A sleeper that was killed leaves the count too high: a wake too many, never one too few.
	atomic_fetch_sub(&pool->sleepers, 1);
}

int cn_pool_finish(struct cn_arena *arena, struct cn_pool *pool, uint32_t slot, uint32_t result,
		cn_off output, uint64_t output_len) {
	struct cn_pool_seat *seat = &pool->seats[slot];
	int err = cn_object_lock(arena, &pool->object);
	if (err < 0) {
		return err;
	}
	struct cn_job *job = cn_pool_job_at(arena, seat->job);
	if (job != NULL && job->state == CN_JOB_RUNNING && job->seat == slot) {
		job->output_len = output_len;
		if (output != 0) {
			cn_alloc_publish(arena, &job->output, output);
		}
		cn_pool_end_job(arena, pool, job, result, &pool->running);
	} else if (output != 0) {
		cn_free(arena, output);
	}
	seat->job = 0;
	seat->blocked = 0;
	cn_object_unlock(&pool->object);
	return 0;
}
