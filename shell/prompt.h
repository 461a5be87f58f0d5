/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * shell/prompt.h - PS1, PS2, PS4 (XCU 2.5.3, sh). Backslash escapes as in bash, then expansions; in
 * POSIX mode no escapes, but `!` for the number of the command.
 */
#ifndef SH_PROMPT_H
#define SH_PROMPT_H

#include <stdbool.h>

struct cn_buf;
struct shell;

/*
 * Append what the prompt `text` is now. `marks`: \[ and \] become \001 and \002, and sequences of
 * the terminal that stand bare are enclosed in them. $? and what else a prompt might change is as
 * before.
 */
void sh_prompt(struct shell *sh, const char *text, bool marks, struct cn_buf *out);

/* Run PROMPT_COMMAND, a command or an array of them. $? is as before. */
void sh_prompt_command(struct shell *sh);

#endif
