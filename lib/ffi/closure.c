/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "lib/ffi/closure.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/base/scalar.h"

struct cn_ffi_closure {
	ffi_closure *writable;
	void *address;
	struct cn_ffi_sig *sig;
	cn_ffi_callee *callee;
	void *data;
};

enum { FDS_OF_SCRIPTS = 10 };

/*
 * libffi may open a file at the first closure and keep it (its static trampolines are mapped from
 * it). That descriptor must not be one that a script uses, nor go to its programs: with the low ones
 * taken it gets a high one, which is marked afterwards.
 */
static void *allocate(size_t size, void **address) {
	static bool is_first = true;
	if (!is_first) {
		return ffi_closure_alloc(size, address);
	}
	is_first = false;
	int held[FDS_OF_SCRIPTS];
	int count = 0;
	int fd;
	while (count < FDS_OF_SCRIPTS && (fd = open("/dev/null", O_RDONLY | O_CLOEXEC)) >= 0) {
		if (fd >= FDS_OF_SCRIPTS) {
			close(fd);
			break;
		}
		held[count++] = fd;
	}
	int free_fd = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, FDS_OF_SCRIPTS);
	close(free_fd); // what libffi would get
	void *closure = ffi_closure_alloc(size, address);
	if (free_fd >= 0 && fcntl(free_fd, F_GETFD) >= 0) {
		fcntl(free_fd, F_SETFD, FD_CLOEXEC);
	}
	while (count > 0) {
		close(held[--count]);
	}
	return closure;
}

// libffi, "The Closure API": a result smaller than ffi_arg must be widened to one.
static void widen(const struct cn_ffi_type *type, void *ret) {
	if (type->code == 0 || type->size >= sizeof(ffi_arg) || !cn_scalar_is_integer(type->code)) {
		return;
	}
	ffi_arg wide = 0;
	int64_t number = 0;
	switch (type->code) {
	case 'b':
		number = *(int8_t *)ret;
		break;
	case 'h':
		number = *(int16_t *)ret;
		break;
	case 'i':
		number = *(int32_t *)ret;
		break;
	default:
		memcpy(&number, ret, type->size);
	}
	wide = (ffi_arg)number;
	memcpy(ret, &wide, sizeof(wide));
}

static void arrive(ffi_cif *cif, void *ret, void **args, void *data) {
	struct cn_ffi_closure *closure = data;
	size_t size = closure->sig->ret.size;
	int saved = errno;
	memset(ret, 0, closure->sig->ret.code == 'v' ? 0 : size > sizeof(ffi_arg) ? size : sizeof(ffi_arg));
	closure->callee(closure->data, args, ret);
	widen(&closure->sig->ret, ret);
	errno = saved;
}

int cn_ffi_closure_create(
		struct cn_ffi_sig *sig, cn_ffi_callee *callee, void *data, struct cn_ffi_closure **out) {
	struct cn_ffi_closure *closure = calloc(1, sizeof(*closure));
	if (closure == NULL) {
		return -ENOMEM;
	}
	*closure = (struct cn_ffi_closure){ .sig = sig, .callee = callee, .data = data };
	closure->writable = allocate(sizeof(ffi_closure), &closure->address);
	if (closure->writable == NULL) {
		free(closure);
		return -ENOMEM;
	}
	if (ffi_prep_closure_loc(closure->writable, &sig->cif, arrive, closure, closure->address) !=
			FFI_OK) {
		cn_ffi_closure_destroy(closure);
		return -EINVAL;
	}
	*out = closure;
	return 0;
}

void cn_ffi_closure_destroy(struct cn_ffi_closure *closure) {
	if (closure != NULL) {
		ffi_closure_free(closure->writable);
		free(closure);
	}
}

void *cn_ffi_closure_address(const struct cn_ffi_closure *closure) {
	return closure->address;
}
