/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/buf.h"
#include "shell/array.h"
#include "shell/builtin.h"
#include "shell/complete_user.h"
#include "shell/expand.h"
#include "shell/pattern.h"

/* ---- keeping ---- */

void sh_spec_finish(struct sh_spec *spec) {
	free(spec->words);
	free(spec->function);
	free(spec->command);
	free(spec->glob);
	free(spec->filter);
	free(spec->prefix);
	free(spec->suffix);
	memset(spec, 0, sizeof(*spec));
}

const struct sh_spec *sh_spec_get(struct shell *sh, const char *name) {
	for (size_t i = 0; i < sh->completions.len; i++) {
		const struct sh_named_spec *named = sh->completions.items[i];
		if (strcmp(named->name, name) == 0) {
			return &named->spec;
		}
	}
	return NULL;
}

bool sh_spec_set(struct shell *sh, const char *name, struct sh_spec *spec) {
	bool found = false;
	for (size_t i = 0; i < sh->completions.len && !found; i++) {
		struct sh_named_spec *named = sh->completions.items[i];
		if (strcmp(named->name, name) == 0) {
			found = true;
			sh_spec_finish(&named->spec);
			free(named->name);
			free(cn_vec_remove(&sh->completions, i));
		}
	}
	if (spec == NULL) {
		return found;
	}
	struct sh_named_spec *named = sh_xcalloc(1, sizeof(*named));
	named->name = sh_xstrdup(name);
	named->spec = *spec;
	memset(spec, 0, sizeof(*spec));
	cn_vec_push(&sh->completions, named);
	return true;
}

/* ---- generating ---- */

/* -W: expanded as a text, cut at IFS. */
static void add_words(
		struct shell *sh, const char *text, const char *word, struct sh_candidates *out) {
	struct sh_mark mark = sh_arena_mark(&sh->scratch);
	const char *ifs = sh_var_get(sh, sh->n.ifs);
	ifs = ifs != NULL ? ifs : " \t\n";
	char *rest = sh_expand_text(sh, text);
	if (sh->unwind == SH_UNWIND_ERROR) {
		sh->unwind = SH_UNWIND_NONE;
	}
	while (rest != NULL) {
		char *one = strsep(&rest, ifs);
		if (*one != '\0' && strncmp(one, word, strlen(word)) == 0) {
			sh_candidate_add(out, "", one, "");
		}
	}
	sh_arena_release(&sh->scratch, mark);
}

static void add_glob(struct shell *sh, const char *pattern, const char *word, struct sh_candidates *out) {
	struct sh_mark mark = sh_arena_mark(&sh->scratch);
	struct sh_fields fields = { 0 };
	sh_glob(sh, pattern, strlen(pattern), &fields);
	for (int i = 0; i < fields.count; i++) {
		if (strncmp(fields.items[i], word, strlen(word)) == 0) {
			sh_candidate_add(out, "", fields.items[i], "");
		}
	}
	out->files = true;
	sh_arena_release(&sh->scratch, mark);
}

/* COMP_WORDS, COMP_CWORD, COMP_LINE, COMP_POINT. */
static void set_variables(struct shell *sh, const struct sh_complete_words *words) {
	struct sh_array *array = sh_var_array(sh, sh_name(sh, "COMP_WORDS"), false, true);
	for (int i = 0; array != NULL && i < words->count; i++) {
		sh_array_put(array, i, words->words[i], strlen(words->words[i]));
	}
	sh_var_set_int(sh, sh_name(sh, "COMP_CWORD"), words->count - 1);
	sh_var_set_text(sh, "COMP_LINE", words->line);
	sh_var_set_int(sh, sh_name(sh, "COMP_POINT"), (intmax_t)words->point);
}

static void take_reply(struct shell *sh, struct sh_candidates *out) {
	const struct sh_name *reply = sh_name(sh, "COMPREPLY");
	if (!sh_var_is_array(&reply->var)) {
		const char *value = sh_var_get(sh, sh_name(sh, "COMPREPLY"));
		if (value != NULL) {
			sh_candidate_add(out, "", value, "");
		}
		return;
	}
	for (size_t i = 0; reply->var.array != NULL && i < reply->var.array->len; i++) {
		sh_candidate_add(out, "", reply->var.array->items[i].value, "");
	}
}

/* -F FUNCTION, called with the command, the word, the word before. Its status. */
static int call_function(struct shell *sh, const char *function, const struct sh_complete_words *words,
		struct sh_candidates *out) {
	const char *previous = words->count > 1 ? words->words[words->count - 2] : "";
	char *argv[] = { (char *)function, words->words[0], words->words[words->count - 1],
		(char *)previous, NULL };
	int status = sh->status;
	set_variables(sh, words);
	sh_var_unset(sh, sh_name(sh, "COMPREPLY"));
	int result = sh_call(sh, 4, argv, 0);
	if (sh->unwind != SH_UNWIND_EXIT) {
		sh->unwind = SH_UNWIND_NONE;
	}
	sh->status = status;
	take_reply(sh, out);
	return result;
}

/* -C COMMAND: its lines. */
static void call_command(struct shell *sh, const char *command, const struct sh_complete_words *words,
		struct sh_candidates *out) {
	const char *previous = words->count > 1 ? words->words[words->count - 2] : "";
	const char *args[] = { words->words[0], words->words[words->count - 1], previous };
	struct cn_buf code = CN_BUF_INIT;
	struct sh_mark mark = sh_arena_mark(&sh->scratch);
	set_variables(sh, words);
	cn_buf_printf(&code, "$(%s", command);
	for (int i = 0; i < 3; i++) {
		cn_buf_putc(&code, ' ');
		sh_quote(sh, &code, args[i]);
	}
	cn_buf_putc(&code, ')');
	char *rest = sh_expand_text(sh, code.data);
	if (sh->unwind == SH_UNWIND_ERROR) {
		sh->unwind = SH_UNWIND_NONE;
	}
	while (rest != NULL && *rest != '\0') {
		sh_candidate_add(out, "", strsep(&rest, "\n"), "");
	}
	sh_arena_release(&sh->scratch, mark);
	cn_buf_finish(&code);
}

/* -X: take out what matches, or with `!` what does not; `&` is the word. */
static void filter(struct shell *sh, const char *pattern, const char *word, struct sh_candidates *out) {
	struct cn_buf text = CN_BUF_INIT;
	bool negated = *pattern == '!';
	for (const char *c = pattern + negated; *c != '\0'; c++) {
		if (*c == '\\' && c[1] == '&') {
			cn_buf_putc(&text, *++c);
		} else if (*c == '&') {
			cn_buf_puts(&text, word);
		} else {
			cn_buf_putc(&text, *c);
		}
	}
	size_t kept = 0;
	for (size_t i = 0; i < out->items.len; i++) {
		char *item = out->items.items[i];
		if (sh_match(sh, text.data, text.len, item, strlen(item)) == negated) {
			out->items.items[kept++] = item;
		} else {
			free(item);
		}
	}
	out->items.len = kept;
	cn_buf_finish(&text);
}

static void surround(const char *prefix, const char *suffix, struct sh_candidates *out) {
	struct cn_vec old = out->items;
	cn_vec_init(&out->items);
	for (size_t i = 0; i < old.len; i++) {
		sh_candidate_add(out, prefix != NULL ? prefix : "", old.items[i], suffix != NULL ? suffix : "");
		free(old.items[i]);
	}
	cn_vec_finish(&old);
}

void sh_spec_generate(struct shell *sh, const struct sh_spec *spec,
		const struct sh_complete_words *words, struct sh_candidates *out) {
	const char *word = words->words[words->count - 1];
	sh_complete_actions(sh, spec->actions, word, out);
	if (spec->glob != NULL) {
		add_glob(sh, spec->glob, word, out);
	}
	if (spec->words != NULL) {
		add_words(sh, spec->words, word, out);
	}
	if (spec->function != NULL) {
		char *function = sh_xstrdup(spec->function); // it may change its own specification
		call_function(sh, function, words, out);
		free(function);
	}
	if (spec->command != NULL) {
		call_command(sh, spec->command, words, out);
	}
	if (spec->filter != NULL) {
		filter(sh, spec->filter, word, out);
	}
	if (spec->prefix != NULL || spec->suffix != NULL) {
		surround(spec->prefix, spec->suffix, out);
	}
	bool dirs = (spec->options & SH_SPEC_PLUSDIRS) != 0 ||
			((spec->options & SH_SPEC_DIRNAMES) != 0 && out->items.len == 0);
	if (dirs) {
		sh_complete_actions(sh, SH_COMPLETE_DIRECTORIES, word, out);
	}
	out->files |= (spec->options & SH_SPEC_FILENAMES) != 0;
	out->no_space |= (spec->options & SH_SPEC_NOSPACE) != 0;
}

/* -D may load a specification and say 124: look again. */
static bool load_default(
		struct shell *sh, const struct sh_complete_words *words, struct sh_candidates *out) {
	const struct sh_spec *spec = sh_spec_get(sh, "-D");
	if (spec == NULL || spec->function == NULL) {
		return false;
	}
	char *function = sh_xstrdup(spec->function);
	bool again = call_function(sh, function, words, out) == 124;
	free(function);
	return again;
}

bool sh_complete_user(
		struct shell *sh, const struct sh_complete_words *words, struct sh_candidates *out) {
	const char *command = words->words[0];
	const char *slash = strrchr(command, '/');
	const struct sh_spec *spec = sh_spec_get(sh, command);
	if (spec == NULL && slash != NULL) {
		spec = sh_spec_get(sh, slash + 1);
	}
	if (spec == NULL && load_default(sh, words, out)) {
		spec = sh_spec_get(sh, command);
	} else if (spec == NULL) {
		spec = sh_spec_get(sh, "-D");
		if (spec != NULL && spec->function != NULL) {
			return out->items.len > 0; // it has been called
		}
	}
	if (spec == NULL) {
		return false;
	}
	bool otherwise = (spec->options & SH_SPEC_DEFAULT) != 0;
	sh_spec_generate(sh, spec, words, out);
	return out->items.len > 0 || !otherwise;
}
