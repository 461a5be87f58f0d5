/* SPDX-License-Identifier: GPL-3.0-or-later */
/* lib/ffi/value.c - the value side of types.h: words into memory and back. */
#include "config.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

#include "lib/base/scalar.h"
#include "lib/ffi/types.h"

static int read_pointer(const char *text, void *at) {
	uint64_t address;
	if (strcmp(text, "NULL") == 0) {
		text = "0";
	}
	int err = cn_scalar_parse('Q', text, &address);
	if (err == 0) {
		*(void **)at = (void *)(uintptr_t)address;
	}
	return err;
}

int cn_ffi_read(const struct cn_ffi_type *type, const char *text, void *at) {
	switch (type->code) {
	case 'z':
		*(const char **)at = type->nullable && text[0] == '\0' ? NULL : text;
		return 0;
	case 'p':
		return read_pointer(text, at);
	}
	return cn_scalar_parse(type->code, text, at);
}

int cn_ffi_peek(const void *address, void *out, size_t size, size_t *len) {
	struct iovec to = { .iov_base = out, .iov_len = size };
	struct iovec from = { .iov_base = (void *)(uintptr_t)address, .iov_len = size };
	ssize_t n = process_vm_readv(getpid(), &to, 1, &from, 1, 0);
	if (n < 0 && (errno == ENOSYS || errno == EPERM)) { // refused here: then without care
		memcpy(out, address, size);
		n = (ssize_t)size;
	}
	*len = n > 0 ? (size_t)n : 0;
	return n > 0 || size == 0 ? 0 : -EFAULT;
}

// A C string at an address that the function gave, in pieces that end with a page.
static int append_string(const char *address, struct cn_buf *out) {
	enum { PIECE = 4096 };
	size_t start = out->len;
	if (address == NULL) {
		return -ENODATA;
	}
	for (;;) {
		size_t want = PIECE - (uintptr_t)address % PIECE;
		size_t len;
		int err = cn_buf_reserve(out, want);
		err = err == 0 ? cn_ffi_peek(address, out->data + out->len, want, &len) : err;
		if (err < 0) {
			cn_buf_truncate(out, start);
			return err;
		}
		const char *end = memchr(out->data + out->len, '\0', len);
		out->len += end != NULL ? (size_t)(end - out->data) - out->len : len;
		out->data[out->len] = '\0';
		if (end != NULL) {
			return 0;
		}
		address += len;
	}
}

int cn_ffi_write(const struct cn_ffi_type *type, const void *at, struct cn_buf *out) {
	if (type->code == 'z') {
		return append_string(*(const char *const *)at, out);
	}
	if (type->code == 'p') {
		return cn_buf_printf(out, "0x%lx", (unsigned long)(uintptr_t)*(void *const *)at);
	}
	if (type->code == 'c' && type->form == CN_FFI_BUFFER) {
		return cn_buf_append(out, at, strnlen(at, type->size));
	}
	if (type->code == 'c') {
		return *(const char *)at != '\0' ? cn_buf_putc(out, *(const char *)at) : 0;
	}
	return cn_scalar_append(out, type->code, at);
}

const char *cn_ffi_type_name(const struct cn_ffi_type *type) {
	switch (type->code) {
	case 'z':
		return "string";
	case 'p':
		return "address";
	case 'c':
		return "single character";
	case 0:
		return type->record->name;
	}
	return cn_scalar_name(type->code);
}

/* libffi, "The Basics": a return value smaller than ffi_arg comes widened to one. */
void cn_ffi_narrow(const struct cn_ffi_type *type, void *ret) {
	ffi_arg wide;
	if (type->code == 0 || !(cn_scalar_is_integer(type->code) || type->code == 'c') ||
			type->size >= sizeof(wide)) {
		return;
	}
	memcpy(&wide, ret, sizeof(wide));
	uint8_t one = (uint8_t)wide;
	uint16_t two = (uint16_t)wide;
	uint32_t four = (uint32_t)wide;
	memcpy(ret, type->size == 1 ? (void *)&one : type->size == 2 ? (void *)&two : (void *)&four,
			type->size);
}

bool cn_ffi_is_error(const struct cn_ffi_sig *sig, const void *ret) {
	int64_t error = sig->error;
	return sig->has_error && memcmp(ret, &error, sig->ret.size) == 0;
}
