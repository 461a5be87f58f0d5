/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * plugin/ffi_guard.h - native functions in another process, so that their crash is not the
 * shell's. The frame of the call lies in memory that both share, so results need no way back.
 */
#ifndef PLUGIN_FFI_GUARD_H
#define PLUGIN_FFI_GUARD_H

#include "lib/ffi/frame.h"
#include "plugin/ffi_state.h"

struct ffi_region {
	void *memory; // shared; the frame is at its start
	size_t size; // of the frame's part
	size_t used; // of it
};

/*
 * Shared memory for a frame of `size` bytes, and the texts it may need. For a worker it is the
 * worker's own, which is started if need be. 0, -ENOMEM, -E2BIG (more than a worker takes).
 */
int ffi_region_open(struct ffi_function *function, size_t size, struct ffi_region *region);
void ffi_region_close(struct ffi_function *function, struct ffi_region *region);

/*
 * Run the call in the copy, for FFI_GUARDED and FFI_WORKER. Strings that the function gives are
 * brought over. *err gets errno as the function left it. With `shell` the copy may run shell code
 * (callbacks). Meanwhile handlers run; when one leaves the command the copy is killed. Returns 0, the
 * signal that killed the copy as a positive number, -ECHILD (it called exit), -EFAULT (it gave a
 * string that is none), -E2BIG (strings of over a megabyte) or what the system refused.
 * MAY NOT RETURN.
 */
int ffi_guard_call(struct ffi_function *function, const struct cn_ffi_sig *sig,
		struct cn_ffi_frame *frame, struct ffi_region *region, bool shell, int *err);

/* End a worker, in the process that started it; NULL is fine. */
void ffi_worker_stop(struct ffi_worker *worker);

#endif
