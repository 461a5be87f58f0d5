/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "shell/builtin.h"

#include <stdlib.h>
#include <string.h>

static void put_alias(struct shell *sh, const char *name, const char *value) {
	sh_puts(sh, name);
	sh_putc(sh, '=');
	sh_put_quoted(sh, value);
	sh_putc(sh, '\n');
}

static bool has_alias(const struct sh_name *name) {
	return name->alias != NULL;
}

static void put_all(struct shell *sh) {
	struct sh_name **names = sh_name_list(sh, has_alias);
	for (size_t i = 0; names[i] != NULL; i++) {
		put_alias(sh, names[i]->text, sh_alias_get(sh, names[i]->text));
	}
	free(names);
}

/* XBD 3.10, and what other shells take too: nothing that would end a word. */
static bool is_alias_name(const char *text, size_t len) {
	return len > 0 && strcspn(text, " \t\n|&;<>()$`\\\"'/") >= len;
}

/* One operand. Returns the status. */
static int set_or_put(struct shell *sh, const char *operand) {
	const char *mark = strchr(operand, '=');
	if (mark != NULL && mark > operand) {
		char *name = sh_arena_copy(&sh->scratch, operand, mark - operand);
		if (!is_alias_name(name, mark - operand)) {
			sh_error(sh, "%s: not a valid name", name);
			return 1;
		}
		sh_alias_set(sh, name, mark + 1);
		return 0;
	}
	const char *value = sh_alias_get(sh, operand);
	if (value == NULL) {
		sh_error(sh, "%s: not found", operand);
		return 1;
	}
	put_alias(sh, operand, value);
	return 0;
}

/* alias [-p] [NAME[=VALUE]...] (XCU alias); `-p` is bash's, for scripts that write it. */
static int run_alias(struct shell *sh, int argc, char **argv) {
	struct sh_opts opts = { 0 };
	bool all = false;
	for (int c; (c = sh_getopt(sh, &opts, argc, argv, "p")) != -1; all = true) {
		if (c == '?') {
			return 2;
		}
	}
	int status = 0;
	if (all || opts.index == argc) {
		put_all(sh);
	}
	for (int i = opts.index; i < argc; i++) {
		status |= set_or_put(sh, argv[i]);
	}
	return status;
}

const struct sh_builtin sh_builtin_alias = { "alias", run_alias, SH_BUILTIN_INTRINSIC,
	"[NAME[=VALUE]...]" };
