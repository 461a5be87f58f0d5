/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * shell/expand_arith.c - arithmetic expansion (XCU 2.6.4): the code is run, on a stack. See
 * arith_core.h.
 */
#include "config.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/map.h"
#include "shell/arith_core.h"
#include "shell/array.h"

enum {
	RECURSION_MAX = 200, // variables whose values are expressions that name variables...
	STACK_INLINE = 16, // values; deeper code gets a stack from the heap
	CACHE_SLOTS = 64, // texts whose code is kept
	SUBSCRIPT_SIZE = 24, // a number as text
};

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
	if (!sh_arith_constant(s, end, out)) {
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
	intmax_t operands[SH_ARITH_OPERANDS];
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
	return sh_arith_compile(sh, arena, text, len, true, &error);
}

/* ---- texts that come again: subscripts, values of variables, what is expanded first ---- */

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
		slot->expr = sh_arith_compile(sh, &slot->arena, text, len, false, &error);
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
