/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * shell/pattern_set.c - bracket expressions (XBD 9.3.5, with `!` for `^`; `\` escapes, XCU 2.14.1).
 * See pattern_core.h.
 */
#include "config.h"

#include <limits.h>
#include <regex.h>
#include <stdio.h>
#include <string.h>
#include <wchar.h>
#include <wctype.h>

#include "shell/pattern_core.h"

#define NO_CODE UINT32_MAX // no character has it

/* What stands at one place of a bracket expression. */
enum item_kind { ITEM_RANGE, ITEM_CLASS, ITEM_EQUIV, ITEM_NONE };

struct item {
	enum item_kind kind;
	uint32_t low;
	uint32_t high;
	wctype_t class;
};

size_t sh_utf8_decode(const char *s, const char *end, uint32_t *code) {
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

static wint_t code_wide(bool utf8, uint32_t code) {
	return code >= RAW_CODE ? WEOF : utf8 ? (wint_t)code : btowc((int)code);
}

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
	if (sh_char_at(utf8, s, s + len, &code) == len) {
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
	return s + sh_char_at(utf8, s, end, code);
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

const char *sh_set_read(bool utf8, const char *s, const char *end, struct sh_set *set) {
	*set = (struct sh_set){ .end = end };
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

bool sh_set_has_code(bool utf8, const struct sh_set *set, uint32_t code) {
	bool has = false;
	const char *s = set->text;
	while (!has && (*s != ']' || s == set->text)) {
		struct item item = { 0 };
		s = item_next(utf8, s, set->end, &item);
		has = item_has(utf8, &item, code);
	}
	return has != set->negate;
}
