/* SPDX-License-Identifier: GPL-3.0-or-later */
/* plugin/cmd/pipe.c - channels between processes: see lib/data/channel.h. */
#include "config.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <unistd.h>

#include "lib/base/procfs.h"
#include "lib/data/channel.h"
#include "plugin/cmd/pipe_run.h"
#include "plugin/command.h"
#include "plugin/host.h"
#include "plugin/lines.h"
#include "plugin/names.h"
#include "plugin/objects.h"
#include "plugin/report.h"
#include "plugin/waiting.h"

enum { WORDS_AT_ONCE = 64 };

struct create_args {
	bool one_way;
};

struct send_args {
	struct wait_args wait;
	bool lines;
};

struct recv_args {
	struct wait_args wait;
	uint64_t max;
	const char *var;
	bool null;
	bool raw;
};

static const struct send_args send_defaults = { .wait = WAIT_DEFAULTS };
static const struct recv_args recv_defaults = { .wait = WAIT_DEFAULTS, .max = UINT64_MAX };
static const struct wait_args poll_defaults = { .timeout = CN_NEVER, .now = true };

static const struct opt create_opts[] = {
	{ '1', "one-way", OPT_FLAG, offsetof(struct create_args, one_way), NULL,
			"A sends, B receives" },
	{ 0 },
};

static const struct opt send_opts[] = {
	WAIT_OPTS(struct send_args, wait),
	{ 'l', "lines", OPT_FLAG, offsetof(struct send_args, lines), NULL,
			"each line of stdin is a message" },
	{ 0 },
};

static const struct opt recv_opts[] = {
	WAIT_OPTS(struct recv_args, wait),
	{ 'm', "max", OPT_SIZE, offsetof(struct recv_args, max), "MAX",
			"leave a message that is longer (1)" },
	{ 'v', "variable", OPT_VARIABLE, offsetof(struct recv_args, var), "VAR",
			"put it into VAR instead of on stdout" },
	{ '0', "null", OPT_FLAG, offsetof(struct recv_args, null), NULL,
			"NUL behind it instead of a newline" },
	{ 'r', "raw", OPT_FLAG, offsetof(struct recv_args, raw), NULL, "nothing behind it" },
	{ 0 },
};

static const struct opt poll_opts[] = {
	{ 't', "timeout", OPT_DURATION, offsetof(struct wait_args, timeout), "DUR",
			"wait so long (124)" },
	{ 0 },
};

// ---- whom we act for -----------------------------------------------------------------------------

// x=$(pipe recv A) is a use of the end by the script, not by a process that is gone a moment later.
static pid_t acting_for(struct cn_arena *arena) {
	enum { LEVELS = 16 };
	if (!host->is_foreground_copy()) {
		return 0;
	}
	pid_t pid = getppid();
	for (int i = 0; i < LEVELS && pid > 1; i++) {
		if (cn_owner_find(arena, pid) != 0) {
			return pid;
		}
		struct cn_proc_stat stat;
		pid = cn_proc_stat(pid, &stat) == 0 ? stat.parent : 0;
	}
	return 0;
}

static int open_end(const struct cmd *cmd, struct cn_channel *end, bool use) {
	struct cn_arena *arena;
	const char *name;
	const char *word = cmd->argv[0];
	int status = name_open(cmd, word, false, &arena, &name);
	if (status != STATUS_OK) {
		return status;
	}
	int err = cn_channel_open(arena, name, end);
	if (err == 0 && use) {
		err = cn_channel_use(end, acting_for(arena));
	}
	return err == -ENOENT ? cmd_fail(cmd, STATUS_NO_OBJECT, "%s: no such end of a pipe", word)
						  : cmd_result(cmd, word, err, NULL);
}

// ---- create --------------------------------------------------------------------------------------

static int pipe_create(struct cmd *cmd, void *data) {
	const struct create_args *args = data;
	struct cn_arena *arena;
	struct cn_arena *other;
	const char *a;
	const char *b;
	int status = name_open(cmd, cmd->argv[0], true, &arena, &a);
	status = status == STATUS_OK ? name_open(cmd, cmd->argv[1], true, &other, &b) : status;
	if (status != STATUS_OK) {
		return status;
	}
	if (arena != other || strcmp(a, b) == 0) {
		return cmd_fail(cmd, STATUS_USAGE, "%s %s: %s", cmd->argv[0], cmd->argv[1],
				arena != other ? "one is machine-wide, one is not" : "the same name");
	}
	int err = cn_channel_create(arena, a, b, args->one_way);
	if (err == -EPROTOTYPE) {
		return cmd_fail(cmd, STATUS_NO_OBJECT, "%s %s: a name is taken, or they are otherwise",
				cmd->argv[0], cmd->argv[1]);
	}
	return err == -EEXIST ? STATUS_OK : cmd_result(cmd, cmd->argv[0], err, NULL);
}

// ---- send ----------------------------------------------------------------------------------------

struct sending {
	const struct cmd *cmd;
	const struct cn_channel *end;
	cn_time deadline;
	struct lines *lines; // to be freed when a trap leaves; NULL: none
};

static void free_lines(void *data) {
	lines_end(data);
}

static void run_traps(const struct sending *sending) {
	if (sending->lines == NULL) {
		host->pending();
		return;
	}
	host->protect(free_lines, sending->lines);
	host->pending();
	host->unprotect();
}

static int send_some(const struct sending *sending, const struct cn_text *texts, size_t n) {
	size_t done = 0;
	int err;
	while ((err = cn_channel_send(sending->end, texts, n, sending->deadline, &done)) == -EINTR) {
		run_traps(sending);
	}
	return err;
}

static int send_words(const struct sending *sending) {
	const struct cmd *cmd = sending->cmd;
	struct cn_text texts[WORDS_AT_ONCE];
	int err = 0;
	for (int at = 1; at < cmd->argc && err == 0;) {
		size_t n = 0;
		while (at < cmd->argc && n < WORDS_AT_ONCE) {
			texts[n++] = (struct cn_text){ cmd->argv[at], strlen(cmd->argv[at]) };
			at++;
		}
		err = send_some(sending, texts, n);
	}
	return err;
}

static int send_stdin(struct sending *sending, bool by_lines, bool *read_failed) {
	struct lines lines;
	lines_begin(&lines, by_lines ? '\n' : -1);
	sending->lines = &lines;
	int err;
	*read_failed = false;
	while ((err = lines_more(&lines)) > 0) {
		err = send_some(sending, lines.texts, lines.count);
		if (err < 0) {
			lines_end(&lines);
			return err;
		}
	}
	lines_end(&lines);
	*read_failed = err < 0;
	return err;
}

static int pipe_send(struct cmd *cmd, void *data) {
	const struct send_args *args = data;
	struct cn_channel end;
	struct sending sending = {
		.cmd = cmd, .end = &end, .deadline = wait_deadline(&args->wait)
	};
	if (args->lines && cmd->argc > 1) {
		return cmd_fail(cmd, STATUS_USAGE, "-l: takes the lines of stdin, and no words");
	}
	int status = open_end(cmd, &end, true);
	if (status != STATUS_OK) {
		return status;
	}
	bool read_failed = false;
	int err = cmd->argc > 1 ? send_words(&sending)
							: send_stdin(&sending, args->lines, &read_failed);
	if (read_failed) {
		return cmd_fail(cmd, STATUS_FAILED, "stdin: %s", cn_strerror(err));
	}
	if (err == -EPERM) {
		return cmd_fail(cmd, STATUS_USAGE, "%s: this end only receives", cmd->argv[0]);
	}
	if (err == -EMSGSIZE) {
		return cmd_fail(cmd, STATUS_FAILED, "%s: message too long", cmd->argv[0]);
	}
	return wait_result(cmd, &args->wait, err, NULL);
}

// ---- recv ----------------------------------------------------------------------------------------

static int give(const struct cmd *cmd, const struct recv_args *args, const void *data, size_t len) {
	return args->var != NULL || (!args->null && !args->raw)
			? cmd_give(cmd, args->var, data, len)
			: cmd_give_bytes(cmd, data, len, args->null);
}

static int receive_failed(const struct cmd *cmd, const struct wait_args *wait, int err) {
	if (err == -EMSGSIZE) {
		return STATUS_NO;
	}
	if (err == -EPERM) {
		return cmd_fail(cmd, STATUS_USAGE, "%s: this end only sends", cmd->argv[0]);
	}
	return wait_result(cmd, wait, err, NULL);
}

static int pipe_recv(struct cmd *cmd, void *data) {
	const struct recv_args *args = data;
	cn_time deadline = wait_deadline(&args->wait);
	struct cn_channel end;
	struct cn_message message;
	int status = cmd_can_give(cmd, args->var);
	status = status == STATUS_OK ? open_end(cmd, &end, true) : status;
	int err;
	if (status != STATUS_OK) {
		return status;
	}
	while ((err = cn_channel_receive(&end, args->max, deadline, &message)) == -EINTR) {
		host->pending();
	}
	if (err < 0) {
		return receive_failed(cmd, &args->wait, err);
	}
	status = give(cmd, args, message.data, message.len);
	cn_message_finish(&message);
	return status;
}

static int pipe_poll(struct cmd *cmd, void *data) {
	const struct wait_args *args = data;
	const struct wait_args wait = { args->timeout, args->timeout == CN_NEVER };
	cn_time deadline = wait_deadline(&wait);
	struct cn_channel end;
	int status = open_end(cmd, &end, true);
	int err;
	if (status != STATUS_OK) {
		return status;
	}
	while ((err = cn_channel_poll(&end, deadline)) == -EINTR) {
		host->pending();
	}
	return receive_failed(cmd, &wait, err);
}

static int pipe_close(struct cmd *cmd, void *args) {
	struct cn_channel end;
	int status = open_end(cmd, &end, false);
	return status != STATUS_OK ? status
							   : cmd_result(cmd, cmd->argv[0], cn_channel_close(&end), NULL);
}

static int describe(const struct cn_ref *ref, struct object_view *view) {
	const struct cn_channel end = { *ref };
	struct cn_channel_info info;
	int err = cn_channel_query(&end, &info);
	if (err < 0) {
		return err;
	}
	cn_buf_printf(&view->state, "%" PRIu64 " messages, %" PRIu64 " bytes%s%s", info.count,
			info.bytes,
			!info.can_send			? ", receives"
					: !info.can_receive ? ", sends"
										: "",
			info.is_closed ? ", closed" : "");
	view->waiters = info.waiters;
	view->bytes += info.bytes;
	view->holders_count = info.users;
	cn_channel_users(&end, view->holders, OBJECT_HOLDERS_MAX);
	return 0;
}

static const struct object_kind ends = { CN_PIPE, describe };

const struct command command_pipe = {
	.name = "pipe",
	.objects = &ends,
	.summary = "channels of messages between two sides; concurrent pipelines",
	.verbs =
			(const struct verb[]){
					{ "create", pipe_create, 2, 2, "A B", "make two connected ends", create_opts,
							sizeof(struct create_args), NULL, NULL, .forkless = true },
					{ "send", pipe_send, 1, MANY, "END [WORD...]",
							"send each WORD, or all of stdin, as a message; 3: nobody is there",
							send_opts, sizeof(struct send_args), &send_defaults, NULL,
							.forkless = true },
					{ "recv", pipe_recv, 1, 1, "END",
							"receive a message; 3: none will come any more", recv_opts,
							sizeof(struct recv_args), &recv_defaults, NULL,
							.forkless = true },
					{ "poll", pipe_poll, 1, 1, "END", "0: a recv would not wait; 1: it would",
							poll_opts, sizeof(struct wait_args), &poll_defaults, NULL,
							.forkless = true },
					{ "close", pipe_close, 1, 1, "END", "close this end, for all who use it", NULL,
							0, NULL, NULL, .forkless = true },
					{ "run", pipe_run, 1, MANY, "STAGE... [:: [-j N] STAGE...]...",
							"run a pipeline; stages are commands, with -j N of several workers",
							pipe_run_opts, sizeof(struct pipe_run_args), NULL, NULL },
					{ 0 },
			},
};
