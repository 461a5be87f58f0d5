/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "shell/builtin.h"
#include "shell/exec.h"
#include "shell/fd.h"
#include "shell/jobs.h"
#include "shell/subshell.h"
#include "shell/trap.h"

/* Become the program; in a forkless subshell: run it, and that was the subshell. */
static int become(struct shell *sh, char **argv) {
	struct sh_command cmd = sh_lookup(sh, argv[0], SH_LOOKUP_NO_FUNC);
	if (cmd.kind != SH_CMD_PROGRAM) {
		/* Builtins are programs too, as far as PATH has them. */
		cmd = sh_lookup_program(sh, argv[0]);
	}
	int status;
	const char *running = sh->running;
	sh->running = NULL;
	if (cmd.kind != SH_CMD_PROGRAM) {
		status = sh_not_found(sh, argv[0], cmd.errnum);
	} else if (sh->subshell != NULL && !sh->subshell->process) {
		status = sh_run_program(sh, cmd.path, argv, SH_EXEC_TAIL, NULL);
		if (status != 126 && status != 127) {
			sh->status = status;
			sh->unwind = SH_UNWIND_GONE; // no EXIT trap
			return status;
		}
	} else {
		if (sh->jobs->control) {
			sh_trap_control(sh, false);
		}
		status = sh_exec_program(sh, cmd.path, argv, sh_var_environ(sh));
		if (sh->jobs->control) {
			sh_trap_control(sh, true);
		}
	}
	sh->running = running;
	if (!sh->interactive) {
		sh->status = status;
		sh->unwind = SH_UNWIND_EXIT;
	}
	return status;
}

/* exec (XCU 2.15): with a command, become it; without, keep the redirections. */
static int run_exec(struct shell *sh, int argc, char **argv) {
	struct sh_opts opts = { 0 };
	char *name = NULL;
	int option;
	while ((option = sh_getopt(sh, &opts, argc, argv, "a:")) != -1) {
		if (option == '?') {
			return 2;
		}
		name = (char *)opts.arg;
	}
	sh->keep_redirs = true;
	if (opts.index >= argc) {
		return 0;
	}
	if (name != NULL) {
		struct sh_command cmd = sh_lookup_program(sh, argv[opts.index]);
		if (cmd.kind == SH_CMD_PROGRAM && sh_subshell_detach(sh)) {
			argv[opts.index] = name;
			return sh_exec_program(sh, cmd.path, argv + opts.index, sh_var_environ(sh));
		}
	}
	return become(sh, argv + opts.index);
}

const struct sh_builtin sh_builtin_exec = { "exec", run_exec,
	SH_BUILTIN_SPECIAL | SH_BUILTIN_INTRINSIC, "[-a name] [command [argument...]]" };
