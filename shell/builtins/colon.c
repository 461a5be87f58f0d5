/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "shell/builtin.h"

/* : (XCU 2.15): nothing, successfully. */
static int run_colon(struct shell *sh, int argc, char **argv) {
	return 0;
}

const struct sh_builtin sh_builtin_colon = { ":", run_colon, SH_BUILTIN_SPECIAL | SH_BUILTIN_INTRINSIC,
	"[argument...]" };
