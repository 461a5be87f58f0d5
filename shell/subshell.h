/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * shell/subshell.h - subshell environments (XCU 2.13), with and without a process of their own.
 *
 *	struct sh_subshell sub;
 *	sh_subshell_enter(sh, &sub);
 *	... execute; all changes are undone by
 *	status = sh_subshell_leave(sh, &sub);
 *
 * What can be copied in a few words is saved in the struct; variables, functions and aliases are
 * journaled when they are first changed at this level. What cannot be undone (ulimit, `&`, a trap
 *on a signal) first calls sh_subshell_detach(), which forks: the child goes on as the subshell, the
 *parent waits for it and then leaves with its status (SH_UNWIND_GONE).
 */
#ifndef SH_SUBSHELL_H
#define SH_SUBSHELL_H

#include <stdbool.h>
#include <sys/types.h>

#include "shell/shell.h"

enum sh_undo_kind { SH_UNDO_VAR, SH_UNDO_FUNC, SH_UNDO_ALIAS };

struct sh_undo {
	uint32_t kind; // enum sh_undo_kind
	int offset; // how far getopts was in its word: goes with OPTIND
	struct sh_name *name;
	union {
		struct sh_var var;
		struct sh_func *func;
		char *alias;
	};
};

struct sh_subshell {
	struct sh_subshell *outer;
	size_t journal; // sh->journal.len at the start
	size_t locals;
	uint32_t options;
	int errexit_off;
	int line, depth, loops, dots;
	bool interactive;
	bool exiting;
	bool in_trap;
	bool process; // detached: this process ends with it
	bool is_subst; // a command substitution
	bool cwd_saved;
	bool umask_saved;
	struct sh_params params;
	struct sh_fdtable *fds;
	struct sh_traps *traps;
	struct sh_frame *frame;
	const char *running;
	const struct sh_builtin *running_builtin;
	pid_t last_async;
	int getopts_offset;
	int cwd_fd;
	char *cwd;
	mode_t mask;
	struct sh_tree *tree;
};

void sh_subshell_enter(struct shell *sh, struct sh_subshell *sub);

/*
 * Run the EXIT trap, put everything back. Returns the status; sh->unwind is clear but for
 * interrupts. Does not return in a process that was detached.
 */
int sh_subshell_leave(struct shell *sh, struct sh_subshell *sub);

/*
 * Make the innermost forkless subshell a process of its own. true: this is it now (also when it
 * was no forkless one). false: the child has run all the rest, sh->unwind is set: return.
 */
bool sh_subshell_detach(struct shell *sh);

/* Before the working directory or the umask changes: remember it in the innermost one. */
bool sh_subshell_save_cwd(struct shell *sh);
void sh_subshell_save_umask(struct shell *sh);

/* Push an undo record for the name; the caller fills in the old state. */
struct sh_undo *sh_undo_push(struct cn_vec *vec, enum sh_undo_kind kind, struct sh_name *name);
/* Undo back to `mark`, newest first. */
void sh_undo_to(struct shell *sh, struct cn_vec *vec, size_t mark);

/*
 * Fork. In the child the environment becomes that of a subshell process: traps reset, jobs
 * forgotten, buffers and here-documents of the table made real. -1 with a message on failure.
 */
pid_t sh_fork(struct shell *sh);

/* What sh_fork() does in the child, after a fork of someone else's (the plugin's clone). */
void sh_child_init(struct shell *sh);

#endif
