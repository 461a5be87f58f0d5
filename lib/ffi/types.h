/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * lib/ffi/types.h - the signatures of native functions as a script writes them, and how the words
 * of a script become their arguments and back.
 *
 *	RET(ARG,...)       RET!ERROR(ARG,...)
 *
 *	b B h H i I l L q Q f d c   a number (lib/base/scalar.h)
 *	z      a C string; z? one that may be NULL, which is the empty word
 *	p      a pointer: 0, a number, or @NAME of a callback
 *	v      nothing, as RET
 *	NAME   a struct by value
 *	&T     the address of a T (a number, z, p or a struct), read and written
 *	T[N]   room for N Ts, read and written; c[N] is text
 *	T[]    a shared array
 *	m      the contents of a file, mapped; read only
 *	#T     how many elements, or bytes, the argument before has; takes no word
 *	...    more arguments, of the types behind it, or of those that words name themselves: i:5
 *
 * An error value behind ! is what RET is when errno tells why.
 */
#ifndef CN_FFI_TYPES_H
#define CN_FFI_TYPES_H

#include <ffi.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/buf.h"
#include "lib/base/err.h"
#include "lib/base/vec.h"

enum cn_ffi_form {
	CN_FFI_VALUE,
	CN_FFI_OUT, // &T
	CN_FFI_BUFFER, // T[N]; in a struct: N of them in place
	CN_FFI_ARRAY, // T[]
	CN_FFI_FILE, // m
	CN_FFI_COUNT, // #T
};

struct cn_ffi_record;

struct cn_ffi_type {
	uint32_t form; // enum cn_ffi_form
	char code; // of a scalar, z, p, v; 0: a struct
	bool nullable; // z?
	uint32_t count; // CN_FFI_BUFFER: elements
	const struct cn_ffi_record *record; // when code is 0; borrowed from the struct cn_ffi_records
	size_t size; // of what stands behind the address, or of the value
	size_t align;
	ffi_type *passed; // as the call passes it
};

/* A struct's field; in place. */
struct cn_ffi_field {
	char *name;
	struct cn_ffi_type type; // CN_FFI_VALUE or CN_FFI_BUFFER
	size_t offset;
};

struct cn_ffi_record {
	char *name;
	struct cn_ffi_field *fields;
	size_t count;
	ffi_type passed;
	struct cn_vec made; // ffi_type *: what `passed` consists of and is not static
};

/* The structs that signatures may name. They live until it is finished. */
struct cn_ffi_records {
	struct cn_vec all; // struct cn_ffi_record *
};

void cn_ffi_records_finish(struct cn_ffi_records *records);

/*
 * Define `name` as the fields of `text`, "x:d y:d tag:c[8] at:point". The same again is harmless.
 * 0, -EEXIST (is another already), -EINVAL with the reason in *why, -ENOMEM.
 */
int cn_ffi_record_define(
		struct cn_ffi_records *records, const char *name, const char *text, struct cn_err *why);

const struct cn_ffi_record *cn_ffi_record_find(
		const struct cn_ffi_records *records, const char *name, size_t len);

/*
 * Call `each` for every scalar, string and pointer in the struct at `base`, with its path: "x",
 * "at.x", "tag" (text, as a c[N]), "row.0". Stops at the first result that is not 0, and returns
 * it.
 */
typedef int cn_ffi_each(
		void *data, const char *path, const struct cn_ffi_type *type, unsigned char *at);
int cn_ffi_record_walk(
		const struct cn_ffi_record *record, void *base, cn_ffi_each *each, void *data);

/* Most arguments of a function. */
enum { CN_FFI_ARGS_MAX = 64 };

/* The commonest functions of numbers are called as what they are: libffi takes ten times as long. */
enum cn_ffi_shape {
	CN_FFI_ANY,
	CN_FFI_D_D, // d(d)
	CN_FFI_D_DD, // d(d,d)
};

struct cn_ffi_sig {
	struct cn_ffi_type ret;
	bool has_error;
	int64_t error; // the bits of RET, as an integer
	bool is_variadic;
	uint32_t fixed; // arguments before the ...
	uint32_t count;
	uint32_t words; // operands these take
	size_t frame_size; // cn_ffi_frame_size()
	int shape; // enum cn_ffi_shape
	bool is_plain; // all arguments are numbers, z, p: they lend nothing and bring nothing back
	struct cn_ffi_type *args;
	ffi_type **passed;
	ffi_cif cif;
	char *text; // as it was written
};

/* 0, -EINVAL with the reason in *why, -ENOMEM. */
int cn_ffi_sig_parse(const struct cn_ffi_records *records, const char *text,
		struct cn_ffi_sig *out, struct cn_err *why);
void cn_ffi_sig_finish(struct cn_ffi_sig *sig);

/*
 * The signature with `count` more arguments of the types that texts like "i" or "d" name. For calls
 * of a variadic function whose words bring their types along.
 */
int cn_ffi_sig_extend(const struct cn_ffi_records *records, const struct cn_ffi_sig *sig,
		const char *const types[], const size_t lens[], uint32_t count, struct cn_ffi_sig *out,
		struct cn_err *why);

/*
 * Read a word as a value of the type's element (a number, z, p) into *at. A string is borrowed
 * from `text`. 0, -EINVAL, -ERANGE.
 */
int cn_ffi_read(const struct cn_ffi_type *type, const char *text, void *at);

/*
 * Append what stands at `at`. A string is read with care: -EFAULT when its address is none.
 * -ENODATA: NULL, nothing was appended. 0 or -ENOMEM.
 */
int cn_ffi_write(const struct cn_ffi_type *type, const void *at, struct cn_buf *out);

/* "an int32_t", "a string": for messages. */
const char *cn_ffi_type_name(const struct cn_ffi_type *type);

/* A returned value as libffi leaves it (small integers widened to ffi_arg), narrowed in place. */
void cn_ffi_narrow(const struct cn_ffi_type *type, void *ret);

/* Whether the narrowed return value is the error value. */
bool cn_ffi_is_error(const struct cn_ffi_sig *sig, const void *ret);

/*
 * Copy bytes from an address that may be none: 0 or -EFAULT. *len gets how many came before a page
 * that is not there.
 */
int cn_ffi_peek(const void *address, void *out, size_t size, size_t *len);

#endif
