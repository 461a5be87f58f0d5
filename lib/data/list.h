/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * lib/data/list.h - a named sequence of byte strings that processes share: quick at both ends and
 * by index. Each operation is atomic; a process killed in the middle of one leaves the list as it
 * was before or as it is after.
 *
 * Indexes count from 0, negative ones from the end. All return -ENOENT when the list was destroyed
 * and -ENODATA when there is no such item.
 */
#ifndef CN_DATA_LIST_H
#define CN_DATA_LIST_H

#include "lib/data/dict.h"

struct cn_list_ref {
	struct cn_ref ref; // nothing to close
};

/* Open it, making it when it is not there and `create`. 0, -ENOENT, -EINVAL (name), -ENOSPC. */
int cn_list_open(struct cn_arena *arena, const char *name, bool create, struct cn_list_ref *out);

/* Append, or with `front` put before the first. 0, -ENOSPC, -EMSGSIZE (4 GiB or more). */
int cn_list_push_item(const struct cn_list_ref *list, bool front, struct cn_bytes item);

/* Take out the last, or with `front` the first. It is appended to *out (NULL: dropped). */
int cn_list_pop_item(const struct cn_list_ref *list, bool front, struct cn_buf *out);

int cn_list_get(const struct cn_list_ref *list, int64_t index, struct cn_buf *out);
int cn_list_set(const struct cn_list_ref *list, int64_t index, struct cn_bytes item);

/* As cn_list_set(); an index behind the end makes the list that long, with empty items between. */
int cn_list_put(const struct cn_list_ref *list, uint64_t index, struct cn_bytes item);

/* Put it before the item `index`, which may be the length. */
int cn_list_insert_item(const struct cn_list_ref *list, int64_t index, struct cn_bytes item);

int cn_list_delete(const struct cn_list_ref *list, int64_t index);
int cn_list_len(const struct cn_list_ref *list, uint64_t *len);
/* Bytes of memory that it has. */
int cn_list_bytes(const struct cn_list_ref *list, uint64_t *bytes);
int cn_list_clear(const struct cn_list_ref *list);

/* A number that is another one after each change. */
int cn_list_version(const struct cn_list_ref *list, uint64_t *version);

/*
 * All items as they are at one moment, each as its length in a uint32_t and its bytes, appended to
 * *out. 0 or -ENOMEM.
 */
int cn_list_copy(const struct cn_list_ref *list, struct cn_buf *out);

/* The next of the items that cn_list_copy() wrote; false: no more. *at starts as 0. */
bool cn_list_next_copied(const struct cn_buf *copy, size_t *at, struct cn_bytes *item);

enum cn_list_order {
	CN_LIST_NUMERIC = 1 << 0, // by the number each begins with
	CN_LIST_REVERSE = 1 << 1,
};

/* Sort by bytes or as the flags say, equal ones staying in order. 0, -ENOMEM, -ENOSPC. */
int cn_list_sort(const struct cn_list_ref *list, unsigned order);

#endif
