/* SPDX-License-Identifier: GPL-3.0-or-later */
/* plugin/cmd/queue.c - queues between the processes of a session: see lib/data/queue.h. */
#include "config.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "lib/data/queue.h"
#include "plugin/command.h"
#include "plugin/host.h"
#include "plugin/lines.h"
#include "plugin/names.h"
#include "plugin/objects.h"
#include "plugin/report.h"
#include "plugin/waiting.h"

enum { WORDS_AT_ONCE = 64 };

struct create_args {
	int64_t count; // -1: none was given
	uint64_t bytes;
	bool lifo;
	bool priority;
};

struct put_args {
	struct wait_args wait;
	int64_t priority;
	bool null;
};

struct get_args {
	struct wait_args wait;
	int64_t count; // 0: one, not in an array
	const char *var;
	bool lease;
	bool null;
	bool raw;
};

struct size_args {
	const char *var;
	bool bytes;
	bool leased;
};

#define NO_LIMIT UINT64_MAX

static const struct create_args create_defaults = { .count = -1, .bytes = NO_LIMIT };
static const struct put_args put_defaults = { .wait = WAIT_DEFAULTS };
static const struct get_args get_defaults = { .wait = WAIT_DEFAULTS, .count = -1 };
static const struct wait_args join_defaults = WAIT_DEFAULTS;

static const struct opt create_opts[] = {
	{ 'c', "count", OPT_COUNT, offsetof(struct create_args, count), "COUNT", "items at most" },
	{ 'm', "bytes", OPT_SIZE, offsetof(struct create_args, bytes), "BYTES", "bytes at most" },
	{ 0, "lifo", OPT_FLAG, offsetof(struct create_args, lifo), NULL, "the last put comes first" },
	{ 0, "priority", OPT_FLAG, offsetof(struct create_args, priority), NULL,
			"the highest priority comes first" },
	{ 0 },
};

static const struct opt put_opts[] = {
	WAIT_OPTS(struct put_args, wait),
	{ 'p', "priority", OPT_NUMBER, offsetof(struct put_args, priority), "PRIO",
			"of these items; default 0" },
	{ '0', "null", OPT_FLAG, offsetof(struct put_args, null), NULL, "items of stdin end in NUL" },
	{ 0 },
};

#define GIVE_OPTS                                                                                  \
	{ 'v', "variable", OPT_VARIABLE, offsetof(struct get_args, var), "VAR",                        \
			"put it into VAR instead of on stdout" },                                              \
			{ '0', "null", OPT_FLAG, offsetof(struct get_args, null), NULL,                        \
				"NUL behind it instead of a newline" },                                            \
			{ 'r', "raw", OPT_FLAG, offsetof(struct get_args, raw), NULL, "nothing behind it" }

static const struct opt get_opts[] = {
	WAIT_OPTS(struct get_args, wait),
	{ 'c', "count", OPT_COUNT, offsetof(struct get_args, count), "COUNT",
			"up to COUNT items; with -v an array" },
	{ 'l', "lease", OPT_FLAG, offsetof(struct get_args, lease), NULL,
			"they come back unless acknowledged" },
	GIVE_OPTS,
	{ 0 },
};

static const struct opt peek_opts[] = {
	GIVE_OPTS,
	{ 0 },
};

static const struct opt size_opts[] = {
	{ 'v', "variable", OPT_VARIABLE, offsetof(struct size_args, var), "VAR",
			"put it into VAR instead of on stdout" },
	{ 'm', "bytes", OPT_FLAG, offsetof(struct size_args, bytes), NULL, "their bytes" },
	{ 'l', "leased", OPT_FLAG, offsetof(struct size_args, leased), NULL, "those under a lease" },
	{ 0 },
};

static const struct opt join_opts[] = {
	{ 't', "timeout", OPT_DURATION, offsetof(struct wait_args, timeout), "DUR",
			"longest wait (124)" },
	{ 'n', "nowait", OPT_FLAG, offsetof(struct wait_args, now), NULL, "do not wait (1)" },
	{ 0 },
};

static int open_queue(const struct cmd *cmd, struct cn_queue *queue) {
	struct cn_arena *arena;
	const char *name;
	int status = name_open(cmd, cmd->argv[0], false, &arena, &name);
	if (status != STATUS_OK) {
		return status;
	}
	int err = cn_queue_open(arena, name, queue);
	return err == -ENOENT ? cmd_fail(cmd, STATUS_NO_OBJECT, "%s: no such queue", cmd->argv[0])
						  : cmd_result(cmd, cmd->argv[0], err, NULL);
}

static int queue_create(struct cmd *cmd, void *data) {
	const struct create_args *args = data;
	if (args->count == 0 || args->bytes == 0) {
		return cmd_fail(cmd, STATUS_USAGE, "%s: must be at least 1", args->count == 0 ? "-c" : "-m");
	}
	if (args->lifo && args->priority) {
		return cmd_fail(cmd, STATUS_USAGE, "--lifo and --priority exclude each other");
	}
	struct cn_queue_shape shape = {
		.order = args->lifo		 ? CN_QUEUE_LIFO
				: args->priority ? CN_QUEUE_PRIORITY
								 : CN_QUEUE_FIFO,
		.count = args->count < 0 ? 0 : (uint64_t)args->count,
		.bytes = args->bytes == NO_LIMIT ? 0 : args->bytes,
	};
	struct cn_arena *arena;
	const char *name;
	int status = name_open(cmd, cmd->argv[0], true, &arena, &name);
	if (status != STATUS_OK) {
		return status;
	}
	struct cn_queue queue;
	int err = cn_queue_create(arena, name, &shape, &queue);
	if (err == -EPROTOTYPE) {
		return cmd_fail(cmd, STATUS_NO_OBJECT, "%s: is there, but made otherwise", cmd->argv[0]);
	}
	if (err == -ERANGE) {
		return cmd_fail(cmd, STATUS_USAGE, "-m: more than the %" PRIu64 " bytes there are",
				arena->size);
	}
	return err == -EEXIST ? STATUS_OK : cmd_result(cmd, cmd->argv[0], err, NULL);
}

// ---- put -----------------------------------------------------------------------------------------

static int put_failed(const struct cmd *cmd, const struct put_args *args, int err) {
	if (err == -EINVAL) {
		return cmd_fail(cmd, STATUS_USAGE, "-p: %s: not a queue with priorities", cmd->argv[0]);
	}
	if (err == -EMSGSIZE) {
		return cmd_fail(cmd, STATUS_FAILED, "%s: item too long", cmd->argv[0]);
	}
	return wait_result(cmd, &args->wait, err, NULL);
}

// `pending` runs the traps, and may not return.
static int put(const struct put_args *args, const struct cn_queue *queue,
		const struct cn_text *texts, size_t n, cn_time deadline, void (*pending)(void *data),
		void *data) {
	size_t done = 0;
	int err;
	while ((err = cn_queue_put(queue, texts, n, args->priority, deadline, &done)) == -EINTR) {
		pending(data);
	}
	return err;
}

static void pending_plainly(void *data) {
	host->pending();
}

static int put_words(const struct cmd *cmd, const struct put_args *args,
		const struct cn_queue *queue, cn_time deadline) {
	struct cn_text texts[WORDS_AT_ONCE];
	int err = 0;
	for (int at = 1; at < cmd->argc && err == 0;) {
		size_t n = 0;
		while (at < cmd->argc && n < WORDS_AT_ONCE) {
			texts[n++] = (struct cn_text){ cmd->argv[at], strlen(cmd->argv[at]) };
			at++;
		}
		err = put(args, queue, texts, n, deadline, pending_plainly, NULL);
	}
	return err < 0 ? put_failed(cmd, args, err) : STATUS_OK;
}

static void end_lines(void *data) {
	lines_end(data);
}

static void pending_with_lines(void *data) {
	host->protect(end_lines, data);
	host->pending();
	host->unprotect();
}

static int put_lines(const struct cmd *cmd, const struct put_args *args,
		const struct cn_queue *queue, cn_time deadline) {
	struct lines lines;
	lines_begin(&lines, args->null ? '\0' : '\n');
	int err;
	int status = STATUS_OK;
	while ((err = lines_more(&lines)) > 0) {
		err = put(args, queue, lines.texts, lines.count, deadline, pending_with_lines, &lines);
		if (err < 0) {
			status = put_failed(cmd, args, err);
			break;
		}
	}
	lines_end(&lines);
	if (err < 0 && status == STATUS_OK) {
		status = cmd_fail(cmd, STATUS_FAILED, "stdin: %s", cn_strerror(err));
	}
	return status;
}

static int queue_put(struct cmd *cmd, void *data) {
	const struct put_args *args = data;
	cn_time deadline = wait_deadline(&args->wait);
	struct cn_queue queue;
	int status = open_queue(cmd, &queue);
	if (status != STATUS_OK) {
		return status;
	}
	return cmd->argc > 1 ? put_words(cmd, args, &queue, deadline)
						 : put_lines(cmd, args, &queue, deadline);
}

// ---- get -----------------------------------------------------------------------------------------

static int give(const struct cmd *cmd, const struct get_args *args, const void *data, size_t len) {
	return args->var != NULL || (!args->null && !args->raw)
			? cmd_give(cmd, args->var, data, len)
			: cmd_give_bytes(cmd, data, len, args->null);
}

static int get_one(const struct cmd *cmd, const struct get_args *args,
		const struct cn_queue *queue, cn_time deadline) {
	struct cn_message message;
	unsigned flags = args->lease ? CN_QUEUE_LEASE : 0;
	int err;
	while ((err = cn_queue_get(queue, flags, deadline, &message)) == -EINTR) {
		host->pending();
	}
	if (err < 0) {
		return wait_result(cmd, &args->wait, err, NULL);
	}
	int status = give(cmd, args, message.data, message.len);
	cn_message_finish(&message);
	return status;
}

static void end_messages(void *data) {
	cn_messages_finish(data);
}

static int give_array(const struct cmd *cmd, const char *var, const struct cn_messages *messages) {
	struct host_text *texts = calloc(messages->count + 1, sizeof(*texts));
	if (texts == NULL) {
		return cmd_variable_result(cmd, var, -ENOMEM);
	}
	const size_t *ends = (const size_t *)(const void *)messages->ends.data;
	size_t begin = 0;
	for (uint64_t i = 0; i < messages->count; i++) {
		texts[i] = (struct host_text){ messages->data.data + begin, ends[i] - begin };
		begin = ends[i];
	}
	int err = host->set_array(var, texts, messages->count);
	free(texts);
	return cmd_variable_result(cmd, var, err);
}

// Up to `max` that are there, waiting for the first.
static int get_some(const struct cn_queue *queue, const struct get_args *args, uint64_t max,
		cn_time deadline, struct cn_messages *messages) {
	unsigned flags = args->lease ? CN_QUEUE_LEASE : 0;
	int err;
	while ((err = cn_queue_get_many(queue, flags, max, deadline, messages)) == -EINTR) {
		host->protect(end_messages, messages);
		host->pending();
		host->unprotect();
	}
	return err;
}

static int get_many(const struct cmd *cmd, const struct get_args *args,
		const struct cn_queue *queue, cn_time deadline) {
	struct cn_messages messages = {
		.data = CN_BUF_INIT,
		.ends = CN_BUF_INIT,
		.delim = args->var != NULL || args->raw ? -1 : args->null ? '\0' : '\n',
	};
	uint64_t left = (uint64_t)args->count;
	int err = 0;
	int status = STATUS_OK;
	for (bool first = true; left > 0; first = false) {
		uint64_t before = messages.count;
		err = get_some(queue, args, left, first ? deadline : CN_NOW, &messages);
		if (err < 0) {
			break;
		}
		left -= messages.count - before;
		if (args->var == NULL) {
			err = host->write(messages.data.data, messages.data.len);
			cn_buf_reset(&messages.data);
			cn_buf_reset(&messages.ends);
			if (err < 0) {
				break;
			}
		}
	}
	int flushed = args->var == NULL ? host->flush() : 0;
	if (messages.count == 0 && err < 0) {
		status = wait_result(cmd, &args->wait, err, NULL);
	} else if (args->var != NULL) {
		status = give_array(cmd, args->var, &messages);
	} else if (flushed < 0 || (err < 0 && err != -ETIMEDOUT && err != -EPIPE)) {
		status = cmd_write_failed(cmd, flushed < 0 ? flushed : err);
	}
	cn_messages_finish(&messages);
	return status;
}

static int queue_get(struct cmd *cmd, void *data) {
	const struct get_args *args = data;
	cn_time deadline = wait_deadline(&args->wait);
	struct cn_queue queue;
	if (args->count == 0) {
		return cmd_fail(cmd, STATUS_USAGE, "-c: must be at least 1");
	}
	if (args->lease) {
		host->own_process();
	}
	int status = cmd_can_give(cmd, args->var);
	status = status == STATUS_OK ? open_queue(cmd, &queue) : status;
	if (status != STATUS_OK) {
		return status;
	}
	return args->count < 0 ? get_one(cmd, args, &queue, deadline)
						   : get_many(cmd, args, &queue, deadline);
}

static int queue_peek(struct cmd *cmd, void *data) {
	const struct get_args *args = data;
	struct cn_queue queue;
	struct cn_message message;
	int status = open_queue(cmd, &queue);
	if (status != STATUS_OK) {
		return status;
	}
	int err = cn_queue_peek(&queue, &message);
	status = err == -ETIMEDOUT ? STATUS_NO
			: err < 0		   ? cmd_result(cmd, cmd->argv[0], err, NULL)
							   : give(cmd, args, message.data, message.len);
	cn_message_finish(&message);
	return status;
}

// ---- the rest ------------------------------------------------------------------------------------

static int settle(struct cmd *cmd, bool give_back) {
	struct cn_queue queue;
	uint64_t count;
	int status = open_queue(cmd, &queue);
	int err = status == STATUS_OK ? cn_queue_ack(&queue, give_back, &count) : 0;
	if (status != STATUS_OK || err < 0) {
		return status != STATUS_OK ? status : cmd_result(cmd, cmd->argv[0], err, NULL);
	}
	return count > 0 ? STATUS_OK
					 : cmd_fail(cmd, STATUS_NO, "%s: no lease of this process", cmd->argv[0]);
}

static int queue_ack(struct cmd *cmd, void *args) {
	host->own_process();
	return settle(cmd, false);
}

static int queue_nack(struct cmd *cmd, void *args) {
	host->own_process();
	return settle(cmd, true);
}

static int query(const struct cmd *cmd, struct cn_queue_info *info) {
	struct cn_queue queue;
	int status = open_queue(cmd, &queue);
	return status != STATUS_OK
			? status
			: cmd_result(cmd, cmd->argv[0], cn_queue_query(&queue, info), NULL);
}

static int queue_size(struct cmd *cmd, void *data) {
	const struct size_args *args = data;
	struct cn_queue_info info;
	int status = query(cmd, &info);
	uint64_t size = args->leased ? info.leased : args->bytes ? info.bytes : info.count;
	return status == STATUS_OK ? cmd_givef(cmd, args->var, "%" PRIu64, size) : status;
}

static int queue_empty(struct cmd *cmd, void *args) {
	struct cn_queue_info info;
	int status = query(cmd, &info);
	return status != STATUS_OK || info.count == 0 ? status : STATUS_NO;
}

static int queue_full(struct cmd *cmd, void *args) {
	struct cn_queue_info info;
	int status = query(cmd, &info);
	return status != STATUS_OK || info.is_full ? status : STATUS_NO;
}

static int change(const struct cmd *cmd, int (*how)(const struct cn_queue *queue)) {
	struct cn_queue queue;
	int status = open_queue(cmd, &queue);
	return status != STATUS_OK ? status : cmd_result(cmd, cmd->argv[0], how(&queue), NULL);
}

static int queue_close(struct cmd *cmd, void *args) {
	return change(cmd, cn_queue_close);
}

static int queue_clear(struct cmd *cmd, void *args) {
	return change(cmd, cn_queue_clear);
}

static int unmake(const struct cn_queue *queue) {
	return cn_ref_destroy(&queue->ref);
}

static int queue_destroy(struct cmd *cmd, void *args) {
	return change(cmd, unmake);
}

static int queue_join(struct cmd *cmd, void *data) {
	const struct wait_args *args = data;
	cn_time deadline = wait_deadline(args);
	struct cn_queue queue;
	int status = open_queue(cmd, &queue);
	int err;
	if (status != STATUS_OK) {
		return status;
	}
	while ((err = cn_queue_join(&queue, deadline)) == -EINTR) {
		host->pending();
	}
	return wait_result(cmd, args, err, NULL);
}

#define PLAIN NULL, 0, NULL, NULL
#define GET_ARGS sizeof(struct get_args), &get_defaults, NULL

static int describe(const struct cn_ref *ref, struct object_view *view) {
	struct cn_queue_info info;
	int err = cn_queue_query(&(struct cn_queue){ *ref }, &info);
	if (err < 0) {
		return err;
	}
	view->waiters = info.getters + info.putters;
	view->bytes += info.bytes;
	cn_buf_printf(&view->state, "%" PRIu64, info.count);
	if (info.shape.count > 0) {
		cn_buf_printf(&view->state, " of %" PRIu64, info.shape.count);
	}
	cn_buf_puts(&view->state, " items");
	if (info.leased > 0) {
		cn_buf_printf(&view->state, ", %" PRIu64 " leased", info.leased);
	}
	cn_buf_puts(&view->state, info.is_closed ? ", closed" : "");
	view->holders_count = cn_queue_holders(
			&(struct cn_queue){ *ref }, view->holders, OBJECT_HOLDERS_MAX);
	return 0;
}

static const struct object_kind queues = { CN_QUEUE, describe };

const struct command command_queue = {
	.name = "queue",
	.summary = "pass items from any process to any other",
	.objects = &queues,
	.forkless = true, // but for leases
	.verbs =
			(const struct verb[]){
					{ "create", queue_create, 1, 1, "NAME", "make a queue", create_opts,
							sizeof(struct create_args), &create_defaults, NULL },
					{ "put", queue_put, 1, MANY, "NAME [ITEM...]",
							"put the ITEMs, or the lines of stdin; 3: closed", put_opts,
							sizeof(struct put_args), &put_defaults, NULL },
					{ "get", queue_get, 1, 1, "NAME",
							"get the next item; 3: closed and nothing left", get_opts, GET_ARGS },
					{ "ack", queue_ack, 1, 1, "NAME", "done with all this process has leased",
							PLAIN },
					{ "nack", queue_nack, 1, 1, "NAME", "give back all this process has leased",
							PLAIN },
					{ "peek", queue_peek, 1, 1, "NAME", "the next item, which stays; 1: empty",
							peek_opts, GET_ARGS },
					{ "size", queue_size, 1, 1, "NAME", "print how many items there are", size_opts,
							sizeof(struct size_args), NULL, NULL },
					{ "empty", queue_empty, 1, 1, "NAME", "0: nothing is in it; 1: something is",
							PLAIN },
					{ "full", queue_full, 1, 1, "NAME", "0: a put would wait; 1: it would not",
							PLAIN },
					{ "close", queue_close, 1, 1, "NAME",
							"no more puts; who gets the last one is told", PLAIN },
					{ "join", queue_join, 1, 1, "NAME",
							"wait until it is empty and all leases are acknowledged", join_opts,
							sizeof(struct wait_args), &join_defaults, NULL },
					{ "clear", queue_clear, 1, 1, "NAME", "throw away what is in it", PLAIN },
					{ "destroy", queue_destroy, 1, 1, "NAME", "remove it; who waits gets 4",
							PLAIN },
					{ 0 },
			},
};
