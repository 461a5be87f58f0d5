/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * shell/lex_expansion.c - what begins with `$` or a backquote (XCU 2.6), up to where it ends, in
 * words of all kinds. See lexer_core.h.
 */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "shell/expand_arith.h"
#include "shell/lexer_core.h"
#include "shell/shell.h"

static bool is_name_start(int c) {
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

static bool is_digit(int c) {
	return c >= '0' && c <= '9';
}

static bool is_special(int c) {
	return c > 0 && strchr("@*#?-$!", c) != NULL;
}

/* ---- $'...' (XCU 2.2.4) ---- */

static int hex_value(int c) {
	if (is_digit(c)) {
		return c - '0';
	}
	c |= 32;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static unsigned take_number(struct sh_parser *p, int base, int max_digits) {
	unsigned value = 0;
	for (int i = 0; i < max_digits; i++) {
		int digit = hex_value(sh_peek_at(p, 0));
		if (digit < 0 || digit >= base) {
			break;
		}
		value = value * (unsigned)base + (unsigned)digit;
		sh_skip_char(p);
	}
	return value;
}

static size_t put_utf8(char *out, unsigned c) {
	if (c < 0x80) {
		out[0] = (char)c;
		return 1;
	}
	size_t len = c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
	static const unsigned char lead[] = { 0, 0, 0xC0, 0xE0, 0xF0 };
	for (size_t i = len - 1; i > 0; i--) {
		out[i] = (char)(0x80 | (c & 0x3F));
		c >>= 6;
	}
	out[0] = (char)(lead[len] | c);
	return len;
}

/* After the backslash: the bytes it stands for; 0 bytes for one that says NUL. */
static size_t take_escape(struct sh_parser *p, char *out) {
	static const char from[] = "abefnrtvE";
	static const char to[] = "\a\b\033\f\n\r\t\v\033";
	int c = sh_peek_at(p, 0);
	const char *simple = c > 0 ? strchr(from, c) : NULL;
	if (c >= '0' && c <= '7') {
		out[0] = (char)take_number(p, 8, 3);
		return out[0] != '\0';
	}
	sh_skip_char(p);
	if (simple != NULL) {
		out[0] = to[simple - from];
		return 1;
	}
	switch (c) {
	case 'x':
		out[0] = (char)take_number(p, 16, 2);
		return out[0] != '\0';
	case 'u':
	case 'U': {
		unsigned wide = take_number(p, 16, c == 'u' ? 4 : 8);
		return wide > 0 && wide < 0x110000 ? put_utf8(out, wide) : 0;
	}
	case 'c':
		c = sh_peek_at(p, 0);
		if (c < 0) {
			return 0; // unterminated, which is told next
		}
		sh_skip_char(p);
		if (c == '\\' && sh_peek_at(p, 0) == '\\') {
			sh_skip_char(p);
		}
		out[0] = (char)(c == '?' ? 127 : c & 0x1F);
		return out[0] != '\0';
	case '\\':
	case '\'':
	case '"':
	case '?':
		out[0] = (char)c;
		return 1;
	default:
		out[0] = '\\';
		out[1] = (char)c;
		return 2;
	}
}

static void lex_dollar_quotes(struct sh_parser *p, struct sh_builder *b) {
	sh_skip_char(p);
	sh_build_flush(p, b);
	bool cut = false; // after an escaped NUL, what follows is dropped
	bool empty = true;
	for (;;) {
		int c = sh_peek_at(p, 0);
		if (c < 0) {
			sh_syntax_error(p, "unterminated $' quote");
			return;
		}
		if (c == '\'') {
			break;
		}
		char text[8];
		size_t len = 1;
		p->in->again = true;
		sh_skip_char(p);
		text[0] = (char)c;
		if (c == '\\') {
			if (sh_peek_at(p, 0) < 0) {
				continue;
			}
			len = take_escape(p, text);
			cut |= len == 0;
		}
		if (!cut) {
			empty = false;
			sh_build_text(p, b, text, len, true);
		}
	}
	sh_skip_char(p);
	if (empty) {
		sh_build_part(p, b, SH_PART_TEXT, true)->text = "";
	}
	b->any_quoted = true;
}

/* ---- ${...} (XCU 2.6.2) ---- */

static struct sh_name *take_name(struct sh_parser *p) {
	struct cn_buf name = CN_BUF_INIT;
	int c;
	while (is_name_start(c = sh_peek_char(p)) || (name.len > 0 && is_digit(c))) {
		cn_buf_putc(&name, (char)c);
		sh_skip_char(p);
	}
	struct sh_name *interned = sh_name_intern(p->sh, name.data, name.len);
	cn_buf_finish(&name);
	return interned;
}

/* The fast way for what is all on hand: no line continuation inside. */
static struct sh_name *take_name_run(struct sh_parser *p) {
	struct sh_input *in = p->in;
	size_t end = in->pos;
	while (end < in->len &&
			(is_name_start((unsigned char)in->data[end]) ||
					is_digit((unsigned char)in->data[end]))) {
		end++;
	}
	if (end >= in->len || in->data[end] == '\\') {
		return take_name(p);
	}
	struct sh_name *name = sh_name_intern(p->sh, in->data + in->pos, end - in->pos);
	in->pos = end;
	return name;
}

/* The parameter itself: false when there is none here. */
static bool take_parameter(struct sh_parser *p, struct sh_param *param) {
	int c = sh_peek_char(p);
	if (is_name_start(c)) {
		param->name = take_name_run(p);
		return true;
	}
	if (is_digit(c)) {
		long number = 0;
		while (is_digit(c = sh_peek_char(p))) {
			number = number < 100000000 ? number * 10 + (c - '0') : number;
			sh_skip_char(p);
		}
		param->special = number == 0 ? '0' : 'n';
		param->number = (int)number;
		return true;
	}
	if (is_special(c)) {
		param->special = (char)c;
		sh_skip_char(p);
		return true;
	}
	return false;
}

/* ${#x}, or $# with an operator? */
static bool is_length(struct sh_parser *p) {
	int c = sh_peek_joined(p, 1);
	if (is_name_start(c) || is_digit(c)) {
		return true;
	}
	return is_special(c) && sh_peek_joined(p, 2) == '}';
}

static bool is_indirect(struct sh_parser *p) {
	int c = sh_peek_joined(p, 1);
	return is_name_start(c) || is_digit(c) ||
			((c == '@' || c == '*' || c == '#') && sh_peek_joined(p, 2) == '}');
}

static void take_index(struct sh_parser *p, struct sh_param *param) {
	if (param->name == NULL || sh_peek_char(p) != '[') {
		return;
	}
	sh_skip_char(p);
	int c = sh_peek_char(p);
	if ((c == '@' || c == '*') && sh_peek_joined(p, 1) == ']') {
		param->index_all = (char)c;
		sh_skip_char(p);
	} else {
		param->index = sh_lex_word(p, SH_LEX_INDEX, false);
	}
	if (sh_peek_char(p) == ']') {
		sh_skip_char(p);
	}
}

/* `first`, or `second` when the character is there twice. */
static uint8_t doubled(
		struct sh_parser *p, int c, enum sh_param_op first, enum sh_param_op second) {
	sh_skip_char(p);
	if (sh_peek_char(p) == c) {
		sh_skip_char(p);
		return (uint8_t)second;
	}
	return (uint8_t)first;
}

static uint8_t take_replace_op(struct sh_parser *p) {
	sh_skip_char(p);
	switch (sh_peek_char(p)) {
	case '/':
		sh_skip_char(p);
		return SH_OP_REPLACE_ALL;
	case '#':
		sh_skip_char(p);
		return SH_OP_REPLACE_PREFIX;
	case '%':
		sh_skip_char(p);
		return SH_OP_REPLACE_SUFFIX;
	default:
		return SH_OP_REPLACE;
	}
}

static uint8_t take_operator(struct sh_parser *p, struct sh_param *param) {
	int c = sh_peek_char(p);
	if (c == ':') {
		sh_skip_char(p);
		c = sh_peek_char(p);
		if (c < 0 || strchr("-=?+", c) == NULL) {
			return SH_OP_SUBSTRING;
		}
		param->colon = true;
	}
	switch (c) {
	case '-':
		sh_skip_char(p);
		return SH_OP_DEFAULT;
	case '=':
		sh_skip_char(p);
		return SH_OP_ASSIGN;
	case '?':
		sh_skip_char(p);
		return SH_OP_ERROR;
	case '+':
		sh_skip_char(p);
		return SH_OP_ALTERNATIVE;
	case '#':
		return doubled(p, c, SH_OP_PREFIX, SH_OP_PREFIX_LONG);
	case '%':
		return doubled(p, c, SH_OP_SUFFIX, SH_OP_SUFFIX_LONG);
	case '/':
		return take_replace_op(p);
	case '^':
		return doubled(p, c, SH_OP_UPPER, SH_OP_UPPER_ALL);
	case ',':
		return doubled(p, c, SH_OP_LOWER, SH_OP_LOWER_ALL);
	default:
		return SH_OP_BAD;
	}
}

static void take_operands(
		struct sh_parser *p, struct sh_param *param, enum sh_lex_mode mode, bool quoted) {
	bool in_quotes = quoted &&
			(mode == SH_LEX_QUOTED || mode == SH_LEX_QUOTED_BRACE || mode == SH_LEX_HERE ||
					mode == SH_LEX_ARITH);
	switch (param->op) {
	case SH_OP_DEFAULT:
	case SH_OP_ASSIGN:
	case SH_OP_ERROR:
	case SH_OP_ALTERNATIVE:
		param->word = sh_lex_word(p, in_quotes ? SH_LEX_QUOTED_BRACE : SH_LEX_BRACE, in_quotes);
		break;
	case SH_OP_SUBSTRING:
		param->word = sh_lex_word(p, SH_LEX_SUBST, false);
		if (sh_peek_char(p) == ':') {
			sh_skip_char(p);
			param->word2 = sh_lex_word(p, SH_LEX_BRACE, false);
		}
		break;
	case SH_OP_REPLACE:
	case SH_OP_REPLACE_ALL:
	case SH_OP_REPLACE_PREFIX:
	case SH_OP_REPLACE_SUFFIX:
		param->word = sh_lex_word(p, SH_LEX_REPLACE, false);
		if (sh_peek_char(p) == '/') {
			sh_skip_char(p);
			param->word2 = sh_lex_word(p, SH_LEX_BRACE, false);
		}
		break;
	default:
		param->word = sh_lex_word(p, SH_LEX_BRACE, false);
		break;
	}
}

/* After `${`. Whatever is wrong inside shows when it is expanded (XCU 2.8.1, expansion error). */
static void lex_braced(struct sh_parser *p, struct sh_builder *b, enum sh_lex_mode mode,
		bool quoted, size_t start) {
	struct sh_param *param = sh_alloc_zero(&p->tree->arena, sizeof(*param));
	int c = sh_peek_char(p);
	if (c == '#' && is_length(p)) {
		sh_skip_char(p);
		param->op = SH_OP_LENGTH;
	} else if (c == '!' && is_indirect(p)) {
		sh_skip_char(p);
		param->op = SH_OP_INDIRECT;
	}
	if (!take_parameter(p, param)) {
		param->op = SH_OP_BAD;
	}
	take_index(p, param);
	if (param->op == SH_OP_INDIRECT && param->index_all != '\0') {
		param->op = SH_OP_KEYS;
	}
	if (!p->failed && sh_peek_char(p) != '}') {
		uint8_t op = take_operator(p, param);
		param->op = param->op != SH_OP_NONE ? SH_OP_BAD : op;
		take_operands(p, param, mode, quoted);
	}
	if (p->failed) {
		return;
	}
	if (sh_peek_char(p) != '}') {
		sh_syntax_error(p, "unterminated ${");
		return;
	}
	sh_skip_char(p);
	struct sh_part *part = sh_build_part(p, b, SH_PART_PARAM, quoted);
	part->param = param;
	if (param->op == SH_OP_BAD) {
		size_t len = p->in->pos - start;
		struct sh_word *word = sh_alloc_zero(&p->tree->arena, sizeof(*word));
		word->text = sh_arena_copy(&p->tree->arena, p->in->data + start, len);
		param->word = word;
	}
}

/* ---- $(...), `...`, $((...)) ---- */

/* The parser's token in hand is put aside while another command is parsed inside a word. */
static struct sh_node *parse_backquoted(struct sh_parser *p, const char *text, size_t len, int line) {
	struct sh_input in;
	struct sh_parser inner;
	sh_input_string(&in, text, len, line);
	sh_parser_init(&inner, p->sh, &in);
	inner.tree = p->tree;
	inner.no_aliases = true;
	inner.depth = p->depth;
	inner.quiet = p->quiet;
	struct sh_node *node = sh_parse_substitution(&inner, SH_TOK_EOF);
	p->failed |= inner.failed;
	inner.tree = NULL;
	sh_parser_finish(&inner);
	sh_input_finish(&in);
	return node;
}

/* Aliases are substituted when the command runs, line by line: its text is parsed again for them.
 */
static void command_source(
		struct sh_parser *p, struct sh_part *part, const char *text, size_t len, int line) {
	part->source = len > 0 ? sh_arena_copy(&p->tree->arena, text, len) : "";
	part->line = line;
	part->has_alias = strstr(part->source, "alias") != NULL;
}

void sh_lex_backquote(struct sh_parser *p, struct sh_builder *b, bool in_quotes, bool quoted) {
	struct cn_buf text = CN_BUF_INIT;
	int line = p->in->line;
	sh_skip_char(p);
	for (;;) {
		int c = sh_peek_at(p, 0);
		if (c < 0) {
			sh_syntax_error(p, "unterminated backquote");
			goto out;
		}
		if (c == '`') {
			break;
		}
		p->in->again = true;
		sh_skip_char(p);
		if (c == '\\') {
			int d = sh_peek_at(p, 0);
			if (d == '$' || d == '`' || d == '\\' || (d == '"' && in_quotes)) {
				c = d;
				sh_skip_char(p);
			}
		}
		cn_buf_putc(&text, (char)c);
	}
	sh_skip_char(p);
	struct sh_part *part = sh_build_part(p, b, SH_PART_COMMAND, quoted);
	part->command = parse_backquoted(p, text.data, text.len, line);
	command_source(p, part, text.data, text.len, line);
out:
	cn_buf_finish(&text);
}

static void lex_command(struct sh_parser *p, struct sh_builder *b, bool quoted) {
	struct sh_part *part = sh_build_part(p, b, SH_PART_COMMAND, quoted);
	struct sh_token tok = p->tok;
	struct cn_vec pending = p->heredocs;
	bool have_tok = p->have_tok;
	bool assign_ok = p->assign_ok;
	bool in_value = p->in_value;
	bool next_alias = p->next_alias;
	bool no_aliases = p->no_aliases;
	size_t start = p->in->pos;
	int line = p->in->line;
	p->heredocs = (struct cn_vec)CN_VEC_INIT;
	p->have_tok = p->in_value = false;
	p->no_aliases = true;
	part->command = sh_parse_substitution(p, SH_TOK_CLOSE);
	if (!p->failed) {
		command_source(p, part, p->in->data + start, p->in->pos - start - 1, line);
	}
	for (size_t i = 0; i < p->heredocs.len; i++) {
		cn_vec_push(&pending, p->heredocs.items[i]); // bodies behind it, though unspecified
	}
	cn_vec_finish(&p->heredocs);
	p->heredocs = pending;
	p->tok = tok;
	p->have_tok = have_tok;
	p->assign_ok = assign_ok;
	p->in_value = in_value;
	p->next_alias = next_alias;
	p->no_aliases = no_aliases;
}

/* The expression from `start` on as a part, with its tree when all of it is known now. */
static struct sh_part *arith_part(
		struct sh_parser *p, struct sh_word *word, size_t start, size_t end) {
	struct sh_part *part = sh_alloc_zero(&p->tree->arena, sizeof(*part));
	part->kind = SH_PART_ARITH;
	part->arith.word = word;
	part->arith.expr = sh_arith_parse(p->sh, &p->tree->arena, p->in->data + start, end - start);
	return part;
}

/* As sh_lex_arith(); *cut: the input ended in what may still have become an expression. */
static struct sh_part *lex_arith(struct sh_parser *p, bool *cut) {
	size_t start = p->in->pos;
	int line = p->in->line;
	size_t heredocs = p->heredocs.len;
	size_t text = p->text.len;
	bool quiet = p->quiet;
	bool failed = p->failed;
	*cut = false;
	if (sh_input_refused(p->in, start)) {
		return NULL;
	}
	p->quiet = true;
	struct sh_word *word = sh_lex_word(p, SH_LEX_ARITH, true);
	size_t end = p->in->pos;
	p->quiet = quiet;
	if (word != NULL && sh_peek_char(p) == ')') {
		p->in->pos++;
		if (sh_peek_char(p) == ')') {
			p->in->pos++;
			return arith_part(p, word, start, end);
		}
	}
	*cut = sh_peek_char(p) < 0 &&
			sh_arith_unfinished(p->sh, p->in->data + start, p->in->pos - start);
	sh_input_refuse(p->in, start);
	p->failed = failed;
	p->in->pos = start;
	p->in->line = line;
	p->heredocs.len = heredocs;
	cn_buf_truncate(&p->text, text);
	return NULL;
}

struct sh_part *sh_lex_arith(struct sh_parser *p) {
	bool cut;
	return lex_arith(p, &cut);
}

struct sh_part *sh_lex_arith_clause(struct sh_parser *p, bool last) {
	size_t start = p->in->pos;
	struct sh_builder b = { .text = p->text.len };
	b.tail = &b.first;
	size_t n = 0;
	int nesting = 0;
	for (int c; (c = sh_peek_at(p, n)) >= 0; n++) {
		if (nesting == 0 && (c == ';' || c == ')')) {
			break;
		}
		nesting += (c == '(') - (c == ')');
	}
	size_t len = n;
	bool closed =
			last ? sh_peek_at(p, n) == ')' && sh_peek_at(p, n + 1) == ')' : sh_peek_at(p, n) == ';';
	if (!closed) {
		return sh_syntax_error(p, "bad arithmetic `for`");
	}
	struct sh_word *word = sh_lex_here(p, p->in->data + start, len, p->in->line);
	p->in->pos = start + len + (last ? 2 : 1);
	return word != NULL ? arith_part(p, word, start, start + len) : NULL;
}

void sh_lex_dollar(struct sh_parser *p, struct sh_builder *b, enum sh_lex_mode mode, bool quoted) {
	size_t start = p->in->pos;
	sh_skip_char(p);
	int c = sh_peek_char(p);
	if (c == '{') {
		sh_skip_char(p);
		lex_braced(p, b, mode, quoted, start);
		return;
	}
	if (c == '(') {
		sh_skip_char(p);
		size_t after = p->in->pos;
		int line = p->in->line;
		if (sh_peek_char(p) == '(') {
			sh_skip_char(p);
			bool cut;
			struct sh_part *arith = lex_arith(p, &cut);
			if (arith == NULL && cut) { // XCU 2.6.3: not taken for a command
				sh_syntax_error(p, "unterminated $((");
				return;
			}
			if (arith != NULL) {
				sh_build_flush(p, b);
				arith->quoted = quoted;
				*b->tail = arith;
				b->tail = &arith->next;
				return;
			}
			p->in->pos = after; // $( (
			p->in->line = line;
		}
		lex_command(p, b, quoted);
		return;
	}
	if (c == '\'' && !quoted && mode != SH_LEX_ARITH) {
		lex_dollar_quotes(p, b);
		return;
	}
	if (is_name_start(c) || is_digit(c) || is_special(c)) {
		struct sh_param *param = sh_alloc_zero(&p->tree->arena, sizeof(*param));
		if (is_digit(c)) {
			param->special = c == '0' ? '0' : 'n';
			param->number = c - '0';
			sh_skip_char(p);
		} else {
			take_parameter(p, param);
		}
		sh_build_part(p, b, SH_PART_PARAM, quoted)->param = param;
		return;
	}
	sh_build_text(p, b, "$", 1, quoted);
}
