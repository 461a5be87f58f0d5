/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * shell/pattern_core.h - what the files of patterns (pattern.h) share; nobody else includes it.
 *
 * Characters are bytes, or UTF-8 sequences where the locale has more than single bytes. A byte
 * that is not part of a valid sequence is a character by itself, past the last code point.
 *
 * pattern.c         compiling and matching
 * pattern_set.c     bracket expressions
 */
#ifndef SH_PATTERN_CORE_H
#define SH_PATTERN_CORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define RAW_CODE 0x110000u // added to a byte that is no part of a character

/* The length of the sequence at s, 1 where none is valid; *code is its code point. */
size_t sh_utf8_decode(const char *s, const char *end, uint32_t *code);

/* The length of the character at s, and its code. */
static inline size_t sh_char_at(bool utf8, const char *s, const char *end, uint32_t *code) {
	*code = (unsigned char)*s;
	return !utf8 || *code < 0x80 ? 1 : sh_utf8_decode(s, end, code);
}

/* A bracket expression: a bitmap of the codes that fit, the text for the others. */
struct sh_set {
	uint64_t bits[4];
	const char *text; // behind the `[` and `!`, in the pattern's own copy
	const char *end;
	bool negate;
};

/*
 * Where the bracket expression that begins with the `[` before s ends, or NULL if it does not:
 * then the `[` is an ordinary character. Fills in `set`, which looks into the text.
 */
const char *sh_set_read(bool utf8, const char *s, const char *end, struct sh_set *set);
/* The same as sh_set_has(), from the text. */
bool sh_set_has_code(bool utf8, const struct sh_set *set, uint32_t code);
/* Does a character with this code fit? */
static inline bool sh_set_has(bool utf8, const struct sh_set *set, uint32_t code) {
	if (code < (utf8 ? 128u : 256u)) {
		return (set->bits[code / 64] >> (code % 64) & 1) != set->negate;
	}
	return sh_set_has_code(utf8, set, code);
}

#endif
