/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "shell/array.h"
#include "shell/builtin.h"
#include "shell/func.h"

/* What export, readonly, local and declare do with their operands. */
struct declaration {
	uint32_t add, remove; // enum sh_var_flags
	bool local;
	bool indexed, assoc;
};

/* NAME=VALUE, NAME+=VALUE or NAME. 0, or -1 after a message. */
static int declare_operand(struct shell *sh, const struct declaration *how, const char *operand) {
	const char *equals = strchr(operand, '=');
	size_t len = equals != NULL ? (size_t)(equals - operand) : strlen(operand);
	bool append = equals != NULL && len > 0 && operand[len - 1] == '+';
	len -= append;
	const char *bracket = memchr(operand, '[', len);
	size_t name_len = bracket != NULL ? (size_t)(bracket - operand) : len;
	if (!sh_is_name(operand, name_len)) {
		sh_error(sh, "%.*s: bad variable name", (int)len, operand);
		return -1;
	}
	struct sh_name *name = sh_name_intern(sh, operand, name_len);
	if ((name->var.flags & how->remove & SH_VAR_READONLY) != 0) {
		sh_error(sh, "%s: is read only", name->text);
		return -1;
	}
	if (how->local && sh_var_local(sh, name) < 0) {
		return -1;
	}
	if ((how->indexed || how->assoc) && sh_var_array(sh, name, how->assoc, false) == NULL) {
		return -1;
	}
	int result = 0;
	sh_var_flag(sh, name, how->add & SH_VAR_INTEGER, how->remove & SH_VAR_INTEGER);
	if (bracket != NULL && equals != NULL) {
		char *ref = sh_arena_copy(&sh->scratch, operand, len);
		result = sh_ref_set(sh, ref, equals + 1, strlen(equals + 1));
	} else if (append) {
		result = sh_var_append(sh, name, equals + 1, strlen(equals + 1));
	} else if (equals != NULL) {
		result = sh_var_set(sh, name, equals + 1, strlen(equals + 1));
	}
	if (result == 0) {
		sh_var_flag(sh, name, how->add, how->remove);
	}
	return result;
}

static bool is_exported(const struct sh_name *name) {
	return (name->var.flags & SH_VAR_EXPORT) != 0;
}

static bool is_readonly(const struct sh_name *name) {
	return (name->var.flags & SH_VAR_READONLY) != 0;
}

static bool is_variable(const struct sh_name *name) {
	return (name->var.flags & (SH_VAR_SET | SH_VAR_EXPORT | SH_VAR_READONLY | SH_VAR_INTEGER)) !=
			0 &&
			(name->var.hooks == NULL || name->var.hooks->get == NULL);
}

static bool is_function(const struct sh_name *name) {
	return name->func != NULL;
}

static void print_array(struct shell *sh, struct sh_name *name) {
	sh_var_refresh(sh, name);
	const struct sh_array *array = name->var.array;
	sh_puts(sh, "=(");
	for (size_t i = 0; i < array->len; i++) {
		const struct sh_item *item = &array->items[i];
		sh_puts(sh, i > 0 ? " [" : "[");
		if (item->key != NULL) {
			sh_put_quoted(sh, item->key);
		} else {
			sh_printf(sh, "%jd", item->index);
		}
		sh_puts(sh, "]=");
		sh_put_quoted(sh, item->value);
	}
	sh_puts(sh, ")");
}

/* As commands that declare the variables again (XCU export -p). */
static void print_one(struct shell *sh, const char *command, struct sh_name *name) {
	sh_printf(sh, "%s %s", command, name->text);
	const char *value = sh_var_is_array(&name->var) ? NULL : sh_var_get(sh, name);
	if (sh_var_is_array(&name->var)) {
		print_array(sh, name);
	} else if (value != NULL) {
		sh_putc(sh, '=');
		sh_put_quoted(sh, value);
	}
	sh_putc(sh, '\n');
}

static int print_all(struct shell *sh, const char *command, bool (*keep)(const struct sh_name *)) {
	struct sh_name **names = sh_name_list(sh, keep);
	for (size_t i = 0; names[i] != NULL; i++) {
		print_one(sh, command, names[i]);
	}
	free(names);
	return 0;
}

static int declare_operands(
		struct shell *sh, const struct declaration *how, int argc, char **argv, int index) {
	int status = 0;
	for (int i = index; i < argc; i++) {
		if (declare_operand(sh, how, argv[i]) < 0) {
			status = sh_special_error(sh, 1);
		}
	}
	return status;
}

/* export, readonly (XCU 2.15); -n takes the export flag away, as in bash. */
static int run_flag(struct shell *sh, int argc, char **argv, uint32_t flag, const char *letters) {
	struct sh_opts opts = { 0 };
	struct declaration how = { .add = flag };
	for (int option; (option = sh_getopt(sh, &opts, argc, argv, letters)) != -1;) {
		if (option == '?') {
			return 2;
		}
		if (option == 'n') {
			how.add = 0;
			how.remove = flag;
		}
		how.indexed |= option == 'a';
		how.assoc |= option == 'A';
	}
	if (opts.index >= argc) { // with or without -p
		return print_all(sh, argv[0], flag == SH_VAR_EXPORT ? is_exported : is_readonly);
	}
	return declare_operands(sh, &how, argc, argv, opts.index);
}

static int run_export(struct shell *sh, int argc, char **argv) {
	return run_flag(sh, argc, argv, SH_VAR_EXPORT, "pn");
}

static int run_readonly(struct shell *sh, int argc, char **argv) {
	return run_flag(sh, argc, argv, SH_VAR_READONLY, "paA");
}

static void print_declaration(struct shell *sh, struct sh_name *name) {
	static const struct {
		uint32_t flag;
		char letter;
	} attributes[] = { { SH_VAR_INDEXED, 'a' }, { SH_VAR_ASSOC, 'A' }, { SH_VAR_INTEGER, 'i' },
		{ SH_VAR_READONLY, 'r' }, { SH_VAR_EXPORT, 'x' } };
	enum { COUNT = sizeof(attributes) / sizeof(attributes[0]) };
	char letters[COUNT + 1];
	size_t len = 0;
	for (size_t i = 0; i < COUNT; i++) {
		if ((name->var.flags & attributes[i].flag) != 0) {
			letters[len++] = attributes[i].letter;
		}
	}
	letters[len] = '\0';
	char command[sizeof("declare -") + sizeof(letters)];
	snprintf(command, sizeof(command), "declare -%s", len > 0 ? letters : "-");
	print_one(sh, command, name);
}

/* declare -p NAME... */
static int print_named(struct shell *sh, int argc, char **argv, int index) {
	int status = 0;
	for (int i = index; i < argc; i++) {
		struct sh_name *name = sh_name_find(sh, argv[i], strlen(argv[i]));
		if (name == NULL ||
				(name->var.flags & (SH_VAR_SET | SH_VAR_EXPORT | SH_VAR_READONLY)) == 0) {
			sh_error(sh, "%s: not found", argv[i]);
			status = 1;
			continue;
		}
		print_declaration(sh, name);
	}
	return status;
}

/* declare [-aAirx]: the variables that have all of these. */
static int print_variables(struct shell *sh, const struct declaration *how) {
	uint32_t wanted =
			how->add | (how->indexed ? SH_VAR_INDEXED : 0) | (how->assoc ? SH_VAR_ASSOC : 0);
	struct sh_name **names = sh_name_list(sh, is_variable);
	for (size_t i = 0; names[i] != NULL; i++) {
		if ((names[i]->var.flags & wanted) == wanted) {
			print_declaration(sh, names[i]);
		}
	}
	free(names);
	return 0;
}

/* The definition as it was written. The text of one with a here-document is not kept. */
static int print_function(struct shell *sh, const struct sh_name *name) {
	const char *text = name->func->text;
	if (text == NULL) {
		sh_error(sh, "%s: its text is not kept, as it has a here-document", name->text);
		return 1;
	}
	size_t len = strlen(text);
	while (len > 0 && strchr(" \t\n", text[len - 1]) != NULL) {
		len--;
	}
	sh_printf(sh, "%s() ", name->text);
	sh_write(sh, text, len);
	sh_putc(sh, '\n');
	return 0;
}

/* declare -f, -F [NAME...] */
static int print_functions(struct shell *sh, int argc, char **argv, int index, bool bodies) {
	int status = 0;
	if (index >= argc) {
		struct sh_name **names = sh_name_list(sh, is_function);
		for (size_t i = 0; names[i] != NULL; i++) {
			if (bodies) {
				status |= print_function(sh, names[i]);
			} else {
				sh_printf(sh, "declare -f %s\n", names[i]->text);
			}
		}
		free(names);
		return status;
	}
	for (int i = index; i < argc; i++) {
		struct sh_name *name = sh_name_find(sh, argv[i], strlen(argv[i]));
		if (name == NULL || name->func == NULL) {
			status = 1;
		} else if (bodies) {
			status |= print_function(sh, name);
		} else {
			sh_printf(sh, "%s\n", argv[i]);
		}
	}
	return status;
}

/* local, declare, typeset: not POSIX; as in bash, the part that scripts use. */
static int run_declare(struct shell *sh, int argc, char **argv) {
	struct sh_opts opts = { 0 };
	struct declaration how = { .local = sh->frame != NULL };
	bool print = false;
	bool functions = false;
	bool bodies = true;
	for (int option; (option = sh_getopt(sh, &opts, argc, argv, "+aAgiprxfF")) != -1;) {
		uint32_t flag = option == 'i' ? SH_VAR_INTEGER
				: option == 'r'		  ? SH_VAR_READONLY
				: option == 'x'		  ? SH_VAR_EXPORT
									  : 0;
		if (option == '?') {
			return 2;
		}
		if (opts.plus) {
			how.remove |= flag;
		} else {
			how.add |= flag;
		}
		print |= option == 'p';
		functions |= option == 'f' || option == 'F';
		bodies &= option != 'F';
		how.indexed |= option == 'a' && !opts.plus;
		how.assoc |= option == 'A' && !opts.plus;
		how.local &= option != 'g';
	}
	if (functions) {
		return print_functions(sh, argc, argv, opts.index, bodies);
	}
	if (opts.index >= argc && strcmp(argv[0], "local") != 0) {
		return print_variables(sh, &how);
	}
	if (print) {
		return print_named(sh, argc, argv, opts.index);
	}
	return declare_operands(sh, &how, argc, argv, opts.index);
}

static int run_local(struct shell *sh, int argc, char **argv) {
	if (sh->frame == NULL) {
		sh_error(sh, "not in a function");
		return 1;
	}
	return run_declare(sh, argc, argv);
}

enum {
	DECLARES = SH_BUILTIN_SPECIAL | SH_BUILTIN_INTRINSIC | SH_BUILTIN_DECLARES,
};
const struct sh_builtin sh_builtin_export = { "export", run_export, DECLARES,
	"[-p | [-n] name[=value]...]" };
const struct sh_builtin sh_builtin_readonly = { "readonly", run_readonly, DECLARES,
	"[-p | name[=value]...]" };
const struct sh_builtin sh_builtin_local = { "local", run_local,
	SH_BUILTIN_INTRINSIC | SH_BUILTIN_DECLARES, "[-aAirx] [name[=value]...]" };
const struct sh_builtin sh_builtin_declare = { "declare", run_declare,
	SH_BUILTIN_INTRINSIC | SH_BUILTIN_DECLARES, "[-aAfFgiprx] [name[=value]...]" };
const struct sh_builtin sh_builtin_typeset = { "typeset", run_declare,
	SH_BUILTIN_INTRINSIC | SH_BUILTIN_DECLARES, "[-aAfFgiprx] [name[=value]...]" };
