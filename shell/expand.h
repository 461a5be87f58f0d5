/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * shell/expand.h - word expansions (XCU 2.6). Results lie in sh->scratch. NULL or false: an error,
 * reported, with sh->unwind set.
 */
#ifndef SH_EXPAND_H
#define SH_EXPAND_H

#include <stdbool.h>
#include <stddef.h>

#include "shell/ast.h"
#include "shell/shell.h"

struct sh_fields {
	char **items; // NULL-terminated by sh_fields_end()
	int count;
	int cap;
};

void sh_fields_push(struct shell *sh, struct sh_fields *fields, char *text);
void sh_fields_end(struct shell *sh, struct sh_fields *fields);

/* All expansions; any number of fields is appended. */
bool sh_expand_word(struct shell *sh, struct sh_word *word, struct sh_fields *fields);

/* Is it the last part, and the mere value of a variable? */
bool sh_part_is_plain_param(const struct sh_part *part);

/* Without field splitting and pathname expansion: assignments, redirections, case. */
char *sh_expand_string(struct shell *sh, struct sh_word *word, size_t *len);

/* The same, quoted characters marked by backslashes for pattern.h (regex: for regcomp). */
char *sh_expand_pattern(struct shell *sh, struct sh_word *word, size_t *len);
char *sh_expand_regex(struct shell *sh, struct sh_word *word, size_t *len);

/* A text with parameter, command and arithmetic expansion only (PS1, PS4, ENV). */
char *sh_expand_text(struct shell *sh, const char *text);

/* expand_param.c: the value of ${...} after its operator. */
struct sh_expander;
bool sh_expand_param(struct sh_expander *ex, const struct sh_part *part);

/* expand_glob.c: names that match (2.14.3), sorted; false: none, nothing appended. */
bool sh_glob(struct shell *sh, const char *pattern, size_t len, struct sh_fields *fields);

/* Arithmetic of a part $((...)). */
bool sh_expand_arith(struct shell *sh, const struct sh_part *part, intmax_t *value);

/* ---- between expand.c and expand_param.c ---- */

/* Text being built; it grows in the scratch arena. */
struct sh_text {
	char *data;
	size_t len;
	size_t cap;
};

enum sh_expand_mode {
	SH_EXPAND_FIELDS = 1 << 0, // split fields, expand pathnames
	SH_EXPAND_PATTERN = 1 << 1, // quoted characters count as such
	SH_EXPAND_REGEX = 1 << 2,
};

struct sh_expander {
	struct shell *sh;
	struct sh_fields *fields;
	uint32_t mode; // enum sh_expand_mode
	struct sh_text text; // of the current field
	struct sh_text pattern; // the same with quoting marked, once it differs
	bool has_pattern;
	bool has_glob; // an unquoted * ? [
	bool started; // the field exists, even if empty
	bool after_space; // IFS white space just ended a field
	bool split_text; // literals are part of an expansion's result
	char inline_text[128];
};

bool sh_expand_parts(struct sh_expander *ex, const struct sh_part *part);
/* Result of an expansion: split and globbed later unless quoted. */
void sh_emit(struct sh_expander *ex, const char *text, size_t len, bool quoted);
/* End the current field, if there is one. */
void sh_emit_break(struct sh_expander *ex);
/* Length of the IFS character of more than a byte (2.6.5) that is at text; 0: none is. */
size_t sh_ifs_multibyte(struct shell *sh, const char *text, size_t len);
void sh_text_append(struct shell *sh, struct sh_text *text, const char *data, size_t len);

#endif
