/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * shell/complete_line.c - what may stand where the cursor is in a command line: it is read like a
 * shell, but to no end, and the word's place says what kinds of things are wanted. See complete.h.
 */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base/buf.h"
#include "shell/builtin.h"
#include "shell/complete.h"
#include "shell/edit_module.h"
#include "shell/expand.h"
#include "shell/loader.h"

/* ---- the line ---- */

/* The command line up to the cursor, cut as far as its simple command needs. */
struct line {
	struct cn_vec words; // char *, heap, without quotes; the last is under the cursor
	size_t last_start; // where that begins in the text
	bool redirect; // it is the file of a redirection
	bool in_double, in_single;
};

static void words_drop(struct line *line) {
	while (line->words.len > 0) {
		free(cn_vec_pop(&line->words));
	}
}

/* Words behind which another command begins. */
static bool opens_command(const char *word) {
	static const char *const openers[] = { "if", "then", "elif", "else", "while", "until", "do", "!",
		"{", "time" };
	for (size_t i = 0; i < sizeof(openers) / sizeof(openers[0]); i++) {
		if (strcmp(openers[i], word) == 0) {
			return true;
		}
	}
	return false;
}

static bool is_assignment(const char *word) {
	const char *equals = strchr(word, '=');
	return equals != NULL && sh_is_name(word, (size_t)(equals - word));
}

static void word_end(struct line *line, struct cn_buf *word, bool *open) {
	if (!*open) {
		return;
	}
	*open = false;
	if (line->redirect) {
		line->redirect = false;
	} else if (line->words.len == 0 && (opens_command(word->data) || is_assignment(word->data))) {
		// a command may follow
	} else {
		cn_vec_push(&line->words, sh_xstrdup(word->data));
	}
	cn_buf_reset(word);
}

static void line_read(struct line *line, const char *text, size_t point) {
	struct cn_buf word = CN_BUF_INIT;
	bool open = false;
	for (size_t i = 0; i < point; i++) {
		char c = text[i];
		if (line->in_single || line->in_double) {
			bool ends = c == (line->in_single ? '\'' : '"');
			if (line->in_double && c == '\\' && i + 1 < point && strchr("\"\\$`", text[i + 1])) {
				c = text[++i];
			} else if (ends) {
				line->in_single = line->in_double = false;
				continue;
			}
			cn_buf_putc(&word, c);
			continue;
		}
		if (strchr(" \t", c) != NULL) {
			word_end(line, &word, &open);
			continue;
		}
		if (strchr(";&|()\n`", c) != NULL) {
			bool redirect = c == '&' && i > 0 && strchr("<>", text[i - 1]) != NULL;
			word_end(line, &word, &open);
			if (!redirect) {
				words_drop(line);
				line->redirect = false;
			}
			continue;
		}
		if (c == '<' || c == '>') {
			open &= word.data[strspn(word.data, "0123456789")] != '\0'; // 2>: no word
			if (!open) {
				cn_buf_reset(&word);
			}
			word_end(line, &word, &open);
			line->redirect = true;
			continue;
		}
		if (!open) {
			open = true;
			line->last_start = i;
		}
		if (c == '\\') {
			if (i + 1 < point) {
				cn_buf_putc(&word, text[++i]);
			}
		} else if (c == '\'' || c == '"') {
			line->in_single = c == '\'';
			line->in_double = c == '"';
		} else {
			cn_buf_putc(&word, c);
		}
	}
	if (!open) {
		line->last_start = point;
	}
	cn_vec_push(&line->words, sh_xstrdup(word.data));
	cn_buf_finish(&word);
}

/* ---- what the plugin says ---- */

static void complete_words(struct shell *sh, struct sh_complete_words *words, struct sh_candidates *out);

static bool is_plugin_command(const char *word) {
	for (const char *const *name = sh_loader_commands(); *name != NULL; name++) {
		if (strcmp(*name, word) == 0) {
			return true;
		}
	}
	return false;
}

/* A line with a tab in front says what the shell is to add: see `conch complete`. */
static void obey(struct shell *sh, const struct sh_complete_words *words, const char *what,
		struct sh_candidates *out) {
	static const struct {
		const char *name;
		uint32_t action;
	} kinds[] = {
		{ "files", SH_COMPLETE_FILES },
		{ "dirs", SH_COMPLETE_DIRECTORIES },
		{ "variables", SH_COMPLETE_VARIABLES },
		{ "functions", SH_COMPLETE_FUNCTIONS },
		{ "signals", SH_COMPLETE_SIGNALS },
	};
	const char *word = words->words[words->count - 1];
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		if (strcmp(kinds[i].name, what) == 0) {
			sh_complete_actions(sh, kinds[i].action, word, out);
		}
	}
	if (strncmp(what, "command ", strlen("command ")) == 0) {
		int from = atoi(what + strlen("command "));
		struct sh_complete_words rest = *words;
		if (from > 0 && from < words->count) {
			rest.words += from;
			rest.count -= from;
			complete_words(sh, &rest, out);
		}
	}
	out->no_space |= strcmp(what, "nospace") == 0;
}

static void ask_plugin(
		struct shell *sh, const struct sh_complete_words *words, struct sh_candidates *out) {
	struct cn_buf code = CN_BUF_INIT;
	struct sh_mark mark = sh_arena_mark(&sh->scratch);
	int status = sh->status;
	cn_buf_puts(&code, "$(command conch complete --");
	for (int i = 0; i < words->count; i++) {
		cn_buf_putc(&code, ' ');
		sh_quote(sh, &code, words->words[i]);
	}
	cn_buf_puts(&code, " 2>/dev/null)");
	char *text = sh_expand_text(sh, code.data);
	if (sh->unwind == SH_UNWIND_ERROR) {
		sh->unwind = SH_UNWIND_NONE;
	}
	sh->status = status;
	for (char *rest = text; rest != NULL && *rest != '\0';) {
		char *line = strsep(&rest, "\n");
		if (line[0] == '\t') {
			obey(sh, words, line + 1, out);
		} else {
			sh_candidate_add(out, "", line, "");
		}
	}
	sh_arena_release(&sh->scratch, mark);
	cn_buf_finish(&code);
}

/* ---- what is known of the builtins ---- */

static uint32_t builtin_action(const struct sh_complete_words *words) {
	static const struct {
		const char *name;
		uint32_t action;
	} known[] = {
		{ "alias", SH_COMPLETE_ALIASES },
		{ "bg", SH_COMPLETE_STOPPED },
		{ "cd", SH_COMPLETE_DIRECTORIES },
		{ "disown", SH_COMPLETE_JOBS },
		{ "export", SH_COMPLETE_VARIABLES },
		{ "fg", SH_COMPLETE_JOBS },
		{ "hash", SH_COMPLETE_COMMANDS },
		{ "help", SH_COMPLETE_BUILTINS },
		{ "jobs", SH_COMPLETE_JOBS },
		{ "local", SH_COMPLETE_VARIABLES },
		{ "read", SH_COMPLETE_VARIABLES },
		{ "readonly", SH_COMPLETE_VARIABLES },
		{ "rmdir", SH_COMPLETE_DIRECTORIES },
		{ "trap", SH_COMPLETE_SIGNALS },
		{ "type", SH_COMPLETE_COMMANDS },
		{ "unalias", SH_COMPLETE_ALIASES },
		{ "unset", SH_COMPLETE_VARIABLES | SH_COMPLETE_FUNCTIONS },
		{ "wait", SH_COMPLETE_JOBS },
	};
	const char *command = words->words[0];
	const char *word = words->words[words->count - 1];
	const char *previous = words->words[words->count - 2];
	if (strcmp(command, "set") == 0 && (strcmp(previous, "-o") == 0 || strcmp(previous, "+o") == 0)) {
		return SH_COMPLETE_OPTIONS;
	}
	if (strcmp(command, "kill") == 0) {
		return strcmp(previous, "-s") == 0 ? SH_COMPLETE_SIGNALS : SH_COMPLETE_JOBS;
	}
	if (strcmp(command, "command") == 0 && words->count == 3 && word[0] != '-') {
		return SH_COMPLETE_COMMANDS; // -v, -V
	}
	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		if (strcmp(known[i].name, command) == 0) {
			return known[i].action;
		}
	}
	return 0;
}

/* Words that run the command behind them. */
static bool is_wrapper(const char *word) {
	static const char *const wrappers[] = { "builtin", "command", "env", "exec", "nice", "nohup",
		"setsid", "sudo", "xargs" };
	for (size_t i = 0; i < sizeof(wrappers) / sizeof(wrappers[0]); i++) {
		if (strcmp(wrappers[i], word) == 0) {
			return true;
		}
	}
	return false;
}

/* Add the things of these kinds that begin with `word`, each between the two texts. */
static void add_between(struct shell *sh, uint32_t actions, const char *before, const char *word,
		const char *behind, struct sh_candidates *out) {
	struct sh_candidates found = { 0 };
	sh_complete_actions(sh, actions, word, &found);
	for (size_t i = 0; i < found.items.len; i++) {
		sh_candidate_add(out, before, found.items.items[i], behind);
	}
	sh_candidates_finish(&found);
}

static void complete_argument(
		struct shell *sh, struct sh_complete_words *words, struct sh_candidates *out) {
	const char *word = words->words[words->count - 1];
	if (sh_complete_user(sh, words, out)) {
		return;
	}
	if (is_plugin_command(words->words[0])) {
		ask_plugin(sh, words, out);
		return;
	}
	if (is_wrapper(words->words[0]) && words->words[1][0] != '-') {
		struct sh_complete_words rest = *words;
		rest.words++;
		rest.count--;
		complete_words(sh, &rest, out);
		return;
	}
	if (strcmp(words->words[0], "kill") == 0 && word[0] == '-') {
		add_between(sh, SH_COMPLETE_SIGNALS, "-", word + 1, "", out);
		return;
	}
	uint32_t action = builtin_action(words);
	sh_complete_actions(sh, action != 0 ? action : SH_COMPLETE_FILES, word, out);
	if (out->items.len == 0 && action != 0) {
		bool dirs_only = action == SH_COMPLETE_DIRECTORIES;
		sh_complete_actions(sh, dirs_only ? action : SH_COMPLETE_FILES, word, out);
	}
}

/* $NAME and ${NAME, also in the middle of a word. */
static bool complete_parameter(struct shell *sh, const char *word, struct sh_candidates *out) {
	const char *dollar = strrchr(word, '$');
	if (dollar == NULL) {
		return false;
	}
	const char *name = dollar + 1 + (dollar[1] == '{');
	if (*name != '\0' && !sh_is_name(name, strlen(name))) {
		return false;
	}
	char *prefix = sh_xstrndup(word, (size_t)(name - word));
	add_between(sh, SH_COMPLETE_VARIABLES, prefix, name, dollar[1] == '{' ? "}" : "", out);
	free(prefix);
	return true;
}

static void complete_words(
		struct shell *sh, struct sh_complete_words *words, struct sh_candidates *out) {
	const char *word = words->words[words->count - 1];
	if (words->count > 1) {
		complete_argument(sh, words, out);
	} else if (strchr(word, '/') != NULL) {
		sh_complete_actions(sh, SH_COMPLETE_FILES, word, out);
	} else {
		sh_complete_actions(sh, SH_COMPLETE_COMMANDS, word, out);
		if (out->items.len == 0) {
			sh_complete_actions(sh, SH_COMPLETE_DIRECTORIES, word, out); // the beginning of ./dir/program
		}
	}
}

static void complete_line(struct shell *sh, const struct line *line, const char *text, size_t point,
		struct sh_candidates *out) {
	struct sh_complete_words words = { .words = (char **)line->words.items,
		.count = (int)line->words.len, .line = text, .point = point };
	const char *word = words.words[words.count - 1];
	if (!line->in_single && complete_parameter(sh, word, out)) {
		return;
	}
	if (word[0] == '~' && strchr(word, '/') == NULL && !line->in_single && !line->in_double) {
		add_between(sh, SH_COMPLETE_USERS, "~", word + 1, "", out);
		out->files = true;
		return;
	}
	if (line->redirect) {
		sh_complete_actions(sh, SH_COMPLETE_FILES, word, out);
		return;
	}
	complete_words(sh, &words, out);
}

/* How much of a word's beginning, without quotes, lies before what the editor replaces. */
static size_t kept_length(const struct line *line, const char *text, size_t start) {
	struct line before = { 0 };
	if (start <= line->last_start) {
		return 0;
	}
	line_read(&before, text + line->last_start, start - line->last_start);
	const char *word = before.words.items[before.words.len - 1];
	size_t len = strlen(word);
	words_drop(&before);
	cn_vec_finish(&before.words);
	return len;
}

void sh_complete_line(struct shell *sh, const char *text, size_t start, size_t point, char quote,
		struct sh_edit_matches *out) {
	struct line line = { 0 };
	struct sh_candidates found = { 0 };
	line_read(&line, text, point);
	complete_line(sh, &line, text, point, &found);
	size_t kept = kept_length(&line, text, start);
	const char *word = line.words.items[line.words.len - 1];
	for (size_t i = 0; i < found.items.len && kept > 0; i++) {
		char *item = found.items.items[i];
		if (strncmp(item, word, kept) == 0) {
			memmove(item, item + kept, strlen(item) - kept + 1);
		}
	}
	out->items = (char **)found.items.items;
	out->count = found.items.len;
	out->files = found.files;
	out->no_space = found.no_space;
	words_drop(&line);
	cn_vec_finish(&line.words);
}
