/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * shell/edit.h - a line from the person at the terminal. Reading is plain: the terminal's own
 * editing serves until a module for more is loaded.
 */
#ifndef SH_EDIT_H
#define SH_EDIT_H

#include <stdbool.h>

struct cn_buf;
struct shell;

/*
 * Prompt with PS1 (`again`: PS2) and append a line with its newline. false at the end of input, or
 * with sh->unwind set after an interrupt.
 */
bool sh_edit_line(struct shell *sh, bool again, struct cn_buf *line);

#endif
