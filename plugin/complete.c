/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "plugin/complete.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/shm/names.h"
#include "lib/shm/shared.h"
#include "plugin/command.h"
#include "plugin/host.h"
#include "plugin/session.h"

/* A command line being looked at. */
struct state {
	const struct command *command;
	const struct verb *verb; // NULL: it is the verb that is being typed
	char *const *words;
	int count;
	int first; // of the verb's words
	const char *word; // the one to complete
	struct cn_buf *out;
};

static void add(const struct state *s, const char *prefix, const char *text) {
	char item[512];
	int len = snprintf(item, sizeof(item), "%s%s", prefix, text);
	if (len < (int)sizeof(item) && strncmp(item, s->word, strlen(s->word)) == 0) {
		cn_buf_printf(s->out, "%s\n", item);
	}
}

/* ---- objects ---- */

static void add_objects_of(
		const struct state *s, struct cn_arena *arena, enum cn_kind kind, const char *prefix) {
	struct cn_ref *refs = NULL;
	size_t count = 0;
	if (arena == NULL || cn_name_list(arena, kind, &refs, &count) < 0) {
		return;
	}
	for (size_t i = 0; i < count; i++) {
		void *object;
		if (cn_pin(&refs[i], &object) == 0) {
			add(s, prefix, cn_object_name(object));
			cn_unpin(&refs[i], object);
		}
	}
	free(refs);
}

/* Those of the session, if there is one; behind a slash the machine's. */
static void add_objects(const struct state *s, enum cn_kind kind) {
	struct cn_err why = { 0 };
	struct cn_arena *shared = NULL;
	if (s->word[0] != '/') {
		add_objects_of(s, session_get(), kind, "");
	} else if (cn_shared_open(host->get("XDG_RUNTIME_DIR"), 0, &shared, &why) == 0) {
		add_objects_of(s, shared, kind, "/");
	}
}

/* The kind that a command is about. */
static enum cn_kind kind_of(const char *command) {
	if (strcmp(command, "await") == 0 || strcmp(command, "spawn") == 0) {
		return CN_TASK;
	}
	for (int kind = 1; kind < CN_KINDS; kind++) {
		const char *name = cn_kind_name(kind);
		if (name != NULL && strcmp(name, command) == 0) {
			return kind;
		}
	}
	return 0;
}

/* The kind that a word of the usage stands for: "POOL" is a pool. */
static enum cn_kind kind_named(const char *label, size_t len) {
	for (int kind = 1; kind < CN_KINDS; kind++) {
		const char *name = cn_kind_name(kind);
		if (name != NULL && strlen(name) == len && strncasecmp(name, label, len) == 0) {
			return kind;
		}
	}
	return 0;
}

/* ---- what the labels of the usage mean ---- */

static bool is_label(const char *label, size_t len, const char *name) {
	return strlen(name) == len && memcmp(label, name, len) == 0;
}

static void add_commands(const struct state *s) {
	for (const struct command *const *c = commands; *c != NULL; c++) {
		add(s, "", (*c)->name);
	}
}

/* The word at `index` is what the usage calls label[0, len). */
static void add_labelled(const struct state *s, const char *label, size_t len, int index) {
	static const char *const directives[][2] = { { "FILE", "files" }, { "DIR", "dirs" },
		{ "VAR", "variables" }, { "ARRAY", "variables" }, { "ASSOC", "variables" },
		{ "FUNCTION", "functions" }, { "SIG", "signals" }, { "ITEM", "files" } };
	bool umbrella = strcmp(s->command->name, "conch") == 0;
	if (umbrella && is_label(label, len, "COMMAND")) {
		add_commands(s);
		return;
	}
	if (is_label(label, len, "COMMAND") || is_label(label, len, "CMD") ||
			is_label(label, len, "INIT-COMMAND") || is_label(label, len, "STAGE")) {
		cn_buf_printf(s->out, "\tcommand %d\n", index);
		return;
	}
	enum cn_kind kind = is_label(label, len, "NAME") || is_label(label, len, "END")
			? kind_of(s->command->name)
			: kind_named(label, len);
	if (kind != 0) {
		add_objects(s, kind);
		return;
	}
	for (size_t i = 0; i < sizeof(directives) / sizeof(directives[0]); i++) {
		if (is_label(label, len, directives[i][0])) {
			cn_buf_printf(s->out, "\t%s\n", directives[i][1]);
		}
	}
}

/* ---- options ---- */

static void add_options(const struct state *s) {
	bool only_long = strncmp(s->word, "--", 2) == 0;
	char letter[2] = "";
	for (const struct opt *o = s->verb->opts; o != NULL && o->name != NULL; o++) {
		add(s, "--", o->name);
		letter[0] = o->letter;
		if (!only_long && o->letter != 0) {
			add(s, "-", letter);
		}
	}
	add(s, "--", "help");
}

/* The option that takes the word behind `word` as its value; NULL: it takes none. */
static const struct opt *takes_next(const struct verb *verb, const char *word) {
	const struct opt *o = NULL;
	if (word[0] != '-' || word[1] == '\0') {
		return NULL;
	}
	if (word[1] == '-') {
		o = strchr(word, '=') == NULL ? opt_find(verb->opts, word + 2, strlen(word + 2)) : NULL;
		return o != NULL && o->type != OPT_FLAG ? o : NULL;
	}
	for (const char *c = word + 1; *c != '\0'; c++) {
		o = opt_find_letter(verb->opts, *c);
		if (o == NULL || o->type != OPT_FLAG) {
			return o != NULL && c[1] == '\0' ? o : NULL;
		}
	}
	return NULL;
}

/* ---- operands ---- */

/* The label of operand number `number` in a usage like "NAME COMMAND [ARG...]"; the last repeats. */
static const char *label_of(const char *usage, int number, size_t *len) {
	const char *found = NULL;
	bool repeats = false;
	for (const char *c = usage; c != NULL && *c != '\0'; number--) {
		c += strspn(c, "[]| ");
		size_t n = strspn(c, "ABCDEFGHIJKLMNOPQRSTUVWXYZ-_");
		if (n == 0) {
			break; // ::: or other signs: what follows is not told by its place
		}
		if (number < 0) {
			break;
		}
		found = c;
		*len = n;
		repeats = strncmp(c + n, "...", 3) == 0;
		c += n + (repeats ? 3 : 0);
		if (number == 0) {
			return found;
		}
	}
	return repeats ? found : NULL;
}

/* Where a command line of its own begins: the label COMMAND stands for all that follows it. */
static int command_label(const char *usage) {
	size_t len = 0;
	for (int i = 0; i < 8; i++) {
		const char *label = label_of(usage, i, &len);
		if (label == NULL) {
			return -1;
		}
		if (is_label(label, len, "COMMAND") || is_label(label, len, "STAGE")) {
			return i;
		}
	}
	return -1;
}

/* The word is the operand `number` of the verb, the first of which is words[start]. */
static void add_operand(const struct state *s, int number, int start) {
	const char *usage = s->verb->operands;
	bool umbrella = strcmp(s->command->name, "conch") == 0;
	int last = s->count - 1;
	int command = umbrella ? -1 : command_label(usage);
	for (int i = last - 1; i >= start; i--) {
		if (strcmp(s->words[i], ":::") == 0 || strcmp(s->words[i], ":::+") == 0) {
			cn_buf_puts(s->out, "\tfiles\n");
			return;
		}
		if (strcmp(s->words[i], "::") == 0) { // the next stage of a pipe
			cn_buf_printf(s->out, "\tcommand %d\n", i + 1);
			return;
		}
	}
	if (command >= 0 && number >= command) {
		cn_buf_printf(s->out, "\tcommand %d\n", start + command);
		return;
	}
	size_t len = 0;
	const char *label = label_of(usage, number, &len);
	if (label != NULL) {
		add_labelled(s, label, len, last);
	}
}

/* Behind the verb: an option, its value, or an operand. */
static void complete_verb_words(const struct state *s) {
	int last = s->count - 1;
	int i = s->first;
	for (; i < last; i++) {
		const char *word = s->words[i];
		if (strcmp(word, "--") == 0) {
			add_operand(s, last - i - 1, i + 1);
			return;
		}
		if (word[0] != '-' || word[1] == '\0') {
			add_operand(s, last - i, i);
			return;
		}
		const struct opt *o = takes_next(s->verb, word);
		if (o != NULL && i + 1 == last) {
			const char *value = o->value != NULL ? o->value : "";
			if (strcmp(value, "NAME") != 0) { // which is to be a new one
				add_labelled(s, value, strspn(value, "ABCDEFGHIJKLMNOPQRSTUVWXYZ-"), last);
			}
			return;
		}
		i += o != NULL;
	}
	if (s->word[0] == '-') {
		add_options(s);
	} else {
		add_operand(s, 0, last);
	}
}

static const struct verb *verb_named(const struct command *command, const char *name) {
	for (const struct verb *v = command->verbs; v->name != NULL; v++) {
		if (strcmp(v->name, name) == 0) {
			return v;
		}
	}
	return NULL;
}

/* From words[at], the command's name, on. */
static void complete_from(int at, int count, char *const *words, struct cn_buf *out) {
	const struct command *command = command_find(words[at]);
	if (command == NULL || at + 1 >= count) {
		return;
	}
	bool umbrella = strcmp(command->name, "conch") == 0;
	struct state s = { .command = command, .words = words, .count = count, .out = out,
		.word = words[count - 1], .verb = command->verbs, .first = at + 1 };
	if (command->verbs->name != NULL) {
		if (at + 2 == count) {
			for (const struct verb *v = command->verbs; v->name != NULL; v++) {
				add(&s, "", v->name);
			}
			if (umbrella) {
				add_commands(&s);
			}
			add(&s, "--", "help");
			return;
		}
		s.verb = verb_named(command, words[at + 1]);
		s.first = at + 2;
	}
	/* `list` is a verb here, and with words behind it a command. */
	if (umbrella && command_find(words[at + 1]) != NULL && (s.verb == NULL || s.word[0] != '-')) {
		complete_from(at + 1, count, words, out);
	} else if (s.verb != NULL) {
		complete_verb_words(&s);
	}
}

void complete_words(int count, char *const *words, struct cn_buf *out) {
	if (count > 0) {
		complete_from(0, count, words, out);
	}
}
