/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * shell/lexer.c - characters and tokens (XCU 2.3, 2.10.1), and aliases (2.3.1), which are put into
 * the input behind the word that names them. See lexer_core.h.
 */
#include "config.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "shell/builtin.h"
#include "shell/lexer_core.h"
#include "shell/shell.h"

void *sh_syntax_error(struct sh_parser *p, const char *format, ...) {
	if (!p->failed && !p->quiet) {
		char text[256];
		va_list args;
		va_start(args, format);
		vsnprintf(text, sizeof(text), format, args);
		va_end(args);
		int line = p->sh->line;
		p->sh->line = p->in->line;
		sh_error(p->sh, "syntax error: %s", text);
		p->sh->line = line;
	}
	p->failed = true;
	return NULL;
}

/* ---- characters ---- */

bool sh_fetch(struct sh_parser *p, size_t n) {
	while (p->in->pos + n >= p->in->len) {
		if (!sh_input_fill(p->sh, p->in)) {
			return false;
		}
	}
	return true;
}

int sh_peek_joined(struct sh_parser *p, size_t n) {
	int c;
	while ((c = sh_peek_at(p, n)) == '\\' && sh_peek_at(p, n + 1) == '\n') {
		sh_input_remove(p->in, p->in->pos + n, 2);
		p->in->line++;
	}
	return c;
}

int sh_peek_rare(struct sh_parser *p) {
	for (;;) {
		if (!sh_has_char(p, 0)) {
			return -1;
		}
		int c = (unsigned char)p->in->data[p->in->pos];
		if (c == '\0') {
			sh_syntax_error(p, "NUL byte in the script");
			return -1;
		}
		if (c != '\\' || sh_peek_at(p, 1) != '\n') {
			return c;
		}
		p->in->pos += 2;
		p->in->line++;
		p->in->again = true;
	}
}

void sh_skip_comment(struct sh_parser *p) {
	struct sh_input *in = p->in;
	while (sh_has_char(p, 0)) {
		const char *end = memchr(in->data + in->pos, '\n', in->len - in->pos);
		in->pos = end != NULL ? (size_t)(end - in->data) : in->len;
		if (end != NULL) {
			return;
		}
	}
}

/* ---- tokens (XCU 2.3) ---- */

static void skip_blanks(struct sh_parser *p) {
	for (;;) {
		int c = sh_peek_char(p);
		if (c == ' ' || c == '\t') {
			p->in->pos++;
		} else if (c == '#') {
			sh_skip_comment(p);
		} else {
			return;
		}
	}
}

static enum sh_token_type take(struct sh_parser *p, enum sh_token_type type) {
	sh_skip_char(p);
	return type;
}

static enum sh_token_type redirection(struct sh_parser *p, enum sh_redir_kind kind) {
	sh_skip_char(p);
	p->tok.redir = (uint8_t)kind;
	return SH_TOK_REDIR;
}

static enum sh_token_type lex_less(struct sh_parser *p) {
	sh_skip_char(p);
	switch (sh_peek_char(p)) {
	case '&':
		return redirection(p, SH_REDIR_DUP_IN);
	case '>':
		return redirection(p, SH_REDIR_RDWR);
	case '<':
		redirection(p, SH_REDIR_HERE);
		if (sh_peek_char(p) == '-') {
			sh_skip_char(p);
			p->tok.strip = true;
		} else if (sh_peek_char(p) == '<') {
			return redirection(p, SH_REDIR_HERE_STRING);
		}
		return SH_TOK_REDIR;
	default:
		p->tok.redir = SH_REDIR_IN;
		return SH_TOK_REDIR;
	}
}

static enum sh_token_type lex_greater(struct sh_parser *p) {
	sh_skip_char(p);
	switch (sh_peek_char(p)) {
	case '&':
		return redirection(p, SH_REDIR_DUP_OUT);
	case '>':
		return redirection(p, SH_REDIR_APPEND);
	case '|':
		return redirection(p, SH_REDIR_CLOBBER);
	default:
		p->tok.redir = SH_REDIR_OUT;
		return SH_TOK_REDIR;
	}
}

static enum sh_token_type lex_operator(struct sh_parser *p, int c) {
	switch (c) {
	case '\n':
		return take(p, SH_TOK_NEWLINE);
	case '(':
		return take(p, SH_TOK_OPEN);
	case ')':
		return take(p, SH_TOK_CLOSE);
	case '<':
		return lex_less(p);
	case '>':
		return lex_greater(p);
	case '&':
		sh_skip_char(p);
		if (sh_peek_char(p) == '&') {
			return take(p, SH_TOK_AND_AND);
		}
		if (sh_peek_char(p) == '>' && (p->sh->options & SH_OPT_POSIX) == 0) {
			redirection(p, SH_REDIR_BOTH);
			return sh_peek_char(p) == '>' ? redirection(p, SH_REDIR_BOTH_APPEND) : SH_TOK_REDIR;
		}
		return SH_TOK_AND;
	case '|':
		sh_skip_char(p);
		return sh_peek_char(p) == '|' ? take(p, SH_TOK_OR_OR) : SH_TOK_PIPE;
	default:
		sh_skip_char(p);
		if (sh_peek_char(p) == ';') {
			return take(p, SH_TOK_SEMI_SEMI);
		}
		return sh_peek_char(p) == '&' ? take(p, SH_TOK_SEMI_AND) : SH_TOK_SEMI;
	}
}

/* Digits right before < or > (XCU 2.10.1 rule 2). */
static bool lex_io_number(struct sh_parser *p) {
	size_t n = 0;
	int value = 0;
	int c;
	while ((c = sh_peek_joined(p, n)) >= '0' && c <= '9') {
		value = value < 100000000 ? value * 10 + (c - '0') : value;
		n++;
	}
	if (n == 0 || (c != '<' && c != '>')) {
		return false;
	}
	p->in->pos += n;
	p->tok.number = value;
	return true;
}

/* Aliases whose text has been read to its end may be used again. */
static void aliases_pop(struct sh_parser *p) {
	struct sh_input *in = p->in;
	while (in->alias_count > 0 && in->aliases[in->alias_count - 1].end <= in->pos) {
		p->next_alias |= in->aliases[--in->alias_count].blank;
	}
}

// In the order of their first characters.
static const struct keyword {
	char text[9];
	uint8_t keyword;
} keywords[] = {
	{ "!", SH_KW_NOT },
	{ "[[", SH_KW_COND },
	{ "]]", SH_KW_COND_END },
	{ "case", SH_KW_CASE },
	{ "do", SH_KW_DO },
	{ "done", SH_KW_DONE },
	{ "elif", SH_KW_ELIF },
	{ "else", SH_KW_ELSE },
	{ "esac", SH_KW_ESAC },
	{ "fi", SH_KW_FI },
	{ "for", SH_KW_FOR },
	{ "function", SH_KW_FUNCTION },
	{ "if", SH_KW_IF },
	{ "in", SH_KW_IN },
	{ "then", SH_KW_THEN },
	{ "until", SH_KW_UNTIL },
	{ "while", SH_KW_WHILE },
	{ "{", SH_KW_OPEN_BRACE },
	{ "}", SH_KW_CLOSE_BRACE },
};

static enum sh_keyword keyword_of(const char *text, size_t len) {
	static const uint8_t first[256] = { // from 1: where those that begin so begin
		['!'] = 1, ['['] = 2, [']'] = 3, ['c'] = 4, ['d'] = 5, ['e'] = 7, ['f'] = 10, ['i'] = 13,
		['t'] = 15, ['u'] = 16, ['w'] = 17, ['{'] = 18, ['}'] = 19,
	};
	size_t i = first[(unsigned char)text[0]];
	if (i == 0 || len > 8) {
		return SH_KW_NONE;
	}
	for (i--; i < sizeof(keywords) / sizeof(keywords[0]) && keywords[i].text[0] == text[0]; i++) {
		if (keywords[i].text[1] == text[1] && strcmp(keywords[i].text, text) == 0) {
			return keywords[i].keyword;
		}
	}
	return SH_KW_NONE;
}

struct sh_token *sh_peek(struct sh_parser *p) {
	struct sh_token *tok = &p->tok;
	if (p->have_tok) {
		return tok;
	}
	p->have_tok = true;
	tok->strip = tok->alias_checked = false;
	tok->word = NULL;
	tok->assign = NULL;
	skip_blanks(p);
	aliases_pop(p);
	tok->line = p->in->line;
	tok->start = p->in->pos;
	int c = sh_peek_char(p);
	if (p->failed) {
		tok->type = SH_TOK_ERROR;
	} else if (c < 0) {
		tok->type = p->in->interrupted ? SH_TOK_ERROR : SH_TOK_EOF;
		p->failed |= p->in->interrupted;
	} else if (sh_is_word_end(c)) {
		tok->type = (uint8_t)lex_operator(p, c);
	} else if (c >= '0' && c <= '9' && lex_io_number(p)) {
		tok->type = SH_TOK_IO_NUMBER;
	} else if (p->assign_ok && (tok->assign = sh_lex_assignment(p)) != NULL) {
		tok->type = SH_TOK_ASSIGN;
	} else {
		tok->type = SH_TOK_WORD;
		tok->word = sh_lex_word(p, SH_LEX_WORD, false);
		bool bare = tok->word != NULL && (tok->word->flags & SH_WORD_BARE) != 0;
		tok->keyword = (uint8_t)(bare ? keyword_of(tok->word->text, tok->word->len) : SH_KW_NONE);
	}
	if (p->failed) {
		tok->type = SH_TOK_ERROR;
	}
	return tok;
}

/* Replace the word just read by the alias of its name, if it has one (XCU 2.3.1). */
static bool alias_substitute(struct sh_parser *p) {
	struct sh_token *tok = &p->tok;
	struct sh_input *in = p->in;
	if (tok->type != SH_TOK_WORD || (tok->word->flags & SH_WORD_BARE) == 0 || p->no_aliases ||
			!p->sh->has_aliases) {
		return false;
	}
	struct sh_name *name = sh_name_find(p->sh, tok->word->text, tok->word->len);
	if (name == NULL || name->alias == NULL) {
		return false;
	}
	for (int i = 0; i < in->alias_count; i++) {
		if (in->aliases[i].alias == name && tok->start < in->aliases[i].end) {
			return false;
		}
	}
	if (in->alias_count == (int)(sizeof(in->aliases) / sizeof(in->aliases[0]))) {
		return false;
	}
	const char *value = name->alias;
	size_t len = strlen(value);
	sh_input_insert(in, value, len);
	memset(in->data + tok->start, ' ', in->pos - tok->start); // for who takes the text: replaced
	struct sh_alias_use *use = &in->aliases[in->alias_count++];
	use->alias = name;
	use->end = in->pos + len;
	use->blank = len > 0 && (value[len - 1] == ' ' || value[len - 1] == '\t');
	p->have_tok = false;
	return true;
}

/* The next token, no alias; with `may_be_keyword`, one that is a reserved word stays what it is. */
static struct sh_token *peek_unaliased(struct sh_parser *p, bool may_be_keyword) {
	struct sh_token *tok = sh_peek(p);
	while (!tok->alias_checked) {
		tok->alias_checked = true;
		p->next_alias = false;
		if (tok->type == SH_TOK_WORD && (!may_be_keyword || sh_token_keyword(tok) == SH_KW_NONE) &&
				alias_substitute(p)) {
			tok = sh_peek(p);
		}
	}
	return tok;
}

struct sh_token *sh_peek_command(struct sh_parser *p) {
	return peek_unaliased(p, true);
}

struct sh_token *sh_peek_argument(struct sh_parser *p) {
	struct sh_token *tok = sh_peek(p);
	return p->next_alias ? peek_unaliased(p, false) : tok;
}

bool sh_is_keyword(const char *word) {
	return keyword_of(word, strlen(word)) != SH_KW_NONE;
}
