/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "lib/base/number.h"
#include "shell/builtin.h"
#include "shell/history.h"
#include "shell/pattern.h"

enum { SIZE_DEFAULT = 1000, SIZE_MAX_ENTRIES = 1 << 20 };

struct sh_history *sh_history(struct shell *sh) {
	if (sh->history == NULL) {
		struct sh_history *h = sh_xcalloc(1, sizeof(*h));
		h->first = 1;
		cn_buf_init(&h->typed);
		sh->history = h;
	}
	return sh->history;
}

size_t sh_history_limit(struct shell *sh, const char *name, size_t otherwise) {
	const char *text = sh_var_get_text(sh, name);
	int64_t size;
	if (text == NULL || cn_parse_int(text, INT64_MIN, INT64_MAX, &size) < 0) {
		return otherwise;
	}
	return size < 0 || size > SIZE_MAX_ENTRIES ? SIZE_MAX_ENTRIES : (size_t)size;
}

/* ---- what is left out ---- */

/* Does a list with `:` between its words have the word? */
static bool list_has(const char *list, const char *word) {
	size_t len = strlen(word);
	while (list != NULL && *list != '\0') {
		size_t n = strcspn(list, ":");
		if (n == len && memcmp(list, word, n) == 0) {
			return true;
		}
		list += n + (list[n] == ':');
	}
	return false;
}

bool sh_history_control(struct shell *sh, const char *word) {
	return list_has(sh_var_get_text(sh, "HISTCONTROL"), word);
}

/* HISTIGNORE: patterns for whole commands; `&` is the newest one. */
static bool is_ignored(struct shell *sh, const char *text, size_t len, const char *newest) {
	const char *list = sh_var_get_text(sh, "HISTIGNORE");
	while (list != NULL && *list != '\0') {
		size_t n = 0;
		while (list[n] != '\0' && list[n] != ':') {
			n += list[n] == '\\' && list[n + 1] != '\0' ? 2 : 1;
		}
		bool same = n == 1 && list[0] == '&';
		if (same ? newest != NULL && strlen(newest) == len && memcmp(newest, text, len) == 0
				 : n > 0 && sh_match(sh, list, n, text, len)) {
			return true;
		}
		list += n + (list[n] == ':');
	}
	return false;
}

static bool is_unwanted(struct shell *sh, const char *text, size_t len) {
	struct sh_history *h = sh_history(sh);
	const struct sh_history_entry *last =
			h->entries.len > 0 ? h->entries.items[h->entries.len - 1] : NULL;
	const char *newest = last != NULL ? last->text : NULL;
	bool both = sh_history_control(sh, "ignoreboth");
	if (text[0] == ' ' && (both || sh_history_control(sh, "ignorespace"))) {
		return true;
	}
	bool same = newest != NULL && strlen(newest) == len && memcmp(newest, text, len) == 0;
	if (same && (both || sh_history_control(sh, "ignoredups"))) {
		return true;
	}
	return is_ignored(sh, text, len, newest);
}

/* ---- the list ---- */

void sh_history_push(struct shell *sh, const char *text, size_t len, int64_t when) {
	struct sh_history *h = sh_history(sh);
	struct sh_history_entry *entry = sh_xmalloc(sizeof(*entry) + len + 1);
	entry->time = when;
	memcpy(entry->text, text, len);
	entry->text[len] = '\0';
	if (cn_vec_push(&h->entries, entry) < 0) {
		free(entry);
		return;
	}
	for (size_t size = sh_history_limit(sh, "HISTSIZE", SIZE_DEFAULT); h->entries.len > size;) {
		free(cn_vec_remove(&h->entries, 0));
		h->first++;
	}
}

void sh_history_remove(struct shell *sh, size_t index) {
	struct sh_history *h = sh_history(sh);
	free(cn_vec_remove(&h->entries, index));
	h->changes++;
}

void sh_history_clear(struct shell *sh) {
	struct sh_history *h = sh_history(sh);
	while (h->entries.len > 0) {
		free(cn_vec_pop(&h->entries));
	}
	h->first = 1;
	h->changes++;
}

static void erase_same(struct shell *sh, const char *text, size_t len) {
	struct sh_history *h = sh_history(sh);
	for (size_t i = h->entries.len; i-- > 0;) {
		const struct sh_history_entry *entry = h->entries.items[i];
		if (strlen(entry->text) == len && memcmp(entry->text, text, len) == 0) {
			sh_history_remove(sh, i);
		}
	}
}

void sh_history_add(struct shell *sh, const char *text, size_t len) {
	while (len > 0 && text[len - 1] == '\n') {
		len--;
	}
	size_t blanks = 0;
	while (blanks < len && strchr(" \t\n", text[blanks]) != NULL) {
		blanks++;
	}
	sh_history(sh)->added = false;
	if (blanks == len || memchr(text, '\0', len) != NULL || is_unwanted(sh, text, len)) {
		return;
	}
	if (sh_history_control(sh, "erasedups")) {
		erase_same(sh, text, len);
	}
	int64_t now = time(NULL);
	sh_history_file_append(sh, text, len, now); // may read what others did: those come first
	sh_history_push(sh, text, len, now);
	sh_history(sh)->added = true;
}

void sh_history_note(struct shell *sh, const char *line, size_t len) {
	cn_buf_append(&sh_history(sh)->typed, line, len);
}

void sh_history_add_noted(struct shell *sh) {
	struct sh_history *h = sh_history(sh);
	if (h->typed.len > 0) {
		sh_history_add(sh, h->typed.data, h->typed.len);
		cn_buf_reset(&h->typed);
	}
}

void sh_history_drop_noted(struct shell *sh) {
	cn_buf_reset(&sh_history(sh)->typed);
}

void sh_history_retract(struct shell *sh) {
	struct sh_history *h = sh_history(sh);
	if (h->added && h->entries.len > 0) {
		sh_history_remove(sh, h->entries.len - 1);
		sh_history_file_retract(sh);
	}
	h->added = false;
}
