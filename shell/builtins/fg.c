/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include <signal.h>

#include "shell/builtin.h"
#include "shell/jobs.h"

static int bring_forward(struct shell *sh, const char *spec) {
	struct sh_job *job = sh_job_find(sh, spec);
	if (job == NULL) {
		return 1;
	}
	if (sh_job_state(job) == SH_DONE || job->pgid == 0) {
		sh_error(sh, "%s: %s", spec, job->pgid == 0 ? "not under job control" : "job has terminated");
		return 1;
	}
	sh_printf(sh, "%s\n", job->text);
	sh_flush(sh);
	sh_job_make_current(sh, job);
	return sh_job_foreground(sh, job, true);
}

static int send_back(struct shell *sh, const char *spec) {
	struct sh_job *job = sh_job_find(sh, spec);
	if (job == NULL) {
		return 1;
	}
	if (job->pgid == 0 || sh_job_state(job) == SH_DONE) {
		sh_error(sh, "%s: %s", spec, job->pgid == 0 ? "not under job control" : "job has terminated");
		return 1;
	}
	sh_job_continued(job);
	kill(-job->pgid, SIGCONT);
	job->async = true;
	sh->last_async = job->procs[job->count - 1].pid;
	sh_printf(sh, "[%d] %s\n", job->number, job->text);
	return 0;
}

static int each(struct shell *sh, int argc, char **argv, int (*act)(struct shell *, const char *)) {
	struct sh_opts opts = { 0 };
	if (sh_getopt(sh, &opts, argc, argv, "") != -1) {
		return 2;
	}
	if (!sh->jobs->control) {
		sh_error(sh, "no job control");
		return 1;
	}
	sh_jobs_poll(sh);
	if (opts.index >= argc) {
		return act(sh, "%+");
	}
	int status = 0;
	for (int i = opts.index; i < argc; i++) {
		status = act(sh, argv[i]);
	}
	return status;
}

/* fg, bg (XCU fg, bg). */
static int run_fg(struct shell *sh, int argc, char **argv) {
	return each(sh, argc, argv, bring_forward);
}

static int run_bg(struct shell *sh, int argc, char **argv) {
	return each(sh, argc, argv, send_back);
}

const struct sh_builtin sh_builtin_fg = { "fg", run_fg, SH_BUILTIN_INTRINSIC, "[job...]" };
const struct sh_builtin sh_builtin_bg = { "bg", run_bg, SH_BUILTIN_INTRINSIC, "[job...]" };
