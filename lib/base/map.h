/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * lib/base/map.h - a hash table from byte strings to pointers. Keys are copied; values are
 * borrowed: who puts them in takes them out before finish, with cn_map_next() if need be.
 */
#ifndef CN_BASE_MAP_H
#define CN_BASE_MAP_H

#include <stddef.h>
#include <stdint.h>

struct cn_map_entry {
	char *key; // NUL-terminated copy; NULL: never used
	size_t len;
	void *value; // NULL with a key: removed
	uint32_t hash;
};

struct cn_map {
	struct cn_map_entry *entries;
	size_t cap; // a power of two, or 0
	size_t used; // entries with a key, removed ones too
	size_t len; // live entries
};

#define CN_MAP_INIT                                                                                \
	{ 0 }

void cn_map_init(struct cn_map *map);
void cn_map_finish(struct cn_map *map);

/* The value of the key, or NULL. */
void *cn_map_get(const struct cn_map *map, const char *key, size_t len);

/* Set it (value not NULL). *old (may be NULL) gets what was there, or NULL. 0 or -ENOMEM. */
int cn_map_set(struct cn_map *map, const char *key, size_t len, void *value, void **old);

/* Take the key out; its value, or NULL when it was not there. */
void *cn_map_remove(struct cn_map *map, const char *key, size_t len);

/*
 * The live entries in no order: start with *position = 0, NULL ends. Removing during the walk is
 * allowed, setting is not.
 */
const struct cn_map_entry *cn_map_next(const struct cn_map *map, size_t *position);

/* The hash used: FNV-1a with a final mix. */
uint32_t cn_hash(const void *data, size_t len);

#endif
