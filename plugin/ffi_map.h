/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * plugin/ffi_map.h - native functions over shared arrays, by several processes and without a copy.
 * Workers are copies of the shell that take chunks in turn. One that crashes loses the chunk it
 * had, which is named in a message; another takes its place, and all other chunks are done.
 */
#ifndef PLUGIN_FFI_MAP_H
#define PLUGIN_FFI_MAP_H

#include <stdint.h>

#include "plugin/ffi_state.h"

/*
 * out[i] = function(array[i]), for a function of one number; `out` is made when it is not there.
 * `workers` 0: as many as processors we may use. The status; 128+N when a chunk crashed. MAY NOT
 * RETURN.
 */
int ffi_map(const struct cmd *cmd, struct ffi_function *function, const char *array,
		const char *out, int64_t workers);

/*
 * function(address, count) for chunks that are all of the array once: its arguments are T[] and an
 * integer (L, #L).
 */
int ffi_kernel(
		const struct cmd *cmd, struct ffi_function *function, const char *array, int64_t workers);

#endif
