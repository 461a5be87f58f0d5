/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base/number.h"
#include "shell/builtin.h"
#include "shell/jobs.h"
#include "shell/trap.h"

/* A trapped signal ended the wait (XCU 2.12): its trap runs now. */
static int interrupted(struct shell *sh) {
	int status = 128 + sh_signal_pending_trap(sh, 0);
	sh->status = status;
	sh_trap_run(sh);
	return sh->unwind != SH_UNWIND_NONE ? sh->status : status;
}

static int wait_all(struct shell *sh) {
	for (int i = 0; i < sh->jobs->count;) {
		struct sh_job *job = sh->jobs->items[i];
		if (job->foreign || job->foreground || job->level < sh->level ||
				(sh_job_state(job) == SH_STOPPED && sh->jobs->control)) {
			i++;
			continue;
		}
		sh_job_hold(job);
		bool done = sh_job_wait(sh, job, true);
		bool removed = job->removed;
		if (done && !removed && sh_job_state(job) == SH_DONE) {
			sh_job_remove(sh, job);
		}
		sh_job_release(job);
		if (!done) {
			return interrupted(sh);
		}
		i = removed ? 0 : i; // the table may be another
	}
	return 0;
}

/*
 * The job that the operand means; *pid is 0 when that is no process number. Where there is none to
 * wait for, NULL, and *status says how wait ends: 2 after a message, or that of a job which was
 * reported and forgotten, or 127.
 */
static struct sh_job *find(struct shell *sh, const char *operand, int64_t *pid, int *status) {
	struct sh_job *job;
	*pid = 0;
	*status = 127;
	if (operand[0] == '%') {
		job = sh_job_find(sh, operand);
	} else if (cn_parse_int(operand, 0, INT32_MAX, pid) == 0) {
		job = sh_job_of_pid(sh, (pid_t)*pid);
		int reported = job == NULL ? sh_jobs_take_reported(sh, (pid_t)*pid) : -1;
		*status = reported >= 0 ? reported : 127;
	} else {
		sh_error(sh, "%s: not a process id", operand);
		*status = 2;
		return NULL;
	}
	return job == NULL || job->foreign || job->level < sh->level ? NULL : job;
}

static int wait_one(struct shell *sh, const char *operand) {
	int64_t pid;
	int status;
	struct sh_job *job = find(sh, operand, &pid, &status);
	if (job == NULL) {
		return status;
	}
	sh_job_hold(job);
	if (!sh_job_wait(sh, job, true)) {
		sh_job_release(job);
		return interrupted(sh);
	}
	status = sh_job_status(job);
	for (int i = 0; i < job->count - 1 && pid > 0; i++) { // the last one's is the job's
		if (job->procs[i].pid == pid) {
			status = sh_wait_status(job->procs[i].status);
		}
	}
	if (sh_job_state(job) == SH_DONE && !job->removed) {
		sh_job_remove(sh, job);
	}
	sh_job_release(job);
	return status;
}

static bool is_one_of(const struct sh_job *job, struct sh_job *const *jobs, int count) {
	for (int i = 0; i < count; i++) {
		if (jobs[i] == job) {
			return true;
		}
	}
	return false;
}

/* Wait for whichever of the jobs is next; NULL: of all. Returns its status, or 127: there is none.
 */
static int wait_next(struct shell *sh, struct sh_job *const *jobs, int count) {
	for (;;) {
		bool running = false;
		for (int i = 0; i < sh->jobs->count; i++) {
			struct sh_job *job = sh->jobs->items[i];
			if (job->foreign || job->foreground || job->level < sh->level ||
					(jobs != NULL && !is_one_of(job, jobs, count))) {
				continue;
			}
			if (sh_job_state(job) == SH_DONE) {
				int status = sh_job_status(job);
				sh_job_remove(sh, job);
				return status;
			}
			running = true;
		}
		if (!running) {
			return 127;
		}
		if (!sh_jobs_wait_change(sh)) {
			return interrupted(sh);
		}
	}
}

/* wait -n [JOB...]: as in bash. */
static int wait_any(struct shell *sh, int count, char **operands) {
	if (count == 0) {
		return wait_next(sh, NULL, 0);
	}
	struct sh_job **jobs = sh_alloc(&sh->scratch, (size_t)count * sizeof(struct sh_job *));
	int found = 0;
	int status = 127;
	for (int i = 0; i < count && status == 127; i++) {
		int64_t pid;
		struct sh_job *job = find(sh, operands[i], &pid, &status);
		if (job != NULL) {
			sh_job_hold(job);
			jobs[found++] = job;
		}
	}
	if (status == 127) {
		status = wait_next(sh, jobs, found);
	}
	for (int i = 0; i < found; i++) {
		sh_job_release(jobs[i]);
	}
	return status;
}

/* wait (XCU wait). */
static int run_wait(struct shell *sh, int argc, char **argv) {
	struct sh_opts opts = { 0 };
	bool any = false;
	for (int option; (option = sh_getopt(sh, &opts, argc, argv, "n")) != -1;) {
		if (option == '?') {
			return 2;
		}
		any = true;
	}
	if (any) {
		return wait_any(sh, argc - opts.index, argv + opts.index);
	}
	if (opts.index >= argc) {
		return wait_all(sh);
	}
	int status = 0;
	for (int i = opts.index; i < argc; i++) {
		status = wait_one(sh, argv[i]);
		if (sh->unwind != SH_UNWIND_NONE) {
			break;
		}
	}
	return status;
}

const struct sh_builtin sh_builtin_wait = { "wait", run_wait, SH_BUILTIN_INTRINSIC,
	"[-n] [job...]" };
