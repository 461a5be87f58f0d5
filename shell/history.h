/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * shell/history.h - the command history (XCU sh, fc): what an interactive shell has read, and the
 * file in which it is kept.
 *
 * history.c is the list: HISTSIZE entries, numbered from 1; HISTCONTROL (ignorespace, ignoredups,
 * ignoreboth, erasedups, share) and HISTIGNORE say what is left out. history_file.c is HISTFILE:
 * each command is appended before it runs, in one write under a lock, so that terminals can share
 * the file and nothing is lost with a shell that is killed. What makes the file shorter
 * (HISTFILESIZE) writes a new one and renames it.
 */
#ifndef SH_HISTORY_H
#define SH_HISTORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "lib/base/buf.h"
#include "lib/base/vec.h"

struct shell;

struct sh_history_entry {
	int64_t time; // seconds since the epoch; 0: not known
	char text[];
};

struct sh_history {
	struct cn_vec entries; // struct sh_history_entry *, heap, oldest first
	int first; // number of the oldest
	uint64_t changes; // made otherwise than by adding at the end and dropping at the front
	struct cn_buf typed; // lines of the command being read, as they came
	bool added; // the command read last is the newest entry: it was not left out
	void *file; // history_file.c's own
};

/* The list; made when there is none yet. */
struct sh_history *sh_history(struct shell *sh);

/*
 * Add a command as it was read, to the list and the file. Blank ones are left out, and those that
 * HISTCONTROL and HISTIGNORE name.
 */
void sh_history_add(struct shell *sh, const char *text, size_t len);

/* A line was read: it belongs to the next command that is added. */
void sh_history_note(struct shell *sh, const char *line, size_t len);
/* The command whose lines were noted is complete, or wrong: add it. */
void sh_history_add_noted(struct shell *sh);
/* It was given up. */
void sh_history_drop_noted(struct shell *sh);

/* Take the command read last back, in the list and the file: `fc` does not count. */
void sh_history_retract(struct shell *sh);

/* Take out the entry at `index` (< len). */
void sh_history_remove(struct shell *sh, size_t index);

/* Empty the list. */
void sh_history_clear(struct shell *sh);

/* ---- for history_file.c ---- */

/* Add to the list only, whatever HISTCONTROL says; the oldest go. */
void sh_history_push(struct shell *sh, const char *text, size_t len, int64_t time);

/* HISTSIZE, HISTFILESIZE: `otherwise` when unset or no number; negative: as much as there may be. */
size_t sh_history_limit(struct shell *sh, const char *name, size_t otherwise);

/* ---- the file ---- */

/*
 * At the start of an interactive shell: set what is unset of HISTFILE, HISTSIZE, HISTFILESIZE,
 * HISTCONTROL; read the file. True: it was not there.
 */
bool sh_history_start(struct shell *sh);

/* Append a command; with HISTCONTROL=share what others have appended comes into the list before. */
void sh_history_file_append(struct shell *sh, const char *text, size_t len, int64_t time);

/* Cut off what the last append wrote, if nobody has appended since. */
void sh_history_file_retract(struct shell *sh);

/* Read what others have appended since we looked. False: no file. */
bool sh_history_file_update(struct shell *sh);

/* Read all of it; false after a message. */
bool sh_history_file_read(struct shell *sh, const char *path);

/* Write the list in the place of what the file holds; false after a message. */
bool sh_history_file_write(struct shell *sh, const char *path);

/* HISTCONTROL has this word. */
bool sh_history_control(struct shell *sh, const char *word);

#endif
