/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "plugin/cmd/pool_over.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/base/buf.h"
#include "lib/base/vec.h"
#include "plugin/cmd/pool_named.h"
#include "plugin/cmd/pool_task.h"
#include "plugin/futures.h"
#include "plugin/host.h"
#include "plugin/report.h"

// Calls that are submitted and not yet collected, per worker.
enum { AHEAD = 32, READ_SIZE = 64 << 10 };

// A call on its way.
struct going {
	struct future future;
	uint64_t seq; // from 1; 0: collected
};

struct map {
	struct pool_over *over;
	struct tasks *tasks;
	struct cn_ref pool;
	struct cn_buf text; // items that were read; those before `at` are done with
	size_t at;
	bool ended; // nothing follows in the input
	size_t lists; // fields that make an item
	struct cn_vec fields; // char *, of the call
	struct cn_buf copy; // where they stand
	struct cn_buf defs;
	bool has_defs;
	struct going *window; // a ring
	size_t room;
	uint64_t first; // collected up to there: window[first % room] is the oldest
	uint64_t seq; // submitted
	uint64_t failed;
	struct cn_vec outputs; // char *, with -v
	struct cn_vec statuses; // char *, heap
};

// ---- items ------------------------------------------------------------------------------------

// More input into the text. 1, 0 at its end, or a negative errno.
static int read_more(struct map *m) {
	struct pool_over *over = m->over;
	memmove(m->text.data, m->text.data + m->at, m->text.len - m->at);
	cn_buf_truncate(&m->text, m->text.len - m->at);
	m->at = 0;
	if (over->input < 0) {
		return items_next(over->items, &m->text);
	}
	int err = cn_buf_reserve(&m->text, READ_SIZE + 1);
	ssize_t n = err < 0 ? err : read(over->input, m->text.data + m->text.len, READ_SIZE);
	if (n < 0) {
		return err < 0 ? err : -errno;
	}
	cn_buf_truncate(&m->text, m->text.len + (size_t)n);
	if (n == 0 && m->text.len > 0 && m->text.data[m->text.len - 1] != (char)over->delim) {
		cn_buf_putc(&m->text, (char)over->delim);
	}
	return n > 0;
}

// The next item, NUL-terminated, into the copy. 1, 0: there are no more, or a negative errno.
static int next_item(struct map *m) {
	for (;;) {
		size_t left = m->text.len - m->at;
		char *end = left > 0 ? memchr(m->text.data + m->at, m->over->delim, left) : NULL;
		if (end != NULL) {
			size_t len = (size_t)(end - m->text.data) - m->at;
			cn_buf_append(&m->copy, m->text.data + m->at, len);
			cn_buf_putc(&m->copy, '\0');
			m->at += len + 1;
			return m->copy.failed ? -ENOMEM : 1;
		}
		if (m->ended) {
			return 0;
		}
		int more = read_more(m);
		if (more == -EINTR) {
			host->pending();
		} else if (more < 0) {
			return more;
		}
		m->ended = more == 0;
	}
}

// The items of a call as fields. 1, 0 or a negative errno.
static int next_fields(struct map *m) {
	const struct pool_map_args *args = m->over->args;
	uint64_t want = (args->per_call > 0 ? (uint64_t)args->per_call : 1) * m->lists;
	cn_buf_reset(&m->copy);
	cn_vec_reset(&m->fields);
	uint64_t count = 0;
	int more = 1;
	while (count < want && (more = next_item(m)) > 0) {
		count++;
	}
	if (more < 0 || count == 0) {
		return more < 0 ? more : 0;
	}
	char *end = m->copy.data + m->copy.len;
	for (char *at = m->copy.data; at < end;) {
		size_t len = args->colsep != NULL ? strcspn(at, args->colsep) : strlen(at);
		if (cn_vec_push(&m->fields, at) < 0) {
			return -ENOMEM;
		}
		at[len] = '\0';
		at += len + 1;
	}
	return 1;
}

// ---- calls ------------------------------------------------------------------------------------

// `-c` code that asks for its number gets it as the first argument.
static int add_number(struct map *m) {
	struct pool_worker *worker = m->over->worker;
	struct cn_buf code = CN_BUF_INIT;
	cn_buf_printf(&code, "CONCH_ITEM=$1; shift\n%s", m->over->args->code);
	int err = code.failed ? -ENOMEM : host->define(worker->code_function, code.data);
	cn_buf_finish(&code);
	return err;
}

// 1: submitted; 0: no more items; a negative errno.
static int submit_next(struct map *m) {
	struct pool_worker *worker = m->over->worker;
	char number[24];
	int more = next_fields(m);
	if (more <= 0) {
		return more;
	}
	m->seq++;
	if (worker->numbered) {
		snprintf(number, sizeof(number), "%llu", (unsigned long long)m->seq);
		if (cn_vec_insert(&m->fields, 0, number) < 0) {
			return -ENOMEM;
		}
	}
	struct words_call call = {
		.fields = (char **)m->fields.items,
		.count = m->fields.len,
		.seq = m->seq,
		.slot = (uint32_t)(m->seq % m->room) + 1,
	};
	char **words;
	int count = words_fill(worker->words, &call, &words);
	if (count < 0) {
		return count;
	}
	if (!m->has_defs || worker->varies) {
		cn_buf_reset(&m->defs);
		m->has_defs = true;
		pool_task_defs(words, (size_t)count, &m->defs);
	}
	struct going *going = &m->window[(m->seq - 1) % m->room];
	struct cn_job_setup setup = {
		.owner = m->tasks->self,
		.words = words,
		.count = (size_t)count,
		.defs = &m->defs,
		.flags = CN_JOB_WATCHED,
	};
	going->future.pool = m->pool;
	int err = cn_pool_submit(&m->pool, &setup, &going->future.number);
	going->seq = err == 0 ? m->seq : 0;
	return err < 0 ? err : 1;
}

// With -v or --status: what comes at `seq`.
static int keep(struct cn_vec *vec, uint64_t seq, const char *data, size_t len) {
	while (vec->len < seq) {
		if (cn_vec_push(vec, NULL) < 0) {
			return -ENOMEM;
		}
	}
	char *copy = malloc(len + 1);
	if (copy != NULL) {
		memcpy(copy, data, len);
		copy[len] = '\0';
	}
	vec->items[seq - 1] = copy;
	return copy != NULL ? 0 : -ENOMEM;
}

static int collect(struct map *m, struct going *going) {
	const struct pool_map_args *args = m->over->args;
	struct cn_buf output = CN_BUF_INIT;
	uint32_t result = 0;
	int err = future_collect(&going->future, &result, args->outputs != NULL ? &output : NULL);
	int status = err == -ENOENT ? STATUS_SIGNAL + SIGKILL : cn_task_status(result);
	m->failed += status != 0;
	err = err == -ENOENT ? 0 : err;
	if (err == 0 && args->outputs != NULL) {
		while (output.len > 0 && output.data[output.len - 1] == '\n') {
			output.len--;
		}
		err = keep(&m->outputs, going->seq, output.data, output.len);
	}
	if (err == 0 && args->statuses != NULL) {
		char text[8];
		int len = snprintf(text, sizeof(text), "%d", status);
		err = keep(&m->statuses, going->seq, text, (size_t)len);
	}
	cn_buf_finish(&output);
	going->seq = 0;
	return err;
}

static bool is_done(const struct going *going) {
	uint32_t result = 0;
	return going->seq != 0 && (future_result(&going->future, &result, NULL) < 0 || result != 0);
}

// Collect what is done: in order, or all. *count tells how many. 0 or a negative errno.
static int collect_some(struct map *m, size_t *count) {
	int err = 0;
	*count = 0;
	for (uint64_t i = m->first; i < m->seq && err == 0; i++) {
		struct going *going = &m->window[i % m->room];
		if (is_done(going)) {
			err = collect(m, going);
			++*count;
		} else if (going->seq != 0 && !m->over->args->unordered) {
			break;
		}
	}
	while (m->first < m->seq && m->window[m->first % m->room].seq == 0) {
		m->first++;
	}
	return err;
}

static int map_all(struct map *m) {
	bool more = true;
	for (;;) {
		int err = 0;
		while (more && m->seq - m->first < m->room && err >= 0) {
			err = submit_next(m);
			more = err > 0;
		}
		size_t count = 0;
		err = err < 0 ? err : collect_some(m, &count);
		if (err < 0 || (!more && m->first == m->seq)) {
			return err;
		}
		if (count == 0) {
			tasks_wait(CN_NEVER);
			if (host->is_interrupted()) {
				return -EINTR;
			}
		}
	}
}

// ---- the whole ----------------------------------------------------------------------------------

// Nobody will collect what is still on its way.
static void abandon(void *data) {
	struct map *m = data;
	struct cn_taken taken;
	for (uint64_t i = m->first; i < m->seq; i++) {
		struct going *going = &m->window[i % m->room];
		if (going->seq != 0) {
			cn_pool_cancel(&m->pool, going->future.number);
			cn_pool_take(&m->pool, going->future.number, &taken);
		}
	}
}

static int set_array(const struct map *m, const char *name, const struct cn_vec *values) {
	struct host_text *texts = calloc(values->len + 1, sizeof(*texts));
	for (size_t i = 0; texts != NULL && i < values->len; i++) {
		const char *text = values->items[i] != NULL ? values->items[i] : "";
		texts[i] = (struct host_text){ text, strlen(text) };
	}
	int err = texts != NULL ? host->set_array(name, texts, values->len) : -ENOMEM;
	free(texts);
	return err < 0 ? cmd_result(m->over->cmd, name, err, NULL) : STATUS_OK;
}

static int finish(struct map *m, int err) {
	const struct pool_map_args *args = m->over->args;
	int status = m->failed > 100 ? 101 : (int)m->failed;
	if (err == -EINTR) {
		status = STATUS_SIGNAL + SIGINT;
	} else if (err == -EPIPE) {
		status = STATUS_CLOSED;
	} else if (err < 0) {
		status = cmd_fail(m->over->cmd, STATUS_FAILED, "%s", cn_strerror(err));
	}
	if (args->outputs != NULL) {
		int given = set_array(m, args->outputs, &m->outputs);
		status = given != STATUS_OK ? given : status;
	}
	if (args->statuses != NULL) {
		int given = set_array(m, args->statuses, &m->statuses);
		status = given != STATUS_OK ? given : status;
	}
	return status;
}

static void free_all(struct cn_vec *vec) {
	for (size_t i = 0; i < vec->len; i++) {
		free(vec->items[i]);
	}
	cn_vec_finish(vec);
}

// What only the engine of a map of its own can do.
static int check_options(const struct pool_over *over) {
	const struct pool_map_args *args = over->args;
	const struct {
		bool given;
		const char *name;
	} refused[] = {
		{ args->line_buffer, "--line-buffer" },
		{ args->ungroup, "--ungroup" },
		{ args->tag, "--tag" },
		{ args->prefix != NULL, "--prefix" },
		{ args->reply, "--reply" },
		{ args->limit != CN_NEVER, "-t" },
		{ args->nice != 0, "--nice" },
		{ args->fresh, "--fresh" },
		{ args->as_many, "-X" },
		{ args->jobs != NULL, "-j" },
		{ args->bar, "--bar" },
		{ args->eta, "--eta" },
		{ args->retries != 0, "--retries" },
		{ args->backoff != 0, "--backoff" },
		{ args->delay != 0, "--delay" },
		{ args->halt != NULL, "--halt" },
		{ args->load != NULL, "--load" },
		{ args->memfree != 0, "--memfree" },
		{ args->joblog != NULL, "--joblog" },
		{ args->resume || args->resume_failed, "--resume" },
		{ args->results != NULL, "--results" },
		{ args->header, "--header" },
		{ args->pipe, "--pipe" },
		{ args->then != NULL, "--then" },
	};
	for (size_t i = 0; i < sizeof(refused) / sizeof(*refused); i++) {
		if (refused[i].given) {
			return cmd_fail(over->cmd, STATUS_USAGE, "%s does not go with -p", refused[i].name);
		}
	}
	return STATUS_OK;
}

int pool_over_run(struct pool_over *over) {
	struct map *m = calloc(1, sizeof(*m));
	if (m == NULL) {
		return cmd_result(over->cmd, NULL, -ENOMEM, NULL);
	}
	m->over = over;
	m->lists = items_fields(over->items) > 0 ? items_fields(over->items) : 1;
	struct cn_pool_info info = { 0 };
	int status = check_options(over);
	status = status == STATUS_OK ? pool_open(over->cmd, over->args->pool, &m->tasks, &m->pool)
								 : status;
	if (status != STATUS_OK) {
		free(m);
		return status;
	}
	cn_pool_info(&m->pool, &info);
	m->room = (size_t)info.want * AHEAD;
	m->window = calloc(m->room, sizeof(*m->window));
	cn_buf_init(&m->text);
	cn_buf_init(&m->copy);
	cn_buf_init(&m->defs);
	int err = m->window == NULL ? -ENOMEM : over->worker->numbered ? add_number(m) : 0;
	if (err == 0) {
		struct future any = { m->pool, 0 };
		host->protect(abandon, m);
		future_watch(m->tasks, &any, 1);
		err = map_all(m);
		future_unwatch(m->tasks, &any, 1);
		host->unprotect();
		abandon(m);
	}
	status = finish(m, err);
	free(m->window);
	cn_buf_finish(&m->text);
	cn_buf_finish(&m->copy);
	cn_buf_finish(&m->defs);
	cn_vec_finish(&m->fields);
	free_all(&m->outputs);
	free_all(&m->statuses);
	free(m);
	return status;
}
