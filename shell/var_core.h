/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * shell/var_core.h - what the files of variables (var.h) share; nobody else includes it.
 *
 * var.c             scalars, local variables, undoing
 * var_array.c       arrays, and references as a script writes them
 * var_environ.c     the environment we were given, and that of a program
 */
#ifndef SH_VAR_CORE_H
#define SH_VAR_CORE_H

#include "shell/builtin.h"
#include "shell/shell.h"
#include "shell/var.h"

/* See sh_var_own(), which knows that an outer environment owns the state. */
void sh_var_journal(struct shell *sh, struct sh_name *name, bool keep);

/*
 * Before a change: journal the old state when an outer environment owns it. With `keep` the
 * variable still has its value afterwards.
 */
static inline void sh_var_own(struct shell *sh, struct sh_name *name, bool keep) {
	if (name->var.level < sh->level) {
		sh_var_journal(sh, name, keep);
	}
}

/* 0, or -1 after a message: it is read-only. */
static inline int sh_var_writable(struct shell *sh, struct sh_name *name) {
	if ((name->var.flags & SH_VAR_READONLY) != 0) {
		sh_error(sh, "%s: is read only", name->text);
		return -1;
	}
	return 0;
}

/* Free the value, scalar or array: it is unset, its other flags stay. */
void sh_var_free_value(struct sh_var *var);

#endif
