/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "shell/pattern.h"

#include <limits.h>
#include <regex.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <wchar.h>
#include <wctype.h>

#include "shell/builtin.h"

/*
 * A pattern is cut at its stars into segments. All else in it stands for exactly one character,
 * so a segment has a fixed number of characters, and to place each as far left (or right) as it
 * will go is never wrong: there is nothing to back out of. Matching costs at most the product
 * of the lengths, and for literal segments what memmem() costs.
 *
 * Characters are bytes, or UTF-8 sequences where the locale has more than single bytes. A byte
 * that is not part of a valid sequence is a character by itself, past the last code point.
 */

#define NO_CODE UINT32_MAX // no character has it
#define RAW_CODE 0x110000u // added to a byte that is no part of a character

enum elem_kind { ELEM_CHAR, ELEM_ANY, ELEM_SET };

struct elem {
	uint8_t kind; // enum elem_kind
	uint8_t len; // of bytes
	union {
		char bytes[4];
		uint32_t set;
	};
};

/* A bracket expression: a bitmap of the codes that fit, the text for the others. */
struct set {
	uint64_t bits[4];
	const char *text; // behind the `[` and `!`, in the pattern's own copy
	const char *end;
	bool negate;
};

struct segment {
	const char *text; // its bytes when literal, else NULL
	const struct elem *elems; // when not literal
	size_t len; // of text
	size_t chars;
};

/* What stands at one place of a bracket expression. */
enum item_kind { ITEM_RANGE, ITEM_CLASS, ITEM_EQUIV, ITEM_NONE };

struct item {
	enum item_kind kind;
	uint32_t low;
	uint32_t high;
	wctype_t class;
};

/*
 * Characters
 */

/* The length of the sequence at s, 1 where none is valid; *code is its code point. */
static size_t utf8_decode(const char *s, const char *end, uint32_t *code) {
	const unsigned char *u = (const unsigned char *)s;
	size_t len = u[0] >= 0xf0 ? 4 : u[0] >= 0xe0 ? 3 : 2;
	static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };
	uint32_t c = u[0] & (0x7fu >> len);
	*code = RAW_CODE + u[0];
	if (u[0] < 0xc2 || u[0] > 0xf4 || (size_t)(end - s) < len) {
		return 1;
	}
	for (size_t i = 1; i < len; i++) {
		if ((u[i] & 0xc0) != 0x80) {
			return 1;
		}
		c = c << 6 | (u[i] & 0x3f);
	}
	if (c < least[len] || c > 0x10ffff || (c >= 0xd800 && c <= 0xdfff)) {
		return 1;
	}
	*code = c;
	return len;
}

static size_t char_at(bool utf8, const char *s, const char *end, uint32_t *code) {
	*code = (unsigned char)*s;
	return !utf8 || *code < 0x80 ? 1 : utf8_decode(s, end, code);
}

/*
 * The start of the character that ends at s. Decoding forward from `start` comes by the same
 * boundaries: no valid sequence has the first byte of another inside.
 */
static const char *char_before(bool utf8, const char *start, const char *s) {
	if (utf8 && (s[-1] & 0xc0) == 0x80) {
		for (size_t n = 2; n <= 4 && (size_t)(s - start) >= n; n++) {
			uint32_t code;
			if ((*(s - n) & 0xc0) != 0x80) {
				return utf8_decode(s - n, s, &code) == n ? s - n : s - 1;
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

static wint_t code_wide(bool utf8, uint32_t code) {
	return code >= RAW_CODE ? WEOF : utf8 ? (wint_t)code : btowc((int)code);
}

/*
 * Bracket expressions (XBD 9.3.5, with `!` for `^`; `\` escapes, XCU 2.14.1)
 */

/* The names that XBD 6.1 gives to the characters that are not letters. */
static const struct {
	const char *name;
	char code;
} collating_names[] = {
	{ "NUL", 0 },
	{ "alert", '\a' },
	{ "backspace", '\b' },
	{ "tab", '\t' },
	{ "newline", '\n' },
	{ "vertical-tab", '\v' },
	{ "form-feed", '\f' },
	{ "carriage-return", '\r' },
	{ "space", ' ' },
	{ "exclamation-mark", '!' },
	{ "quotation-mark", '"' },
	{ "number-sign", '#' },
	{ "dollar-sign", '$' },
	{ "percent-sign", '%' },
	{ "ampersand", '&' },
	{ "apostrophe", '\'' },
	{ "left-parenthesis", '(' },
	{ "right-parenthesis", ')' },
	{ "asterisk", '*' },
	{ "plus-sign", '+' },
	{ "comma", ',' },
	{ "hyphen", '-' },
	{ "hyphen-minus", '-' },
	{ "period", '.' },
	{ "full-stop", '.' },
	{ "slash", '/' },
	{ "solidus", '/' },
	{ "zero", '0' },
	{ "one", '1' },
	{ "two", '2' },
	{ "three", '3' },
	{ "four", '4' },
	{ "five", '5' },
	{ "six", '6' },
	{ "seven", '7' },
	{ "eight", '8' },
	{ "nine", '9' },
	{ "colon", ':' },
	{ "semicolon", ';' },
	{ "less-than-sign", '<' },
	{ "equals-sign", '=' },
	{ "greater-than-sign", '>' },
	{ "question-mark", '?' },
	{ "commercial-at", '@' },
	{ "left-square-bracket", '[' },
	{ "backslash", '\\' },
	{ "reverse-solidus", '\\' },
	{ "right-square-bracket", ']' },
	{ "circumflex", '^' },
	{ "circumflex-accent", '^' },
	{ "underscore", '_' },
	{ "low-line", '_' },
	{ "grave-accent", '`' },
	{ "left-brace", '{' },
	{ "left-curly-bracket", '{' },
	{ "vertical-line", '|' },
	{ "right-brace", '}' },
	{ "right-curly-bracket", '}' },
	{ "tilde", '~' },
};

/* The code of what stands between `[.` and `.]`, NO_CODE when it is no single character. */
static uint32_t collating_symbol(bool utf8, const char *s, size_t len) {
	uint32_t code;
	if (char_at(utf8, s, s + len, &code) == len) {
		return code;
	}
	for (size_t i = 0; i < sizeof(collating_names) / sizeof(collating_names[0]); i++) {
		const char *name = collating_names[i].name;
		if (strlen(name) == len && memcmp(name, s, len) == 0) {
			return (unsigned char)collating_names[i].code;
		}
	}
	return NO_CODE;
}

/* The `.]`, `=]` or `:]` that closes what s, behind `[.`, `[=` or `[:`, begins; or NULL. */
static const char *find_close(const char *s, const char *end, char mark) {
	for (const char *p = s + 1; p + 1 < end; p++) {
		if (*p == mark && p[1] == ']') {
			return p;
		}
		if (mark == ':' && (*p == ']' || *p == '[' || *p == '\\')) {
			return NULL; // not a class name: `[[:a]b:]`
		}
	}
	return NULL;
}

static wctype_t class_named(const char *s, size_t len) {
	char name[32];
	if (len >= sizeof(name)) {
		return 0;
	}
	memcpy(name, s, len);
	name[len] = '\0';
	return wctype(name);
}

/* Read one end of a range, which may be a collating symbol. Returns where it ends. */
static const char *range_end(bool utf8, const char *s, const char *end, uint32_t *code) {
	const char *close;
	if (*s == '[' && s + 1 < end && s[1] == '.' && (close = find_close(s + 2, end, '.')) != NULL) {
		*code = collating_symbol(utf8, s + 2, close - (s + 2));
		return close + 2;
	}
	if (*s == '\\' && s + 1 < end) {
		s++;
	}
	return s + char_at(utf8, s, end, code);
}

/* A class or an equivalence class at s, if there is one. Returns where it ends, or NULL. */
static const char *class_item(bool utf8, const char *s, const char *end, struct item *item) {
	if (*s != '[' || end - s < 2 || (s[1] != ':' && s[1] != '=')) {
		return NULL;
	}
	const char *name = s + 2;
	const char *close = find_close(name, end, s[1]);
	if (close == NULL) {
		return NULL;
	}
	if (s[1] == ':') {
		item->kind = ITEM_CLASS;
		item->class = class_named(name, close - name);
	} else {
		item->kind = ITEM_EQUIV;
		item->low = collating_symbol(utf8, name, close - name);
	}
	return close + 2;
}

/*
 * Read the item at s, which is not the end of the bracket expression. Returns where it ends,
 * or NULL where the pattern ends before the bracket expression does.
 */
static const char *item_next(bool utf8, const char *s, const char *end, struct item *item) {
	const char *next = class_item(utf8, s, end, item);
	if (next != NULL) {
		return next;
	}
	item->kind = ITEM_RANGE;
	s = range_end(utf8, s, end, &item->low);
	item->high = item->low;
	if (end - s >= 2 && s[0] == '-' && s[1] != ']') {
		s = range_end(utf8, s + 1, end, &item->high);
		if (item->high == NO_CODE) {
			item->kind = ITEM_NONE;
		}
	}
	if (item->low == NO_CODE) {
		item->kind = ITEM_NONE;
	}
	return s;
}

/* Whether the locale takes two characters for equivalent: only its own tables know. */
static bool is_equivalent(wint_t a, wint_t b) {
	char text[2 * MB_LEN_MAX + 8];
	char subject[MB_LEN_MAX + 1] = "";
	if (a == b) {
		return true;
	}
	if (a == WEOF || b == WEOF || (a < 0x80 && b < 0x80)) {
		return false;
	}
	mbstate_t state = { 0 };
	regex_t regex;
	size_t n = wcrtomb(subject, (wchar_t)a, &state);
	if (n == (size_t)-1 || snprintf(text, sizeof(text), "^[[=%lc=]]$", b) < 0 ||
			regcomp(&regex, text, REG_NOSUB) != 0) {
		return false;
	}
	bool is = regexec(&regex, subject, 0, NULL, 0) == 0;
	regfree(&regex);
	return is;
}

static bool item_has(bool utf8, const struct item *item, uint32_t code) {
	switch (item->kind) {
	case ITEM_RANGE:
		return item->low <= code && code <= item->high;
	case ITEM_CLASS:
		return item->class != 0 && iswctype(code_wide(utf8, code), item->class);
	case ITEM_EQUIV:
		return code == item->low ||
				is_equivalent(code_wide(utf8, code), code_wide(utf8, item->low));
	case ITEM_NONE:
		break;
	}
	return false;
}

/* Set the bits of the codes below `limit` that the item has. */
static void item_mark(bool utf8, const struct item *item, uint64_t *bits, uint32_t limit) {
	uint32_t low = 0;
	uint32_t high = limit - 1;
	if (item->kind == ITEM_RANGE) {
		low = item->low;
		high = item->high < high ? item->high : high;
	}
	for (uint32_t c = low; c <= high; c++) {
		if (item->kind == ITEM_RANGE || item_has(utf8, item, c)) {
			bits[c / 64] |= (uint64_t)1 << (c % 64);
		}
	}
}

/*
 * Where the bracket expression that begins with the `[` before s ends, or NULL if it does not:
 * then the `[` is an ordinary character. Fills in `set`.
 */
static const char *set_read(bool utf8, const char *s, const char *end, struct set *set) {
	*set = (struct set){ .end = end };
	if (s < end && (*s == '!' || *s == '^')) {
		set->negate = true;
		s++;
	}
	set->text = s;
	for (const char *start = s; s < end;) {
		struct item item = { 0 };
		if (*s == ']' && s != start) {
			return s + 1;
		}
		s = item_next(utf8, s, end, &item);
		item_mark(utf8, &item, set->bits, utf8 ? 128 : 256);
	}
	return NULL;
}

static bool set_has(bool utf8, const struct set *set, uint32_t code) {
	if (code < (utf8 ? 128u : 256u)) {
		return (set->bits[code / 64] >> (code % 64) & 1) != set->negate;
	}
	bool has = false;
	const char *s = set->text;
	while (!has && (*s != ']' || s == set->text)) {
		struct item item = { 0 };
		s = item_next(utf8, s, set->end, &item);
		has = item_has(utf8, &item, code);
	}
	return has != set->negate;
}

/*
 * Compiling
 */

struct sh_pattern {
	bool utf8;
	struct segment *segments; // between the stars: one more than there are of those
	size_t count;
	struct set *sets;
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
		const char *close = set_read(p->utf8, s + 1, c->end, &p->sets[p->nsets]);
		if (close != NULL) {
			add_elem(c, ELEM_SET, p->nsets++);
			return close;
		}
	}
	if (*s == '\\' && s + 1 < c->end) {
		s++;
	}
	uint32_t code;
	size_t len = char_at(p->utf8, s, c->end, &code);
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

/*
 * Placing segments
 */

static bool elem_has(const struct sh_pattern *p, const struct elem *e, const char *s, size_t len,
		uint32_t code) {
	switch ((enum elem_kind)e->kind) {
	case ELEM_CHAR:
		return e->len == len && memcmp(e->bytes, s, len) == 0;
	case ELEM_ANY:
		return true;
	case ELEM_SET:
		return set_has(p->utf8, &p->sets[e->set], code);
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
		size_t len = char_at(p->utf8, s, end, &code);
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
		s += char_at(p->utf8, s, end, &code);
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
		struct set set;
		if (*s == '*' || *s == '?' || (*s == '[' && set_read(false, s + 1, end, &set) != NULL)) {
			return true;
		}
		s += *s == '\\' && s + 1 < end;
	}
	return false;
}
