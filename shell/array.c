/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base/map.h"
#include "shell/arena.h"
#include "shell/array.h"

enum { SCANNED = 8 }; // so many keys are found as fast without a table

struct sh_array *sh_array_create(void) {
	return sh_xcalloc(1, sizeof(struct sh_array));
}

void sh_array_destroy(struct sh_array *array) {
	if (array == NULL) {
		return;
	}
	for (size_t i = 0; i < array->len; i++) {
		free(array->items[i].key);
		free(array->items[i].value);
	}
	free(array->items);
	free(array->slots);
	free(array);
}

/* ---- the keys of an associative array: a hash table with linear probing ---- */

static size_t slot_of(const struct sh_array *array, size_t place) {
	size_t at = (size_t)array->items[place].index & (array->slot_cap - 1);
	while (array->slots[at] != 0 && array->slots[at] != place + 1) {
		at = (at + 1) & (array->slot_cap - 1);
	}
	return at;
}

/* The last item is new: enter it. */
static void slots_add(struct sh_array *array) {
	size_t first = array->len - 1;
	if (array->len <= SCANNED) {
		return;
	}
	if (array->len * 2 > array->slot_cap) {
		free(array->slots);
		array->slot_cap = array->slot_cap > 0 ? array->slot_cap * 2 : SCANNED * 4;
		array->slots = sh_xcalloc(array->slot_cap, sizeof(*array->slots));
		first = 0;
	}
	for (size_t place = first; place < array->len; place++) {
		array->slots[slot_of(array, place)] = (uint32_t)place + 1;
	}
}

/* Free the slot `at`, and move up those behind that would not be found any more (Knuth 6.4, R). */
static void slot_free(struct sh_array *array, size_t at) {
	size_t mask = array->slot_cap - 1;
	size_t hole = at;
	for (size_t next = (at + 1) & mask; array->slots[next] != 0; next = (next + 1) & mask) {
		size_t home = (size_t)array->items[array->slots[next] - 1].index & mask;
		if (((next - home) & mask) >= ((next - hole) & mask)) {
			array->slots[hole] = array->slots[next];
			hole = next;
		}
	}
	array->slots[hole] = 0;
}

/* Item `place` is to go: those behind it move down by one. */
static void slots_remove(struct sh_array *array, size_t place) {
	if (array->slot_cap == 0) {
		return;
	}
	slot_free(array, slot_of(array, place));
	for (size_t at = 0; place + 1 < array->len && at < array->slot_cap; at++) {
		array->slots[at] -= array->slots[at] > place + 1 ? 1 : 0;
	}
}

/* ---- both kinds ---- */

struct sh_array *sh_array_clone(const struct sh_array *array) {
	struct sh_array *copy = sh_array_create();
	copy->len = copy->cap = array->len;
	copy->version = array->version;
	copy->slot_cap = array->slot_cap;
	copy->items = sh_xmalloc(array->len * sizeof(*copy->items));
	for (size_t i = 0; i < array->len; i++) {
		const struct sh_item *item = &array->items[i];
		copy->items[i] = *item;
		copy->items[i].key = item->key != NULL ? sh_xstrdup(item->key) : NULL;
		copy->items[i].value = sh_xstrndup(item->value, item->len);
	}
	if (array->slot_cap > 0) {
		copy->slots = sh_xmalloc(array->slot_cap * sizeof(*copy->slots));
		memcpy(copy->slots, array->slots, array->slot_cap * sizeof(*copy->slots));
	}
	return copy;
}

/* Where index is or would be. Dense arrays hit at the first look. */
static size_t index_position(const struct sh_array *array, intmax_t index) {
	size_t low = 0;
	size_t high = array->len;
	if (high == 0 || index > array->items[high - 1].index) {
		return high;
	}
	if (index >= 0 && (uintmax_t)index < high && array->items[index].index == index) {
		return (size_t)index;
	}
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (array->items[middle].index < index) {
			low = middle + 1;
		} else {
			high = middle;
		}
	}
	return low;
}

struct sh_item *sh_array_find(const struct sh_array *array, intmax_t index) {
	size_t at = index_position(array, index);
	return at < array->len && array->items[at].index == index ? &array->items[at] : NULL;
}

static struct sh_item *key_find(const struct sh_array *array, const char *key, uint32_t hash) {
	if (array->slot_cap == 0) {
		for (size_t i = 0; i < array->len; i++) {
			if (array->items[i].index == hash && strcmp(array->items[i].key, key) == 0) {
				return &array->items[i];
			}
		}
		return NULL;
	}
	size_t mask = array->slot_cap - 1;
	for (size_t at = hash & mask; array->slots[at] != 0; at = (at + 1) & mask) {
		struct sh_item *item = &array->items[array->slots[at] - 1];
		if (item->index == hash && strcmp(item->key, key) == 0) {
			return item;
		}
	}
	return NULL;
}

struct sh_item *sh_array_find_key(const struct sh_array *array, const char *key) {
	return key_find(array, key, cn_hash(key, strlen(key)));
}

intmax_t sh_array_end(const struct sh_array *array) {
	intmax_t last = array->len > 0 ? array->items[array->len - 1].index : -1;
	return last < INTMAX_MAX ? last + 1 : last;
}

static struct sh_item *array_insert(struct sh_array *array, size_t at) {
	if (array->len == array->cap) {
		array->cap = array->cap > 0 ? array->cap * 2 : 8;
		array->items = sh_xrealloc(array->items, array->cap * sizeof(*array->items));
	}
	memmove(array->items + at + 1, array->items + at, (array->len - at) * sizeof(*array->items));
	array->len++;
	memset(&array->items[at], 0, sizeof(array->items[at]));
	return &array->items[at];
}

static void item_set(struct sh_item *item, const char *value, size_t len) {
	char *copy = sh_xstrndup(value, len);
	free(item->value);
	item->value = copy;
	item->len = len;
}

void sh_array_put(struct sh_array *array, intmax_t index, const char *value, size_t len) {
	size_t at = index_position(array, index);
	struct sh_item *item = at < array->len && array->items[at].index == index
			? &array->items[at]
			: array_insert(array, at);
	item->index = index;
	item_set(item, value, len);
}

void sh_array_put_key(struct sh_array *array, const char *key, const char *value, size_t len) {
	uint32_t hash = cn_hash(key, strlen(key));
	struct sh_item *item = key_find(array, key, hash);
	if (item == NULL) {
		item = array_insert(array, array->len);
		item->key = sh_xstrdup(key);
		item->index = hash;
		slots_add(array);
	}
	item_set(item, value, len);
}

void sh_array_remove(struct sh_array *array, struct sh_item *item) {
	size_t at = (size_t)(item - array->items);
	slots_remove(array, at);
	free(item->key);
	free(item->value);
	array->len--;
	memmove(array->items + at, array->items + at + 1, (array->len - at) * sizeof(*array->items));
}
