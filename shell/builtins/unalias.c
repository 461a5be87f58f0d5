/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "shell/builtin.h"

#include <stdlib.h>

static bool has_alias(const struct sh_name *name) {
	return name->alias != NULL;
}

static void unset_all(struct shell *sh) {
	struct sh_name **names = sh_name_list(sh, has_alias);
	for (size_t i = 0; names[i] != NULL; i++) {
		sh_alias_unset(sh, names[i]->text);
	}
	free(names);
}

/* unalias -a | NAME... (XCU unalias) */
static int run_unalias(struct shell *sh, int argc, char **argv) {
	struct sh_opts opts = { 0 };
	bool all = false;
	for (int c; (c = sh_getopt(sh, &opts, argc, argv, "a")) != -1; all = true) {
		if (c == '?') {
			return 2;
		}
	}
	if (all) {
		unset_all(sh);
	} else if (opts.index == argc) {
		return sh_usage(sh, NULL);
	}
	int status = 0;
	for (int i = opts.index; i < argc; i++) {
		if (!all && !sh_alias_unset(sh, argv[i])) {
			sh_error(sh, "%s: not found", argv[i]);
			status = 1;
		}
	}
	return status;
}

const struct sh_builtin sh_builtin_unalias = { "unalias", run_unalias, SH_BUILTIN_INTRINSIC,
	"-a | NAME..." };
