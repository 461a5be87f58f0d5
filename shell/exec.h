/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * shell/exec.h - executing the tree (XCU 2.9).
 */
#ifndef SH_EXEC_H
#define SH_EXEC_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "shell/ast.h"
#include "shell/shell.h"

enum sh_exec_flags {
	SH_EXEC_LAST = 1 << 0, // the process ends after this: a program may replace it
	SH_EXEC_TAIL = 1 << 1, // nothing else runs in this subshell environment
};

/* Execute the node; its status, also in sh->status. Look at sh->unwind afterwards. */
int sh_exec(struct shell *sh, struct sh_node *node, uint32_t flags);

/* exec_simple.c */
int sh_exec_simple(struct shell *sh, struct sh_node *node, uint32_t flags);
/* Run a builtin: flushes its output, reports write errors. */
int sh_run_builtin(struct shell *sh, const struct sh_builtin *builtin, int argc, char **argv);
/* A program in the foreground. */
int sh_run_program(
		struct shell *sh, const char *path, char **argv, uint32_t flags, const char *source);
int sh_not_found(struct shell *sh, const char *word, int err);

/* exec_pipeline.c */
int sh_exec_pipeline(struct shell *sh, struct sh_node *node, uint32_t flags);
int sh_exec_async(struct shell *sh, struct sh_node *node);
/* A subshell as a foreground job with a process of its own, for job control. */
int sh_exec_subshell_job(struct shell *sh, struct sh_node *node);

/* exec_cond.c: [[ ... ]]. -1: error */
int sh_exec_cond(struct shell *sh, const struct sh_cond *cond);

/* Read, parse and execute all of an input. `top`: it is the script itself. */
struct sh_input;
int sh_run_input(struct shell *sh, struct sh_input *in, bool top, uint32_t flags);

/* spawn.c: start a program, see there. */
struct sh_spawn {
	const char *path;
	char **argv;
	char **envp;
	pid_t pgid; // job control: -1 none, 0 a group of its own, else join
	bool foreground; // and give it the terminal
	bool async; // without job control: SIGINT and SIGQUIT ignored
	bool null_input; // standard input is /dev/null
};
/* The pid, or -1 with errno. */
pid_t sh_spawn(struct shell *sh, const struct sh_spawn *plan);
/* Replace this process; returns a status after a message when that fails. */
int sh_exec_program(struct shell *sh, const char *path, char **argv, char **envp);

/* redir.c */
struct sh_redirs {
	struct sh_redir_save *saved;
};
/* Apply; on failure everything is as before and a message was printed: -1. */
int sh_redirect(struct shell *sh, struct sh_redir *redirs, struct sh_redirs *undo);
void sh_redirect_undo(struct shell *sh, struct sh_redirs *undo);
/* For a while, out of order: as it was before (out), and then as it was meant. NULL is fine. */
void sh_redirect_swap(struct shell *sh, struct sh_redirs *undo, bool out);
/* Keep them (exec): forget the old ones. */
void sh_redirect_keep(struct shell *sh, struct sh_redirs *undo);

/* Against endless recursion: a message, the command ends, and false when sh_stack_left() is. */
bool sh_stack_ok(struct shell *sh);

#endif
