/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * shell/parse_cond.c - [[ ... ]], of ksh and bash: a tree of tests, by the precedence of !, && and
 * ||. See parser_core.h.
 */
#include "config.h"

#include <string.h>

#include "shell/parser_core.h"
#include "shell/shell.h"

static struct sh_cond *parse_cond_or(struct sh_parser *p);
static struct sh_cond *parse_cond_not(struct sh_parser *p);

static struct sh_cond *cond_create(struct sh_parser *p, const char *op) {
	struct sh_cond *cond = sh_alloc_zero(&p->tree->arena, sizeof(*cond));
	cond->op = op;
	return cond;
}

static bool is_cond_word(struct sh_parser *p) {
	return sh_peek(p)->type == SH_TOK_WORD && sh_token_keyword(&p->tok) != SH_KW_COND_END;
}

/* The operator that stands between two operands here, or NULL. */
static const char *cond_binary_op(struct sh_parser *p) {
	const struct sh_token *tok = sh_peek(p);
	if (tok->type == SH_TOK_REDIR && (tok->redir == SH_REDIR_IN || tok->redir == SH_REDIR_OUT)) {
		return tok->redir == SH_REDIR_IN ? "<" : ">";
	}
	static const char *const ops[] = { "=", "==", "!=", "=~", "-eq", "-ne", "-lt", "-le", "-gt",
		"-ge", "-ef", "-nt", "-ot" };
	if (!is_cond_word(p) || (tok->word->flags & SH_WORD_BARE) == 0) {
		return NULL;
	}
	for (size_t i = 0; i < sizeof(ops) / sizeof(ops[0]); i++) {
		if (strcmp(ops[i], tok->word->text) == 0) {
			return ops[i];
		}
	}
	return NULL;
}

static struct sh_cond *parse_cond_test(struct sh_parser *p) {
	if (!is_cond_word(p)) {
		return sh_unexpected(p);
	}
	struct sh_word *first = p->tok.word;
	sh_next(p);
	const char *op = cond_binary_op(p);
	if (op != NULL) {
		struct sh_cond *cond = cond_create(p, op);
		sh_next(p);
		cond->a = first;
		if (strcmp(op, "=~") == 0) {
			while (sh_peek_char(p) == ' ' || sh_peek_char(p) == '\t') {
				p->in->pos++;
			}
			cond->b = sh_lex_word(p, SH_LEX_REGEX, false);
			return cond->b != NULL ? cond : NULL;
		}
		if (!is_cond_word(p)) {
			return sh_unexpected(p);
		}
		cond->b = p->tok.word;
		sh_next(p);
		return cond;
	}
	bool unary = (first->flags & SH_WORD_BARE) != 0 && first->len == 2 && first->text[0] == '-';
	if (unary && is_cond_word(p)) {
		struct sh_cond *cond = cond_create(p, first->text);
		cond->a = p->tok.word;
		sh_next(p);
		return cond;
	}
	struct sh_cond *cond = cond_create(p, "");
	cond->a = first;
	return cond;
}

static struct sh_cond *parse_cond_operand(struct sh_parser *p) {
	sh_skip_newlines(p);
	if (sh_token_keyword(sh_peek(p)) == SH_KW_NOT) {
		sh_next(p);
		struct sh_cond *cond = cond_create(p, "!");
		cond->left = parse_cond_not(p);
		return cond->left != NULL ? cond : NULL;
	}
	if (p->tok.type == SH_TOK_OPEN) {
		sh_next(p);
		struct sh_cond *cond = parse_cond_or(p);
		if (cond == NULL || sh_peek(p)->type != SH_TOK_CLOSE) {
			return cond != NULL ? sh_unexpected(p) : NULL;
		}
		sh_next(p);
		return cond;
	}
	return parse_cond_test(p);
}

static struct sh_cond *parse_cond_not(struct sh_parser *p) {
	if (!sh_parse_deeper(p)) {
		return NULL;
	}
	struct sh_cond *cond = parse_cond_operand(p);
	p->depth--;
	return cond;
}

static struct sh_cond *parse_cond_and(struct sh_parser *p) {
	struct sh_cond *left = parse_cond_not(p);
	while (left != NULL && (sh_skip_newlines(p), sh_peek(p)->type == SH_TOK_AND_AND)) {
		sh_next(p);
		struct sh_cond *both = cond_create(p, "&&");
		both->left = left;
		both->right = parse_cond_not(p);
		left = both->right != NULL ? both : NULL;
	}
	return left;
}

static struct sh_cond *parse_cond_or(struct sh_parser *p) {
	struct sh_cond *left = parse_cond_and(p);
	while (left != NULL && (sh_skip_newlines(p), sh_peek(p)->type == SH_TOK_OR_OR)) {
		sh_next(p);
		struct sh_cond *both = cond_create(p, "||");
		both->left = left;
		both->right = parse_cond_and(p);
		left = both->right != NULL ? both : NULL;
	}
	return left;
}

struct sh_node *sh_parse_cond(struct sh_parser *p, int line) {
	struct sh_node *node = sh_node_create(p, SH_NODE_COND, line);
	node->cond = parse_cond_or(p);
	return node->cond != NULL && sh_expect_keyword(p, SH_KW_COND_END) ? node : NULL;
}
