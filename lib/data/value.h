/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * lib/data/value.h - a named number of a C type, or a byte string, that processes share. All that
 * is done to it is atomic; numbers take no lock.
 *
 *	struct cn_value count;
 *	int err = cn_value_create(arena, "count", 'q', 0, &count);
 *	struct cn_delta one = cn_delta_of(1);
 *	uint64_t now;
 *	err = cn_value_add(&count, &one, &now); // -EOVERFLOW: it is the greatest already
 *
 * Types are the codes of lib/base/scalar.h, and CN_VALUE_TEXT. Numbers are raw ones of
 * lib/data/cell.h. All return -ENOENT when it was destroyed; -EDOM: not for that type.
 */
#ifndef CN_DATA_VALUE_H
#define CN_DATA_VALUE_H

#include "lib/base/buf.h"
#include "lib/data/cell.h"
#include "lib/shm/names.h"

#define CN_VALUE_TEXT 's'

struct cn_value {
	struct cn_ref ref; // nothing to close
	char code;
};

/*
 * Make it. 0, -EEXIST (it is there with this type, as it is; *out is good), -EPROTOTYPE (it has
 * another type, which *out tells), -EINVAL (name or type), -ENOSPC.
 */
int cn_value_create(
		struct cn_arena *arena, const char *name, char code, uint64_t raw, struct cn_value *out);
/* The same for a string: text[0, len). */
int cn_value_create_text(struct cn_arena *arena, const char *name, const char *text, size_t len,
		struct cn_value *out);

/* 0 or -ENOENT. */
int cn_value_open(struct cn_arena *arena, const char *name, struct cn_value *out);

/* The value that a reference leads to. 0 or -ENOENT. */
int cn_value_of(const struct cn_ref *ref, struct cn_value *out);

int cn_value_get(const struct cn_value *value, uint64_t *raw);
int cn_value_set(const struct cn_value *value, uint64_t raw);
int cn_value_swap(const struct cn_value *value, uint64_t raw, uint64_t *old);
/* Set it to `raw` if it is `old`. -EAGAIN: it is not. */
int cn_value_cas(const struct cn_value *value, uint64_t old, uint64_t raw);
/* *now: what it became. -EOVERFLOW: it stays as it is. */
int cn_value_add(const struct cn_value *value, const struct cn_delta *delta, uint64_t *now);
/* Make it the greater (sign 1) or the lesser (-1) of itself and `raw`, and *now that. */
int cn_value_limit(const struct cn_value *value, int sign, uint64_t raw, uint64_t *now);

/* For strings. Appended to *out, whose `failed` says when memory was short. */
int cn_value_get_text(const struct cn_value *value, struct cn_buf *out);
/* *old (may be NULL) gets what it was. -ENOSPC. */
int cn_value_swap_text(
		const struct cn_value *value, const char *text, size_t len, struct cn_buf *old);
int cn_value_cas_text(const struct cn_value *value, const char *old, size_t old_len,
		const char *text, size_t len);

#endif
