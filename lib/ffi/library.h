/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * lib/ffi/library.h - find and open a shared library as people name it.
 *
 * "./mine.so", "/usr/lib/x.so": that file. "libz.so.1": what the dynamic linker finds. "z", "libz",
 * "libz.so": libz.so, else the highest version libz.so.N of the folders that the linker searches
 * (development links are often not installed, or are text for the linker, as libc.so is).
 */
#ifndef CN_FFI_LIBRARY_H
#define CN_FFI_LIBRARY_H

#include "lib/base/err.h"

/*
 * Open `name`; *handle is for cn_ffi_symbol() and cn_ffi_library_close(). *path (may be NULL) gets
 * what was opened, on the heap. 0, or -ENOENT or -ELIBACC with the linker's reason in *why; -ENOMEM.
 */
int cn_ffi_library_open(const char *name, void **handle, char **path, struct cn_err *why);

void cn_ffi_library_close(void *handle);

/* The address of a function; -ENOENT. A NULL handle is the program itself with its libraries. */
int cn_ffi_symbol(void *handle, const char *name, void **address);

#endif
