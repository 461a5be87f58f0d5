/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "shell/expand_arith.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "shell/shell.h"
#include "tests/unit/tap.h"

static struct shell sh;

static const struct {
	const char *text;
	intmax_t value;
} values[] = {
	{ "", 0 },
	{ "1", 1 },
	{ "010", 8 },
	{ "0", 0 },
	{ "00", 0 },
	{ "0x1F", 31 },
	{ "0Xff", 255 },
	{ "16#ff", 255 },
	{ "2#101", 5 },
	{ "64#_", 63 },
	{ "9223372036854775807", INTMAX_MAX },
	{ "-9223372036854775808", INTMAX_MIN },
	{ "9223372036854775807 + 1", INTMAX_MIN },
	{ "0xffffffffffffffff", -1 },
	{ "1 + 2 * 3", 7 },
	{ "(1 + 2) * 3", 9 },
	{ "7 - 4 - 2", 1 },
	{ "7 / 2", 3 },
	{ "-7 / 2", -3 },
	{ "7 % 3", 1 },
	{ "-7 % 3", -1 },
	{ "7 % -3", 1 },
	{ "-9223372036854775808 / -1", INTMAX_MIN },
	{ "-9223372036854775808 % -1", 0 },
	{ "9223372036854775807 * 2", -2 },
	{ "1 << 4", 16 },
	{ "1 << 63", INTMAX_MIN },
	{ "1 << 64", 1 },
	{ "-1 << 1", -2 },
	{ "-8 >> 1", -4 },
	{ "-1 >> 70", -1 },
	{ "1 < 2", 1 },
	{ "2 <= 1", 0 },
	{ "2 > 1", 1 },
	{ "2 >= 3", 0 },
	{ "2 == 2", 1 },
	{ "2 != 2", 0 },
	{ "6 & 3", 2 },
	{ "6 | 3", 7 },
	{ "6 ^ 3", 5 },
	{ "1 | 2 ^ 3 & 4", 3 },
	{ "1 == 1 & 0", 0 },
	{ "1 + 1 << 1", 4 },
	{ "2 < 1 == 0", 1 },
	{ "~0", -1 },
	{ "!0", 1 },
	{ "!5", 0 },
	{ "!!5", 1 },
	{ "-+-5", 5 },
	{ "- -5", 5 },
	{ "--5", 5 },
	{ "1 - -1", 2 },
	{ "1--1", 2 },
	{ "1++1", 2 },
	{ "-~!0", 2 },
	{ "1 && 2", 1 },
	{ "1 && 0", 0 },
	{ "0 || 3", 1 },
	{ "0 || 0", 0 },
	{ "0 && 1 || 1", 1 },
	{ "1 || 1 && 0", 1 },
	{ "0 && 1 / 0", 0 },
	{ "1 || 1 / 0", 1 },
	{ "1 ? 2 : 1 / 0", 2 },
	{ "0 ? 1 / 0 : 3", 3 },
	{ "1 ? 0 ? 1 : 2 : 3", 2 },
	{ "0 ? 1 : 0 ? 2 : 3", 3 },
	{ "1 ? 2, 3 : 4", 3 },
	{ "1, 2", 2 },
	{ "five", 5 },
	{ "five + unset + empty", 5 },
	{ "minus * minus", 9 },
	{ "2 - minus", 5 },
	{ "octal", 8 },
	{ "hex", 16 },
	{ "blank", 4 },
	{ "expr * 2", 6 }, // the value of an expression is one operand
	{ "chain", 5 },
	{ "x = 3", 3 },
	{ "x", 3 },
	{ "x += 2, x", 5 },
	{ "x -= 1", 4 },
	{ "x *= x", 16 },
	{ "x /= 3", 5 },
	{ "x %= 3", 2 },
	{ "x <<= 3", 16 },
	{ "x >>= 1", 8 },
	{ "x |= 3", 11 },
	{ "x &= 6", 2 },
	{ "x ^= 7", 5 },
	{ "x = y = 7, x + y", 14 },
	{ "x++ + x", 15 },
	{ "x--", 8 },
	{ "++x", 8 },
	{ "--x", 7 },
	{ "x--1", 8 }, // C has no meaning for it
	{ "x++y", 14 },
	{ "x+++1", 8 },
	{ "x", 8 },
	{ "x == 8 ? y = 1 : 0", 1 },
	{ "0 && (x = 100), x", 8 },
	{ "1 ? 0 : (x = 100), x", 8 },
	{ "(x)", 8 },
	{ "((((x))))", 8 },
};

static void check_values(void) {
	for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
		intmax_t got = -12345;
		bool fine = sh_arith_text(&sh, values[i].text, strlen(values[i].text), &got) == SH_ARITH_OK;
		ok(fine && got == values[i].value, "%s is %jd (%jd)", values[i].text, values[i].value, got);
	}
}

static void check_blanks(void) {
	intmax_t value = 1;
	ok(sh_arith_text(&sh, " \t\n", 3, &value) == SH_ARITH_OK && value == 0, "blanks are 0");
	ok(sh_arith_text(&sh, "five\n+\n1", 8, &value) == SH_ARITH_OK && value == 6,
			"newlines are blanks");
	ok(sh_arith_text(&sh, "\1", 1, &value) == SH_ARITH_FAIL, "control characters are not");
}

static const char *const errors[] = {
	"1 +",
	"* 1",
	"1 2",
	"(1",
	"1)",
	"1 ? 2",
	"1 ? 2 :",
	"? 1 : 2",
	"1 = 2",
	"1 + x = 2",
	"(x) = 3",
	"!x = 3",
	"++5++",
	"5++",
	"08",
	"12abc",
	"0x",
	"0xg",
	"1#1",
	"65#1",
	"2#2",
	"#",
	"1.5",
	"x y",
	"@",
	"\"1\"",
	"1 / 0",
	"1 % 0",
	"x /= 0",
	"loop",
	"x ? 1 : x = 2",
	"1 <> 2",
	"$five",
	"x[",
	"x.y",
	"= 1",
	"+",
	"-",
	"!",
	"~",
	"x++ ++",
	"1 === 1",
	",",
	"1,",
		"\377",
};

static void check_errors(void) {
	for (size_t i = 0; i < sizeof(errors) / sizeof(errors[0]); i++) {
		intmax_t got;
		ok(sh_arith_text(&sh, errors[i], strlen(errors[i]), &got) == SH_ARITH_FAIL,
				"%s is an error", errors[i]);
	}
}

/* What the text with its dollars still in gives. */
static enum sh_arith_result evaluate(const char *text, intmax_t *value) {
	struct sh_arena arena = { 0 };
	struct sh_arith *expr = sh_arith_parse(&sh, &arena, text, strlen(text));
	enum sh_arith_result result = expr == NULL ? SH_ARITH_FAIL : sh_arith_eval(&sh, expr, value);
	sh_arena_finish(&arena);
	return result;
}

static void check_dollars(void) {
	intmax_t value = 0;
	char one[] = "10";
	char *argv[] = { one, NULL };
	sh.params.argv = argv;
	sh.params.argc = 1;
	ok(evaluate("$five + ${five}", &value) == SH_ARITH_OK && value == 10,
			"$x and ${x} are operands");
	ok(evaluate("2 - $minus", &value) == SH_ARITH_OK && value == 5, "a negative value too");
	ok(evaluate("$1 + $#", &value) == SH_ARITH_OK && value == 11, "and $1 and $#");
	ok(evaluate("(x = 9) + $x", &value) == SH_ARITH_OK && value == 17,
			"they are what they were before");
	ok(evaluate("x = 1, $expr * 2", &value) == SH_ARITH_TEXT, "an expression is left to the text");
	ok(evaluate("x", &value) == SH_ARITH_OK && value == 9, "before anything is evaluated");
	ok(evaluate("$empty", &value) == SH_ARITH_TEXT, "and so is nothing");
	ok(evaluate("$unset", &value) == SH_ARITH_TEXT, "or an unset variable");
	ok(evaluate("$2", &value) == SH_ARITH_TEXT, "or parameter");
	ok(evaluate("$five$five", &value) == SH_ARITH_FAIL, "glued operands are not operands");
	ok(evaluate("1$five", &value) == SH_ARITH_FAIL, "nor digits before");
	ok(evaluate("${five}1", &value) == SH_ARITH_FAIL, "or behind one");
	ok(evaluate("x$five", &value) == SH_ARITH_FAIL, "or parts of a name");
	ok(evaluate("$five++", &value) == SH_ARITH_FAIL, "or what is stepped");
	ok(evaluate("${#five}", &value) == SH_ARITH_FAIL, "nor is any other expansion");
	ok(evaluate("$(echo 1)", &value) == SH_ARITH_FAIL, "a command for instance");
	ok(evaluate("$$", &value) == SH_ARITH_FAIL, "or a process number");
	ok(evaluate("$1$", &value) == SH_ARITH_FAIL, "or a lone dollar");
	sh.params.argc = 0;
}

static void check_nounset(void) {
	intmax_t value;
	sh.options |= SH_OPT_NOUNSET;
	ok(sh_arith_text(&sh, "unset + 1", 9, &value) == SH_ARITH_FAIL, "set -u: unset is an error");
	ok(sh_arith_text(&sh, "empty + 1", 9, &value) == SH_ARITH_OK, "set -u: empty is not");
	ok(sh_arith_text(&sh, "unset = 1", 9, &value) == SH_ARITH_OK, "set -u: nor is an assignment");
	sh.options &= ~SH_OPT_NOUNSET;
	sh_var_unset(&sh, sh_name(&sh, "unset"));
}

/* Texts as long and as deep as they come end in a value or a message. */
static void check_depth(void) {
	enum { LONG = 200000 };
	char *text = malloc(2 * LONG + 2);
	intmax_t value = 0;
	if (text == NULL) {
		return;
	}
	memset(text, '(', LONG);
	ok(sh_arith_text(&sh, text, LONG, &value) == SH_ARITH_FAIL, "many parentheses");
	memset(text, '-', LONG);
	text[LONG] = '1';
	ok(sh_arith_text(&sh, text, LONG + 1, &value) == SH_ARITH_FAIL, "many signs");
	for (int i = 0; i < LONG; i++) {
		memcpy(text + 2 * i, "1+", 2);
	}
	text[2 * LONG] = '1';
	ok(sh_arith_text(&sh, text, 2 * LONG + 1, &value) == SH_ARITH_OK && value == LONG + 1,
			"many operators");
	for (int i = 0; i < LONG; i++) {
		memcpy(text + 2 * i, "x=", 2);
	}
	ok(sh_arith_text(&sh, text, 2 * LONG + 1, &value) == SH_ARITH_FAIL, "many assignments");
	for (int i = 0; i < LONG / 2; i++) {
		memcpy(text + 4 * i, "1?1:", 4);
	}
	ok(sh_arith_text(&sh, text, 2 * LONG + 1, &value) == SH_ARITH_FAIL, "many conditions");
	strcpy(text,
			"1+(2+(3+(4+(5+(6+(7+(8+(9+(10+(11+(12+(13+(14+(15+(16+(17+(18+(19+(20"
			"))))))))))))))))))))))");
	ok(sh_arith_text(&sh, text, strcspn(text, ")") + 19, &value) == SH_ARITH_OK && value == 210,
			"a deep stack");
	free(text);
}

int main(void) {
	sh_init(&sh, "test", environ);
	sh_var_set_text(&sh, "five", "5");
	sh_var_set_text(&sh, "minus", "-3");
	sh_var_set_text(&sh, "octal", "010");
	sh_var_set_text(&sh, "hex", "0x10");
	sh_var_set_text(&sh, "blank", " 4 ");
	sh_var_set_text(&sh, "empty", "");
	sh_var_set_text(&sh, "expr", "1+2");
	sh_var_set_text(&sh, "chain", "link");
	sh_var_set_text(&sh, "link", "five");
	sh_var_set_text(&sh, "loop", "loop + 1");
	check_values();
	check_blanks();
	check_errors();
	check_dollars();
	check_nounset();
	check_depth();
	return done_testing();
}
