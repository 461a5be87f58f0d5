/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "shell/builtin.h"
#include "shell/parser.h"
#include "shell/shell.h"

enum { DEPTH_MAX = 1000 };

static struct sh_node *parse_and_or(struct sh_parser *p);
static struct sh_node *parse_compound_list(struct sh_parser *p);
static struct sh_node *parse_command(struct sh_parser *p);

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

static struct sh_node *node_create(struct sh_parser *p, enum sh_node_kind kind, int line) {
	struct sh_node *node = sh_alloc_zero(&p->tree->arena, sizeof(*node));
	node->kind = (uint8_t)kind;
	node->line = line;
	return node;
}

/* What was pushed since `base`, as an array in the tree. */
static void *stack_take(struct sh_parser *p, size_t base, int *count) {
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

static void *unexpected(struct sh_parser *p) {
	const struct sh_token *tok = &p->tok;
	if (tok->type == SH_TOK_WORD && tok->word->text != NULL) {
		return sh_syntax_error(p, "unexpected `%s'", tok->word->text);
	}
	return sh_syntax_error(p, "unexpected %s", token_text(tok));
}

/* ---- here-documents (XCU 2.7.4) ---- */

/* A line, its newline included; with `joins`, a line continuation makes it longer. */
static size_t here_line(struct sh_parser *p, bool joins) {
	size_t n = 0;
	for (int c; (c = sh_peek_at(p, n)) >= 0;) {
		n++;
		if (c == '\n') {
			break;
		}
		if (c == '\\' && joins && sh_peek_at(p, n) >= 0) {
			n++;
		}
	}
	return n;
}

/* Copy the line to `body` without its line continuations, when `joins`. */
static void here_append(struct cn_buf *body, const char *line, size_t len, bool joins) {
	for (size_t i = 0; i < len; i++) {
		if (joins && line[i] == '\\' && i + 1 < len) {
			i++;
			if (line[i] == '\n') {
				continue;
			}
			cn_buf_putc(body, '\\');
		}
		cn_buf_putc(body, line[i]);
	}
}

static void heredoc_read(struct sh_parser *p, struct sh_redir *redir) {
	struct cn_buf body = CN_BUF_INIT;
	size_t delimiter_len = strlen(redir->delimiter);
	int line = p->in->line;
	for (;;) {
		p->in->again = true;
		if (redir->strip) {
			while (sh_peek_at(p, 0) == '\t') {
				p->in->pos++;
			}
		}
		size_t len = here_line(p, !redir->quoted);
		if (len == 0) {
			break; // end of file: what there is
		}
		size_t start = body.len;
		const char *text = p->in->data + p->in->pos;
		here_append(&body, text, len, !redir->quoted);
		for (size_t i = 0; i < len; i++) {
			p->in->line += text[i] == '\n';
		}
		p->in->pos += len;
		size_t got = body.len - start;
		if (got > 0 && body.data[body.len - 1] == '\n') {
			got--;
		}
		if (got == delimiter_len && memcmp(body.data + start, redir->delimiter, got) == 0) {
			cn_buf_truncate(&body, start);
			break;
		}
	}
	if (memchr(body.data, '\0', body.len) != NULL) {
		sh_syntax_error(p, "NUL byte in the script");
	} else if (redir->quoted) {
		struct sh_word *word = sh_alloc_zero(&p->tree->arena, sizeof(*word));
		word->text = sh_arena_copy(&p->tree->arena, body.data, body.len);
		word->len = body.len;
		word->flags = SH_WORD_PLAIN | SH_WORD_NO_COMMANDS;
		redir->word = word;
	} else {
		redir->word = sh_lex_here(p, body.data, body.len, line);
	}
	cn_buf_finish(&body);
}

static void heredocs_read(struct sh_parser *p) {
	for (size_t i = 0; i < p->heredocs.len && !p->failed; i++) {
		heredoc_read(p, p->heredocs.items[i]);
	}
	p->heredocs.len = 0;
}

/* Take a newline token; the bodies of here-documents follow it. */
static void next_newline(struct sh_parser *p) {
	sh_next(p);
	if (p->heredocs.len > 0) {
		heredocs_read(p);
	}
}

static void skip_newlines(struct sh_parser *p) {
	while (!p->failed && sh_peek(p)->type == SH_TOK_NEWLINE) {
		p->in->again = true;
		next_newline(p);
	}
}

/* The same where a command follows, so that its first word may be an assignment. */
static void skip_to_command(struct sh_parser *p) {
	p->assign_ok = true;
	do {
		skip_newlines(p);
	} while (!p->failed && sh_peek_command(p)->type == SH_TOK_NEWLINE); // behind an alias of blanks
	p->assign_ok = false;
}

/* ---- redirections (XCU 2.7) ---- */

/* A here-document's delimiter: quotes removed, nothing expanded (2.7.4). NULL: there is none. */
static const char *take_delimiter(struct sh_parser *p, bool *quoted) {
	struct cn_buf text = CN_BUF_INIT;
	int quote = 0;
	int c;
	bool some = false;
	while ((c = sh_peek_char(p)) == ' ' || c == '\t') {
		sh_skip_char(p);
	}
	while ((c = quote == '\'' ? sh_peek_at(p, 0) : sh_peek_char(p)) >= 0 &&
			(quote != 0 || strchr(" \t\n|&;<>()", c) == NULL)) {
		sh_skip_char(p);
		some = true;
		if (c == quote || (quote == 0 && (c == '\'' || c == '"'))) {
			quote = quote == 0 ? c : 0;
			*quoted = true;
			continue;
		}
		if (c == '$' && quote == 0 && (sh_peek_char(p) == '\'')) {
			continue; // $'...', its escapes aside
		}
		if (c == '\\' && quote != '\'' &&
				(quote == 0 || (sh_peek_at(p, 0) >= 0 && strchr("$`\"\\", sh_peek_at(p, 0))))) {
			*quoted = true;
			c = sh_peek_at(p, 0);
			if (c < 0) {
				break;
			}
			sh_skip_char(p);
		}
		cn_buf_putc(&text, (char)c);
	}
	if (!some) {
		cn_buf_finish(&text);
		return NULL;
	}
	char *copy = sh_arena_copy(&p->tree->arena, text.data, text.len);
	cn_buf_finish(&text);
	return copy;
}

/* [n]op word, appended to the list. */
static bool parse_redir(struct sh_parser *p, struct sh_redir ***tail) {
	struct sh_redir *redir = sh_alloc_zero(&p->tree->arena, sizeof(*redir));
	struct sh_token *tok = sh_peek(p);
	redir->fd = -1;
	if (tok->type == SH_TOK_IO_NUMBER) {
		redir->fd = tok->number;
		sh_next(p);
		tok = sh_peek(p);
	}
	redir->kind = tok->redir;
	redir->strip = tok->strip;
	if (redir->fd < 0) {
		bool in = redir->kind == SH_REDIR_IN || redir->kind == SH_REDIR_RDWR ||
				redir->kind == SH_REDIR_DUP_IN || redir->kind == SH_REDIR_HERE ||
				redir->kind == SH_REDIR_HERE_STRING;
		redir->fd = in ? 0 : 1;
	}
	bool assign_ok = p->assign_ok;
	bool next_alias = p->next_alias;
	p->assign_ok = false;
	sh_next(p);
	if (redir->kind == SH_REDIR_HERE) {
		p->assign_ok = assign_ok;
		redir->delimiter = take_delimiter(p, &redir->quoted);
		if (redir->delimiter == NULL) {
			sh_peek(p);
			unexpected(p);
			return false;
		}
		cn_vec_push(&p->heredocs, redir);
		**tail = redir;
		*tail = &redir->next;
		return !p->failed;
	}
	tok = sh_peek(p);
	p->assign_ok = assign_ok;
	p->next_alias |= next_alias;
	if (tok->type != SH_TOK_WORD) {
		unexpected(p);
		return false;
	}
	redir->word = tok->word;
	**tail = redir;
	*tail = &redir->next;
	sh_next(p);
	return !p->failed;
}

static bool is_redir(const struct sh_token *tok) {
	return tok->type == SH_TOK_REDIR || tok->type == SH_TOK_IO_NUMBER;
}

static struct sh_node *parse_redirs(struct sh_parser *p, struct sh_node *node) {
	struct sh_redir **tail = &node->redirs;
	while (is_redir(sh_peek(p))) {
		if (!parse_redir(p, &tail)) {
			return NULL;
		}
	}
	return p->failed ? NULL : node;
}

/* ---- compound commands (XCU 2.9.4) ---- */

static bool expect_keyword(struct sh_parser *p, enum sh_keyword keyword) {
	if (p->failed) {
		return false;
	}
	if (sh_token_keyword(sh_peek(p)) != keyword) {
		unexpected(p);
		return false;
	}
	sh_next(p);
	return true;
}

/* A compound list that must not be empty. */
static struct sh_node *parse_body(struct sh_parser *p) {
	struct sh_node *body = parse_compound_list(p);
	return body == NULL && !p->failed ? unexpected(p) : body;
}

static struct sh_node *parse_do_group(struct sh_parser *p) {
	if (!expect_keyword(p, SH_KW_DO)) {
		return NULL;
	}
	struct sh_node *body = parse_body(p);
	return body != NULL && expect_keyword(p, SH_KW_DONE) ? body : NULL;
}

/* After `if` or `elif`. */
static struct sh_node *parse_if(struct sh_parser *p, int line) {
	struct sh_node *node = node_create(p, SH_NODE_IF, line);
	node->branch.cond = parse_body(p);
	if (node->branch.cond == NULL || !expect_keyword(p, SH_KW_THEN)) {
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
		return node->branch.otherwise != NULL && expect_keyword(p, SH_KW_FI) ? node : NULL;
	default:
		return expect_keyword(p, SH_KW_FI) ? node : NULL;
	}
}

static struct sh_node *parse_loop(struct sh_parser *p, enum sh_node_kind kind, int line) {
	struct sh_node *node = node_create(p, kind, line);
	node->branch.cond = parse_body(p);
	if (node->branch.cond == NULL) {
		return NULL;
	}
	node->branch.body = parse_do_group(p);
	return node->branch.body != NULL ? node : NULL;
}

/* for ((a; b; c)): after the second parenthesis. */
static struct sh_node *parse_arith_for(struct sh_parser *p, int line) {
	struct sh_node *node = node_create(p, SH_NODE_ARITH_FOR, line);
	for (int i = 0; i < 3; i++) {
		node->arith.expr[i] = sh_lex_arith_clause(p, i == 2);
		if (p->failed) {
			return NULL;
		}
	}
	if (sh_peek(p)->type == SH_TOK_SEMI) {
		sh_next(p);
	}
	skip_newlines(p);
	if (sh_token_keyword(sh_peek(p)) == SH_KW_OPEN_BRACE) {
		sh_next(p);
		node->arith.body = parse_body(p);
		return node->arith.body != NULL && expect_keyword(p, SH_KW_CLOSE_BRACE) ? node : NULL;
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
	node->each.words = stack_take(p, base, &node->each.count);
	if (sh_peek(p)->type != SH_TOK_SEMI && p->tok.type != SH_TOK_NEWLINE) {
		unexpected(p);
		return false;
	}
	if (p->tok.type == SH_TOK_SEMI) {
		sh_next(p);
	}
	return true;
}

static struct sh_node *parse_for(struct sh_parser *p, int line) {
	struct sh_token *tok = sh_peek(p);
	if (tok->type == SH_TOK_OPEN && sh_peek_char(p) == '(') {
		sh_skip_char(p);
		sh_next(p);
		return parse_arith_for(p, line);
	}
	if (tok->type != SH_TOK_WORD || (tok->word->flags & SH_WORD_BARE) == 0 ||
			!sh_is_name(tok->word->text, tok->word->len)) {
		return unexpected(p);
	}
	struct sh_node *node = node_create(p, SH_NODE_FOR, line);
	node->each.name = sh_name_intern(p->sh, tok->word->text, tok->word->len);
	node->each.count = -1;
	sh_next(p);
	if (sh_peek(p)->type == SH_TOK_SEMI) {
		sh_next(p);
		skip_newlines(p);
	} else {
		skip_newlines(p);
		if (sh_token_keyword(sh_peek(p)) == SH_KW_IN && !parse_for_words(p, node)) {
			return NULL;
		}
		skip_newlines(p);
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
			return unexpected(p);
		}
		cn_vec_push(&p->stack, p->tok.word);
		sh_next(p);
		if (sh_peek(p)->type != SH_TOK_PIPE) {
			break;
		}
		sh_next(p);
	}
	item->patterns = stack_take(p, base, &item->count);
	if (p->tok.type != SH_TOK_CLOSE) {
		return unexpected(p);
	}
	sh_next(p);
	item->body = parse_compound_list(p);
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
	struct sh_token *tok = sh_peek(p);
	if (tok->type != SH_TOK_WORD) {
		return unexpected(p);
	}
	struct sh_node *node = node_create(p, SH_NODE_CASE, line);
	node->cases.word = tok->word;
	sh_next(p);
	skip_newlines(p);
	if (!expect_keyword(p, SH_KW_IN)) {
		return NULL;
	}
	struct sh_case_item **tail = &node->cases.items;
	bool last = false;
	for (;;) {
		skip_newlines(p);
		if (sh_token_keyword(sh_peek(p)) == SH_KW_ESAC || last) {
			return expect_keyword(p, SH_KW_ESAC) ? node : NULL;
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
	struct sh_node *node = node_create(p, SH_NODE_BRACE, line);
	node->pair.left = parse_body(p);
	return node->pair.left != NULL && expect_keyword(p, SH_KW_CLOSE_BRACE) ? node : NULL;
}

/* Does the text ask which process it runs in? Then it gets one of its own. */
static bool text_asks_pid(const char *text, size_t len) {
	return memmem(text, len, "PPID", 4) != NULL || memmem(text, len, "BASHPID", 7) != NULL;
}

static struct sh_node *parse_subshell(struct sh_parser *p, int line) {
	if (sh_peek_at(p, 0) == '(') {
		sh_skip_char(p);
		struct sh_part *expr = sh_lex_arith(p);
		if (expr != NULL) {
			struct sh_node *node = node_create(p, SH_NODE_ARITH, line);
			node->arith.expr[0] = expr;
			return node;
		}
		p->in->pos--;
	}
	size_t start = p->in->pos;
	struct sh_node *node = node_create(p, SH_NODE_SUBSHELL, line);
	node->pair.left = parse_body(p);
	if (node->pair.left == NULL) {
		return NULL;
	}
	if (sh_peek(p)->type != SH_TOK_CLOSE) {
		return unexpected(p);
	}
	if (text_asks_pid(p->in->data + start, p->in->pos - start)) {
		node->flags |= SH_NODE_MUST_FORK;
	}
	sh_next(p);
	return node;
}

/* ---- [[ ... ]] ---- */

static struct sh_cond *parse_cond_or(struct sh_parser *p);

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
		return unexpected(p);
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
			return unexpected(p);
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

static struct sh_cond *parse_cond_not(struct sh_parser *p) {
	skip_newlines(p);
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
			return cond != NULL ? unexpected(p) : NULL;
		}
		sh_next(p);
		return cond;
	}
	return parse_cond_test(p);
}

static struct sh_cond *parse_cond_and(struct sh_parser *p) {
	struct sh_cond *left = parse_cond_not(p);
	while (left != NULL && (skip_newlines(p), sh_peek(p)->type == SH_TOK_AND_AND)) {
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
	while (left != NULL && (skip_newlines(p), sh_peek(p)->type == SH_TOK_OR_OR)) {
		sh_next(p);
		struct sh_cond *both = cond_create(p, "||");
		both->left = left;
		both->right = parse_cond_and(p);
		left = both->right != NULL ? both : NULL;
	}
	return left;
}

static struct sh_node *parse_cond(struct sh_parser *p, int line) {
	struct sh_node *node = node_create(p, SH_NODE_COND, line);
	node->cond = parse_cond_or(p);
	return node->cond != NULL && expect_keyword(p, SH_KW_COND_END) ? node : NULL;
}

/* ---- functions (XCU 2.9.5) ---- */

static struct sh_node *parse_function_body(struct sh_parser *p, struct sh_name *name, int line) {
	struct sh_node *node = node_create(p, SH_NODE_FUNCTION, line);
	node->function.name = name;
	skip_to_command(p);
	size_t start = sh_peek_command(p)->start;
	size_t heredocs = p->heredocs.len;
	p->functions++;
	node->function.body = parse_command(p);
	p->functions--;
	if (node->function.body == NULL) {
		return NULL;
	}
	size_t end = p->have_tok ? p->tok.start : p->in->pos;
	if (p->heredocs.len == heredocs && end > start) { // else one is still to come, behind it
		node->function.text =
				sh_arena_copy(&p->tree->arena, p->in->data + start, end - start);
	}
	if (node->function.body->kind == SH_NODE_SIMPLE) {
		return sh_syntax_error(p, "a function's body must be a compound command");
	}
	return node;
}

/* function name [()] body: as in ksh and bash. */
static struct sh_node *parse_function_keyword(struct sh_parser *p, int line) {
	struct sh_token *tok = sh_peek(p);
	if (tok->type != SH_TOK_WORD || (tok->word->flags & SH_WORD_PLAIN) == 0) {
		return unexpected(p);
	}
	struct sh_name *name = sh_name_intern(p->sh, tok->word->text, tok->word->len);
	sh_next(p);
	if (sh_peek(p)->type == SH_TOK_OPEN) {
		sh_next(p);
		if (sh_peek(p)->type != SH_TOK_CLOSE) {
			return unexpected(p);
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
	return builtin != NULL && (builtin->flags & SH_BUILTIN_DECLARES) != 0;
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
		return unexpected(p);
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

static struct sh_node *parse_simple(struct sh_parser *p) {
	struct simple s = { .node = node_create(p, SH_NODE_SIMPLE, p->tok.line) };
	s.redirs = &s.node->redirs;
	s.base = p->stack.len;
	p->assign_ok = true;
	for (;;) {
		struct sh_token *tok = s.words == 0 || p->next_alias ? sh_peek_command(p) : sh_peek(p);
		if (s.words > 0 && p->next_alias && !tok->alias_checked) {
			tok = sh_peek_command(p);
		}
		if (is_redir(tok)) {
			if (!parse_redir(p, &s.redirs)) {
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
			return unexpected(p);
		}
		simple_assigns(p, &s, s.base);
	}
	s.node->simple.words = stack_take(p, s.base, &s.node->simple.word_count);
	simple_argv(p, s.node);
	return s.node;
}

/* ---- commands, pipelines, lists ---- */

static struct sh_node *parse_compound(struct sh_parser *p, enum sh_keyword keyword, int line) {
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
		return parse_cond(p, line);
	default:
		return parse_function_keyword(p, line);
	}
}

static struct sh_node *parse_command_inner(struct sh_parser *p) {
	p->assign_ok = true;
	struct sh_token *tok = sh_peek_command(p);
	p->assign_ok = false;
	int line = tok->line;
	if (tok->type == SH_TOK_OPEN) {
		sh_next(p);
		struct sh_node *node = parse_subshell(p, line);
		return node != NULL ? parse_redirs(p, node) : NULL;
	}
	enum sh_keyword keyword = sh_token_keyword(tok);
	if (keyword == SH_KW_NONE || keyword == SH_KW_IN || keyword == SH_KW_COND_END) {
		return parse_simple(p);
	}
	if (keyword > SH_KW_CLOSERS || keyword == SH_KW_NOT) {
		return unexpected(p);
	}
	struct sh_node *node = parse_compound(p, keyword, line);
	return node != NULL && node->kind != SH_NODE_FUNCTION ? parse_redirs(p, node) : node;
}

static struct sh_node *parse_command(struct sh_parser *p) {
	if (p->depth >= DEPTH_MAX) {
		return sh_syntax_error(p, "nested too deeply");
	}
	p->depth++;
	struct sh_node *node = parse_command_inner(p);
	p->depth--;
	return p->failed ? NULL : node;
}

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
		struct sh_node *node = node_create(p, SH_NODE_NOT, line);
		sh_next(p);
		node->pair.left = parse_pipeline(p);
		return node->pair.left != NULL ? node : NULL;
	}
	size_t base = p->stack.len;
	size_t start = tok->start;
	struct sh_node *first = parse_command(p);
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
		skip_to_command(p);
		struct sh_node *stage = parse_command(p);
		if (stage == NULL) {
			return NULL;
		}
		cn_vec_push(&p->stack, stage);
	}
	struct sh_node *node = node_create(p, SH_NODE_PIPELINE, line);
	node->list.items = stack_take(p, base, &node->list.count);
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
				node_create(p, type == SH_TOK_AND_AND ? SH_NODE_AND : SH_NODE_OR, p->tok.line);
		sh_next(p);
		skip_to_command(p);
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
		struct sh_node *async = node_create(p, SH_NODE_ASYNC, node->line);
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
	struct sh_node *node = node_create(p, SH_NODE_LIST, first->line);
	node->list.items = stack_take(p, base, &node->list.count);
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

/* Lists up to a token that cannot begin one; NULL when there is none, or with p->failed. */
static struct sh_node *parse_compound_list(struct sh_parser *p) {
	size_t base = p->stack.len;
	for (;;) {
		skip_to_command(p);
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
	if (p->depth >= DEPTH_MAX) {
		return sh_syntax_error(p, "nested too deeply");
	}
	size_t start = p->in->pos;
	p->depth++;
	p->in->again = true;
	struct sh_node *node = parse_compound_list(p);
	p->depth--;
	if (p->failed) {
		return NULL;
	}
	if (sh_peek(p)->type != end) {
		return unexpected(p);
	}
	sh_next(p);
	if (node != NULL && text_asks_pid(p->in->data + start, p->in->pos - start)) {
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
			return unexpected(p);
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
		heredocs_read(p);
	}
	if (p->failed) {
		return -1;
	}
	p->tree->root = root;
	*out = sh_tree_hold(p->tree);
	return 1;
}
