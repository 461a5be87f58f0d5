/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "shell/builtin.h"

#include <string.h>

/*
 * echo [-n] [STRING...] (XCU echo). What `-n` and backslashes do is left to the implementation:
 * a first `-n` leaves out the newline, as in all shells, and backslashes are ordinary, as in bash,
 * so that a script means the same in both hosts. printf does the rest.
 */
static int run_echo(struct shell *sh, int argc, char **argv) {
	bool newline = argc < 2 || strcmp(argv[1], "-n") != 0;
	int first = newline ? 1 : 2;
	for (int i = first; i < argc; i++) {
		if (i > first) {
			sh_putc(sh, ' ');
		}
		sh_puts(sh, argv[i]);
	}
	if (newline) {
		sh_putc(sh, '\n');
	}
	return 0;
}

const struct sh_builtin sh_builtin_echo = { "echo", run_echo, SH_BUILTIN_BY_PATH,
	"[-n] [STRING...]" };
