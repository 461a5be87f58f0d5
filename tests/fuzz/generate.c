/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * generate GRAMMAR SEED - print a random text of a grammar.
 *
 * In the grammar's file a name at the front of a line begins a rule; the lines behind it that
 * begin with a tab are its alternatives. `{name}` in them is replaced by a text of that rule,
 * `\n` by a newline. The first rule is the start; when the text nests deep, a rule's first
 * alternative is taken, which therefore must not nest. `#` begins a comment line.
 */
#include "config.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { RULES_MAX = 200, ALTERNATIVES_MAX = 100, DEPTH_MAX = 14, SIZE_MAX_BYTES = 4000 };

struct rule {
	char *name;
	char *alternatives[ALTERNATIVES_MAX];
	uint32_t count;
};

static struct rule rules[RULES_MAX];
static size_t rule_count;
static uint64_t state;
static size_t written;

static uint32_t random_below(uint32_t limit) {
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return (uint32_t)((state >> 11) % limit);
}

static void fail(const char *what, const char *which) {
	fprintf(stderr, "generate: %s: %s\n", which, what);
	exit(2);
}

static void read_line(char *line) {
	line[strcspn(line, "\n")] = '\0';
	if (line[0] == '#' || line[0] == '\0') {
		return;
	}
	if (line[0] != '\t') {
		if (rule_count == RULES_MAX) {
			fail("too many rules", line);
		}
		rules[rule_count++].name = strdup(line);
		return;
	}
	struct rule *rule = rule_count == 0 ? NULL : &rules[rule_count - 1];
	if (rule == NULL || rule->count == ALTERNATIVES_MAX) {
		fail("no rule, or one that is full, for this alternative", line);
	} else {
		rule->alternatives[rule->count++] = strdup(line + 1);
	}
}

static const struct rule *find(const char *name, size_t len) {
	for (size_t i = 0; i < rule_count; i++) {
		if (strlen(rules[i].name) == len && memcmp(rules[i].name, name, len) == 0) {
			return &rules[i];
		}
	}
	return NULL;
}

static void put(char c) {
	putchar(c);
	written++;
}

static void expand(const struct rule *rule, int depth) {
	bool first = depth > DEPTH_MAX || written > SIZE_MAX_BYTES;
	const char *s = rule->alternatives[first ? 0 : random_below(rule->count)];
	for (; *s != '\0'; s++) {
		size_t len = strcspn(s + (*s == '{'), "}");
		const struct rule *inner = *s == '{' ? find(s + 1, len) : NULL;
		if (inner != NULL) {
			expand(inner, depth + 1);
			s += len + 1;
		} else if (*s == '\\' && s[1] == 'n') {
			put('\n');
			s++;
		} else {
			put(*s);
		}
	}
}

int main(int argc, char **argv) {
	char line[1000];
	FILE *file = argc == 3 ? fopen(argv[1], "r") : NULL;
	if (file == NULL) {
		fail("cannot be read; usage: generate GRAMMAR SEED", argc > 1 ? argv[1] : "grammar");
		return 2;
	}
	while (fgets(line, sizeof(line), file) != NULL) {
		read_line(line);
	}
	fclose(file);
	state = strtoull(argv[2], NULL, 10) * 0x9e3779b97f4a7c15u + 1;
	for (int i = 0; i < 20; i++) {
		random_below(1);
	}
	if (rule_count > 0) {
		expand(&rules[0], 0);
	}
	return 0;
}
