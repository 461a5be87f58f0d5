/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * shell/lex_assign.c - assignments (XCU 2.10.2 rule 7), and of ksh and bash those of arrays and their
 * elements. See lexer_core.h.
 */
#include "config.h"

#include "shell/lexer_core.h"
#include "shell/shell.h"

/* Behind the quotation or the parentheses that begin at n, or n when none do; -1: they do not end. */
static ptrdiff_t skip_quoted(struct sh_parser *p, ptrdiff_t n) {
	int quote = sh_peek_at(p, (size_t)n);
	if (quote == '\\') {
		return n + 2;
	}
	if (quote != '\'' && quote != '"' && quote != '`' && quote != '(') {
		return n;
	}
	int end = quote == '(' ? ')' : quote;
	for (n++;;) {
		int c = sh_peek_at(p, (size_t)n);
		if (c < 0) {
			return -1;
		}
		if (c == end) {
			return n + 1;
		}
		ptrdiff_t next = quote == '(' ? skip_quoted(p, n) : n + (c == '\\' && quote != '\'' ? 2 : 0);
		if (next < 0) {
			return -1;
		}
		n = next > n ? next : n + 1;
	}
}

/* In `name[`: is this a subscript followed by an assignment? */
static bool is_index_assign(struct sh_parser *p) {
	int nesting = 0;
	for (ptrdiff_t n = 0;;) {
		int c = sh_peek_at(p, (size_t)n);
		ptrdiff_t next = skip_quoted(p, n);
		if (c < 0 || c == '\n' || next < 0) {
			return false;
		}
		nesting += (c == '[') - (c == ']');
		if (c == ']' && nesting == 0) {
			int d = sh_peek_at(p, (size_t)n + 1);
			return d == '=' || (d == '+' && sh_peek_at(p, (size_t)n + 2) == '=');
		}
		n = next > n ? next : n + 1;
	}
}

static struct sh_word *lex_index(struct sh_parser *p) {
	sh_skip_char(p);
	struct sh_word *index = sh_lex_word(p, SH_LEX_INDEX, false);
	if (index != NULL && sh_peek_char(p) == ']') {
		sh_skip_char(p);
	}
	return index;
}

/* The `=` or `+=`, which is to stand here. */
static bool lex_equals(struct sh_parser *p, struct sh_assign *assign) {
	if (sh_peek_char(p) == '+') {
		sh_skip_char(p);
		assign->append = true;
	}
	if (p->failed || sh_peek_char(p) != '=') {
		sh_syntax_error(p, "bad subscript");
		return false;
	}
	sh_skip_char(p);
	return true;
}

/* ( ... ) of an array assignment. */
static void lex_array(struct sh_parser *p, struct sh_assign *assign) {
	size_t base = p->stack.len;
	bool assign_ok = p->assign_ok;
	bool in_value = p->in_value;
	p->assign_ok = p->in_value = false;
	sh_skip_char(p);
	for (;;) {
		int c = sh_peek_char(p);
		if (c == ' ' || c == '\t' || c == '\n') {
			sh_skip_char(p);
			continue;
		}
		if (c == '#') {
			sh_skip_comment(p);
			continue;
		}
		if (c == ')') {
			sh_skip_char(p);
			break;
		}
		if (c < 0 || (sh_is_word_end(c))) {
			sh_syntax_error(p, "unterminated array assignment");
			break;
		}
		struct sh_assign *item = sh_alloc_zero(&p->tree->arena, sizeof(*item));
		if (c == '[' && is_index_assign(p)) {
			item->index = lex_index(p);
			if (!lex_equals(p, item)) {
				break;
			}
		}
		item->value = sh_lex_word(p, SH_LEX_WORD, false);
		if (item->value == NULL) {
			break;
		}
		cn_vec_push(&p->stack, item);
	}
	p->assign_ok = assign_ok;
	p->in_value = in_value;
	assign->count = (int)(p->stack.len - base);
	assign->items = sh_alloc(&p->tree->arena, (size_t)assign->count * sizeof(*assign->items) + 1);
	for (int i = 0; i < assign->count; i++) {
		assign->items[i] = *(struct sh_assign *)p->stack.items[base + (size_t)i];
	}
	p->stack.len = base;
}

/*
 * x=$x...: the value is what follows, to be appended in place. What follows is plain parts, which
 * change nothing; it may be x again.
 */
static void assign_note_self(struct sh_parser *p, struct sh_assign *assign) {
	struct sh_part *part = assign->value->parts;
	if (part == NULL || part->kind != SH_PART_PARAM || part->param->name != assign->name ||
			part->param->op != SH_OP_NONE || part->param->index != NULL || part->next == NULL) {
		return;
	}
	for (struct sh_part *next = part->next; next != NULL; next = next->next) {
		if (next->kind != SH_PART_TEXT &&
				(next->kind != SH_PART_PARAM || next->param->op != SH_OP_NONE ||
						next->param->index != NULL)) {
			return;
		}
	}
	struct sh_word *rest = sh_alloc_zero(&p->tree->arena, sizeof(*rest));
	rest->parts = part->next;
	rest->line = assign->value->line;
	sh_word_classify(p, rest, &(struct sh_builder){ .any_quoted = true, .any_glob = true });
	assign->value = rest;
	assign->self = true;
}

struct sh_assign *sh_lex_assignment(struct sh_parser *p) {
	size_t n = 0;
	int c;
	while ((c = sh_peek_joined(p, n)) >= 0 && ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
												  c == '_' || (n > 0 && c >= '0' && c <= '9'))) {
		n++;
	}
	if (n == 0 || (c != '=' && c != '[' && c != '+')) {
		return NULL;
	}
	if (c == '+' && sh_peek_joined(p, n + 1) != '=') {
		return NULL;
	}
	size_t start = p->in->pos;
	if (c == '[') {
		p->in->pos += n;
		bool is = is_index_assign(p);
		p->in->pos = start;
		if (!is) {
			return NULL;
		}
	}
	struct sh_assign *assign = sh_alloc_zero(&p->tree->arena, sizeof(*assign));
	assign->name = sh_name_intern(p->sh, p->in->data + p->in->pos, n);
	assign->count = -1;
	p->in->pos += n;
	if (c == '[') {
		assign->index = lex_index(p);
	}
	if (!lex_equals(p, assign)) {
		return assign; // p->failed
	}
	if (sh_peek_char(p) == '(' && assign->index == NULL) {
		lex_array(p, assign);
		return assign;
	}
	bool in_value = p->in_value;
	p->in_value = true;
	struct sh_builder b = { .text = p->text.len };
	b.tail = &b.first;
	int line = p->in->line;
	if (sh_peek_char(p) == '~') {
		sh_lex_tilde(p, &b, SH_LEX_WORD, true);
	}
	sh_lex_parts(p, &b, SH_LEX_WORD, false);
	p->in_value = in_value;
	assign->value = sh_build_word(p, &b, line);
	if (!assign->append && assign->index == NULL) {
		assign_note_self(p, assign);
	}
	return assign;
}
