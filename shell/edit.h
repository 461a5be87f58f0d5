/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * shell/edit.h - a line from the person at the terminal: by the line editor (edit_module.h) when it
 * is installed and `set -o emacs` or `vi` is on, else read as the terminal gives it.
 */
#ifndef SH_EDIT_H
#define SH_EDIT_H

#include <stdbool.h>

struct cn_buf;
struct shell;

/*
 * Prompt with PS1 (`again`: PS2) and append a line with its newline. Traps, handlers and reports of
 * jobs come while it waits, and leave what was typed so far intact. false at the end of input, or
 * with sh->unwind set after an interrupt.
 */
bool sh_edit_line(struct shell *sh, bool again, struct cn_buf *line);

struct sh_edit_module;

/* The line editor, opened when it was not yet. NULL: none is installed, or nobody types here. */
const struct sh_edit_module *sh_edit_module_open(struct shell *sh);

/* The shell becomes interactive: LINES and COLUMNS, SIGWINCH, the editing mode. */
void sh_edit_start(struct shell *sh);

#endif
