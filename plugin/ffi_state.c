/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "plugin/ffi_state.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/ffi/library.h"
#include "lib/shm/names.h"
#include "plugin/ffi_call.h"
#include "plugin/ffi_guard.h"
#include "plugin/report.h"

struct ffi_state ffi_state = {
	.libraries = CN_MAP_INIT,
	.functions = CN_MAP_INIT,
	.callbacks = CN_MAP_INIT,
};

int ffi_library_find(const struct cmd *cmd, const char *name, struct ffi_library **library) {
	*library = NULL;
	if (strcmp(name, "-") == 0) {
		return STATUS_OK;
	}
	*library = cn_map_get(&ffi_state.libraries, name, strlen(name));
	return *library != NULL ? STATUS_OK
							: cmd_fail(cmd, STATUS_NO_OBJECT, "%s: no such library loaded", name);
}

static int parse(const struct cmd *cmd, const char *signature, struct cn_ffi_sig *sig) {
	struct cn_err why = { 0 };
	int err = cn_ffi_sig_parse(&ffi_state.records, signature, sig, &why);
	if (err == 0) {
		return STATUS_OK;
	}
	return cmd_fail(cmd, err == -EINVAL ? STATUS_USAGE : STATUS_FAILED, "%s: %s", signature,
			why.text[0] != '\0' ? why.text : cn_strerror(err));
}

int ffi_function_create(const struct cmd *cmd, const char *library, const char *symbol,
		const char *signature, struct ffi_function **out) {
	struct ffi_library *from;
	int status = ffi_library_find(cmd, library, &from);
	struct ffi_function *function = status == STATUS_OK ? calloc(1, sizeof(*function)) : NULL;
	if (function == NULL) {
		return status != STATUS_OK ? status : cmd_result(cmd, symbol, -ENOMEM, NULL);
	}
	function->library = from;
	function->symbol = strdup(symbol);
	status = parse(cmd, signature, &function->sig);
	if (status == STATUS_OK && function->symbol == NULL) {
		status = cmd_result(cmd, symbol, -ENOMEM, NULL);
	}
	void *handle = from != NULL ? from->handle : NULL;
	if (status == STATUS_OK && cn_ffi_symbol(handle, symbol, &function->code) < 0) {
		status = cmd_fail(cmd, STATUS_NOT_FOUND, "%s: no such function in %s", symbol,
				from != NULL ? from->path : "the program");
	}
	if (status != STATUS_OK) {
		ffi_function_destroy(function);
		return status;
	}
	*out = function;
	return STATUS_OK;
}

void ffi_function_destroy(struct ffi_function *function) {
	if (function == NULL) {
		return;
	}
	ffi_worker_stop(function->worker);
	cn_ffi_sig_finish(&function->sig);
	free((char *)(uintptr_t)function->command.name);
	free(function->usage);
	free(function->help);
	free(function->symbol);
	free(function);
}

struct ffi_function *ffi_function_find(const char *command) {
	return cn_map_get(&ffi_state.functions, command, strlen(command));
}

static const char *word_name(const struct cn_ffi_type *type) {
	switch (type->form) {
	case CN_FFI_ARRAY:
		return "ARRAY";
	case CN_FFI_FILE:
		return "FILE";
	case CN_FFI_VALUE:
		return type->code != 0 ? cn_ffi_type_name(type) : "VAR";
	default:
		return "VAR";
	}
}

static char *usage_text(const struct ffi_function *function) {
	struct cn_buf text = CN_BUF_INIT;
	cn_buf_printf(&text, "%s [-v VAR]", function->command.name);
	for (uint32_t i = 0; i < function->sig.count; i++) {
		const struct cn_ffi_type *type = &function->sig.args[i];
		if (type->form != CN_FFI_COUNT) {
			cn_buf_printf(&text, " %s", word_name(type));
		}
	}
	cn_buf_puts(&text, function->sig.is_variadic ? " [TYPE:WORD...]" : "");
	return cn_buf_steal(&text);
}

static char *help_text(const struct ffi_function *function) {
	struct cn_buf text = CN_BUF_INIT;
	cn_buf_printf(&text, "the native function %s of %s, %s\n", function->symbol,
			function->library != NULL ? function->library->path : "the program",
			function->sig.text);
	return cn_buf_steal(&text);
}

int ffi_function_define(const struct cmd *cmd, struct ffi_function *function, const char *name) {
	char *copy = strdup(name);
	function->command = (struct command){ .name = copy, .summary = "a native function" };
	function->usage = copy != NULL ? usage_text(function) : NULL;
	function->help = copy != NULL ? help_text(function) : NULL;
	if (function->usage == NULL || function->help == NULL) {
		return cmd_result(cmd, name, -ENOMEM, NULL);
	}
	function->builtin = (struct host_builtin){ .name = copy,
		.usage = function->usage,
		.help = function->help,
		.run = ffi_command,
		.data = function };
	int err = cn_map_set(&ffi_state.functions, name, strlen(name), function, NULL);
	err = err == 0 ? host->add_builtin(&function->builtin) : err;
	if (err < 0) {
		cn_map_remove(&ffi_state.functions, name, strlen(name));
		return err == -EEXIST
				? cmd_fail(cmd, STATUS_NO_OBJECT, "%s: is a builtin of the shell", name)
				: cmd_result(cmd, name, err, NULL);
	}
	if (function->library != NULL) {
		function->library->functions++;
	}
	return STATUS_OK;
}

void ffi_function_undefine(struct ffi_function *function) {
	const char *name = function->command.name;
	host->remove_builtin(name);
	cn_map_remove(&ffi_state.functions, name, strlen(name));
	if (function->library != NULL) {
		function->library->functions--;
	}
	ffi_function_destroy(function);
}
