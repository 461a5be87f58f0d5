/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include <unistd.h>

#include "shell/builtin.h"
#include "shell/jobs.h"

/* suspend [-f]: stop this shell until it is continued. Who would continue a login shell? */
static int run_suspend(struct shell *sh, int argc, char **argv) {
	struct sh_opts opts = { 0 };
	bool force = false;
	for (int option; (option = sh_getopt(sh, &opts, argc, argv, "f")) != -1;) {
		if (option == '?') {
			return 2;
		}
		force = true;
	}
	if (!sh->jobs->control) {
		sh_error(sh, "no job control");
		return 1;
	}
	if (!force && (sh->is_login || getsid(0) == sh->self)) {
		sh_error(sh, "this is a login shell");
		return 1;
	}
	sh_jobs_suspend(sh);
	return 0;
}

/* disown [-h] [-a | -r | job...]: forget jobs, or (-h) only leave them alone at a hangup. */
static int run_disown(struct shell *sh, int argc, char **argv) {
	struct sh_opts opts = { 0 };
	bool keep = false, all = false, running = false;
	for (int option; (option = sh_getopt(sh, &opts, argc, argv, "ahr")) != -1;) {
		if (option == '?') {
			return 2;
		}
		keep |= option == 'h';
		all |= option == 'a';
		running |= option == 'r';
	}
	sh_jobs_poll(sh);
	for (int i = sh->jobs->count; (all || running) && i-- > 0;) {
		struct sh_job *job = sh->jobs->items[i];
		if (!running || sh_job_state(job) == SH_RUNNING) {
			sh_job_disown(sh, job, keep);
		}
	}
	int status = 0;
	for (int i = opts.index; !all && !running && (i < argc || i == opts.index); i++) {
		struct sh_job *job = sh_job_find(sh, i < argc ? argv[i] : "%+");
		if (job != NULL) {
			sh_job_disown(sh, job, keep);
		} else {
			status = 1;
		}
	}
	return status;
}

const struct sh_builtin sh_builtin_suspend = { "suspend", run_suspend, SH_BUILTIN_INTRINSIC, "[-f]" };
const struct sh_builtin sh_builtin_disown = { "disown", run_disown, SH_BUILTIN_INTRINSIC,
	"[-h] [-a | -r | job...]" };
