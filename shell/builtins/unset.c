/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include <string.h>

#include "shell/builtin.h"
#include "shell/func.h"

/* unset (XCU 2.15). */
static int run_unset(struct shell *sh, int argc, char **argv) {
	struct sh_opts opts = { 0 };
	char kind = '\0';
	int status = 0;
	for (int option; (option = sh_getopt(sh, &opts, argc, argv, "fv")) != -1;) {
		if (option == '?') {
			return 2;
		}
		kind = (char)option;
	}
	for (int i = opts.index; i < argc; i++) {
		struct sh_name *name = sh_name_find(sh, argv[i], strlen(argv[i]));
		if (kind == 'f') {
			if (name != NULL) {
				sh_func_unset(sh, name);
			}
		} else if (sh_ref_unset(sh, argv[i]) < 0) {
			status = sh_special_error(sh, 1);
		}
	}
	return status;
}

const struct sh_builtin sh_builtin_unset = { "unset", run_unset,
	SH_BUILTIN_SPECIAL | SH_BUILTIN_INTRINSIC, "[-fv] name..." };
