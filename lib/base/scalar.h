/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * lib/base/scalar.h - numbers of C types by a one-letter code, as text and in memory: what value,
 * array and ffi have in common.
 *
 *	b B int8 uint8      h H int16 uint16     i I int32 uint32    l L long, unsigned long
 *	q Q int64 uint64    f float              d double            c one byte, as a character
 *
 * Reading is strict: the whole text must be a number of that type, so "12ab", "", " 1" and 300 for
 * a byte are errors and never another number. Doubles are read and written as in the C locale, and
 * written in as few digits as read back to the same value.
 */
#ifndef CN_BASE_SCALAR_H
#define CN_BASE_SCALAR_H

#include <stdbool.h>
#include <stddef.h>

#include "lib/base/buf.h"

/* Longest text of a scalar, with its NUL. */
enum { CN_SCALAR_TEXT_MAX = 40 };

/* Bytes, also the alignment; 0: no such code. */
size_t cn_scalar_size(char code);

/* "int32_t", "double"...; NULL: no such code. */
const char *cn_scalar_name(char code);

bool cn_scalar_is_integer(char code); // not c
bool cn_scalar_is_signed(char code); // f and d too
bool cn_scalar_is_float(char code);

/*
 * Read text into *out, which is of that type. Integers are decimal or 0x hexadecimal. c is exactly
 * one byte, or the empty text for a NUL. Returns 0, -EINVAL (no number) or -ERANGE.
 */
int cn_scalar_parse(char code, const char *text, void *out);

/* Write *value, of that type, NUL-terminated. The length without the NUL. */
size_t cn_scalar_format(char code, const void *value, char out[CN_SCALAR_TEXT_MAX]);

/* The same, appended. 0 or -ENOMEM. */
int cn_scalar_append(struct cn_buf *buf, char code, const void *value);

/* A double as above; whole numbers have no point. */
size_t cn_double_format(double value, char out[CN_SCALAR_TEXT_MAX]);

/* A decimal number, infinity or nan; 0, -EINVAL or -ERANGE (too large; too small is 0). */
int cn_double_parse(const char *text, double *out);

#endif
