/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * lib/data/dict.h - a named table from byte strings to byte strings that processes share. Each
 * operation is atomic; a process killed in the middle of one leaves the table as it was before or
 * as it is after.
 *
 *	struct cn_dict dict;
 *	int err = cn_dict_open(arena, "hits", true, &dict);
 *	int64_t now;
 *	err = cn_dict_incr(&dict, CN_TEXT("index.html"), 1, &now);
 *
 * All return -ENOENT when it was destroyed, -ENODATA when the key is not there. Those that change a
 * key wait while another process has it between cn_dict_update() and cn_dict_update_end(); they
 * return -EINTR when a signal was caught (call again) and -EDEADLK when it is this process itself, or
 * one that this process was forked from while it had the key.
 */
#ifndef CN_DATA_DICT_H
#define CN_DATA_DICT_H

#include <string.h>

#include "lib/base/buf.h"
#include "lib/shm/names.h"

struct cn_dict {
	struct cn_ref ref; // nothing to close
};

/* Bytes; borrowed. */
struct cn_bytes {
	const char *data;
	size_t len;
};

#define CN_TEXT(text) ((struct cn_bytes){ (text), strlen(text) })

/* Open it, making it when it is not there and `create`. 0, -ENOENT, -EINVAL (name), -ENOSPC. */
int cn_dict_open(struct cn_arena *arena, const char *name, bool create, struct cn_dict *out);

/* The value, appended to *out (NULL: only whether it is there). Never waits. */
int cn_dict_get(const struct cn_dict *dict, struct cn_bytes key, struct cn_buf *out);

/* -ENOSPC, -EMSGSIZE (4 GiB or more). */
int cn_dict_set(const struct cn_dict *dict, struct cn_bytes key, struct cn_bytes value);

/* Set it if the key is not there. Its value then, appended to *out (may be NULL). */
int cn_dict_set_default(
		const struct cn_dict *dict, struct cn_bytes key, struct cn_bytes value, struct cn_buf *out);

/* Set it to `value` if it is `old`; -EAGAIN: it is not. */
int cn_dict_cas(const struct cn_dict *dict, struct cn_bytes key, struct cn_bytes old,
		struct cn_bytes value);

/*
 * Add to the decimal integer that it is, no key being 0; *now is the sum. -EDOM (it is no integer
 * of 64 bits), -EOVERFLOW (nothing changed).
 */
int cn_dict_incr(const struct cn_dict *dict, struct cn_bytes key, int64_t n, int64_t *now);

/* Take the key out. Its value, appended to *out (may be NULL). */
int cn_dict_pop(const struct cn_dict *dict, struct cn_bytes key, struct cn_buf *out);

/* Take all out. Does not wait for updates, which then set their keys. */
int cn_dict_clear(const struct cn_dict *dict);

int cn_dict_len(const struct cn_dict *dict, uint64_t *len);

enum { CN_DICT_WHO_MAX = 16 };

struct cn_dict_info {
	uint64_t len;
	uint64_t bytes; // of memory that it has
	uint32_t waiters; // for keys that are being updated
	uint32_t updaters;
	cn_owner who[CN_DICT_WHO_MAX]; // the first of them
};

int cn_dict_query(const struct cn_dict *dict, struct cn_dict_info *out);

/* A number that is another one after each change. */
int cn_dict_version(const struct cn_dict *dict, uint64_t *version);

/*
 * Nobody else changes the key until cn_dict_update_end(), or until this process dies. *out gets its
 * value. 0 or -ENODATA when it was got; then cn_dict_update_end() must follow, in both cases.
 */
int cn_dict_update(const struct cn_dict *dict, struct cn_bytes key, struct cn_buf *out);

/* Set it, unless `value` is NULL. -EPERM: this process does not have it. */
int cn_dict_update_end(
		const struct cn_dict *dict, struct cn_bytes key, const struct cn_bytes *value);

/*
 * A walk over all keys, in no order; starts zeroed. A key that is there from begin to end is met
 * once, one that comes or goes meanwhile once or not at all.
 */
struct cn_dict_walk {
	uint32_t order;
	struct cn_buf batch; // private
	size_t at;
};

/* 1: *key and *value are the next, borrowed until the next call; 0: no more; or an error. */
int cn_dict_next(const struct cn_dict *dict, struct cn_dict_walk *walk, struct cn_bytes *key,
		struct cn_bytes *value);

void cn_dict_walk_finish(struct cn_dict_walk *walk);

#endif
