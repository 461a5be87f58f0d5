/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "lib/base/number.h"
#include "shell/builtin.h"
#include "shell/jobs.h"

/* The operand as a status, else what $? is, or was when the trap began (XCU 2.15 exit, return). */
static int status_operand(struct shell *sh, int argc, char **argv, int *status) {
	struct sh_opts opts = { 0 };
	int64_t number;
	*status = sh->in_trap ? sh->trap_status : sh->status;
	if (argc > 1 && argv[1][0] == '-' && argv[1][1] >= '0' && argv[1][1] <= '9') {
		opts.index = 1; // bash: exit -1
	} else if (sh_getopt(sh, &opts, argc, argv, "") != -1) {
		return -1;
	}
	if (opts.index + 1 < argc) {
		sh_usage(sh, "too many operands");
		return -1;
	}
	if (opts.index < argc) {
		if (cn_parse_int(argv[opts.index], INT32_MIN, INT32_MAX, &number) < 0) {
			sh_error(sh, "%s: not a number", argv[opts.index]);
			sh_special_error(sh, 2);
			return -1;
		}
		*status = (int)(number & 0xFF);
	}
	return 0;
}

static int run_exit(struct shell *sh, int argc, char **argv) {
	int status;
	if (status_operand(sh, argc, argv, &status) < 0) {
		return 2;
	}
	if (sh_jobs_hold_exit(sh)) {
		return 1;
	}
	sh->status = status;
	sh->unwind = SH_UNWIND_EXIT;
	return status;
}

static int run_return(struct shell *sh, int argc, char **argv) {
	int status;
	bool in_trap = sh->in_trap;
	/* A function in an EXIT trap has its own $?; one in a signal's, as in yash and bash, has not. */
	sh->in_trap = in_trap && (sh->dots == sh->trap_dots || !sh->exiting);
	int result = status_operand(sh, argc, argv, &status);
	sh->in_trap = in_trap;
	if (result < 0) {
		return 2;
	}
	sh->status = status;
	sh->unwind = sh->dots > 0 ? SH_UNWIND_RETURN : SH_UNWIND_EXIT;
	return status;
}

const struct sh_builtin sh_builtin_exit = { "exit", run_exit,
	SH_BUILTIN_SPECIAL | SH_BUILTIN_INTRINSIC, "[n]" };
const struct sh_builtin sh_builtin_return = { "return", run_return,
	SH_BUILTIN_SPECIAL | SH_BUILTIN_INTRINSIC, "[n]" };
