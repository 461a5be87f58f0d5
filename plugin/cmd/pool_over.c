/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "plugin/cmd/pool_over.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "lib/base/buf.h"
#include "lib/base/fd.h"
#include "lib/base/vec.h"
#include "plugin/cmd/pool_joblog.h"
#include "plugin/cmd/pool_named.h"
#include "plugin/cmd/pool_prefix.h"
#include "plugin/cmd/pool_progress.h"
#include "plugin/cmd/pool_reader.h"
#include "plugin/cmd/pool_task.h"
#include "plugin/futures.h"
#include "plugin/host.h"
#include "plugin/report.h"
#include "plugin/task_job.h"

// Calls that are submitted and not yet collected, per worker; fewer where a result may be the last.
enum { AHEAD = 32, AHEAD_HALT = 2 };

// How often progress is drawn, and looked whether somebody still reads stdout.
#define TICK (100 * CN_MILLISECOND)

// Between the request to end and the kill.
#define GRACE (2 * CN_SECOND)

// A call that waits behind those of others is looked at this often, when its beginning matters.
#define LOOK_START (10 * CN_MILLISECOND)

// What was killed is gone long before; if not, its result stays until the script ends.
#define FORGET_WITHIN (2 * CN_SECOND)

// A call on its way.
struct going {
	struct future future;
	uint64_t seq; // from 1; 0: collected
	uint32_t tries; // that failed
	cn_time again_at; // it waits for its next try; 0: it does not
	cn_time late_since; // it was asked to end, since it takes too long; 0: it was not
	// What is needed again at the end, where something is.
	char *text; // its fields and words, each NUL-terminated; heap
	size_t text_len;
	uint32_t fields;
	uint32_t words;
};

struct map {
	struct pool_over *over;
	struct tasks *tasks;
	struct cn_ref pool;
	struct pool_reader reader; // of items
	struct cn_vec texts; // char *, of a call that is over
	struct cn_buf defs;
	bool has_defs;
	struct going *window; // a ring
	size_t room;
	uint64_t first; // collected up to there: window[first % room] is the oldest
	uint64_t seq; // submitted
	cn_time last_start; // of those that are known to have begun
	uint64_t over_calls;
	uint64_t failed; // of them
	int first_failure;
	bool stopped; // early
	bool keeps; // what a call was is needed at its end
	bool reads; // and what it printed
	struct pool_joblog log;
	struct pool_progress progress;
	bool open_line; // output has left the cursor in a line
	struct pool_prefix prefix;
	struct cn_vec outputs; // char *, with -v
	struct cn_vec statuses; // char *, heap
};

// Calls in all; 0: not known. When there is no `more` it is what there was.
static uint64_t total_calls(const struct map *m, bool more) {
	const struct pool_map_args *args = m->over->args;
	uint64_t per_call = args->per_call > 0 ? (uint64_t)args->per_call : 1;
	uint64_t total = args->as_many ? 0 : (m->over->total + per_call - 1) / per_call;
	return total > 0 || more ? total : m->seq;
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

static int submit_words(struct map *m, struct going *going, char *const words[], size_t count) {
	struct cn_job_setup setup = {
		.owner = m->tasks->self,
		.words = words,
		.count = count,
		.defs = &m->defs,
		.flags = CN_JOB_WATCHED,
	};
	if (!m->has_defs || m->over->worker->varies) {
		cn_buf_reset(&m->defs);
		m->has_defs = true;
		pool_task_defs(words, count, &m->defs);
	}
	going->future.pool = m->pool;
	going->late_since = 0;
	return cn_pool_submit(&m->pool, &setup, &going->future.number);
}

static int keep_text(struct map *m, struct going *going, char *const words[], size_t count) {
	struct cn_buf text = CN_BUF_INIT;
	for (size_t i = 0; i < m->reader.fields.len; i++) {
		cn_buf_append(&text, m->reader.fields.items[i], strlen(m->reader.fields.items[i]) + 1);
	}
	for (size_t i = 0; i < count; i++) {
		cn_buf_append(&text, words[i], strlen(words[i]) + 1);
	}
	going->fields = (uint32_t)m->reader.fields.len;
	going->words = (uint32_t)count;
	going->text_len = text.len;
	bool failed = text.failed;
	free(going->text);
	going->text = cn_buf_steal(&text);
	return failed || going->text == NULL ? -ENOMEM : 0;
}

// The texts that were kept, as fields and words behind them, NULL at the end.
static int kept_texts(struct map *m, const struct going *going) {
	cn_vec_reset(&m->texts);
	char *end = going->text + going->text_len;
	for (char *at = going->text; at < end; at += strlen(at) + 1) {
		if (cn_vec_push(&m->texts, at) < 0) {
			return -ENOMEM;
		}
	}
	return cn_vec_push(&m->texts, NULL);
}

// 1: submitted; 0: no more items; a negative errno.
static int submit_next(struct map *m) {
	struct pool_worker *worker = m->over->worker;
	char number[24];
	int more = pool_reader_next(&m->reader);
	if (more <= 0) {
		return more;
	}
	struct going *going = &m->window[m->seq % m->room];
	m->seq++;
	going->seq = 0;
	going->tries = 0;
	going->again_at = 0;
	if (pool_joblog_has(&m->log, m->seq)) {
		return 1; // another run has done it
	}
	if (worker->numbered) {
		snprintf(number, sizeof(number), "%llu", (unsigned long long)m->seq);
		if (cn_vec_insert(&m->reader.fields, 0, number) < 0) {
			return -ENOMEM;
		}
	}
	struct words_call call = {
		.fields = (char **)m->reader.fields.items,
		.count = m->reader.fields.len,
		.seq = m->seq,
		.slot = (uint32_t)(m->seq % m->room) + 1,
	};
	char **words;
	int count = words_fill(worker->words, &call, &words);
	if (count < 0) {
		return count;
	}
	if (worker->numbered) {
		cn_vec_remove(&m->reader.fields, 0);
	}
	int err = m->keeps ? keep_text(m, going, words, (size_t)count) : 0;
	err = err == 0 ? submit_words(m, going, words, (size_t)count) : err;
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

static int print_output(struct map *m, const struct going *going, const struct cn_buf *output) {
	const struct pool_map_args *args = m->over->args;
	if (output->len == 0) {
		return 0;
	}
	if (args->tag || args->prefix != NULL) {
		struct words_call call = {
			.fields = (char **)m->texts.items,
			.count = going->fields,
			.seq = going->seq,
			.slot = (uint32_t)(going->seq % m->room) + 1,
		};
		return pool_prefix_print(
				&m->prefix, &call, host->fd(STDOUT_FILENO), output->data, output->len);
	}
	m->open_line = output->data[output->len - 1] != '\n';
	return cn_write_full(host->fd(STDOUT_FILENO), output->data, output->len);
}

// --then: may not come back.
static int call_back(const struct map *m, const struct going *going, int status, char *output) {
	char number[24];
	char text[16];
	snprintf(number, sizeof(number), "%llu", (unsigned long long)going->seq);
	snprintf(text, sizeof(text), "%d", status);
	char *words[] = { (char *)(uintptr_t)m->over->args->then, number, text, output, NULL };
	host->run(words, 4);
	return host->flush();
}

static int write_log(
		struct map *m, const struct going *going, const struct cn_taken *taken, int status) {
	struct timespec wall;
	clock_gettime(CLOCK_REALTIME, &wall);
	cn_time offset = (cn_time)wall.tv_sec * CN_SECOND + wall.tv_nsec - cn_now();
	struct cn_record record = {
		.status = status,
		.out_to = taken->output_len,
		.began = (taken->began != 0 ? taken->began : cn_now()) + offset,
		.took = taken->began != 0 ? taken->ended - taken->began : 0,
	};
	char **words = (char **)m->texts.items + going->fields;
	if (m->over->args->code != NULL) {
		words[0] = (char *)(uintptr_t)m->over->args->code;
		if (m->over->worker->numbered) { // not its number
			words[1] = words[0];
			return pool_joblog_add(&m->log, going->seq, &record, words + 1, (int)going->words - 1);
		}
	}
	return pool_joblog_add(&m->log, going->seq, &record, words, (int)going->words);
}

// A call that failed waits for its next try. false: that was the last.
static bool tries_again(struct map *m, struct going *going) {
	const struct pool_map_args *args = m->over->args;
	if (m->stopped || ++going->tries >= args->retries) {
		return false;
	}
	going->again_at = cn_after(pool_backoff(args->backoff, going->tries));
	return true;
}

static int try_again(struct map *m, struct going *going) {
	int err = kept_texts(m, going);
	going->again_at = 0;
	return err < 0 ? err
				   : submit_words(m, going, (char **)m->texts.items + going->fields, going->words);
}

// A result is final: into arrays, to stdout, to --then, into the log.
static int give_result(struct map *m, const struct going *going, const struct cn_taken *taken,
		int status, struct cn_buf *output) {
	const struct pool_map_args *args = m->over->args;
	int err = m->keeps ? kept_texts(m, going) : 0;
	if (err == 0 && m->reads && args->outputs == NULL && args->then == NULL) {
		err = print_output(m, going, output);
	}
	if (err == 0 && (args->outputs != NULL || args->then != NULL)) {
		cn_buf_cut_newlines(output);
	}
	if (err == 0 && args->outputs != NULL) {
		err = keep(&m->outputs, going->seq, output->data, output->len);
	}
	if (err == 0 && args->statuses != NULL) {
		char text[8];
		int len = snprintf(text, sizeof(text), "%d", status);
		err = keep(&m->statuses, going->seq, text, (size_t)len);
	}
	if (err == 0 && args->then != NULL) {
		err = call_back(m, going, status, output->data);
	}
	return err == 0 && m->log.fd >= 0 ? write_log(m, going, taken, status) : err;
}

static int collect(struct map *m, struct going *going) {
	struct cn_taken taken;
	struct cn_buf output = CN_BUF_INIT;
	pool_progress_hide(&m->progress);
	int err = future_take(&going->future, &taken, m->reads ? &output : NULL);
	int status = err == -ENOENT ? STATUS_SIGNAL + SIGKILL : cn_task_status(taken.result);
	if (err == 0 && going->late_since != 0 && CN_RESULT_END(taken.result) == CN_TASK_KILLED) {
		status = STATUS_TIMEOUT;
	}
	if (err == 0 && taken.began > m->last_start) {
		m->last_start = taken.began;
	}
	err = err == -ENOENT ? 0 : err;
	bool again = err == 0 && status != 0 && tries_again(m, going);
	bool dropped = m->stopped && taken.began == 0; // it was taken back
	if (!again && !dropped) {
		m->over_calls++;
		m->failed += status != 0;
		m->first_failure = m->first_failure == 0 ? status : m->first_failure;
		err = err == 0 ? give_result(m, going, &taken, status, &output) : err;
	}
	cn_buf_finish(&output);
	going->seq = again ? going->seq : 0;
	return err;
}

static bool is_done(const struct going *going) {
	uint32_t result = 0;
	return going->seq != 0 && going->again_at == 0 &&
			(future_result(&going->future, &result, NULL) < 0 || result != 0);
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

// Calls whose next try is due begin it. *next is when the next one is.
static int retry_some(struct map *m, cn_time *next) {
	int err = 0;
	for (uint64_t i = m->first; i < m->seq && err == 0 && m->over->args->retries > 1; i++) {
		struct going *going = &m->window[i % m->room];
		if (going->seq == 0 || going->again_at == 0) {
			continue;
		}
		if (going->again_at <= cn_now() || m->stopped) {
			err = try_again(m, going);
		} else if (going->again_at < *next) {
			*next = going->again_at;
		}
	}
	return err;
}

// Calls that are over and failed, those too that wait for earlier ones to be collected.
static void count_over(struct map *m, uint64_t *over, uint64_t *failed) {
	*over = m->over_calls;
	*failed = m->failed;
	for (uint64_t i = m->first; i < m->seq; i++) {
		struct going *going = &m->window[i % m->room];
		uint32_t result = 0;
		if (going->seq == 0 || going->again_at != 0 ||
				future_result(&going->future, &result, NULL) < 0 || result == 0) {
			continue;
		}
		int status = cn_task_status(result);
		if (status != 0 && going->tries + 1 < m->over->args->retries) {
			continue; // it has another try
		}
		++*over;
		*failed += status != 0;
		m->first_failure = m->first_failure == 0 ? status : m->first_failure;
	}
}

// Stop early, once that is asked for: what has not begun is taken back.
static void see_to_halt(struct map *m, bool more) {
	uint64_t over;
	uint64_t failed;
	if (m->stopped || !m->over->halt->given) {
		return;
	}
	count_over(m, &over, &failed);
	if (!pool_halt_reached(m->over->halt, over, failed, total_calls(m, more))) {
		return;
	}
	m->stopped = true;
	for (uint64_t i = m->first; i < m->seq; i++) {
		struct going *going = &m->window[i % m->room];
		if (going->seq != 0 && going->again_at != 0) {
			going->seq = 0;
		} else if (going->seq != 0 && m->over->halt->now) {
			job_kill(&going->future, SIGKILL);
		} else if (going->seq != 0) {
			cn_pool_cancel(&m->pool, going->future.number);
		}
	}
}

// What runs longer than -t allows is asked to end, then killed. *next is when to look again.
static void see_to_limit(struct map *m, cn_time *next) {
	cn_time limit = m->over->args->limit;
	for (uint64_t i = m->first; i < m->seq && limit != CN_NEVER; i++) {
		struct going *going = &m->window[i % m->room];
		enum cn_job_state state;
		pid_t worker;
		cn_time began;
		if (going->seq == 0 || going->again_at != 0 ||
				cn_pool_job_look(&m->pool, going->future.number, &state, &worker, &began) < 0 ||
				state == CN_JOB_DONE) {
			continue;
		}
		if (state == CN_JOB_QUEUED) {
			*next = cn_after(LOOK_START) < *next ? cn_after(LOOK_START) : *next;
			continue;
		}
		cn_time end = limit < CN_NEVER - began ? began + limit : CN_NEVER;
		end = going->late_since != 0 ? going->late_since + GRACE : end;
		if (end <= cn_now()) {
			int sig = going->late_since != 0 ? SIGKILL : SIGTERM;
			going->late_since = cn_now();
			cn_pool_job_kill(&m->pool, going->future.number, sig, true);
			cn_pool_job_kill(&m->pool, going->future.number, SIGCONT, true);
			end = going->late_since + GRACE;
		}
		*next = end < *next ? end : *next;
	}
}

// Whether --delay lets one more begin now. *next is when it may.
static bool may_start(struct map *m, cn_time *next) {
	cn_time delay = m->over->args->delay;
	if (delay == 0 || m->seq == 0) {
		return true;
	}
	const struct going *last = &m->window[(m->seq - 1) % m->room];
	enum cn_job_state state;
	pid_t worker;
	cn_time began = m->last_start;
	cn_time start = 0;
	if (last->seq == m->seq &&
			cn_pool_job_look(&m->pool, last->future.number, &state, &worker, &began) == 0 &&
			state == CN_JOB_QUEUED) {
		start = cn_after(LOOK_START);
	} else {
		start = delay < CN_NEVER - began ? began + delay : CN_NEVER;
		m->last_start = began > m->last_start ? began : m->last_start;
	}
	*next = start > cn_now() && start < *next ? start : *next;
	return start <= cn_now();
}

static void draw(struct map *m, bool more) {
	struct pool_progress_count count = { m->over_calls, m->failed, total_calls(m, more) };
	pool_progress_update(&m->progress, &count);
	pool_progress_show(&m->progress);
}

// Until a job is done, the next try is due, or it is time to look around.
static int wait_for_news(struct map *m, cn_time next, bool more) {
	int out = host->fd(STDOUT_FILENO);
	bool has_reader = cn_fd_has_reader(out);
	cn_time every = m->progress.is_on || has_reader ? cn_after(TICK) : CN_NEVER;
	draw(m, more);
	tasks_wait(next < every ? next : every);
	if (host->is_interrupted()) {
		return -EINTR;
	}
	return has_reader && cn_fd_is_abandoned(out) ? -EPIPE : 0;
}

static int map_all(struct map *m) {
	bool more = true;
	for (;;) {
		int err = 0;
		cn_time next = CN_NEVER;
		while (more && !m->stopped && m->seq - m->first < m->room && err >= 0 &&
				may_start(m, &next)) {
			err = submit_next(m);
			more = err > 0;
		}
		bool has_room = more && next == CN_NEVER;
		more = more && !m->stopped;
		size_t count = 0;
		err = err < 0 ? err : collect_some(m, &count);
		err = err < 0 ? err : retry_some(m, &next);
		see_to_halt(m, more);
		see_to_limit(m, &next);
		if (err < 0 || (!more && m->first == m->seq)) {
			return err;
		}
		if (count == 0 && !(more && has_room && m->seq - m->first < m->room)) {
			err = wait_for_news(m, next, more);
			if (err < 0) {
				return err;
			}
		}
	}
}

// ---- the whole ----------------------------------------------------------------------------------

// A job that was killed is over when its worker has been waited for.
static void forget(const struct future *job) {
	cn_time deadline = cn_after(FORGET_WITHIN);
	struct timespec nap = cn_timespec(CN_MILLISECOND);
	struct cn_taken taken;
	while (cn_pool_take(&job->pool, job->number, &taken) == -EBUSY && cn_left(deadline) > 0) {
		nanosleep(&nap, NULL);
	}
}

// Nobody will collect what is still on its way: as in a map with workers of its own it is killed.
static void abandon(void *data) {
	struct map *m = data;
	pool_progress_end(&m->progress, NULL);
	for (uint64_t i = m->first; i < m->seq; i++) {
		struct going *going = &m->window[i % m->room];
		if (going->seq != 0) {
			job_kill(&going->future, SIGKILL);
		}
	}
	for (uint64_t i = m->first; i < m->seq; i++) {
		struct going *going = &m->window[i % m->room];
		if (going->seq != 0) {
			forget(&going->future);
			going->seq = 0;
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
	if (m->stopped && m->over->halt->what != CN_HALT_DONE) {
		status = m->over->halt->what == CN_HALT_FAIL ? m->first_failure : STATUS_OK;
	}
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
		{ args->reply, "--reply" },
		{ args->nice != 0, "--nice" },
		{ args->fresh, "--fresh" },
		{ args->jobs != NULL, "-j" },
		{ args->bar_workers, "--bar-workers" },
		{ args->load != NULL, "--load" },
		{ args->memfree != 0, "--memfree" },
		{ args->results != NULL, "--results" },
		{ args->pipe, "--pipe" },
	};
	for (size_t i = 0; i < sizeof(refused) / sizeof(*refused); i++) {
		if (refused[i].given) {
			return cmd_fail(over->cmd, STATUS_USAGE, "%s does not go with -p", refused[i].name);
		}
	}
	return STATUS_OK;
}

// What the options want of the results.
static int prepare(struct map *m) {
	const struct pool_map_args *args = m->over->args;
	struct pool_progress_setup setup = { .bar = args->bar, .open_line = &m->open_line };
	bool resume = args->resume || args->resume_failed;
	bool progress = args->bar || args->eta;
	m->keeps = args->tag || args->prefix != NULL || args->joblog != NULL || args->retries > 1;
	m->reads = args->tag || args->prefix != NULL || args->outputs != NULL || args->then != NULL ||
			args->retries > 1 || progress;
	int status = pool_joblog_open(&m->log, m->over->cmd, args->joblog, resume, args->resume_failed);
	int err = 0;
	if (status == STATUS_OK && args->prefix != NULL) {
		err = pool_prefix_init(&m->prefix, m->over->worker->header, args->prefix);
	}
	if (status == STATUS_OK && err == 0 && progress) {
		err = pool_progress_begin(&m->progress, &setup);
	}
	return err < 0 ? cmd_result(m->over->cmd, NULL, err, NULL) : status;
}

static void free_map(struct map *m) {
	for (size_t i = 0; m->window != NULL && i < m->room; i++) {
		free(m->window[i].text);
	}
	free(m->window);
	pool_reader_finish(&m->reader);
	cn_buf_finish(&m->defs);
	cn_vec_finish(&m->texts);
	free_all(&m->outputs);
	free_all(&m->statuses);
	pool_prefix_finish(&m->prefix);
	pool_joblog_close(&m->log);
	free(m);
}

int pool_over_run(struct pool_over *over) {
	struct map *m = calloc(1, sizeof(*m));
	if (m == NULL) {
		return cmd_result(over->cmd, NULL, -ENOMEM, NULL);
	}
	m->over = over;
	m->log.fd = -1;
	cn_buf_init(&m->log.line);
	cn_buf_init(&m->defs);
	pool_reader_init(&m->reader, over->args, over->items, over->input, over->delim);
	struct cn_pool_info info = { 0 };
	int status = check_options(over);
	status = status == STATUS_OK ? pool_open(over->cmd, over->args->pool, &m->tasks, &m->pool)
								 : status;
	status = status == STATUS_OK ? prepare(m) : status;
	if (status != STATUS_OK) {
		free_map(m);
		return status;
	}
	cn_pool_info(&m->pool, &info);
	m->room = (size_t)info.want * (over->halt->given ? AHEAD_HALT : AHEAD);
	m->window = calloc(m->room, sizeof(*m->window));
	int err = m->window == NULL ? -ENOMEM : over->worker->numbered ? add_number(m) : 0;
	if (err == 0) {
		struct future any = { m->pool, 0 };
		host->protect(abandon, m);
		future_watch(m->tasks, &any, 1);
		err = map_all(m);
		future_unwatch(m->tasks, &any, 1);
		host->unprotect();
		struct pool_progress_count count = { m->over_calls, m->failed,
			err == 0 && !m->stopped ? m->over_calls : total_calls(m, true) };
		pool_progress_end(&m->progress, &count);
		abandon(m);
	}
	status = finish(m, err);
	free_map(m);
	return status;
}
