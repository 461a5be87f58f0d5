/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include <errno.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>

#include "shell/builtin.h"
#include "shell/exec.h"
#include "shell/expand.h"
#include "shell/expand_arith.h"
#include "shell/fd.h"
#include "shell/parser.h"
#include "shell/subshell.h"

/* ---- fields ---- */

void sh_fields_push(struct shell *sh, struct sh_fields *fields, char *text) {
	if (fields->count >= fields->cap) {
		int cap = fields->cap > 0 ? fields->cap * 2 : 16;
		char **items = sh_alloc(&sh->scratch, (size_t)(cap + 1) * sizeof(*items));
		if (fields->count > 0) {
			memcpy(items, fields->items, (size_t)fields->count * sizeof(*items));
		}
		fields->items = items;
		fields->cap = cap;
	}
	fields->items[fields->count++] = text;
}

void sh_fields_end(struct shell *sh, struct sh_fields *fields) {
	sh_fields_push(sh, fields, NULL);
	fields->count--;
}

/* ---- building a field ---- */

void sh_text_append(struct shell *sh, struct sh_text *text, const char *data, size_t len) {
	if (text->len + len >= text->cap) {
		size_t cap = (text->len + len + 1) * 2;
		char *grown = sh_alloc(&sh->scratch, cap);
		if (text->len > 0) {
			memcpy(grown, text->data, text->len);
		}
		text->data = grown;
		text->cap = cap;
	}
	memcpy(text->data + text->len, data, len);
	text->len += len;
}

static void text_start(struct sh_expander *ex) {
	ex->text.data = ex->inline_text;
	ex->text.cap = sizeof(ex->inline_text);
	ex->text.len = 0;
	ex->has_pattern = ex->has_glob = ex->started = false;
}

static void expander_init(
		struct sh_expander *ex, struct shell *sh, struct sh_fields *fields, uint32_t mode) {
	ex->sh = sh;
	ex->fields = fields;
	ex->mode = mode;
	ex->after_space = ex->split_text = false;
	text_start(ex);
}

static void pattern_start(struct sh_expander *ex) {
	if (!ex->has_pattern) {
		ex->has_pattern = true;
		ex->pattern = (struct sh_text){ 0 };
		sh_text_append(ex->sh, &ex->pattern, ex->text.data, ex->text.len);
	}
}

static bool needs_mark(const struct sh_expander *ex, char c) {
	if ((ex->mode & SH_EXPAND_REGEX) != 0) {
		return strchr(".[]\\()*+?{}|^$", c) != NULL && c != '\0';
	}
	switch (c) {
	case '*':
	case '?':
	case '[':
	case ']':
	case '\\':
	case '-':
	case '!':
	case '^':
	case ':':
	case '.':
	case '=':
		return true;
	default:
		return false;
	}
}

/* Append text that is quoted: no character of it is special. */
static void put_quoted(struct sh_expander *ex, const char *text, size_t len) {
	struct shell *sh = ex->sh;
	ex->started = true;
	ex->after_space = false;
	if (ex->mode == 0) {
		sh_text_append(sh, &ex->text, text, len);
		return;
	}
	for (size_t i = 0; i < len && !ex->has_pattern; i++) {
		if (needs_mark(ex, text[i])) {
			pattern_start(ex);
		}
	}
	sh_text_append(sh, &ex->text, text, len);
	for (size_t i = 0; i < len && ex->has_pattern; i++) {
		if (needs_mark(ex, text[i])) {
			sh_text_append(sh, &ex->pattern, "\\", 1);
		}
		sh_text_append(sh, &ex->pattern, text + i, 1);
	}
}

/* Append unquoted text that is not split. */
static void put_unquoted(struct sh_expander *ex, const char *text, size_t len) {
	struct shell *sh = ex->sh;
	if (len > 0) {
		ex->started = true;
		ex->after_space = false;
	}
	if ((ex->mode & SH_EXPAND_FIELDS) != 0 && !ex->has_glob) {
		for (size_t i = 0; i < len; i++) {
			if (text[i] == '*' || text[i] == '?' || text[i] == '[') {
				ex->has_glob = true;
				break;
			}
		}
	}
	sh_text_append(sh, &ex->text, text, len);
	if (ex->has_pattern) {
		sh_text_append(sh, &ex->pattern, text, len);
	}
}

void sh_emit_break(struct sh_expander *ex) {
	struct shell *sh = ex->sh;
	if (!ex->started) {
		return;
	}
	bool glob = ex->has_glob && (sh->options & SH_OPT_NOGLOB) == 0;
	const struct sh_text *pattern = ex->has_pattern ? &ex->pattern : &ex->text;
	if (!glob || !sh_glob(sh, pattern->data, pattern->len, ex->fields)) {
		sh_fields_push(sh, ex->fields, sh_arena_copy(&sh->scratch, ex->text.data, ex->text.len));
	}
	text_start(ex);
}

size_t sh_ifs_multibyte(struct shell *sh, const char *text, size_t len) {
	if (!sh->ifs_multibyte || (text[0] & 0x80) == 0) {
		return 0;
	}
	const char *ifs = sh_var_get(sh, sh->n.ifs);
	uint32_t wc;
	uint32_t other;
	size_t n = sh_char(sh, text, len, &wc);
	size_t ifs_len = ifs != NULL ? strlen(ifs) : 0;
	for (size_t i = 0, m; n > 1 && i < ifs_len; i += m) {
		m = sh_char(sh, ifs + i, ifs_len - i, &other);
		if (m == n && other == wc) {
			return n;
		}
	}
	return 0;
}

/* Field splitting of an expansion's result, exactly by 2.6.5. */
static void put_split(struct sh_expander *ex, const char *text, size_t len) {
	struct shell *sh = ex->sh;
	const uint8_t *class = sh->ifs_class;
	size_t i = 0;
	while (i < len) {
		size_t start = i;
		size_t wide = 0;
		while (i < len && class[(unsigned char)text[i]] == 0) {
			wide = sh_ifs_multibyte(sh, text + i, len - i);
			if (wide > 0) {
				break;
			}
			i++;
		}
		if (i > start) {
			put_unquoted(ex, text + start, i - start);
		}
		if (i == len) {
			return;
		}
		if (class[(unsigned char)text[i]] == 1) {
			if (ex->started) {
				sh_emit_break(ex);
				ex->after_space = true;
			}
			i++;
			continue;
		}
		i += wide > 0 ? wide : 1;
		if (ex->after_space) {
			ex->after_space = false; // it belongs to the delimiter that ended the last field
		} else {
			ex->started = true;
			sh_emit_break(ex);
		}
	}
}

void sh_emit(struct sh_expander *ex, const char *text, size_t len, bool quoted) {
	if (quoted) {
		put_quoted(ex, text, len);
	} else if ((ex->mode & SH_EXPAND_FIELDS) != 0) {
		put_split(ex, text, len);
	} else {
		put_unquoted(ex, text, len);
	}
}

/* ---- tilde (2.6.1) ---- */

static void expand_tilde(struct sh_expander *ex, const struct sh_part *part) {
	struct shell *sh = ex->sh;
	const char *home = NULL;
	if (part->len == 0) {
		home = sh_var_get(sh, sh->n.home);
	} else if (strcmp(part->text, "+") == 0) {
		home = sh_var_get(sh, sh->n.pwd);
	} else if (strcmp(part->text, "-") == 0) {
		home = sh_var_get(sh, sh->n.oldpwd);
	} else {
		const struct passwd *user = getpwnam(part->text);
		home = user != NULL ? user->pw_dir : NULL;
	}
	if (home == NULL) {
		put_unquoted(ex, "~", 1);
		put_unquoted(ex, part->text, part->len);
		return;
	}
	size_t len = strlen(home);
	const struct sh_part *next = part->next;
	if (next != NULL && next->kind == SH_PART_TEXT && !next->quoted && next->text[0] == '/' &&
			len > 0 && home[len - 1] == '/') {
		len--; // "/" and "/x" make "/x"
	}
	put_quoted(ex, home, len);
}

/* ---- command substitution (2.6.3) ---- */

/* What is in it, as the tree it was parsed to or, for the sake of aliases, as text. */
static void run_command_subst(struct shell *sh, const struct sh_part *part) {
	if (!sh->has_aliases && !part->has_alias) {
		sh_exec(sh, part->command, SH_EXEC_TAIL);
		return;
	}
	sh_eval_at(sh, part->source, part->line);
	if (sh->syntax_error) {
		sh->syntax_error = false;
		sh->status = 2;
	}
}

/* Run a command substitution; its output without trailing newlines in `out`. */
static bool command_subst(struct shell *sh, const struct sh_part *part, struct cn_buf *out) {
	const struct sh_node *node = part->command;
	struct sh_sink sink;
	struct sh_subshell sub;
	cn_buf_init(out);
	if (node == NULL) {
		sh->subst_status = 0;
		return true;
	}
	if (!sh_stack_ok(sh)) {
		return false;
	}
	sh_sink_push(sh, &sink);
	sh_subshell_enter(sh, &sub);
	sub.is_subst = true;
	sh_file_drop(sh_fd_replace(sh, 1, sh_file_sink(&sink)));
	if ((node->flags & SH_NODE_MUST_FORK) == 0 || sh_subshell_detach(sh)) {
		run_command_subst(sh, part);
	}
	int status = sh_subshell_leave(sh, &sub);
	sh_sink_pop(sh, &sink);
	*out = sink.data;
	sh->subst_status = status;
	if (memchr(out->data, '\0', out->len) != NULL) {
		size_t len = 0;
		for (size_t i = 0; i < out->len; i++) {
			if (out->data[i] != '\0') {
				out->data[len++] = out->data[i];
			}
		}
		cn_buf_truncate(out, len);
	}
	while (out->len > 0 && out->data[out->len - 1] == '\n') {
		out->len--;
	}
	if (out->cap > 0) {
		out->data[out->len] = '\0';
	}
	return sh->unwind == SH_UNWIND_NONE;
}

static bool expand_command(struct sh_expander *ex, const struct sh_part *part) {
	struct cn_buf out;
	bool ok = command_subst(ex->sh, part, &out);
	if (ok && (part->quoted || out.len > 0)) {
		sh_emit(ex, out.data, out.len, part->quoted);
	}
	cn_buf_finish(&out);
	return ok;
}

/* ---- arithmetic (2.6.4) ---- */

bool sh_expand_arith(struct shell *sh, const struct sh_part *part, intmax_t *value) {
	enum sh_arith_result result = SH_ARITH_TEXT;
	if (part->arith.expr != NULL) {
		result = sh_arith_eval(sh, part->arith.expr, value);
	}
	if (result == SH_ARITH_TEXT) {
		size_t len;
		const char *text = sh_expand_string(sh, part->arith.word, &len);
		if (text == NULL) {
			return false;
		}
		result = sh_arith_text(sh, text, len, value);
	}
	if (result != SH_ARITH_OK && sh->unwind == SH_UNWIND_NONE) {
		sh_fail(sh, 2);
	}
	return result == SH_ARITH_OK;
}

static bool expand_arith(struct sh_expander *ex, const struct sh_part *part) {
	intmax_t value;
	if (!sh_expand_arith(ex->sh, part, &value)) {
		return false;
	}
	char text[24];
	char *p = text + sizeof(text);
	uintmax_t rest = value < 0 ? -(uintmax_t)value : (uintmax_t)value;
	do {
		*--p = (char)('0' + rest % 10);
		rest /= 10;
	} while (rest > 0);
	if (value < 0) {
		*--p = '-';
	}
	sh_emit(ex, p, (size_t)(text + sizeof(text) - p), part->quoted);
	return true;
}

/* ---- words ---- */

bool sh_expand_parts(struct sh_expander *ex, const struct sh_part *part) {
	for (; part != NULL; part = part->next) {
		bool ok = true;
		switch (part->kind) {
		case SH_PART_TEXT:
			if (part->quoted) {
				put_quoted(ex, part->text, part->len);
			} else if (ex->split_text) {
				sh_emit(ex, part->text, part->len, false);
			} else {
				put_unquoted(ex, part->text, part->len);
			}
			break;
		case SH_PART_TILDE:
			expand_tilde(ex, part);
			break;
		case SH_PART_PARAM:
			ok = sh_expand_param(ex, part);
			break;
		case SH_PART_COMMAND:
			ok = expand_command(ex, part);
			break;
		default:
			ok = expand_arith(ex, part);
			break;
		}
		if (!ok) {
			return false;
		}
	}
	return true;
}

/* $x alone, without IFS or pattern characters in its value: the usual word. */
static bool expand_simple_param(
		struct shell *sh, const struct sh_part *part, struct sh_fields *fields) {
	const struct sh_param *param = part->param;
	if (param->op != SH_OP_NONE || param->name == NULL || param->index != NULL ||
			param->index_all != '\0') {
		return false;
	}
	size_t len;
	const char *value = sh_var_get_len(sh, param->name, &len);
	if (value == NULL || (len == 0 && !part->quoted)) {
		return false;
	}
	if (!part->quoted) {
		for (size_t i = 0; i < len; i++) {
			char c = value[i];
			if (sh->ifs_class[(unsigned char)c] != 0 || c == '*' || c == '?' || c == '[' ||
					(c & 0x80) != 0) {
				return false;
			}
		}
	}
	sh_fields_push(sh, fields, sh_arena_copy(&sh->scratch, value, len));
	return true;
}

/* An operand of a declaration utility: NAME=VALUE as one field. */
static bool expand_assign_word(
		struct shell *sh, const struct sh_assign *assign, struct sh_fields *fields) {
	struct sh_text text = { 0 };
	size_t len = 0;
	const char *value = "";
	if (assign->count < 0) {
		value = sh_expand_string(sh, assign->value, &len);
		if (value == NULL) {
			return false;
		}
	}
	sh_text_append(sh, &text, assign->name->text, assign->name->len);
	if (assign->index != NULL) {
		size_t index_len;
		const char *index = sh_expand_string(sh, assign->index, &index_len);
		if (index == NULL) {
			return false;
		}
		sh_text_append(sh, &text, "[", 1);
		sh_text_append(sh, &text, index, index_len);
		sh_text_append(sh, &text, "]", 1);
	}
	if (assign->count >= 0) {
		/* The builtin declares the name; exec_simple.c assigns the items afterwards. */
		sh_text_append(sh, &text, "", 1);
		sh_fields_push(sh, fields, text.data);
		return true;
	}
	sh_text_append(sh, &text, "+=", assign->append ? 2 : 0);
	sh_text_append(sh, &text, "=", assign->append ? 0 : 1);
	if (assign->self) {
		size_t old_len;
		const char *old = sh_var_get_len(sh, assign->name, &old_len);
		sh_text_append(sh, &text, old != NULL ? old : "", old != NULL ? old_len : 0);
	}
	sh_text_append(sh, &text, value, len + 1);
	sh_fields_push(sh, fields, text.data);
	return true;
}

bool sh_expand_word(struct shell *sh, struct sh_word *word, struct sh_fields *fields) {
	if ((word->flags & SH_WORD_PLAIN) != 0) {
		sh_fields_push(sh, fields, (char *)word->text);
		return true;
	}
	if (word->assign != NULL) {
		return expand_assign_word(sh, word->assign, fields);
	}
	const struct sh_part *part = word->parts;
	if (part->kind == SH_PART_PARAM && part->next == NULL && expand_simple_param(sh, part, fields)) {
		return true;
	}
	struct sh_expander ex;
	expander_init(&ex, sh, fields, SH_EXPAND_FIELDS);
	if (!sh_expand_parts(&ex, part)) {
		return false;
	}
	sh_emit_break(&ex);
	return true;
}

static char *expand_whole(struct shell *sh, struct sh_word *word, uint32_t mode, size_t *len) {
	struct sh_expander ex;
	expander_init(&ex, sh, NULL, mode);
	if (!sh_expand_parts(&ex, word->parts)) {
		return NULL;
	}
	struct sh_text *text = ex.has_pattern ? &ex.pattern : &ex.text;
	*len = text->len;
	return sh_arena_copy(&sh->scratch, text->data, text->len);
}

bool sh_part_is_plain_param(const struct sh_part *part) {
	return part != NULL && part->next == NULL && part->kind == SH_PART_PARAM &&
			part->param->op == SH_OP_NONE && part->param->name != NULL &&
			part->param->index == NULL && part->param->index_all == '\0';
}

char *sh_expand_string(struct shell *sh, struct sh_word *word, size_t *len) {
	if ((word->flags & SH_WORD_PLAIN) != 0) {
		*len = word->len;
		return (char *)word->text;
	}
	const struct sh_part *part = word->parts;
	if (sh_part_is_plain_param(part)) {
		const char *value = sh_var_get_len(sh, part->param->name, len);
		if (value != NULL) {
			return sh_arena_copy(&sh->scratch, value, *len);
		}
	}
	return expand_whole(sh, word, 0, len);
}

char *sh_expand_pattern(struct shell *sh, struct sh_word *word, size_t *len) {
	return expand_whole(sh, word, SH_EXPAND_PATTERN, len);
}

char *sh_expand_regex(struct shell *sh, struct sh_word *word, size_t *len) {
	return expand_whole(sh, word, SH_EXPAND_PATTERN | SH_EXPAND_REGEX, len);
}

char *sh_expand_text(struct shell *sh, const char *text) {
	struct sh_tree *tree = sh_tree_create();
	struct sh_word *word = sh_lex_text(sh, tree, text, strlen(text));
	size_t len;
	char *result = word != NULL ? sh_expand_string(sh, word, &len) : NULL;
	if (result != NULL) {
		result = sh_arena_copy(&sh->scratch, result, len); // a plain word's lies in the tree
	}
	sh_tree_drop(tree);
	return result;
}
