/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * shell/builtins/describe.h - what a command word is, said in words: `type` and `command -v`, `-V`.
 */
#ifndef SH_BUILTINS_DESCRIBE_H
#define SH_BUILTINS_DESCRIBE_H

#include "shell/builtin.h"

/*
 * Write how the shell would interpret the word: as `command -v` does, or, `verbose`, as `command
 * -V` and `type`. Returns 0, or 1 having written nothing: there is no such command.
 */
int sh_describe(struct shell *sh, const char *word, bool verbose, uint32_t lookup_flags);

#endif
