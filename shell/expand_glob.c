/* SPDX-License-Identifier: GPL-3.0-or-later */
/* shell/expand_glob.c - pathname expansion (XCU 2.6.6, 2.14.3). See expand.h. */
#include "config.h"
#include "shell/expand.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/base/buf.h"
#include "shell/builtin.h"
#include "shell/pattern.h"

/*
 * The pattern is cut at its slashes before anything else: `a[b/c]d` has no bracket expression
 * (XCU 2.14.3). A directory is read to its end before the walk goes down into what was found
 * there, so that one buffer serves all and no descriptor stays open.
 */

enum { READ_SIZE = 32 << 10 };

struct component {
	const char *text; // literal: quotes removed; else as written
	size_t len;
	size_t slashes; // behind it
	struct sh_pattern *pattern; // NULL: literal
};

struct walk {
	struct shell *sh;
	struct sh_arena *arena;
	struct component *components;
	size_t count;
	struct cn_buf path; // of what has been matched
	char *entries; // READ_SIZE bytes
	struct sh_fields *out;
	int found;
};

/* Is there a slash at s, quoted or not? Its length. */
static size_t slash_at(const char *s, const char *end) {
	return *s == '/' ? 1 : *s == '\\' && s + 1 < end && s[1] == '/' ? 2 : 0;
}

static void component_init(struct walk *w, struct component *c, const char *text, size_t len) {
	*c = (struct component){ .text = text, .len = len };
	if (sh_pattern_has_special(text, len)) {
		c->pattern = sh_pattern_compile(w->sh, w->arena, text, len);
		return;
	}
	char *plain = sh_alloc(w->arena, len + 1);
	c->text = plain;
	for (size_t i = 0; i < len; i++) {
		i += text[i] == '\\' && i + 1 < len;
		*plain++ = text[i];
	}
	c->len = plain - c->text;
}

/* Cut the pattern into components. One that begins with slashes has an empty first component. */
static void split(struct walk *w, const char *text, size_t len) {
	const char *end = text + len;
	size_t max = 1;
	for (const char *s = text; s < end; s++) {
		max += *s == '/';
	}
	w->components = sh_alloc(w->arena, max * sizeof(*w->components));
	while (text < end) {
		const char *s = text;
		while (s < end && slash_at(s, end) == 0) {
			s += *s == '\\' && s + 1 < end ? 2 : 1;
		}
		struct component *c = &w->components[w->count++];
		component_init(w, c, text, s - text);
		for (; s < end && slash_at(s, end) > 0; s += slash_at(s, end)) {
			c->slashes++;
		}
		text = s;
	}
}

static void put_slashes(struct walk *w, const struct component *c) {
	for (size_t i = 0; i < c->slashes; i++) {
		cn_buf_putc(&w->path, '/');
	}
}

/* w->path and a name in it are a path that was asked for. */
static void add_path(struct walk *w, const char *name, size_t len) {
	char *path = sh_alloc(w->arena, w->path.len + len + 1);
	if (w->path.len > 0) {
		memcpy(path, w->path.data, w->path.len);
	}
	memcpy(path + w->path.len, name, len);
	path[w->path.len + len] = '\0';
	sh_fields_push(w->sh, w->out, path);
	w->found++;
}

/*
 * A name in the directory that matches. A leading period has to be matched by one that is written
 * as such; `.` and `..` are never matched, which XCU 2.14.3 leaves open.
 */
static bool name_matches(const struct component *c, const char *name, size_t len) {
	if (name[0] == '.') {
		bool written = c->text[0] == '.' || (c->len > 1 && c->text[0] == '\\' && c->text[1] == '.');
		if (!written || len == 1 || (len == 2 && name[1] == '.')) {
			return false;
		}
	}
	return sh_pattern_match(c->pattern, name, len);
}

/*
 * Look for what matches in the directory w->path. Of the last component it is a result, being
 * there just now; else what may be a directory goes to names, as strings in the arena.
 */
static void read_names(struct walk *w, const struct component *c, struct cn_vec *names) {
	bool into = c->slashes > 0;
	const char *path = w->path.len == 0 ? "." : w->path.data;
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0) {
		return;
	}
	for (ssize_t n; (n = getdents64(fd, w->entries, READ_SIZE)) > 0;) {
		for (ssize_t at = 0; at < n;) {
			const struct dirent64 *entry = (const void *)(w->entries + at);
			size_t len = strlen(entry->d_name);
			bool may_enter = entry->d_type == DT_DIR || entry->d_type == DT_LNK ||
					entry->d_type == DT_UNKNOWN;
			if ((into && !may_enter) || !name_matches(c, entry->d_name, len)) {
				// not this one
			} else if (into) {
				cn_vec_push(names, sh_arena_copy(w->arena, entry->d_name, len));
			} else {
				add_path(w, entry->d_name, len);
			}
			at += entry->d_reclen;
		}
	}
	close(fd);
}

static void walk_from(struct walk *w, size_t i);

static void walk_pattern(struct walk *w, size_t i) {
	const struct component *c = &w->components[i];
	struct cn_vec names = { 0 }; // char *
	size_t base = w->path.len;
	read_names(w, c, &names);
	for (size_t n = 0; n < names.len; n++) {
		cn_buf_truncate(&w->path, base);
		cn_buf_puts(&w->path, names.items[n]);
		put_slashes(w, c);
		walk_from(w, i + 1);
	}
	cn_buf_truncate(&w->path, base);
	cn_vec_finish(&names);
}

/* Go on with component i, below w->path. */
static void walk_from(struct walk *w, size_t i) {
	size_t base = w->path.len;
	for (; i < w->count && w->components[i].pattern == NULL; i++) {
		cn_buf_append(&w->path, w->components[i].text, w->components[i].len);
		put_slashes(w, &w->components[i]);
	}
	struct stat st;
	if (i < w->count) {
		walk_pattern(w, i);
	} else if (lstat(w->path.data, &st) == 0) {
		add_path(w, "", 0);
	}
	cn_buf_truncate(&w->path, base);
}

/* ---- sorting ---- */

static int compare_collating(const void *a, const void *b, void *sh) {
	return sh_collate(sh, *(char *const *)a, *(char *const *)b);
}

/* A name by what tells it from the others, most often: its bytes behind what all begin with. */
struct key {
	uint64_t head; // as a number that compares like them
	char *text;
};

static int compare_keys(const void *a, const void *b) {
	const struct key *left = a;
	const struct key *right = b;
	if (left->head != right->head) {
		return left->head < right->head ? -1 : 1;
	}
	return strcmp(left->text, right->text);
}

/* The length of what all begin with. */
static size_t common_length(char **items, size_t count) {
	size_t common = strlen(items[0]);
	for (size_t i = 1; i < count; i++) {
		size_t n = 0;
		while (n < common && items[i][n] == items[0][n]) {
			n++;
		}
		common = n;
	}
	return common;
}

static uint64_t head_of(const char *text) {
	uint64_t head = 0;
	int bits = 64;
	for (; *text != '\0' && bits > 0; text++) {
		bits -= 8;
		head |= (uint64_t)(unsigned char)*text << bits;
	}
	return head;
}

static void sort_bytes(struct walk *w, char **items, size_t count) {
	size_t common = common_length(items, count);
	struct key *keys = sh_alloc(w->arena, count * sizeof(*keys));
	for (size_t i = 0; i < count; i++) {
		keys[i] = (struct key){ .head = head_of(items[i] + common), .text = items[i] };
	}
	qsort(keys, count, sizeof(*keys), compare_keys);
	for (size_t i = 0; i < count; i++) {
		items[i] = keys[i].text;
	}
}

static void sort_found(struct walk *w) {
	char **items = w->out->items + w->out->count - w->found;
	if (sh_collates(w->sh)) {
		qsort_r(items, (size_t)w->found, sizeof(*items), compare_collating, w->sh);
	} else {
		sort_bytes(w, items, (size_t)w->found);
	}
}

bool sh_glob(struct shell *sh, const char *pattern, size_t len, struct sh_fields *fields) {
	if (!sh_pattern_has_special(pattern, len)) {
		return false;
	}
	struct walk w = { .sh = sh, .arena = &sh->scratch, .out = fields };
	split(&w, pattern, len);
	w.entries = sh_xmalloc(READ_SIZE);
	cn_buf_init(&w.path);
	walk_from(&w, 0);
	cn_buf_finish(&w.path);
	free(w.entries);
	if (w.found > 1) {
		sort_found(&w);
	}
	return w.found > 0;
}
