/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "shell/builtin.h"
#include "shell/builtins/describe.h"

/* command (XCU command): no functions, and special builtins lose what is special. */
static int run_command(struct shell *sh, int argc, char **argv) {
	struct sh_opts opts = { 0 };
	uint32_t lookup = 0;
	char describe = '\0';
	for (int option; (option = sh_getopt(sh, &opts, argc, argv, "pvV")) != -1;) {
		if (option == '?') {
			return 2;
		}
		if (option == 'p') {
			lookup |= SH_LOOKUP_DEFAULT_PATH;
		} else {
			describe = (char)option;
		}
	}
	if (opts.index >= argc) {
		return 0;
	}
	if (describe != '\0') {
		int status = 0;
		for (int i = opts.index; i < argc; i++) {
			if (sh_describe(sh, argv[i], describe == 'V', lookup | SH_LOOKUP_NO_HASH) != 0) {
				status = 1;
				if (describe == 'V') {
					sh_error(sh, "%s: not found", argv[i]);
				}
			}
		}
		return status;
	}
	int status = sh_call(sh, argc - opts.index, argv + opts.index, lookup | SH_LOOKUP_NO_FUNC);
	sh->special_error = false;
	return status;
}

const struct sh_builtin sh_builtin_command = { "command", run_command,
	SH_BUILTIN_INTRINSIC, "[-p] name [argument...] | [-v | -V] name..." };
