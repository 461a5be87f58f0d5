/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "lib/base/number.h"
#include "shell/builtin.h"
#include "shell/subshell.h"

/* break, continue (XCU 2.15): leave n loops, all of them when there are fewer. */
static int leave_loops(struct shell *sh, int argc, char **argv, enum sh_unwind how) {
	struct sh_opts opts = { 0 };
	int64_t count = 1;
	if (sh_getopt(sh, &opts, argc, argv, "") != -1) {
		return 2;
	}
	if (opts.index + 1 < argc) {
		return sh_usage(sh, "too many operands");
	}
	if (opts.index < argc && cn_parse_int(argv[opts.index], 1, INT32_MAX, &count) < 0) {
		sh_error(sh, "%s: not a positive number", argv[opts.index]);
		return sh_special_error(sh, 2);
	}
	if (sh->loops == 0) { // unspecified: a subshell leaves as much of the loop as it has
		bool in_loop = sh->subshell != NULL && sh->subshell->loops > 0;
		sh->unwind = in_loop ? SH_UNWIND_EXIT : sh->unwind;
		return sh->status = 0;
	}
	sh->unwind = how;
	sh->unwind_count = count > sh->loops ? sh->loops : (int)count;
	sh->status = 0;
	return 0;
}

static int run_break(struct shell *sh, int argc, char **argv) {
	return leave_loops(sh, argc, argv, SH_UNWIND_BREAK);
}

static int run_continue(struct shell *sh, int argc, char **argv) {
	return leave_loops(sh, argc, argv, SH_UNWIND_CONTINUE);
}

const struct sh_builtin sh_builtin_break = { "break", run_break,
	SH_BUILTIN_SPECIAL | SH_BUILTIN_INTRINSIC, "[n]" };
const struct sh_builtin sh_builtin_continue = { "continue", run_continue,
	SH_BUILTIN_SPECIAL | SH_BUILTIN_INTRINSIC, "[n]" };
