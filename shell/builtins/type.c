/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "shell/builtins/describe.h"

#include <string.h>

/* A path from a relative PATH entry or operand is shown from the root (XCU command -v). */
static void put_path(struct shell *sh, const char *path) {
	if (path[0] != '/' && sh->cwd != NULL) {
		sh_puts(sh, sh->cwd);
		if (strcmp(sh->cwd, "/") != 0) {
			sh_putc(sh, '/');
		}
		path += strncmp(path, "./", 2) == 0 ? 2 : 0;
	}
	sh_puts(sh, path);
}

static bool describe_alias(struct shell *sh, const char *word, bool verbose) {
	const char *value = sh_alias_get(sh, word);
	if (value == NULL) {
		return false;
	}
	sh_printf(sh, verbose ? "%s is an alias for " : "alias %s=", word);
	sh_put_quoted(sh, value);
	sh_putc(sh, '\n');
	return true;
}

/*
 * Regular builtins stand for a program that PATH has, and `command -v` shows that one. Other shells do
 * not, and scripts may look for the bare name: only under `-o posix`.
 */
static const char *associated_path(
		struct shell *sh, const char *word, const struct sh_command *command) {
	if (command->kind != SH_CMD_BUILTIN || (command->builtin->flags & SH_BUILTIN_BY_PATH) == 0 ||
			(sh->options & SH_OPT_POSIX) == 0) {
		return NULL;
	}
	struct sh_command program = sh_lookup_program(sh, word);
	return program.kind == SH_CMD_PROGRAM ? program.path : NULL;
}

int sh_describe(struct shell *sh, const char *word, bool verbose, uint32_t lookup_flags) {
	if (describe_alias(sh, word, verbose)) {
		return 0;
	}
	struct sh_command command = { .kind = SH_CMD_NONE };
	const char *what = " is a shell keyword";
	bool keyword = sh_is_keyword(word);
	if (!keyword) {
		command = sh_lookup(sh, word, lookup_flags);
		what = command.kind == SH_CMD_SPECIAL	  ? " is a special shell builtin"
				: command.kind == SH_CMD_FUNCTION ? " is a function"
												  : " is a shell builtin";
	}
	if (command.kind == SH_CMD_NONE && !keyword) {
		return 1;
	}
	const char *associated = associated_path(sh, word, &command);
	if (associated != NULL && !verbose) {
		put_path(sh, associated);
		sh_putc(sh, '\n');
		return 0;
	}
	if (command.kind != SH_CMD_PROGRAM || verbose) {
		sh_puts(sh, word);
	}
	if (command.kind == SH_CMD_PROGRAM) {
		sh_puts(sh, verbose ? " is " : "");
		put_path(sh, command.path);
	} else if (verbose) {
		sh_puts(sh, what);
		if (associated != NULL) {
			sh_puts(sh, " for ");
			put_path(sh, associated);
		}
	}
	sh_putc(sh, '\n');
	return 0;
}

/* type NAME... (XCU type) */
static int run_type(struct shell *sh, int argc, char **argv) {
	struct sh_opts opts = { 0 };
	int status = 0;
	if (sh_getopt(sh, &opts, argc, argv, "") == '?') {
		return 2;
	}
	for (int i = opts.index; i < argc; i++) {
		if (sh_describe(sh, argv[i], true, SH_LOOKUP_NO_HASH) != 0) {
			sh_error(sh, "%s: not found", argv[i]);
			status = 1;
		}
	}
	return status;
}

const struct sh_builtin sh_builtin_type = { "type", run_type, SH_BUILTIN_INTRINSIC, "NAME..." };
