/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * plugin/cmd/ffi.c - native functions as commands. Signatures are in lib/ffi/types.h, a call in
 * plugin/ffi_call.h, whole arrays in plugin/ffi_map.h.
 */
#include "config.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/ffi/library.h"
#include "lib/shm/names.h"
#include "plugin/command.h"
#include "plugin/ffi_call.h"
#include "plugin/ffi_callback.h"
#include "plugin/ffi_map.h"
#include "plugin/ffi_state.h"
#include "plugin/host.h"
#include "plugin/report.h"

struct def_args {
	const char *name;
	bool guarded;
	bool worker;
	const char *var;
};

static const struct opt def_opts[] = {
	{ 'n', "name", OPT_TEXT, offsetof(struct def_args, name), "COMMAND",
			"its name as a command (that of the function)" },
	{ 'g', "guard", OPT_FLAG, offsetof(struct def_args, guarded), NULL,
			"each call in a copy of the shell: its crash is a status" },
	{ 'w', "worker", OPT_FLAG, offsetof(struct def_args, worker), NULL,
			"calls in one copy that stays" },
	{ 0 },
};

static const struct opt call_opts[] = {
	{ 'v', "variable", OPT_VARIABLE, offsetof(struct def_args, var), "VAR", "the result goes there" },
	{ 'g', "guard", OPT_FLAG, offsetof(struct def_args, guarded), NULL,
			"in a copy of the shell: its crash is a status" },
	{ 0 },
};

struct list_args {
	bool json;
};

static const struct opt list_opts[] = {
	{ 'J', "json", OPT_FLAG, offsetof(struct list_args, json), NULL, "as JSON" },
	{ 0 },
};

struct map_args {
	int64_t workers;
};

static const struct opt map_opts[] = {
	{ 'j', "jobs", OPT_COUNT, offsetof(struct map_args, workers), "N",
			"workers (processors available)" },
	{ 0 },
};

// ---- libraries ----

static void library_destroy(struct ffi_library *library) {
	cn_ffi_library_close(library->handle);
	free(library->path);
	free(library->name);
	free(library);
}

static int library_add(const struct cmd *cmd, struct ffi_library *library) {
	struct ffi_library *there = cn_map_get(
			&ffi_state.libraries, library->name, strlen(library->name));
	int status = STATUS_OK;
	if (there != NULL && there->handle == library->handle) {
		library_destroy(library); // the same again
		return STATUS_OK;
	}
	if (there != NULL) {
		status = cmd_fail(cmd, STATUS_NO_OBJECT, "%s: is %s already", there->name, there->path);
	} else if (cn_map_set(&ffi_state.libraries, library->name, strlen(library->name), library,
					   NULL) < 0) {
		status = cmd_result(cmd, library->name, -ENOMEM, NULL);
	}
	if (status != STATUS_OK) {
		library_destroy(library);
	}
	return status;
}

static int verb_load(struct cmd *cmd, void *data) {
	const char *name = cmd->argv[0];
	const char *file = cmd->argc > 1 ? cmd->argv[1] : name;
	if (!cn_name_is_valid(name)) {
		return cmd_fail(cmd, STATUS_USAGE, "%s: not a name", name);
	}
	struct ffi_library *library = calloc(1, sizeof(*library));
	struct cn_err why = { 0 };
	int err = library != NULL ? cn_ffi_library_open(file, &library->handle, &library->path, &why)
							  : -ENOMEM;
	if (err < 0) {
		free(library);
		return err == -ENOMEM ? cmd_result(cmd, file, err, NULL)
							  : cmd_fail(cmd, STATUS_NOT_FOUND, "%s: %s", file, why.text);
	}
	library->name = strdup(name);
	if (library->name == NULL || library->path == NULL) {
		library_destroy(library);
		return cmd_result(cmd, file, -ENOMEM, NULL);
	}
	return library_add(cmd, library);
}

static int verb_unload(struct cmd *cmd, void *data) {
	struct ffi_library *library;
	int status = ffi_library_find(cmd, cmd->argv[0], &library);
	if (status != STATUS_OK || library == NULL) {
		return status;
	}
	if (library->functions > 0) {
		return cmd_fail(cmd, STATUS_NO, "%s: %d of its functions are defined", library->name,
				library->functions);
	}
	cn_map_remove(&ffi_state.libraries, library->name, strlen(library->name));
	library_destroy(library);
	return STATUS_OK;
}

// ---- functions ----

// Options may also stand behind the operands: def LIB FUNCTION SIGNATURE -n NAME.
static int read_trailing(struct cmd *cmd, struct def_args *args) {
	for (int i = 3; i < cmd->argc; i++) {
		const char *word = cmd->argv[i];
		if (strcmp(word, "-n") == 0 || strcmp(word, "--name") == 0) {
			if (++i == cmd->argc) {
				return cmd_fail(cmd, STATUS_USAGE, "%s: needs COMMAND", word);
			}
			args->name = cmd->argv[i];
		} else if (strcmp(word, "-g") == 0 || strcmp(word, "--guard") == 0) {
			args->guarded = true;
		} else if (strcmp(word, "-w") == 0 || strcmp(word, "--worker") == 0) {
			args->worker = true;
		} else {
			return cmd_fail(cmd, STATUS_USAGE, "%s: unexpected operand", word);
		}
	}
	return STATUS_OK;
}

static int undefine(const struct cmd *cmd, struct ffi_function *function) {
	if (function->running > 0) {
		return cmd_fail(cmd, STATUS_NO, "%s: is running", function->command.name);
	}
	ffi_function_undefine(function);
	return STATUS_OK;
}

static bool is_command_name(const char *name) {
	return name[0] != '\0' && name[0] != '-' && strpbrk(name, " \t\n/$`\"'\\;&|<>(){}*?[]#~=") == NULL;
}

static int verb_def(struct cmd *cmd, void *data) {
	struct def_args *args = data;
	int status = read_trailing(cmd, args);
	const char *name = args->name != NULL ? args->name : cmd->argv[1];
	if (status == STATUS_OK && !is_command_name(name)) {
		status = cmd_fail(cmd, STATUS_USAGE, "%s: not the name of a command", name);
	}
	if (status == STATUS_OK && args->guarded && args->worker) {
		status = cmd_fail(cmd, STATUS_USAGE, "-g and -w: one of them");
	}
	struct ffi_function *function;
	status = status == STATUS_OK
			? ffi_function_create(cmd, cmd->argv[0], cmd->argv[1], cmd->argv[2], &function)
			: status;
	if (status != STATUS_OK) {
		return status;
	}
	function->mode = args->guarded ? FFI_GUARDED : args->worker ? FFI_WORKER : FFI_DIRECT;
	struct ffi_function *there = ffi_function_find(name);
	status = there != NULL ? undefine(cmd, there) : STATUS_OK;
	status = status == STATUS_OK ? ffi_function_define(cmd, function, name) : status;
	if (status != STATUS_OK) {
		ffi_function_destroy(function);
	}
	return status;
}

static int verb_undef(struct cmd *cmd, void *data) {
	int result = STATUS_OK;
	for (int i = 0; i < cmd->argc; i++) {
		struct ffi_function *function = ffi_function_find(cmd->argv[i]);
		int status = function != NULL ? undefine(cmd, function)
									  : cmd_fail(cmd, STATUS_NO_OBJECT,
												"%s: no such function defined", cmd->argv[i]);
		result = result == STATUS_OK ? status : result;
	}
	return result;
}

static void destroy_function(void *function) {
	ffi_function_destroy(function);
}

static int verb_call(struct cmd *cmd, void *data) {
	const struct def_args *args = data;
	struct ffi_function *function;
	int status = ffi_function_create(cmd, cmd->argv[0], cmd->argv[1], cmd->argv[2], &function);
	if (status != STATUS_OK) {
		return status;
	}
	function->mode = args->guarded ? FFI_GUARDED : FFI_DIRECT;
	host->protect(destroy_function, function);
	status = ffi_call_words(cmd, function, args->var, cmd->argc - 3, cmd->argv + 3);
	host->unprotect();
	ffi_function_destroy(function);
	return status;
}

// ---- callbacks, structs ----

static int verb_callback(struct cmd *cmd, void *data) {
	if (!cn_name_is_valid(cmd->argv[0])) {
		return cmd_fail(cmd, STATUS_USAGE, "%s: not a name", cmd->argv[0]);
	}
	return ffi_callback_create(cmd, cmd->argv[0], cmd->argv[1], cmd->argv[2]);
}

static int verb_struct(struct cmd *cmd, void *data) {
	struct cn_err why = { 0 };
	int err = cn_ffi_record_define(&ffi_state.records, cmd->argv[0], cmd->argv[1], &why);
	if (err == -EEXIST) {
		return cmd_fail(cmd, STATUS_NO_OBJECT, "%s: is another struct already", cmd->argv[0]);
	}
	return cmd_result(cmd, cmd->argv[0], err, &why);
}

// ---- list ----

static int by_name(const void *a, const void *b) {
	const struct ffi_function *const *x = a;
	const struct ffi_function *const *y = b;
	return strcmp((*x)->command.name, (*y)->command.name);
}

static void append_function(struct cn_buf *out, const struct ffi_function *f, bool json) {
	static const char *const modes[] = { "direct", "guarded", "worker" };
	const char *library = f->library != NULL ? f->library->path : "-";
	if (!json) {
		cn_buf_printf(out, "%-14s %-8s %-24s %s %s\n", f->command.name, modes[f->mode], f->sig.text,
				f->symbol, library);
		return;
	}
	const struct {
		const char *key, *value;
	} pairs[] = { { "command", f->command.name }, { "function", f->symbol }, { "library", library },
		{ "signature", f->sig.text }, { "mode", modes[f->mode] } };
	cn_buf_puts(out, out->len > 1 ? ",\n" : "\n");
	for (size_t i = 0; i < sizeof(pairs) / sizeof(*pairs); i++) {
		cn_buf_printf(out, "%c\"%s\":", i == 0 ? '{' : ',', pairs[i].key);
		json_string(out, pairs[i].value, strlen(pairs[i].value));
	}
	cn_buf_putc(out, '}');
}

static int verb_list(struct cmd *cmd, void *data) {
	const struct list_args *args = data;
	size_t count = 0;
	size_t position = 0;
	struct ffi_function **functions = calloc(ffi_state.functions.len + 1, sizeof(*functions));
	if (functions == NULL) {
		return cmd_result(cmd, NULL, -ENOMEM, NULL);
	}
	for (const struct cn_map_entry *e;
			(e = cn_map_next(&ffi_state.functions, &position)) != NULL;) {
		functions[count++] = e->value;
	}
	qsort(functions, count, sizeof(*functions), by_name);
	struct cn_buf text = CN_BUF_INIT;
	cn_buf_puts(&text, args->json ? "[" : "");
	for (size_t i = 0; i < count; i++) {
		append_function(&text, functions[i], args->json);
	}
	cn_buf_puts(&text, args->json ? "\n]\n" : "");
	free(functions);
	int status = cmd_print(cmd, &text);
	cn_buf_finish(&text);
	return status;
}

// ---- whole arrays ----

static int find_function(const struct cmd *cmd, struct ffi_function **function) {
	*function = ffi_function_find(cmd->argv[0]);
	return *function != NULL ? STATUS_OK
							 : cmd_fail(cmd, STATUS_NO_OBJECT, "%s: no such function defined",
									   cmd->argv[0]);
}

static int verb_map(struct cmd *cmd, void *data) {
	const struct map_args *args = data;
	struct ffi_function *function;
	int status = find_function(cmd, &function);
	const char *out = cmd->argc > 2 ? cmd->argv[2] : cmd->argv[1];
	return status == STATUS_OK ? ffi_map(cmd, function, cmd->argv[1], out, args->workers) : status;
}

static int verb_kernel(struct cmd *cmd, void *data) {
	const struct map_args *args = data;
	struct ffi_function *function;
	int status = find_function(cmd, &function);
	return status == STATUS_OK ? ffi_kernel(cmd, function, cmd->argv[1], args->workers) : status;
}

const struct command command_ffi = {
	.name = "ffi",
	.summary = "native functions as commands, and over shared arrays in parallel",
	.verbs =
			(const struct verb[]){
					{ "load", verb_load, 1, 2, "NAME [FILE]",
							"open a shared library; FILE is a path, or a name as the linker knows it",
							NULL, 0, NULL, NULL },
					{ "unload", verb_unload, 1, 1, "NAME", "close it", NULL, 0, NULL, NULL },
					{ "def", verb_def, 3, 8, "LIB FUNCTION 'RET(ARG,...)'",
							"make a function of it a command; LIB - is the program itself", def_opts,
							sizeof(struct def_args), NULL, NULL },
					{ "undef", verb_undef, 1, MANY, "COMMAND...", "take such commands away", NULL, 0,
							NULL, NULL },
					{ "call", verb_call, 3, MANY, "LIB FUNCTION 'RET(ARG,...)' [WORD...]",
							"call a function once", call_opts, sizeof(struct def_args), NULL, NULL },
					{ "callback", verb_callback, 3, 3, "NAME FUNCTION 'RET(ARG,...)'",
							"let native code call a shell function; @NAME is its address", NULL, 0,
							NULL, NULL },
					{ "struct", verb_struct, 2, 2, "NAME 'FIELD:TYPE ...'",
							"a struct that signatures can name", NULL, 0, NULL, NULL },
					{ "list", verb_list, 0, 0, NULL, "the commands defined", list_opts,
							sizeof(struct list_args), NULL, NULL },
					{ "map", verb_map, 2, 3, "COMMAND ARRAY [OUT]",
							"apply it to each element of a shared array, in parallel", map_opts,
							sizeof(struct map_args), NULL, NULL },
					{ "kernel", verb_kernel, 2, 2, "COMMAND ARRAY",
							"call it with chunks of a shared array, in parallel", map_opts,
							sizeof(struct map_args), NULL, NULL },
					{ 0 },
			},
};
