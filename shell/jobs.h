/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * shell/jobs.h - children and job control (XCU 2.11). Asynchronous lists are jobs until their
 * status was asked for; foreground commands become jobs only under `set -m`. A job of an outer
 * environment is seen by `jobs` in a subshell, but it is not ours to wait for.
 */
#ifndef SH_JOBS_H
#define SH_JOBS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>
#include <termios.h>

struct shell;

enum sh_proc_state { SH_RUNNING, SH_STOPPED, SH_DONE };

struct sh_proc {
	pid_t pid;
	int status; // as of waitpid
	uint8_t state; // enum sh_proc_state
};

struct sh_job {
	int number; // %n
	pid_t pgid; // 0: without job control
	struct sh_proc *procs;
	int count;
	uint32_t level; // environment that started it
	char *text;
	bool async;
	bool pipefail; // as set when it was started
	bool negated;
	bool notified; // its present state was reported
	bool foreign; // an outer environment's
	bool no_hangup; // disown -h
	struct termios *modes; // of the terminal when it was stopped, heap; NULL: not known
	bool foreground; // being waited for by the shell itself: `wait` in a trap leaves it alone
	bool removed; // forgotten while it was held
	int held; // see sh_job_hold()
};

/* A child that a trap has collected while its foreground command was waited for. */
struct sh_stray {
	pid_t pid;
	int status;
};

struct sh_jobs {
	struct sh_job **items; // by number; older first
	int count;
	int cap;
	int current, previous; // numbers; 0: none
	struct sh_proc *reported; // the last jobs that went with a notice; status: of the job
	unsigned reported_count;
	int terminal; // real descriptor, -1
	pid_t shell_pgid;
	pid_t outer_pgid; // the one we were started in
	bool control; // job control is working
	int warned; // > 0: of stopped jobs, by this command or the one before
	struct termios modes; // of the terminal, as the shell and its user had them
	bool modes_known;
	int nested; // traps that run while a foreground program goes on
	struct sh_stray *strays; // collected by those
	int stray_count;
	int stray_cap;
};

void sh_jobs_init(struct shell *sh);
/* Turn job control on or off (set -m). False: no terminal for it. */
bool sh_jobs_control(struct shell *sh, bool on);
/* It was sent SIGCONT: it counts as running. */
void sh_job_continued(struct sh_job *job);
/* Forget the job, or, `keep`, only spare it at a hangup. */
void sh_job_disown(struct shell *sh, struct sh_job *job, bool keep);
/* These are the modes of the terminal that a job which is killed or stopped shall not change. */
void sh_jobs_note_modes(struct shell *sh);
/* Make the group the foreground one. */
void sh_jobs_give_terminal(struct shell *sh, pid_t pgid);
/* In a new child: all jobs are those of an outer environment. */
void sh_jobs_child(struct shell *sh);

struct sh_job *sh_job_add(struct shell *sh, const pid_t *pids, int count, pid_t pgid, const char *text);
void sh_job_remove(struct shell *sh, struct sh_job *job);
/* Keep the struct while traps may run that forget the job: see job->removed. */
void sh_job_hold(struct sh_job *job);
void sh_job_release(struct sh_job *job);
/* By %spec; NULL after a message. */
struct sh_job *sh_job_find(struct shell *sh, const char *spec);
struct sh_job *sh_job_of_pid(struct shell *sh, pid_t pid);
void sh_job_make_current(struct shell *sh, struct sh_job *job);

enum sh_proc_state sh_job_state(const struct sh_job *job);
/* $? of a done or stopped job. */
int sh_job_status(const struct sh_job *job);
int sh_wait_status(int status);

/* Take note of children that changed, without waiting. */
void sh_jobs_poll(struct shell *sh);
/* Note only those that have ended, without waiting. */
void sh_jobs_reap(struct shell *sh);
/*
 * Wait until the job is done (with job control: or stopped). `interruptible`: a trapped signal ends
 * the wait: false. Plugins have their turn meanwhile, so hold the job.
 */
bool sh_job_wait(struct shell *sh, struct sh_job *job, bool interruptible);
/* Wait for one foreground process and nothing else; its status for $?. */
int sh_wait_process(struct shell *sh, pid_t pid, const char *name, uint32_t flags);
/* Wait for a change of any child. False: a trapped signal came first. */
bool sh_jobs_wait_change(struct shell *sh);
/* Wait for a process that is nobody's business. */
void sh_reap(pid_t pid);
/* Foreground under job control: terminal, wait, take the terminal back. */
int sh_job_foreground(struct shell *sh, struct sh_job *job, bool cont);

/* "Running", "Done", "Done(1)", "Stopped (SIGTSTP)"... in text[64]. */
void sh_job_state_text(const struct sh_job *job, char *text);
/* $? of a job that was reported and forgotten, by its last process, once; -1: there is none. */
int sh_jobs_take_reported(struct shell *sh, pid_t pid);
/* Report changes (set -b, before a prompt) and forget what is done. */
void sh_jobs_notify(struct shell *sh);
/* Has one changed since the last report? */
bool sh_jobs_changed(struct shell *sh);

/*
 * The shell is to end (exit, end of input): true when there are stopped jobs and a warning was
 * printed; the next time it may.
 */
bool sh_jobs_hold_exit(struct shell *sh);
/* The end of an interactive shell: end what is stopped, give the terminal back. */
void sh_jobs_finish(struct shell *sh);
/* The terminal is gone, or someone sent SIGHUP: so do the jobs, and we. */
void sh_jobs_hangup(struct shell *sh) __attribute__((noreturn));
/* Stop the shell itself (suspend), until someone continues it. */
void sh_jobs_suspend(struct shell *sh);

#endif
