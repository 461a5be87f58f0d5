/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * shell/parser.c - the grammar from above: complete commands, lists and pipelines (XCU 2.9.2, 2.9.3,
 * 2.10). See parser_core.h.
 */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "shell/parser_core.h"
#include "shell/shell.h"

enum { DEPTH_MAX = 2000 }; // commands and the words they stand in

struct sh_tree *sh_tree_create(void) {
	struct sh_tree *tree = sh_xcalloc(1, sizeof(*tree));
	tree->refs = 1;
	return tree;
}

void sh_tree_drop(struct sh_tree *tree) {
	if (tree != NULL && --tree->refs == 0) {
		sh_arena_finish(&tree->arena);
		free(tree);
	}
}

void sh_parser_init(struct sh_parser *p, struct shell *sh, struct sh_input *in) {
	memset(p, 0, sizeof(*p));
	p->sh = sh;
	p->in = in;
	cn_buf_init(&p->text);
}

void sh_parser_finish(struct sh_parser *p) {
	sh_tree_drop(p->tree);
	cn_vec_finish(&p->heredocs);
	cn_vec_finish(&p->stack);
	cn_buf_finish(&p->text);
}

void *sh_stack_take(struct sh_parser *p, size_t base, int *count) {
	size_t len = p->stack.len - base;
	void **items = sh_alloc(&p->tree->arena, (len + 1) * sizeof(*items));
	if (len > 0) {
		memcpy(items, p->stack.items + base, len * sizeof(*items));
	}
	items[len] = NULL;
	p->stack.len = base;
	*count = (int)len;
	return items;
}

bool sh_text_asks_pid(const char *text, size_t len) {
	return memmem(text, len, "PPID", 4) != NULL || memmem(text, len, "BASHPID", 7) != NULL;
}

static const char *token_text(const struct sh_token *tok) {
	static const char *const texts[] = {
		[SH_TOK_EOF] = "end of file",
		[SH_TOK_NEWLINE] = "newline",
		[SH_TOK_ASSIGN] = "assignment",
		[SH_TOK_IO_NUMBER] = "redirection",
		[SH_TOK_AND] = "`&'",
		[SH_TOK_AND_AND] = "`&&'",
		[SH_TOK_PIPE] = "`|'",
		[SH_TOK_OR_OR] = "`||'",
		[SH_TOK_SEMI] = "`;'",
		[SH_TOK_SEMI_SEMI] = "`;;'",
		[SH_TOK_SEMI_AND] = "`;&'",
		[SH_TOK_OPEN] = "`('",
		[SH_TOK_CLOSE] = "`)'",
		[SH_TOK_REDIR] = "redirection",
	};
	if (tok->type == SH_TOK_WORD) {
		return tok->word->text != NULL ? tok->word->text : "word";
	}
	return tok->type == SH_TOK_ERROR ? "error" : texts[tok->type];
}

void *sh_unexpected(struct sh_parser *p) {
	const struct sh_token *tok = &p->tok;
	if (tok->type == SH_TOK_WORD && tok->word->text != NULL) {
		return sh_syntax_error(p, "unexpected `%s'", tok->word->text);
	}
	return sh_syntax_error(p, "unexpected %s", token_text(tok));
}

/* Take a newline token, and the bodies of here-documents that follow it. */
static void next_newline(struct sh_parser *p) {
	sh_next(p);
	if (p->heredocs.len > 0) {
		sh_read_heredocs(p);
	}
}

void sh_skip_newlines(struct sh_parser *p) {
	while (!p->failed && sh_peek(p)->type == SH_TOK_NEWLINE) {
		p->in->again = true;
		next_newline(p);
	}
}

void sh_skip_to_command(struct sh_parser *p) {
	p->assign_ok = true;
	do {
		sh_skip_newlines(p);
	} while (!p->failed && sh_peek_command(p)->type == SH_TOK_NEWLINE); // behind an alias of blanks
	p->assign_ok = false;
}

/* ---- commands ---- */

static struct sh_node *parse_command_inner(struct sh_parser *p) {
	p->assign_ok = true;
	struct sh_token *tok = sh_peek_command(p);
	p->assign_ok = false;
	int line = tok->line;
	if (tok->type == SH_TOK_OPEN) {
		sh_next(p);
		struct sh_node *node = sh_parse_subshell(p, line);
		return node != NULL ? sh_parse_redirs(p, node) : NULL;
	}
	enum sh_keyword keyword = sh_token_keyword(tok);
	if (keyword == SH_KW_NONE || keyword == SH_KW_IN || keyword == SH_KW_COND_END) {
		return sh_parse_simple(p);
	}
	if (keyword > SH_KW_CLOSERS || keyword == SH_KW_NOT) {
		return sh_unexpected(p);
	}
	struct sh_node *node = sh_parse_compound(p, keyword, line);
	return node != NULL && node->kind != SH_NODE_FUNCTION ? sh_parse_redirs(p, node) : node;
}

bool sh_parse_deeper(struct sh_parser *p) {
	if (p->depth >= DEPTH_MAX || !sh_stack_left(p->sh)) {
		sh_syntax_error(p, "nested too deeply");
		return false;
	}
	p->depth++;
	return true;
}

struct sh_node *sh_parse_command(struct sh_parser *p) {
	if (!sh_parse_deeper(p)) {
		return NULL;
	}
	struct sh_node *node = parse_command_inner(p);
	p->depth--;
	return p->failed ? NULL : node;
}

/* ---- pipelines and lists ---- */

/* Text of the script from `start` to the token in hand. */
static const char *source_text(struct sh_parser *p, size_t start) {
	size_t end = p->have_tok ? p->tok.start : p->in->pos;
	while (end > start && strchr(" \t\n", p->in->data[end - 1]) != NULL) {
		end--;
	}
	return sh_arena_copy(&p->tree->arena, p->in->data + start, end > start ? end - start : 0);
}

static struct sh_node *parse_pipeline(struct sh_parser *p) {
	p->assign_ok = true;
	struct sh_token *tok = sh_peek_command(p);
	p->assign_ok = false;
	int line = tok->line;
	if (sh_token_keyword(tok) == SH_KW_NOT) {
		struct sh_node *node = sh_node_create(p, SH_NODE_NOT, line);
		sh_next(p);
		node->pair.left = parse_pipeline(p);
		return node->pair.left != NULL ? node : NULL;
	}
	size_t base = p->stack.len;
	size_t start = tok->start;
	struct sh_node *first = sh_parse_command(p);
	if (first == NULL) {
		return NULL;
	}
	if (sh_peek(p)->type != SH_TOK_PIPE) {
		if ((p->sh->options & SH_OPT_MONITOR) != 0 && !p->failed) {
			first->source = source_text(p, start);
		}
		return first;
	}
	cn_vec_push(&p->stack, first);
	while (sh_peek(p)->type == SH_TOK_PIPE) {
		sh_next(p);
		sh_skip_to_command(p);
		struct sh_node *stage = sh_parse_command(p);
		if (stage == NULL) {
			return NULL;
		}
		cn_vec_push(&p->stack, stage);
	}
	struct sh_node *node = sh_node_create(p, SH_NODE_PIPELINE, line);
	node->list.items = sh_stack_take(p, base, &node->list.count);
	if ((p->sh->options & SH_OPT_MONITOR) != 0 && !p->failed) {
		node->source = source_text(p, start);
	}
	return node;
}

static struct sh_node *parse_and_or(struct sh_parser *p) {
	struct sh_node *left = parse_pipeline(p);
	while (left != NULL) {
		enum sh_token_type type = sh_peek(p)->type;
		if (type != SH_TOK_AND_AND && type != SH_TOK_OR_OR) {
			break;
		}
		struct sh_node *node =
				sh_node_create(p, type == SH_TOK_AND_AND ? SH_NODE_AND : SH_NODE_OR, p->tok.line);
		sh_next(p);
		sh_skip_to_command(p);
		node->pair.left = left;
		node->pair.right = parse_pipeline(p);
		left = node->pair.right != NULL ? node : NULL;
	}
	return p->failed ? NULL : left;
}

/* One and-or list with its separator; *more: another may follow on the line. */
static struct sh_node *parse_item(struct sh_parser *p, bool *more) {
	p->assign_ok = true;
	size_t start = sh_peek_command(p)->start;
	p->assign_ok = false;
	struct sh_node *node = parse_and_or(p);
	*more = false;
	if (node == NULL) {
		return NULL;
	}
	switch (sh_peek(p)->type) {
	case SH_TOK_AND: {
		struct sh_node *async = sh_node_create(p, SH_NODE_ASYNC, node->line);
		async->pair.left = node;
		async->source = source_text(p, start);
		sh_next(p);
		*more = true;
		return async;
	}
	case SH_TOK_SEMI:
		sh_next(p);
		*more = true;
		return node;
	default:
		return p->failed ? NULL : node;
	}
}

static struct sh_node *list_node(struct sh_parser *p, size_t base) {
	if (p->stack.len - base == 1) {
		return p->stack.items[--p->stack.len];
	}
	struct sh_node *first = p->stack.items[base];
	struct sh_node *node = sh_node_create(p, SH_NODE_LIST, first->line);
	node->list.items = sh_stack_take(p, base, &node->list.count);
	return node;
}

static bool at_list_end(struct sh_parser *p) {
	p->assign_ok = true;
	const struct sh_token *tok = sh_peek_command(p);
	p->assign_ok = false;
	switch (tok->type) {
	case SH_TOK_EOF:
	case SH_TOK_CLOSE:
	case SH_TOK_SEMI_SEMI:
	case SH_TOK_SEMI_AND:
	case SH_TOK_ERROR:
		return true;
	default: {
		enum sh_keyword keyword = sh_token_keyword(tok);
		return keyword > SH_KW_CLOSERS && keyword != SH_KW_IN && keyword != SH_KW_COND_END;
	}
	}
}

struct sh_node *sh_parse_compound_list(struct sh_parser *p) {
	size_t base = p->stack.len;
	for (;;) {
		sh_skip_to_command(p);
		if (p->failed || at_list_end(p)) {
			break;
		}
		if (p->tok.type == SH_TOK_NEWLINE) {
			continue;
		}
		bool more;
		struct sh_node *item = parse_item(p, &more);
		if (item == NULL) {
			break;
		}
		cn_vec_push(&p->stack, item);
		if (!more && sh_peek(p)->type != SH_TOK_NEWLINE) {
			break;
		}
	}
	if (p->failed || p->stack.len == base) {
		p->stack.len = base;
		return NULL;
	}
	return list_node(p, base);
}

struct sh_node *sh_parse_substitution(struct sh_parser *p, enum sh_token_type end) {
	size_t start = p->in->pos;
	if (!sh_parse_deeper(p)) {
		return NULL;
	}
	p->in->again = true;
	struct sh_node *node = sh_parse_compound_list(p);
	p->depth--;
	if (p->failed) {
		return NULL;
	}
	if (sh_peek(p)->type != end) {
		return sh_unexpected(p);
	}
	sh_next(p);
	if (node != NULL && sh_text_asks_pid(p->in->data + start, p->in->pos - start)) {
		node->flags |= SH_NODE_MUST_FORK;
	}
	return node;
}

/* A line's worth of lists: a complete_command of the grammar. */
static struct sh_node *parse_line(struct sh_parser *p) {
	size_t base = p->stack.len;
	for (;;) {
		bool more;
		struct sh_node *item = parse_item(p, &more);
		if (item == NULL) {
			return NULL;
		}
		cn_vec_push(&p->stack, item);
		p->assign_ok = more; // what follows a separator may be an assignment
		enum sh_token_type type = sh_peek(p)->type;
		p->assign_ok = false;
		if (type == SH_TOK_NEWLINE || type == SH_TOK_EOF) {
			break;
		}
		if (!more) {
			return sh_unexpected(p);
		}
	}
	return list_node(p, base);
}

/* The tree to parse into: the last one again when nothing kept it. */
static void tree_renew(struct sh_parser *p) {
	if (p->tree != NULL && p->tree->refs == 1) {
		sh_arena_release(&p->tree->arena, (struct sh_mark){ 0 });
		return;
	}
	sh_tree_drop(p->tree);
	p->tree = sh_tree_create();
}

int sh_parse(struct sh_parser *p, struct sh_tree **out) {
	p->have_tok = p->failed = p->next_alias = false;
	p->stack.len = p->heredocs.len = 0;
	cn_buf_reset(&p->text);
	p->in->again = false;
	tree_renew(p);
	for (;;) {
		p->assign_ok = true;
		sh_peek_command(p);
		p->assign_ok = false;
		if (p->tok.type != SH_TOK_NEWLINE) {
			break;
		}
		sh_next(p);
	}
	p->start = p->tok.start;
	if (p->tok.type == SH_TOK_EOF) {
		return 0;
	}
	struct sh_node *root = p->failed ? NULL : parse_line(p);
	if (root != NULL && p->tok.type == SH_TOK_NEWLINE) {
		next_newline(p);
	} else if (root != NULL && p->heredocs.len > 0) {
		sh_read_heredocs(p);
	}
	if (p->failed) {
		return -1;
	}
	p->tree->root = root;
	*out = sh_tree_hold(p->tree);
	return 1;
}
