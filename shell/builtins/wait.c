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

static int wait_one(struct shell *sh, const char *operand) {
	struct sh_job *job;
	int64_t pid = 0;
	if (operand[0] == '%') {
		job = sh_job_find(sh, operand);
	} else {
		if (cn_parse_int(operand, 0, INT32_MAX, &pid) < 0) {
			sh_error(sh, "%s: not a process id", operand);
			return 2;
		}
		job = sh_job_of_pid(sh, (pid_t)pid);
		int reported = job == NULL ? sh_jobs_take_reported(sh, (pid_t)pid) : -1;
		if (reported >= 0) {
			return reported;
		}
	}
	if (job == NULL || job->foreign || job->level < sh->level) {
		return 127;
	}
	sh_job_hold(job);
	if (!sh_job_wait(sh, job, true)) {
		sh_job_release(job);
		return interrupted(sh);
	}
	int status = sh_job_status(job);
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

/* wait -n: whichever of them is next, as in bash. */
static int wait_any(struct shell *sh, int argc, char **argv) {
	for (;;) {
		bool running = false;
		for (int i = 0; i < sh->jobs->count; i++) {
			struct sh_job *job = sh->jobs->items[i];
			if (job->foreign || job->foreground || job->level < sh->level) {
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
		return wait_any(sh, argc, argv);
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

const struct sh_builtin sh_builtin_wait = { "wait", run_wait, SH_BUILTIN_INTRINSIC, "[-n] [job...]" };
