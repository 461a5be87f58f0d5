/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * plugin/ffi_callback.h - shell functions that native code calls. The arguments become words; the
 * result is what the function leaves in REPLY, or else its status.
 *
 * A shell function may leave by `exit`, an error or an interrupt. Native code cannot be left like
 * that: the callback returns 0, all further ones at once, and the shell leaves when the native
 * function has returned.
 */
#ifndef PLUGIN_FFI_CALLBACK_H
#define PLUGIN_FFI_CALLBACK_H

#include "plugin/ffi_state.h"

/* STATUS_OK, or a status after a message. */
int ffi_callback_create(
		const struct cmd *cmd, const char *name, const char *function, const char *signature);

/* The address behind a word "@NAME"; NULL: there is no such callback. */
void *ffi_callback_address(const char *name);

/* After a native call: whether a callback of it was left, so that the command must leave too. */
bool ffi_callbacks_left(void);

#endif
