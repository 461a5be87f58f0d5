/* SPDX-License-Identifier: GPL-3.0-or-later */
/* shell/jobs.c - the table of jobs (XCU 2.9.3.1, 2.11; XBD 3.182). See jobs_core.h. */
#include "config.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "shell/fd.h"
#include "shell/jobs_core.h"
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

const struct sh_proc *sh_job_decisive(const struct sh_job *job) {
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
	return sh_wait_status(sh_job_decisive(job)->status);
}

void sh_job_state_text(const struct sh_job *job, char *text) {
	enum { SIZE = 64 };
	int status = sh_job_decisive(job)->status;
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

/* ---- reports ---- */

void sh_job_report(struct shell *sh, struct sh_job *job) {
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
		sh_job_report(sh, job);
		if (state == SH_DONE) {
			remember_reported(sh, job);
			sh_job_remove(sh, job);
			i--;
		}
	}
}
