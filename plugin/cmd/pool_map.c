/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "plugin/cmd/pool_map.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/base/fd.h"
#include "lib/proc/map.h"
#include "lib/proc/process.h"
#include "lib/proc/work.h"
#include "plugin/cmd/pool_flow.h"
#include "plugin/cmd/pool_header.h"
#include "plugin/cmd/pool_named.h"
#include "plugin/cmd/pool_over.h"
#include "plugin/cmd/pool_results.h"
#include "plugin/cmd/pool_worker.h"
#include "plugin/host.h"
#include "plugin/items.h"
#include "plugin/report.h"
#include "plugin/session.h"

#define AT(field) offsetof(struct pool_map_args, field)

const struct opt pool_map_opts[] = {
	{ 'j', "jobs", OPT_TEXT, AT(jobs), "N",
			"workers: N, N% of the processors, +N more than those" },
	{ 'p', "pool", OPT_TEXT, AT(pool), "POOL", "use the workers of a created pool" },
	{ 'c', "code", OPT_TEXT, AT(code), "CODE", "run shell code, which sees the item as $1" },
	{ 'a', "arg-file", OPT_TEXTS, AT(files), "FILE", "items are the lines of FILE" },
	{ '0', "null", OPT_FLAG, AT(null), NULL, "items end in NUL" },
	{ 'd', "delimiter", OPT_TEXT, AT(delim), "DELIM", "items end in DELIM" },
	{ 0, "colsep", OPT_TEXT, AT(colsep), "CHARS", "cut the item into fields at these" },
	{ 'N', "max-args", OPT_COUNT, AT(per_call), "N", "N items per call" },
	{ 'X', "xargs", OPT_FLAG, AT(as_many), NULL, "as many items per call as fit" },
	{ 'u', "unordered", OPT_FLAG, AT(unordered), NULL, "output as tasks finish" },
	{ 0, "line-buffer", OPT_FLAG, AT(line_buffer), NULL, "output in whole lines as they come" },
	{ 0, "ungroup", OPT_FLAG, AT(ungroup), NULL, "tasks write straight to stdout" },
	{ 0, "tag", OPT_FLAG, AT(tag), NULL, "each output line behind its item" },
	{ 'v', "output", OPT_VARIABLE, AT(outputs), "ARRAY", "outputs into ARRAY, in order" },
	{ 0, "status", OPT_VARIABLE, AT(statuses), "ARRAY", "statuses into ARRAY, in order" },
	{ 0, "reply", OPT_FLAG, AT(reply), NULL, "-v takes each call's $REPLY, not its output" },
	{ 't', "timeout", OPT_DURATION, AT(limit), "DUR", "kill a task that takes longer (124)" },
	{ 0, "nice", OPT_NUMBER, AT(nice), "N", "run the tasks at this niceness" },
	{ 0, "fresh", OPT_FLAG, AT(fresh), NULL, "a new copy of the shell per item" },
	{ 0, "dry-run", OPT_FLAG, AT(dry_run), NULL, "print the commands, run nothing" },
	{ 0, "bar", OPT_FLAG, AT(bar), NULL, "progress on stderr" },
	{ 0, "eta", OPT_FLAG, AT(eta), NULL, "progress on stderr, without a bar" },
	{ 0, "bar-workers", OPT_FLAG, AT(bar_workers), NULL,
			"as --bar, and a line per worker: what it is at" },
	{ 0, "prefix", OPT_TEXT, AT(prefix), "FMT", "each output line behind FMT, with {} and so on" },
	{ 0, "retries", OPT_COUNT, AT(retries), "N", "try a call that fails N times in all" },
	{ 0, "backoff", OPT_DURATION, AT(backoff), "DUR",
			"wait DUR before the second try, twice that before the next" },
	{ 0, "delay", OPT_DURATION, AT(delay), "DUR", "at least DUR between two starts" },
	{ 0, "halt", OPT_TEXT, AT(halt), "WHEN", "stop early: now,fail=1 soon,success=2 now,fail=10%" },
	{ 0, "load", OPT_TEXT, AT(load), "L", "start nothing new while the load is above" },
	{ 0, "memfree", OPT_SIZE, AT(memfree), "SIZE", "or less memory is available" },
	{ 0, "joblog", OPT_TEXT, AT(joblog), "FILE", "a line per call, as GNU parallel's" },
	{ 0, "resume", OPT_FLAG, AT(resume), NULL, "leave out the calls that the log has" },
	{ 0, "resume-failed", OPT_FLAG, AT(resume_failed), NULL, "but do again those that failed" },
	{ 0, "results", OPT_TEXT, AT(results), "DIR", "outputs into files below DIR" },
	{ 0, "header", OPT_FLAG, AT(header), NULL, "the first line names the fields: {name}" },
	{ 0, "shuf", OPT_FLAG, AT(shuf), NULL, "in random order" },
	{ 0, "pipe", OPT_FLAG, AT(pipe), NULL, "give blocks of stdin to each call's stdin" },
	{ 0, "block", OPT_SIZE, AT(block), "SIZE", "of about that size (1M)" },
	{ 0, "recend", OPT_TEXT, AT(record_end), "S", "cut behind S (newline)" },
	{ 0, "then", OPT_TEXT, AT(then), "CMD", "run CMD SEQ STATUS OUTPUT in this shell after each" },
	{ 0 },
};

const struct pool_map_args pool_map_defaults = { .limit = CN_NEVER, .block = 1 << 20 };

// What a pipe with blocks in it is made to hold, where the system lets us.
enum { PIPE_SIZE = 1 << 20 };

// All of one `pool map`.
struct mapping {
	struct cmd *cmd;
	const struct pool_map_args *args;
	struct items items;
	int delim;
	int input; // items are read from it; -1: from `items`
	bool close_input;
	uint64_t total; // calls, when it is known before; else 0
	uint32_t per_call;
	struct cn_board_map map;
	struct cn_feed feed;
	struct cn_collect collect;
	struct cn_board_crew crew;
	struct pool_worker worker;
	struct pool_results results;
	struct pool_halt halt;
	struct pool_header header;
	char *spill_dir; // TMPDIR, for output that is too much for memory
};

void pool_map_finish(void *data) {
	struct pool_map_args *args = data;
	cn_vec_finish(&args->files);
}

// ---- what is asked for ------------------------------------------------------------------------

static int read_delim(const struct cmd *cmd, const struct pool_map_args *args, int *out) {
	static const char escapes[] = "n\nt\tr\r0\0\\\\";
	const char *text = args->delim;
	*out = args->null ? '\0' : '\n';
	if (text == NULL) {
		return STATUS_OK;
	}
	if (text[0] == '\\' && text[1] != '\0' && text[2] == '\0') {
		for (size_t i = 0; i < sizeof(escapes) - 1; i += 2) {
			if (escapes[i] == text[1]) {
				*out = escapes[i + 1];
				return STATUS_OK;
			}
		}
	}
	if (text[0] != '\0' && text[1] != '\0') {
		return cmd_fail(cmd, STATUS_USAGE, "-d: %s: must be one byte", text);
	}
	*out = (unsigned char)text[0]; // an empty one means NUL, as in read -d ''
	return STATUS_OK;
}

static bool is_list_mark(const char *word) {
	return strcmp(word, ":::") == 0 || strcmp(word, ":::+") == 0;
}

// The operands up to the first ::: are the command; *lists tells where that is.
static int find_lists(const struct cmd *cmd) {
	int at = 0;
	while (at < cmd->argc && !is_list_mark(cmd->argv[at])) {
		at++;
	}
	return at;
}

static int add_lists(struct mapping *m, int at) {
	const struct cmd *cmd = m->cmd;
	while (at < cmd->argc) {
		int end = at + 1;
		while (end < cmd->argc && !is_list_mark(cmd->argv[end])) {
			end++;
		}
		bool linked = strcmp(cmd->argv[at], ":::+") == 0;
		int err = items_add_words(&m->items, cmd->argv + at + 1, (size_t)(end - at - 1), linked);
		if (err < 0) {
			return cmd_result(cmd, NULL, err, NULL);
		}
		at = end;
	}
	return STATUS_OK;
}

static int open_input(struct mapping *m, const char *path) {
	m->input = STDIN_FILENO;
	if (path != NULL && strcmp(path, "-") != 0) {
		m->input = cn_fd_private(open(path, O_RDONLY | O_CLOEXEC));
		m->close_input = m->input >= 0;
	} else {
		m->input = host->fd(STDIN_FILENO);
		if (m->input < 0) {
			m->input = -EBADF;
			path = "stdin";
		}
	}
	if (m->input < 0) {
		return cmd_fail(m->cmd, STATUS_FAILED, "%s: %s", path, cn_strerror(m->input));
	}
	return STATUS_OK;
}

// Where the items come from: words behind :::, files, or stdin.
static int open_items(struct mapping *m, int lists) {
	const struct cn_vec *files = &m->args->files;
	m->input = -1;
	if (lists == m->cmd->argc && files->len <= 1) {
		return open_input(m, files->len == 1 ? files->items[0] : NULL);
	}
	for (size_t i = 0; i < files->len; i++) {
		int err = items_add_file(&m->items, files->items[i], m->delim, false);
		if (err < 0) {
			return cmd_fail(
					m->cmd, STATUS_FAILED, "%s: %s", (char *)files->items[i], cn_strerror(err));
		}
	}
	int status = add_lists(m, lists);
	m->delim = '\0';
	m->total = items_total(&m->items);
	return status;
}

// ---- the run ----------------------------------------------------------------------------------

static uint64_t calls_of(const struct mapping *m, uint64_t items) {
	return (items + m->per_call - 1) / m->per_call;
}

static void idle(void *data) {
	struct mapping *m = data;
	pool_progress_show(&m->results.progress);
}

static int aside(void *data) {
	struct mapping *m = data;
	return pool_progress_aside(&m->results.progress);
}

static void look_at_worker(void *data, uint32_t slot, struct pool_progress_worker *out) {
	struct mapping *m = data;
	struct cn_glimpse glimpse;
	if (!cn_board_glimpse(&m->map, slot, out->item, sizeof(out->item) - 1, &glimpse)) {
		return;
	}
	for (size_t i = 0; i < glimpse.len; i++) {
		char c = out->item[i];
		out->item[i] = c == '\0' || c == (char)m->map.board->delim ? ' ' : c;
	}
	out->item[glimpse.len] = '\0';
	out->seq = glimpse.seq;
	out->began = glimpse.began != 0 ? glimpse.began : CN_NEVER;
}

static int begin_progress(struct mapping *m) {
	const struct pool_map_args *args = m->args;
	struct pool_progress_setup setup = {
		.bar = args->bar || args->bar_workers,
		.workers = args->bar_workers ? m->map.board->workers : 0,
		.worker = look_at_worker,
		.data = m,
		.open_line = &m->collect.logs.open_line,
	};
	bool wanted = setup.bar || args->eta;
	return wanted ? pool_progress_begin(&m->results.progress, &setup) : 0;
}

static struct pool_progress_count progress_count(const struct mapping *m) {
	uint64_t total = m->total > 0 ? m->total : calls_of(m, m->feed.items);
	bool known = m->feed.ended || m->total > 0;
	return (struct pool_progress_count){ m->collect.calls, m->collect.failed, known ? total : 0 };
}

static int tick(void *data) {
	struct mapping *m = data;
	if (host->is_interrupted()) {
		return -EINTR;
	}
	host->pending();
	if (m->results.progress.is_on) {
		struct pool_progress_count count = progress_count(m);
		pool_progress_update(&m->results.progress, &count);
	}
	return 0;
}

static enum cn_source_stop halt(void *data) {
	struct mapping *m = data;
	bool known = m->feed.ended && m->feed.count;
	uint64_t total = m->total > 0 ? m->total : known ? calls_of(m, m->feed.items) : 0;
	uint64_t failed = m->map.board->calls_failed; // first: a call is over before it has failed
	if (!pool_halt_reached(&m->halt, m->map.board->calls_over, failed, total)) {
		return CN_SOURCE_GOES_ON;
	}
	m->results.halted = true;
	return m->halt.now ? CN_SOURCE_KILLED : CN_SOURCE_STOPPED;
}

static int open_board(struct mapping *m, uint32_t workers) {
	const struct pool_map_args *args = m->args;
	size_t fields = items_fields(&m->items) > 0 ? items_fields(&m->items) : 1;
	uint64_t per_call = (args->per_call > 0 ? (uint64_t)args->per_call : 1) * fields;
	bool as_many = args->as_many && fields == 1;
	m->per_call = per_call < UINT32_MAX ? (uint32_t)per_call : UINT32_MAX;
	if (m->total > 0 && args->per_call > 0) {
		m->total = (m->total + (uint64_t)args->per_call - 1) / (uint64_t)args->per_call;
	}
	if (m->total > 0 && !as_many && m->total < workers) {
		workers = (uint32_t)m->total;
	}
	struct cn_board_setup setup = {
		.workers = workers,
		.per_call = as_many ? (uint32_t)args->per_call : m->per_call,
		.call_bytes = as_many ? POOL_CALL_BYTES : 0,
		.delim = m->delim,
		.records = pool_results_needed(&m->results),
		.ordered = !args->unordered && !args->line_buffer && args->then == NULL,
		.timed = args->limit != CN_NEVER || args->bar_workers,
		.single = args->line_buffer || m->halt.given || args->delay > 0 || args->load != NULL ||
				args->memfree > 0 || args->then != NULL,
		.logs = !args->ungroup,
		.counted = m->halt.given,
		.halt_what = m->halt.what,
		.halt_at = m->halt.count,
		.retries = (uint32_t)args->retries,
		.delay = args->delay,
		.block = args->pipe ? args->block : 0,
		.record_end = args->record_end != NULL ? args->record_end : "\n",
	};
	int err = cn_board_open(&setup, &m->map);
	return err == 0 ? STATUS_OK : cmd_result(m->cmd, NULL, err, NULL);
}

static void abandon(void *data) {
	struct mapping *m = data;
	pool_progress_end(&m->results.progress, NULL);
	cn_board_crew_stop(&m->crew, true);
}

static int run(struct mapping *m) {
	session_follow_parent();
	int err = begin_progress(m);
	if (err < 0) {
		return err;
	}
	const struct pool_progress *progress = &m->results.progress;
	struct cn_map_run run = {
		.map = &m->map,
		.feed = &m->feed,
		.collect = &m->collect,
		.crew = &m->crew,
		.out = host->fd(STDOUT_FILENO),
		.tick = tick,
		.halt = m->halt.given ? halt : NULL,
		.idle = progress->is_on ? idle : NULL,
		.aside = progress->is_on && progress->aside[0] >= 0 ? aside : NULL,
		.aside_fd = progress->aside[0],
		.data = m,
		.tick_every = progress->is_on ? 100 * CN_MILLISECOND : 0,
	};
	cn_board_crew_init(&m->crew, &m->map, pool_worker_main, &m->worker);
	m->crew.crew.limit = m->args->limit;
	m->crew.crew.nice = (int)m->args->nice;
	cn_feed_init(&m->feed, &m->map, m->input);
	m->feed.next = items_next;
	m->feed.data = &m->items;
	m->feed.count = progress->is_on || m->halt.percent > 0;
	err = cn_collect_init(&m->collect, &m->map, run.out, m->spill_dir);
	if (err == 0) {
		pool_results_begin(&m->results, &m->collect);
		host->flush();
		host->protect(abandon, m);
		err = cn_map_run(&run);
		host->unprotect();
	}
	return err;
}

static int status_of(struct mapping *m, int err) {
	switch (-err) {
	case 0:
		if (m->results.halted && m->halt.what != CN_HALT_DONE) { // as GNU parallel
			return m->halt.what == CN_HALT_FAIL ? (int)m->map.board->first_failure : STATUS_OK;
		}
		return m->collect.failed > 100 ? 101 : (int)m->collect.failed;
	case EINTR:
		return STATUS_SIGNAL + SIGINT;
	case EPIPE:
		return STATUS_SIGNAL + SIGPIPE;
	}
	const char *why = m->collect.logs.err.text;
	return cmd_fail(m->cmd, STATUS_FAILED, "%s", *why != '\0' ? why : cn_strerror(err));
}

static int map_items(struct mapping *m, uint32_t workers) {
	int status = open_board(m, workers);
	if (status != STATUS_OK) {
		return status;
	}
	const char *dir = host->get("TMPDIR");
	m->spill_dir = strdup(dir != NULL && *dir != '\0' ? dir : "/tmp");
	m->worker.map = &m->map;
	m->worker.progress = &m->results.progress;
	m->results.map = &m->map;
	int err = run(m);
	struct pool_progress_count count = progress_count(m);
	count.total = err == 0 && !m->results.halted ? count.done : count.total;
	pool_progress_end(&m->results.progress, &count);
	status = pool_results_end(&m->results, status_of(m, err));
	cn_collect_finish(&m->collect);
	cn_feed_finish(&m->feed);
	cn_board_close(&m->map);
	free(m->spill_dir);
	return status;
}

// The options of flow and logs, before anything is opened.
static int read_options(struct mapping *m) {
	const struct pool_map_args *args = m->args;
	const struct cmd *cmd = m->cmd;
	if ((args->resume || args->resume_failed) && args->joblog == NULL) {
		return cmd_fail(cmd, STATUS_USAGE, "--resume: needs --joblog");
	}
	if (args->pipe && (args->block == 0 || args->block > CN_BOARD_AREA / 4)) {
		return cmd_fail(cmd, STATUS_USAGE, "--block: must be 1 to 256M");
	}
	if (args->record_end != NULL && strlen(args->record_end) > CN_BOARD_RECORD_END) {
		return cmd_fail(cmd, STATUS_USAGE, "--recend: longer than %d bytes", CN_BOARD_RECORD_END);
	}
	if (args->ungroup && (args->results != NULL || args->then != NULL || args->prefix != NULL)) {
		return cmd_fail(cmd, STATUS_USAGE, "--ungroup: there is no output to take then");
	}
	if (args->retries > UINT16_MAX) {
		return cmd_fail(cmd, STATUS_USAGE, "--retries: out of range");
	}
	int status = pool_halt_read(cmd, args->halt, &m->halt);
	return status == STATUS_OK ? pool_load_read(cmd, args->load, &m->worker.limits.load) : status;
}

// Blocks come by the megabyte: a pipe with room for one is filled and emptied in fewer turns.
static void widen_pipe(int fd) {
	int size = fcntl(fd, F_GETPIPE_SZ);
	if (size > 0 && size < PIPE_SIZE) {
		fcntl(fd, F_SETPIPE_SZ, PIPE_SIZE); // or it stays as it is
	}
}

// With --pipe the input is stdin or one file, and its bytes are nobody's items.
static int prepare_items(struct mapping *m) {
	const struct pool_map_args *args = m->args;
	int status = STATUS_OK;
	if (args->pipe) {
		if (m->input < 0) {
			return cmd_fail(m->cmd, STATUS_USAGE, "--pipe: takes its input from stdin or one file");
		}
		const char *end = args->record_end != NULL ? args->record_end : "\n";
		m->delim = *end != '\0' ? (unsigned char)end[strlen(end) - 1] : '\n';
		widen_pipe(m->input);
	}
	if (args->header) {
		status = pool_header_take(&m->header, m->cmd, args, &m->items, m->input, m->delim);
		m->worker.header = &m->header;
	}
	if (status == STATUS_OK && args->shuf) {
		int err = m->input >= 0 ? items_add_input(&m->items, m->input, m->delim) : 0;
		err = err == 0 ? items_shuffle(&m->items) : err;
		if (err < 0) {
			return cmd_result(m->cmd, "--shuf", err, NULL);
		}
		if (m->input >= 0 && m->close_input) {
			close(m->input);
		}
		m->close_input = false;
		m->input = -1;
		m->delim = '\0';
	}
	m->total = m->input < 0 ? items_total(&m->items) : m->total;
	return status;
}

static int map_all(struct mapping *m) {
	const struct cmd *cmd = m->cmd;
	uint32_t workers = 1;
	int lists = find_lists(cmd);
	int status = pool_read_jobs(cmd, m->args->jobs, &workers);
	status = status == STATUS_OK ? read_delim(cmd, m->args, &m->delim) : status;
	if (status == STATUS_OK && lists == 0 && m->args->code == NULL) {
		status = cmd_usage(cmd);
	}
	status = status == STATUS_OK ? read_options(m) : status;
	status = status == STATUS_OK ? open_items(m, lists) : status;
	status = status == STATUS_OK ? prepare_items(m) : status;
	if (status == STATUS_OK) {
		status = pool_worker_init(&m->worker, cmd, m->args, lists);
	}
	if (status == STATUS_OK) {
		// What the tasks make there is to be one session's, and not one of each worker.
		struct cn_arena *session;
		status = session_open(cmd, &session);
	}
	if (status == STATUS_OK && m->args->pool != NULL) {
		struct pool_over over = { m->cmd, m->args, &m->worker, &m->items, m->input, m->delim,
			m->total, &m->halt };
		status = pool_over_run(&over);
	} else if (status == STATUS_OK) {
		status = pool_results_init(&m->results, cmd, m->args, &m->worker);
		status = status == STATUS_OK ? map_items(m, workers) : status;
	}
	pool_worker_finish(&m->worker);
	pool_header_finish(&m->header);
	items_finish(&m->items);
	if (m->close_input) {
		close(m->input);
	}
	return status;
}

int pool_map(struct cmd *cmd, void *data) {
	// On the heap: abandon() may be called when this stack is already gone.
	struct mapping *m = calloc(1, sizeof(*m));
	if (m == NULL) {
		pool_map_finish(data);
		return cmd_result(cmd, NULL, -ENOMEM, NULL);
	}
	m->cmd = cmd;
	m->args = data;
	m->input = -1;
	int status = map_all(m);
	free(m);
	pool_map_finish(data);
	if (host->is_interrupted()) {
		host->pending(); // does not return, or only at a prompt
	}
	return status;
}
