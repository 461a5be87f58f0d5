/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * plugin/cmd/signal.c - handlers for signals, sending, blocking and waiting for them.
 */
#include "config.h"

#include <ctype.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "lib/base/fd.h"
#include "lib/base/number.h"
#include "lib/base/signame.h"
#include "lib/proc/pool.h"
#include "lib/proc/process.h"
#include "lib/proc/signals.h"
#include "lib/proc/task.h"
#include "plugin/command.h"
#include "plugin/host.h"
#include "plugin/report.h"
#include "plugin/session.h"
#include "plugin/signals.h"
#include "plugin/tasks.h"

struct list_args {
	bool json;
	const char *var;
};

struct wait_args {
	cn_time timeout;
	const char *var;
	const char *sender;
};

static const struct wait_args wait_defaults = { .timeout = CN_NEVER };

static const struct opt list_opts[] = {
	{ 'J', "json", OPT_FLAG, offsetof(struct list_args, json), NULL, "as JSON" },
	{ 0 },
};

static const struct opt pending_opts[] = {
	{ 'v', "variable", OPT_VARIABLE, offsetof(struct list_args, var), "VAR", "put them there" },
	{ 0 },
};

static const struct opt wait_opts[] = {
	{ 't', "timeout", OPT_DURATION, offsetof(struct wait_args, timeout), "DUR",
			"longest wait (124)" },
	{ 'v', "variable", OPT_VARIABLE, offsetof(struct wait_args, var), "VAR", "put its name there" },
	{ 'p', "sender", OPT_VARIABLE, offsetof(struct wait_args, sender), "VAR",
			"put the sender's process there" },
	{ 0 },
};

// ---- operands ----

static int read_signal(const struct cmd *cmd, const char *word, int *sig) {
	if (cn_signal_parse(word, sig) < 0 || *sig < 1) {
		return cmd_fail(cmd, STATUS_USAGE, "%s: no such signal", word);
	}
	return STATUS_OK;
}

// All operands are signals.
static int read_set(const struct cmd *cmd, sigset_t *set) {
	sigemptyset(set);
	for (int i = 0; i < cmd->argc; i++) {
		int sig;
		int status = read_signal(cmd, cmd->argv[i], &sig);
		if (status != STATUS_OK) {
			return status;
		}
		sigaddset(set, sig);
	}
	return STATUS_OK;
}

/*
 * In front of a command signals are written in capitals or as numbers, as `term` and `quit` are
 * good names for what handles them.
 */
static bool looks_like_signal(const char *word) {
	int sig;
	for (const char *p = word; *p != '\0'; p++) {
		if (islower((unsigned char)*p)) {
			return false;
		}
	}
	return cn_signal_parse(word, &sig) == 0;
}

// ---- handlers ----

static int signal_on(struct cmd *cmd, void *args) {
	int signals = 0;
	while (signals < cmd->argc && looks_like_signal(cmd->argv[signals])) {
		signals++;
	}
	int first = signals;
	if (first < cmd->argc && strcmp(cmd->argv[first], "--") == 0) {
		first++;
	}
	if (signals == 0) {
		return cmd_fail(cmd, STATUS_USAGE, "%s: no such signal", cmd->argv[0]);
	}
	if (first == cmd->argc) {
		return cmd_usage(cmd);
	}
	int result = STATUS_OK;
	for (int i = 0; i < signals; i++) {
		int sig;
		int status = read_signal(cmd, cmd->argv[i], &sig);
		if (status == STATUS_OK) {
			status = signals_set(cmd, sig, cmd->argv + first, (size_t)(cmd->argc - first));
		}
		result = result == STATUS_OK ? status : result;
	}
	return result;
}

static int reset(struct cmd *cmd, const char *action) {
	sigset_t set;
	int result = read_set(cmd, &set);
	if (result != STATUS_OK) {
		return result;
	}
	for (int sig = 1; sig < CN_SIGNALS; sig++) {
		if (sigismember(&set, sig) == 1) {
			int status = signals_reset(cmd, sig, action);
			result = result == STATUS_OK ? status : result;
		}
	}
	return result;
}

static int signal_ignore(struct cmd *cmd, void *args) {
	return reset(cmd, "");
}

static int signal_default(struct cmd *cmd, void *args) {
	return reset(cmd, NULL);
}

static int signal_run(struct cmd *cmd, void *args) {
	int sig;
	int status = read_signal(cmd, cmd->argv[0], &sig);
	if (status == STATUS_OK) {
		signals_run(sig, cmd->argv + 1, (size_t)(cmd->argc - 1));
	}
	return status;
}

// ---- sending ----

static int send_to_process(const struct cmd *cmd, int sig, const char *word) {
	int64_t pid;
	if (cn_parse_int(word, INT32_MIN + 1, INT32_MAX, &pid) < 0) {
		return cmd_fail(cmd, STATUS_USAGE, "%s: not a process", word);
	}
	int err = 0;
	// kill() would merge real-time signals where the receiver's queue is full.
	if (pid > 0 && sig >= SIGRTMIN) {
		err = sigqueue((pid_t)pid, sig, (union sigval){ 0 }) == 0 ? 0 : -errno;
	} else {
		err = kill((pid_t)pid, sig) == 0 ? 0 : -errno;
	}
	if (err == -ESRCH) {
		return cmd_fail(cmd, STATUS_NO_OBJECT, "%s: no such process", word);
	}
	if (err == -EPERM) {
		return cmd_fail(cmd, STATUS_NO, "%s: not permitted", word);
	}
	return cmd_result(cmd, word, err, NULL);
}

// The workers of a pool, with what they run.
static int send_to_pool(struct cn_arena *arena, int sig, const char *name) {
	struct cn_ref ref;
	struct cn_pool *pool;
	int err = cn_pool_find(arena, name, &ref);
	err = err == 0 ? cn_pin(&ref, (void **)&pool) : err;
	if (err < 0) {
		return err;
	}
	uint32_t seats = cn_pool_seats(pool);
	bool any = false;
	for (uint32_t slot = 0; slot < seats; slot++) {
		pid_t pid = cn_pool_worker(pool, slot);
		any = (pid > 1 && kill(-pid, sig) == 0) || any;
	}
	cn_unpin(&ref, pool);
	return any ? 0 : -ESRCH;
}

static int send_to_task(struct cn_arena *arena, int sig, const char *name) {
	struct cn_ref ref;
	struct cn_task *task;
	int err = cn_name_find(arena, CN_TASK, name, &ref);
	err = err == 0 ? cn_pin(&ref, (void **)&task) : err;
	if (err < 0) {
		return err;
	}
	bool ended = atomic_load(&task->result) != 0;
	err = ended ? -ESRCH : cn_task_kill(task, sig);
	cn_unpin(&ref, task);
	return err;
}

static bool is_none(int err) {
	return err == -ENOENT || err == -EINVAL;
}

static int send_to_named(const struct cmd *cmd, int sig, const char *name) {
	struct tasks *tasks;
	int status = tasks_open(cmd, &tasks);
	if (status != STATUS_OK) {
		return status;
	}
	tasks_update();
	int err = send_to_task(tasks->arena, sig, name);
	err = is_none(err) ? send_to_pool(tasks->arena, sig, name) : err;
	if (is_none(err)) {
		return cmd_fail(cmd, STATUS_NO_OBJECT, "%s: no such task or pool", name);
	}
	return err == -ESRCH ? STATUS_NO : cmd_result(cmd, name, err, NULL); // it has ended
}

static int signal_send(struct cmd *cmd, void *args) {
	int sig;
	if (cn_signal_parse(cmd->argv[0], &sig) < 0) {
		return cmd_fail(cmd, STATUS_USAGE, "%s: no such signal", cmd->argv[0]);
	}
	int result = STATUS_OK;
	for (int i = 1; i < cmd->argc; i++) {
		const char *word = cmd->argv[i];
		bool number = isdigit((unsigned char)word[0]) || word[0] == '-';
		int status = number ? send_to_process(cmd, sig, word) : send_to_named(cmd, sig, word);
		result = result == STATUS_OK ? status : result;
	}
	return result;
}

// ---- blocking ----

static int block(struct cmd *cmd, bool on) {
	sigset_t set;
	int status = read_set(cmd, &set);
	if (status != STATUS_OK) {
		return status;
	}
	// Without these nothing of ours would end, tick or die with its parent.
	sigdelset(&set, CN_PROCESS_SIGNAL);
	sigdelset(&set, CN_PROCESS_TIE);
	cn_signals_block(&set, on);
	host->blocked(&set, on);
	return STATUS_OK;
}

static int signal_block(struct cmd *cmd, void *args) {
	return block(cmd, true);
}

static int signal_unblock(struct cmd *cmd, void *args) {
	return block(cmd, false);
}

static int signal_pending(struct cmd *cmd, void *data) {
	const struct list_args *args = data;
	struct cn_buf text = CN_BUF_INIT;
	sigset_t set;
	sigpending(&set);
	for (int sig = 1; sig < CN_SIGNALS; sig++) {
		if (sigismember(&set, sig) == 1) {
			char name[CN_SIGNAME_MAX];
			cn_signal_name(sig, name);
			cn_buf_printf(&text, "%s%s", text.len > 0 ? "\n" : "", name);
		}
	}
	bool none = text.len == 0;
	int status =
			none && args->var == NULL ? STATUS_OK : cmd_give(cmd, args->var, text.data, text.len);
	cn_buf_finish(&text);
	return status == STATUS_OK && none ? STATUS_NO : status;
}

// ---- waiting ----

struct waiting {
	sigset_t set;
	sigset_t opened; // members of the set that were not blocked before
	int fd; // a signalfd of the set
};

// Also on the way of a longjmp out of the wait.
static void end_wait(void *data) {
	struct waiting *waiting = data;
	sigset_t blocked;
	cn_signals_blocked(&blocked); // a handler may have done it meanwhile
	for (int sig = 1; sig < CN_SIGNALS; sig++) {
		if (sigismember(&blocked, sig) == 1) {
			sigdelset(&waiting->opened, sig);
		}
	}
	sigprocmask(SIG_UNBLOCK, &waiting->opened, NULL);
	cn_fd_close(&waiting->fd);
	free(waiting);
}

static void begin_wait(struct waiting *waiting) {
	sigset_t before;
	sigprocmask(SIG_BLOCK, &waiting->set, &before);
	sigemptyset(&waiting->opened);
	for (int sig = 1; sig < CN_SIGNALS; sig++) {
		if (sigismember(&waiting->set, sig) == 1 && sigismember(&before, sig) == 0) {
			sigaddset(&waiting->opened, sig);
		}
	}
}

/*
 * Sleep until one of the set is pending. All others are let in by the system just for the sleep, so
 * that none comes between the look and that. -EINTR: one did, and is handled.
 */
static int sleep_until(const struct waiting *waiting, cn_time deadline) {
	sigset_t all;
	sigset_t saved;
	sigfillset(&all);
	sigprocmask(SIG_SETMASK, &all, &saved);
	int err = 0;
	if (cn_signals_waiting() || host->trap_pending() > 0 || host->is_interrupted()) {
		err = -EINTR;
	} else {
		struct pollfd poll_fd = { .fd = waiting->fd, .events = POLLIN };
		struct timespec left = cn_timespec(cn_left(deadline));
		int n = ppoll(&poll_fd, 1, deadline == CN_NEVER ? NULL : &left, &saved);
		err = n > 0 ? 0 : n == 0 ? -ETIMEDOUT : -errno;
	}
	sigprocmask(SIG_SETMASK, &saved, NULL);
	if (err == -EINTR) {
		tasks_run_pending();
	}
	return err;
}

static int wait_for(const struct waiting *waiting, cn_time deadline, siginfo_t *info) {
	for (;;) {
		if (cn_signal_take(&waiting->set, info) != 0) {
			return 0;
		}
		int err = sleep_until(waiting, deadline);
		if (err == -ETIMEDOUT) {
			return cn_signal_take(&waiting->set, info) != 0 ? 0 : err;
		}
		if (err < 0 && err != -EINTR) {
			return err;
		}
	}
}

static int give_caught(const struct cmd *cmd, const struct wait_args *args, const siginfo_t *info) {
	char name[CN_SIGNAME_MAX];
	cn_signal_name(info->si_signo, name);
	int status = cmd_give(cmd, args->var, name, strlen(name));
	if (status == STATUS_OK && args->sender != NULL) {
		bool sent = info->si_code == SI_USER || info->si_code == SI_QUEUE ||
				info->si_code == SI_TKILL || info->si_signo == SIGCHLD;
		status = cmd_givef(cmd, args->sender, "%d", sent ? (int)info->si_pid : 0);
	}
	return status;
}

static int signal_wait(struct cmd *cmd, void *data) {
	const struct wait_args *args = data;
	struct waiting *waiting = calloc(1, sizeof(*waiting));
	if (waiting == NULL) {
		return cmd_result(cmd, NULL, -ENOMEM, NULL);
	}
	int status = read_set(cmd, &waiting->set);
	if (status != STATUS_OK) {
		free(waiting);
		return status;
	}
	begin_wait(waiting);
	siginfo_t info;
	waiting->fd = cn_fd_private(signalfd(-1, &waiting->set, SFD_CLOEXEC));
	host->protect(end_wait, waiting);
	int err = waiting->fd < 0 ? waiting->fd : wait_for(waiting, cn_after(args->timeout), &info);
	host->unprotect();
	end_wait(waiting);
	return err == 0 ? give_caught(cmd, args, &info) : cmd_result(cmd, NULL, err, NULL);
}

// ---- list ----

struct row {
	char name[CN_SIGNAME_MAX];
	const char *state;
	bool blocked;
	struct cn_buf command;
};

// The handler's words in what trap shows; NULL: it is a plain trap.
static const char *words_of(const char *action, const char *name) {
	char prefix[40];
	action += strncmp(action, "conch ", 6) == 0 ? 6 : 0;
	int len = snprintf(prefix, sizeof(prefix), "signal run %s ", name);
	return strncmp(action, prefix, (size_t)len) == 0 ? action + len : NULL;
}

// false: nothing is special about this signal.
static bool fill_row(struct row *row, int sig, const sigset_t *blocked) {
	const char *action = host->trap_get(sig);
	cn_signal_name(sig, row->name);
	row->blocked = sigismember(blocked, sig) == 1;
	row->state = action == NULL ? "default" : "ignored";
	if (action != NULL && action[0] != '\0') {
		const char *words = words_of(action, row->name);
		row->state = words != NULL ? "on" : "trap";
		cn_buf_puts(&row->command, words != NULL ? words : action);
	}
	return row->blocked || action != NULL;
}

static void append_row(struct cn_buf *out, const struct row *row) {
	cn_buf_printf(out, "%-9s %-7s %s %s", row->name, row->state, row->blocked ? "blocked" : "-",
			row->command.data);
	while (out->len > 0 && out->data[out->len - 1] == ' ') {
		cn_buf_truncate(out, out->len - 1);
	}
	cn_buf_putc(out, '\n');
}

static void append_json(struct cn_buf *out, const struct row *row) {
	cn_buf_printf(out, "%s\n{\"signal\":\"%s\",\"state\":\"%s\",\"blocked\":%s,\"command\":",
			out->len > 1 ? "," : "", row->name, row->state, row->blocked ? "true" : "false");
	json_string(out, row->command.data, row->command.len);
	cn_buf_putc(out, '}');
}

static int signal_list(struct cmd *cmd, void *data) {
	const struct list_args *args = data;
	struct cn_buf text = CN_BUF_INIT;
	sigset_t blocked;
	sigprocmask(SIG_BLOCK, NULL, &blocked);
	cn_buf_puts(&text, args->json ? "[" : "");
	for (int sig = 1; sig < CN_SIGNALS; sig++) {
		struct row row = { .command = CN_BUF_INIT };
		bool ours = sig == CN_PROCESS_SIGNAL || sig == CN_PROCESS_TIE || sig == CN_PROCESS_TURN;
		if (!ours && fill_row(&row, sig, &blocked)) {
			(args->json ? append_json : append_row)(&text, &row);
		}
		cn_buf_finish(&row.command);
	}
	cn_buf_puts(&text, args->json ? "]\n" : "");
	int status = cmd_print(cmd, &text);
	cn_buf_finish(&text);
	return status;
}

const struct command command_signal = {
	.name = "signal",
	.summary = "handle signals, send them, block them, wait for them",
	.verbs =
			(const struct verb[]){
					{ "on", signal_on, 2, MANY, "SIG... COMMAND [ARG...]",
							"run COMMAND ARG... SIG SENDER for each" },
					{ "ignore", signal_ignore, 1, MANY, "SIG...", "as if they did not come" },
					{ "default", signal_default, 1, MANY, "SIG...", "their default action again" },
					{ "send", signal_send, 2, MANY, "SIG PID|TASK|POOL...",
							"to processes, all processes of tasks, all workers of pools" },
					{ "block", signal_block, 1, MANY, "SIG...", "let them wait" },
					{ "unblock", signal_unblock, 1, MANY, "SIG...", "let them come" },
					{ "pending", signal_pending, 0, 0, NULL, "print those that wait; 1: none",
							pending_opts, sizeof(struct list_args) },
					{ "wait", signal_wait, 1, MANY, "SIG...",
							"wait for one, which is not handled then, and print its name",
							wait_opts, sizeof(struct wait_args), &wait_defaults },
					{ "list", signal_list, 0, 0, NULL, "signal, state, whether blocked, command",
							list_opts, sizeof(struct list_args) },
					{ "run", signal_run, 2, MANY, "SIG COMMAND [ARG...]",
							"what `trap` shows of a handler: run COMMAND ARG... SIG SENDER" },
					{ 0 },
			},
};
