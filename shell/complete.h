/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * shell/complete.h - what may stand where the cursor is. complete.c knows the shell's own things:
 * commands, functions, variables, users, jobs, files; complete_line.c reads the line and asks for
 * those, conch.so for the words of its commands (`conch complete`), and complete_user.c for what the
 * user has said by `complete`.
 */
#ifndef SH_COMPLETE_H
#define SH_COMPLETE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/vec.h"

struct sh_edit_matches;
struct shell;

/* Kinds of things, for `complete -A` and the like. */
enum sh_complete_action {
	SH_COMPLETE_ALIASES = 1 << 0, // -a
	SH_COMPLETE_BUILTINS = 1 << 1, // -b
	SH_COMPLETE_COMMANDS = 1 << 2, // -c: all that can stand first
	SH_COMPLETE_DIRECTORIES = 1 << 3, // -d
	SH_COMPLETE_EXPORTS = 1 << 4, // -e
	SH_COMPLETE_FILES = 1 << 5, // -f
	SH_COMPLETE_JOBS = 1 << 6, // -j
	SH_COMPLETE_KEYWORDS = 1 << 7, // -k
	SH_COMPLETE_USERS = 1 << 8, // -u
	SH_COMPLETE_VARIABLES = 1 << 9, // -v
	SH_COMPLETE_FUNCTIONS = 1 << 10,
	SH_COMPLETE_SIGNALS = 1 << 11,
	SH_COMPLETE_OPTIONS = 1 << 12, // of set -o
	SH_COMPLETE_RUNNING = 1 << 13, // jobs
	SH_COMPLETE_STOPPED = 1 << 14,
	SH_COMPLETE_GROUPS = 1 << 15, // -g
};

struct sh_candidates {
	struct cn_vec items; // char *, heap
	bool files; // some are names of files
	bool no_space;
};

/* Add a copy of prefix + text + suffix. */
void sh_candidate_add(struct sh_candidates *out, const char *prefix, const char *text, const char *suffix);
void sh_candidates_finish(struct sh_candidates *out);

/* Add the things of these kinds whose names begin with `word`. */
void sh_complete_actions(
		struct shell *sh, uint32_t actions, const char *word, struct sh_candidates *out);

/* A command line up to the cursor, as words without quotes. */
struct sh_complete_words {
	char **words; // of the command that is being typed; the last is the word under the cursor
	int count;
	const char *line; // all of it
	size_t point;
};

/*
 * complete_user.c: what `complete` said of the command words[0] (or -D, -E). False: nothing. With
 * -o default and nothing found, true only when there are candidates.
 */
bool sh_complete_user(
		struct shell *sh, const struct sh_complete_words *words, struct sh_candidates *out);

/* For the line editor: see edit_module.h. */
void sh_complete_line(struct shell *sh, const char *line, size_t start, size_t point, char quote,
		struct sh_edit_matches *out);

#endif
