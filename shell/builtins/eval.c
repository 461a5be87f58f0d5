/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "shell/builtin.h"

/* eval (XCU 2.15): the arguments, joined by spaces, as commands. */
static int run_eval(struct shell *sh, int argc, char **argv) {
	int first = argc > 1 && argv[1][0] == '-' && argv[1][1] == '-' && argv[1][2] == '\0' ? 2 : 1;
	const char *running = sh->running;
	const struct sh_builtin *builtin = sh->running_builtin;
	struct cn_buf text = CN_BUF_INIT;
	if (first >= argc) {
		return 0;
	}
	for (int i = first; i < argc && argc - first > 1; i++) {
		cn_buf_puts(&text, i > first ? " " : "");
		cn_buf_puts(&text, argv[i]);
	}
	sh->running = NULL;
	sh->running_builtin = NULL;
	int status = sh_eval(sh, argc - first > 1 ? text.data : argv[first]);
	sh->running = running;
	sh->running_builtin = builtin;
	cn_buf_finish(&text);
	if (sh->syntax_error) {
		sh->syntax_error = false;
		return sh_special_error(sh, 2);
	}
	return status;
}

const struct sh_builtin sh_builtin_eval = { "eval", run_eval,
	SH_BUILTIN_SPECIAL | SH_BUILTIN_INTRINSIC, "[argument...]" };
