/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/base/fd.h"
#include "shell/builtin.h"
#include "shell/exec.h"
#include "shell/fd.h"
#include "shell/jobs.h"
#include "shell/subshell.h"
#include "shell/trap.h"

enum { DONE_MAX = 4096, REPORTED_MAX = 256 };

void sh_jobs_init(struct shell *sh) {
	sh->jobs = sh_xcalloc(1, sizeof(*sh->jobs));
	sh->jobs->terminal = -1;
}

/* ---- the table ---- */

static void job_free(struct sh_job *job) {
	free(job->modes);
	free(job->procs);
	free(job->text);
	free(job);
}

static int next_number(const struct sh_jobs *jobs) {
	int number = 0;
	for (int i = 0; i < jobs->count; i++) {
		if (!jobs->items[i]->foreign && jobs->items[i]->number > number) {
			number = jobs->items[i]->number;
		}
	}
	return number + 1;
}

/* Old jobs that are done and nobody asked for (2.9.3.1: CHILD_MAX are to be remembered). */
static void forget_old(struct shell *sh) {
	struct sh_jobs *jobs = sh->jobs;
	for (int i = 0; i < jobs->count && jobs->count > DONE_MAX; i++) {
		if (sh_job_state(jobs->items[i]) == SH_DONE) {
			sh_job_remove(sh, jobs->items[i]);
			i--;
		}
	}
}

struct sh_job *sh_job_add(
		struct shell *sh, const pid_t *pids, int count, pid_t pgid, const char *text) {
	struct sh_jobs *jobs = sh->jobs;
	struct sh_job *job = sh_xcalloc(1, sizeof(*job));
	if (jobs->count > DONE_MAX) {
		forget_old(sh);
	}
	job->number = next_number(jobs);
	job->pgid = pgid;
	job->count = count;
	job->level = sh->level;
	job->text = sh_xstrdup(text != NULL ? text : "");
	job->pipefail = (sh->options & SH_OPT_PIPEFAIL) != 0;
	job->procs = sh_xcalloc((size_t)count, sizeof(*job->procs));
	for (int i = 0; i < count; i++) {
		job->procs[i].pid = pids[i];
	}
	if (jobs->count == jobs->cap) {
		jobs->cap = jobs->cap > 0 ? jobs->cap * 2 : 8;
		jobs->items = sh_xrealloc(jobs->items, (size_t)jobs->cap * sizeof(*jobs->items));
	}
	jobs->items[jobs->count++] = job;
	sh_job_make_current(sh, job);
	return job;
}

static struct sh_job *job_numbered(const struct sh_jobs *jobs, int number) {
	for (int i = 0; i < jobs->count; i++) {
		if (jobs->items[i]->number == number) {
			return jobs->items[i];
		}
	}
	return NULL;
}

/* A job that can be the current one in place of another that went: stopped ones first. */
static int choose_number(const struct sh_jobs *jobs, int except) {
	int found = 0;
	bool stopped = false;
	for (int i = 0; i < jobs->count; i++) {
		const struct sh_job *job = jobs->items[i];
		bool is_stopped = sh_job_state(job) == SH_STOPPED;
		if (job->number != except && (is_stopped || !stopped)) {
			found = job->number;
			stopped = is_stopped;
		}
	}
	return found;
}

void sh_job_make_current(struct shell *sh, struct sh_job *job) {
	struct sh_jobs *jobs = sh->jobs;
	if (jobs->current != job->number) {
		/* A running job does not take the place of a stopped one. */
		struct sh_job *current = job_numbered(jobs, jobs->current);
		if (current != NULL && sh_job_state(current) == SH_STOPPED &&
				sh_job_state(job) != SH_STOPPED) {
			jobs->previous = jobs->previous == 0 ? job->number : jobs->previous;
			return;
		}
		jobs->previous = jobs->current;
		jobs->current = job->number;
	}
}

void sh_job_hold(struct sh_job *job) {
	job->held++;
}

void sh_job_release(struct sh_job *job) {
	if (--job->held == 0 && job->removed) {
		job_free(job);
	}
}

void sh_job_remove(struct shell *sh, struct sh_job *job) {
	struct sh_jobs *jobs = sh->jobs;
	int number = job->number;
	for (int i = 0; i < jobs->count; i++) {
		if (jobs->items[i] == job) {
			jobs->count--;
			memmove(jobs->items + i, jobs->items + i + 1,
					(size_t)(jobs->count - i) * sizeof(*jobs->items));
			break;
		}
	}
	job->removed = true;
	if (job->held == 0) {
		job_free(job);
	}
	if (jobs->current == number) {
		jobs->current = jobs->previous;
		jobs->previous = choose_number(jobs, jobs->current);
	} else if (jobs->previous == number) {
		jobs->previous = choose_number(jobs, jobs->current);
	}
}

struct sh_job *sh_job_of_pid(struct shell *sh, pid_t pid) {
	for (int i = 0; i < sh->jobs->count; i++) {
		struct sh_job *job = sh->jobs->items[i];
		for (int j = 0; j < job->count; j++) {
			if (job->procs[j].pid == pid) {
				return job;
			}
		}
	}
	return NULL;
}

static struct sh_job *find_by_text(struct shell *sh, const char *text, bool anywhere, bool *many) {
	struct sh_job *found = NULL;
	for (int i = 0; i < sh->jobs->count; i++) {
		struct sh_job *job = sh->jobs->items[i];
		bool match = anywhere ? strstr(job->text, text) != NULL
							  : strncmp(job->text, text, strlen(text)) == 0;
		if (match && found != NULL) {
			*many = true;
		}
		found = match ? job : found;
	}
	return found;
}

/* Job ids: XBD 3.182. */
struct sh_job *sh_job_find(struct shell *sh, const char *spec) {
	struct sh_jobs *jobs = sh->jobs;
	const char *rest = spec[0] == '%' ? spec + 1 : spec;
	struct sh_job *job = NULL;
	bool many = false;
	if (rest[0] == '\0' || strcmp(rest, "%") == 0 || strcmp(rest, "+") == 0) {
		job = job_numbered(jobs, jobs->current);
	} else if (strcmp(rest, "-") == 0) {
		job = job_numbered(jobs, jobs->previous != 0 ? jobs->previous : jobs->current);
	} else if (rest[0] >= '0' && rest[0] <= '9') {
		job = job_numbered(jobs, atoi(rest));
	} else if (rest[0] == '?') {
		job = find_by_text(sh, rest + 1, true, &many);
	} else {
		job = find_by_text(sh, rest, false, &many);
	}
	if (job == NULL || many) {
		sh_error(sh, "%s: %s", spec, many ? "ambiguous job" : "no such job");
		return NULL;
	}
	return job;
}

pid_t sh_job_target(struct shell *sh, const char *spec, bool *is_group) {
	struct sh_job *job = sh_job_find(sh, spec);
	if (job == NULL) {
		return -1;
	}
	*is_group = job->pgid > 0;
	return job->pgid > 0 ? job->pgid : job->procs[job->count - 1].pid;
}

void sh_jobs_child(struct shell *sh) {
	free(sh->jobs->reported);
	sh->jobs->reported = NULL;
	sh->jobs->control = false;
	for (int i = 0; i < sh->jobs->count; i++) {
		sh->jobs->items[i]->foreign = true;
	}
	if (sh->jobs->terminal >= 0) {
		close(sh->jobs->terminal);
		sh->jobs->terminal = -1;
	}
}

/* ---- states ---- */

enum sh_proc_state sh_job_state(const struct sh_job *job) {
	enum sh_proc_state state = SH_DONE;
	for (int i = 0; i < job->count; i++) {
		if (job->procs[i].state == SH_RUNNING) {
			return SH_RUNNING;
		}
		if (job->procs[i].state == SH_STOPPED) {
			state = SH_STOPPED;
		}
	}
	return state;
}

int sh_wait_status(int status) {
	if (WIFEXITED(status)) {
		return WEXITSTATUS(status);
	}
	return 128 + (WIFSTOPPED(status) ? WSTOPSIG(status) : WTERMSIG(status));
}

/* The process whose status counts: the last, or with pipefail the last that failed. */
static const struct sh_proc *job_decisive(const struct sh_job *job) {
	const struct sh_proc *last = &job->procs[job->count - 1];
	for (int i = 0; i < job->count; i++) {
		if (job->procs[i].state == SH_STOPPED) {
			last = &job->procs[i];
		}
	}
	if (job->pipefail && sh_job_state(job) == SH_DONE) {
		for (int i = job->count - 1; i >= 0; i--) {
			if (job->procs[i].status != 0) {
				return &job->procs[i];
			}
		}
	}
	return last;
}

int sh_job_status(const struct sh_job *job) {
	return sh_wait_status(job_decisive(job)->status);
}

void sh_job_state_text(const struct sh_job *job, char *text) {
	enum { SIZE = 64 };
	int status = job_decisive(job)->status;
	switch (sh_job_state(job)) {
	case SH_RUNNING:
		snprintf(text, SIZE, "Running");
		break;
	case SH_STOPPED: {
		const char *name = sh_signal_name(WSTOPSIG(status));
		snprintf(text, SIZE, "Stopped (SIG%s)", name != NULL ? name : "?");
		break;
	}
	default:
		if (WIFSIGNALED(status)) {
			snprintf(text, SIZE, "%s%s", strsignal(WTERMSIG(status)),
					WCOREDUMP(status) ? " (core dumped)" : "");
		} else if (WEXITSTATUS(status) != 0) {
			snprintf(text, SIZE, "Done(%d)", WEXITSTATUS(status));
		} else {
			snprintf(text, SIZE, "Done");
		}
		break;
	}
}

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

/* Write a change of state down. False: no job has this process. */
static bool note(struct shell *sh, pid_t pid, int status) {
	for (int i = 0; i < sh->jobs->count; i++) {
		struct sh_job *job = sh->jobs->items[i];
		for (int j = 0; j < job->count && !job->foreign; j++) {
			struct sh_proc *proc = &job->procs[j];
			if (proc->pid != pid || proc->state == SH_DONE) {
				continue;
			}
			proc->state = WIFSTOPPED(status) ? SH_STOPPED
					: WIFCONTINUED(status)   ? SH_RUNNING
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

void sh_jobs_poll(struct shell *sh) {
	if (!has_running(sh)) {
		return;
	}
	int status;
	pid_t pid;
	int flags = WNOHANG | WUNTRACED | WCONTINUED;
	while ((pid = waitpid(-1, &status, flags)) > 0) {
		note(sh, pid, status);
	}
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
		pid = waitpid(which, status, flags | WNOHANG);
		if (pid != 0) {
			break;
		}
		sh_signal_got[SIGCHLD] &= sh->traps->action[SIGCHLD] != NULL;
		if (sh_signal_pending_trap(sh)) {
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

/* A program that was killed: say so, as for SIGINT and SIGPIPE nobody wants to hear. */
static void report_killed(struct shell *sh, const char *name, int status) {
	int sig = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
	bool crashed = sig == SIGSEGV || sig == SIGBUS || sig == SIGFPE || sig == SIGILL || sig == SIGABRT ||
			sig == SIGALRM;
	if (sig == 0 || sig == SIGINT || sig == SIGPIPE || name == NULL || !(crashed || sh->interactive)) {
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

/* Does the option say that traps run while a foreground program does, and can there be any? */
static bool runs_traps(const struct shell *sh) {
	return (sh->options & SH_OPT_PROMPTTRAPS) != 0 &&
			(sh->has_handlers || sh->safe_points.len > 0) &&
			(sh->subshell == NULL || sh->subshell->process);
}

/* What is pending, outside of the redirections of the command that is waited for. */
static void run_traps_aside(struct shell *sh) {
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
			run_traps_aside(sh);
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
		sh_sink_pump(sh, pid, (flags & SH_EXEC_TAIL) != 0 && sh->subshell != NULL &&
				sh->subshell->is_subst);
	}
	int err = runs_traps(sh) ? wait_with_traps(sh, pid, &status) : wait_plainly(sh, pid, &status);
	if (err < 0) {
		return 127;
	}
	report_killed(sh, name, status);
	if (sh->interactive_signals && WIFSIGNALED(status) && WTERMSIG(status) == SIGINT) {
		sh_signal_any = sh_signal_got[SIGINT] = 1;
	}
	return sh_wait_status(status);
}

/* ---- job control (2.11) ---- */

void sh_jobs_give_terminal(struct shell *sh, pid_t pgid) {
	if (sh->jobs->terminal >= 0) {
		sigset_t old;
		sh_signals_block(&old);
		tcsetpgrp(sh->jobs->terminal, pgid);
		sigprocmask(SIG_SETMASK, &old, NULL);
	}
}

/* Our own descriptor of the controlling terminal, or -1. */
static int open_terminal(void) {
	int fd = open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY);
	for (int i = 2; i >= 0 && fd < 0; i--) {
		fd = isatty(i) ? fcntl(i, F_DUPFD_CLOEXEC, 10) : -1;
	}
	return cn_fd_private(fd);
}

/*
 * Wait until we are in the foreground, then lead a group of our own. Nobody can continue an orphaned
 * group, so the system does not stop it: false after a few attempts.
 */
static bool lead_group(struct shell *sh) {
	struct sh_jobs *jobs = sh->jobs;
	jobs->outer_pgid = getpgrp();
	pid_t owner;
	for (int i = 0; (owner = tcgetpgrp(jobs->terminal)) != getpgrp(); i++) {
		if (owner < 0 || i == 16) {
			return false;
		}
		kill(0, SIGTTIN);
	}
	setpgid(0, sh->self);
	jobs->shell_pgid = getpgrp();
	sh_trap_control(sh, true);
	sh_jobs_give_terminal(sh, jobs->shell_pgid);
	return true;
}

bool sh_jobs_control(struct shell *sh, bool on) {
	struct sh_jobs *jobs = sh->jobs;
	if (on == jobs->control) {
		return true;
	}
	if (!on) {
		sh_trap_control(sh, false);
		sh_jobs_give_terminal(sh, jobs->shell_pgid);
		cn_fd_close(&jobs->terminal);
		jobs->control = false;
		return true;
	}
	jobs->terminal = open_terminal();
	jobs->shell_pgid = jobs->outer_pgid = getpgrp();
	if (sh->interactive && jobs->terminal >= 0) {
		if (!lead_group(sh)) {
			cn_fd_close(&jobs->terminal);
			return false;
		}
	} else if (jobs->terminal >= 0) {
		if (tcgetpgrp(jobs->terminal) != getpgrp()) {
			cn_fd_close(&jobs->terminal); // in the background: leave it alone
		} else {
			sh_trap_control(sh, true);
		}
	}
	jobs->control = true;
	return true;
}

/* ---- modes of the terminal ---- */

void sh_jobs_note_modes(struct shell *sh) {
	struct sh_jobs *jobs = sh->jobs;
	jobs->modes_known = jobs->terminal >= 0 && tcgetattr(jobs->terminal, &jobs->modes) == 0;
}

static void set_modes(struct shell *sh, const struct termios *modes) {
	sigset_t old;
	sh_signals_block(&old);
	tcsetattr(sh->jobs->terminal, TCSADRAIN, modes);
	sigprocmask(SIG_SETMASK, &old, NULL);
}

/*
 * A program was killed before it could put the terminal right: leave the other screen, show the
 * cursor, no colours, no mouse, ordinary keys. Not for terminals that might print this.
 */
static void reset_screen(struct shell *sh) {
	static const char sequences[] = "\033[?1047l\033[?25h\033[0m\033(B\033[?1000l\033[?1002l"
			"\033[?1003l\033[?1006l\033[?2004l\033[?1l\033>\r";
	const char *term = sh_var_get_text(sh, "TERM");
	if (term != NULL && strcmp(term, "dumb") != 0 && term[0] != '\0') {
		cn_write_full(sh->jobs->terminal, sequences, sizeof(sequences) - 1);
	}
}

/* After a foreground job has stopped or ended. */
static void restore_modes(struct shell *sh, struct sh_job *job) {
	struct termios now;
	struct sh_jobs *jobs = sh->jobs;
	bool killed = WIFSIGNALED(job_decisive(job)->status);
	bool stopped = sh_job_state(job) == SH_STOPPED;
	if (!(killed || stopped) && sh->interactive) {
		sh_jobs_note_modes(sh); // stty
	}
	if (!(killed || stopped)) {
		return;
	}
	if (!jobs->modes_known || tcgetattr(jobs->terminal, &now) < 0) {
		return;
	}
	if (stopped) {
		job->modes = job->modes != NULL ? job->modes : sh_xmalloc(sizeof(now));
		*job->modes = now;
	}
	tcflag_t line = ICANON | ECHO;
	bool raw = (now.c_lflag & line) != (jobs->modes.c_lflag & line);
	set_modes(sh, &jobs->modes);
	if (killed && raw) {
		reset_screen(sh);
	}
}

/* ---- the foreground ---- */

/* "[1] + Stopped (SIGTSTP) sleep 5" */
static void report(struct shell *sh, struct sh_job *job) {
	char state[64];
	struct cn_buf line = CN_BUF_INIT;
	char mark = job->number == sh->jobs->current ? '+'
			: job->number == sh->jobs->previous  ? '-'
												 : ' ';
	sh_job_state_text(job, state);
	cn_buf_printf(&line, "[%d] %c %s %s\n", job->number, mark, state, job->text);
	sh_fd_write(sh, 2, line.data, line.len);
	cn_buf_finish(&line);
	job->notified = true;
}

static void continue_job(struct shell *sh, struct sh_job *job) {
	sh_job_continued(job);
	if (job->modes != NULL && sh->jobs->terminal >= 0) {
		set_modes(sh, job->modes);
	}
	kill(-job->pgid, SIGCONT);
}

int sh_job_foreground(struct shell *sh, struct sh_job *job, bool cont) {
	sh_jobs_give_terminal(sh, job->pgid);
	if (cont) {
		continue_job(sh, job);
	}
	job->foreground = true;
	while (!sh_job_wait(sh, job, runs_traps(sh)) && sh->unwind == SH_UNWIND_NONE) {
		run_traps_aside(sh);
	}
	job->foreground = false;
	sh_jobs_give_terminal(sh, sh->jobs->shell_pgid);
	restore_modes(sh, job);
	if (sh->unwind != SH_UNWIND_NONE && sh_job_state(job) == SH_RUNNING) {
		return sh->status; // a trap leaves the shell, and the job to itself
	}
	int status = sh_job_status(job);
	if (sh_job_state(job) == SH_STOPPED) {
		if (sh->interactive) {
			sh_fd_write(sh, 2, "\n", 1); // behind the ^Z
		}
		report(sh, job);
	} else {
		int raw = job_decisive(job)->status;
		report_killed(sh, job->text, raw);
		if (sh->interactive_signals && WIFSIGNALED(raw) && WTERMSIG(raw) == SIGINT) {
			sh_signal_any = sh_signal_got[SIGINT] = 1;
		}
		sh_job_remove(sh, job);
	}
	return status;
}

/* ---- the end ---- */

/* To all that we started and that still lives. */
static void signal_all(struct shell *sh, int sig, bool stopped_only) {
	for (int i = 0; i < sh->jobs->count; i++) {
		const struct sh_job *job = sh->jobs->items[i];
		enum sh_proc_state state = sh_job_state(job);
		if (job->foreign || state == SH_DONE || job->no_hangup || (stopped_only && state != SH_STOPPED)) {
			continue;
		}
		for (int j = 0; j < job->count && job->pgid == 0; j++) {
			if (job->procs[j].state != SH_DONE) {
				kill(job->procs[j].pid, sig);
			}
		}
		if (job->pgid > 0) {
			kill(-job->pgid, sig);
			kill(-job->pgid, SIGCONT);
		}
	}
}

void sh_job_continued(struct sh_job *job) {
	for (int i = 0; i < job->count; i++) {
		if (job->procs[i].state == SH_STOPPED) {
			job->procs[i].state = SH_RUNNING;
		}
	}
}

void sh_job_disown(struct shell *sh, struct sh_job *job, bool keep) {
	job->no_hangup = true;
	if (!keep) {
		sh_job_remove(sh, job);
	}
}

bool sh_jobs_hold_exit(struct shell *sh) {
	static const char message[] = "There are stopped jobs.\n";
	struct sh_jobs *jobs = sh->jobs;
	bool stopped = false;
	if (!sh->interactive || !jobs->control || sh->subshell != NULL) {
		return false;
	}
	sh_jobs_poll(sh);
	for (int i = 0; i < jobs->count; i++) {
		stopped |= !jobs->items[i]->foreign && sh_job_state(jobs->items[i]) == SH_STOPPED;
	}
	/* With the terminal gone nobody reads the warning. */
	if (!stopped || jobs->warned > 0 || (jobs->terminal >= 0 && !isatty(jobs->terminal))) {
		return false;
	}
	jobs->warned = 2;
	sh_fd_write(sh, 2, message, sizeof(message) - 1);
	return true;
}

static void leave_terminal(struct shell *sh) {
	struct sh_jobs *jobs = sh->jobs;
	sh_jobs_give_terminal(sh, jobs->outer_pgid);
	if (jobs->outer_pgid != jobs->shell_pgid) {
		setpgid(0, jobs->outer_pgid);
	}
}

void sh_jobs_finish(struct shell *sh) {
	if (sh->jobs->control) {
		signal_all(sh, SIGTERM, true);
		leave_terminal(sh);
	}
}

void sh_jobs_hangup(struct shell *sh) {
	signal_all(sh, SIGHUP, false);
	sh_signal_got[SIGHUP] = 0;
	sh->unwind = SH_UNWIND_NONE;
	sh->status = 128 + SIGHUP;
	sh_trap_run_exit(sh);
	sh_flush(sh);
	/* No orderly end, which would wait for tasks: they go as if we were killed. */
	signal(SIGHUP, SIG_DFL);
	kill(sh->self, SIGHUP);
	_exit(128 + SIGHUP);
}

void sh_jobs_suspend(struct shell *sh) {
	struct sh_jobs *jobs = sh->jobs;
	bool control = jobs->control && jobs->terminal >= 0;
	if (control) {
		leave_terminal(sh);
	}
	kill(control ? 0 : sh->self, SIGSTOP);
	if (control) {
		lead_group(sh);
	}
}

/* ---- reports ---- */

bool sh_jobs_changed(struct shell *sh) {
	sh_jobs_poll(sh);
	for (int i = 0; i < sh->jobs->count; i++) {
		const struct sh_job *job = sh->jobs->items[i];
		if (!job->foreign && !job->notified && sh_job_state(job) != SH_RUNNING) {
			return true;
		}
	}
	return false;
}

/* Nobody asked for the job: `wait` may still do so (XCU wait). */
static void remember_reported(struct shell *sh, const struct sh_job *job) {
	struct sh_jobs *jobs = sh->jobs;
	if (jobs->reported == NULL) {
		jobs->reported = sh_xcalloc(REPORTED_MAX, sizeof(*jobs->reported));
	}
	struct sh_proc *proc = &jobs->reported[jobs->reported_count++ % REPORTED_MAX];
	proc->pid = job->procs[job->count - 1].pid;
	proc->status = sh_job_status(job);
}

int sh_jobs_take_reported(struct shell *sh, pid_t pid) {
	struct sh_jobs *jobs = sh->jobs;
	for (int i = 0; i < REPORTED_MAX && jobs->reported != NULL; i++) {
		struct sh_proc *proc = &jobs->reported[i];
		if (proc->pid == pid && pid > 0) {
			proc->pid = 0;
			return proc->status;
		}
	}
	return -1;
}

void sh_jobs_notify(struct shell *sh) {
	sh_jobs_poll(sh);
	for (int i = 0; i < sh->jobs->count; i++) {
		struct sh_job *job = sh->jobs->items[i];
		enum sh_proc_state state = sh_job_state(job);
		if (job->foreign || state == SH_RUNNING || job->notified) {
			continue;
		}
		report(sh, job);
		if (state == SH_DONE) {
			remember_reported(sh, job);
			sh_job_remove(sh, job);
			i--;
		}
	}
}
