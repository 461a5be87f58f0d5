/* SPDX-License-Identifier: GPL-3.0-or-later */
/* shell/edit_readline.c - line editing by GNU Readline, as the shared object edit.so. */
#include "config.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <readline/history.h>
#include <readline/readline.h>

#include "shell/edit_module.h"

/* What a word ends at, besides white space: as in bash. */
static const char word_breaks[] = " \t\n\"'@><=;|&(:";
static const char to_be_quoted[] = " \t\n\\\"'@<>=;|&()#$`?*[!:{~";

/* Readline has globals too; this is the one line being edited. */
static struct {
	const struct sh_edit_shell *shell;
	char *text; // the finished line
	bool done;
	bool left; // interrupted
	bool ended;
	bool again; // a further line of a command
	bool program; // the user's editor program is to have it
	struct sh_edit_history known; // what readline's list mirrors
	struct sh_edit_matches matches;
	size_t next_match;
} edit;

/* ---- waiting for keys ---- */

/* Shell code runs: on a terminal as programs expect it, with the line out of the way. */
static bool run_aside(void) {
	rl_clear_visible_line();
	fflush(rl_outstream);
	rl_deprep_term_function();
	bool go_on = edit.shell->run(edit.shell->ctx);
	rl_prep_term_function(1);
	rl_reset_screen_size();
	rl_forced_update_display();
	return go_on;
}

/* Until there is a key. False: the line is to be forgotten. */
static bool wait_key(void) {
	while (!edit.left) {
		switch (edit.shell->wait(edit.shell->ctx, fileno(rl_instream))) {
		case SH_EDIT_KEY:
			return true;
		case SH_EDIT_RESIZE:
			rl_resize_terminal();
			break;
		case SH_EDIT_RUN:
			edit.left = !run_aside();
			break;
		case SH_EDIT_INTERRUPT:
			edit.left = true;
			break;
		}
	}
	return false;
}

/* In the middle of a key's sequence, or of a paste, readline asks for more by itself. */
static int get_byte(FILE *stream) {
	unsigned char byte;
	while (wait_key()) {
		ssize_t n = read(fileno(stream), &byte, 1);
		if (n == 1) {
			return byte;
		}
		if (n == 0 || (errno != EINTR && errno != EAGAIN)) {
			return EOF;
		}
	}
	return EOF;
}

/* ---- history ---- */

static void mirror_history(void) {
	struct sh_edit_history now;
	edit.shell->history(edit.shell->ctx, &now);
	size_t end = (size_t)now.first + now.count;
	size_t known_end = (size_t)edit.known.first + edit.known.count;
	if (now.changes != edit.known.changes || now.first < edit.known.first || end < known_end ||
			(size_t)now.first > known_end) {
		clear_history();
		edit.known = (struct sh_edit_history){ .first = now.first };
		known_end = (size_t)now.first;
	}
	for (; edit.known.first < now.first; edit.known.first++) {
		free_history_entry(remove_history(0));
	}
	for (; known_end < end; known_end++) {
		add_history(edit.shell->history_text(edit.shell->ctx, known_end - (size_t)now.first));
	}
	edit.known = now;
	using_history();
}

/* `!!`: 0 as it was, 1 expanded, 2 to be shown only, -1 an error: the text is for the user. */
static int expand_history(char **text) {
	char *expanded = NULL;
	history_expansion_char = '!';
	history_quotes_inhibit_expansion = 1;
	int result = history_expand(*text, &expanded);
	if (expanded == NULL) {
		return 0;
	}
	if (result != 0) {
		fprintf(rl_outstream, "%s\n", expanded);
		fflush(rl_outstream);
	}
	if (result == 0) {
		free(expanded);
		return 0;
	}
	if (result < 0 || result == 2) {
		free(expanded);
		return result;
	}
	free(*text);
	*text = expanded;
	return 1;
}

/* ---- completion ---- */

static bool is_quoted(char *text, int index) {
	bool backslash = false;
	char quote = '\0';
	for (int i = 0; i <= index; i++) {
		if (backslash) {
			if (i == index) {
				return true;
			}
			backslash = false;
		} else if (text[i] == '\\' && quote != '\'') {
			backslash = true;
		} else if (quote != '\0') {
			if (i == index) {
				return text[i] != quote;
			}
			quote = text[i] == quote ? '\0' : quote;
		} else if (text[i] == '\'' || text[i] == '"') {
			if (i == index) {
				return false;
			}
			quote = text[i];
		}
	}
	return false;
}

static int char_is_quoted(char *text, int index) {
	return is_quoted(text, index);
}

static char *dequote(char *text, int quote) {
	char *out = malloc(strlen(text) + 1);
	char *to = out;
	for (const char *c = text; out != NULL && *c != '\0'; c++) {
		if (*c == '\\' && quote != '\'' && c[1] != '\0') {
			c++;
		} else if (quote == '\0' && (*c == '\'' || *c == '"')) {
			continue;
		}
		*to++ = *c;
	}
	if (out != NULL) {
		*to = '\0';
	}
	return out;
}

/* Quote what was inserted for the user; a leading tilde stays one. */
static char *quote_name(char *text, int match_type, char *quote_pointer) {
	char quote = quote_pointer != NULL ? *quote_pointer : '\0';
	size_t len = strlen(text);
	char *out = malloc(4 * len + 3);
	char *to = out;
	if (out == NULL) {
		return NULL;
	}
	if (quote != '\0') {
		*to++ = quote;
	}
	for (const char *c = text; *c != '\0'; c++) {
		if (quote == '\'') {
			if (*c == '\'') {
				memcpy(to, "'\\'", 3);
				to += 3;
			}
		} else if (quote == '"') {
			if (strchr("\"\\$`", *c) != NULL) {
				*to++ = '\\';
			}
		} else if (strchr(to_be_quoted, *c) != NULL && !(*c == '~' && c == text)) {
			*to++ = '\\';
		}
		*to++ = *c;
	}
	if (quote != '\0' && match_type == SINGLE_MATCH) {
		*to++ = quote;
	}
	*to = '\0';
	return out;
}

static char *next_match(const char *text, int state) {
	if (edit.next_match >= edit.matches.count) {
		return NULL;
	}
	return edit.matches.items[edit.next_match++]; // readline frees it
}

static char **attempt(const char *text, int start, int end) {
	edit.matches = (struct sh_edit_matches){ 0 };
	edit.next_match = 0;
	if (edit.shell->complete == NULL) {
		return NULL;
	}
	rl_attempted_completion_over = 1;
	edit.shell->complete(edit.shell->ctx, rl_line_buffer, (size_t)start, (size_t)end,
			(char)rl_completion_quote_character, &edit.matches);
	char **result = rl_completion_matches(text, next_match);
	rl_filename_completion_desired = edit.matches.files;
	rl_filename_quoting_desired = edit.matches.files;
	rl_completion_append_character = edit.matches.no_space ? '\0' : ' ';
	free(edit.matches.items);
	return result;
}

/* ---- a line ---- */

static void take_line(char *text) {
	edit.done = true;
	edit.ended = text == NULL;
	edit.text = text;
	rl_callback_handler_remove();
}

/* Give the line up, leaving what was typed on the screen. */
static void forget_line(void) {
	rl_callback_sigcleanup();
	rl_point = rl_end;
	rl_mark = 0;
	rl_redisplay();
	fputs("^C\n", rl_outstream);
	fflush(rl_outstream);
	rl_free_line_state();
	rl_callback_handler_remove();
}

/* C-x C-e, and v in vi's command mode (XCU sh, "Command Line Editing (vi-mode)"). */
static int edit_and_execute(int count, int key) {
	if (edit.again) {
		return rl_ding();
	}
	edit.program = true;
	return rl_newline(count, key);
}

/* Variables that readline takes from the environment of the process. */
static void pass_environment(void) {
	static const char *const names[] = { "TERM", "LC_ALL", "LC_CTYPE", "LANG" };
	bool locale = false;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		const char *value = edit.shell->get(edit.shell->ctx, names[i]);
		const char *old = getenv(names[i]);
		if (value == NULL ? old == NULL : old != NULL && strcmp(value, old) == 0) {
			continue;
		}
		if (value != NULL) {
			setenv(names[i], value, 1);
		} else {
			unsetenv(names[i]);
		}
		if (i == 0 && value != NULL) {
			rl_reset_terminal(value);
		}
		locale |= i > 0;
	}
	if (locale) {
		rl_variable_bind("convert-meta", "off");
	}
}

static enum sh_edit_outcome read_line(const char *prompt, uint32_t flags, char **text) {
	pass_environment();
	mirror_history();
	if (((flags & SH_EDIT_VI) != 0) != (rl_editing_mode == 0)) {
		rl_variable_bind("editing-mode", (flags & SH_EDIT_VI) != 0 ? "vi" : "emacs");
	}
	edit.done = edit.left = edit.ended = edit.program = false;
	edit.again = (flags & SH_EDIT_AGAIN) != 0;
	edit.text = NULL;
	rl_reset_screen_size(); // the window may have changed while a program ran
	rl_callback_handler_install(prompt, take_line);
	while (!edit.done && wait_key()) {
		rl_callback_read_char();
	}
	if (edit.left) {
		if (!edit.done) {
			forget_line();
		}
		free(edit.text);
		return SH_EDIT_LEFT;
	}
	if (edit.ended) {
		fflush(rl_outstream);
		return SH_EDIT_END;
	}
	if (edit.program) {
		*text = edit.text;
		return SH_EDIT_PROGRAM;
	}
	if ((flags & SH_EDIT_HISTEXPAND) != 0) {
		int result = expand_history(&edit.text);
		if (result < 0 || result == 2) {
			edit.text[0] = '\0';
		}
	}
	*text = edit.text;
	return SH_EDIT_LINE;
}

/* ---- bindings ---- */

/* Readline takes a function that it does not know for none at all. */
static bool names_function(const char *line) {
	if (*line != '"') {
		return true;
	}
	do {
		line += *line == '\\' && line[1] != '\0' ? 2 : 1;
	} while (*line != '\0' && *line != '"');
	line += strcspn(line, ":");
	line += *line == ':';
	line += strspn(line, " \t");
	char name[64];
	size_t len = strcspn(line, " \t\n");
	if (len == 0 || len >= sizeof(name)) {
		return false;
	}
	memcpy(name, line, len);
	name[len] = '\0';
	return *line == '"' || *line == '\'' || rl_named_function(name) != NULL;
}

static int bind_line(const char *keymap, const char *line) {
	Keymap saved = rl_get_keymap();
	Keymap map = keymap != NULL ? rl_get_keymap_by_name(keymap) : saved;
	char *copy = strdup(line); // it writes into it
	int err = map == NULL ? -ENOENT : -EINVAL;
	if (map != NULL && copy != NULL && names_function(copy)) {
		rl_set_keymap(map);
		err = rl_parse_and_bind(copy) == 0 ? 0 : -EINVAL;
		rl_set_keymap(saved);
	}
	free(copy);
	return err;
}

static int bind_file(const char *path) {
	return -rl_read_init_file(path);
}

static char *list_bindings(const char *keymap, char what) {
	Keymap saved = rl_get_keymap();
	Keymap map = keymap != NULL ? rl_get_keymap_by_name(keymap) : saved;
	FILE *terminal = rl_outstream;
	char *text = NULL;
	size_t len;
	FILE *out = map != NULL ? open_memstream(&text, &len) : NULL;
	if (out == NULL) {
		return NULL;
	}
	rl_set_keymap(map);
	rl_outstream = out;
	switch (what) {
	case 'l': rl_list_funmap_names(); break;
	case 'p': rl_function_dumper(1); break;
	case 's': rl_macro_dumper(1); break;
	default: rl_variable_dumper(1); break;
	}
	rl_outstream = terminal;
	rl_set_keymap(saved);
	fclose(out);
	return text;
}

static int open_editor(const struct sh_edit_shell *shell, int in, int out, bool *vi) {
	edit.shell = shell;
	rl_instream = fdopen(in, "r");
	rl_outstream = fdopen(out, "w");
	if (rl_instream == NULL || rl_outstream == NULL) {
		return -errno;
	}
	const char *inputrc = shell->get(shell->ctx, "INPUTRC");
	if (inputrc != NULL) {
		setenv("INPUTRC", inputrc, 1);
	}
	rl_readline_name = "conch";
	rl_catch_signals = 0;
	rl_catch_sigwinch = 0;
	rl_change_environment = 0; // LINES and COLUMNS are the shell's
	rl_getc_function = get_byte;
	rl_completer_word_break_characters = word_breaks;
	rl_completer_quote_characters = "\"'";
	rl_filename_quote_characters = to_be_quoted;
	rl_filename_quoting_function = quote_name;
	rl_filename_dequoting_function = dequote;
	rl_char_is_quoted_p = char_is_quoted;
	rl_attempted_completion_function = attempt;
	using_history();
	rl_add_defun("edit-and-execute-command", edit_and_execute, -1);
	rl_bind_keyseq_in_map("\\C-x\\C-e", edit_and_execute, emacs_standard_keymap);
	rl_bind_key_in_map('v', edit_and_execute, vi_movement_keymap);
	rl_initialize();
	*vi = rl_editing_mode == 0;
	return 0;
}

__attribute__((visibility("default"))) extern const struct sh_edit_module sh_edit_module;

const struct sh_edit_module sh_edit_module = {
	.version = SH_EDIT_MODULE_VERSION,
	.open = open_editor,
	.read = read_line,
	.bind = bind_line,
	.bind_file = bind_file,
	.list = list_bindings,
};
