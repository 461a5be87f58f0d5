/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "plugin/ffi_callback.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "plugin/report.h"

static const char reply[] = "REPLY";

// A shell function wants to leave, but native code is in between.
static bool is_leaving;

struct call {
	struct host_command command;
	char **words;
	size_t count;
};

static int call_function(void *data) {
	struct call *call = data;
	return host->call(&call->command, call->words, call->count);
}

// &T arrives as an address; the function sees what stands there.
static int append_arg(const struct cn_ffi_type *type, const void *at, struct cn_buf *out) {
	if (type->form == CN_FFI_OUT) {
		at = *(const void *const *)at;
	}
	int err = at != NULL ? cn_ffi_write(type, at, out) : 0;
	return err == -ENODATA ? 0 : err;
}

// The words, each a part of one buffer.
static int make_words(const struct ffi_callback *callback, void **args, struct cn_buf *text,
		char *words[CN_FFI_ARGS_MAX + 2]) {
	size_t starts[CN_FFI_ARGS_MAX];
	uint32_t count = callback->sig.count;
	for (uint32_t i = 0; i < count; i++) {
		starts[i] = text->len;
		int err = append_arg(&callback->sig.args[i], args[i], text);
		err = err == 0 ? cn_buf_putc(text, '\0') : err;
		if (err < 0) {
			return err;
		}
	}
	words[0] = callback->function;
	for (uint32_t i = 0; i < count; i++) {
		words[i + 1] = text->data + starts[i];
	}
	words[count + 1] = NULL;
	return 0;
}

static void take_result(const struct ffi_callback *callback, int status, void *ret) {
	const struct cn_ffi_type *type = &callback->sig.ret;
	const char *value = type->code != 'v' ? host->get(reply) : NULL;
	if (type->code == 'v') {
		return;
	}
	if (value == NULL || value[0] == '\0') {
		char number[16];
		snprintf(number, sizeof(number), "%d", status);
		cn_ffi_read(type, number, ret);
	} else if (cn_ffi_read(type, value, ret) < 0) {
		struct command command = { .name = callback->name };
		struct cmd cmd = { .command = &command };
		cmd_fail(&cmd, STATUS_USAGE, "REPLY=%s: not a %s", value, cn_ffi_type_name(type));
	}
}

static void called(void *data, void **args, void *ret) {
	struct ffi_callback *callback = data;
	if (is_leaving) {
		return;
	}
	struct cn_buf text = CN_BUF_INIT;
	char *words[CN_FFI_ARGS_MAX + 2];
	struct call call = { .words = words, .count = callback->sig.count + 1 };
	host->find(callback->function, &call.command);
	int err = make_words(callback, args, &text, words);
	if (err == 0 && call.command.kind == HOST_FUNCTION) {
		host->set(reply, "", 0);
		bool left = false;
		int status = host->guard(call_function, &call, &left);
		is_leaving = left;
		if (!left) {
			take_result(callback, status, ret);
		}
	}
	free(call.command.path);
	cn_buf_finish(&text);
}

bool ffi_callbacks_left(void) {
	bool left = is_leaving;
	is_leaving = false;
	return left;
}

static int check_signature(const struct cmd *cmd, const struct cn_ffi_sig *sig) {
	bool fine = sig->ret.code != 0 && sig->ret.code != 'z' && !sig->is_variadic && !sig->has_error;
	for (uint32_t i = 0; i < sig->count && fine; i++) {
		const struct cn_ffi_type *type = &sig->args[i];
		fine = type->code != 0 && (type->form == CN_FFI_VALUE || type->form == CN_FFI_OUT);
	}
	return fine ? STATUS_OK
				: cmd_fail(cmd, STATUS_USAGE, "%s: a callback takes numbers, z, p and &T of these, "
						"and returns a number, p or v", sig->text);
}

int ffi_callback_create(
		const struct cmd *cmd, const char *name, const char *function, const char *signature) {
	struct ffi_callback *callback = calloc(1, sizeof(*callback));
	struct cn_err why = { 0 };
	int err = callback != NULL
			? cn_ffi_sig_parse(&ffi_state.records, signature, &callback->sig, &why)
			: -ENOMEM;
	int status = err == 0 ? check_signature(cmd, &callback->sig)
						  : cmd_fail(cmd, err == -EINVAL ? STATUS_USAGE : STATUS_FAILED, "%s: %s",
									signature, why.text[0] != '\0' ? why.text : cn_strerror(err));
	if (status == STATUS_OK) {
		callback->name = strdup(name);
		callback->function = strdup(function);
		err = callback->name != NULL && callback->function != NULL ? 0 : -ENOMEM;
		err = err == 0 ? cn_ffi_closure_create(&callback->sig, called, callback, &callback->closure)
					   : err;
		err = err == 0 ? cn_map_set(&ffi_state.callbacks, name, strlen(name), callback, NULL) : err;
		status = cmd_result(cmd, name, err, NULL);
	}
	if (status != STATUS_OK && callback != NULL) {
		cn_ffi_closure_destroy(callback->closure);
		cn_ffi_sig_finish(&callback->sig);
		free(callback->name);
		free(callback->function);
		free(callback);
	}
	return status; // an older one of that name stays: native code may have its address
}

void *ffi_callback_address(const char *name) {
	const struct ffi_callback *callback = cn_map_get(&ffi_state.callbacks, name, strlen(name));
	return callback != NULL ? cn_ffi_closure_address(callback->closure) : NULL;
}
