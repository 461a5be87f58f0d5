/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * shell/parser.h - text to syntax tree (XCU 2.3, 2.4, 2.10), one complete command at a time, since
 * an alias defined by one counts in the next:
 *
 *	struct sh_parser p;
 *	sh_parser_init(&p, sh, &input);
 *	while ((r = sh_parse(&p, &tree)) > 0) {
 *		execute tree->root; sh_tree_drop(tree);
 *	}
 *	sh_parser_finish(&p);
 *
 * parser.c and parse_*.c are the grammar (parser_core.h); lexer.c cuts tokens; lex_word.c cuts
 * words into their parts, lex_assign.c assignments; lex_expansion.c is what begins with `$` or a
 * backquote (lexer_core.h).
 */
#ifndef SH_PARSER_H
#define SH_PARSER_H

#include "lib/base/buf.h"
#include "lib/base/vec.h"
#include "shell/ast.h"
#include "shell/input.h"

struct shell;

enum sh_token_type {
	SH_TOK_EOF,
	SH_TOK_NEWLINE,
	SH_TOK_WORD,
	SH_TOK_ASSIGN, // a word of the form of an assignment, where one may stand
	SH_TOK_IO_NUMBER,
	SH_TOK_AND, // &
	SH_TOK_AND_AND,
	SH_TOK_PIPE,
	SH_TOK_OR_OR,
	SH_TOK_SEMI,
	SH_TOK_SEMI_SEMI,
	SH_TOK_SEMI_AND,
	SH_TOK_OPEN,
	SH_TOK_CLOSE,
	SH_TOK_REDIR, // `redir` says which
	SH_TOK_ERROR, // a message was printed
};

enum sh_keyword {
	SH_KW_NONE,
	SH_KW_IF,
	SH_KW_WHILE,
	SH_KW_UNTIL,
	SH_KW_FOR,
	SH_KW_CASE,
	SH_KW_OPEN_BRACE,
	SH_KW_NOT,
	SH_KW_FUNCTION,
	SH_KW_COND, // [[
	SH_KW_CLOSERS, // those above begin a command, those below end one
	SH_KW_THEN,
	SH_KW_ELSE,
	SH_KW_ELIF,
	SH_KW_FI,
	SH_KW_DO,
	SH_KW_DONE,
	SH_KW_ESAC,
	SH_KW_CLOSE_BRACE,
	SH_KW_IN,
	SH_KW_COND_END, // ]]
};

struct sh_token {
	uint8_t type; // enum sh_token_type
	uint8_t redir; // enum sh_redir_kind
	uint8_t keyword; // enum sh_keyword: what a WORD is where one may stand
	bool strip; // <<-
	bool alias_checked;
	int number; // of an IO_NUMBER
	int line;
	size_t start; // in the input
	struct sh_word *word;
	struct sh_assign *assign;
};

enum sh_lex_mode {
	SH_LEX_WORD, // ends at a blank or operator
	SH_LEX_BRACE, // in ${x-...}: ends at }
	SH_LEX_QUOTED, // in "...": ends at "
	SH_LEX_QUOTED_BRACE, // in "${x-...}": ends at }
	SH_LEX_HERE, // a here-document's body: ends with the input
	SH_LEX_ARITH, // in $((...)): ends at ))
	SH_LEX_INDEX, // in a[...]: ends at ]
	SH_LEX_SUBST, // in ${x:...: ends at : or }
	SH_LEX_REPLACE, // in ${x/...: ends at / or }
	SH_LEX_REGEX, // after =~: ends at a blank outside parentheses
	SH_LEX_PATTERN_LIST, // an operand inside [[ ]]
};

struct sh_parser {
	struct shell *sh;
	struct sh_input *in;
	struct sh_tree *tree;
	struct sh_token tok;
	size_t start; // of the command being parsed, in the input
	bool have_tok;
	bool assign_ok; // the next word may be an assignment
	bool in_value; // in the value of an assignment: a tilde after `:` counts
	bool next_alias; // the next word is to be looked up as an alias as well
	bool failed;
	bool quiet; // failing is no error: $(( may be $( (
	bool no_aliases;
	int depth;
	int functions; // of which we are in the body
	struct cn_vec heredocs; // struct sh_redir *: bodies not yet read
	struct cn_vec stack; // words and nodes of what is being parsed
	struct cn_buf text; // of literals being cut; each user keeps its start
};

void sh_parser_init(struct sh_parser *p, struct shell *sh, struct sh_input *in);
void sh_parser_finish(struct sh_parser *p);

/*
 * Parse the next complete command. 1: *out is a tree with one reference, the caller's; 0: end of
 * input; -1: syntax error, message printed.
 */
int sh_parse(struct sh_parser *p, struct sh_tree **out);

/* A command substitution's inside, up to the closing token, which is taken. */
struct sh_node *sh_parse_substitution(struct sh_parser *p, enum sh_token_type end);

/* ---- lexer.c, lex_word.c ---- */

/* Cut the next token into p->tok, unless one is there already. */
struct sh_token *sh_peek(struct sh_parser *p);
static inline void sh_next(struct sh_parser *p) {
	p->have_tok = false;
}
/* The token when a command may begin here: aliases are substituted. */
struct sh_token *sh_peek_command(struct sh_parser *p);
/* The token elsewhere: an alias is only what follows one that ends in a blank, reserved word or
 * not. */
struct sh_token *sh_peek_argument(struct sh_parser *p);
static inline enum sh_keyword sh_token_keyword(const struct sh_token *tok) {
	return tok->type == SH_TOK_WORD ? (enum sh_keyword)tok->keyword : SH_KW_NONE;
}
/* A word by the rules of `mode`, up to its end, which is not taken. NULL: error. */
struct sh_word *sh_lex_word(struct sh_parser *p, enum sh_lex_mode mode, bool quoted);
/* The body of a here-document, from its text. */
struct sh_word *sh_lex_here(struct sh_parser *p, const char *text, size_t len, int line);
/* A prompt's or variable's text as a word: expansions but no quotes (PS1, ENV). */
struct sh_word *sh_lex_text(struct shell *sh, struct sh_tree *tree, const char *text, size_t len);

/* Go a level deeper: false, and a syntax error, when that is too deep. The caller lowers p->depth. */
bool sh_parse_deeper(struct sh_parser *p);

/* Is data[pos + n] there? Lines are fetched only while the command needs them. */
bool sh_fetch(struct sh_parser *p, size_t n);
static inline bool sh_has_char(struct sh_parser *p, size_t n) {
	return p->in->pos + n < p->in->len || sh_fetch(p, n);
}
/* The next character, line continuations removed; -1 at the end. */
int sh_peek_rare(struct sh_parser *p);
static inline int sh_peek_char(struct sh_parser *p) {
	int c = p->in->pos < p->in->len ? (unsigned char)p->in->data[p->in->pos] : '\0';
	return c != '\\' && c != '\0' ? c : sh_peek_rare(p);
}
/* The one `n` further on the same line; continuations are not removed. */
static inline int sh_peek_at(struct sh_parser *p, size_t n) {
	return sh_has_char(p, n) ? (unsigned char)p->in->data[p->in->pos + n] : -1;
}
/* The same, where a line continuation ahead is taken out of the input for good. */
int sh_peek_joined(struct sh_parser *p, size_t n);
static inline void sh_skip_char(struct sh_parser *p) {
	if (p->in->data[p->in->pos++] == '\n') {
		p->in->line++;
	}
}
void *sh_syntax_error(struct sh_parser *p, const char *format, ...)
		__attribute__((format(printf, 2, 3)));

/* ---- lex_expansion.c ---- */

/*
 * After `((`: the expression up to the closing `))`, which is taken. NULL when there is none: the
 * input is where it was.
 */
struct sh_part *sh_lex_arith(struct sh_parser *p);
/* One clause of `for ((a; b; c))`, up to `;` or `))`, which is taken; NULL with p->failed: error.
 */
struct sh_part *sh_lex_arith_clause(struct sh_parser *p, bool last);

#endif
