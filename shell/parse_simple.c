/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * shell/parse_simple.c - simple commands (XCU 2.9.1) and function definitions (2.9.5), which begin
 * as one. See parser_core.h.
 */
#include "config.h"

#include <string.h>

#include "shell/builtin.h"
#include "shell/loader.h"
#include "shell/parser_core.h"
#include "shell/shell.h"

/* ---- functions (XCU 2.9.5) ---- */

static struct sh_node *parse_function_body(struct sh_parser *p, struct sh_name *name, int line) {
	struct sh_node *node = sh_node_create(p, SH_NODE_FUNCTION, line);
	node->function.name = name;
	sh_skip_to_command(p);
	size_t start = sh_peek_command(p)->start;
	size_t heredocs = p->heredocs.len;
	p->functions++;
	node->function.body = sh_parse_command(p);
	p->functions--;
	if (node->function.body == NULL) {
		return NULL;
	}
	size_t end = p->have_tok ? p->tok.start : p->in->pos;
	if (p->heredocs.len == heredocs && end > start) { // else one is still to come, behind it
		node->function.text = sh_arena_copy(&p->tree->arena, p->in->data + start, end - start);
	}
	if (node->function.body->kind == SH_NODE_SIMPLE) {
		return sh_syntax_error(p, "a function's body must be a compound command");
	}
	return node;
}

/* function name [()] body: as in ksh and bash. */
struct sh_node *sh_parse_function_keyword(struct sh_parser *p, int line) {
	struct sh_token *tok = sh_peek(p);
	if (tok->type != SH_TOK_WORD || (tok->word->flags & SH_WORD_PLAIN) == 0) {
		return sh_unexpected(p);
	}
	struct sh_name *name = sh_name_intern(p->sh, tok->word->text, tok->word->len);
	sh_next(p);
	if (sh_peek(p)->type == SH_TOK_OPEN) {
		sh_next(p);
		if (sh_peek(p)->type != SH_TOK_CLOSE) {
			return sh_unexpected(p);
		}
		sh_next(p);
	}
	return parse_function_body(p, name, line);
}

/* ---- simple commands (XCU 2.9.1) ---- */

/* Are operands that look like assignments assignments (XCU 2.9.1.1)? `command` passes it on. */
static bool is_declaration_utility(struct sh_parser *p, const struct sh_word *word) {
	if ((word->flags & SH_WORD_PLAIN) == 0) {
		return false;
	}
	struct sh_name *name = sh_name_find(p->sh, word->text, word->len);
	const struct sh_builtin *builtin = NULL;
	if (name != NULL || strchr("erltd", word->text[0]) != NULL) {
		builtin = sh_builtin_find(p->sh, sh_name_intern(p->sh, word->text, word->len));
	}
	if (builtin != NULL) {
		return (builtin->flags & SH_BUILTIN_DECLARES) != 0;
	}
	return sh_loader_declares(p->sh, word->text);
}

struct simple {
	struct sh_node *node;
	struct sh_redir **redirs;
	size_t base;
	int words;
	bool command; // only `command` and its options so far
};

static void simple_word(struct sh_parser *p, struct simple *s) {
	struct sh_word *word = p->tok.word;
	if (p->tok.type == SH_TOK_ASSIGN) {
		word = p->tok.assign->value;
		struct sh_word *whole = sh_alloc_zero(&p->tree->arena, sizeof(*whole));
		whole->assign = p->tok.assign;
		whole->line = p->tok.line;
		word = whole;
		s->node->simple.expands = true;
	} else {
		s->node->simple.expands |= (word->flags & SH_WORD_PLAIN) == 0;
	}
	cn_vec_push(&p->stack, word);
	s->words++;
	if (s->words == 1 || s->command) {
		s->command = (word->flags & SH_WORD_BARE) != 0 && strcmp(word->text, "command") == 0;
		s->node->simple.declares = word->assign == NULL && is_declaration_utility(p, word);
		p->assign_ok = s->node->simple.declares;
	}
	sh_next(p);
}

static void simple_assigns(struct sh_parser *p, struct simple *s, size_t base) {
	struct sh_node *node = s->node;
	node->simple.assign_count = (int)(p->stack.len - base);
	size_t count = (size_t)node->simple.assign_count;
	node->simple.assigns = sh_alloc(&p->tree->arena, count * sizeof(*node->simple.assigns) + 1);
	for (size_t i = 0; i < count; i++) {
		node->simple.assigns[i] = *(struct sh_assign *)p->stack.items[base + i];
	}
	p->stack.len = base;
}

/* After the first word: `name ()` begins a function. */
static bool is_function(struct sh_parser *p, const struct simple *s) {
	return s->words == 1 && s->node->redirs == NULL && s->node->simple.assign_count == 0 &&
			p->tok.type == SH_TOK_OPEN;
}

static struct sh_node *parse_function(struct sh_parser *p, const struct simple *s) {
	struct sh_word *word = p->stack.items[p->stack.len - 1];
	int line = p->tok.line;
	if ((word->flags & SH_WORD_BARE) == 0) {
		return sh_syntax_error(p, "bad function name");
	}
	struct sh_name *name = sh_name_intern(p->sh, word->text, word->len);
	if (!sh_is_name(word->text, word->len) && (p->sh->options & SH_OPT_POSIX) != 0) {
		return sh_syntax_error(p, "bad function name");
	}
	const struct sh_builtin *builtin = sh_builtin_find(p->sh, name);
	/* Nobody would ever call it; the standard leaves what happens then to us (2.9.5). */
	if (builtin != NULL && (builtin->flags & SH_BUILTIN_SPECIAL) != 0 &&
			(p->sh->options & SH_OPT_POSIX) == 0) {
		return sh_syntax_error(p, "%s is a special builtin", word->text);
	}
	p->stack.len = s->base;
	sh_next(p);
	if (sh_peek(p)->type != SH_TOK_CLOSE) {
		return sh_unexpected(p);
	}
	sh_next(p);
	return parse_function_body(p, name, line);
}

/* The arguments of a command that needs no expansion, once for all. */
static void simple_argv(struct sh_parser *p, struct sh_node *node) {
	int count = node->simple.word_count;
	if (p->functions > 0 && (p->sh->options & SH_OPT_HASHALL) != 0 && count > 0 &&
			(node->simple.words[0]->flags & SH_WORD_PLAIN) != 0) {
		sh_lookup(p->sh, node->simple.words[0]->text, 0); // set -h: remember what it will run
	}
	if (node->simple.expands) {
		return;
	}
	node->simple.argv = sh_alloc(&p->tree->arena, ((size_t)count + 1) * sizeof(char *));
	for (int i = 0; i < count; i++) {
		node->simple.argv[i] = (char *)node->simple.words[i]->text;
	}
	node->simple.argv[count] = NULL;
}

struct sh_node *sh_parse_simple(struct sh_parser *p) {
	struct simple s = { .node = sh_node_create(p, SH_NODE_SIMPLE, p->tok.line) };
	s.redirs = &s.node->redirs;
	s.base = p->stack.len;
	p->assign_ok = true;
	for (;;) {
		struct sh_token *tok = s.words == 0 ? sh_peek_command(p) : sh_peek_argument(p);
		if (sh_token_is_redir(tok)) {
			if (!sh_parse_redir(p, &s.redirs)) {
				break;
			}
		} else if (tok->type == SH_TOK_ASSIGN && s.words == 0) {
			cn_vec_push(&p->stack, tok->assign);
			s.node->simple.assign_count++;
			sh_next(p);
		} else if (tok->type == SH_TOK_WORD || tok->type == SH_TOK_ASSIGN) {
			if (s.words == 0) {
				simple_assigns(p, &s, s.base);
				p->assign_ok = false;
			}
			simple_word(p, &s);
		} else {
			break;
		}
	}
	p->assign_ok = false;
	if (p->failed) {
		return NULL;
	}
	if (is_function(p, &s)) {
		return parse_function(p, &s);
	}
	if (s.words == 0) {
		if (p->stack.len == s.base && s.node->redirs == NULL) {
			return sh_unexpected(p);
		}
		simple_assigns(p, &s, s.base);
	}
	s.node->simple.words = sh_stack_take(p, s.base, &s.node->simple.word_count);
	simple_argv(p, s.node);
	return s.node;
}
