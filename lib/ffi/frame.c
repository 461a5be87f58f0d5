/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "lib/ffi/frame.h"

#include <errno.h>
#include <string.h>

enum { ALIGN = 16 };

static size_t round_up(size_t size) {
	return (size + ALIGN - 1) & ~(size_t)(ALIGN - 1);
}

static size_t ret_size(const struct cn_ffi_sig *sig) {
	return round_up(sig->ret.size > sizeof(ffi_arg) ? sig->ret.size : sizeof(ffi_arg));
}

static bool is_struct(const struct cn_ffi_type *type) {
	return type->form == CN_FFI_VALUE && type->code == 0;
}

// What an argument needs beside its own place.
static size_t storage_size(const struct cn_ffi_type *type) {
	bool stored = type->form == CN_FFI_OUT || type->form == CN_FFI_BUFFER || is_struct(type);
	return stored ? round_up(type->size) : 0;
}

size_t cn_ffi_frame_size(const struct cn_ffi_sig *sig) {
	size_t size = ret_size(sig) + sig->count * (size_t)ALIGN;
	for (uint32_t i = 0; i < sig->count; i++) {
		size += storage_size(&sig->args[i]);
	}
	return size;
}

void cn_ffi_frame_init(struct cn_ffi_frame *frame, const struct cn_ffi_sig *sig, void *block) {
	unsigned char *at = block;
	memset(block, 0, sig->frame_size);
	frame->ret = at;
	at += ret_size(sig);
	for (uint32_t i = 0; i < sig->count; i++) {
		const struct cn_ffi_type *type = &sig->args[i];
		size_t size = storage_size(type);
		frame->values[i] = at;
		frame->storage[i] = size > 0 ? at + ALIGN : NULL;
		at += ALIGN + size;
		if (is_struct(type)) {
			frame->values[i] = frame->storage[i];
		} else if (size > 0) {
			*(void **)frame->values[i] = frame->storage[i];
		}
	}
}

int cn_ffi_frame_call(struct cn_ffi_frame *frame, const struct cn_ffi_sig *sig, void *code) {
	double *real = frame->ret;
	errno = 0;
	switch (sig->shape) {
	case CN_FFI_D_D:
		*real = ((double (*)(double))code)(*(double *)frame->values[0]);
		break;
	case CN_FFI_D_DD:
		*real = ((double (*)(double, double))code)(
				*(double *)frame->values[0], *(double *)frame->values[1]);
		break;
	default:
		ffi_call((ffi_cif *)&sig->cif, FFI_FN(code), frame->ret, frame->values);
	}
	int err = errno;
	cn_ffi_narrow(&sig->ret, frame->ret);
	return err;
}
