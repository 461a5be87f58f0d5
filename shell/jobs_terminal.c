/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * shell/jobs_terminal.c - job control (XCU 2.11): whose the terminal is and in which modes, the job in
 * the foreground, and what becomes of jobs when the shell ends. See jobs_core.h.
 */
#include "config.h"

#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/base/fd.h"
#include "shell/fd.h"
#include "shell/jobs_core.h"
#include "shell/trap.h"

/* ---- the terminal ---- */

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
	bool killed = WIFSIGNALED(sh_job_decisive(job)->status);
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
	while (!sh_job_wait(sh, job, sh_wait_runs_traps(sh)) && sh->unwind == SH_UNWIND_NONE) {
		sh_run_traps_aside(sh);
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
		sh_job_report(sh, job);
	} else {
		int raw = sh_job_decisive(job)->status;
		sh_report_killed(sh, job->text, raw);
		sh_signal_child_died(sh, raw);
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
