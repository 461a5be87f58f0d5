/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "plugin/cmd/pool_task.h"

#include <ctype.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "lib/base/fd.h"
#include "lib/base/map.h"
#include "lib/base/vec.h"
#include "lib/shm/alloc.h"
#include "plugin/cmd/pool_run.h"
#include "plugin/command.h"
#include "plugin/futures.h"
#include "plugin/host.h"

// What -i is defined as.
static const char init_function[] = "_conch_pool_init";

// A crew's data: the same in all copies, but for what is marked.
struct tasks_of {
	struct cn_ref ref;
	char name[CN_NAME_MAX + 1];
	bool has_init;
	// The process's own.
	uint32_t tid; // whose pin `pool` is
	struct cn_pool *pool; // NULL: it was destroyed
	// The keeper's, inherited by the workers.
	int logs[CN_POOL_SEATS]; // stdout of the workers, 0: none yet
	// A worker's.
	uint32_t slot;
	struct cn_job *job; // NULL: none
	struct cn_buf text; // its words
	struct cn_vec words; // char *
	struct cn_map defined; // by name, the hash of a function that travelled here
	cn_off defs; // the last that were looked at
	char init[]; // shell code
};

static struct cn_pool *pool_of(void *data) {
	struct tasks_of *t = data;
	if (t->tid != cn_self()->tid) {
		t->tid = cn_self()->tid;
		if (cn_pin(&t->ref, (void **)&t->pool) < 0) {
			t->pool = NULL;
		}
	}
	return t->pool != NULL && !cn_object_is_dead(&t->pool->object) ? t->pool : NULL;
}

// ---- the keeper's side ----

static uint32_t places(void *data) {
	struct cn_pool *pool = pool_of(data);
	if (pool == NULL) {
		return 0;
	}
	uint32_t seats = cn_pool_seats(pool);
	pool->most = seats > pool->most ? seats : pool->most;
	return pool->most;
}

static struct cn_seat *seat(void *data, uint32_t slot) {
	pool_of(data);
	return &((struct tasks_of *)data)->pool->seats[slot].seat; // pinned, also when it is dead
}

static bool wants(void *data, uint32_t slot) {
	struct cn_pool *pool = pool_of(data);
	return pool != NULL && pool->broken == 0 && slot < cn_pool_seats(pool) &&
			(pool->phase == CN_POOL_OPEN || pool->queued > 0);
}

static bool is_over(void *data) {
	struct cn_pool *pool = pool_of(data);
	return pool == NULL || pool->phase == CN_POOL_TERMINATED ||
			(pool->phase == CN_POOL_CLOSED && pool->queued == 0);
}

static enum cn_source_stop stopped(void *data) {
	struct cn_pool *pool = pool_of(data);
	bool killed = pool == NULL || pool->phase == CN_POOL_TERMINATED;
	return killed ? CN_SOURCE_KILLED : pool->broken != 0 ? CN_SOURCE_STOPPED : CN_SOURCE_GOES_ON;
}

static uint64_t progress(void *data) {
	struct cn_pool *pool = pool_of(data);
	return pool != NULL ? pool->started : 0;
}

static void fail(void *data, int err) {
	struct cn_pool *pool = pool_of(data);
	if (pool != NULL && pool->broken == 0) {
		cn_pool_abandon(((struct tasks_of *)data)->ref.arena, pool,
				CN_RESULT(CN_TASK_EXITED, STATUS_FAILED), -err);
	}
}

// What is in the log, as a block in flight. 0: nothing is; it does not fit: *full.
static cn_off take_log(struct tasks_of *t, int log, uint64_t *len, bool *full) {
	off_t size = lseek(log, 0, SEEK_END);
	cn_off off = 0;
	*len = size > 0 ? (uint64_t)size : 0;
	*full = size > 0 && cn_alloc(t->ref.arena, *len, &off) < 0;
	if (size <= 0 || *full) {
		return 0;
	}
	char *at = (char *)t->ref.arena->base + off;
	for (off_t from = 0; from < size;) {
		ssize_t n = pread(log, at + from, (size_t)(size - from), from);
		if (n <= 0) {
			*len = (uint64_t)from;
			break;
		}
		from += n;
	}
	return off;
}

// A log begins anew for every job.
static void empty_log(int log) {
	if (lseek(log, 0, SEEK_END) > 0) {
		int done = ftruncate(log, 0);
		(void)done;
	}
	lseek(log, 0, SEEK_SET);
}

static int end_job(struct tasks_of *t, struct cn_pool *pool, uint32_t slot, uint32_t result) {
	uint64_t len = 0;
	bool full = false;
	cn_off output = t->logs[slot] > 0 ? take_log(t, t->logs[slot], &len, &full) : 0;
	if (full) {
		fprintf(stderr, "pool: %s: %s: output of a task is lost\n", t->name, cn_strerror(-ENOSPC));
		result = CN_RESULT(CN_TASK_EXITED, STATUS_FAILED);
	}
	return cn_pool_finish(t->ref.arena, pool, slot, result, output, output != 0 ? len : 0);
}

static int bury(void *data, uint32_t slot, int status) {
	struct tasks_of *t = data;
	struct cn_pool *pool = pool_of(t);
	if (pool == NULL) {
		return 0;
	}
	pool->restarts += status != 0;
	bool killed = status > STATUS_SIGNAL;
	return end_job(t, pool, slot,
			killed ? CN_RESULT(CN_TASK_KILLED, status - STATUS_SIGNAL)
				   : CN_RESULT(CN_TASK_EXITED, status));
}

static int prepare(void *data, uint32_t slot) {
	struct tasks_of *t = data;
	if (t->logs[slot] <= 0) {
		int log = cn_fd_memory("conch-log");
		if (log < 0) {
			return log;
		}
		t->logs[slot] = log;
	}
	empty_log(t->logs[slot]);
	return 0;
}

// ---- functions that travel ----

static bool is_in_name(char c) {
	return isalnum((unsigned char)c) || strchr("_-.:+@%,!?/", c) != NULL;
}

static int add_defs(const char *word, struct cn_map *seen, struct cn_buf *out);

// The functions whose names stand in a text.
static int add_mentioned(const char *text, struct cn_map *seen, struct cn_buf *out) {
	int err = 0;
	char name[CN_NAME_MAX + 1];
	for (const char *at = text; *at != '\0' && err == 0;) {
		size_t len = 0;
		while (at[len] != '\0' && is_in_name(at[len])) {
			len++;
		}
		if (len > 0 && len <= CN_NAME_MAX && !isdigit((unsigned char)*at)) {
			snprintf(name, sizeof(name), "%.*s", (int)len, at);
			err = add_defs(name, seen, out);
		}
		at += len > 0 ? len : 1;
	}
	return err;
}

static int add_defs(const char *word, struct cn_map *seen, struct cn_buf *out) {
	struct host_command found;
	if (cn_map_get(seen, word, strlen(word)) != NULL) {
		return 0;
	}
	struct cn_buf code = CN_BUF_INIT;
	int err = host->definition(word, &code);
	if (err == 0 && !code.failed) {
		err = cn_map_set(seen, word, strlen(word), &found, NULL); // any value but NULL
		cn_buf_append(out, word, strlen(word) + 1);
		cn_buf_append(out, code.data, code.len + 1);
		err = err == 0 ? add_mentioned(code.data, seen, out) : err;
	} else {
		err = code.failed ? -ENOMEM : 0; // no function, or none that can be told
	}
	cn_buf_finish(&code);
	return err == 0 && out->failed ? -ENOMEM : err;
}

int pool_task_defs(char *const words[], size_t count, struct cn_buf *out) {
	struct cn_map seen = CN_MAP_INIT;
	int err = 0;
	for (size_t i = 0; i < count && err == 0; i++) {
		err = add_defs(words[i], &seen, out);
	}
	cn_map_finish(&seen);
	return err;
}

// Define those of the job that are not what this worker has.
static void define_functions(struct tasks_of *t) {
	const struct cn_defs *defs = CN_AT(t->ref.arena, t->job->defs, struct cn_defs);
	if (defs == NULL || t->defs == t->job->defs) {
		return;
	}
	const char *end = defs->text + defs->len;
	for (const char *name = defs->text; name < end;) {
		const char *code = name + strlen(name) + 1;
		size_t len = strlen(code);
		void *hash = (void *)((uintptr_t)cn_hash(code, len) << 8 | 1);
		if (cn_map_get(&t->defined, name, strlen(name)) != hash && host->define(name, code) == 0) {
			cn_map_set(&t->defined, name, strlen(name), hash, NULL);
		}
		name = code + len + 1;
	}
	t->defs = t->job->defs;
}

// ---- a worker ----

static int make_words(struct tasks_of *t) {
	cn_buf_reset(&t->text);
	cn_vec_reset(&t->words);
	if (cn_buf_append(&t->text, t->job->words, t->job->words_len) < 0) {
		return -ENOMEM;
	}
	char *at = t->text.data;
	for (uint32_t i = 0; i < t->job->count; i++) {
		if (cn_vec_push(&t->words, at) < 0) {
			return -ENOMEM;
		}
		at += strlen(at) + 1;
	}
	return 0;
}

static int run_words(struct tasks_of *t) {
	char **words = (char **)t->words.items;
	struct host_command found;
	host->find(words[0], &found);
	int status = STATUS_NOT_FOUND;
	if (found.kind == HOST_NOTHING) {
		fprintf(stderr, "pool: %s: %s: command not found\n", t->name, words[0]);
	} else {
		status = pool_run(&found, words, t->words.len, "submit");
	}
	free(found.path);
	return status;
}

static int run_job(struct tasks_of *t) {
	define_functions(t);
	return make_words(t) < 0 ? STATUS_FAILED : run_words(t);
}

static void finish_job(struct tasks_of *t, int status) {
	host->task_end(&status);
	host->flush();
	t->job = NULL;
	t->pool->seats[t->slot].done++;
	end_job(t, t->pool, t->slot, CN_RESULT(CN_TASK_EXITED, status & 0xff));
	empty_log(STDOUT_FILENO);
}

static int run_jobs(void *data) {
	struct tasks_of *t = data;
	struct cn_pool *pool = t->pool;
	for (;;) {
		uint32_t seen = pool->news;
		switch (cn_pool_claim(t->ref.arena, pool, t->slot, &t->job)) {
		case CN_POOL_JOB:
			finish_job(t, run_job(t));
			break;
		case CN_POOL_WAIT:
			cn_pool_sleep(pool, seen);
			break;
		case CN_POOL_END:
			return 0;
		}
	}
}

static int call_init(void *data) {
	char *words[] = { (char *)(uintptr_t)init_function, NULL };
	return host->run(words, 1);
}

// The initializer; a worker in which it fails is none.
static void initialize(struct tasks_of *t) {
	bool left;
	if (!t->has_init) {
		return;
	}
	int status = host->define(init_function, t->init) < 0 ? STATUS_USAGE
														  : host->guard(call_init, t, &left);
	host->flush();
	if (status != 0) {
		fprintf(stderr, "pool: %s: -i: status %d\n", t->name, status);
		_exit(status);
	}
	empty_log(STDOUT_FILENO);
}

static void work(void *data, uint32_t slot) {
	struct tasks_of *t = data;
	struct cn_pool *pool = pool_of(t);
	if (pool == NULL) {
		return;
	}
	dup2(t->logs[slot], STDOUT_FILENO);
	t->slot = slot;
	t->job = NULL;
	pool->seats[slot].done = 0;
	host->child_begin();
	future_take_seat(t->name, slot);
	initialize(t);
	host->worker_begin(); // what the initializer has set stays
	pool->started++;
	for (;;) {
		bool left = false;
		int status = host->guard(run_jobs, t, &left);
		if (!left) {
			break;
		}
		if (t->job != NULL) {
			finish_job(t, status); // exit, set -e and the like end the job, not the worker
		}
	}
	host->flush();
}

static const struct cn_source pool_source = {
	.places = places,
	.seat = seat,
	.wants = wants,
	.is_over = is_over,
	.stopped = stopped,
	.progress = progress,
	.bury = bury,
	.fail = fail,
	.prepare = prepare,
	.work = work,
};

struct cn_crew *pool_task_crew(const struct cn_ref *ref, const char *name, const char *init) {
	struct cn_crew *crew = calloc(1, sizeof(*crew));
	size_t init_size = init != NULL ? strlen(init) + 1 : 0;
	struct tasks_of *t = calloc(1, sizeof(*t) + init_size);
	struct cn_pool *pool;
	if (crew == NULL || t == NULL || cn_pin(ref, (void **)&pool) < 0) {
		free(crew);
		free(t);
		return NULL;
	}
	t->ref = *ref;
	snprintf(t->name, sizeof(t->name), "%s", name);
	t->has_init = init != NULL;
	if (init != NULL) {
		memcpy(t->init, init, init_size);
	}
	cn_buf_init(&t->text);
	*crew = (struct cn_crew){
		.source = &pool_source,
		.data = t,
		.limit = CN_NEVER,
		.bell = -1,
		.life = &pool->keeper,
		.keeper_fd = -1,
	};
	cn_unpin(ref, pool); // the keeper pins it for itself; its address stays
	return crew;
}
