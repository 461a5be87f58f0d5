/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * lib/ffi/closure.h - an address that native code can call and that leads to a function of ours,
 * with the arguments of a signature: what makes a shell function a callback.
 */
#ifndef CN_FFI_CLOSURE_H
#define CN_FFI_CLOSURE_H

#include "lib/ffi/types.h"

struct cn_ffi_closure;

/*
 * The callee: args[i] points to argument i, `ret` to where the result goes, zeroed, with room for an
 * ffi_arg at least. It must return: no longjmp through native code.
 */
typedef void cn_ffi_callee(void *data, void **args, void *ret);

/* `sig` is borrowed and must outlive it. 0, -ENOMEM (the system may refuse code too), -EINVAL. */
int cn_ffi_closure_create(
		struct cn_ffi_sig *sig, cn_ffi_callee *callee, void *data, struct cn_ffi_closure **out);
void cn_ffi_closure_destroy(struct cn_ffi_closure *closure);

/* What native code calls. */
void *cn_ffi_closure_address(const struct cn_ffi_closure *closure);

#endif
