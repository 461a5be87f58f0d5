/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * shell/array.h - the values of array variables: indexed (sparse, in order of index) and
 * associative (in order of insertion). Not POSIX; what bash scripts expect.
 */
#ifndef SH_ARRAY_H
#define SH_ARRAY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct shell;
struct sh_name;

struct sh_item {
	char *key; // heap; associative arrays only
	intmax_t index; // of an associative array: the hash of the key
	char *value; // heap
	size_t len;
};

struct sh_array {
	struct sh_item *items; // indexed: sorted by index
	size_t len;
	size_t cap;
	uint32_t *slots; // associative, from some size on: hash table of places in items, from 1; 0: free
	size_t slot_cap; // a power of two, at least twice len; 0: no table
	uint64_t version; // of a variable that is kept elsewhere: what it is a copy of, and one more
};

struct sh_array *sh_array_create(void);
void sh_array_destroy(struct sh_array *array);
struct sh_array *sh_array_clone(const struct sh_array *array);

struct sh_item *sh_array_find(const struct sh_array *array, intmax_t index);
struct sh_item *sh_array_find_key(const struct sh_array *array, const char *key);
/* One more than the greatest index, or that index where there is no greater one; 0 when empty. */
intmax_t sh_array_end(const struct sh_array *array);
void sh_array_put(struct sh_array *array, intmax_t index, const char *value, size_t len);
void sh_array_put_key(struct sh_array *array, const char *key, const char *value, size_t len);
void sh_array_remove(struct sh_array *array, struct sh_item *item);

/*
 * Make the variable an empty or kept array of the kind (assoc or indexed); a scalar becomes element
 * 0. `empty` drops what it held. Returns its array, owned by this subshell level, or NULL with a
 * message when it is read-only or of the other kind.
 */
struct sh_array *sh_var_array(struct shell *sh, struct sh_name *name, bool assoc, bool empty);

/*
 * Element `subscript` of the variable: an arithmetic expression for an indexed array (and for a
 * scalar, whose element 0 it is), a string for an associative one. -1: a message was printed.
 */
int sh_elem_set(struct shell *sh, struct sh_name *name, const char *subscript, const char *value,
		size_t len, bool append);
/* NULL when unset; *failed (may be NULL) tells an error, with a message, from that. */
const char *sh_elem_get(struct shell *sh, struct sh_name *name, const char *subscript, size_t *len,
		bool *failed);

#endif
