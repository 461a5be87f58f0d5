/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * plugin/cmd/pause.c - sleep until something has run: the handler of a signal, a trap, a timer's
 * command, what --then asked for at a task's end.
 */
#include "config.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/signame.h"
#include "lib/proc/signals.h"
#include "plugin/callback.h"
#include "plugin/command.h"
#include "plugin/host.h"
#include "plugin/report.h"
#include "plugin/tasks.h"

struct pause_args {
	cn_time timeout;
	bool go_on;
	const char *var;
};

static const struct pause_args pause_defaults = { .timeout = CN_NEVER };

static const struct opt pause_opts[] = {
	{ 't', "timeout", OPT_DURATION, offsetof(struct pause_args, timeout), "DUR",
			"longest wait (124)" },
	{ 'c', "continue", OPT_FLAG, offsetof(struct pause_args, go_on), NULL,
			"sleep for all of DUR, whatever runs meanwhile (0)" },
	{ 'v', "variable", OPT_VARIABLE, offsetof(struct pause_args, var), "VAR",
			"put the name of what ran there (REPLY)" },
	{ 0 },
};

struct pausing {
	struct watcher *watcher;
	sigset_t blocked; // let through for the time
};

// Also on the way of a longjmp out of it.
static void end_pause(void *data) {
	struct pausing *pausing = data;
	sigprocmask(SIG_BLOCK, &pausing->blocked, NULL);
	watcher_end(pausing->watcher);
	free(pausing);
}

static struct pausing *begin_pause(void) {
	struct pausing *pausing = calloc(1, sizeof(*pausing));
	struct watcher *watcher = pausing != NULL ? watcher_begin() : NULL;
	if (watcher == NULL) {
		free(pausing);
		return NULL;
	}
	pausing->watcher = watcher;
	return pausing;
}

// Those of the operands that are blocked.
static int read_operands(const struct cmd *cmd, sigset_t *blocked) {
	sigset_t now;
	sigemptyset(blocked);
	sigprocmask(SIG_BLOCK, NULL, &now);
	for (int i = 0; i < cmd->argc; i++) {
		int sig;
		if (cn_signal_parse(cmd->argv[i], &sig) < 0 || sig < 1) {
			return cmd_fail(cmd, STATUS_USAGE, "%s: no such signal", cmd->argv[i]);
		}
		if (sigismember(&now, sig) == 1) {
			sigaddset(blocked, sig);
		}
	}
	return STATUS_OK;
}

/*
 * Signals that were blocked come when the sleep begins at the earliest, as with sigsuspend(2). What
 * is noted already is run before it, and is what we have waited for.
 */
static int sleep_until(const struct pausing *pausing, cn_time deadline, bool go_on) {
	int err = 0;
	sigprocmask(SIG_UNBLOCK, &pausing->blocked, NULL);
	tasks_run_pending();
	tasks_update();
	tasks_call_back();
	while ((go_on || !pausing->watcher->ran) && err == 0) {
		err = tasks_wait(deadline);
	}
	return err;
}

static int pause_run(struct cmd *cmd, void *data) {
	const struct pause_args *args = data;
	cn_time deadline = cn_after(args->timeout);
	struct tasks *tasks;
	sigset_t blocked;
	int status = read_operands(cmd, &blocked);
	status = status == STATUS_OK ? tasks_open(cmd, &tasks) : status;
	if (status != STATUS_OK) {
		return status;
	}
	struct pausing *pausing = begin_pause();
	if (pausing == NULL) {
		return cmd_result(cmd, NULL, -ENOMEM, NULL);
	}
	pausing->blocked = blocked;
	host->protect(end_pause, pausing);
	int err = sleep_until(pausing, deadline, args->go_on);
	host->unprotect();
	char name[CN_NAME_MAX + 1] = "";
	if (pausing->watcher->ran) {
		memcpy(name, pausing->watcher->name, sizeof(name));
		err = 0; // also when it took longer than the time
	}
	end_pause(pausing);
	status = cmd_give(cmd, args->var != NULL ? args->var : "REPLY", name, strlen(name));
	return status != STATUS_OK || err == 0 || args->go_on ? status : STATUS_TIMEOUT;
}

const struct command command_pause = {
	.name = "pause",
	.summary = "sleep until the command of a signal, timer or task has run",
	.verbs =
			(const struct verb[]){
					{ NULL, pause_run, 0, MANY, "[SIG...]",
							"Blocked signals among SIG... are let through while it sleeps.",
							pause_opts, sizeof(struct pause_args), &pause_defaults },
			},
};
