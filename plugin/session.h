/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * plugin/session.h - the session of this shell: the arena in which the commands keep what they
 * share. The first command that needs it joins the session that CONCH_SESSION names, or makes one
 * and exports the variable, so that the programs of the script can join.
 *
 *	struct cn_arena *arena;
 *	int status = session_open(cmd, &arena);
 *	if (status != STATUS_OK) {
 *		return status; // a message was printed
 *	}
 *
 * Copies of the shell, by whatever way they are made, have the same arena; who they are in it
 * (lib/shm/owner) is settled anew in each.
 */
#ifndef PLUGIN_SESSION_H
#define PLUGIN_SESSION_H

#include "lib/shm/arena.h"
#include "plugin/command.h"

/* The arena, borrowed until the shell ends. STATUS_OK, or a status after a message. */
int session_open(const struct cmd *cmd, struct cn_arena **out);

/* The arena this shell has already; NULL: none yet. */
struct cn_arena *session_get(void);

/* Copies of this shell made by clone are to know that they are others; for whoever opens an arena. */
void session_follow_copies(void);

/*
 * Before this process has others work for it: a stage of a pipeline, and any subshell that its parent
 * waits for, shall end with its parent, as what it starts ends with it. Else `seq 9 | pool map f`
 * would go on when the script is killed. Not at a prompt: there a person may disown it.
 */
void session_follow_parent(void);

/*
 * When the plugin is loaded: subshells that each use their first command later shall have one session,
 * so the file it will be in is made now. `fd` >= 0: it is there already.
 */
void session_meet(int fd);

/* In a copy that shall outlive the session: programs it starts do not join it any more. */
void session_hide(void);

#endif
