/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "shell/builtin.h"

/* false (XCU false): operands are ignored. */
static int run_false(struct shell *sh, int argc, char **argv) {
	return 1;
}

const struct sh_builtin sh_builtin_false = { "false", run_false, SH_BUILTIN_INTRINSIC, NULL };
