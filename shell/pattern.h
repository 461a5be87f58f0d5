/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * shell/pattern.h - pattern matching notation (XCU 2.14; pathname rules are expand_glob.c's).
 *
 * A pattern is text in which a backslash quotes the next character: expansion has already put one
 * before each special character that was quoted in the script. A backslash at the very end stands
 * for itself. Patterns are compiled once and matched often: literal text, `x*`, `*x` and `*x*` are
 * recognised and matched with memcmp and friends. Characters are those of the locale: UTF-8 when
 * sh_is_utf8(), else bytes; bytes that are no valid character match as themselves, one each.
 * A NULL shell means the C locale.
 */
#ifndef SH_PATTERN_H
#define SH_PATTERN_H

#include <stdbool.h>
#include <stddef.h>

#include "shell/arena.h"

struct shell;
struct sh_pattern;

/* Compile text[0, len) into `arena`. Never fails: an unclosed bracket is a literal one. */
struct sh_pattern *sh_pattern_compile(
		struct shell *sh, struct sh_arena *arena, const char *text, size_t len);

/* Does the whole of text[0, len) match? */
bool sh_pattern_match(const struct sh_pattern *pattern, const char *text, size_t len);

/* Compile and match in one go, for a pattern that is used once. */
bool sh_match(struct shell *sh, const char *pattern, size_t pattern_len, const char *text,
		size_t len);

/* Is there an active `*`, `?` or closed `[...]` in it? (Else quote removal is all there is to do.) */
bool sh_pattern_has_special(const char *text, size_t len);

/*
 * The length of the shortest or longest prefix (suffix) of text[0, len) that matches, for `#` `##`
 * `%` `%%` (XCU 2.6.2). -1: none does.
 */
ptrdiff_t sh_pattern_prefix(
		const struct sh_pattern *pattern, const char *text, size_t len, bool longest);
ptrdiff_t sh_pattern_suffix(
		const struct sh_pattern *pattern, const char *text, size_t len, bool longest);

/*
 * The first, longest match at or after `from`, for ${x/pat/rep}: true with *start and *end set.
 */
bool sh_pattern_search(const struct sh_pattern *pattern, const char *text, size_t len, size_t from,
		size_t *start, size_t *end);

#endif
