/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * shell/jobs_wait.c - waiting for children (XCU 2.9.3.1, 2.12; wait), so that no signal is missed,
 * and writing down what became of them. See jobs_core.h.
 */
#include "config.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>

#include "shell/exec.h"
#include "shell/fd.h"
#include "shell/jobs_core.h"
#include "shell/subshell.h"
#include "shell/trap.h"

/* ---- what children did ---- */

/* What a trap collects may be the foreground command around it. */
static void note_stray(struct shell *sh, pid_t pid, int status) {
	struct sh_jobs *jobs = sh->jobs;
	if (jobs->nested == 0 || WIFSTOPPED(status) || WIFCONTINUED(status)) {
		return;
	}
	if (jobs->stray_count == jobs->stray_cap) {
		jobs->stray_cap = jobs->stray_cap > 0 ? jobs->stray_cap * 2 : 8;
		jobs->strays = sh_xrealloc(jobs->strays, (size_t)jobs->stray_cap * sizeof(*jobs->strays));
	}
	jobs->strays[jobs->stray_count++] = (struct sh_stray){ pid, status };
}

static bool take_stray(struct shell *sh, pid_t pid, int *status) {
	struct sh_jobs *jobs = sh->jobs;
	for (int i = 0; i < jobs->stray_count; i++) {
		if (jobs->strays[i].pid == pid) {
			*status = jobs->strays[i].status;
			jobs->strays[i] = jobs->strays[--jobs->stray_count];
			return true;
		}
	}
	return false;
}

/* Write a change of state down, `status` as of waitpid. False: no job has this process. */
static bool note(struct shell *sh, pid_t pid, int status) {
	for (int i = 0; i < sh->jobs->count; i++) {
		struct sh_job *job = sh->jobs->items[i];
		for (int j = 0; j < job->count && !job->foreign; j++) {
			struct sh_proc *proc = &job->procs[j];
			if (proc->pid != pid || proc->state == SH_DONE) {
				continue;
			}
			proc->state = WIFSTOPPED(status) ? SH_STOPPED
					: WIFCONTINUED(status)	 ? SH_RUNNING
											 : SH_DONE;
			if (!WIFCONTINUED(status)) {
				proc->status = status;
			}
			job->notified = false;
			if (proc->state == SH_STOPPED) {
				sh_job_make_current(sh, job);
			}
			return true;
		}
	}
	note_stray(sh, pid, status);
	return false;
}

static bool has_running(const struct shell *sh) {
	for (int i = 0; i < sh->jobs->count; i++) {
		if (!sh->jobs->items[i]->foreign && sh_job_state(sh->jobs->items[i]) != SH_DONE) {
			return true;
		}
	}
	return false;
}

static void note_changes(struct shell *sh, int flags) {
	if (!has_running(sh)) {
		return;
	}
	int status;
	pid_t pid;
	while ((pid = waitpid(-1, &status, flags)) > 0) {
		note(sh, pid, status);
	}
}

void sh_jobs_poll(struct shell *sh) {
	note_changes(sh, WNOHANG | WUNTRACED | WCONTINUED);
}

void sh_jobs_reap(struct shell *sh) {
	note_changes(sh, WNOHANG);
}

/* ---- waiting ---- */

/*
 * The next change of a child, noted. With signals to wake for, SIGCHLD is caught too and both are
 * looked at with everything blocked, so that none slips between look and sleep.
 * Returns the pid, 0 for a trapped signal, -1: no children.
 */
static pid_t wait_change(struct shell *sh, pid_t which, bool interruptible, int *status) {
	int flags = sh->jobs->control ? WUNTRACED | WCONTINUED : 0;
	if (!interruptible || (!sh->has_handlers && sh->safe_points.len == 0)) {
		for (;;) {
			pid_t pid = waitpid(which, status, flags);
			if (pid >= 0 || errno != EINTR) {
				return pid;
			}
			sh_hangup_pending(sh);
		}
	}
	sh_trap_catch_chld(sh);
	sigset_t old;
	sh_signals_block(&old);
	pid_t pid;
	for (;;) {
		if (sh_signal_pending_trap(sh, SIGCHLD)) { // it came first, or as good as first
			pid = 0;
			break;
		}
		pid = waitpid(which, status, flags | WNOHANG);
		if (pid != 0) {
			break;
		}
		sh_signal_got[SIGCHLD] &= sh->traps->action[SIGCHLD] != NULL;
		if (sh_signal_pending_trap(sh, 0)) {
			break;
		}
		if (!sh_safe_point_due) {
			sigsuspend(&old);
			continue;
		}
		sigprocmask(SIG_SETMASK, &old, NULL);
		sh_trap_run_plugins(sh);
		sh_signals_block(&old);
		if (sh->unwind != SH_UNWIND_NONE) {
			break;
		}
	}
	sigprocmask(SIG_SETMASK, &old, NULL);
	return pid;
}

bool sh_job_wait(struct shell *sh, struct sh_job *job, bool interruptible) {
	while (sh_job_state(job) == SH_RUNNING ||
			(sh_job_state(job) == SH_STOPPED && !sh->jobs->control)) {
		int status;
		pid_t pid = wait_change(sh, -1, interruptible, &status);
		if (pid == 0) {
			return false;
		}
		if (pid < 0) { // someone else reaped it
			for (int i = 0; i < job->count; i++) {
				job->procs[i].state = SH_DONE;
			}
			return true;
		}
		note(sh, pid, status);
	}
	return true;
}

bool sh_jobs_wait_change(struct shell *sh) {
	int status;
	pid_t pid = wait_change(sh, -1, true, &status);
	if (pid > 0) {
		note(sh, pid, status);
	}
	for (int i = 0; i < sh->jobs->count && pid < 0; i++) {
		for (int j = 0; j < sh->jobs->items[i]->count; j++) {
			sh->jobs->items[i]->procs[j].state = SH_DONE;
		}
	}
	return pid != 0;
}

void sh_reap(pid_t pid) {
	int status;
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR) {
	}
}

void sh_report_killed(struct shell *sh, const char *name, int status) {
	int sig = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
	bool crashed = sig == SIGSEGV || sig == SIGBUS || sig == SIGFPE || sig == SIGILL ||
			sig == SIGABRT || sig == SIGALRM;
	if (sig == 0 || sig == SIGINT || sig == SIGPIPE || name == NULL ||
			!(crashed || sh->interactive)) {
		return;
	}
	char text[128];
	int len = snprintf(text, sizeof(text), "%s%s\n", strsignal(WTERMSIG(status)),
			WCOREDUMP(status) ? " (core dumped)" : "");
	sh_fd_write(sh, 2, text, (size_t)len);
}

/* Plain waiting: what signals want is done when the program has ended. */
static int wait_plainly(struct shell *sh, pid_t pid, int *status) {
	for (;;) {
		if (waitpid(pid, status, 0) == pid) {
			return 0;
		}
		if (errno != EINTR) {
			return -errno;
		}
		sh_signal_pass_on(sh, pid);
	}
}

bool sh_wait_runs_traps(const struct shell *sh) {
	return (sh->options & SH_OPT_PROMPTTRAPS) != 0 &&
			(sh->has_handlers || sh->safe_points.len > 0) &&
			(sh->subshell == NULL || sh->subshell->process);
}

void sh_run_traps_aside(struct shell *sh) {
	struct sh_redirs *redirs = sh->redirs;
	sh->redirs = NULL;
	sh->jobs->nested++;
	sh_redirect_swap(sh, redirs, true);
	sh_trap_run(sh);
	sh_redirect_swap(sh, redirs, false);
	sh->jobs->nested--;
	sh->redirs = redirs;
}

/*
 * Traps run as signals come, and the wait goes on. A trap that leaves the shell leaves the program
 * to itself.
 */
static int wait_with_traps(struct shell *sh, pid_t pid, int *status) {
	while (!take_stray(sh, pid, status)) {
		pid_t got = wait_change(sh, pid, true, status);
		if (got == pid && !WIFSTOPPED(*status) && !WIFCONTINUED(*status)) {
			return 0;
		}
		if (got < 0) {
			return take_stray(sh, pid, status) ? 0 : -ECHILD;
		}
		if (got == 0 && sh->unwind == SH_UNWIND_NONE) {
			sh_run_traps_aside(sh);
		}
		if (sh->unwind != SH_UNWIND_NONE) {
			*status = (sh->status & 0xFF) << 8;
			return 0;
		}
	}
	return 0;
}

int sh_wait_process(struct shell *sh, pid_t pid, const char *name, uint32_t flags) {
	int status = 0;
	if (sh->sinks != NULL && sh_sink_piped(sh)) {
		sh_sink_pump(sh, pid,
				(flags & SH_EXEC_TAIL) != 0 && sh->subshell != NULL && sh->subshell->is_subst);
	}
	int err = sh_wait_runs_traps(sh) ? wait_with_traps(sh, pid, &status)
									 : wait_plainly(sh, pid, &status);
	if (err < 0) {
		return 127;
	}
	sh_report_killed(sh, name, status);
	sh_signal_child_died(sh, status);
	return sh_wait_status(status);
}
