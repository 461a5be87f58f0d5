/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * lib/base/vec.h - a growing array of pointers. Whoever declares one says what it holds:
 *
 *	struct cn_vec jobs; // struct job *
 *
 * The vector owns its array, never what the items point to. items[len] is always NULL once
 * something was pushed, so that a vector of words can be handed on as an argv.
 */
#ifndef CN_BASE_VEC_H
#define CN_BASE_VEC_H

#include <stddef.h>

struct cn_vec {
	void **items;
	size_t len;
	size_t cap;
};

#define CN_VEC_INIT                                                                                \
	{ 0 }

void cn_vec_init(struct cn_vec *vec);
void cn_vec_finish(struct cn_vec *vec);

/* Append `item`. 0 or -ENOMEM, the vector unchanged. */
int cn_vec_push(struct cn_vec *vec, void *item);

/* Remove and return the last; NULL when it is empty. */
void *cn_vec_pop(struct cn_vec *vec);

/* Put `item` before position `at` (<= len). 0 or -ENOMEM. */
int cn_vec_insert(struct cn_vec *vec, size_t at, void *item);

/* Take out and return the item at `at` (< len); those behind it move up. */
void *cn_vec_remove(struct cn_vec *vec, size_t at);

/* Empty it, keeping the array. */
void cn_vec_reset(struct cn_vec *vec);

#endif
