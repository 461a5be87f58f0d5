/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include <string.h>

#include "shell/builtin.h"
#include "shell/subshell.h"
#include "shell/trap.h"

static void print_trap(struct shell *sh, int sig, bool all) {
	const char *action = sh_trap_get(sh, sig);
	const char *name = sh_signal_name(sig);
	if (name == NULL || (action == NULL && !all)) {
		return;
	}
	sh_puts(sh, "trap -- ");
	if (action == NULL) {
		sh_putc(sh, '-');
	} else if (action[0] == '\0') {
		sh_puts(sh, "''");
	} else {
		sh_put_quoted(sh, action);
	}
	sh_printf(sh, " %s\n", name);
}

static int print_traps(struct shell *sh, int argc, char **argv, int index) {
	int status = 0;
	if (index >= argc) {
		for (int sig = 0; sig < SH_SIGNALS; sig++) {
			print_trap(sh, sig, false);
		}
		return 0;
	}
	for (int i = index; i < argc; i++) {
		int sig = sh_signal_number(argv[i]);
		if (sig < 0) {
			sh_error(sh, "%s: no such signal", argv[i]);
			status = 1;
		} else {
			print_trap(sh, sig, true);
		}
	}
	return status;
}

static int print_names(struct shell *sh) {
	for (int sig = 1; sig < SH_SIGNALS; sig++) {
		if (sh_signal_name(sig) != NULL) {
			sh_printf(sh, "%2d) SIG%s\n", sig, sh_signal_name(sig));
		}
	}
	return 0;
}

static bool is_number(const char *text) {
	return text[0] != '\0' && text[strspn(text, "0123456789")] == '\0';
}

/* trap (XCU 2.15). An unsigned number as first operand means that all operands are reset. */
static int run_trap(struct shell *sh, int argc, char **argv) {
	struct sh_opts opts = { 0 };
	bool print = false;
	for (int option; (option = sh_getopt(sh, &opts, argc, argv, "lp")) != -1;) {
		if (option == '?') {
			return 2;
		}
		if (option == 'l') {
			return print_names(sh);
		}
		print = true;
	}
	int i = opts.index;
	if (print || i >= argc) {
		if (print && i >= argc) {
			for (int sig = 0; sig < SH_SIGNALS; sig++) {
				print_trap(sh, sig, true);
			}
			return 0;
		}
		return print_traps(sh, argc, argv, i);
	}
	const char *action = argv[i];
	if (is_number(action) || (i + 1 == argc && sh_signal_number(action) >= 0)) {
		action = NULL;
	} else {
		i++;
		action = strcmp(action, "-") == 0 ? NULL : action;
		if (i >= argc) {
			return sh_usage(sh, "missing operand");
		}
	}
	int status = 0;
	for (; i < argc; i++) {
		int sig = sh_signal_number(argv[i]);
		if (sig < 0) {
			sh_error(sh, "%s: no such signal", argv[i]);
			status = sh->unwind == SH_UNWIND_NONE ? 1 : status;
			continue;
		}
		if (sig > 0 && !sh_subshell_detach(sh)) {
			return sh->status;
		}
		sh_trap_set(sh, sig, action);
	}
	return status;
}

const struct sh_builtin sh_builtin_trap = { "trap", run_trap,
	SH_BUILTIN_SPECIAL | SH_BUILTIN_INTRINSIC, "[-p] [[action] condition...]" };
