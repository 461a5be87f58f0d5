/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * lib/ffi/frame.h - the memory of one call: where each argument stands, what it points to, and the
 * result. One block, so that it can lie on the stack, or in memory shared with the process in
 * which a guarded call runs.
 */
#ifndef CN_FFI_FRAME_H
#define CN_FFI_FRAME_H

#include "lib/ffi/types.h"

struct cn_ffi_frame {
	void *ret; // zeroed; at least an ffi_arg
	void *values[CN_FFI_ARGS_MAX]; // where argument i stands, for ffi_call()
	/* What it points to (&T, T[N]), or the struct itself; NULL: nothing of ours. */
	void *storage[CN_FFI_ARGS_MAX];
};

/* Bytes of the block that a call of this signature needs. */
size_t cn_ffi_frame_size(const struct cn_ffi_sig *sig);

/* Lay it out in a block of that size, aligned to 16; all of it is zeroed. */
void cn_ffi_frame_init(struct cn_ffi_frame *frame, const struct cn_ffi_sig *sig, void *block);

/* Call; errno is 0 before it. Returns errno after it; the result is narrowed. */
int cn_ffi_frame_call(struct cn_ffi_frame *frame, const struct cn_ffi_sig *sig, void *code);

#endif
