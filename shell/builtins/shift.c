/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "lib/base/number.h"
#include "shell/builtin.h"

/* shift (XCU 2.15). */
static int run_shift(struct shell *sh, int argc, char **argv) {
	struct sh_opts opts = { 0 };
	int64_t count = 1;
	if (sh_getopt(sh, &opts, argc, argv, "") != -1) {
		return 2;
	}
	if (opts.index + 1 < argc) {
		return sh_usage(sh, "too many operands");
	}
	if (opts.index < argc && cn_parse_int(argv[opts.index], 0, INT32_MAX, &count) < 0) {
		sh_error(sh, "%s: not a number", argv[opts.index]);
		return sh_special_error(sh, 2);
	}
	if (count > sh->params.argc) {
		sh_error(sh, "cannot shift that many");
		return sh_special_error(sh, 1);
	}
	sh->params.argv += count;
	sh->params.argc -= (int)count;
	return 0;
}

const struct sh_builtin sh_builtin_shift = { "shift", run_shift,
	SH_BUILTIN_SPECIAL | SH_BUILTIN_INTRINSIC, "[n]" };
