/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "shell/builtin.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* pwd [-L|-P] (XCU pwd): the last of the options counts. */
static int run_pwd(struct shell *sh, int argc, char **argv) {
	struct sh_opts opts = { 0 };
	bool physical = false;
	for (int c; (c = sh_getopt(sh, &opts, argc, argv, "LP")) != -1;) {
		if (c == '?') {
			return 2;
		}
		physical = c == 'P';
	}
	if (opts.index < argc) {
		return sh_usage(sh, "too many operands");
	}
	if (!physical && sh->cwd != NULL) {
		sh_puts(sh, sh->cwd);
		sh_putc(sh, '\n');
		return 0;
	}
	char *path = getcwd(NULL, 0);
	if (path == NULL) {
		sh_error(sh, "%s", strerror(errno));
		return 1;
	}
	sh_puts(sh, path);
	sh_putc(sh, '\n');
	free(path);
	return 0;
}

const struct sh_builtin sh_builtin_pwd = { "pwd", run_pwd, SH_BUILTIN_REGULAR, "[-L|-P]" };
