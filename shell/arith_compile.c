/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * shell/arith_compile.c - arithmetic expressions (XCU 2.6.4, 1.1.2.1) to code: recursive descent,
 * with precedence climbing for the binary operators. See arith_core.h.
 */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "shell/arith_core.h"

enum { NEST_MAX = 1000 }; // parentheses and unary operators inside each other

enum op_kind { OP_NONE, OP_BINARY, OP_AND_THEN, OP_OR_ELSE, OP_ASSIGN, OP_COND, OP_COMMA };

struct op {
	char text[4];
	uint8_t kind; // enum op_kind
	uint8_t binds; // tighter when higher
	uint8_t code; // enum arith_code; for `=` CODE_STORE
};

/* Of two that begin alike, the longer comes first. */
static const struct op ops[] = {
	{ "<<=", OP_ASSIGN, 0, CODE_SHL },
	{ ">>=", OP_ASSIGN, 0, CODE_SHR },
	{ "<<", OP_BINARY, 8, CODE_SHL },
	{ ">>", OP_BINARY, 8, CODE_SHR },
	{ "<=", OP_BINARY, 7, CODE_LESS_EQ },
	{ ">=", OP_BINARY, 7, CODE_MORE_EQ },
	{ "==", OP_BINARY, 6, CODE_EQ },
	{ "!=", OP_BINARY, 6, CODE_NOT_EQ },
	{ "&&", OP_AND_THEN, 2, CODE_AND_THEN },
	{ "||", OP_OR_ELSE, 1, CODE_OR_ELSE },
	{ "*=", OP_ASSIGN, 0, CODE_MUL },
	{ "/=", OP_ASSIGN, 0, CODE_DIV },
	{ "%=", OP_ASSIGN, 0, CODE_MOD },
	{ "+=", OP_ASSIGN, 0, CODE_ADD },
	{ "-=", OP_ASSIGN, 0, CODE_SUB },
	{ "&=", OP_ASSIGN, 0, CODE_AND },
	{ "^=", OP_ASSIGN, 0, CODE_XOR },
	{ "|=", OP_ASSIGN, 0, CODE_OR },
	{ "+", OP_BINARY, 9, CODE_ADD },
	{ "-", OP_BINARY, 9, CODE_SUB },
	{ "*", OP_BINARY, 10, CODE_MUL },
	{ "/", OP_BINARY, 10, CODE_DIV },
	{ "%", OP_BINARY, 10, CODE_MOD },
	{ "<", OP_BINARY, 7, CODE_LESS },
	{ ">", OP_BINARY, 7, CODE_MORE },
	{ "&", OP_BINARY, 5, CODE_AND },
	{ "^", OP_BINARY, 4, CODE_XOR },
	{ "|", OP_BINARY, 3, CODE_OR },
	{ "=", OP_ASSIGN, 0, CODE_STORE },
	{ "?", OP_COND, 0, 0 },
	{ ",", OP_COMMA, 0, 0 },
};

static const struct op op_none = { "", OP_NONE, 0, 0 };

struct compiler {
	struct shell *sh;
	const char *s;
	const char *end;
	struct instr *code;
	size_t len;
	size_t cap;
	struct sh_arena *arena; // for subscripts
	struct sh_arith *expr;
	size_t depth; // of the stack, here
	int nesting;
	bool dollars; // `$x` may be an operand
	const char *error; // NULL: none so far
	bool cut; // the error is that there is no more text
};

static void compile_comma(struct compiler *c);

static void fail(struct compiler *c, const char *error) {
	if (c->error == NULL) {
		c->error = error;
		c->cut = c->s == c->end;
		c->s = c->end; // nothing more is read, so every loop ends
	}
}

static struct instr *emit(struct compiler *c, enum arith_code code) {
	if (c->len == c->cap) {
		c->cap = c->cap == 0 ? 8 : 2 * c->cap;
		c->code = sh_xrealloc(c->code, c->cap * sizeof(*c->code));
	}
	if (code <= CODE_OR || code == CODE_DROP || code == CODE_JUMP_ZERO || code == CODE_AND_THEN ||
			code == CODE_OR_ELSE) {
		c->depth--;
	} else if (code >= CODE_NUMBER && code <= CODE_POST_ADD) {
		c->depth++;
		if (c->depth > c->expr->depth) {
			c->expr->depth = c->depth;
		}
	}
	struct instr *in = &c->code[c->len++];
	*in = (struct instr){ .code = (uint8_t)code };
	return in;
}

static void skip_blanks(struct compiler *c) {
	while (c->s < c->end && (*c->s == ' ' || (*c->s >= '\t' && *c->s <= '\r'))) {
		c->s++;
	}
}

static bool is_name_start(char c) {
	return c == '_' || ((c | 32) >= 'a' && (c | 32) <= 'z');
}

static bool is_name_char(char c) {
	return is_name_start(c) || (c >= '0' && c <= '9');
}

/* The operator that comes next, without reading it. */
static const struct op *peek_op(struct compiler *c) {
	skip_blanks(c);
	size_t left = c->end - c->s;
	for (size_t i = 0; left > 0 && i < sizeof(ops) / sizeof(ops[0]); i++) {
		size_t len = strlen(ops[i].text);
		if (ops[i].text[0] == *c->s && len <= left && memcmp(ops[i].text, c->s, len) == 0) {
			return &ops[i];
		}
	}
	return &op_none;
}

static void take_op(struct compiler *c, const struct op *op) {
	c->s += strlen(op->text);
}

static bool take(struct compiler *c, char wanted) {
	skip_blanks(c);
	if (c->s == c->end || *c->s != wanted) {
		return false;
	}
	c->s++;
	return true;
}

/* Whether `++` or `--` stands at s. */
static bool is_step(const char *s, const char *end) {
	return end - s >= 2 && (*s == '+' || *s == '-') && s[1] == *s;
}

/* A variable, or an element of one. */
struct place {
	struct sh_name *name;
	const char *subscript;
};

static struct sh_name *take_name(struct compiler *c) {
	const char *start = c->s;
	while (c->s < c->end && is_name_char(*c->s)) {
		c->s++;
	}
	return sh_name_intern(c->sh, start, c->s - start);
}

static struct place take_place(struct compiler *c) {
	struct place place = { .name = take_name(c) };
	if (c->s == c->end || *c->s != '[') {
		return place;
	}
	const char *start = ++c->s;
	for (int open = 1; c->s < c->end; c->s++) {
		open += (*c->s == '[') - (*c->s == ']');
		if (open == 0) {
			place.subscript = sh_arena_copy(c->arena, start, c->s++ - start);
			return place;
		}
		if (*c->s == '$' || *c->s == '`') {
			break; // has to be expanded as text
		}
	}
	fail(c, "']' missing");
	return place;
}

static struct instr *emit_place(struct compiler *c, enum arith_code code, struct place place) {
	struct instr *in = emit(c, code);
	in->name = place.name;
	in->subscript = place.subscript;
	return in;
}

/* The value of a digit in bases up to 64, as ksh and bash write them; 64 when it is none. */
static unsigned digit_value(char c, unsigned base) {
	if (c >= '0' && c <= '9') {
		return c - '0';
	}
	if (c >= 'a' && c <= 'z') {
		return c - 'a' + 10;
	}
	if (c >= 'A' && c <= 'Z') {
		return c - 'A' + (base <= 36 ? 10 : 36);
	}
	return c == '@' ? 62 : c == '_' ? 63 : 64;
}

static bool digits_read(const char *s, const char *end, unsigned base, intmax_t *out) {
	uintmax_t value = 0;
	for (; s < end; s++) {
		unsigned digit = digit_value(*s, base);
		if (digit >= base) {
			return false;
		}
		value = value * base + digit;
	}
	*out = (intmax_t)value;
	return true;
}

bool sh_arith_constant(const char *s, const char *end, intmax_t *out) {
	intmax_t base = 10;
	const char *mark = memchr(s, '#', end - s);
	if (mark != NULL) {
		if (mark - s > 2 || mark + 1 == end || !digits_read(s, mark, 10, &base) || base < 2 ||
				base > 64) {
			return false;
		}
		s = mark + 1;
	} else if (end - s > 1 && *s == '0') {
		bool hex = (s[1] | 32) == 'x';
		base = hex ? 16 : 8;
		s += hex ? 2 : 1;
	}
	return s < end && digits_read(s, end, (unsigned)base, out);
}

static void compile_number(struct compiler *c) {
	const char *start = c->s;
	while (c->s < c->end && (is_name_char(*c->s) || *c->s == '#' || *c->s == '@')) {
		c->s++;
	}
	intmax_t number;
	if (sh_arith_constant(start, c->s, &number)) {
		emit(c, CODE_NUMBER)->number = number;
	} else {
		fail(c, "not a number");
	}
}

/*
 * A name, perhaps with `++` or `--` behind. `x--1` has no meaning in C; here it is `x - -1`, as
 * the standard does not ask for `--` (XCU 1.1.2.1).
 */
static void compile_name(struct compiler *c) {
	struct place place = take_place(c);
	skip_blanks(c);
	enum arith_code code = CODE_LOAD;
	int8_t step = 0;
	if (is_step(c->s, c->end)) {
		const char *step_at = c->s;
		c->s += 2;
		skip_blanks(c);
		if (c->s < c->end && (is_name_char(*c->s) || *c->s == '(')) {
			c->s = step_at;
		} else {
			code = CODE_POST_ADD;
			step = *step_at == '+' ? 1 : -1;
		}
	}
	emit_place(c, code, place)->step = step;
}

/* `$x` or `${x}` as an operand: see expand_arith.h. */
static void compile_operand(struct compiler *c) {
	struct sh_arith *expr = c->expr;
	const char *s = c->s + 1;
	bool braced = s < c->end && *s == '{';
	s += braced;
	if (s == c->end || expr->noperands == SH_ARITH_OPERANDS || !c->dollars) {
		fail(c, "operand missing");
		return;
	}
	struct operand *operand = &expr->operands[expr->noperands];
	*operand = (struct operand){ .special = *s == '#' || *s == '?' ? *s : *s - '0' };
	c->s = s + 1;
	if (is_name_start(*s)) {
		c->s = s;
		operand->name = take_name(c);
	} else if (operand->special < 1 || (operand->special > 9 && operand->special != *s)) {
		fail(c, "operand missing");
	}
	if (braced && (c->s == c->end || *c->s++ != '}')) {
		fail(c, "operand missing");
	}
	emit(c, CODE_OPERAND)->target = (uint32_t)expr->noperands++;
}

static void compile_primary(struct compiler *c) {
	if (c->s == c->end) {
		fail(c, "operand missing");
	} else if (is_name_start(*c->s)) {
		compile_name(c);
	} else if (*c->s >= '0' && *c->s <= '9') {
		compile_number(c);
	} else if (*c->s == '$') {
		compile_operand(c);
	} else if (take(c, '(')) {
		compile_comma(c);
		if (!take(c, ')')) {
			fail(c, "')' missing");
		}
	} else {
		fail(c, "operand missing");
	}
}

/* `++name`; with anything but a name behind, it is two signs. */
static bool compile_pre_step(struct compiler *c) {
	const char *start = c->s;
	if (!is_step(start, c->end)) {
		return false;
	}
	c->s += 2;
	skip_blanks(c);
	if (c->s == c->end || !is_name_start(*c->s)) {
		c->s = start;
		return false;
	}
	struct place place = take_place(c);
	emit_place(c, CODE_PRE_ADD, place)->step = *start == '+' ? 1 : -1;
	return true;
}

static void compile_unary(struct compiler *c) {
	skip_blanks(c);
	if (++c->nesting > NEST_MAX || !sh_stack_left(c->sh)) {
		fail(c, "too many levels");
	} else if (c->s < c->end && strchr("+-!~", *c->s) != NULL && *c->s != '\0') {
		if (!compile_pre_step(c)) {
			char sign = *c->s++;
			compile_unary(c);
			if (sign != '+') {
				emit(c, sign == '-' ? CODE_NEGATE : sign == '!' ? CODE_NOT : CODE_COMPLEMENT);
			}
		}
	} else {
		compile_primary(c);
	}
	c->nesting--;
}

static void compile_binary(struct compiler *c, unsigned binds) {
	compile_unary(c);
	for (;;) {
		const struct op *op = peek_op(c);
		if (op->binds < binds || op->binds == 0) {
			return;
		}
		take_op(c, op);
		if (op->kind == OP_BINARY) {
			compile_binary(c, op->binds + 1u);
			emit(c, op->code);
		} else {
			size_t jump = c->len;
			emit(c, op->code);
			compile_binary(c, op->binds + 1u);
			emit(c, CODE_BOOL);
			c->code[jump].target = (uint32_t)c->len;
		}
	}
}

static void compile_cond(struct compiler *c) {
	compile_binary(c, 1);
	if (!take(c, '?')) {
		return;
	}
	size_t to_else = c->len;
	emit(c, CODE_JUMP_ZERO);
	compile_comma(c);
	if (!take(c, ':')) {
		fail(c, "':' missing");
	}
	size_t to_end = c->len;
	emit(c, CODE_JUMP);
	c->code[to_else].target = (uint32_t)c->len;
	c->depth--;
	if (++c->nesting > NEST_MAX || !sh_stack_left(c->sh)) {
		fail(c, "too many levels");
	}
	compile_cond(c);
	c->nesting--;
	c->code[to_end].target = (uint32_t)c->len;
}

/* `name OP= value`, or what binds tighter. */
static void compile_assign(struct compiler *c) {
	skip_blanks(c);
	const char *start = c->s;
	if (start == c->end || !is_name_start(*start)) {
		compile_cond(c);
		return;
	}
	struct place place = take_place(c);
	const struct op *op = peek_op(c);
	if (op->kind != OP_ASSIGN) {
		c->s = start;
		compile_cond(c);
		return;
	}
	take_op(c, op);
	if (++c->nesting > NEST_MAX || !sh_stack_left(c->sh)) {
		fail(c, "too many levels");
	}
	bool update = op->code != CODE_STORE;
	if (update && place.subscript == NULL) {
		emit_place(c, CODE_LOAD, place);
	}
	compile_assign(c);
	if (update && place.subscript == NULL) {
		emit(c, op->code);
	}
	emit_place(c, update && place.subscript != NULL ? CODE_UPDATE : CODE_STORE, place)->op =
			op->code;
	c->nesting--;
}

static void compile_comma(struct compiler *c) {
	compile_assign(c);
	while (take(c, ',')) {
		emit(c, CODE_DROP);
		compile_assign(c);
	}
}

/* All of [c->s, c->end) into the arena, or c->error. */
static struct sh_arith *compile(struct compiler *c) {
	struct sh_arith *expr = c->expr = sh_alloc_zero(c->arena, sizeof(*expr));
	skip_blanks(c);
	if (c->s == c->end) {
		emit(c, CODE_NUMBER); // nothing at all is 0, as in bash, ksh and mksh
	} else {
		compile_comma(c);
	}
	skip_blanks(c);
	if (c->s != c->end) {
		fail(c, "operator expected");
	}
	emit(c, CODE_END);
	struct instr *code = sh_alloc(c->arena, c->len * sizeof(*code));
	memcpy(code, c->code, c->len * sizeof(*code));
	free(c->code);
	expr->code = code;
	return expr;
}

struct sh_arith *sh_arith_compile(struct shell *sh, struct sh_arena *arena, const char *text,
		size_t len, bool dollars, const char **error) {
	struct compiler c = { .sh = sh, .arena = arena, .dollars = dollars };
	c.s = text;
	c.end = text + len;
	struct sh_arith *expr = compile(&c);
	*error = c.error;
	return c.error == NULL ? expr : NULL;
}

bool sh_arith_unfinished(struct shell *sh, const char *text, size_t len) {
	struct sh_arena arena = { 0 };
	struct compiler c = { .sh = sh, .arena = &arena, .dollars = true };
	c.s = text;
	c.end = text + len;
	compile(&c);
	sh_arena_finish(&arena);
	return c.error == NULL || c.cut;
}
