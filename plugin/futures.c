/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "plugin/futures.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/number.h"
#include "lib/shm/alloc.h"
#include "plugin/host.h"

// Which seat a worker has; exported, so that the scripts it starts know it too.
static const char seat_variable[] = "CONCH_POOL_SEAT";

// ---- finding ----

// POOL.NUMBER, where there is no job with such a name of its own.
static int find_numbered(struct cn_arena *arena, const char *name, struct future *out) {
	const char *dot = strrchr(name, '.');
	char pool[CN_NAME_MAX + 1];
	int64_t number;
	if (dot == NULL || dot == name || (size_t)(dot - name) > CN_NAME_MAX || dot[1] == '0' ||
			cn_parse_int(dot + 1, 1, INT64_MAX, &number) < 0) {
		return -ENOENT;
	}
	snprintf(pool, sizeof(pool), "%.*s", (int)(dot - name), name);
	int err = cn_pool_find(arena, pool, &out->pool);
	out->number = (uint64_t)number;
	uint32_t result;
	return err == 0 ? future_result(out, &result, NULL) : err;
}

int future_find(struct cn_arena *arena, const char *name, struct future *out) {
	if (find_numbered(arena, name, out) == 0) {
		return 0;
	}
	struct cn_ref *refs;
	size_t count;
	if (cn_name_list(arena, CN_POOL, &refs, &count) < 0) {
		return -ENOENT;
	}
	int err = -ENOENT;
	for (size_t i = 0; i < count && err < 0; i++) {
		uint64_t number = cn_pool_job_named(&refs[i], name);
		if (number != 0) {
			*out = (struct future){ refs[i], number };
			err = 0;
		}
	}
	free(refs);
	return err;
}

int future_result(const struct future *future, uint32_t *result, cn_time *ended) {
	return cn_pool_result(&future->pool, future->number, false, result, ended);
}

static int add_own(
		const struct tasks *tasks, const struct cn_ref *pool, struct future **out, size_t *count) {
	uint64_t *numbers;
	size_t more;
	if (cn_pool_jobs(pool, tasks->self, &numbers, &more) < 0) {
		return 0; // gone meanwhile
	}
	struct future *futures = reallocarray(*out, *count + more + 1, sizeof(*futures));
	if (futures != NULL) {
		*out = futures;
		for (size_t i = 0; i < more; i++) {
			futures[(*count)++] = (struct future){ *pool, numbers[i] };
		}
	}
	free(numbers);
	return futures == NULL ? -ENOMEM : 0;
}

int future_list_own(const struct tasks *tasks, struct future **out, size_t *count) {
	*out = NULL;
	*count = 0;
	struct cn_ref *refs;
	size_t pools;
	int err = cn_name_list(tasks->arena, CN_POOL, &refs, &pools);
	if (err < 0) {
		return err;
	}
	for (size_t i = 0; i < pools && err == 0; i++) {
		err = add_own(tasks, &refs[i], out, count);
	}
	free(refs);
	if (err < 0) {
		free(*out);
		*out = NULL;
	}
	return err;
}

// ---- waiting ----

void future_take_seat(const char *pool, uint32_t slot) {
	char text[CN_NAME_MAX + 16];
	snprintf(text, sizeof(text), "%s %u", pool, slot);
	host->export(seat_variable, text);
}

// The seat of the task that we are, or are part of: it waits, or does no more.
static void set_blocked(struct cn_arena *arena, bool blocked) {
	const char *text = host->get(seat_variable);
	const char *blank = text != NULL ? strchr(text, ' ') : NULL;
	char name[CN_NAME_MAX + 1];
	int64_t slot;
	struct cn_ref ref;
	struct cn_pool *pool;
	if (blank == NULL || (size_t)(blank - text) > CN_NAME_MAX ||
			cn_parse_int(blank + 1, 0, CN_POOL_SEATS - 1, &slot) < 0) {
		return;
	}
	snprintf(name, sizeof(name), "%.*s", (int)(blank - text), text);
	if (cn_pool_find(arena, name, &ref) < 0 || cn_pin(&ref, (void **)&pool) < 0) {
		return;
	}
	pool->seats[slot].blocked = blocked;
	if (blocked) {
		cn_pool_ring_keeper(pool);
	}
	cn_unpin(&ref, pool);
}

int future_watch(const struct tasks *tasks, const struct future *futures, size_t count) {
	int err = 0;
	for (size_t i = 0; i < count && err == 0; i++) {
		uint32_t result;
		bool first = i == 0 || futures[i].pool.serial != futures[i - 1].pool.serial;
		err = first ? cn_pool_watch(&futures[i].pool, tasks->self) : 0;
		err = err == -ENOENT ? 0 : err;
		cn_pool_result(&futures[i].pool, futures[i].number, true, &result, NULL);
	}
	if (count > 0) {
		set_blocked(tasks->arena, true);
	}
	return err;
}

void future_unwatch(const struct tasks *tasks, const struct future *futures, size_t count) {
	for (size_t i = 0; i < count; i++) {
		if (i == 0 || futures[i].pool.serial != futures[i - 1].pool.serial) {
			cn_pool_unwatch(&futures[i].pool, tasks->self);
		}
	}
	if (count > 0) {
		set_blocked(tasks->arena, false);
	}
}

int future_wait(const struct tasks *tasks, const struct future *future, cn_time deadline,
		uint32_t *result) {
	*result = 0;
	if (future_result(future, result, NULL) < 0 || *result != 0) {
		return 0;
	}
	int err = future_watch(tasks, future, 1);
	while (err == 0 && future_result(future, result, NULL) == 0 && *result == 0) {
		err = tasks_wait(deadline);
	}
	future_unwatch(tasks, future, 1);
	return *result != 0 ? 0 : err;
}

// ---- collecting ----

int future_collect(const struct future *future, uint32_t *result, struct cn_buf *output) {
	struct cn_taken taken;
	int err = future_take(future, &taken, output);
	if (taken.result != 0) {
		*result = taken.result;
	}
	return err;
}

int future_take(const struct future *future, struct cn_taken *taken, struct cn_buf *output) {
	*taken = (struct cn_taken){ 0 };
	int err = cn_pool_take(&future->pool, future->number, taken);
	if (err < 0 || taken->output == 0) {
		return err;
	}
	struct cn_arena *arena = future->pool.arena;
	const void *data = cn_at(arena, taken->output, taken->output_len, 1);
	err = data == NULL		 ? -EBADMSG
			: output != NULL ? cn_buf_append(output, data, taken->output_len)
							 : host->write(data, taken->output_len);
	if (err == 0 && output == NULL) {
		err = host->flush();
	}
	cn_free(arena, taken->output);
	taken->output = 0;
	return err;
}
