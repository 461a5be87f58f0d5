/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "shell/expand_arith.h"

#include <ctype.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/map.h"
#include "shell/array.h"
#include "shell/builtin.h"

/*
 * Arithmetic expansion (XCU 2.6.4): signed 64-bit integers, the operators of C, assignments to
 * variables. An expression is compiled once to code for a small stack machine and may then be
 * run any number of times; all that is looked up again are the values of its variables.
 * Overflow wraps around, and a shift uses the low six bits of its count.
 */

enum {
	NEST_MAX = 1000, // parentheses and unary operators inside each other
	RECURSION_MAX = 200, // variables whose values are expressions that name variables...
	STACK_INLINE = 16, // values; deeper code gets a stack from the heap
	OPERANDS_MAX = 8, // `$x` and the like; with more, the text is expanded each time
	CACHE_SLOTS = 64, // texts whose code is kept
	SUBSCRIPT_SIZE = 24, // a number as text
};

enum arith_code {
	/* operators with two operands */
	CODE_MUL,
	CODE_DIV,
	CODE_MOD,
	CODE_ADD,
	CODE_SUB,
	CODE_SHL,
	CODE_SHR,
	CODE_LESS,
	CODE_LESS_EQ,
	CODE_MORE,
	CODE_MORE_EQ,
	CODE_EQ,
	CODE_NOT_EQ,
	CODE_AND,
	CODE_XOR,
	CODE_OR,
	/* with one */
	CODE_NEGATE,
	CODE_NOT,
	CODE_COMPLEMENT,
	CODE_BOOL,
	/* with none: push a value */
	CODE_NUMBER, // `number`
	CODE_LOAD, // of `name`, or of its element
	CODE_OPERAND, // the value that `$x` had before anything was evaluated
	CODE_PRE_ADD, // `++name`, `--name`: add `step` and push
	CODE_POST_ADD, // `name++`, `name--`: push and add `step`
	/* the others */
	CODE_STORE, // the top in `name` or its element, and leave it
	CODE_UPDATE, // the element OP the top: for `a[i] += x`
	CODE_DROP,
	CODE_JUMP,
	CODE_JUMP_ZERO, // pop; zero: jump
	CODE_AND_THEN, // zero: leave it and jump; else pop
	CODE_OR_ELSE, // not zero: leave 1 and jump; else pop
	CODE_END,
};

struct instr {
	uint8_t code; // enum arith_code
	uint8_t op; // of CODE_UPDATE: enum arith_code
	int8_t step;
	uint32_t target; // of a jump: an index of the code; of CODE_OPERAND: of the operands
	union {
		intmax_t number;
		struct sh_name *name;
	};
	const char *subscript; // of an element of `name`, else NULL
};

/* `$name`, `$1`, `$#` or `$?` in place of a number. */
struct operand {
	struct sh_name *name; // or NULL:
	int special; // '#', '?', or the number of a positional parameter
};

struct sh_arith {
	const struct instr *code;
	size_t depth; // of the stack
	size_t noperands;
	struct operand operands[OPERANDS_MAX];
};

/*
 * Tokens and compiling: recursive descent, with precedence climbing for the binary operators.
 */

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
};

static void compile_comma(struct compiler *c);

static void fail(struct compiler *c, const char *error) {
	if (c->error == NULL) {
		c->error = error;
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

/*
 * An integer constant in all of [s, end): decimal, 0 octal, 0x hexadecimal; BASE#DIGITS is an
 * extension.
 */
static bool constant_read(const char *s, const char *end, intmax_t *out) {
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
	if (constant_read(start, c->s, &number)) {
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
	if (s == c->end || expr->noperands == OPERANDS_MAX || !c->dollars) {
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
	if (++c->nesting > NEST_MAX) {
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
	if (++c->nesting > NEST_MAX) {
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
	if (++c->nesting > NEST_MAX) {
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

/*
 * Compile all of the text into the arena; `dollars`: it has not been expanded. Returns NULL on a
 * syntax error, described in *error.
 */
static struct sh_arith *compile(struct shell *sh, struct sh_arena *arena, const char *text,
		size_t len, bool dollars, const char **error) {
	struct sh_arith *expr = sh_alloc_zero(arena, sizeof(*expr));
	struct compiler c = { .sh = sh, .arena = arena, .expr = expr, .dollars = dollars };
	c.s = text;
	c.end = text + len;
	skip_blanks(&c);
	if (c.s == c.end) {
		emit(&c, CODE_NUMBER); // nothing at all is 0, as in bash, ksh and mksh
	} else {
		compile_comma(&c);
	}
	skip_blanks(&c);
	if (c.s != c.end) {
		fail(&c, "operator expected");
	}
	emit(&c, CODE_END);
	struct instr *code = sh_alloc(arena, c.len * sizeof(*code));
	memcpy(code, c.code, c.len * sizeof(*code));
	free(c.code);
	expr->code = code;
	*error = c.error;
	return c.error == NULL ? expr : NULL;
}

/*
 * Running
 */

static uintmax_t magnitude(intmax_t n) {
	return n < 0 ? -(uintmax_t)n : (uintmax_t)n;
}

/* Division that truncates, where INTMAX_MIN / -1 wraps around. `b` is not 0. */
static intmax_t divide(intmax_t a, intmax_t b) {
	uintmax_t q = magnitude(a) / magnitude(b);
	return (intmax_t)((a < 0) != (b < 0) ? -q : q);
}

static intmax_t shift_right(intmax_t a, intmax_t count) {
	unsigned n = (unsigned)count & 63;
	return a < 0 ? ~(intmax_t)(~(uintmax_t)a >> n) : (intmax_t)((uintmax_t)a >> n);
}

static intmax_t operate(enum arith_code code, intmax_t a, intmax_t b) {
	uintmax_t ua = (uintmax_t)a;
	uintmax_t ub = (uintmax_t)b;
	switch (code) {
	case CODE_MUL:
		return (intmax_t)(ua * ub);
	case CODE_DIV:
		return divide(a, b);
	case CODE_MOD:
		return b == -1 ? 0 : a % b;
	case CODE_ADD:
		return (intmax_t)(ua + ub);
	case CODE_SUB:
		return (intmax_t)(ua - ub);
	case CODE_SHL:
		return (intmax_t)(ua << (ub & 63));
	case CODE_SHR:
		return shift_right(a, b);
	case CODE_LESS:
		return a < b;
	case CODE_LESS_EQ:
		return a <= b;
	case CODE_MORE:
		return a > b;
	case CODE_MORE_EQ:
		return a >= b;
	case CODE_EQ:
		return a == b;
	case CODE_NOT_EQ:
		return a != b;
	case CODE_AND:
		return (intmax_t)(ua & ub);
	case CODE_XOR:
		return (intmax_t)(ua ^ ub);
	case CODE_OR:
		return (intmax_t)(ua | ub);
	default:
		return 0;
	}
}

/* A plain integer constant, with a sign and blanks perhaps, in all of [s, end). */
static bool integer_read(const char *s, const char *end, intmax_t *out) {
	while (s < end && isspace((unsigned char)*s)) {
		s++;
	}
	while (s < end && isspace((unsigned char)end[-1])) {
		end--;
	}
	bool minus = s < end && *s == '-';
	s += minus || (s < end && *s == '+');
	if (!constant_read(s, end, out)) {
		return false;
	}
	*out = minus ? (intmax_t) - (uintmax_t)*out : *out;
	return true;
}

/* The value of a variable's text: a number as a rule, else an expression. */
static enum sh_arith_result text_value(
		struct shell *sh, const char *text, size_t len, intmax_t *out) {
	size_t i = len > 0 && text[0] == '-';
	if (len < 19 && i < len && (text[i] != '0' || i + 1 == len)) { // decimal, no overflow
		intmax_t value = 0;
		for (; i < len && text[i] >= '0' && text[i] <= '9'; i++) {
			value = value * 10 + (text[i] - '0');
		}
		if (i == len) {
			*out = text[0] == '-' ? -value : value;
			return SH_ARITH_OK;
		}
	}
	if (len == 0 || integer_read(text, text + len, out)) {
		*out = len == 0 ? 0 : *out;
		return SH_ARITH_OK;
	}
	char *copy = sh_xstrndup(text, len); // evaluation may change the variable
	enum sh_arith_result result = sh_arith_text(sh, copy, len, out);
	free(copy);
	return result;
}

/*
 * The subscript to use from here on, so that it is evaluated but once: an associative array's as
 * it stands, else a number, which goes into `number`.
 */
static enum sh_arith_result subscript_read(struct shell *sh, const struct instr *in,
		char number[SUBSCRIPT_SIZE], const char **subscript) {
	*subscript = in->subscript;
	if (in->subscript == NULL || (in->name->var.flags & SH_VAR_ASSOC) != 0) {
		return SH_ARITH_OK;
	}
	intmax_t index;
	enum sh_arith_result result = sh_arith_text(sh, in->subscript, strlen(in->subscript), &index);
	snprintf(number, SUBSCRIPT_SIZE, "%jd", result == SH_ARITH_OK ? index : 0);
	*subscript = number;
	return result;
}

static enum sh_arith_result place_get(
		struct shell *sh, struct sh_name *name, const char *subscript, intmax_t *out) {
	size_t len = 0;
	bool failed = false;
	const struct sh_var *var = &name->var;
	const char *text;
	if (subscript != NULL) {
		text = sh_elem_get(sh, name, subscript, &len, &failed);
	} else if (var->hooks == NULL && !sh_var_is_array(var)) {
		text = var->value;
		len = var->len;
	} else {
		text = sh_var_get_len(sh, name, &len);
	}
	if (text == NULL && !failed && (sh->options & SH_OPT_NOUNSET) != 0) {
		sh_error(sh, "%s: parameter not set", name->text);
		failed = true;
	}
	if (failed) {
		return SH_ARITH_FAIL;
	}
	return text_value(sh, text, text == NULL ? 0 : len, out);
}

static enum sh_arith_result place_set(
		struct shell *sh, struct sh_name *name, const char *subscript, intmax_t value) {
	if (subscript == NULL) {
		return sh_var_set_int(sh, name, value) == 0 ? SH_ARITH_OK : SH_ARITH_FAIL;
	}
	char text[SUBSCRIPT_SIZE];
	int len = snprintf(text, sizeof(text), "%jd", value);
	int err = sh_elem_set(sh, name, subscript, text, (size_t)len, false);
	return err == 0 ? SH_ARITH_OK : SH_ARITH_FAIL;
}

static enum sh_arith_result check_divisor(struct shell *sh, enum arith_code code, intmax_t b) {
	if (b != 0 || (code != CODE_DIV && code != CODE_MOD)) {
		return SH_ARITH_OK;
	}
	sh_error(sh, "division by zero");
	return SH_ARITH_FAIL;
}

/* An instruction that reads or changes a variable; *top is what it pushes or stores. */
static enum sh_arith_result run_place(struct shell *sh, const struct instr *in, intmax_t *top) {
	char number[SUBSCRIPT_SIZE];
	const char *subscript;
	intmax_t old = 0;
	enum sh_arith_result result = subscript_read(sh, in, number, &subscript);
	if (result == SH_ARITH_OK && in->code != CODE_STORE) {
		result = place_get(sh, in->name, subscript, &old);
	}
	if (result != SH_ARITH_OK) {
		return result;
	}
	switch ((enum arith_code)in->code) {
	case CODE_LOAD:
		*top = old;
		return SH_ARITH_OK;
	case CODE_PRE_ADD:
		*top = operate(CODE_ADD, old, in->step);
		return place_set(sh, in->name, subscript, *top);
	case CODE_POST_ADD:
		*top = old;
		return place_set(sh, in->name, subscript, operate(CODE_ADD, old, in->step));
	case CODE_UPDATE:
		result = check_divisor(sh, in->op, *top);
		if (result != SH_ARITH_OK) {
			return result;
		}
		*top = operate(in->op, old, *top);
		return place_set(sh, in->name, subscript, *top);
	default:
		return place_set(sh, in->name, subscript, *top);
	}
}

static enum sh_arith_result run(
		struct shell *sh, const struct instr *in, intmax_t *top, const intmax_t *operands) {
	const struct instr *code = in;
	enum sh_arith_result result;
	for (;; in++) { // `top` points at the top value
		switch ((enum arith_code)in->code) {
		default:
			result = check_divisor(sh, in->code, *top);
			if (result != SH_ARITH_OK) {
				return result;
			}
			top--;
			*top = operate(in->code, top[0], top[1]);
			break;
		case CODE_NEGATE:
			*top = operate(CODE_SUB, 0, *top);
			break;
		case CODE_NOT:
			*top = *top == 0;
			break;
		case CODE_COMPLEMENT:
			*top = ~*top;
			break;
		case CODE_BOOL:
			*top = *top != 0;
			break;
		case CODE_NUMBER:
			*++top = in->number;
			break;
		case CODE_OPERAND:
			*++top = operands[in->target];
			break;
		case CODE_LOAD:
		case CODE_PRE_ADD:
		case CODE_POST_ADD:
			top++;
			__attribute__((fallthrough));
		case CODE_STORE:
		case CODE_UPDATE:
			result = run_place(sh, in, top);
			if (result != SH_ARITH_OK) {
				return result;
			}
			break;
		case CODE_DROP:
			top--;
			break;
		case CODE_JUMP:
			in = code + in->target - 1;
			break;
		case CODE_JUMP_ZERO:
			in = *top-- == 0 ? code + in->target - 1 : in;
			break;
		case CODE_AND_THEN:
		case CODE_OR_ELSE:
			if ((*top != 0) == (in->code == CODE_OR_ELSE)) {
				*top = *top != 0;
				in = code + in->target - 1;
			} else {
				top--;
			}
			break;
		case CODE_END:
			return SH_ARITH_OK;
		}
	}
}

/*
 * The value that textual expansion would put in the operand's place. Whatever is not a number by
 * itself is left to the text: an expression, or nothing.
 */
static bool operand_read(struct shell *sh, const struct operand *operand, intmax_t *out) {
	const char *text = NULL;
	size_t len = 0;
	if (operand->name != NULL) {
		text = sh_var_get_len(sh, operand->name, &len);
	} else if (operand->special == '#' || operand->special == '?') {
		*out = operand->special == '#' ? sh->params.argc : sh->status;
		return true;
	} else if (operand->special <= sh->params.argc) {
		text = sh->params.argv[operand->special - 1];
		len = strlen(text);
	}
	return text != NULL && integer_read(text, text + len, out);
}

enum sh_arith_result sh_arith_eval(struct shell *sh, const struct sh_arith *expr, intmax_t *out) {
	intmax_t operands[OPERANDS_MAX];
	intmax_t stack_inline[STACK_INLINE];
	intmax_t *stack = stack_inline;
	for (size_t i = 0; i < expr->noperands; i++) {
		if (!operand_read(sh, &expr->operands[i], &operands[i])) {
			return SH_ARITH_TEXT;
		}
	}
	if (expr->depth >= STACK_INLINE) {
		stack = sh_xcalloc(expr->depth + 1, sizeof(*stack));
	}
	stack[0] = 0;
	enum sh_arith_result result = run(sh, expr->code, stack, operands);
	*out = stack[1];
	if (stack != stack_inline) {
		free(stack);
	}
	return result;
}

struct sh_arith *sh_arith_parse(
		struct shell *sh, struct sh_arena *arena, const char *text, size_t len) {
	const char *error;
	return compile(sh, arena, text, len, true, &error);
}

/*
 * Texts that come again and again: subscripts, values of variables, what has to be expanded first
 */

struct slot {
	char *text; // heap; NULL: free
	size_t len;
	struct sh_arith *expr;
	struct sh_arena arena; // holds expr
	bool busy; // being run: keep it
};

struct cache {
	int recursion; // sh_arith_text() calls that have not returned
	struct slot slots[CACHE_SLOTS];
};

static enum sh_arith_result report(
		struct shell *sh, const char *text, size_t len, const char *error) {
	int shown = len > 80 ? 80 : (int)len;
	sh_error(sh, "arithmetic: %.*s%s: %s", shown, text, len > 80 ? "..." : "", error);
	return SH_ARITH_FAIL;
}

/* Run the text's code, from the slot if it is there, else compiled into it. */
static enum sh_arith_result slot_run(
		struct shell *sh, struct slot *slot, const char *text, size_t len, intmax_t *out) {
	if (slot->text == NULL || slot->len != len || memcmp(slot->text, text, len) != 0) {
		const char *error;
		free(slot->text);
		sh_arena_finish(&slot->arena);
		*slot = (struct slot){ 0 };
		slot->expr = compile(sh, &slot->arena, text, len, false, &error);
		if (slot->expr == NULL) {
			sh_arena_finish(&slot->arena);
			return report(sh, text, len, error);
		}
		slot->text = sh_xstrndup(text, len);
		slot->len = len;
	}
	slot->busy = true;
	enum sh_arith_result result = sh_arith_eval(sh, slot->expr, out);
	slot->busy = false;
	return result;
}

enum sh_arith_result sh_arith_text(struct shell *sh, const char *text, size_t len, intmax_t *out) {
	struct cache *cache = sh->arith_cache;
	if (cache == NULL) {
		sh->arith_cache = cache = sh_xcalloc(1, sizeof(*cache));
	}
	if (cache->recursion >= RECURSION_MAX) {
		return report(sh, text, len, "too many levels");
	}
	cache->recursion++;
	struct slot *slot = &cache->slots[cn_hash(text, len) % CACHE_SLOTS];
	struct slot local = { 0 };
	enum sh_arith_result result = slot_run(sh, slot->busy ? &local : slot, text, len, out);
	free(local.text);
	sh_arena_finish(&local.arena);
	cache->recursion--;
	return result;
}
