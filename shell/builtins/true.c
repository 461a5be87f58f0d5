/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "shell/builtin.h"

/* true (XCU true): operands are ignored. */
static int run_true(struct shell *sh, int argc, char **argv) {
	return 0;
}

const struct sh_builtin sh_builtin_true = { "true", run_true, SH_BUILTIN_INTRINSIC, NULL };
