/* SPDX-License-Identifier: GPL-3.0-or-later */
/* An arithmetic expression, as a text that has been expanded and as one that has not. */
#include "config.h"
#include "shell/expand_arith.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "shell/shell.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct shell sh;

static void set_up(void) {
	sh_init(&sh, "fuzz", environ);
	sh.arg0 = "fuzz";
}

/* Variables of the same values each time. */
static void set_variables(void) {
	sh_var_set_text(&sh, "a", "7");
	sh_var_set_text(&sh, "b", "-3");
	sh_var_set_text(&sh, "c", "a+b");
	sh_var_set_text(&sh, "d", "d+1");
	sh_var_set_text(&sh, "e", "");
	sh_var_unset(&sh, sh_name(&sh, "f"));
}

/* May the value be different the second time: an assignment, or a dollar that meant something? */
static bool may_change(const char *text, size_t size) {
	return memchr(text, '=', size) != NULL || memchr(text, '$', size) != NULL ||
			memmem(text, size, "++", 2) != NULL || memmem(text, size, "--", 2) != NULL;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
	const char *text = (const char *)data;
	intmax_t whole = 0, parsed = 0;
	if (sh.arg0 == NULL) {
		set_up();
	}
	set_variables();
	enum sh_arith_result result = sh_arith_text(&sh, text, size, &whole);
	set_variables();
	struct sh_arena arena = { 0 };
	struct sh_arith *expr = sh_arith_parse(&sh, &arena, text, size);
	enum sh_arith_result again = SH_ARITH_TEXT;
	if (expr != NULL) {
		again = sh_arith_eval(&sh, expr, &parsed);
	}
	if (!may_change(text, size) && expr != NULL &&
			(result != again || (result == SH_ARITH_OK && whole != parsed))) {
		abort();
	}
	sh_arena_finish(&arena);
	return 0;
}
