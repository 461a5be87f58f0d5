/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * lib/data/array.h - a named array of numbers of a C type that processes share. Its length does not
 * change. Each element is read and written atomically and without a lock; several of them are not
 * one operation.
 *
 *	struct cn_array hits;
 *	int err = cn_array_create(arena, "hits", 'i', 256, NULL, &hits);
 *	err = cn_array_add(&hits, 65, &one, &now);
 *
 * Types are the codes of lib/base/scalar.h, numbers raw ones of lib/data/cell.h. All return -ENOENT
 * when it was destroyed and -ERANGE for indexes outside.
 */
#ifndef CN_DATA_ARRAY_H
#define CN_DATA_ARRAY_H

#include "lib/base/buf.h"
#include "lib/data/cell.h"
#include "lib/shm/names.h"

struct cn_array {
	struct cn_ref ref; // nothing to close
	char code;
	uint64_t count;
};

/* Most bytes of all elements together. */
#define CN_ARRAY_BYTES_MAX (UINT64_C(4000) << 20)

/*
 * Make it, with the `count` elements that stand one behind the other at `elements` (NULL: zeros).
 * 0, -EEXIST (it is there with this shape, as it is; *out is good), -EPROTOTYPE (with another,
 * which *out tells), -EINVAL (name or type), -ENOSPC.
 */
int cn_array_create(struct cn_arena *arena, const char *name, char code, uint64_t count,
		const void *elements, struct cn_array *out);

/* 0 or -ENOENT. */
int cn_array_open(struct cn_arena *arena, const char *name, struct cn_array *out);

/* The array that a reference leads to. 0 or -ENOENT. */
int cn_array_of(const struct cn_ref *ref, struct cn_array *out);

/* `count` elements from `at` on, as raw numbers. */
int cn_array_get(const struct cn_array *array, uint64_t at, uint64_t count, uint64_t *raws);
int cn_array_set(const struct cn_array *array, uint64_t at, uint64_t count, const uint64_t *raws);

/* As cn_cell_add(). */
int cn_array_add(
		const struct cn_array *array, uint64_t at, const struct cn_delta *delta, uint64_t *now);

/* Set all. */
int cn_array_fill(const struct cn_array *array, uint64_t raw);

/* The sum of all, as text appended to *out: of 128 bits for integers. -EDOM: not for characters. */
int cn_array_sum(const struct cn_array *array, struct cn_buf *out);

/*
 * The elements themselves, for code that works on them in place: aligned to 16 bytes at least,
 * good until cn_array_unpin(), also when the array is destroyed. As cn_pin().
 */
int cn_array_data(const struct cn_array *array, void **data);
void cn_array_unpin(const struct cn_array *array, void *data);

#endif
