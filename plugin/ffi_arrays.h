/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * plugin/ffi_arrays.h - shared arrays as the memory that native functions work on: no copies.
 */
#ifndef PLUGIN_FFI_ARRAYS_H
#define PLUGIN_FFI_ARRAYS_H

#include <stdint.h>

#include "lib/data/array.h"
#include "plugin/command.h"

struct ffi_array {
	struct cn_array array;
	void *data; // pinned; NULL: not open
};

/*
 * The array `name`, whose elements must be of `code`. It stays where it is until ffi_array_close(). STATUS_OK, or a status after a message.
 */
int ffi_array_open(const struct cmd *cmd, const char *name, char code, struct ffi_array *array);

/* The same, but made with `count` elements when it is not there; and it must have that many. */
int ffi_array_provide(const struct cmd *cmd, const char *name, char code, uint64_t count,
		struct ffi_array *array);

void ffi_array_close(struct ffi_array *array);

#endif
