/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * shell/lexer_core.h - what the files that cut words (XCU 2.3) share; nobody else includes it. All of
 * them read at p->in, allocate in p->tree, and on an error print a message and set p->failed.
 *
 * lexer.c           characters, tokens, aliases
 * lex_word.c        words: their quoting, tilde prefixes, and the end of each kind of word
 * lex_assign.c      assignments, those of arrays too
 * lex_expansion.c   `$` and backquotes
 */
#ifndef SH_LEXER_CORE_H
#define SH_LEXER_CORE_H

#include "shell/parser.h"

static inline bool sh_is_word_end(int c) {
	switch (c) {
	case -1:
	case ' ':
	case '\t':
	case '\n':
	case '|':
	case '&':
	case ';':
	case '<':
	case '>':
	case '(':
	case ')':
		return true;
	default:
		return false;
	}
}

/* At a `#` that begins one: up to the newline. */
void sh_skip_comment(struct sh_parser *p);

/* A word that is being cut: parts, and behind them text that is not yet one. */
struct sh_builder {
	struct sh_part *first;
	struct sh_part **tail;
	size_t text; // start of pending text in p->text
	bool quoted; // of pending text
	bool any_quoted;
	bool any_glob; // an unquoted * ? or ]
};
struct sh_part *sh_build_part(
		struct sh_parser *p, struct sh_builder *b, enum sh_part_kind kind, bool quoted);
void sh_build_text(struct sh_parser *p, struct sh_builder *b, const char *text, size_t len,
		bool quoted);
/* Turn pending text into a part. */
void sh_build_flush(struct sh_parser *p, struct sh_builder *b);

/* The word that was built, beginning in `line`. */
struct sh_word *sh_build_word(struct sh_parser *p, struct sh_builder *b, int line);
/*
 * Set the flags of a word from its parts: one of literal parts, of which no glob character makes
 * more, is plain and gets its text. `b` knows of quotes and glob characters in it.
 */
void sh_word_classify(struct sh_parser *p, struct sh_word *word, const struct sh_builder *b);

/* Add what stands here to `b`, up to the end of a word of this mode, which is not taken. */
void sh_lex_parts(
		struct sh_parser *p, struct sh_builder *b, enum sh_lex_mode mode, bool quoted);
/*
 * At an unquoted `~` where one counts: take it and the user name, when nothing there is quoted.
 * False: it is an ordinary character, not taken.
 */
bool sh_lex_tilde(struct sh_parser *p, struct sh_builder *b, enum sh_lex_mode mode, bool assign);

/*
 * NAME=, NAME+=, NAME[...]= at the start of a word (XCU 2.10.2 rule 7): the assignment, with its
 * value, or NULL when it is none.
 */
struct sh_assign *sh_lex_assignment(struct sh_parser *p);

/* ---- lex_expansion.c ---- */

/* At a `$`: take an expansion, or a literal `$`. */
void sh_lex_dollar(struct sh_parser *p, struct sh_builder *b, enum sh_lex_mode mode, bool quoted);
void sh_lex_backquote(struct sh_parser *p, struct sh_builder *b, bool in_quotes, bool quoted);

#endif
