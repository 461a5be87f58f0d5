/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "shell/builtin.h"

/* The file in PATH; it need not be executable (XCU 2.15 dot). In the scratch arena. */
static const char *find_file(struct shell *sh, const char *name) {
	const char *path = sh_var_get(sh, sh->n.path);
	if (strchr(name, '/') != NULL || path == NULL) {
		return name;
	}
	for (;;) {
		const char *end = strchrnul(path, ':');
		size_t len = (size_t)(end - path);
		char *full = sh_alloc(&sh->scratch, len + strlen(name) + 3);
		struct stat st;
		memcpy(full, len > 0 ? path : ".", len > 0 ? len : 1);
		len = len > 0 ? len : 1;
		full[len] = '/';
		strcpy(full + len + 1, name);
		if (stat(full, &st) == 0 && !S_ISDIR(st.st_mode) && access(full, R_OK) == 0) {
			return full;
		}
		if (*end == '\0') {
			return NULL;
		}
		path = end + 1;
	}
}

/* . and, as bash calls it, source. Arguments become positional parameters, as in bash and ksh. */
static int run_dot(struct shell *sh, int argc, char **argv) {
	struct sh_opts opts = { 0 };
	if (sh_getopt(sh, &opts, argc, argv, "") != -1) {
		return 2;
	}
	if (opts.index >= argc) {
		sh_error(sh, "missing operand");
		return sh_special_error(sh, 2);
	}
	const char *path = find_file(sh, argv[opts.index]);
	if (path == NULL) {
		sh_error(sh, "%s: not found", argv[opts.index]);
		return sh_special_error(sh, 1);
	}
	struct sh_params params = sh->params;
	bool args = opts.index + 1 < argc;
	if (args) {
		sh->params = (struct sh_params){ .argv = argv + opts.index + 1,
			.argc = argc - opts.index - 1 };
	}
	int loops = sh->loops;
	sh->dots++;
	int status = sh_source(sh, path);
	sh->dots--;
	sh->loops = loops;
	if (args) {
		sh_params_drop(sh);
		sh->params = params;
	}
	if (status < 0 || sh->syntax_error) {
		sh->syntax_error = false;
		return sh_special_error(sh, status < 0 ? 1 : 2);
	}
	if (sh->unwind == SH_UNWIND_RETURN) {
		sh->unwind = SH_UNWIND_NONE;
		return sh->status;
	}
	return status;
}

const struct sh_builtin sh_builtin_dot = { ".", run_dot, SH_BUILTIN_SPECIAL | SH_BUILTIN_INTRINSIC,
	"file [argument...]" };
const struct sh_builtin sh_builtin_source = { "source", run_dot, SH_BUILTIN_REGULAR,
	"file [argument...]" };
