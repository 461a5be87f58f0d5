/* SPDX-License-Identifier: GPL-3.0-or-later */
/* shell/expand_param.c - parameter expansion (XCU 2.6.2). See expand.h. */
#include "config.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <wctype.h>

#include "shell/array.h"
#include "shell/builtin.h"
#include "shell/expand.h"
#include "shell/expand_arith.h"
#include "shell/pattern.h"

/* What a parameter stands for: one text, or a list ($@, $*, ${a[@]}). */
struct value {
	bool is_list;
	bool joins; // `*`: quoted, it is one field
	bool is_set;
	const char *text;
	size_t len;
	char **items; // list, in the scratch arena or the positional parameters
	int count;
};

static const char *number_text(struct shell *sh, long number) {
	snprintf(sh->number, sizeof(sh->number), "%ld", number);
	return sh->number;
}

/* ---- looking up ---- */

static void value_text(struct value *value, const char *text) {
	value->is_set = text != NULL;
	value->text = text != NULL ? text : "";
	value->len = strlen(value->text);
}

static void value_special(struct shell *sh, const struct sh_param *param, struct value *value) {
	switch (param->special) {
	case '@':
	case '*':
		value->is_list = true;
		value->joins = param->special == '*';
		value->items = sh->params.argv;
		value->count = sh->params.argc;
		value->is_set = value->count > 0;
		return;
	case '#':
		value_text(value, number_text(sh, sh->params.argc));
		return;
	case '?':
		value_text(value, number_text(sh, sh->status));
		return;
	case '-':
		sh_option_letters(sh, sh->number);
		value_text(value, sh->number);
		return;
	case '$':
		value_text(value, number_text(sh, sh->pid));
		return;
	case '!':
		value_text(value, sh->last_async != 0 ? number_text(sh, sh->last_async) : NULL);
		return;
	case '0':
		value_text(value, sh->arg0);
		return;
	default:
		value_text(value, param->number <= sh->params.argc ? sh->params.argv[param->number - 1]
															: NULL);
		return;
	}
}

/* ${a[@]}, ${!a[@]}: values or keys of all elements. */
static void value_elements(
		struct shell *sh, const struct sh_param *param, bool keys, struct value *value) {
	const struct sh_var *var = &param->name->var;
	value->is_list = true;
	value->joins = param->index_all == '*';
	sh_var_refresh(sh, param->name);
	size_t count = var->array != NULL ? var->array->len : var->value != NULL ? 1 : 0;
	value->count = (int)count;
	value->is_set = count > 0;
	if (param->op == SH_OP_LENGTH) {
		return; // nobody looks at the elements
	}
	value->items = sh_alloc(&sh->scratch, (count + 1) * sizeof(char *));
	for (size_t i = 0; i < count; i++) {
		if (var->array == NULL) {
			value->items[i] = keys ? sh_arena_copy(&sh->scratch, "0", 1) : var->value;
			continue;
		}
		const struct sh_item *item = &var->array->items[i];
		const char *text = item->value;
		char number[24];
		if (keys && item->key != NULL) {
			text = item->key;
		} else if (keys) {
			snprintf(number, sizeof(number), "%jd", item->index);
			text = number;
		}
		value->items[i] = sh_arena_copy(&sh->scratch, text, strlen(text));
	}
}

static bool value_element(struct shell *sh, const struct sh_param *param, struct value *value) {
	size_t len;
	char *subscript = sh_expand_string(sh, param->index, &len);
	if (subscript == NULL) {
		return false;
	}
	bool failed;
	value->text = sh_elem_get(sh, param->name, subscript, &value->len, &failed);
	if (failed) {
		sh_fail(sh, 1);
		return false;
	}
	value->is_set = value->text != NULL;
	if (!value->is_set) {
		value->text = "";
		value->len = 0;
	}
	return true;
}

static bool value_get(struct shell *sh, const struct sh_param *param, struct value *value) {
	memset(value, 0, sizeof(*value));
	if (param->name == NULL) {
		value_special(sh, param, value);
		return true;
	}
	if (param->index_all != '\0') {
		value_elements(sh, param, param->op == SH_OP_KEYS, value);
		return true;
	}
	if (param->index != NULL) {
		return value_element(sh, param, value);
	}
	value->text = sh_var_get_len(sh, param->name, &value->len);
	value->is_set = value->text != NULL;
	if (!value->is_set) {
		value->text = "";
		value->len = 0;
	}
	return true;
}

/* ---- messages ---- */

static const char *param_label(const struct sh_param *param, char text[16]) {
	if (param->name != NULL) {
		return param->name->text;
	}
	if (param->special == 'n') {
		snprintf(text, 16, "%d", param->number);
	} else {
		snprintf(text, 16, "%c", param->special);
	}
	return text;
}

static bool fail_param(struct shell *sh, const struct sh_param *param, const char *message) {
	char text[16];
	sh_error(sh, "%s: %s", param_label(param, text), message);
	sh_fail(sh, 2);
	return false;
}

/* `set -u`: lists are exempt. */
static bool check_set(struct shell *sh, const struct sh_param *param, const struct value *value) {
	if (value->is_set || value->is_list || (sh->options & SH_OPT_NOUNSET) == 0) {
		return true;
	}
	return fail_param(sh, param, "parameter not set");
}

/* ---- emitting ---- */

/* The list as one text: "$*", and every list where fields cannot be. */
static void emit_joined(struct sh_expander *ex, const struct value *value, bool quoted) {
	struct shell *sh = ex->sh;
	const char *join = value->joins ? sh->ifs_join : " ";
	size_t join_len = value->joins ? sh->ifs_join_len : 1;
	if (value->count == 0 && quoted && value->joins) {
		sh_emit(ex, "", 0, true);
	}
	for (int i = 0; i < value->count; i++) {
		if (i > 0) {
			sh_emit(ex, join, join_len, quoted);
		}
		sh_emit(ex, value->items[i], strlen(value->items[i]), quoted);
	}
}

/* 2.5.2: "$@" is a field each; unquoted, each is split further. */
static void emit_list(struct sh_expander *ex, const struct value *value, bool quoted) {
	if ((ex->mode & SH_EXPAND_FIELDS) == 0 || (quoted && value->joins)) {
		emit_joined(ex, value, quoted);
		return;
	}
	for (int i = 0; i < value->count; i++) {
		if (i > 0) {
			sh_emit_break(ex);
			ex->after_space = false;
		}
		size_t len = strlen(value->items[i]);
		if (quoted || len > 0) {
			sh_emit(ex, value->items[i], len, quoted);
		}
	}
}

static void emit_value(struct sh_expander *ex, const struct value *value, bool quoted) {
	if (value->is_list) {
		emit_list(ex, value, quoted);
	} else if (quoted || value->len > 0) {
		sh_emit(ex, value->text, value->len, quoted);
	}
}

/* ---- operators ---- */

/* Is the value to be replaced (- =), or replace-worthy (+)? */
static bool is_missing(const struct sh_param *param, const struct value *value) {
	if (!value->is_set) {
		return true;
	}
	if (!param->colon) {
		return false;
	}
	if (!value->is_list) {
		return value->len == 0;
	}
	return value->count == 0 || (value->count == 1 && value->items[0][0] == '\0');
}

/* The operand where the value would stand: its unquoted text is split like a value. */
static bool emit_operand(struct sh_expander *ex, const struct sh_param *param, bool quoted) {
	bool split_text = ex->split_text;
	ex->split_text = !quoted && (ex->mode & SH_EXPAND_FIELDS) != 0;
	if (quoted && param->word->parts == NULL) {
		sh_emit(ex, "", 0, true);
	}
	bool ok = sh_expand_parts(ex, param->word->parts);
	ex->split_text = split_text;
	return ok;
}

static bool op_assign(struct sh_expander *ex, const struct sh_param *param, bool quoted) {
	struct shell *sh = ex->sh;
	if (param->name == NULL || param->index_all != '\0') {
		return fail_param(sh, param, "cannot assign in this way");
	}
	size_t len;
	char *text = sh_expand_string(sh, param->word, &len);
	if (text == NULL) {
		return false;
	}
	int result;
	if (param->index != NULL) {
		size_t index_len;
		char *index = sh_expand_string(sh, param->index, &index_len);
		result = index != NULL ? sh_elem_set(sh, param->name, index, text, len, false) : -1;
	} else {
		result = sh_var_set(sh, param->name, text, len);
	}
	if (result < 0) {
		sh_fail(sh, 2);
		return false;
	}
	if (quoted || len > 0) {
		sh_emit(ex, text, len, quoted);
	}
	return true;
}

static bool op_error(struct shell *sh, const struct sh_param *param) {
	size_t len;
	char *text = sh_expand_string(sh, param->word, &len);
	if (text == NULL) {
		return false;
	}
	if (len == 0) {
		return fail_param(sh, param, param->colon ? "parameter not set or null" : "parameter not set");
	}
	return fail_param(sh, param, text);
}

static bool op_length(struct sh_expander *ex, const struct sh_param *param, const struct value *value,
		bool quoted) {
	struct shell *sh = ex->sh;
	size_t count = value->is_list ? (size_t)value->count : sh_char_count(sh, value->text, value->len);
	char text[24];
	int len = snprintf(text, sizeof(text), "%zu", count);
	sh_emit(ex, text, (size_t)len, quoted);
	return true;
}

static struct sh_pattern *operand_pattern(struct shell *sh, struct sh_word *word) {
	if (word->pattern != NULL) {
		return word->pattern;
	}
	size_t len;
	char *text = sh_expand_pattern(sh, word, &len);
	if (text == NULL) {
		return NULL;
	}
	return sh_pattern_compile(sh, &sh->scratch, text, len);
}

static void cut(struct value *value, uint8_t op, const struct sh_pattern *pattern) {
	bool suffix = op == SH_OP_SUFFIX || op == SH_OP_SUFFIX_LONG;
	bool longest = op == SH_OP_PREFIX_LONG || op == SH_OP_SUFFIX_LONG;
	ptrdiff_t len = suffix ? sh_pattern_suffix(pattern, value->text, value->len, longest)
						   : sh_pattern_prefix(pattern, value->text, value->len, longest);
	if (len > 0) {
		value->text += suffix ? 0 : len;
		value->len -= (size_t)len;
	}
}

struct replacement {
	const struct sh_pattern *pattern;
	const char *text;
	size_t len;
	uint8_t op;
};

static void replace_all(struct shell *sh, struct value *value, const struct replacement *r) {
	struct sh_text out = { 0 };
	size_t from = 0;
	size_t start;
	size_t end;
	while (from <= value->len &&
			sh_pattern_search(r->pattern, value->text, value->len, from, &start, &end)) {
		if (end == start) {
			break; // an empty match replaces nothing
		}
		sh_text_append(sh, &out, value->text + from, start - from);
		sh_text_append(sh, &out, r->text, r->len);
		from = end;
		if (r->op != SH_OP_REPLACE_ALL) {
			break;
		}
	}
	sh_text_append(sh, &out, value->text + from, value->len - from);
	value->text = out.data;
	value->len = out.len;
}

static void replace(struct shell *sh, struct value *value, const struct replacement *r) {
	if (r->op == SH_OP_REPLACE || r->op == SH_OP_REPLACE_ALL) {
		replace_all(sh, value, r);
		return;
	}
	bool prefix = r->op == SH_OP_REPLACE_PREFIX;
	ptrdiff_t len = prefix ? sh_pattern_prefix(r->pattern, value->text, value->len, true)
						   : sh_pattern_suffix(r->pattern, value->text, value->len, true);
	if (len < 0) {
		return;
	}
	struct sh_text out = { 0 };
	if (prefix) {
		sh_text_append(sh, &out, r->text, r->len);
		sh_text_append(sh, &out, value->text + len, value->len - (size_t)len);
	} else {
		sh_text_append(sh, &out, value->text, value->len - (size_t)len);
		sh_text_append(sh, &out, r->text, r->len);
	}
	value->text = out.data;
	value->len = out.len;
}

static void change_case(struct shell *sh, struct value *value, uint8_t op) {
	bool upper = op == SH_OP_UPPER || op == SH_OP_UPPER_ALL;
	bool all = op == SH_OP_UPPER_ALL || op == SH_OP_LOWER_ALL;
	char *text = sh_arena_copy(&sh->scratch, value->text, value->len);
	for (size_t i = 0; i < value->len && (all || i == 0); i++) {
		unsigned char c = (unsigned char)text[i];
		text[i] = (char)(c >= 0x80 ? c : upper ? toupper(c) : tolower(c));
	}
	value->text = text;
}

static bool operand_number(struct shell *sh, struct sh_word *word, intmax_t *number) {
	size_t len;
	char *text = sh_expand_string(sh, word, &len);
	if (text == NULL) {
		return false;
	}
	if (sh_arith_text(sh, text, len, number) != SH_ARITH_OK) {
		sh_fail(sh, 2);
		return false;
	}
	return true;
}

/* Byte offset of character `index`. */
static size_t char_offset(struct shell *sh, const char *text, size_t len, intmax_t index) {
	uint32_t wc;
	size_t at = 0;
	while (index-- > 0 && at < len) {
		at += sh_char(sh, text + at, len - at, &wc);
	}
	return at;
}

/* ${x:off:len}: of a list, elements ($@ counts from 1, with $0 at 0). */
static bool substring(struct shell *sh, const struct sh_param *param, struct value *value) {
	intmax_t offset;
	intmax_t count = INTMAX_MAX;
	if (!operand_number(sh, param->word, &offset) ||
			(param->word2 != NULL && !operand_number(sh, param->word2, &count))) {
		return false;
	}
	intmax_t all = value->is_list ? value->count
								  : (intmax_t)sh_char_count(sh, value->text, value->len);
	if (value->is_list && param->name == NULL) {
		char **items = sh_alloc(&sh->scratch, ((size_t)all + 2) * sizeof(char *));
		items[0] = (char *)sh->arg0;
		memcpy(items + 1, value->items, (size_t)all * sizeof(char *));
		value->items = items;
		all++;
	}
	offset += offset < 0 ? all : 0;
	if (offset < 0 || offset > all) {
		offset = all;
	}
	if (count < 0) {
		count += all - offset;
		if (count < 0 && value->is_list) {
			return fail_param(sh, param, "substring expression < 0");
		}
		count = count < 0 ? 0 : count;
	}
	count = count > all - offset ? all - offset : count;
	if (value->is_list) {
		value->items += offset;
		value->count = (int)count;
		return true;
	}
	size_t start = char_offset(sh, value->text, value->len, offset);
	value->text += start;
	value->len = char_offset(sh, value->text, value->len - start, count);
	return true;
}

/* Operators that make another text of the value, or of each item of a list. */
static bool transform(struct shell *sh, const struct sh_param *param, struct value *value) {
	struct replacement r = { .op = param->op };
	if (param->op <= SH_OP_SUFFIX_LONG || (param->op >= SH_OP_REPLACE && param->op <= SH_OP_REPLACE_SUFFIX)) {
		r.pattern = operand_pattern(sh, param->word);
		if (r.pattern == NULL) {
			return false;
		}
	}
	r.text = "";
	if (param->word2 != NULL) {
		r.text = sh_expand_string(sh, param->word2, &r.len);
		if (r.text == NULL) {
			return false;
		}
	}
	int count = value->is_list ? value->count : 1;
	char **items = value->is_list ? sh_alloc(&sh->scratch, ((size_t)count + 1) * sizeof(char *)) : NULL;
	for (int i = 0; i < count; i++) {
		struct value one = *value;
		if (value->is_list) {
			one.text = value->items[i];
			one.len = strlen(one.text);
		}
		if (param->op <= SH_OP_SUFFIX_LONG) {
			cut(&one, param->op, r.pattern);
		} else if (param->op >= SH_OP_UPPER) {
			change_case(sh, &one, param->op);
		} else {
			replace(sh, &one, &r);
		}
		if (value->is_list) {
			items[i] = sh_arena_copy(&sh->scratch, one.text, one.len);
		} else {
			*value = one;
		}
	}
	if (value->is_list) {
		value->items = items;
	}
	return true;
}

/* ${!x}: the parameter x names. */
static bool op_indirect(struct shell *sh, struct value *value) {
	char *text = sh_arena_copy(&sh->scratch, value->text, value->len);
	struct sh_param target = { 0 };
	if (text[0] >= '1' && text[0] <= '9') {
		target.special = 'n';
		target.number = atoi(text);
		return value_get(sh, &target, value);
	}
	if (text[0] == '@' || text[0] == '*') {
		target.special = text[0];
		return value_get(sh, &target, value);
	}
	memset(value, 0, sizeof(*value));
	value->text = text[0] != '\0' ? sh_ref_get(sh, text, &value->len) : NULL;
	value->is_set = value->text != NULL;
	value->text = value->is_set ? sh_arena_copy(&sh->scratch, value->text, value->len) : "";
	return true;
}

static bool apply_operator(
		struct sh_expander *ex, const struct sh_param *param, struct value *value, bool quoted) {
	struct shell *sh = ex->sh;
	switch (param->op) {
	case SH_OP_DEFAULT:
		if (is_missing(param, value)) {
			return emit_operand(ex, param, quoted);
		}
		break;
	case SH_OP_ASSIGN:
		if (is_missing(param, value)) {
			return op_assign(ex, param, quoted);
		}
		break;
	case SH_OP_ERROR:
		if (is_missing(param, value)) {
			return op_error(sh, param);
		}
		break;
	case SH_OP_ALTERNATIVE:
		if (is_missing(param, value)) {
			if (quoted && !value->is_list) {
				sh_emit(ex, "", 0, true);
			}
			return true;
		}
		return emit_operand(ex, param, quoted);
	case SH_OP_LENGTH:
		return check_set(sh, param, value) && op_length(ex, param, value, quoted);
	case SH_OP_SUBSTRING:
		if (!check_set(sh, param, value) || !substring(sh, param, value)) {
			return false;
		}
		break;
	case SH_OP_KEYS:
		break;
	case SH_OP_INDIRECT:
		if (!op_indirect(sh, value)) {
			return false;
		}
		break;
	default:
		if (!check_set(sh, param, value) || !transform(sh, param, value)) {
			return false;
		}
		break;
	}
	emit_value(ex, value, quoted);
	return true;
}

bool sh_expand_param(struct sh_expander *ex, const struct sh_part *part) {
	struct shell *sh = ex->sh;
	const struct sh_param *param = part->param;
	if (param->op == SH_OP_BAD) {
		sh_error(sh, "%s: bad substitution", param->word->text);
		sh_fail(sh, 2);
		return false;
	}
	struct value value;
	if (!value_get(sh, param, &value)) {
		return false;
	}
	if (param->op == SH_OP_NONE) {
		if (!check_set(sh, param, &value)) {
			return false;
		}
		emit_value(ex, &value, part->quoted);
		return true;
	}
	/* Evaluating the operand may change the variable or sh->number: keep our own copy. */
	if (!value.is_list && param->op != SH_OP_LENGTH) {
		value.text = sh_arena_copy(&sh->scratch, value.text, value.len);
	}
	return apply_operator(ex, param, &value, part->quoted);
}
