/* SPDX-License-Identifier: GPL-3.0-or-later */
/* shell/pattern.c - pattern matching notation (XCU 2.14), compiled. See pattern_core.h. */
#include "config.h"

#include <string.h>

#include "shell/builtin.h"
#include "shell/pattern.h"
#include "shell/pattern_core.h"

/*
 * A pattern is cut at its stars into segments. All else in it stands for exactly one character,
 * so a segment has a fixed number of characters, and to place each as far left (or right) as it
 * will go is never wrong: there is nothing to back out of. Matching costs at most the product
 * of the lengths, and for literal segments what memmem() costs.
 */

enum elem_kind { ELEM_CHAR, ELEM_ANY, ELEM_SET };

struct elem {
	uint8_t kind; // enum elem_kind
	uint8_t len; // of bytes
	union {
		char bytes[4];
		uint32_t set;
	};
};

struct segment {
	const char *text; // its bytes when literal, else NULL
	const struct elem *elems; // when not literal
	size_t len; // of text
	size_t chars;
};

/* ---- compiling ---- */

struct sh_pattern {
	bool utf8;
	struct segment *segments; // between the stars: one more than there are of those
	size_t count;
	struct sh_set *sets;
	uint32_t nsets;
};

struct compiler {
	struct sh_pattern *pattern;
	const char *end; // of the pattern's text
	struct elem *elem; // next free one; NULL when all segments are literal
	char *literal; // next free byte
	bool plain; // the segment has only characters so far
};

static void segment_begin(struct compiler *c) {
	struct segment *seg = &c->pattern->segments[c->pattern->count++];
	*seg = (struct segment){ .text = c->literal, .elems = c->elem };
	c->plain = true;
}

static void segment_end(struct compiler *c) {
	struct segment *seg = &c->pattern->segments[c->pattern->count - 1];
	seg->len = c->literal - seg->text;
	if (!c->plain) {
		seg->text = NULL;
	}
}

/* Append to the last segment the character s[0, len). */
static void add_char(struct compiler *c, const char *s, size_t len) {
	memcpy(c->literal, s, len);
	c->literal += len;
	c->pattern->segments[c->pattern->count - 1].chars++;
	if (c->elem != NULL) {
		*c->elem = (struct elem){ .kind = ELEM_CHAR, .len = (uint8_t)len };
		memcpy(c->elem++->bytes, s, len);
	}
}

static void add_elem(struct compiler *c, enum elem_kind kind, uint32_t set) {
	*c->elem++ = (struct elem){ .kind = (uint8_t)kind, .set = set };
	c->pattern->segments[c->pattern->count - 1].chars++;
	c->plain = false;
}

/* Append what stands at s. Returns where it ends. */
static const char *add_item(struct compiler *c, const char *s) {
	struct sh_pattern *p = c->pattern;
	if (*s == '?') {
		add_elem(c, ELEM_ANY, 0);
		return s + 1;
	}
	if (*s == '[') {
		const char *close = sh_set_read(p->utf8, s + 1, c->end, &p->sets[p->nsets]);
		if (close != NULL) {
			add_elem(c, ELEM_SET, p->nsets++);
			return close;
		}
	}
	if (*s == '\\' && s + 1 < c->end) {
		s++;
	}
	uint32_t code;
	size_t len = sh_char_at(p->utf8, s, c->end, &code);
	c->plain = c->plain && code < RAW_CODE;
	add_char(c, s, len);
	return s + len;
}

/* What has to be allocated for the pattern, at most. */
struct counts {
	size_t segments;
	size_t sets;
	size_t elems; // 0: all is literal
};

static struct counts count_parts(bool utf8, const char *text, size_t len) {
	struct counts counts = { .segments = 1 };
	bool literal = true;
	for (size_t i = 0; i < len; i++) {
		counts.segments += text[i] == '*';
		counts.sets += text[i] == '[';
		literal = literal && text[i] != '?' && text[i] != '[' && (!utf8 || (text[i] & 0x80) == 0);
	}
	counts.elems = literal ? 0 : len;
	return counts;
}

struct sh_pattern *sh_pattern_compile(
		struct shell *sh, struct sh_arena *arena, const char *text, size_t len) {
	struct sh_pattern *p = sh_alloc(arena, sizeof(*p));
	*p = (struct sh_pattern){ .utf8 = sh != NULL && sh_is_utf8(sh) };
	struct counts counts = count_parts(p->utf8, text, len);
	struct compiler c = { .pattern = p };
	p->segments = sh_alloc(arena, counts.segments * sizeof(*p->segments));
	c.literal = sh_alloc(arena, len);
	if (counts.elems > 0) {
		c.elem = sh_alloc(arena, counts.elems * sizeof(*c.elem));
		p->sets = sh_alloc(arena, counts.sets * sizeof(*p->sets));
		text = sh_arena_copy(arena, text, len); // the sets look into it
	}
	c.end = text + len;
	segment_begin(&c);
	while (text < c.end) {
		if (*text == '*') {
			segment_end(&c);
			segment_begin(&c);
			text++;
		} else {
			text = add_item(&c, text);
		}
	}
	segment_end(&c);
	return p;
}

/* ---- placing segments ---- */

/*
 * The start of the character that ends at s. Decoding forward from `start` comes by the same
 * boundaries: no valid sequence has the first byte of another inside.
 */
static const char *char_before(bool utf8, const char *start, const char *s) {
	if (utf8 && (s[-1] & 0xc0) == 0x80) {
		for (size_t n = 2; n <= 4 && (size_t)(s - start) >= n; n++) {
			uint32_t code;
			if ((*(s - n) & 0xc0) != 0x80) {
				return sh_utf8_decode(s - n, s, &code) == n ? s - n : s - 1;
			}
		}
	}
	return s - 1;
}

static const char *chars_before(bool utf8, const char *start, const char *s, size_t n) {
	for (; n > 0; n--) {
		if (s == start) {
			return NULL;
		}
		s = char_before(utf8, start, s);
	}
	return s;
}

static bool elem_has(const struct sh_pattern *p, const struct elem *e, const char *s, size_t len,
		uint32_t code) {
	switch ((enum elem_kind)e->kind) {
	case ELEM_CHAR:
		return e->len == len && memcmp(e->bytes, s, len) == 0;
	case ELEM_ANY:
		return true;
	case ELEM_SET:
		return sh_set_has(p->utf8, &p->sets[e->set], code);
	}
	return false;
}

/* Where the segment ends when put at s, or NULL if it does not fit there. */
static const char *segment_at(
		const struct sh_pattern *p, const struct segment *seg, const char *s, const char *end) {
	if (seg->text != NULL) {
		bool fits = (size_t)(end - s) >= seg->len && memcmp(s, seg->text, seg->len) == 0;
		return fits ? s + seg->len : NULL;
	}
	for (size_t i = 0; i < seg->chars; i++) {
		uint32_t code;
		if (s == end) {
			return NULL;
		}
		size_t len = sh_char_at(p->utf8, s, end, &code);
		if (!elem_has(p, &seg->elems[i], s, len, code)) {
			return NULL;
		}
		s += len;
	}
	return s;
}

/* The start of the segment when put with its end at `end`, or NULL. */
static const char *segment_before(
		const struct sh_pattern *p, const struct segment *seg, const char *start, const char *end) {
	if (seg->text != NULL) {
		bool fits = (size_t)(end - start) >= seg->len &&
				memcmp(end - seg->len, seg->text, seg->len) == 0;
		return fits ? end - seg->len : NULL;
	}
	const char *s = chars_before(p->utf8, start, end, seg->chars);
	return s != NULL && segment_at(p, seg, s, end) != NULL ? s : NULL;
}

/* The leftmost place of the segment in [s, end): its start, and in *after its end; or NULL. */
static const char *segment_first(const struct sh_pattern *p, const struct segment *seg,
		const char *s, const char *end, const char **after) {
	if (seg->text != NULL) {
		s = seg->len == 0 ? s : memmem(s, end - s, seg->text, seg->len);
		*after = s == NULL ? NULL : s + seg->len;
		return s;
	}
	while (s < end) {
		uint32_t code;
		*after = segment_at(p, seg, s, end);
		if (*after != NULL) {
			return s;
		}
		s += sh_char_at(p->utf8, s, end, &code);
	}
	return NULL;
}

/* The rightmost place of the segment in [start, end), likewise. */
static const char *segment_last(const struct sh_pattern *p, const struct segment *seg,
		const char *start, const char *end, const char **after) {
	for (;;) {
		const char *s = segment_before(p, seg, start, end);
		if (s != NULL || end == start) {
			*after = end;
			return s;
		}
		end = char_before(p->utf8, start, end);
	}
}

/* Place the segments [from, to) as far left as they go. Returns where the last ends, or NULL. */
static const char *place_left(
		const struct sh_pattern *p, size_t from, size_t to, const char *s, const char *end) {
	const char *after = s;
	for (size_t i = from; i < to; i++) {
		if (segment_first(p, &p->segments[i], after, end, &after) == NULL) {
			return NULL;
		}
	}
	return after;
}

/* Place the segments [from, to) as far right as they go. Returns where the first starts, or NULL.
 */
static const char *place_right(
		const struct sh_pattern *p, size_t from, size_t to, const char *start, const char *end) {
	const char *after;
	for (size_t i = to; i > from && end != NULL; i--) {
		end = segment_last(p, &p->segments[i - 1], start, end, &after);
	}
	return end;
}

bool sh_pattern_match(const struct sh_pattern *p, const char *text, size_t len) {
	const char *end = text + len;
	const char *s = segment_at(p, &p->segments[0], text, end);
	if (p->count == 1 || s == NULL) {
		return s == end;
	}
	end = segment_before(p, &p->segments[p->count - 1], s, end);
	return end != NULL && place_left(p, 1, p->count - 1, s, end) != NULL;
}

ptrdiff_t sh_pattern_prefix(
		const struct sh_pattern *p, const char *text, size_t len, bool longest) {
	const char *end = text + len;
	const char *s = segment_at(p, &p->segments[0], text, end);
	if (s != NULL && p->count > 1) {
		s = place_left(p, 1, longest ? p->count - 1 : p->count, s, end);
	}
	if (s != NULL && p->count > 1 && longest &&
			segment_last(p, &p->segments[p->count - 1], s, end, &s) == NULL) {
		return -1;
	}
	return s == NULL ? -1 : s - text;
}

ptrdiff_t sh_pattern_suffix(
		const struct sh_pattern *p, const char *text, size_t len, bool longest) {
	const char *end = text + len;
	const char *after;
	const char *s = segment_before(p, &p->segments[p->count - 1], text, end);
	if (s != NULL && p->count > 1) {
		s = place_right(p, longest ? 1 : 0, p->count - 1, text, s);
	}
	if (s != NULL && p->count > 1 && longest) {
		s = segment_first(p, &p->segments[0], text, s, &after);
	}
	return s == NULL ? -1 : end - s;
}

bool sh_pattern_search(const struct sh_pattern *p, const char *text, size_t len, size_t from,
		size_t *start, size_t *end) {
	const char *after;
	const char *s = segment_first(p, &p->segments[0], text + from, text + len, &after);
	if (s == NULL) {
		return false;
	}
	// If the rest does not fit behind the first place of the first segment, it never will.
	ptrdiff_t n = sh_pattern_prefix(p, s, text + len - s, true);
	*start = s - text;
	*end = *start + (n < 0 ? 0 : (size_t)n);
	return n >= 0;
}

bool sh_match(
		struct shell *sh, const char *pattern, size_t pattern_len, const char *text, size_t len) {
	struct sh_arena local = { 0 };
	struct sh_arena *arena = sh == NULL ? &local : &sh->scratch;
	struct sh_mark mark = sh_arena_mark(arena);
	bool matches = sh_pattern_match(sh_pattern_compile(sh, arena, pattern, pattern_len), text, len);
	sh_arena_release(arena, mark);
	sh_arena_finish(&local);
	return matches;
}

bool sh_pattern_has_special(const char *text, size_t len) {
	const char *end = text + len;
	for (const char *s = text; s < end; s++) {
		struct sh_set set;
		if (*s == '*' || *s == '?' || (*s == '[' && sh_set_read(false, s + 1, end, &set) != NULL)) {
			return true;
		}
		s += *s == '\\' && s + 1 < end;
	}
	return false;
}
