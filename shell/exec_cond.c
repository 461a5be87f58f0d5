/* SPDX-License-Identifier: GPL-3.0-or-later */
/* shell/exec_cond.c - the tests of [[ ]], of ksh and bash. See exec.h. */
#include "config.h"

#include <regex.h>
#include <string.h>

#include "shell/array.h"
#include "shell/builtin.h"
#include "shell/exec.h"
#include "shell/expand.h"
#include "shell/expand_arith.h"
#include "shell/pattern.h"

static int match_pattern(struct shell *sh, const char *text, struct sh_word *word) {
	size_t len;
	char *pattern = sh_expand_pattern(sh, word, &len);
	return pattern != NULL ? sh_match(sh, pattern, len, text, strlen(text)) : -1;
}

/* Parentheses inside each other: regcomp() needs about a kibibyte of stack for each. */
static bool too_many_groups(const char *pattern) {
	enum { GROUPS_MAX = 100 };
	int depth = 0;
	int most = 0;
	for (const char *s = pattern; *s != '\0'; s++) {
		if (*s == '\\' && s[1] != '\0') {
			s++;
		} else if (*s == '(') {
			depth++;
			most = depth > most ? depth : most;
		} else if (*s == ')') {
			depth--;
		}
	}
	return most > GROUPS_MAX;
}

/* =~: the match and its groups go to BASH_REMATCH. */
static int match_regex(struct shell *sh, const char *text, struct sh_word *word) {
	enum { GROUPS = 20 };
	size_t len;
	regex_t regex;
	regmatch_t groups[GROUPS];
	char *pattern = sh_expand_regex(sh, word, &len);
	sh_is_utf8(sh);
	if (pattern == NULL) {
		return -1;
	}
	if (too_many_groups(pattern)) {
		sh_error(sh, "[[: regular expression: nested too deeply");
		return -1;
	}
	int err = regcomp(&regex, pattern, REG_EXTENDED);
	if (err != 0) {
		char reason[100];
		regerror(err, &regex, reason, sizeof(reason));
		sh_error(sh, "[[: %s: %s", pattern, reason);
		return -1;
	}
	bool matches = regexec(&regex, text, GROUPS, groups, 0) == 0;
	struct sh_array *array = sh_var_array(sh, sh_name(sh, "BASH_REMATCH"), false, true);
	for (size_t i = 0; matches && array != NULL && i <= regex.re_nsub && i < GROUPS; i++) {
		regoff_t start = groups[i].rm_so;
		sh_array_put(array, (intmax_t)i, start >= 0 ? text + start : "",
				start >= 0 ? (size_t)(groups[i].rm_eo - start) : 0);
	}
	regfree(&regex);
	return matches;
}

static int compare_numbers(struct shell *sh, const char *op, const char *a, const char *b) {
	intmax_t x;
	intmax_t y;
	if (sh_arith_text(sh, a, strlen(a), &x) != SH_ARITH_OK ||
			sh_arith_text(sh, b, strlen(b), &y) != SH_ARITH_OK) {
		return -1;
	}
	switch (op[1] << 8 | op[2]) {
	case 'e' << 8 | 'q':
		return x == y;
	case 'n' << 8 | 'e':
		return x != y;
	case 'l' << 8 | 't':
		return x < y;
	case 'l' << 8 | 'e':
		return x <= y;
	case 'g' << 8 | 't':
		return x > y;
	default:
		return x >= y;
	}
}

/* The rest is what `test` does. */
static int ask_test(struct shell *sh, int argc, char **argv) {
	int status = sh_call(sh, argc, argv, SH_LOOKUP_NO_FUNC);
	return status > 1 ? -1 : status == 0;
}

static int binary(struct shell *sh, const struct sh_cond *cond) {
	size_t len;
	const char *op = cond->op;
	char *a = sh_expand_string(sh, cond->a, &len);
	if (a == NULL) {
		return -1;
	}
	if (strcmp(op, "=") == 0 || strcmp(op, "==") == 0) {
		return match_pattern(sh, a, cond->b);
	}
	if (strcmp(op, "!=") == 0) {
		int matches = match_pattern(sh, a, cond->b);
		return matches < 0 ? matches : !matches;
	}
	if (strcmp(op, "=~") == 0) {
		return match_regex(sh, a, cond->b);
	}
	char *b = sh_expand_string(sh, cond->b, &len);
	if (b == NULL) {
		return -1;
	}
	if (op[0] == '<' || op[0] == '>') {
		int order = sh_collate(sh, a, b);
		return op[0] == '<' ? order < 0 : order > 0;
	}
	if (strcmp(op, "-ef") == 0 || strcmp(op, "-nt") == 0 || strcmp(op, "-ot") == 0) {
		char *argv[] = { (char *)"test", a, (char *)op, b, NULL };
		return ask_test(sh, 4, argv);
	}
	return compare_numbers(sh, op, a, b);
}

static int unary(struct shell *sh, const struct sh_cond *cond) {
	size_t len;
	char *a = sh_expand_string(sh, cond->a, &len);
	if (a == NULL) {
		return -1;
	}
	if (cond->op[0] == '\0' || strcmp(cond->op, "-n") == 0) {
		return len > 0;
	}
	if (strcmp(cond->op, "-z") == 0) {
		return len == 0;
	}
	if (strcmp(cond->op, "-v") == 0) {
		return sh_ref_get(sh, a, &len) != NULL;
	}
	char *argv[] = { (char *)"test", (char *)cond->op, a, NULL };
	return ask_test(sh, 3, argv);
}

int sh_exec_cond(struct shell *sh, const struct sh_cond *cond) {
	if (!sh_stack_ok(sh)) {
		return -1;
	}
	if (cond->left == NULL) {
		return cond->b != NULL ? binary(sh, cond) : unary(sh, cond);
	}
	int left = sh_exec_cond(sh, cond->left);
	if (left < 0) {
		return left;
	}
	if (cond->op[0] == '!') {
		return !left;
	}
	if (left == (cond->op[0] == '|')) {
		return left;
	}
	return sh_exec_cond(sh, cond->right);
}
