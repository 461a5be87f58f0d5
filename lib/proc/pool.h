/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * lib/proc/pool.h - a named pool: jobs that processes of the session submit, and the seats of the
 * workers that run them. A job is a command's words; its result and output stay here until somebody
 * takes them. Who starts workers, and what they do with the words, is not known here.
 *
 *	uint64_t number;
 *	err = cn_pool_submit(&ref, &setup, &number);
 *	...
 *	err = cn_pool_result(&ref, number, &result); // result 0: not done yet
 *	err = cn_pool_take(&ref, number, &taken);
 *
 * All of a pool is guarded by its object's mutex. Its truth are the jobs in the buckets and their
 * states; queue and counts follow from these, and are made anew when a process dies holding the
 * mutex. So each change counts by one store: a job is there once its bucket leads to it, claimed
 * and done by its state, gone once the bucket leads past it.
 */
#ifndef CN_PROC_POOL_H
#define CN_PROC_POOL_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "lib/base/buf.h"
#include "lib/proc/crew.h"
#include "lib/proc/task.h"
#include "lib/shm/names.h"
#include "lib/sync/waiters.h"

enum {
	CN_POOL_SEATS = 1024, // workers, at most
	CN_POOL_BUCKETS = 8192,
	CN_POOL_DEFS_KEPT = 64, // definitions without a job that uses them
};

enum cn_pool_phase {
	CN_POOL_OPEN,
	CN_POOL_CLOSED, // takes no new jobs
	CN_POOL_TERMINATED, // and does none any more
};

enum cn_job_state { CN_JOB_QUEUED, CN_JOB_RUNNING, CN_JOB_DONE };

enum cn_job_flags {
	CN_JOB_WATCHED = 1 << 0, // somebody waits for it: ring the line at its end
	CN_JOB_THEN = 1 << 1, // tell its submitter, by signal
	CN_JOB_MAP = 1 << 2, // the words are those of a map's worker, not of a command
};

/* In the arena. */
struct cn_job {
	cn_off next; // in the queue
	cn_off chain; // in its bucket
	cn_off defs; // struct cn_defs; 0: none
	cn_off output; // what it printed; 0: nothing
	uint64_t output_len;
	uint64_t number; // from 1, in the order of submission
	cn_owner owner; // who submitted it
	cn_time began;
	cn_time ended;
	_Atomic uint32_t state; // enum cn_job_state
	uint32_t result; // CN_RESULT, when it is done
	uint32_t flags; // enum cn_job_flags
	uint32_t hash; // of its name, or number
	uint32_t seat;
	uint32_t count; // of words
	uint32_t words_len;
	uint32_t named; // bool: the name stands behind the words
	char words[]; // each NUL-terminated
};

/* Functions that travel with jobs. In the arena. */
struct cn_defs {
	cn_off next;
	uint64_t hash; // of the text
	uint32_t uses; // jobs
	uint32_t len;
	char text[]; // name, NUL, code that defines it, NUL; and so on
};

struct cn_pool_seat {
	struct cn_seat seat;
	_Atomic cn_off job; // what it is at; 0: nothing
	_Atomic uint32_t blocked; // its task waits for a job of the pool: another may work meanwhile
	uint32_t done; // jobs of this worker
};

struct cn_pool {
	struct cn_object object;
	cn_owner owner; // the shell that made it, and starts its keeper
	struct cn_mutex keeper; // held by the keeper as long as it lives
	_Atomic uint32_t want; // workers
	uint32_t recycle; // a worker ends after so many jobs; 0: never
	_Atomic uint32_t phase; // enum cn_pool_phase
	_Atomic uint32_t broken; // an errno value: workers cannot be started, nothing will be done
	_Atomic uint32_t news; // futex: workers sleep on it
	_Atomic uint32_t sleepers; // a hint
	_Atomic uint64_t started; // jobs begun and workers that became ready, ever
	uint32_t most; // the most workers that were ever wanted: seats that may be in use
	uint32_t restarts; // workers that were started for one that died
	uint64_t last; // number of the last job
	cn_off first; // the queue
	cn_off tail;
	uint64_t queued;
	uint64_t running;
	uint64_t done; // ever
	uint64_t failed; // of them
	cn_off defs; // struct cn_defs, the latest first
	struct cn_waiters line;
	cn_off buckets[CN_POOL_BUCKETS];
	struct cn_pool_seat seats[CN_POOL_SEATS];
};

struct cn_pool_setup {
	cn_owner owner;
	uint32_t workers;
	uint32_t recycle;
};

/* 0, -EEXIST (the same is there), -EPROTOTYPE (another one is), -EINVAL (no name), -ENOSPC. */
int cn_pool_create(struct cn_arena *arena, const char *name, const struct cn_pool_setup *setup,
		struct cn_ref *ref);

/* 0 or -ENOENT. The pool of a dead shell is none, and is swept. */
int cn_pool_find(struct cn_arena *arena, const char *name, struct cn_ref *ref);

/* What a job is made of. Borrowed for the call. */
struct cn_job_setup {
	cn_owner owner;
	const char *name; // NULL: it is known as POOL.NUMBER
	char *const *words;
	size_t count;
	const struct cn_buf *defs; // functions to travel with it; NULL or empty: none
	uint32_t flags; // enum cn_job_flags
};

/*
 * Queue a job. Returns 0, -EPIPE (the pool is closed), -ECHILD (broken), -EEXIST (a job has that
 * name), -ENOSPC, -ENOENT (no pool any more).
 */
int cn_pool_submit(const struct cn_ref *ref, const struct cn_job_setup *setup, uint64_t *number);

/* The job with this name of its own; its number, or 0. */
uint64_t cn_pool_job_named(const struct cn_ref *ref, const char *name);

/*
 * The result of a job: 0 while it is not done. With `watch`, its end will ring the pool's line
 * (cn_pool_watch()). *ended (may be NULL): when it was. Returns 0 or -ENOENT (no such job, or
 * pool).
 */
int cn_pool_result(
		const struct cn_ref *ref, uint64_t number, bool watch, uint32_t *result, cn_time *ended);

/*
 * How far a job is, the process that is at it (0: none), and since when (0: it has not begun; may be
 * NULL). 0 or -ENOENT.
 */
int cn_pool_job_look(const struct cn_ref *ref, uint64_t number, enum cn_job_state *state,
		pid_t *worker, cn_time *began);

/*
 * Signal the process that is at a job, or its group, and surely not one that has gone on to another
 * job. 0, -EAGAIN (the job is queued), -ESRCH (it is over), -ENOENT, or what kill() said.
 */
int cn_pool_job_kill(const struct cn_ref *ref, uint64_t number, int sig, bool group);

/* Stand in the line of the pool: rung when a watched job ends, and when nothing is left to do. */
int cn_pool_watch(const struct cn_ref *ref, cn_owner self);
void cn_pool_unwatch(const struct cn_ref *ref, cn_owner self);

/* A job that was taken out; its output is this process's to cn_free(). */
struct cn_taken {
	uint32_t result;
	cn_off output; // 0: none
	uint64_t output_len;
	cn_time began; // 0: it never did
	cn_time ended;
};

/* Forget a job that is done. 0, -ENOENT, or -EBUSY (not done). */
int cn_pool_take(const struct cn_ref *ref, uint64_t number, struct cn_taken *taken);

/* Take a job back that has not started: its result is that of SIGTERM. 0, -EBUSY, -ENOENT. */
int cn_pool_cancel(const struct cn_ref *ref, uint64_t number);

/* Numbers of the jobs of a submitter (0: of all), rising, in an array the caller frees. */
int cn_pool_jobs(const struct cn_ref *ref, cn_owner owner, uint64_t **out, size_t *count);

/* Append the name of a job. 0 or -ENOENT. */
int cn_pool_job_name(const struct cn_ref *ref, uint64_t number, struct cn_buf *out);

/* Go on to this phase (never back); what is queued ends, when the pool is terminated. */
int cn_pool_set_phase(const struct cn_ref *ref, enum cn_pool_phase phase);

int cn_pool_resize(const struct cn_ref *ref, uint32_t workers);

struct cn_pool_info {
	enum cn_pool_phase phase;
	uint32_t want;
	uint32_t alive;
	uint32_t restarts;
	uint64_t queued;
	uint64_t running;
	uint64_t done;
	uint64_t failed;
	cn_owner owner;
	pid_t keeper; // 0: none at the moment
	int broken;
};

int cn_pool_info(const struct cn_ref *ref, struct cn_pool_info *out);

/* The pid of the worker in the seat; 0: none. Seats are below info.want, or cn_pool_seats(). */
pid_t cn_pool_worker(const struct cn_pool *pool, uint32_t slot);

/* Make the keeper look. */
void cn_pool_ring_keeper(const struct cn_pool *pool);

// ---- for workers and their keeper, who have it pinned -----------------------------------------

/* Seats that may be in use now: what is wanted, and one more for each that is blocked. */
uint32_t cn_pool_seats(const struct cn_pool *pool);

enum cn_pool_claim { CN_POOL_JOB, CN_POOL_WAIT, CN_POOL_END };

/* Take the next job for this seat. CN_POOL_END: the worker is to end. */
enum cn_pool_claim cn_pool_claim(
		struct cn_arena *arena, struct cn_pool *pool, uint32_t slot, struct cn_job **job);

/* Sleep until there may be work; `seen` is pool->news from before the claim. */
void cn_pool_sleep(struct cn_pool *pool, uint32_t seen);

/*
 * The job of this seat is over; `output` (a block in flight, or 0) is handed over. 0 or a negative
 * errno.
 */
int cn_pool_finish(struct cn_arena *arena, struct cn_pool *pool, uint32_t slot, uint32_t result,
		cn_off output, uint64_t output_len);

/* End all jobs that are queued with this result; the pool is broken when `broken` is not 0. */
int cn_pool_abandon(struct cn_arena *arena, struct cn_pool *pool, uint32_t result, int broken);

#endif
