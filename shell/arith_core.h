/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * shell/arith_core.h - what the files of arithmetic (expand_arith.h) share; nobody else includes it.
 * An expression is compiled once to code for a small stack machine and may then be run any number
 * of times; all that is looked up again are the values of its variables. Numbers are signed, of 64
 * bits; overflow wraps around, and a shift uses the low six bits of its count.
 *
 * arith_compile.c   text to code: tokens, the operators of C by their precedence
 * expand_arith.c    running the code; texts that come again
 */
#ifndef SH_ARITH_CORE_H
#define SH_ARITH_CORE_H

#include "shell/builtin.h"
#include "shell/expand_arith.h"

enum { SH_ARITH_OPERANDS = 8 }; // `$x` and the like; with more, the text is expanded each time

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
	struct operand operands[SH_ARITH_OPERANDS];
};

/*
 * Compile all of the text into the arena; `dollars`: it has not been expanded. Returns NULL on a
 * syntax error, described in *error (a constant text).
 */
struct sh_arith *sh_arith_compile(struct shell *sh, struct sh_arena *arena, const char *text,
		size_t len, bool dollars, const char **error);

/*
 * An integer constant in all of [s, end): decimal, 0 octal, 0x hexadecimal; BASE#DIGITS is an
 * extension. False: it is none.
 */
bool sh_arith_constant(const char *s, const char *end, intmax_t *out);

#endif
