/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "shell/builtin.h"
#include "shell/parser.h"
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

/* Is data[pos + n] there? Lines are fetched only while the command needs them. */
static inline bool has_char(struct sh_parser *p, size_t n) {
	while (p->in->pos + n >= p->in->len) {
		if (!sh_input_fill(p->sh, p->in)) {
			return false;
		}
	}
	return true;
}

int sh_peek_at(struct sh_parser *p, size_t n) {
	return has_char(p, n) ? (unsigned char)p->in->data[p->in->pos + n] : -1;
}

int sh_peek_joined(struct sh_parser *p, size_t n) {
	int c;
	while ((c = sh_peek_at(p, n)) == '\\' && sh_peek_at(p, n + 1) == '\n') {
		sh_input_remove(p->in, p->in->pos + n, 2);
		p->in->line++;
	}
	return c;
}

int sh_peek_char(struct sh_parser *p) {
	for (;;) {
		if (!has_char(p, 0)) {
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

/* ---- building words ---- */

struct sh_part *sh_build_part(
		struct sh_parser *p, struct sh_builder *b, enum sh_part_kind kind, bool quoted) {
	sh_build_flush(p, b);
	struct sh_part *part = sh_alloc_zero(&p->tree->arena, sizeof(*part));
	part->kind = (uint8_t)kind;
	part->quoted = quoted;
	*b->tail = part;
	b->tail = &part->next;
	return part;
}

void sh_build_flush(struct sh_parser *p, struct sh_builder *b) {
	size_t len = p->text.len - b->text;
	if (len == 0) {
		return;
	}
	struct sh_part *part = sh_alloc_zero(&p->tree->arena, sizeof(*part));
	part->kind = SH_PART_TEXT;
	part->quoted = b->quoted;
	part->len = len;
	part->text = sh_arena_copy(&p->tree->arena, p->text.data + b->text, len);
	cn_buf_truncate(&p->text, b->text);
	*b->tail = part;
	b->tail = &part->next;
}

void sh_build_text(
		struct sh_parser *p, struct sh_builder *b, const char *text, size_t len, bool quoted) {
	if (b->quoted != quoted) {
		sh_build_flush(p, b);
		b->quoted = quoted;
	}
	b->any_quoted |= quoted;
	cn_buf_append(&p->text, text, len);
}

static inline void build_char(struct sh_parser *p, struct sh_builder *b, int c, bool quoted) {
	if (b->quoted != quoted) {
		sh_build_flush(p, b);
		b->quoted = quoted;
	}
	struct cn_buf *text = &p->text;
	if (text->len + 1 < text->cap) {
		text->data[text->len++] = (char)c;
	} else {
		cn_buf_putc(text, (char)c);
	}
}

/* An empty quoted string is a word too. */
static void build_empty(struct sh_parser *p, struct sh_builder *b) {
	struct sh_part *part = sh_build_part(p, b, SH_PART_TEXT, true);
	part->text = "";
}

static bool parts_run_commands(const struct sh_part *part) {
	for (; part != NULL; part = part->next) {
		switch (part->kind) {
		case SH_PART_COMMAND:
			return true;
		case SH_PART_ARITH:
			if (part->arith.expr == NULL) {
				return true;
			}
			break;
		case SH_PART_PARAM:
			if (part->param->op != SH_OP_NONE || part->param->index != NULL) {
				return true; // not worth a closer look
			}
			break;
		default:
			break;
		}
	}
	return false;
}

/* Could unquoted text make it a pattern? A bracket needs its other half: `[` is a command. */
static bool parts_have_glob(const struct sh_part *part) {
	bool open = false;
	for (; part != NULL; part = part->next) {
		for (size_t i = 0; i < part->len && !part->quoted; i++) {
			char c = part->text[i];
			if (c == '*' || c == '?' || (c == ']' && open)) {
				return true;
			}
			open |= c == '[';
		}
	}
	return false;
}

/* A word whose parts are all literal and which no glob character makes more of is `plain`. */
static void word_classify(struct sh_parser *p, struct sh_word *word, bool any_quoted) {
	size_t len = 0;
	const struct sh_part *odd = word->parts;
	while (odd != NULL && odd->kind == SH_PART_TEXT) {
		len += odd->len;
		odd = odd->next;
	}
	if (odd != NULL || parts_have_glob(word->parts)) {
		if (!parts_run_commands(word->parts)) {
			word->flags |= SH_WORD_NO_COMMANDS;
		}
		return;
	}
	word->flags |= SH_WORD_PLAIN | SH_WORD_NO_COMMANDS | (any_quoted ? 0 : SH_WORD_BARE);
	word->len = len;
	if (word->parts == NULL) {
		word->text = "";
	} else if (word->parts->next == NULL) {
		word->text = word->parts->text;
	} else {
		char *text = sh_alloc(&p->tree->arena, len + 1);
		word->text = text;
		for (const struct sh_part *part = word->parts; part != NULL; part = part->next) {
			memcpy(text, part->text, part->len);
			text += part->len;
		}
		*text = '\0';
	}
}

static struct sh_word *build_word(struct sh_parser *p, struct sh_builder *b, int line) {
	sh_build_flush(p, b);
	struct sh_word *word = sh_alloc_zero(&p->tree->arena, sizeof(*word));
	word->parts = b->first;
	word->line = line;
	word_classify(p, word, b->any_quoted);
	return word;
}

/* ---- quoting (XCU 2.2) ---- */

static void lex_single_quotes(struct sh_parser *p, struct sh_builder *b) {
	sh_skip_char(p);
	struct sh_input *in = p->in;
	size_t len = 0;
	for (;;) {
		in->again = true;
		if (!has_char(p, len)) {
			sh_syntax_error(p, "unterminated single quote");
			return;
		}
		if (in->data[in->pos + len] == '\'') {
			break;
		}
		in->line += in->data[in->pos + len] == '\n';
		len++;
	}
	if (memchr(in->data + in->pos, '\0', len) != NULL) {
		sh_syntax_error(p, "NUL byte in the script");
		return;
	}
	if (len == 0) {
		build_empty(p, b);
	} else {
		sh_build_text(p, b, in->data + in->pos, len, true);
	}
	b->any_quoted = true;
	in->pos += len + 1;
}

static void lex_parts(struct sh_parser *p, struct sh_builder *b, enum sh_lex_mode mode, bool quoted);

static void lex_double_quotes(struct sh_parser *p, struct sh_builder *b) {
	sh_skip_char(p);
	sh_build_flush(p, b);
	struct sh_part **before = b->tail;
	bool nested = b->quoted && p->text.len > b->text;
	b->any_quoted = true;
	lex_parts(p, b, SH_LEX_QUOTED, true);
	if (p->failed) {
		return;
	}
	if (sh_peek_char(p) != '"') {
		sh_syntax_error(p, "unterminated double quote");
		return;
	}
	sh_skip_char(p);
	if (!nested && *before == NULL && (p->text.len == b->text || !b->quoted)) {
		build_empty(p, b);
	}
}

/* A backslash and what it quotes here (XCU 2.2.1, 2.2.3, 2.7.4). */
static void lex_backslash(
		struct sh_parser *p, struct sh_builder *b, enum sh_lex_mode mode, bool quoted) {
	int c = sh_peek_at(p, 1);
	if (c < 0) {
		sh_skip_char(p);
		build_char(p, b, '\\', true);
		b->any_quoted = true;
		return;
	}
	bool escapes = !quoted || c == '$' || c == '`' || c == '\\' ||
			(c == '"' && mode != SH_LEX_HERE && mode != SH_LEX_ARITH) ||
			(c == '}' && mode == SH_LEX_QUOTED_BRACE);
	sh_skip_char(p);
	b->any_quoted = true;
	if (escapes) {
		sh_skip_char(p);
		build_char(p, b, c, true);
	} else {
		build_char(p, b, '\\', true);
	}
}

/* ---- tilde prefixes (XCU 2.6.1) ---- */

/* At an unquoted `~` where one counts: take it and the user name, when nothing there is quoted. */
static bool lex_tilde(struct sh_parser *p, struct sh_builder *b, enum sh_lex_mode mode, bool assign) {
	size_t n = 1;
	int c;
	while ((c = sh_peek_at(p, n)) > 0 && strchr("/:} \t\n|&;<>()", c) == NULL) {
		if (strchr("'\"\\$`", c) != NULL) {
			return false;
		}
		n++;
	}
	if ((c == ':' && !assign && mode == SH_LEX_WORD) || (c == '}' && mode == SH_LEX_WORD)) {
		return false;
	}
	struct sh_part *part = sh_build_part(p, b, SH_PART_TILDE, false);
	part->text = sh_arena_copy(&p->tree->arena, p->in->data + p->in->pos + 1, n - 1);
	part->len = n - 1;
	p->in->pos += n;
	return true;
}

/* ---- words ---- */

static bool is_word_end(int c) {
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

static bool lex_at_end(struct sh_parser *p, enum sh_lex_mode mode, int c, int *nesting) {
	switch (mode) {
	case SH_LEX_WORD:
	case SH_LEX_PATTERN_LIST:
		return is_word_end(c);
	case SH_LEX_BRACE:
	case SH_LEX_QUOTED_BRACE:
		return c == '}';
	case SH_LEX_QUOTED:
		return c == '"';
	case SH_LEX_HERE:
		return false;
	case SH_LEX_ARITH:
		*nesting += (c == '(') - (c == ')');
		return *nesting < 0;
	case SH_LEX_INDEX:
		*nesting += (c == '[') - (c == ']');
		return *nesting < 0;
	case SH_LEX_SUBST:
		*nesting += (c == '(' || c == '?') - (c == ')' || (c == ':' && *nesting > 0));
		return (c == ':' && *nesting <= 0) || c == '}';
	case SH_LEX_REPLACE:
		return c == '/' || c == '}';
	case SH_LEX_REGEX:
		if (c == ' ' || c == '\t' || c == '\n') {
			return *nesting <= 0;
		}
		*nesting += (c == '(') - (c == ')');
		return *nesting < 0;
	}
	return true;
}

/* The literal characters ahead that need no thought, in one go. */
static void lex_run(struct sh_parser *p, struct sh_builder *b) {
	static const char plain[256] = {
		['a'] = 1, ['b'] = 1, ['c'] = 1, ['d'] = 1, ['e'] = 1, ['f'] = 1, ['g'] = 1, ['h'] = 1,
		['i'] = 1, ['j'] = 1, ['k'] = 1, ['l'] = 1, ['m'] = 1, ['n'] = 1, ['o'] = 1, ['p'] = 1,
		['q'] = 1, ['r'] = 1, ['s'] = 1, ['t'] = 1, ['u'] = 1, ['v'] = 1, ['w'] = 1, ['x'] = 1,
		['y'] = 1, ['z'] = 1, ['A'] = 1, ['B'] = 1, ['C'] = 1, ['D'] = 1, ['E'] = 1, ['F'] = 1,
		['G'] = 1, ['H'] = 1, ['I'] = 1, ['J'] = 1, ['K'] = 1, ['L'] = 1, ['M'] = 1, ['N'] = 1,
		['O'] = 1, ['P'] = 1, ['Q'] = 1, ['R'] = 1, ['S'] = 1, ['T'] = 1, ['U'] = 1, ['V'] = 1,
		['W'] = 1, ['X'] = 1, ['Y'] = 1, ['Z'] = 1, ['0'] = 1, ['1'] = 1, ['2'] = 1, ['3'] = 1,
		['4'] = 1, ['5'] = 1, ['6'] = 1, ['7'] = 1, ['8'] = 1, ['9'] = 1, ['_'] = 1, ['.'] = 1,
		['-'] = 1, ['%'] = 1, ['+'] = 1, [','] = 1, ['@'] = 1,
	};
	struct sh_input *in = p->in;
	size_t end = in->pos;
	while (end < in->len && plain[(unsigned char)in->data[end]]) {
		end++;
	}
	if (end > in->pos) {
		cn_buf_append(&p->text, in->data + in->pos, end - in->pos);
		in->pos = end;
	}
}

static void lex_parts(
		struct sh_parser *p, struct sh_builder *b, enum sh_lex_mode mode, bool quoted) {
	int nesting = 0;
	while (!p->failed) {
		int c = sh_peek_char(p);
		if (c < 0 || lex_at_end(p, mode, c, &nesting)) {
			return;
		}
		switch (c) {
		case '\'':
			if (quoted || mode == SH_LEX_ARITH) {
				goto literal;
			}
			lex_single_quotes(p, b);
			continue;
		case '"':
			if (mode == SH_LEX_HERE || mode == SH_LEX_ARITH) {
				goto literal;
			}
			lex_double_quotes(p, b);
			continue;
		case '\\':
			lex_backslash(p, b, mode, quoted || mode == SH_LEX_ARITH);
			continue;
		case '$':
			sh_lex_dollar(p, b, mode, quoted);
			continue;
		case '`':
			sh_lex_backquote(p, b,
					mode == SH_LEX_QUOTED || mode == SH_LEX_QUOTED_BRACE || mode == SH_LEX_HERE, quoted);
			continue;
		case '\n':
			p->in->again = true;
			goto literal;
		case ':':
			if (!p->in_value || mode != SH_LEX_WORD || sh_peek_at(p, 1) != '~') {
				goto literal;
			}
			sh_skip_char(p);
			build_char(p, b, ':', quoted);
			if (!lex_tilde(p, b, mode, true)) {
				sh_skip_char(p);
				build_char(p, b, '~', quoted);
			}
			continue;
		default:
		literal:
			sh_skip_char(p);
			build_char(p, b, c, quoted);
			lex_run(p, b);
		}
	}
}

/* In `name[`: is this a subscript followed by an assignment? */
static bool is_index_assign(struct sh_parser *p) {
	int nesting = 0;
	for (size_t n = 0;; n++) {
		int c = sh_peek_at(p, n);
		if (c < 0 || c == '\n') {
			return false;
		}
		nesting += (c == '[') - (c == ']');
		if (c == ']' && nesting == 0) {
			int d = sh_peek_at(p, n + 1);
			return d == '=' || (d == '+' && sh_peek_at(p, n + 2) == '=');
		}
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
			while ((c = sh_peek_at(p, 0)) >= 0 && c != '\n') {
				p->in->pos++;
			}
			continue;
		}
		if (c == ')') {
			sh_skip_char(p);
			break;
		}
		if (c < 0 || (is_word_end(c))) {
			sh_syntax_error(p, "unterminated array assignment");
			break;
		}
		struct sh_assign *item = sh_alloc_zero(&p->tree->arena, sizeof(*item));
		if (c == '[' && is_index_assign(p)) {
			item->index = lex_index(p);
			if (sh_peek_char(p) == '+') {
				sh_skip_char(p);
				item->append = true;
			}
			sh_skip_char(p);
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
 * x=$x...: the value is what follows, to be appended in place. What follows must not look at x
 * itself, which plain parts of other names cannot.
 */
static void assign_note_self(struct sh_parser *p, struct sh_assign *assign) {
	struct sh_part *part = assign->value->parts;
	if (part == NULL || part->kind != SH_PART_PARAM || part->param->name != assign->name ||
			part->param->op != SH_OP_NONE || part->param->index != NULL || part->next == NULL) {
		return;
	}
	for (struct sh_part *next = part->next; next != NULL; next = next->next) {
		if (next->kind != SH_PART_TEXT &&
				(next->kind != SH_PART_PARAM || next->param->name == assign->name ||
						next->param->op != SH_OP_NONE || next->param->index != NULL)) {
			return;
		}
	}
	struct sh_word *rest = sh_alloc_zero(&p->tree->arena, sizeof(*rest));
	rest->parts = part->next;
	rest->line = assign->value->line;
	word_classify(p, rest, true);
	assign->value = rest;
	assign->self = true;
}

/*
 * NAME=, NAME+=, NAME[...]= at the start of a word (XCU 2.10.2 rule 7): the assignment, with its
 * value, or NULL when it is none.
 */
static struct sh_assign *lex_assignment(struct sh_parser *p) {
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
	if (sh_peek_char(p) == '+') {
		sh_skip_char(p);
		assign->append = true;
	}
	sh_skip_char(p);
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
		lex_tilde(p, &b, SH_LEX_WORD, true);
	}
	lex_parts(p, &b, SH_LEX_WORD, false);
	p->in_value = in_value;
	assign->value = build_word(p, &b, line);
	if (!assign->append && assign->index == NULL) {
		assign_note_self(p, assign);
	}
	return assign;
}

struct sh_word *sh_lex_word(struct sh_parser *p, enum sh_lex_mode mode, bool quoted) {
	struct sh_builder b = { .text = p->text.len };
	b.tail = &b.first;
	int line = p->in->line;
	bool assign_ok = p->assign_ok;
	bool in_value = p->in_value;
	if (mode != SH_LEX_WORD) {
		p->assign_ok = p->in_value = false;
	}
	if (!quoted && (mode == SH_LEX_WORD || mode == SH_LEX_BRACE || mode == SH_LEX_PATTERN_LIST) &&
			sh_peek_char(p) == '~') {
		lex_tilde(p, &b, mode, false);
	}
	lex_parts(p, &b, mode, quoted);
	p->assign_ok = assign_ok;
	p->in_value = in_value;
	if (p->failed) {
		cn_buf_truncate(&p->text, b.text);
		return NULL;
	}
	return build_word(p, &b, line);
}

struct sh_word *sh_lex_here(struct sh_parser *p, const char *text, size_t len, int line) {
	struct sh_input *outer = p->in;
	struct sh_input in;
	sh_input_string(&in, text, len, line);
	struct cn_vec pending = p->heredocs;
	p->in = &in;
	p->heredocs = (struct cn_vec)CN_VEC_INIT;
	struct sh_word *word = sh_lex_word(p, SH_LEX_HERE, true);
	p->in = outer;
	cn_vec_finish(&p->heredocs);
	p->heredocs = pending;
	sh_input_finish(&in);
	return word;
}

struct sh_word *sh_lex_text(struct shell *sh, struct sh_tree *tree, const char *text, size_t len) {
	struct sh_input in;
	struct sh_parser p;
	sh_input_string(&in, text, len, sh->line);
	sh_parser_init(&p, sh, &in);
	p.tree = tree;
	struct sh_word *word = sh_lex_word(&p, SH_LEX_HERE, true);
	p.tree = NULL;
	sh_parser_finish(&p);
	sh_input_finish(&in);
	return word;
}

/* ---- tokens (XCU 2.3) ---- */

static void skip_blanks(struct sh_parser *p) {
	for (;;) {
		int c = sh_peek_char(p);
		if (c == ' ' || c == '\t') {
			p->in->pos++;
		} else if (c == '#') {
			while ((c = sh_peek_at(p, 0)) >= 0 && c != '\n') {
				p->in->pos++;
			}
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
	} else if (is_word_end(c)) {
		tok->type = (uint8_t)lex_operator(p, c);
	} else if (c >= '0' && c <= '9' && lex_io_number(p)) {
		tok->type = SH_TOK_IO_NUMBER;
	} else if (p->assign_ok && (tok->assign = lex_assignment(p)) != NULL) {
		tok->type = SH_TOK_ASSIGN;
	} else {
		tok->type = SH_TOK_WORD;
		tok->word = sh_lex_word(p, SH_LEX_WORD, false);
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
	if (tok->type != SH_TOK_WORD || (tok->word->flags & SH_WORD_BARE) == 0 || p->no_aliases) {
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

struct sh_token *sh_peek_command(struct sh_parser *p) {
	struct sh_token *tok = sh_peek(p);
	while (!tok->alias_checked) {
		tok->alias_checked = true;
		p->next_alias = false;
		if (tok->type == SH_TOK_WORD && sh_token_keyword(tok) == SH_KW_NONE &&
				alias_substitute(p)) {
			tok = sh_peek(p);
		}
	}
	return tok;
}

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
	if (len > 8) {
		return SH_KW_NONE;
	}
	for (size_t i = 0; i < sizeof(keywords) / sizeof(keywords[0]); i++) {
		if (keywords[i].text[0] == text[0] && strcmp(keywords[i].text, text) == 0) {
			return keywords[i].keyword;
		}
	}
	return SH_KW_NONE;
}

enum sh_keyword sh_token_keyword(const struct sh_token *tok) {
	if (tok->type != SH_TOK_WORD || (tok->word->flags & SH_WORD_BARE) == 0) {
		return SH_KW_NONE;
	}
	return keyword_of(tok->word->text, tok->word->len);
}

bool sh_is_keyword(const char *word) {
	return keyword_of(word, strlen(word)) != SH_KW_NONE;
}
