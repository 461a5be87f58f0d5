/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "shell/pattern.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "shell/shell.h"
#include "tests/unit/tap.h"

static struct shell sh;

struct match {
	const char *pattern;
	const char *text;
	bool matches;
};

static const struct match matches[] = {
	{ "", "", true }, { "", "a", false }, { "abc", "abc", true }, { "abc", "abcd", false },
	{ "*", "", true }, { "*", "anything", true }, { "a*", "abc", true }, { "*c", "abc", true },
	{ "*b*", "abc", true }, { "a*c", "abc", true }, { "a*c", "ac", true },
	{ "ab*bc", "abc", false }, // the two ends may not share a character
	{ "a**c", "abbc", true }, { "*a*b*c*", "xaxbxc", true }, { "*a*b*c*", "xaxcxb", false },
	{ "?", "a", true }, { "?", "", false }, { "??", "a", false }, { "a?c", "abc", true },
	{ "*?", "", false }, { "?*?", "ab", true }, { "?*?", "a", false }, { "[abc]", "b", true },
	{ "[abc]", "d", false }, { "[!abc]", "d", true }, { "[!abc]", "a", false },
	{ "[^abc]", "d", true }, { "[a-c]x", "bx", true }, { "[a-c]x", "dx", false },
	{ "[c-a]", "b", false }, // a range the wrong way round has nothing
	{ "[]a]", "]", true }, { "[]a]", "a", true }, { "[!]a]", "b", true }, { "[!]a]", "]", false },
	{ "[a-]", "-", true }, { "[-a]", "-", true }, { "[--0]", ".", true }, { "[]-a]", "^", true },
	{ "[a", "[a", true }, // never closed: an ordinary character
	{ "[", "[", true }, { "[]", "[]", true }, { "[!]", "[!]", true }, { "a[*", "a[bc", true },
	{ "[[]", "[", true }, { "[a]]", "a]", true }, { "[*]", "*", true }, { "[*]", "a", false },
	{ "[?]x", "?x", true }, { "\\*", "*", true }, { "\\*", "a", false }, { "\\?", "?", true },
	{ "\\[a]", "[a]", true }, { "\\a", "a", true }, { "\\\\", "\\", true },
	{ "a\\", "a\\", true }, // at the very end, for itself
	{ "[\\]]", "]", true }, { "[a\\-c]", "-", true }, { "[a\\-c]", "b", false },
	{ "[\\!a]", "!", true }, { "[[:alpha:]]", "x", true }, { "[[:alpha:]]", "1", false },
	{ "[![:alpha:]]", "1", true }, { "[[:digit:][:upper:]_]", "_", true },
	{ "[[:digit:][:upper:]_]", "Q", true }, { "[[:space:]]", "\t", true },
	{ "[[:nonsense:]]", "n", false }, { "[[:nonsense:]a]", "a", true },
	{ "[[:alpha:]", "[:", true }, // a bracket, and the set [:alpha:]
	{ "[[:alpha", "[[:alpha", true }, { "[[.a.]]", "a", true }, { "[[.-.]]", "-", true },
	{ "[[.].]]", "]", true }, { "[[.a.]-c]", "b", true }, { "[[.hyphen.]]", "-", true },
	{ "[[.space.]]", " ", true }, { "[[=a=]]", "a", true }, { "[[=a=]]", "b", false },
	{ "[[=]=]]", "]", true }, { "[a-c[:digit:]x]*", "7zz", true }, { "*.[ch]", "pattern.c", true },
	{ "*.[ch]", "pattern.o", false }, { "*[0-9]*[0-9]", "a1b2", true },
	{ "*[0-9]*[0-9]", "a1b", false }, { "/*/b", "/a/x/b", true }, // a slash is nothing special here
};

static const struct match utf8_matches[] = {
	{ "?", "\303\251", true }, { "??", "\303\251", false }, { "?*?", "\303\251a", true },
	{ "*\303\251", "caf\303\251", true }, { "caf[\303\250-\303\252]", "caf\303\251", true },
	{ "[!\303\251]", "\303\250", true }, { "[!\303\251]", "\303\251", false },
	{ "[[:alpha:]]", "\303\251", true }, { "[[:upper:]]", "\303\211", true },
	{ "[[:upper:]]", "\303\251", false }, { "[[=\303\251=]]", "\303\251", true },
	{ "[a\303\251b]", "\303", false }, { "?", "\342\202\254", true },
	{ "?", "\360\237\230\200", true }, { "?", "\377", true }, // an invalid byte is one character
	{ "??", "\303\303", true }, { "\303", "\303", true },
	{ "*\251", "\303\251", false }, // half a character is none
	{ "\303*", "\303\251", false }, { "[\377]", "\377", true }, { "[!\377]", "\376", true },
	{ "?", "\355\240\200", false }, // a surrogate: three invalid bytes
	{ "???", "\355\240\200", true }, { "??", "\300\200", true }, // overlong
};

static void check_matches(struct shell *in, const struct match *cases, size_t count) {
	for (size_t i = 0; i < count; i++) {
		const struct match *m = &cases[i];
		bool got = sh_match(in, m->pattern, strlen(m->pattern), m->text, strlen(m->text));
		ok(got == m->matches, "%s %s %s", m->pattern, m->matches ? "matches" : "does not match",
				m->text);
	}
}

/* The lengths that # ## % %% take away; -1: no match. */
static const struct trim {
	const char *pattern;
	const char *text;
	int cut[4];
} trims[] = {
	{ "a", "abc", { 1, 1, -1, -1 } },
	{ "c", "abc", { -1, -1, 1, 1 } },
	{ "", "abc", { 0, 0, 0, 0 } },
	{ "*", "abc", { 0, 3, 0, 3 } },
	{ "?", "abc", { 1, 1, 1, 1 } },
	{ "*/", "/usr/local/bin", { 1, 11, -1, -1 } },
	{ "/*", "/usr/local/bin", { 1, 14, 4, 14 } },
	{ "*.*", "a.b.c", { 2, 5, 2, 5 } },
	{ ".*", "a.b.c", { -1, -1, 2, 4 } },
	{ "a*b", "aabab", { 3, 5, 2, 5 } },
	{ "*a*", "bab", { 2, 3, 2, 3 } },
	{ "[ab]*[ab]", "abxb", { 2, 4, 3, 4 } },
	{ "??", "a", { -1, -1, -1, -1 } },
	{ "*x", "abc", { -1, -1, -1, -1 } },
};

static void check_trims(struct shell *in) {
	for (size_t i = 0; i < sizeof(trims) / sizeof(trims[0]); i++) {
		const struct trim *t = &trims[i];
		size_t len = strlen(t->text);
		struct sh_arena arena = { 0 };
		struct sh_pattern *p = sh_pattern_compile(in, &arena, t->pattern, strlen(t->pattern));
		is_int(sh_pattern_prefix(p, t->text, len, false), t->cut[0], "${%s#%s}", t->text,
				t->pattern);
		is_int(sh_pattern_prefix(p, t->text, len, true), t->cut[1], "${%s##%s}", t->text,
				t->pattern);
		is_int(sh_pattern_suffix(p, t->text, len, false), t->cut[2], "${%s%%%s}", t->text,
				t->pattern);
		is_int(sh_pattern_suffix(p, t->text, len, true), t->cut[3], "${%s%%%%%s}", t->text,
				t->pattern);
		sh_arena_finish(&arena);
	}
}

/* Leftmost-longest, against trying every substring. */
static bool search_slowly(
		const char *pattern, const char *text, size_t from, size_t *start, size_t *end) {
	size_t len = strlen(text);
	for (*start = from; *start <= len; ++*start) {
		for (*end = len + 1; (*end)-- > *start;) {
			if (sh_match(NULL, pattern, strlen(pattern), text + *start, *end - *start)) {
				return true;
			}
		}
	}
	return false;
}

static uint32_t random_state = 1;

static uint32_t random_below(uint32_t limit) {
	random_state = random_state * 1664525u + 1013904223u;
	return (random_state >> 8) % limit;
}

static void random_text(char *text, uint32_t max, const char *letters) {
	uint32_t len = random_below(max);
	for (uint32_t i = 0; i < len; i++) {
		text[i] = letters[random_below((uint32_t)strlen(letters))];
	}
	text[len] = '\0';
}

/* Trimming and searching agree with sh_pattern_match() on all parts of random texts. */
static void check_random(void) {
	int wrong = 0;
	for (int round = 0; round < 20000; round++) {
		char pattern[10];
		char text[12];
		struct sh_arena arena = { 0 };
		random_text(pattern, 9, "ab*?[]!-\\");
		random_text(text, 11, "abc-]");
		size_t len = strlen(text);
		struct sh_pattern *p = sh_pattern_compile(&sh, &arena, pattern, strlen(pattern));
		ptrdiff_t want[4] = { -1, -1, -1, -1 };
		for (size_t n = 0; n <= len; n++) {
			if (sh_pattern_match(p, text, n)) {
				want[0] = want[0] < 0 ? (ptrdiff_t)n : want[0];
				want[1] = (ptrdiff_t)n;
			}
			if (sh_pattern_match(p, text + len - n, n)) {
				want[2] = want[2] < 0 ? (ptrdiff_t)n : want[2];
				want[3] = (ptrdiff_t)n;
			}
		}
		wrong += sh_pattern_prefix(p, text, len, false) != want[0];
		wrong += sh_pattern_prefix(p, text, len, true) != want[1];
		wrong += sh_pattern_suffix(p, text, len, false) != want[2];
		wrong += sh_pattern_suffix(p, text, len, true) != want[3];
		size_t start, end, slow_start, slow_end;
		bool found = sh_pattern_search(p, text, len, 0, &start, &end);
		bool slow = search_slowly(pattern, text, 0, &slow_start, &slow_end);
		wrong += found != slow || (found && (start != slow_start || end != slow_end));
		sh_arena_finish(&arena);
	}
	is_int(wrong, 0, "trimming and searching agree with matching");
}

static void check_special(void) {
	ok(sh_pattern_has_special("a*", 2), "a star is special");
	ok(sh_pattern_has_special("[a]", 3), "so is a closed bracket");
	ok(!sh_pattern_has_special("[a", 2), "not one that is open");
	ok(!sh_pattern_has_special("\\*\\?\\[a]", 8), "not what is quoted");
	ok(!sh_pattern_has_special("abc\\", 4), "not a backslash");
}

/* Many stars are no reason to think for long. */
static void check_speed(void) {
	static char text[20001];
	char pattern[201];
	memset(text, 'a', sizeof(text) - 1);
	for (int i = 0; i < 200; i += 2) {
		pattern[i] = '*';
		pattern[i + 1] = i < 198 ? 'a' : 'b';
	}
	pattern[200] = '\0';
	clock_t start = clock();
	ok(!sh_match(NULL, pattern, 200, text, 20000), "a hundred stars that do not match");
	pattern[195] = '?';
	pattern[197] = 'b';
	ok(!sh_match(NULL, pattern, 200, text, 20000), "nor with another in the middle");
	ok(clock() - start < CLOCKS_PER_SEC / 2, "quickly");
}

int main(void) {
	setenv("LC_ALL", "C.UTF-8", 1);
	sh_init(&sh, "test", environ);
	check_matches(NULL, matches, sizeof(matches) / sizeof(matches[0]));
	check_matches(&sh, matches, sizeof(matches) / sizeof(matches[0]));
	check_matches(&sh, utf8_matches, sizeof(utf8_matches) / sizeof(utf8_matches[0]));
	check_trims(NULL);
	check_trims(&sh);
	check_random();
	check_special();
	check_speed();
	return done_testing();
}
