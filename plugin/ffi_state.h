/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * plugin/ffi_state.h - what the command ffi has loaded and defined in this process: libraries,
 * structs, functions, callbacks. Copies of the shell have it all, as they have its functions.
 */
#ifndef PLUGIN_FFI_STATE_H
#define PLUGIN_FFI_STATE_H

#include "lib/base/map.h"
#include "lib/ffi/closure.h"
#include "lib/ffi/types.h"
#include "plugin/command.h"
#include "plugin/host.h"

struct ffi_worker;

struct ffi_library {
	char *name;
	char *path;
	void *handle;
	int functions; // defined from it
};

enum ffi_mode {
	FFI_DIRECT, // in the shell
	FFI_GUARDED, // in a copy of it, one per call
	FFI_WORKER, // in a copy of it that stays
};

struct ffi_function {
	char *symbol;
	struct ffi_library *library; // NULL: the program itself
	void *code;
	struct cn_ffi_sig sig;
	int mode; // enum ffi_mode
	struct ffi_worker *worker; // of FFI_WORKER, once it was called
	int running; // calls under way
	/* As a command; name NULL when it is none. */
	struct command command; // for messages
	struct host_builtin builtin;
	char *usage;
	char *help;
};

struct ffi_callback {
	char *name;
	char *function; // of the shell
	struct cn_ffi_sig sig;
	struct cn_ffi_closure *closure;
};

struct ffi_state {
	struct cn_map libraries; // struct ffi_library *
	struct cn_map functions; // struct ffi_function *, by command name
	struct cn_map callbacks; // struct ffi_callback *
	struct cn_ffi_records records;
};

extern struct ffi_state ffi_state;

/* "-" is the program itself: *library is NULL then. STATUS_OK, or a status after a message. */
int ffi_library_find(const struct cmd *cmd, const char *name, struct ffi_library **library);

/*
 * A function of the library with that signature, not yet a command. STATUS_OK, or a status after a
 * message: 127 when the library has no such symbol.
 */
int ffi_function_create(const struct cmd *cmd, const char *library, const char *symbol,
		const char *signature, struct ffi_function **out);
void ffi_function_destroy(struct ffi_function *function);

/* A defined command. NULL: there is none. */
struct ffi_function *ffi_function_find(const char *command);

/* Make it the command `name`. STATUS_OK, or a status after a message. */
int ffi_function_define(const struct cmd *cmd, struct ffi_function *function, const char *name);
void ffi_function_undefine(struct ffi_function *function);

#endif
