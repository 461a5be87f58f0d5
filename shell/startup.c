/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include <string.h>
#include <unistd.h>

#include "lib/base/buf.h"
#include "shell/builtin.h"
#include "shell/expand.h"
#include "shell/fd.h"
#include "shell/startup.h"

/* Files of a user with the rights of another are not for us (2.5.3). */
static bool ids_agree(void) {
	return getuid() == geteuid() && getgid() == getegid();
}

/* Read it if it is there. Errors in it are no reason to have no shell, but `exit` is. */
static bool source(struct shell *sh, const char *path) {
	if (path == NULL || access(path, R_OK) != 0) {
		return false;
	}
	sh_source(sh, path);
	sh->syntax_error = false;
	if (sh->unwind != SH_UNWIND_EXIT) {
		sh->unwind = SH_UNWIND_NONE;
	}
	return true;
}

/* The name of a file in the home folder, in `path`; empty without a home. */
static const char *at_home(struct shell *sh, const char *name, struct cn_buf *path) {
	const char *home = sh_var_get(sh, sh->n.home);
	cn_buf_reset(path);
	if (home != NULL && home[0] == '/') {
		cn_buf_printf(path, "%s/%s", home, name);
	}
	return path->data;
}

void sh_startup_profile(struct shell *sh) {
	struct cn_buf path = CN_BUF_INIT;
	bool posix = (sh->options & SH_OPT_POSIX) != 0;
	source(sh, "/etc/profile");
	bool done = sh->unwind != SH_UNWIND_NONE || !ids_agree();
	if (!done && (posix || !source(sh, at_home(sh, ".conch_profile", &path)))) {
		source(sh, at_home(sh, ".profile", &path));
	}
	cn_buf_finish(&path);
}

void sh_startup_rc(struct shell *sh) {
	const char *env = sh_var_get_text(sh, "ENV");
	if (!ids_agree() || sh->unwind != SH_UNWIND_NONE) {
		return;
	}
	if (env != NULL) {
		struct sh_mark mark = sh_arena_mark(&sh->scratch);
		char *path = sh_expand_text(sh, env);
		if (sh->unwind == SH_UNWIND_ERROR) {
			sh->unwind = SH_UNWIND_NONE;
		}
		source(sh, path);
		sh_arena_release(&sh->scratch, mark);
	} else if ((sh->options & SH_OPT_POSIX) == 0) {
		struct cn_buf path = CN_BUF_INIT;
		source(sh, at_home(sh, ".conchrc", &path));
		cn_buf_finish(&path);
	}
}

void sh_startup_greet(struct shell *sh, bool is_new) {
	static const char text[] =
			"Welcome to conch " SH_VERSION ", a POSIX shell with commands for concurrency.\n"
			"help lists its builtins, conch help the commands for concurrency; exit leaves.\n"
			"Your settings go into ~/.conchrc. This is said once.\n";
	struct cn_buf path = CN_BUF_INIT;
	const char *rc = at_home(sh, ".conchrc", &path);
	bool known = *rc == '\0' || access(rc, F_OK) == 0 || sh_var_get_text(sh, "ENV") != NULL;
	if (is_new && !known && (sh->options & SH_OPT_POSIX) == 0 && isatty(STDIN_FILENO) &&
			isatty(STDERR_FILENO)) {
		sh_fd_write(sh, 2, text, sizeof(text) - 1);
	}
	cn_buf_finish(&path);
}
