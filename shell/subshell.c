/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "shell/builtin.h"
#include "shell/fd.h"
#include "shell/jobs.h"
#include "shell/loader.h"
#include "shell/subshell.h"
#include "shell/trap.h"

void sh_subshell_enter(struct shell *sh, struct sh_subshell *sub) {
	sh->level++;
	sub->outer = sh->subshell;
	sub->journal = sh->journal.len;
	sub->locals = sh->locals.len;
	sub->options = sh->options;
	sub->errexit_off = sh->errexit_off;
	sub->line = sh->line;
	sub->depth = sh->depth;
	sub->loops = sh->loops;
	sub->dots = sh->dots;
	sub->interactive = sh->interactive;
	sub->exiting = sh->exiting;
	sub->in_trap = sh->in_trap;
	sub->process = sub->is_subst = sub->cwd_saved = sub->umask_saved = false;
	sub->params = sh->params;
	sub->fds = sh_fd_enter(sh);
	sub->traps = sh_trap_enter(sh);
	sub->frame = sh->frame;
	sub->running = sh->running;
	sub->running_builtin = sh->running_builtin;
	sub->last_async = sh->last_async;
	sub->getopts_offset = sh->state.offset;
	sub->tree = sh->tree;
	sub->cwd = NULL;
	sh->subshell = sub;
	sh->loops = 0;
	sh->interactive = false;
	sh->exiting = sh->in_trap = false;
	sh->running = NULL;
	sh->running_builtin = NULL;
	sh->keep_redirs = false;
}

static void restore_cwd(struct shell *sh, struct sh_subshell *sub) {
	if (sub->umask_saved) {
		umask(sub->mask);
	}
	if (!sub->cwd_saved) {
		return;
	}
	if (fchdir(sub->cwd_fd) < 0) {
		sh_error(sh, "cannot go back to %s: %s", sub->cwd != NULL ? sub->cwd : ".",
				strerror(errno));
	}
	close(sub->cwd_fd);
	free(sh->cwd);
	sh->cwd = sub->cwd;
}

static void restore(struct shell *sh, struct sh_subshell *sub) {
	sh_undo_to(sh, &sh->locals, sub->locals);
	sh_undo_to(sh, &sh->journal, sub->journal);
	if (sh->params.owned != NULL && sh->params.level == sh->level &&
			sh->params.owned != sub->params.owned) {
		free(sh->params.owned);
	}
	sh->params = sub->params;
	sh_fd_leave(sh, sub->fds);
	sh_trap_leave(sh, sub->traps);
	restore_cwd(sh, sub);
	sh->options = sub->options;
	sh->errexit_off = sub->errexit_off;
	sh->line = sub->line;
	sh->depth = sub->depth;
	sh->loops = sub->loops;
	sh->dots = sub->dots;
	sh->interactive = sub->interactive;
	sh->exiting = sub->exiting;
	sh->in_trap = sub->in_trap;
	sh->frame = sub->frame;
	sh->running = sub->running;
	sh->running_builtin = sub->running_builtin;
	sh->last_async = sub->last_async;
	sh->state.offset = sub->getopts_offset;
	sh->tree = sub->tree;
	sh->subshell = sub->outer;
	sh->level--;
}

int sh_subshell_leave(struct shell *sh, struct sh_subshell *sub) {
	bool gone = sh->unwind == SH_UNWIND_GONE;
	bool interrupted = sh->interrupted;
	if (sh_signal_any && !gone && !interrupted) {
		sh_trap_run(sh);
		interrupted = sh->interrupted;
	}
	sh->unwind = SH_UNWIND_NONE;
	if (!gone) {
		sh_trap_run_exit(sh);
		sh->unwind = SH_UNWIND_NONE;
	}
	if (sub->process) {
		sh_exit_process(sh, sh->status);
	}
	restore(sh, sub);
	if (sh->traps_deferred) {
		sh->traps_deferred = false;
		sh_signal_any = 1;
	}
	if (interrupted && sh->subshell == NULL) {
		sh->interrupted = false;
		if (!sh_signal_pending_trap(sh, 0)) { // SIGINT without a trap: the whole command ends
			sh_signal_any = sh_signal_got[SIGINT] = 1;
		}
		sh_trap_run(sh);
	} else if (interrupted) {
		sh->unwind = SH_UNWIND_EXIT; // outward, to where the interrupt is handled
	}
	return sh->status;
}

bool sh_subshell_save_cwd(struct shell *sh) {
	struct sh_subshell *sub = sh->subshell;
	if (sub == NULL || sub->cwd_saved || sub->process) {
		return true;
	}
	sub->cwd_fd = open(".", O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (sub->cwd_fd < 0) {
		return sh_subshell_detach(sh); // not to come back to: leave it to a process
	}
	if (sub->cwd_fd <= 2) {
		int fd = fcntl(sub->cwd_fd, F_DUPFD_CLOEXEC, 10);
		close(sub->cwd_fd);
		sub->cwd_fd = fd;
	}
	sub->cwd_saved = true;
	sub->cwd = sh->cwd != NULL ? sh_xstrdup(sh->cwd) : NULL;
	return true;
}

void sh_subshell_save_umask(struct shell *sh) {
	struct sh_subshell *sub = sh->subshell;
	sh->umask_changed = true;
	if (sub == NULL || sub->umask_saved || sub->process) {
		return;
	}
	sub->mask = umask(0);
	umask(sub->mask);
	sub->umask_saved = true;
}

/* ---- processes ---- */

static void child_init(struct shell *sh, bool all_sinks) {
	sh->self = getpid();
	sh->is_child = true;
	sh->is_background = false;
	sh->interactive = false;
	sh->at_exit.len = 0;
	sh_fd_after_fork(sh, all_sinks);
	sh_trap_child(sh);
	sh_jobs_child(sh);
	sh->input = NULL;
}

void sh_child_init(struct shell *sh) {
	child_init(sh, false);
}

static pid_t fork_with(struct shell *sh, bool all_sinks) {
	sh_flush(sh);
	int err = sh_fd_before_fork(sh, all_sinks);
	if (err < 0) {
		sh_error(sh, "cannot fork: %s", strerror(-err));
		return -1;
	}
	sh_loader_meet(sh);
	sigset_t old;
	sh_signals_block(&old);
	pid_t pid = fork();
	if (pid == 0) {
		child_init(sh, all_sinks);
	}
	sigprocmask(SIG_SETMASK, &old, NULL);
	if (pid < 0) {
		sh_error(sh, "cannot fork: %s", strerror(errno));
	}
	return pid;
}

pid_t sh_fork(struct shell *sh) {
	return fork_with(sh, false);
}

bool sh_subshell_detach(struct shell *sh) {
	struct sh_subshell *sub = sh->subshell;
	if (sub == NULL || sub->process) {
		return true;
	}
	pid_t pid = fork_with(sh, true);
	if (pid == 0) {
		sub->process = true;
		return true;
	}
	if (pid > 0) {
		sh->status = sh_wait_process(sh, pid, NULL, 0);
	} else {
		sh->status = 125;
	}
	sh->unwind = SH_UNWIND_GONE;
	return false;
}
