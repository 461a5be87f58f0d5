/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * shell/parse_compound.c - compound commands (XCU 2.9.4), and of ksh and bash (( )) and
 * for (( )). See parser_core.h.
 */
#include "config.h"

#include <string.h>

#include "shell/parser_core.h"
#include "shell/shell.h"

bool sh_expect_keyword(struct sh_parser *p, enum sh_keyword keyword) {
	if (p->failed) {
		return false;
	}
	if (sh_token_keyword(sh_peek(p)) != keyword) {
		sh_unexpected(p);
		return false;
	}
	sh_next(p);
	return true;
}

/* A compound list that must not be empty. */
static struct sh_node *parse_body(struct sh_parser *p) {
	struct sh_node *body = sh_parse_compound_list(p);
	return body == NULL && !p->failed ? sh_unexpected(p) : body;
}

static struct sh_node *parse_do_group(struct sh_parser *p) {
	if (!sh_expect_keyword(p, SH_KW_DO)) {
		return NULL;
	}
	struct sh_node *body = parse_body(p);
	return body != NULL && sh_expect_keyword(p, SH_KW_DONE) ? body : NULL;
}

/* After `if` or `elif`. */
static struct sh_node *parse_if(struct sh_parser *p, int line) {
	struct sh_node *node = sh_node_create(p, SH_NODE_IF, line);
	node->branch.cond = parse_body(p);
	if (node->branch.cond == NULL || !sh_expect_keyword(p, SH_KW_THEN)) {
		return NULL;
	}
	node->branch.body = parse_body(p);
	if (node->branch.body == NULL) {
		return NULL;
	}
	struct sh_token *tok = sh_peek(p);
	switch (sh_token_keyword(tok)) {
	case SH_KW_ELIF:
		sh_next(p);
		node->branch.otherwise = parse_if(p, tok->line);
		return node->branch.otherwise != NULL ? node : NULL;
	case SH_KW_ELSE:
		sh_next(p);
		node->branch.otherwise = parse_body(p);
		return node->branch.otherwise != NULL && sh_expect_keyword(p, SH_KW_FI) ? node : NULL;
	default:
		return sh_expect_keyword(p, SH_KW_FI) ? node : NULL;
	}
}

static struct sh_node *parse_loop(struct sh_parser *p, enum sh_node_kind kind, int line) {
	struct sh_node *node = sh_node_create(p, kind, line);
	node->branch.cond = parse_body(p);
	if (node->branch.cond == NULL) {
		return NULL;
	}
	node->branch.body = parse_do_group(p);
	return node->branch.body != NULL ? node : NULL;
}

/* for ((a; b; c)): after the second parenthesis. */
static struct sh_node *parse_arith_for(struct sh_parser *p, int line) {
	struct sh_node *node = sh_node_create(p, SH_NODE_ARITH_FOR, line);
	for (int i = 0; i < 3; i++) {
		node->arith.expr[i] = sh_lex_arith_clause(p, i == 2);
		if (p->failed) {
			return NULL;
		}
	}
	if (sh_peek(p)->type == SH_TOK_SEMI) {
		sh_next(p);
	}
	sh_skip_newlines(p);
	if (sh_token_keyword(sh_peek(p)) == SH_KW_OPEN_BRACE) {
		sh_next(p);
		node->arith.body = parse_body(p);
		return node->arith.body != NULL && sh_expect_keyword(p, SH_KW_CLOSE_BRACE) ? node : NULL;
	}
	node->arith.body = parse_do_group(p);
	return node->arith.body != NULL ? node : NULL;
}

static bool parse_for_words(struct sh_parser *p, struct sh_node *node) {
	size_t base = p->stack.len;
	sh_next(p);
	while (sh_peek(p)->type == SH_TOK_WORD) {
		cn_vec_push(&p->stack, p->tok.word);
		sh_next(p);
	}
	node->each.words = sh_stack_take(p, base, &node->each.count);
	if (sh_peek(p)->type != SH_TOK_SEMI && p->tok.type != SH_TOK_NEWLINE) {
		sh_unexpected(p);
		return false;
	}
	if (p->tok.type == SH_TOK_SEMI) {
		sh_next(p);
	}
	return true;
}

static struct sh_node *parse_for(struct sh_parser *p, int line) {
	struct sh_token *tok = sh_peek_argument(p);
	if (tok->type == SH_TOK_OPEN && sh_peek_char(p) == '(') {
		sh_skip_char(p);
		sh_next(p);
		return parse_arith_for(p, line);
	}
	if (tok->type != SH_TOK_WORD || (tok->word->flags & SH_WORD_BARE) == 0 ||
			!sh_is_name(tok->word->text, tok->word->len)) {
		return sh_unexpected(p);
	}
	struct sh_node *node = sh_node_create(p, SH_NODE_FOR, line);
	node->each.name = sh_name_intern(p->sh, tok->word->text, tok->word->len);
	node->each.count = -1;
	sh_next(p);
	if (sh_peek(p)->type == SH_TOK_SEMI) {
		sh_next(p);
		sh_skip_newlines(p);
	} else {
		sh_skip_newlines(p);
		if (sh_token_keyword(sh_peek(p)) == SH_KW_IN && !parse_for_words(p, node)) {
			return NULL;
		}
		sh_skip_newlines(p);
	}
	sh_peek_command(p);
	node->each.body = parse_do_group(p);
	return node->each.body != NULL ? node : NULL;
}

/* pattern [| pattern]... ) list ;; */
static struct sh_case_item *parse_case_item(struct sh_parser *p, bool *last) {
	struct sh_case_item *item = sh_alloc_zero(&p->tree->arena, sizeof(*item));
	size_t base = p->stack.len;
	if (sh_peek(p)->type == SH_TOK_OPEN) {
		sh_next(p);
	}
	for (;;) {
		if (sh_peek(p)->type != SH_TOK_WORD) {
			return sh_unexpected(p);
		}
		cn_vec_push(&p->stack, p->tok.word);
		sh_next(p);
		if (sh_peek(p)->type != SH_TOK_PIPE) {
			break;
		}
		sh_next(p);
	}
	item->patterns = sh_stack_take(p, base, &item->count);
	if (p->tok.type != SH_TOK_CLOSE) {
		return sh_unexpected(p);
	}
	sh_next(p);
	item->body = sh_parse_compound_list(p);
	if (p->failed) {
		return NULL;
	}
	enum sh_token_type type = sh_peek(p)->type;
	*last = type != SH_TOK_SEMI_SEMI && type != SH_TOK_SEMI_AND;
	item->fall = type == SH_TOK_SEMI_AND;
	if (!*last) {
		sh_next(p);
	}
	return item;
}

static struct sh_node *parse_case(struct sh_parser *p, int line) {
	struct sh_token *tok = sh_peek_argument(p);
	if (tok->type != SH_TOK_WORD) {
		return sh_unexpected(p);
	}
	struct sh_node *node = sh_node_create(p, SH_NODE_CASE, line);
	node->cases.word = tok->word;
	sh_next(p);
	sh_skip_newlines(p);
	if (!sh_expect_keyword(p, SH_KW_IN)) {
		return NULL;
	}
	struct sh_case_item **tail = &node->cases.items;
	bool last = false;
	for (;;) {
		sh_skip_newlines(p);
		if (sh_token_keyword(sh_peek(p)) == SH_KW_ESAC || last) {
			return sh_expect_keyword(p, SH_KW_ESAC) ? node : NULL;
		}
		struct sh_case_item *item = parse_case_item(p, &last);
		if (item == NULL) {
			return NULL;
		}
		*tail = item;
		tail = &item->next;
	}
}

static struct sh_node *parse_brace(struct sh_parser *p, int line) {
	struct sh_node *node = sh_node_create(p, SH_NODE_BRACE, line);
	node->pair.left = parse_body(p);
	return node->pair.left != NULL && sh_expect_keyword(p, SH_KW_CLOSE_BRACE) ? node : NULL;
}

struct sh_node *sh_parse_subshell(struct sh_parser *p, int line) {
	if (sh_peek_at(p, 0) == '(') {
		sh_skip_char(p);
		struct sh_part *expr = sh_lex_arith(p);
		if (expr != NULL) {
			struct sh_node *node = sh_node_create(p, SH_NODE_ARITH, line);
			node->arith.expr[0] = expr;
			return node;
		}
		p->in->pos--;
	}
	size_t start = p->in->pos;
	struct sh_node *node = sh_node_create(p, SH_NODE_SUBSHELL, line);
	node->pair.left = parse_body(p);
	if (node->pair.left == NULL) {
		return NULL;
	}
	if (sh_peek(p)->type != SH_TOK_CLOSE) {
		return sh_unexpected(p);
	}
	if (sh_text_asks_pid(p->in->data + start, p->in->pos - start)) {
		node->flags |= SH_NODE_MUST_FORK;
	}
	sh_next(p);
	return node;
}

/* ---- commands, pipelines, lists ---- */

struct sh_node *sh_parse_compound(struct sh_parser *p, enum sh_keyword keyword, int line) {
	sh_next(p);
	switch (keyword) {
	case SH_KW_IF:
		return parse_if(p, line);
	case SH_KW_WHILE:
		return parse_loop(p, SH_NODE_WHILE, line);
	case SH_KW_UNTIL:
		return parse_loop(p, SH_NODE_UNTIL, line);
	case SH_KW_FOR:
		return parse_for(p, line);
	case SH_KW_CASE:
		return parse_case(p, line);
	case SH_KW_OPEN_BRACE:
		return parse_brace(p, line);
	case SH_KW_COND:
		return sh_parse_cond(p, line);
	default:
		return sh_parse_function_keyword(p, line);
	}
}
