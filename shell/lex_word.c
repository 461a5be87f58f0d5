/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * shell/lex_word.c - words: cut into parts, by their quoting (XCU 2.2) and tilde prefixes (2.6.1), and
 * classified once for all. See lexer_core.h.
 */
#include "config.h"

#include <string.h>

#include "shell/builtin.h"
#include "shell/lexer_core.h"
#include "shell/shell.h"

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

void sh_word_classify(struct sh_parser *p, struct sh_word *word, const struct sh_builder *b) {
	size_t len = 0;
	const struct sh_part *odd = word->parts;
	while (odd != NULL && odd->kind == SH_PART_TEXT) {
		len += odd->len;
		odd = odd->next;
	}
	if (odd != NULL || (b->any_glob && parts_have_glob(word->parts))) {
		if (!parts_run_commands(word->parts)) {
			word->flags |= SH_WORD_NO_COMMANDS;
		}
		return;
	}
	word->flags |= SH_WORD_PLAIN | SH_WORD_NO_COMMANDS | (b->any_quoted ? 0 : SH_WORD_BARE);
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

struct sh_word *sh_build_word(struct sh_parser *p, struct sh_builder *b, int line) {
	sh_build_flush(p, b);
	struct sh_word *word = sh_alloc_zero(&p->tree->arena, sizeof(*word));
	word->parts = b->first;
	word->line = line;
	sh_word_classify(p, word, b);
	return word;
}

/* ---- quoting (XCU 2.2) ---- */

static void lex_single_quotes(struct sh_parser *p, struct sh_builder *b) {
	sh_skip_char(p);
	struct sh_input *in = p->in;
	size_t len = 0;
	for (bool closed = false; !closed;) {
		in->again = true;
		if (!sh_has_char(p, len)) {
			sh_syntax_error(p, "unterminated single quote");
			return;
		}
		const char *from = in->data + in->pos + len;
		const char *end = in->data + in->len;
		const char *stop = memchr(from, '\'', (size_t)(end - from));
		closed = stop != NULL;
		stop = closed ? stop : end;
		len += (size_t)(stop - from);
		while ((from = memchr(from, '\n', (size_t)(stop - from))) != NULL) {
			in->line++;
			from++;
		}
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


static void lex_double_quotes(struct sh_parser *p, struct sh_builder *b) {
	sh_skip_char(p);
	sh_build_flush(p, b);
	struct sh_part **before = b->tail;
	bool nested = b->quoted && p->text.len > b->text;
	b->any_quoted = true;
	sh_lex_parts(p, b, SH_LEX_QUOTED, true);
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

bool sh_lex_tilde(struct sh_parser *p, struct sh_builder *b, enum sh_lex_mode mode, bool assign) {
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

static bool lex_at_end(struct sh_parser *p, enum sh_lex_mode mode, int c, int *nesting) {
	switch (mode) {
	case SH_LEX_WORD:
	case SH_LEX_PATTERN_LIST:
		return sh_is_word_end(c);
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

void sh_lex_parts(
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
			if (!sh_lex_tilde(p, b, mode, true)) {
				sh_skip_char(p);
				build_char(p, b, '~', quoted);
			}
			continue;
		default:
		literal:
			sh_skip_char(p);
			b->any_glob |= !quoted && (c == '*' || c == '?' || c == ']');
			build_char(p, b, c, quoted);
			lex_run(p, b);
		}
	}
}

struct sh_word *sh_lex_word(struct sh_parser *p, enum sh_lex_mode mode, bool quoted) {
	struct sh_builder b = { .text = p->text.len };
	b.tail = &b.first;
	int line = p->in->line;
	bool assign_ok = p->assign_ok;
	bool in_value = p->in_value;
	if (!sh_parse_deeper(p)) {
		return NULL;
	}
	if (mode != SH_LEX_WORD) {
		p->assign_ok = p->in_value = false;
	}
	if (!quoted && (mode == SH_LEX_WORD || mode == SH_LEX_BRACE || mode == SH_LEX_PATTERN_LIST) &&
			sh_peek_char(p) == '~') {
		sh_lex_tilde(p, &b, mode, false);
	}
	sh_lex_parts(p, &b, mode, quoted);
	p->depth--;
	p->assign_ok = assign_ok;
	p->in_value = in_value;
	if (p->failed) {
		cn_buf_truncate(&p->text, b.text);
		return NULL;
	}
	return sh_build_word(p, &b, line);
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
