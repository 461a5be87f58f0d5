/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * shell/history.h - the command history list (XCU sh, fc): what an interactive shell has read.
 */
#ifndef SH_HISTORY_H
#define SH_HISTORY_H

#include <stddef.h>

struct shell;

/*
 * Append a command as it was read, without its last newline; blank ones are left out. Keeps the
 * last HISTSIZE (128) of them, numbered from 1.
 */
void sh_history_add(struct shell *sh, const char *text, size_t len);

/* Read from HISTFILE, and write to it at the end. Without HISTFILE nothing is kept. */
void sh_history_load(struct shell *sh);
void sh_history_save(struct shell *sh);

#endif
