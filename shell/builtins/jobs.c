/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include <string.h>

#include "shell/builtin.h"
#include "shell/jobs.h"

static void print_job(struct shell *sh, const struct sh_job *job, char format) {
	char state[64];
	char mark = job->number == sh->jobs->current ? '+'
			: job->number == sh->jobs->previous	 ? '-'
												 : ' ';
	if (format == 'p') {
		sh_printf(sh, "%ld\n", (long)(job->pgid > 0 ? job->pgid : job->procs[0].pid));
		return;
	}
	sh_job_state_text(job, state);
	if (format == 'l') {
		sh_printf(sh, "[%d] %c %ld %s %s\n", job->number, mark, (long)job->procs[0].pid, state,
				job->text);
	} else {
		sh_printf(sh, "[%d] %c %s %s\n", job->number, mark, state, job->text);
	}
}

/* One that was reported as done is forgotten. */
static bool forget(struct shell *sh, struct sh_job *job) {
	job->notified = true;
	if (sh_job_state(job) == SH_DONE && !job->foreign && job->level >= sh->level) {
		sh_job_remove(sh, job);
		return true;
	}
	return false;
}

/* jobs (XCU jobs). A subshell shows its parent's, as long as it has none of its own. */
static int run_jobs(struct shell *sh, int argc, char **argv) {
	struct sh_opts opts = { 0 };
	char format = '\0';
	for (int option; (option = sh_getopt(sh, &opts, argc, argv, "lp")) != -1;) {
		if (option == '?') {
			return 2;
		}
		format = (char)option;
	}
	sh_jobs_poll(sh);
	int status = 0;
	if (opts.index < argc) {
		for (int i = opts.index; i < argc; i++) {
			struct sh_job *job = sh_job_find(sh, argv[i]);
			if (job == NULL) {
				status = 1;
			} else {
				print_job(sh, job, format);
				forget(sh, job);
			}
		}
		return status;
	}
	for (int i = 0; i < sh->jobs->count;) {
		struct sh_job *job = sh->jobs->items[i];
		print_job(sh, job, format);
		i += !forget(sh, job);
	}
	return 0;
}

const struct sh_builtin sh_builtin_jobs = { "jobs", run_jobs, SH_BUILTIN_INTRINSIC, "[-l | -p] [job...]" };
