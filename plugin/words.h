/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * plugin/words.h - the words of a mapped command, with the replacement strings {} {.} {/} {//} {/.}
 * {#}
 * {%} {N} in them. Compiled once, filled in for each call.
 */
#ifndef PLUGIN_WORDS_H
#define PLUGIN_WORDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/buf.h"
#include "lib/base/vec.h"

struct words; // a compiled command

/* What a call fills in. */
struct words_call {
	char *const *fields; // its items, or the fields they were cut into
	size_t count;
	uint64_t seq;
	uint32_t slot; // from 1
};

/*
 * Compile count words, borrowed for good. *replaces tells whether any of them holds a replacement
 * string. 0 or -ENOMEM. words_free() it.
 */
int words_compile(char *const words[], size_t count, struct words **out, bool *replaces);
void words_free(struct words *words);

/*
 * The words of this call, NULL-terminated, into *out (borrowed until the next fill). Where no word
 * has a replacement string the fields come behind the words. A word that is just {} becomes a
 * word per field. Returns how many, or -ENOMEM.
 */
int words_fill(struct words *words, const struct words_call *call, char ***out);

#endif
