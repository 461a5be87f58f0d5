/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "shell/builtin.h"
#include "shell/complete_user.h"

/* complete and compgen: the part of bash's that scripts of completions need. */

static const struct named {
	const char *name;
	char letter; // 0: none
	uint32_t bit;
} actions[] = {
	{ "alias", 'a', SH_COMPLETE_ALIASES },
	{ "builtin", 'b', SH_COMPLETE_BUILTINS },
	{ "command", 'c', SH_COMPLETE_COMMANDS },
	{ "directory", 'd', SH_COMPLETE_DIRECTORIES },
	{ "export", 'e', SH_COMPLETE_EXPORTS },
	{ "file", 'f', SH_COMPLETE_FILES },
	{ "function", 0, SH_COMPLETE_FUNCTIONS },
	{ "group", 'g', SH_COMPLETE_GROUPS },
	{ "helptopic", 0, SH_COMPLETE_BUILTINS },
	{ "job", 'j', SH_COMPLETE_JOBS },
	{ "keyword", 'k', SH_COMPLETE_KEYWORDS },
	{ "running", 0, SH_COMPLETE_RUNNING },
	{ "setopt", 0, SH_COMPLETE_OPTIONS },
	{ "signal", 0, SH_COMPLETE_SIGNALS },
	{ "stopped", 0, SH_COMPLETE_STOPPED },
	{ "user", 'u', SH_COMPLETE_USERS },
	{ "variable", 'v', SH_COMPLETE_VARIABLES },
	{ NULL, 0, 0 },
};

static const struct named options[] = {
	{ "bashdefault", 0, SH_SPEC_DEFAULT },
	{ "default", 0, SH_SPEC_DEFAULT },
	{ "dirnames", 0, SH_SPEC_DIRNAMES },
	{ "filenames", 0, SH_SPEC_FILENAMES },
	{ "noquote", 0, 0 },
	{ "nosort", 0, 0 },
	{ "nospace", 0, SH_SPEC_NOSPACE },
	{ "plusdirs", 0, SH_SPEC_PLUSDIRS },
	{ NULL, 0, 0 },
};

static const struct named *find_name(const struct named *table, const char *name) {
	for (; table->name != NULL; table++) {
		if (strcmp(table->name, name) == 0) {
			return table;
		}
	}
	return NULL;
}

/* What else stands on the command line. */
struct request {
	struct sh_spec spec;
	bool print, remove, fallback, empty; // -p -r -D -E
};

static void replace(char **field, const char *text) {
	free(*field);
	*field = sh_xstrdup(text);
}

static bool take_named(struct shell *sh, const struct named *table, const char *name, uint32_t *bits) {
	const struct named *found = find_name(table, name);
	if (found == NULL) {
		sh_error(sh, "%s: not known", name);
		return false;
	}
	*bits |= found->bit;
	return true;
}

static bool take_option(struct shell *sh, struct request *r, int option, const char *arg) {
	switch (option) {
	case 'A':
		return take_named(sh, actions, arg, &r->spec.actions);
	case 'o':
		return take_named(sh, options, arg, &r->spec.options);
	case 'W':
		replace(&r->spec.words, arg);
		return true;
	case 'F':
		replace(&r->spec.function, arg);
		return true;
	case 'C':
		replace(&r->spec.command, arg);
		return true;
	case 'G':
		replace(&r->spec.glob, arg);
		return true;
	case 'X':
		replace(&r->spec.filter, arg);
		return true;
	case 'P':
		replace(&r->spec.prefix, arg);
		return true;
	case 'S':
		replace(&r->spec.suffix, arg);
		return true;
	case 'p':
		return r->print = true;
	case 'r':
		return r->remove = true;
	case 'D':
		return r->fallback = true;
	case 'E':
		return r->empty = true;
	default:
		for (const struct named *action = actions; action->name != NULL; action++) {
			if (action->letter == option) {
				r->spec.actions |= action->bit;
				return true;
			}
		}
		return false;
	}
}

/* The options into `r`. The index of the first operand, or -1 after a message. */
static int request_read(
		struct shell *sh, struct request *r, int argc, char **argv, const char *letters) {
	struct sh_opts opts = { 0 };
	for (int option; (option = sh_getopt(sh, &opts, argc, argv, letters)) != -1;) {
		if (option == '?' || !take_option(sh, r, option, opts.arg)) {
			sh_spec_finish(&r->spec);
			return -1;
		}
	}
	return opts.index;
}

#define SPEC_LETTERS "abcdefgjkuvA:o:W:F:C:G:X:P:S:"

/* ---- complete ---- */

static void put_option(struct shell *sh, const char *option, const char *value) {
	if (value != NULL) {
		sh_printf(sh, " %s ", option);
		sh_put_quoted(sh, value);
	}
}

static void put_spec(struct shell *sh, const char *name, const struct sh_spec *spec) {
	sh_puts(sh, "complete");
	for (const struct named *o = options; o->name != NULL; o++) {
		if (o->bit != 0 && (spec->options & o->bit) != 0 && strcmp(o->name, "bashdefault") != 0) {
			sh_printf(sh, " -o %s", o->name);
		}
	}
	uint32_t left = spec->actions;
	for (const struct named *a = actions; a->name != NULL; a++) {
		if ((left & a->bit) != 0) {
			sh_printf(sh, " -A %s", a->name);
			left &= ~a->bit;
		}
	}
	put_option(sh, "-G", spec->glob);
	put_option(sh, "-W", spec->words);
	put_option(sh, "-P", spec->prefix);
	put_option(sh, "-S", spec->suffix);
	put_option(sh, "-X", spec->filter);
	put_option(sh, "-F", spec->function);
	put_option(sh, "-C", spec->command);
	sh_putc(sh, ' ');
	if (strcmp(name, "-D") == 0) {
		sh_puts(sh, name);
	} else if (name[0] == '\0') {
		sh_puts(sh, "-E");
	} else {
		sh_put_quoted(sh, name);
	}
	sh_putc(sh, '\n');
}

static int print_specs(struct shell *sh, char **names) {
	int status = 0;
	for (size_t i = 0; *names == NULL && i < sh->completions.len; i++) {
		const struct sh_named_spec *named = sh->completions.items[i];
		put_spec(sh, named->name, &named->spec);
	}
	for (; *names != NULL; names++) {
		const struct sh_spec *spec = sh_spec_get(sh, *names);
		if (spec != NULL) {
			put_spec(sh, *names, spec);
		} else {
			sh_error(sh, "%s: no completion specification", *names);
			status = 1;
		}
	}
	return status;
}

static int remove_specs(struct shell *sh, char **names, const struct request *r) {
	int status = 0;
	bool all = *names == NULL && !r->fallback && !r->empty;
	while (all && sh->completions.len > 0) {
		const struct sh_named_spec *named = sh->completions.items[0];
		char *name = sh_xstrdup(named->name);
		sh_spec_set(sh, name, NULL);
		free(name);
	}
	if (r->fallback) {
		sh_spec_set(sh, "-D", NULL);
	}
	if (r->empty) {
		sh_spec_set(sh, "", NULL);
	}
	for (; *names != NULL; names++) {
		if (!sh_spec_set(sh, *names, NULL)) {
			sh_error(sh, "%s: no completion specification", *names);
			status = 1;
		}
	}
	return status;
}

static char *copy_or_null(const char *text) {
	return text != NULL ? sh_xstrdup(text) : NULL;
}

static void set_copy(struct shell *sh, const char *name, const struct sh_spec *spec) {
	struct sh_spec copy = *spec;
	copy.words = copy_or_null(spec->words);
	copy.function = copy_or_null(spec->function);
	copy.command = copy_or_null(spec->command);
	copy.glob = copy_or_null(spec->glob);
	copy.filter = copy_or_null(spec->filter);
	copy.prefix = copy_or_null(spec->prefix);
	copy.suffix = copy_or_null(spec->suffix);
	sh_spec_set(sh, name, &copy);
}

static int run_complete(struct shell *sh, int argc, char **argv) {
	struct request r = { 0 };
	int index = request_read(sh, &r, argc, argv, SPEC_LETTERS "prDE");
	if (index < 0) {
		return 2;
	}
	int status = 0;
	if (r.print || argc == 1) {
		status = print_specs(sh, argv + index);
	} else if (r.remove) {
		status = remove_specs(sh, argv + index, &r);
	} else if (index == argc && !r.fallback && !r.empty) {
		status = sh_usage(sh, NULL);
	}
	for (int i = index; i < argc && !r.print && !r.remove; i++) {
		set_copy(sh, argv[i], &r.spec);
	}
	if (r.fallback && !r.print && !r.remove) {
		set_copy(sh, "-D", &r.spec);
	}
	if (r.empty && !r.print && !r.remove) {
		set_copy(sh, "", &r.spec);
	}
	sh_spec_finish(&r.spec);
	return status;
}

/* ---- compgen ---- */

static int compare(const void *a, const void *b) {
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static int run_compgen(struct shell *sh, int argc, char **argv) {
	struct request r = { 0 };
	int index = request_read(sh, &r, argc, argv, SPEC_LETTERS);
	if (index < 0) {
		return 2;
	}
	const char *word = index < argc ? argv[index] : "";
	char *parts[] = { (char *)"compgen", (char *)word };
	struct sh_complete_words words = { .words = parts, .count = 2, .line = "", .point = 0 };
	struct sh_candidates found = { 0 };
	sh_spec_generate(sh, &r.spec, &words, &found);
	if (found.items.len > 0 && r.spec.words == NULL && r.spec.function == NULL && r.spec.command == NULL) {
		qsort(found.items.items, found.items.len, sizeof(char *), compare);
	}
	for (size_t i = 0; i < found.items.len; i++) {
		sh_puts(sh, found.items.items[i]);
		sh_putc(sh, '\n');
	}
	int status = found.items.len > 0 ? 0 : 1;
	sh_candidates_finish(&found);
	sh_spec_finish(&r.spec);
	return status;
}

const struct sh_builtin sh_builtin_complete = { "complete", run_complete, SH_BUILTIN_INTRINSIC,
	"[-abcdefgjkuv] [-prDE] [-o option] [-A action] [-W words] [-F function] [-C command]\n"
	"           [-G pattern] [-X pattern] [-P prefix] [-S suffix] [name...]" };
const struct sh_builtin sh_builtin_compgen = { "compgen", run_compgen, SH_BUILTIN_INTRINSIC,
	"[-abcdefgjkuv] [-o option] [-A action] [-W words] [-F function] [-C command]\n"
	"          [-G pattern] [-X pattern] [-P prefix] [-S suffix] [word]" };
