/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * shell/expand_arith.h - arithmetic expansion (XCU 2.6.4): the whole C operator set of integer
 * expressions with assignment, `++`/`--`, `?:` and `,` in signed 64 bits. Overflow wraps (it is
 * computed unsigned); INTMAX_MIN / -1 wraps too; division by zero and shifts outside 0..63 are
 * errors (shift: taken modulo 64). Constants: decimal, 0octal, 0xhex, and BASE#DIGITS.
 * A variable's value may itself be an expression (as in ksh and bash; recursion is limited); unset
 * or empty is 0, unset under `set -u` is an error.
 *
 * An expression is parsed once into a tree and evaluated often. `name[subscript]` is an array
 * element; the subscript's text is kept and handed to sh_elem_get() for associative arrays.
 *
 * `$name`, `${name}`, `$1`...`$9`, `$#` and `$?` as whole operands become operands of the tree too:
 * when the value then is a plain unsigned number that is what textual expansion would have given.
 * When it is not, evaluation says SH_ARITH_TEXT before any side effect of the expression
 * (check all such operands first), and the caller expands the text and uses sh_arith_text().
 */
#ifndef SH_EXPAND_ARITH_H
#define SH_EXPAND_ARITH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "shell/arena.h"

struct shell;
struct sh_arith;

enum sh_arith_result {
	SH_ARITH_OK,
	SH_ARITH_FAIL, // a message was printed with sh_error()
	SH_ARITH_TEXT, // see above
};

/*
 * Parse text[0, len) into `arena`, interning names with sh_name_intern(). Returns NULL on a syntax
 * error (nothing printed) or when it has a `$` or backquote that is not a simple operand as
 * above: the caller expands it as text at run time and reports errors then.
 */
struct sh_arith *sh_arith_parse(
		struct shell *sh, struct sh_arena *arena, const char *text, size_t len);

/* Whether text[0, len) begins an expression that more text could make whole (or already is one). */
bool sh_arith_unfinished(struct shell *sh, const char *text, size_t len);

enum sh_arith_result sh_arith_eval(struct shell *sh, const struct sh_arith *expr, intmax_t *out);

/*
 * Parse and evaluate a text without dollars (already expanded). Empty is 0. SH_ARITH_OK or
 * SH_ARITH_FAIL. Trees of recent texts may be cached.
 */
enum sh_arith_result sh_arith_text(struct shell *sh, const char *text, size_t len, intmax_t *out);

#endif
