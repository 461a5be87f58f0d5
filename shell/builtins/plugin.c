/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include <string.h>

#include "shell/builtin.h"
#include "shell/loader.h"

/* plugin load FILE [NAME...], plugin list. */
static int run_plugin(struct shell *sh, int argc, char **argv) {
	if (argc >= 3 && strcmp(argv[1], "load") == 0) {
		return sh_loader_load(sh, argv[2], argc > 3 ? argv + 3 : NULL) < 0 ? 1 : 0;
	}
	if (argc == 2 && strcmp(argv[1], "list") == 0) {
		sh_loader_list(sh);
		return 0;
	}
	return sh_usage(sh, NULL);
}

/* enable -f FILE [NAME...]: the same in bash's words; without -f everything is enabled. */
static int run_enable(struct shell *sh, int argc, char **argv) {
	struct sh_opts opts = { 0 };
	const char *file = NULL;
	for (int option; (option = sh_getopt(sh, &opts, argc, argv, "f:dnaps")) != -1;) {
		if (option == '?') {
			return 2;
		}
		file = option == 'f' ? opts.arg : file;
	}
	if (file != NULL) {
		char **names = opts.index < argc ? argv + opts.index : NULL;
		return sh_loader_load(sh, file, names) < 0 ? 1 : 0;
	}
	int status = 0;
	for (int i = opts.index; i < argc; i++) {
		if (sh_builtin_find(sh, sh_name(sh, argv[i])) == NULL) {
			sh_error(sh, "%s: not a builtin", argv[i]);
			status = 1;
		}
	}
	return status;
}

const struct sh_builtin sh_builtin_plugin = { "plugin", run_plugin, SH_BUILTIN_INTRINSIC,
	"load file [name...] | list" };
const struct sh_builtin sh_builtin_enable = { "enable", run_enable, SH_BUILTIN_INTRINSIC,
	"-f file [name...]" };
