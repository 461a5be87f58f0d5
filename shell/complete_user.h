/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * shell/complete_user.h - completions that the user has said: what `complete` keeps and `compgen`
 * makes candidates of, as in bash.
 */
#ifndef SH_COMPLETE_USER_H
#define SH_COMPLETE_USER_H

#include <stdbool.h>
#include <stdint.h>

#include "shell/complete.h"

enum sh_spec_option { // -o
	SH_SPEC_DEFAULT = 1 << 0, // nothing found: as without a specification
	SH_SPEC_DIRNAMES = 1 << 1, // nothing found: directories
	SH_SPEC_FILENAMES = 1 << 2, // they are names of files
	SH_SPEC_NOSPACE = 1 << 3,
	SH_SPEC_PLUSDIRS = 1 << 4, // directories too
};

/* All strings are on the heap; NULL: not given. */
struct sh_spec {
	uint32_t actions; // enum sh_complete_action
	uint32_t options; // enum sh_spec_option
	char *words; // -W
	char *function; // -F
	char *command; // -C
	char *glob; // -G
	char *filter; // -X
	char *prefix, *suffix; // -P, -S
};

void sh_spec_finish(struct sh_spec *spec);

/* The candidates for words->words[words->count - 1]. */
void sh_spec_generate(struct shell *sh, const struct sh_spec *spec,
		const struct sh_complete_words *words, struct sh_candidates *out);

/* A specification kept for a command; "" is -E, the empty line, and "-D" every other command. */
struct sh_named_spec {
	char *name;
	struct sh_spec spec;
};

/* Keep it (taking it over); NULL: forget the command's. False: there was none to forget. */
bool sh_spec_set(struct shell *sh, const char *name, struct sh_spec *spec);
const struct sh_spec *sh_spec_get(struct shell *sh, const char *name);

#endif
