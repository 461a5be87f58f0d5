/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * plugin/ffi_copy.h - copies of the shell in which native functions run: a crash there is not the
 * shell's.
 */
#ifndef PLUGIN_FFI_COPY_H
#define PLUGIN_FFI_COPY_H

#include <stdbool.h>
#include <sys/types.h>

struct ffi_copy {
	pid_t pid; // 0: none, or it was waited for
	int fd; // of the process; -1: the system has none
};

/*
 * Make one that ends with its parent. No signal is blocked in it, and those that crash or end a
 * process do so; they stay ignored where the script said so. With `shell` it is a subshell that may
 * run shell code, and keeps the other handlers; without, it has none of the shell's. Flushes first.
 * Returns 0 in the copy, its pid in the shell, or a negative errno.
 */
pid_t ffi_copy_start(struct ffi_copy *copy, bool shell);

/*
 * Wait for its end; *status as waitpid gives it. Meanwhile handlers run; when one leaves the command,
 * cleanup(data) is called. 0, or -ECHILD (somebody else took it). MAY NOT RETURN.
 */
int ffi_copy_wait(
		struct ffi_copy *copy, void (*cleanup)(void *data), void *data, int *status);

/* Kill it if it is there. */
void ffi_copy_kill(struct ffi_copy *copy);

/* Sleep until `fd` can be read from; else as ffi_copy_wait(). MAY NOT RETURN. */
void ffi_wait(int fd, void (*cleanup)(void *data), void *data);

#endif
