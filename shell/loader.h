/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * shell/loader.h - plugins: shared objects that add builtins (plugin_api.h). conch.so is opened by
 * itself when one of its commands is first used.
 */
#ifndef SH_LOADER_H
#define SH_LOADER_H

#include "shell/shell.h"

struct sh_builtin;

/*
 * The word is no function, builtin or keyword: if it is a command of conch.so, load that. NULL: it is
 * none, or cannot be loaded (message).
 */
const struct sh_builtin *sh_loader_autoload(struct shell *sh, struct sh_name *name);

/* Load a file; `names` (NULL: all) are the commands wanted. 0, or -1 after a message. */
int sh_loader_load(struct shell *sh, const char *file, char **names);

/* Write the loaded plugins and their commands to standard output. */
void sh_loader_list(struct shell *sh);

/* Run at-exit callbacks of plugins, newest first, in the process that registered them. */
void sh_loader_at_exit(struct shell *sh);

#endif
