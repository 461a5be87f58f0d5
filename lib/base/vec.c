/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "lib/base/vec.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { CAP_MIN = 8 };

void cn_vec_init(struct cn_vec *vec) {
	*vec = (struct cn_vec)CN_VEC_INIT;
}

void cn_vec_finish(struct cn_vec *vec) {
	free(vec->items);
	cn_vec_init(vec);
}

// Room for one more item and the closing NULL.
static int vec_grow(struct cn_vec *vec) {
	if (vec->len + 2 <= vec->cap) {
		return 0;
	}
	size_t cap = vec->cap == 0 ? CAP_MIN : vec->cap * 2;
	void **items = reallocarray(vec->items, cap, sizeof(*items));
	if (items == NULL) {
		return -ENOMEM;
	}
	vec->items = items;
	vec->cap = cap;
	return 0;
}

int cn_vec_push(struct cn_vec *vec, void *item) {
	int err = vec_grow(vec);
	if (err < 0) {
		return err;
	}
	vec->items[vec->len++] = item;
	vec->items[vec->len] = NULL;
	return 0;
}

void *cn_vec_pop(struct cn_vec *vec) {
	return vec->len == 0 ? NULL : cn_vec_remove(vec, vec->len - 1);
}

int cn_vec_insert(struct cn_vec *vec, size_t at, void *item) {
	int err = vec_grow(vec);
	if (err < 0) {
		return err;
	}
	memmove(vec->items + at + 1, vec->items + at, (vec->len - at) * sizeof(*vec->items));
	vec->items[at] = item;
	vec->items[++vec->len] = NULL;
	return 0;
}

void *cn_vec_remove(struct cn_vec *vec, size_t at) {
	void *item = vec->items[at];
	memmove(vec->items + at, vec->items + at + 1, (vec->len - at) * sizeof(*vec->items));
	vec->len--;
	return item;
}

void cn_vec_reset(struct cn_vec *vec) {
	vec->len = 0;
	if (vec->items != NULL) {
		vec->items[0] = NULL;
	}
}
