/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "lib/proc/pool_core.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/map.h"
#include "lib/proc/process.h"
#include "lib/shm/alloc.h"

// A chain that is longer goes in a circle.
enum { CHAIN_MAX = 1 << 26 };

static struct cn_defs *defs_at(struct cn_arena *arena, cn_off off) {
	return CN_AT(arena, off, struct cn_defs);
}

// ---- the kind ---------------------------------------------------------------------------------

struct place {
	uint64_t number;
	cn_off off;
};

/*
 * Numbers of jobs with a name have this bit, and say in which bucket these lie: there their name
 * leads, not the number.
 */
#define NAMED_BIT (UINT64_C(1) << 63)

// In the order of submission.
static uint64_t order_of(const struct place *place) {
	return (place->number & NAMED_BIT) != 0 ? (uint32_t)place->number : place->number;
}

static int by_number(const void *a, const void *b) {
	uint64_t x = order_of(a);
	uint64_t y = order_of(b);
	return x < y ? -1 : x > y;
}

// How many jobs are in `state`; their places too, when `out` has room for them.
static size_t collect(struct cn_arena *arena, struct cn_pool *pool, uint32_t state, cn_owner owner,
		struct place *out) {
	size_t count = 0;
	for (size_t b = 0; b < CN_POOL_BUCKETS; b++) {
		int steps = 0;
		cn_off off = pool->buckets[b];
		struct cn_job *job;
		for (; (job = cn_pool_job_at(arena, off)) != NULL && steps++ < CHAIN_MAX;
				off = job->chain) {
			if ((state != UINT32_MAX && job->state != state) ||
					(owner != 0 && job->owner != owner)) {
				continue;
			}
			if (out != NULL) {
				out[count] = (struct place){ job->number, off };
			}
			count++;
		}
	}
	return count;
}

// In the order of their numbers, on the heap. -ENOMEM.
static int sorted(struct cn_arena *arena, struct cn_pool *pool, uint32_t state, cn_owner owner,
		struct place **out, size_t *count) {
	*count = collect(arena, pool, state, owner, NULL);
	*out = calloc(*count + 1, sizeof(**out));
	if (*out == NULL) {
		return -ENOMEM;
	}
	collect(arena, pool, state, owner, *out);
	qsort(*out, *count, sizeof(**out), by_number);
	return 0;
}

static void recount_defs(struct cn_arena *arena, struct cn_pool *pool) {
	struct cn_defs *defs;
	for (cn_off off = pool->defs; (defs = defs_at(arena, off)) != NULL; off = defs->next) {
		defs->uses = 0;
	}
	for (size_t b = 0; b < CN_POOL_BUCKETS; b++) {
		struct cn_job *job;
		for (cn_off off = pool->buckets[b]; (job = cn_pool_job_at(arena, off)) != NULL;
				off = job->chain) {
			defs = defs_at(arena, job->defs);
			if (defs != NULL) {
				defs->uses++;
			}
		}
	}
}

static int pool_repair(struct cn_arena *arena, struct cn_object *object) {
	struct cn_pool *pool = (struct cn_pool *)object;
	int err = cn_alloc_settle(arena);
	struct place *queue;
	size_t count;
	err = err < 0 ? err : sorted(arena, pool, CN_JOB_QUEUED, 0, &queue, &count);
	if (err < 0) {
		return err;
	}
	pool->first = count > 0 ? queue[0].off : 0;
	pool->tail = count > 0 ? queue[count - 1].off : 0;
	for (size_t i = 0; i < count; i++) {
		cn_pool_job_at(arena, queue[i].off)->next = i + 1 < count ? queue[i + 1].off : 0;
	}
	free(queue);
	pool->queued = count;
	pool->running = collect(arena, pool, CN_JOB_RUNNING, 0, NULL);
	recount_defs(arena, pool);
	cn_waiters_ring_all(arena, &pool->line);
	cn_pool_wake_workers(pool, true);
	return 0;
}

static void pool_wake(struct cn_arena *arena, struct cn_object *object) {
	struct cn_pool *pool = (struct cn_pool *)object;
	cn_waiters_ring_all(arena, &pool->line);
	cn_pool_wake_workers(pool, true);
	cn_pool_ring_keeper(pool);
}

static void pool_finish(struct cn_arena *arena, struct cn_object *object) {
	struct cn_pool *pool = (struct cn_pool *)object;
	for (size_t b = 0; b < CN_POOL_BUCKETS; b++) {
		struct cn_job *job;
		while ((job = cn_pool_job_at(arena, pool->buckets[b])) != NULL) {
			if (job->output != 0) {
				cn_alloc_retire(arena, &job->output, 0);
			}
			cn_alloc_retire(arena, &pool->buckets[b], job->chain);
		}
	}
	struct cn_defs *defs;
	while ((defs = defs_at(arena, pool->defs)) != NULL) {
		cn_alloc_retire(arena, &pool->defs, defs->next);
	}
	cn_waiters_finish(arena, &pool->line);
}

static const struct cn_kind_ops pool_ops = {
	.wake = pool_wake,
	.finish = pool_finish,
	.repair = pool_repair,
};

__attribute__((constructor)) static void pool_register(void) {
	cn_kind_register(CN_POOL, &pool_ops);
}

// ---- making and finding -------------------------------------------------------------------------

static void pool_init(void *object, const void *data) {
	struct cn_pool *pool = object;
	const struct cn_pool_setup *setup = data;
	pool->owner = setup->owner;
	pool->want = setup->workers;
	pool->most = setup->workers;
	pool->recycle = setup->recycle;
}

int cn_pool_find(struct cn_arena *arena, const char *name, struct cn_ref *ref) {
	int err = cn_name_find(arena, CN_POOL, name, ref);
	struct cn_pool *pool;
	if (err == 0 && cn_pin(ref, (void **)&pool) == 0) {
		bool orphan = !cn_owner_is_alive(arena, pool->owner);
		cn_unpin(ref, pool);
		if (orphan) {
			cn_ref_destroy(ref);
			err = -ENOENT;
		}
	}
	return err;
}

int cn_pool_create(struct cn_arena *arena, const char *name, const struct cn_pool_setup *setup,
		struct cn_ref *ref) {
	cn_pool_find(arena, name, ref); // sweeps that of a dead shell
	int err = cn_name_create(arena, CN_POOL, name, sizeof(struct cn_pool), pool_init, setup, ref);
	struct cn_pool *pool;
	if (err == -EEXIST && cn_pin(ref, (void **)&pool) == 0) {
		bool same = pool->want == setup->workers && pool->recycle == setup->recycle &&
				pool->phase == CN_POOL_OPEN;
		err = same ? -EEXIST : -EPROTOTYPE;
		cn_unpin(ref, pool);
	}
	return err;
}

static uint32_t hash_of(const char *name, uint64_t number) {
	return name != NULL ? cn_hash(name, strlen(name)) & 0x7fffffff : (uint32_t)number;
}

static const char *name_of(const struct cn_job *job) {
	return job->named ? job->words + job->words_len : NULL;
}

// The word that leads to the job, or NULL. Named jobs are found by name only, others by number.
static cn_off *find(
		struct cn_arena *arena, struct cn_pool *pool, const char *name, uint64_t number) {
	uint32_t hash = hash_of(name, number);
	cn_off *word = &pool->buckets[hash % CN_POOL_BUCKETS];
	struct cn_job *job;
	int steps = 0;
	while ((job = cn_pool_job_at(arena, *word)) != NULL && steps++ < CHAIN_MAX) {
		bool same = name == NULL ? job->number == number
								 : job->named && strcmp(name_of(job), name) == 0;
		if (same && job->hash == hash) {
			return word;
		}
		word = &job->chain;
	}
	return NULL;
}

static cn_off *find_number(struct cn_arena *arena, struct cn_pool *pool, uint64_t number) {
	if ((number & NAMED_BIT) == 0) {
		return find(arena, pool, NULL, number);
	}
	cn_off *word = &pool->buckets[(uint32_t)(number >> 32 & 0x7fffffff) % CN_POOL_BUCKETS];
	struct cn_job *job;
	for (int steps = 0; (job = cn_pool_job_at(arena, *word)) != NULL && steps < CHAIN_MAX;
			steps++) {
		if (job->number == number) {
			return word;
		}
		word = &job->chain;
	}
	return NULL;
}

// ---- submitting ---------------------------------------------------------------------------------

// Drop what no job uses, when there is much of it; the latest stay.
static void sweep_defs(struct cn_arena *arena, struct cn_pool *pool) {
	cn_off *word = &pool->defs;
	struct cn_defs *defs;
	int count = 0;
	while ((defs = defs_at(arena, *word)) != NULL) {
		if (++count > CN_POOL_DEFS_KEPT && defs->uses == 0) {
			cn_alloc_retire(arena, word, defs->next);
		} else {
			word = &defs->next;
		}
	}
}

// The block with this text, made when it is not there yet.
static int find_defs(
		struct cn_arena *arena, struct cn_pool *pool, const struct cn_buf *text, cn_off *out) {
	*out = 0;
	if (text == NULL || text->len == 0) {
		return 0;
	}
	uint64_t hash = (uint64_t)cn_hash(text->data, text->len) << 32 | (uint32_t)text->len;
	struct cn_defs *defs;
	for (cn_off off = pool->defs; (defs = defs_at(arena, off)) != NULL; off = defs->next) {
		if (defs->hash == hash && defs->len == text->len &&
				memcmp(defs->text, text->data, text->len) == 0) {
			*out = off;
			return 0;
		}
	}
	sweep_defs(arena, pool);
	cn_off off;
	int err = cn_alloc(arena, sizeof(*defs) + text->len, &off);
	if (err < 0) {
		return err;
	}
	defs = defs_at(arena, off);
	*defs = (struct cn_defs){ .next = pool->defs, .hash = hash, .len = (uint32_t)text->len };
	memcpy(defs->text, text->data, text->len);
	cn_alloc_publish(arena, &pool->defs, off);
	*out = off;
	return 0;
}

static int job_make(struct cn_arena *arena, const struct cn_job_setup *setup, cn_off *out) {
	size_t len = 0;
	for (size_t i = 0; i < setup->count; i++) {
		len += strlen(setup->words[i]) + 1;
	}
	size_t name_len = setup->name != NULL ? strlen(setup->name) + 1 : 0;
	if (len > UINT32_MAX / 2 || setup->count > UINT32_MAX) {
		return -ENOSPC;
	}
	int err = cn_alloc(arena, sizeof(struct cn_job) + len + name_len, out);
	if (err < 0) {
		return err;
	}
	struct cn_job *job = cn_pool_job_at(arena, *out);
	*job = (struct cn_job){
		.owner = setup->owner,
		.flags = setup->flags,
		.count = (uint32_t)setup->count,
		.words_len = (uint32_t)len,
		.named = setup->name != NULL,
	};
	char *at = job->words;
	for (size_t i = 0; i < setup->count; i++) {
		size_t size = strlen(setup->words[i]) + 1;
		memcpy(at, setup->words[i], size);
		at += size;
	}
	if (name_len > 0) {
		memcpy(at, setup->name, name_len);
	}
	return 0;
}

static void link_job(struct cn_arena *arena, struct cn_pool *pool, const char *name, cn_off off) {
	struct cn_job *job = cn_pool_job_at(arena, off);
	job->number = ++pool->last;
	job->hash = hash_of(name, job->number);
	if (name != NULL) {
		job->number |= NAMED_BIT | (uint64_t)job->hash << 32;
	}
	cn_off *bucket = &pool->buckets[job->hash % CN_POOL_BUCKETS];
	job->chain = *bucket;
	cn_alloc_publish(arena, bucket, off); // it is there from here
	struct cn_job *tail = cn_pool_job_at(arena, pool->tail);
	if (tail != NULL && pool->first != 0) {
		tail->next = off;
	} else {
		pool->first = off;
	}
	pool->tail = off;
	pool->queued++;
}

static int submit(struct cn_arena *arena, struct cn_pool *pool, const struct cn_job_setup *setup,
		cn_off off) {
	if (pool->phase != CN_POOL_OPEN) {
		return -EPIPE;
	}
	if (pool->broken != 0) {
		return -ECHILD;
	}
	if (setup->name != NULL && find(arena, pool, setup->name, 0) != NULL) {
		return -EEXIST;
	}
	cn_off defs;
	int err = find_defs(arena, pool, setup->defs, &defs);
	if (err < 0) {
		return err;
	}
	cn_pool_job_at(arena, off)->defs = defs;
	if (defs != 0) {
		defs_at(arena, defs)->uses++;
	}
	link_job(arena, pool, setup->name, off);
	return 0;
}

int cn_pool_submit(const struct cn_ref *ref, const struct cn_job_setup *setup, uint64_t *number) {
	cn_off off;
	int err = job_make(ref->arena, setup, &off);
	if (err < 0) {
		return err;
	}
	struct cn_pool *pool;
	err = cn_pool_enter(ref, &pool);
	if (err == 0) {
		err = submit(ref->arena, pool, setup, off);
		*number = cn_pool_job_at(ref->arena, off)->number;
		if (err == 0) {
			cn_pool_wake_workers(pool, false);
		}
		cn_leave(ref, pool);
	}
	if (err < 0) {
		cn_free(ref->arena, off);
	}
	return err;
}

// ---- results ------------------------------------------------------------------------------------

uint64_t cn_pool_job_named(const struct cn_ref *ref, const char *name) {
	struct cn_pool *pool;
	if (cn_pool_enter(ref, &pool) < 0) {
		return 0;
	}
	cn_off *word = find(ref->arena, pool, name, 0);
	uint64_t number = word != NULL ? cn_pool_job_at(ref->arena, *word)->number : 0;
	cn_leave(ref, pool);
	return number;
}

int cn_pool_result(
		const struct cn_ref *ref, uint64_t number, bool watch, uint32_t *result, cn_time *ended) {
	struct cn_pool *pool;
	int err = cn_pool_enter(ref, &pool);
	if (err < 0) {
		return err;
	}
	cn_off *word = find_number(ref->arena, pool, number);
	if (word != NULL) {
		struct cn_job *job = cn_pool_job_at(ref->arena, *word);
		*result = job->state == CN_JOB_DONE ? job->result : 0;
		if (*result == 0 && !cn_owner_is_alive(ref->arena, pool->owner)) {
			*result = CN_RESULT(CN_TASK_KILLED, SIGKILL); // nobody is there to do it
		}
		job->flags |= watch ? CN_JOB_WATCHED : 0;
		if (ended != NULL) {
			*ended = job->ended;
		}
	}
	cn_leave(ref, pool);
	return word != NULL ? 0 : -ENOENT;
}

int cn_pool_job_look(const struct cn_ref *ref, uint64_t number, enum cn_job_state *state,
		pid_t *worker, cn_time *began) {
	struct cn_pool *pool;
	int err = cn_pool_enter(ref, &pool);
	if (err < 0) {
		return err;
	}
	cn_off *word = find_number(ref->arena, pool, number);
	if (word != NULL) {
		const struct cn_job *job = cn_pool_job_at(ref->arena, *word);
		*state = (enum cn_job_state)job->state;
		*worker = cn_pool_job_worker(pool, job);
		if (began != NULL) {
			*began = job->began;
		}
	}
	cn_leave(ref, pool);
	return word != NULL ? 0 : -ENOENT;
}

int cn_pool_job_kill(const struct cn_ref *ref, uint64_t number, int sig, bool group) {
	struct cn_pool *pool;
	int err = cn_pool_enter(ref, &pool);
	if (err < 0) {
		return err;
	}
	cn_off *word = find_number(ref->arena, pool, number);
	const struct cn_job *job = word != NULL ? cn_pool_job_at(ref->arena, *word) : NULL;
	pid_t worker = job != NULL ? cn_pool_job_worker(pool, job) : 0;
	// Before the mutex is free it cannot go on to another job.
	if (worker > 0) {
		err = kill(group ? -worker : worker, sig) == 0 ? 0 : -errno;
	} else {
		err = job == NULL ? -ENOENT : job->state == CN_JOB_QUEUED ? -EAGAIN : -ESRCH;
	}
	cn_leave(ref, pool);
	return err;
}

static struct cn_waiter *in_line(struct cn_arena *arena, struct cn_pool *pool, cn_owner self) {
	struct cn_waiter *at = NULL;
	while ((at = cn_waiters_next(arena, &pool->line, at)) != NULL) {
		if (at->owner == self) {
			return at;
		}
	}
	return NULL;
}

int cn_pool_watch(const struct cn_ref *ref, cn_owner self) {
	struct cn_pool *pool;
	int err = cn_pool_enter(ref, &pool);
	if (err < 0) {
		return err;
	}
	cn_waiters_head(ref->arena, &pool->line); // the dead go
	if (in_line(ref->arena, pool, self) == NULL) {
		struct cn_waiter *waiter;
		err = cn_waiters_add(ref->arena, &pool->line, self, ++pool->line.tickets, 0, &waiter);
	}
	cn_leave(ref, pool);
	return err;
}

void cn_pool_unwatch(const struct cn_ref *ref, cn_owner self) {
	struct cn_pool *pool;
	if (cn_pool_enter(ref, &pool) < 0) {
		return;
	}
	struct cn_waiter *waiter = in_line(ref->arena, pool, self);
	if (waiter != NULL) {
		cn_waiters_remove(ref->arena, &pool->line, waiter);
	}
	cn_leave(ref, pool);
}

static void unuse_defs(struct cn_arena *arena, const struct cn_job *job) {
	struct cn_defs *defs = defs_at(arena, job->defs);
	if (defs != NULL && defs->uses > 0) {
		defs->uses--;
	}
}

int cn_pool_take(const struct cn_ref *ref, uint64_t number, struct cn_taken *taken) {
	struct cn_arena *arena = ref->arena;
	struct cn_pool *pool;
	int err = cn_pool_enter(ref, &pool);
	if (err < 0) {
		return err;
	}
	*taken = (struct cn_taken){ 0 };
	cn_off *word = find_number(arena, pool, number);
	struct cn_job *job = word != NULL ? cn_pool_job_at(arena, *word) : NULL;
	bool orphan = job != NULL && !cn_owner_is_alive(arena, pool->owner);
	err = job == NULL ? -ENOENT : job->state != CN_JOB_DONE && !orphan ? -EBUSY : 0;
	if (err == 0) {
		taken->result = job->result;
		taken->output_len = job->output_len;
		taken->began = job->began;
		taken->ended = job->ended;
		cn_off output = job->output;
		err = output != 0 ? cn_alloc_take(arena, &job->output, 0) : 0;
		taken->output = err == 0 ? output : 0;
	}
	if (err == 0) {
		unuse_defs(arena, job);
		cn_alloc_retire(arena, word, job->chain);
	}
	cn_leave(ref, pool);
	return err;
}

int cn_pool_jobs(const struct cn_ref *ref, cn_owner owner, uint64_t **out, size_t *count) {
	struct cn_pool *pool;
	int err = cn_pool_enter(ref, &pool);
	if (err < 0) {
		return err;
	}
	struct place *places;
	err = sorted(ref->arena, pool, UINT32_MAX, owner, &places, count);
	cn_leave(ref, pool);
	if (err < 0) {
		return err;
	}
	*out = (uint64_t *)places; // each place is larger than a number
	for (size_t i = 0; i < *count; i++) {
		uint64_t number = places[i].number;
		memcpy(&(*out)[i], &number, sizeof(number));
	}
	return 0;
}

int cn_pool_job_name(const struct cn_ref *ref, uint64_t number, struct cn_buf *out) {
	struct cn_pool *pool;
	int err = cn_pool_enter(ref, &pool);
	if (err < 0) {
		return err;
	}
	cn_off *word = find_number(ref->arena, pool, number);
	const char *name = word != NULL ? name_of(cn_pool_job_at(ref->arena, *word)) : NULL;
	if (name != NULL) {
		cn_buf_puts(out, name);
	} else {
		cn_buf_printf(out, "%s.%llu", cn_object_name(&pool->object),
				(unsigned long long)(number & ~NAMED_BIT));
	}
	cn_leave(ref, pool);
	return 0;
}

// ---- the ends of jobs ---------------------------------------------------------------------------

static void tell(struct cn_arena *arena, struct cn_pool *pool, const struct cn_job *job) {
	bool idle = pool->queued == 0 && pool->running == 0;
	if ((job->flags & CN_JOB_WATCHED) != 0 || idle) {
		cn_waiters_ring_all(arena, &pool->line);
	}
	pid_t pid = (job->flags & CN_JOB_THEN) != 0 && cn_owner_is_alive(arena, job->owner)
			? cn_owner_pid(arena, job->owner)
			: 0;
	if (pid > 0) {
		cn_process_tell(pid, 0);
	}
}

void cn_pool_end_job(struct cn_arena *arena, struct cn_pool *pool, struct cn_job *job,
		uint32_t result, uint64_t *left) {
	job->result = result;
	job->ended = cn_now();
	job->state = CN_JOB_DONE; // from here
	*left -= *left > 0;
	pool->done++;
	pool->failed += cn_task_status(result) != 0;
	tell(arena, pool, job);
}

// Take the job out of the queue.
static void unqueue(struct cn_arena *arena, struct cn_pool *pool, cn_off off) {
	cn_off before = 0;
	for (cn_off at = pool->first; at != 0 && at != off; at = cn_pool_job_at(arena, at)->next) {
		before = at;
	}
	cn_off next = cn_pool_job_at(arena, off)->next;
	if (before != 0) {
		cn_pool_job_at(arena, before)->next = next;
	} else {
		pool->first = next;
	}
	pool->tail = pool->tail == off ? before : pool->tail;
}

int cn_pool_cancel(const struct cn_ref *ref, uint64_t number) {
	struct cn_pool *pool;
	int err = cn_pool_enter(ref, &pool);
	if (err < 0) {
		return err;
	}
	cn_off *word = find_number(ref->arena, pool, number);
	struct cn_job *job = word != NULL ? cn_pool_job_at(ref->arena, *word) : NULL;
	err = job == NULL ? -ENOENT : job->state != CN_JOB_QUEUED ? -EBUSY : 0;
	if (err == 0) {
		unqueue(ref->arena, pool, *word);
		cn_pool_end_job(ref->arena, pool, job, CN_RESULT(CN_TASK_KILLED, SIGTERM), &pool->queued);
	}
	cn_leave(ref, pool);
	return err;
}

static void abandon_queue(struct cn_arena *arena, struct cn_pool *pool, uint32_t result) {
	struct cn_job *job;
	while ((job = cn_pool_job_at(arena, pool->first)) != NULL) {
		pool->first = job->next;
		cn_pool_end_job(arena, pool, job, result, &pool->queued);
	}
	pool->tail = 0;
}

int cn_pool_abandon(struct cn_arena *arena, struct cn_pool *pool, uint32_t result, int broken) {
	int err = cn_object_lock(arena, &pool->object);
	if (err == 0) {
		pool->broken = (uint32_t)broken;
		abandon_queue(arena, pool, result);
		cn_waiters_ring_all(arena, &pool->line);
		cn_object_unlock(&pool->object);
	}
	return err;
}

int cn_pool_set_phase(const struct cn_ref *ref, enum cn_pool_phase phase) {
	struct cn_pool *pool;
	int err = cn_pool_enter(ref, &pool);
	if (err < 0) {
		return err;
	}
	if (pool->phase < phase) {
		pool->phase = phase;
	}
	if (phase == CN_POOL_TERMINATED) {
		abandon_queue(ref->arena, pool, CN_RESULT(CN_TASK_KILLED, SIGTERM));
	}
	cn_pool_wake_workers(pool, true);
	cn_pool_ring_keeper(pool);
	cn_waiters_ring_all(ref->arena, &pool->line);
	cn_leave(ref, pool);
	return 0;
}
