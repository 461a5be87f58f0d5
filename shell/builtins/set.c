/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "shell/array.h"
#include "shell/builtin.h"

void sh_params_drop(struct shell *sh) {
	if (sh->params.owned != NULL && sh->params.level == sh->level) {
		free(sh->params.owned);
	}
	sh->params.owned = NULL;
}

/* A block of our own with the pointers and texts of the new parameters. */
static void params_set(struct shell *sh, int argc, char **argv) {
	size_t bytes = ((size_t)argc + 1) * sizeof(char *);
	for (int i = 0; i < argc; i++) {
		bytes += strlen(argv[i]) + 1;
	}
	char **block = sh_xmalloc(bytes);
	char *text = (char *)(block + argc + 1);
	for (int i = 0; i < argc; i++) {
		size_t len = strlen(argv[i]) + 1;
		block[i] = memcpy(text, argv[i], len);
		text += len;
	}
	block[argc] = NULL;
	sh_params_drop(sh);
	sh->params = (struct sh_params){ .argv = block, .argc = argc, .owned = block, .level = sh->level };
}

static bool has_value(const struct sh_name *name) {
	return (name->var.flags & SH_VAR_SET) != 0 &&
			(name->var.hooks == NULL || name->var.hooks->get == NULL);
}

/* All variables, so that the shell can read them back (XCU set). */
static int print_variables(struct shell *sh) {
	struct sh_name **names = sh_name_list(sh, has_value);
	for (size_t i = 0; names[i] != NULL; i++) {
		const char *value = sh_var_get(sh, names[i]);
		sh_printf(sh, "%s=", names[i]->text);
		sh_put_quoted(sh, value != NULL ? value : "");
		sh_putc(sh, '\n');
	}
	free(names);
	return 0;
}

static int print_options(struct shell *sh, bool as_commands) {
	for (const struct sh_option_info *info = sh_option_table; info->name != NULL; info++) {
		bool on = (sh->options & info->bit) != 0;
		bool settable = (info->bit & (SH_OPT_INTERACTIVE | SH_OPT_STDIN)) == 0;
		if (as_commands && settable) {
			sh_printf(sh, "set %co %s\n", on ? '-' : '+', info->name);
		} else if (!as_commands) {
			sh_printf(sh, "%-12s %s\n", info->name, on ? "on" : "off");
		}
	}
	return 0;
}

static int bad_option(struct shell *sh, const char *arg) {
	sh_error(sh, "%s: invalid option", arg);
	sh_usage(sh, NULL);
	return -1;
}

/* One argument of options; *index moves past an -o name. */
static int take_letters(struct shell *sh, int argc, char **argv, int *index) {
	const char *arg = argv[*index];
	bool on = arg[0] == '-';
	for (const char *c = arg + 1; *c != '\0'; c++) {
		uint32_t bit;
		if (*c == 'o') {
			if (*index + 1 >= argc) {
				print_options(sh, !on);
				continue;
			}
			bit = sh_option_name(argv[++*index]);
		} else {
			bit = sh_option_letter(*c);
		}
		if (bit == 0 || (bit & (SH_OPT_INTERACTIVE | SH_OPT_STDIN | SH_OPT_COMMAND)) != 0) {
			return bad_option(sh, *c == 'o' ? argv[*index] : arg);
		}
		if (sh_option_set(sh, bit, on) < 0) {
			return -1;
		}
		if (sh->unwind != SH_UNWIND_NONE) {
			return 0;
		}
	}
	return 0;
}

/* set (XCU 2.15). */
static int run_set(struct shell *sh, int argc, char **argv) {
	if (argc == 1) {
		return print_variables(sh);
	}
	int i;
	for (i = 1; i < argc; i++) {
		const char *arg = argv[i];
		if (strcmp(arg, "--") == 0) {
			params_set(sh, argc - i - 1, argv + i + 1);
			return 0;
		}
		if (strcmp(arg, "-") == 0) { // obsolescent: as bash and ksh have it
			sh->options &= ~(uint32_t)(SH_OPT_XTRACE | SH_OPT_VERBOSE);
			i++;
			break;
		}
		if ((arg[0] != '-' && arg[0] != '+') || arg[1] == '\0') {
			break;
		}
		if (take_letters(sh, argc, argv, &i) < 0) {
			return 2;
		}
	}
	if (i < argc) {
		params_set(sh, argc - i, argv + i);
	}
	return sh->unwind == SH_UNWIND_GONE ? sh->status : 0;
}

const struct sh_builtin sh_builtin_set = { "set", run_set, SH_BUILTIN_SPECIAL | SH_BUILTIN_INTRINSIC,
	"[-abCefhmnuvx] [-o option] [argument...]" };
