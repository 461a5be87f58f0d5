/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "shell/builtin.h"
#include "shell/name.h"
#include "shell/shell.h"

enum { BUCKETS_FIRST = 256 };

/* FNV-1a over short strings: called by the parser for each word, so kept inline here. */
static uint32_t name_hash(const char *text, size_t len) {
	uint32_t hash = 2166136261u;
	for (size_t i = 0; i < len; i++) {
		hash = (hash ^ (unsigned char)text[i]) * 16777619u;
	}
	return hash ^ hash >> 15;
}

static struct sh_name *bucket_find(
		const struct sh_names *names, const char *text, size_t len, uint32_t hash) {
	struct sh_name *name = names->buckets[hash & (names->cap - 1)];
	while (name != NULL) {
		if (name->hash == hash && name->len == len && memcmp(name->text, text, len) == 0) {
			return name;
		}
		name = name->next;
	}
	return NULL;
}

static void names_grow(struct sh_names *names) {
	size_t cap = names->cap > 0 ? names->cap * 4 : BUCKETS_FIRST;
	struct sh_name **buckets = sh_xcalloc(cap, sizeof(*buckets));
	for (size_t i = 0; i < names->cap; i++) {
		struct sh_name *name = names->buckets[i];
		while (name != NULL) {
			struct sh_name *next = name->next;
			name->next = buckets[name->hash & (cap - 1)];
			buckets[name->hash & (cap - 1)] = name;
			name = next;
		}
	}
	free(names->buckets);
	names->buckets = buckets;
	names->cap = cap;
}

struct sh_name *sh_name_find(struct shell *sh, const char *text, size_t len) {
	return sh->names.cap > 0 ? bucket_find(&sh->names, text, len, name_hash(text, len)) : NULL;
}

struct sh_name *sh_name_intern(struct shell *sh, const char *text, size_t len) {
	struct sh_names *names = &sh->names;
	if (names->len >= names->cap) {
		names_grow(names);
	}
	uint32_t hash = name_hash(text, len);
	struct sh_name *name = bucket_find(names, text, len, hash);
	if (name != NULL) {
		return name;
	}
	name = sh_alloc_zero(&names->arena, sizeof(*name) + len + 1);
	memcpy(name->text, text, len);
	name->hash = hash;
	name->len = (uint32_t)len;
	name->next = names->buckets[hash & (names->cap - 1)];
	names->buckets[hash & (names->cap - 1)] = name;
	names->len++;
	return name;
}

struct sh_name *sh_name(struct shell *sh, const char *text) {
	return sh_name_intern(sh, text, strlen(text));
}

static int name_compare(const void *a, const void *b, void *arg) {
	struct sh_name *const *x = a;
	struct sh_name *const *y = b;
	return sh_collate(arg, (*x)->text, (*y)->text);
}

struct sh_name **sh_name_list(struct shell *sh, bool (*keep)(const struct sh_name *name)) {
	size_t len = 0;
	struct sh_name **list = sh_xmalloc((sh->names.len + 1) * sizeof(*list));
	for (size_t i = 0; i < sh->names.cap; i++) {
		for (struct sh_name *name = sh->names.buckets[i]; name != NULL; name = name->next) {
			if (keep(name)) {
				list[len++] = name;
			}
		}
	}
	list[len] = NULL;
	qsort_r(list, len, sizeof(*list), name_compare, sh);
	return list;
}

static bool is_name_char(char c) {
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

bool sh_is_name(const char *text, size_t len) {
	if (len == 0 || (text[0] >= '0' && text[0] <= '9')) {
		return false;
	}
	for (size_t i = 0; i < len; i++) {
		if (!is_name_char(text[i])) {
			return false;
		}
	}
	return true;
}

size_t sh_name_len(const char *text) {
	size_t len = 0;
	if (text[0] >= '0' && text[0] <= '9') {
		return 0;
	}
	while (is_name_char(text[len])) {
		len++;
	}
	return len;
}
