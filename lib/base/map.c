/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "lib/base/map.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { CAP_MIN = 16 };

void cn_map_init(struct cn_map *map) {
	*map = (struct cn_map)CN_MAP_INIT;
}

void cn_map_finish(struct cn_map *map) {
	for (size_t i = 0; i < map->cap; i++) {
		free(map->entries[i].key);
	}
	free(map->entries);
	cn_map_init(map);
}

uint32_t cn_hash(const void *data, size_t len) {
	const unsigned char *bytes = data;
	uint32_t hash = 2166136261u;
	for (size_t i = 0; i < len; i++) {
		hash = (hash ^ bytes[i]) * 16777619u;
	}
	hash ^= hash >> 15;
	hash *= 0x2c1b3c6du;
	return hash ^ hash >> 12;
}

// The entry of the key, or the free one where it would go. Linear probing; never full.
static struct cn_map_entry *map_find(
		const struct cn_map *map, const char *key, size_t len, uint32_t hash) {
	size_t i = hash & (map->cap - 1);
	for (;; i = (i + 1) & (map->cap - 1)) {
		struct cn_map_entry *entry = &map->entries[i];
		if (entry->key == NULL) {
			return entry;
		}
		if (entry->hash == hash && entry->len == len && memcmp(entry->key, key, len) == 0) {
			return entry;
		}
	}
}

// A table for the live entries and as many again; the removed ones are dropped.
static int map_rehash(struct cn_map *map) {
	size_t cap = CAP_MIN;
	while (cap < (map->len + 1) * 2) {
		cap *= 2;
	}
	struct cn_map fresh = { .entries = calloc(cap, sizeof(*fresh.entries)), .cap = cap };
	if (fresh.entries == NULL) {
		return -ENOMEM;
	}
	for (size_t i = 0; i < map->cap; i++) {
		struct cn_map_entry *entry = &map->entries[i];
		if (entry->value == NULL) {
			free(entry->key);
			continue;
		}
		*map_find(&fresh, entry->key, entry->len, entry->hash) = *entry;
		fresh.len++;
	}
	fresh.used = fresh.len;
	free(map->entries);
	*map = fresh;
	return 0;
}

void *cn_map_get(const struct cn_map *map, const char *key, size_t len) {
	return map->cap == 0 ? NULL : map_find(map, key, len, cn_hash(key, len))->value;
}

int cn_map_set(struct cn_map *map, const char *key, size_t len, void *value, void **old) {
	if ((map->used + 1) * 4 > map->cap * 3) {
		int err = map_rehash(map);
		if (err < 0) {
			return err;
		}
	}
	uint32_t hash = cn_hash(key, len);
	struct cn_map_entry *entry = map_find(map, key, len, hash);
	if (entry->key == NULL) {
		char *copy = malloc(len + 1);
		if (copy == NULL) {
			return -ENOMEM;
		}
		memcpy(copy, key, len);
		copy[len] = '\0';
		*entry = (struct cn_map_entry){ .key = copy, .len = len, .hash = hash };
		map->used++;
	}
	if (old != NULL) {
		*old = entry->value;
	}
	map->len += entry->value == NULL;
	entry->value = value;
	return 0;
}

void *cn_map_remove(struct cn_map *map, const char *key, size_t len) {
	if (map->cap == 0) {
		return NULL;
	}
	struct cn_map_entry *entry = map_find(map, key, len, cn_hash(key, len));
	void *value = entry->value;
	map->len -= value != NULL;
	entry->value = NULL;
	return value;
}

const struct cn_map_entry *cn_map_next(const struct cn_map *map, size_t *position) {
	while (*position < map->cap) {
		const struct cn_map_entry *entry = &map->entries[(*position)++];
		if (entry->value != NULL) {
			return entry;
		}
	}
	return NULL;
}
