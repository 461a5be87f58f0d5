/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "shell/arena.h"
#include "shell/array.h"

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
	free(array);
}

struct sh_array *sh_array_clone(const struct sh_array *array) {
	struct sh_array *copy = sh_array_create();
	copy->len = copy->cap = array->len;
	copy->version = array->version;
	copy->items = sh_xmalloc(array->len * sizeof(*copy->items));
	for (size_t i = 0; i < array->len; i++) {
		const struct sh_item *item = &array->items[i];
		copy->items[i] = *item;
		copy->items[i].key = item->key != NULL ? sh_xstrdup(item->key) : NULL;
		copy->items[i].value = sh_xstrndup(item->value, item->len);
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

struct sh_item *sh_array_find_key(const struct sh_array *array, const char *key) {
	for (size_t i = 0; i < array->len; i++) {
		if (strcmp(array->items[i].key, key) == 0) {
			return &array->items[i];
		}
	}
	return NULL;
}

intmax_t sh_array_end(const struct sh_array *array) {
	return array->len > 0 ? array->items[array->len - 1].index + 1 : 0;
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
	struct sh_item *item = sh_array_find_key(array, key);
	if (item == NULL) {
		item = array_insert(array, array->len);
		item->key = sh_xstrdup(key);
	}
	item_set(item, value, len);
}

void sh_array_remove(struct sh_array *array, struct sh_item *item) {
	size_t at = (size_t)(item - array->items);
	free(item->key);
	free(item->value);
	array->len--;
	memmove(array->items + at, array->items + at + 1, (array->len - at) * sizeof(*array->items));
}
