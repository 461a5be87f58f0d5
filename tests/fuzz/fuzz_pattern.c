/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A pattern, a NUL byte, a text; the first byte says in which locale. What the functions of
 * pattern.h say of the text has to agree.
 */
#include "config.h"
#include "shell/pattern.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "shell/shell.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct shell sh;

static void expect(bool holds) {
	if (!holds) {
		abort();
	}
}

/* The four trims of the text give parts that match. */
static void check_trims(const struct sh_pattern *p, const char *text, size_t len) {
	ptrdiff_t prefix = sh_pattern_prefix(p, text, len, false);
	ptrdiff_t prefix_long = sh_pattern_prefix(p, text, len, true);
	ptrdiff_t suffix = sh_pattern_suffix(p, text, len, false);
	ptrdiff_t suffix_long = sh_pattern_suffix(p, text, len, true);
	expect((prefix < 0) == (prefix_long < 0) && prefix <= prefix_long);
	expect((suffix < 0) == (suffix_long < 0) && suffix <= suffix_long);
	expect(prefix < 0 || sh_pattern_match(p, text, (size_t)prefix));
	expect(prefix < 0 || sh_pattern_match(p, text, (size_t)prefix_long));
	expect(suffix < 0 || sh_pattern_match(p, text + len - suffix, (size_t)suffix));
	expect(suffix < 0 || sh_pattern_match(p, text + len - suffix_long, (size_t)suffix_long));
	if (sh_pattern_match(p, text, len)) {
		expect(prefix_long == (ptrdiff_t)len && suffix_long == (ptrdiff_t)len);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
	if (sh.arg0 == NULL) {
		setenv("LC_ALL", "C.UTF-8", 1);
		sh_init(&sh, "fuzz", environ);
		sh.arg0 = "fuzz";
	}
	const uint8_t *mark = size < 2 ? NULL : memchr(data + 1, 0, size - 1);
	if (mark == NULL) {
		return 0;
	}
	const char *pattern = (const char *)data + 1;
	size_t pattern_len = (size_t)(mark - (data + 1));
	const char *text = (const char *)mark + 1;
	size_t len = size - pattern_len - 2;
	struct sh_arena arena = { 0 };
	struct sh_pattern *p =
			sh_pattern_compile(data[0] & 1 ? &sh : NULL, &arena, pattern, pattern_len);
	check_trims(p, text, len);
	size_t start, end;
	if (sh_pattern_search(p, text, len, 0, &start, &end)) {
		expect(start <= end && end <= len && sh_pattern_match(p, text + start, end - start));
	} else {
		expect(!sh_pattern_match(p, text, len));
	}
	if (!sh_pattern_has_special(pattern, pattern_len)) {
		expect(!sh_pattern_match(p, text, len) || len <= pattern_len);
	}
	sh_arena_finish(&arena);
	return 0;
}
