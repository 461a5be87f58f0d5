/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * shell/loader.h - plugins: shared objects that add builtins (plugin_api.h). conch.so is opened by
 * itself when one of its commands is first used.
 */
#ifndef SH_LOADER_H
#define SH_LOADER_H

#include <limits.h>

#include "shell/shell.h"

struct sh_builtin;
struct sh_plugin_api;
struct sh_plugin_command;

/*
 * The word is no function, builtin or keyword: if it is a command of conch.so, load that. NULL: it is
 * none, or cannot be loaded (message). In POSIX mode all words are the script's own.
 */
const struct sh_builtin *sh_loader_autoload(struct shell *sh, struct sh_name *name);

/*
 * Whether the word, which is no builtin of this shell yet, is a command of conch.so whose operands
 * may be assignments.
 */
bool sh_loader_declares(struct shell *sh, const char *word);

/* The commands of conch.so; NULL ends. */
const char *const *sh_loader_commands(void);

/*
 * Load a file; `names` (NULL: all) are the commands wanted. A name without slash is looked for where
 * conch.so is, then in the working directory. 0, or -1 after a message.
 */
int sh_loader_load(struct shell *sh, const char *file, char **names);

/* Write the loaded plugins and their commands to standard output. */
void sh_loader_list(struct shell *sh);

/* ---- for the plugins, see plugin_api.h ---- */

extern const struct sh_plugin_api sh_plugin_table; // plugin.c

int sh_loader_add(struct shell *sh, const struct sh_plugin_command *command);
int sh_loader_remove(struct shell *sh, const char *name);
void sh_loader_on_exit(struct shell *sh, void (*leave)(void));
void sh_loader_on_safe_point(struct shell *sh, void (*reached)(void));
void sh_loader_on_prompt(struct shell *sh, void (*before)(void));

/* ---- for the shell ---- */

/*
 * The path of a shared object of ours: in `folder_in_build` beside the program in a build tree,
 * where they are installed. False: there is none.
 */
bool sh_loader_find(const char *folder_in_build, const char *file, char path[PATH_MAX]);

/*
 * Before the first fork: a file in memory (sh->meeting) where subshells that load a plugin find each
 * other.
 */
void sh_loader_meet(struct shell *sh);

/* Run at-exit callbacks of plugins, newest first, in the process that registered them. */
void sh_loader_at_exit(struct shell *sh);

/* What plugins want to be called before a prompt. */
void sh_loader_before_prompt(struct shell *sh);

/* Between two commands, when a signal or a plugin wants attention. $? stays. */
void sh_loader_safe_point(struct shell *sh);

#endif
