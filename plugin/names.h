/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * plugin/names.h - where the object is that an operand names: NAME is one of the session, /NAME one
 * of this user's machine-wide objects. Every command that takes the name of an object begins so:
 *
 *	struct cn_arena *arena;
 *	const char *name;
 *	int status = name_open(cmd, cmd->argv[0], create, &arena, &name);
 *	if (status != STATUS_OK) {
 *		return status; // a message was printed
 *	}
 *	int err = cn_queue_open(arena, name, ...);
 *
 * Messages go on naming the object as the user wrote it.
 */
#ifndef PLUGIN_NAMES_H
#define PLUGIN_NAMES_H

#include "lib/shm/arena.h"
#include "plugin/command.h"

/*
 * The arena and the bare name (part of `word`). The machine-wide arena is made only with `create`.
 * STATUS_OK; or after a message STATUS_USAGE (no name), STATUS_NO_OBJECT (there is no machine-wide
 * object at all), STATUS_FAILED (no arena to be had).
 */
int name_open(const struct cmd *cmd, const char *word, bool create, struct cn_arena **arena,
		const char **name);

/* The machine-wide arena for a look around; *arena is NULL when there is none. As name_open(). */
int names_shared(const struct cmd *cmd, struct cn_arena **arena);

#endif
