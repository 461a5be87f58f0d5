/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * plugin/ffi_call.h - one call of a native function by a script: words become arguments, variables
 * and arrays are lent to it, and what it gave becomes variables again.
 */
#ifndef PLUGIN_FFI_CALL_H
#define PLUGIN_FFI_CALL_H

#include "plugin/ffi_state.h"

/*
 * Call `function` with `words`, one per argument that takes one; the result goes to `var`, or when
 * that is NULL to stdout. The status. MAY NOT RETURN.
 */
int ffi_call_words(const struct cmd *cmd, struct ffi_function *function, const char *var,
		int count, char **words);

/* A defined command: [-v VAR] WORD... with data its struct ffi_function. As struct host_builtin. */
int ffi_command(void *data, int argc, char **argv);

#endif
