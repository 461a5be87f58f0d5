/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "shell/array.h"
#include "shell/builtin.h"
#include "shell/expand_arith.h"
#include "shell/func.h"
#include "shell/shell.h"
#include "shell/subshell.h"
#include "shell/var.h"

static void var_free_value(struct sh_var *var) {
	if (var->cap > 0) {
		free(var->value);
	}
	if (var->array != NULL) {
		sh_array_destroy(var->array);
	}
	var->value = NULL;
	var->array = NULL;
	var->len = var->cap = 0;
	var->flags &= ~(uint32_t)(SH_VAR_SET | SH_VAR_BORROWED | SH_VAR_INDEXED | SH_VAR_ASSOC);
}

static void var_changed(struct shell *sh, struct sh_name *name) {
	if ((name->var.flags & SH_VAR_EXPORT) != 0) {
		sh->env_dirty = true;
	}
	if (name->var.hooks != NULL && name->var.hooks->changed != NULL) {
		name->var.hooks->changed(sh, name);
	}
}

void sh_var_refresh(struct shell *sh, struct sh_name *name) {
	if (name->var.hooks != NULL && name->var.hooks->refresh != NULL) {
		name->var.hooks->refresh(sh, name);
	}
}

void sh_var_stored(struct shell *sh, struct sh_name *name) {
	if (name->var.hooks != NULL && name->var.hooks->stored != NULL) {
		name->var.hooks->stored(sh, name, NULL);
	}
}

/* From here on, until it is put back, the name means something else than what is kept. */
static void var_forget_kept(struct sh_var *var) {
	if (var->hooks != NULL && var->hooks->is_kept) {
		var->hooks = NULL;
		var->kept = NULL;
	}
}

/* Give the variable a value of its own, equal to what it has. */
static void var_duplicate(struct sh_var *var) {
	if (var->value != NULL && var->cap > 0) {
		var->value = sh_xstrndup(var->value, var->len);
		var->cap = var->len + 1;
	}
	if (var->array != NULL) {
		var->array = sh_array_clone(var->array);
	}
}

static void var_detach_value(struct sh_var *var) {
	var->value = NULL;
	var->array = NULL;
	var->len = var->cap = 0;
	var->flags &= ~(uint32_t)(SH_VAR_SET | SH_VAR_BORROWED | SH_VAR_INDEXED | SH_VAR_ASSOC);
}

/*
 * Before a change: journal the old state when an outer environment owns it. With `keep` the
 * variable still has its value afterwards.
 */
static void var_own(struct shell *sh, struct sh_name *name, bool keep) {
	struct sh_var *var = &name->var;
	if (var->level >= sh->level) {
		return;
	}
	sh_undo_push(&sh->journal, SH_UNDO_VAR, name)->var = *var;
	if (keep) {
		var_duplicate(var);
	} else {
		var_detach_value(var);
	}
	var->level = sh->level;
}

static int var_writable(struct shell *sh, struct sh_name *name) {
	if ((name->var.flags & SH_VAR_READONLY) != 0) {
		sh_error(sh, "%s: is read only", name->text);
		return -1;
	}
	return 0;
}

const char *sh_var_get_len(struct shell *sh, struct sh_name *name, size_t *len) {
	struct sh_var *var = &name->var;
	if (var->hooks != NULL && var->hooks->get != NULL) {
		const char *value = var->hooks->get(sh, name);
		if (value != NULL) {
			*len = strlen(value);
		}
		return value;
	}
	if (sh_var_is_array(var)) {
		sh_var_refresh(sh, name);
		const struct sh_item *item = (var->flags & SH_VAR_ASSOC) != 0
				? sh_array_find_key(var->array, "0")
				: sh_array_find(var->array, 0);
		*len = item != NULL ? item->len : 0;
		return item != NULL ? item->value : NULL;
	}
	*len = var->len;
	return var->value;
}

const char *sh_var_get(struct shell *sh, struct sh_name *name) {
	size_t len;
	return sh_var_get_len(sh, name, &len);
}

const char *sh_var_get_text(struct shell *sh, const char *name) {
	struct sh_name *found = sh_name_find(sh, name, strlen(name));
	return found != NULL ? sh_var_get(sh, found) : NULL;
}

static void var_reserve(struct sh_var *var, size_t len) {
	if (len < var->cap) {
		return;
	}
	size_t cap = (len + 1 + 15) & ~(size_t)15;
	if (var->cap > 0 && cap < var->cap * 2 && cap > 64) {
		cap = var->cap * 2;
	}
	if (var->cap == 0) {
		char *value = sh_xmalloc(cap);
		if (var->len > 0) {
			memcpy(value, var->value, var->len);
		}
		var->value = value;
	} else {
		var->value = sh_xrealloc(var->value, cap);
	}
	var->cap = cap;
	var->flags &= ~(uint32_t)SH_VAR_BORROWED;
}

static int set_declared_integer(
		struct shell *sh, struct sh_name *name, const char *value, size_t len);

int sh_var_set(struct shell *sh, struct sh_name *name, const char *value, size_t len) {
	struct sh_var *var = &name->var;
	if (var_writable(sh, name) < 0) {
		return -1;
	}
	if ((var->flags & SH_VAR_INTEGER) != 0) {
		return set_declared_integer(sh, name, value, len);
	}
	if (sh_var_is_array(var)) {
		return sh_elem_set(sh, name, "0", value, len, false);
	}
	/* The new value may be part of the old one: keep that until it is copied. */
	struct sh_var old = *var;
	if (var->level < sh->level) {
		var_own(sh, name, false);
		old.cap = 0;
	}
	if (len < var->cap) {
		memmove(var->value, value, len);
	} else {
		size_t cap = (len + 1 + 15) & ~(size_t)15;
		char *copy = sh_xmalloc(cap);
		memcpy(copy, value, len);
		if (old.cap > 0) {
			free(old.value);
		}
		var->value = copy;
		var->cap = cap;
		var->flags &= ~(uint32_t)SH_VAR_BORROWED;
	}
	var->value[len] = '\0';
	var->len = len;
	var->flags |= SH_VAR_SET;
	if ((sh->options & SH_OPT_ALLEXPORT) != 0) {
		sh_var_flag(sh, name, SH_VAR_EXPORT, 0);
	}
	if ((var->flags & SH_VAR_EXPORT) != 0 || var->hooks != NULL) {
		var_changed(sh, name);
	}
	return 0;
}

int sh_var_set_text(struct shell *sh, const char *name, const char *value) {
	return sh_var_set(sh, sh_name(sh, name), value, strlen(value));
}

int sh_var_set_int(struct shell *sh, struct sh_name *name, intmax_t value) {
	char text[24];
	char *end = text + sizeof(text);
	char *p = end;
	uintmax_t rest = value < 0 ? -(uintmax_t)value : (uintmax_t)value;
	do {
		*--p = (char)('0' + rest % 10);
		rest /= 10;
	} while (rest > 0);
	if (value < 0) {
		*--p = '-';
	}
	struct sh_var *var = &name->var;
	uint32_t integer = var->flags & SH_VAR_INTEGER;
	var->flags &= ~(uint32_t)SH_VAR_INTEGER;
	int result = sh_var_set(sh, name, p, (size_t)(end - p));
	var->flags |= integer;
	return result;
}

int sh_var_append(struct shell *sh, struct sh_name *name, const char *value, size_t len) {
	struct sh_var *var = &name->var;
	if (var_writable(sh, name) < 0) {
		return -1;
	}
	if (sh_var_is_array(var)) {
		return sh_elem_set(sh, name, "0", value, len, true);
	}
	if ((var->flags & SH_VAR_INTEGER) != 0 || (var->hooks != NULL && var->hooks->get != NULL)) {
		struct cn_buf text = CN_BUF_INIT;
		const char *old = sh_var_get(sh, name);
		cn_buf_puts(&text, old != NULL ? old : "");
		cn_buf_puts(&text, (var->flags & SH_VAR_INTEGER) != 0 ? "+" : "");
		cn_buf_append(&text, value, len);
		int result = sh_var_set(sh, name, text.data, text.len);
		cn_buf_finish(&text);
		return result;
	}
	var_own(sh, name, true);
	if (var->value != NULL && var->len + len >= var->cap && var->cap > 0) {
		size_t offset = (size_t)(value - var->value);
		bool inside = value >= var->value && value <= var->value + var->len;
		var_reserve(var, (var->len + len) + (var->len + len) / 2);
		value = inside ? var->value + offset : value;
	} else {
		var_reserve(var, var->len + len);
	}
	memmove(var->value + var->len, value, len);
	var->len += len;
	var->value[var->len] = '\0';
	var->flags |= SH_VAR_SET;
	if ((sh->options & SH_OPT_ALLEXPORT) != 0) {
		sh_var_flag(sh, name, SH_VAR_EXPORT, 0);
	}
	var_changed(sh, name);
	return 0;
}

int sh_var_unset(struct shell *sh, struct sh_name *name) {
	struct sh_var *var = &name->var;
	if (var_writable(sh, name) < 0) {
		return -1;
	}
	bool exported = (var->flags & SH_VAR_EXPORT) != 0;
	var_own(sh, name, false);
	var_free_value(var);
	var->flags = 0;
	var_forget_kept(var);
	if (var->hooks != NULL && var->hooks->get != NULL) {
		var->hooks = NULL; // it loses its meaning, as in ksh
	}
	sh->env_dirty |= exported;
	if (var->hooks != NULL && var->hooks->changed != NULL) {
		var->hooks->changed(sh, name);
	}
	return 0;
}

void sh_var_flag(struct shell *sh, struct sh_name *name, uint32_t add, uint32_t remove) {
	struct sh_var *var = &name->var;
	uint32_t flags = (var->flags | add) & ~remove;
	if (flags == var->flags) {
		return;
	}
	var_own(sh, name, true);
	if ((add & SH_VAR_EXPORT) != 0 && (var->flags & SH_VAR_EXPORT) == 0) {
		cn_vec_push(&sh->exported, name);
	}
	if (((add | remove) & SH_VAR_EXPORT) != 0) {
		sh->env_dirty = true;
	}
	var->flags = (var->flags | add) & ~remove;
}

static int set_declared_integer(
		struct shell *sh, struct sh_name *name, const char *value, size_t len) {
	intmax_t number;
	if (sh_arith_text(sh, value, len, &number) != SH_ARITH_OK) {
		return -1;
	}
	return sh_var_set_int(sh, name, number);
}

int sh_var_local(struct shell *sh, struct sh_name *name) {
	if (sh->frame == NULL || var_writable(sh, name) < 0) {
		return -1;
	}
	for (size_t i = sh->locals.len; i > sh->frame->locals; i--) {
		const struct sh_undo *undo = sh->locals.items[i - 1];
		if (undo->name == name) {
			return 0; // local already
		}
	}
	struct sh_var *var = &name->var;
	var_own(sh, name, true);
	sh_undo_push(&sh->locals, SH_UNDO_VAR, name)->var = *var;
	bool exported = (var->flags & SH_VAR_EXPORT) != 0;
	var_detach_value(var);
	var_forget_kept(var);
	var->flags &= SH_VAR_EXPORT;
	sh->env_dirty |= exported;
	if (var->hooks != NULL && var->hooks->changed != NULL) {
		var->hooks->changed(sh, name);
	}
	return 0;
}

/* Save a variable that an assignment before a command changes for its time (XCU 2.9.1.2). */
void sh_var_save(struct shell *sh, struct sh_name *name) {
	struct sh_var *var = &name->var;
	var_own(sh, name, true);
	sh_undo_push(&sh->locals, SH_UNDO_VAR, name)->var = *var;
	var_duplicate(var);
	var_forget_kept(var);
}

/* ---- undoing ---- */

struct sh_undo *sh_undo_push(struct cn_vec *vec, enum sh_undo_kind kind, struct sh_name *name) {
	struct sh_undo *undo = sh_xcalloc(1, sizeof(*undo));
	undo->kind = kind;
	undo->name = name;
	if (cn_vec_push(vec, undo) < 0) {
		abort();
	}
	return undo;
}

static void undo_var(struct shell *sh, struct sh_name *name, const struct sh_var *old) {
	struct sh_var *var = &name->var;
	bool exported = ((var->flags | old->flags) & SH_VAR_EXPORT) != 0;
	var_free_value(var);
	*var = *old;
	sh->env_dirty |= exported;
	if (var->hooks != NULL && var->hooks->changed != NULL) {
		var->hooks->changed(sh, name);
	}
}

void sh_undo_to(struct shell *sh, struct cn_vec *vec, size_t mark) {
	while (vec->len > mark) {
		struct sh_undo *undo = cn_vec_pop(vec);
		switch (undo->kind) {
		case SH_UNDO_VAR:
			undo_var(sh, undo->name, &undo->var);
			break;
		case SH_UNDO_FUNC:
			sh_func_drop(undo->name->func);
			undo->name->func = undo->func;
			break;
		default:
			free(undo->name->alias);
			undo->name->alias = undo->alias;
			break;
		}
		free(undo);
	}
}

/* ---- references: name, name[subscript] ---- */

/* Split a reference: the name, and the subscript's copy in *subscript (heap; NULL: none). */
static struct sh_name *ref_parse(struct shell *sh, const char *ref, char **subscript) {
	const char *open = strchr(ref, '[');
	size_t len = open != NULL ? (size_t)(open - ref) : strlen(ref);
	size_t all = strlen(ref);
	*subscript = NULL;
	if (!sh_is_name(ref, len) || (open != NULL && (ref[all - 1] != ']' || all - len < 3))) {
		sh_error(sh, "%s: bad variable name", ref);
		return NULL;
	}
	if (open != NULL) {
		*subscript = sh_xstrndup(open + 1, all - len - 2);
	}
	return sh_name_intern(sh, ref, len);
}

int sh_ref_set(struct shell *sh, const char *ref, const char *value, size_t len) {
	char *subscript;
	struct sh_name *name = ref_parse(sh, ref, &subscript);
	if (name == NULL) {
		return -1;
	}
	int result = subscript != NULL ? sh_elem_set(sh, name, subscript, value, len, false)
								   : sh_var_set(sh, name, value, len);
	free(subscript);
	return result;
}

const char *sh_ref_get(struct shell *sh, const char *ref, size_t *len) {
	char *subscript;
	struct sh_name *name = ref_parse(sh, ref, &subscript);
	if (name == NULL) {
		return NULL;
	}
	const char *value = subscript != NULL ? sh_elem_get(sh, name, subscript, len, NULL)
										  : sh_var_get_len(sh, name, len);
	free(subscript);
	return value;
}

int sh_ref_unset(struct shell *sh, const char *ref) {
	char *subscript;
	struct sh_name *name = ref_parse(sh, ref, &subscript);
	if (name == NULL) {
		return -1;
	}
	bool all = subscript != NULL && (strcmp(subscript, "@") == 0 || strcmp(subscript, "*") == 0);
	int result = subscript != NULL && !all ? sh_elem_unset(sh, name, subscript)
										   : sh_var_unset(sh, name);
	free(subscript);
	return result;
}

/* ---- arrays ---- */

struct sh_array *sh_var_array(struct shell *sh, struct sh_name *name, bool assoc, bool empty) {
	struct sh_var *var = &name->var;
	if (var_writable(sh, name) < 0) {
		return NULL;
	}
	uint32_t kind = assoc ? SH_VAR_ASSOC : SH_VAR_INDEXED;
	if (sh_var_is_array(var) && (var->flags & kind) == 0 && !empty) {
		sh_error(sh, "%s: is an array of the other kind", name->text);
		return NULL;
	}
	if (!empty) {
		sh_var_refresh(sh, name);
	}
	var_own(sh, name, !empty);
	if (empty) {
		var_free_value(var);
	}
	if (var->array == NULL) {
		struct sh_array *array = sh_array_create();
		if (var->value != NULL) {
			if (assoc) {
				sh_array_put_key(array, "0", var->value, var->len);
			} else {
				sh_array_put(array, 0, var->value, var->len);
			}
		}
		var_free_value(var);
		var->array = array;
	}
	var->flags |= kind | SH_VAR_SET;
	if (empty) {
		sh_var_stored(sh, name);
	}
	return var->array;
}

/* The index an arithmetic subscript means; negative ones count from the end. */
static bool elem_index(
		struct shell *sh, struct sh_name *name, const char *subscript, intmax_t *index) {
	if (sh_arith_text(sh, subscript, strlen(subscript), index) != SH_ARITH_OK) {
		return false;
	}
	sh_var_refresh(sh, name);
	if (*index < 0 && name->var.array != NULL) {
		*index += sh_array_end(name->var.array);
	}
	if (*index < 0) {
		sh_error(sh, "%s[%s]: bad array subscript", name->text, subscript);
		return false;
	}
	return true;
}

static int array_store(struct shell *sh, struct sh_name *name, struct sh_array *array,
		const char *key, intmax_t index, const char *value, size_t len, bool append) {
	struct cn_buf joined = CN_BUF_INIT;
	char number[32];
	if (append) {
		const struct sh_item *item =
				key != NULL ? sh_array_find_key(array, key) : sh_array_find(array, index);
		if (item != NULL) {
			cn_buf_append(&joined, item->value, item->len);
			if ((name->var.flags & SH_VAR_INTEGER) != 0) {
				cn_buf_putc(&joined, '+');
			}
		}
		cn_buf_append(&joined, value, len);
		value = joined.data;
		len = joined.len;
	}
	if ((name->var.flags & SH_VAR_INTEGER) != 0) {
		intmax_t result;
		if (sh_arith_text(sh, value, len, &result) != SH_ARITH_OK) {
			cn_buf_finish(&joined);
			return -1;
		}
		len = (size_t)snprintf(number, sizeof(number), "%" PRIdMAX, result);
		value = number;
	}
	if (key != NULL) {
		sh_array_put_key(array, key, value, len);
	} else {
		sh_array_put(array, index, value, len);
	}
	cn_buf_finish(&joined);
	if (name->var.hooks != NULL && name->var.hooks->stored != NULL) {
		name->var.hooks->stored(sh, name,
				key != NULL ? sh_array_find_key(array, key) : sh_array_find(array, index));
	}
	return 0;
}

int sh_elem_set(struct shell *sh, struct sh_name *name, const char *subscript, const char *value,
		size_t len, bool append) {
	bool assoc = (name->var.flags & SH_VAR_ASSOC) != 0;
	intmax_t index = 0;
	if (!assoc && !elem_index(sh, name, subscript, &index)) {
		return -1;
	}
	struct sh_array *array = sh_var_array(sh, name, assoc, false);
	if (array == NULL) {
		return -1;
	}
	return array_store(sh, name, array, assoc ? subscript : NULL, index, value, len, append);
}

const char *sh_elem_get(struct shell *sh, struct sh_name *name, const char *subscript, size_t *len,
		bool *failed) {
	struct sh_var *var = &name->var;
	const struct sh_item *item = NULL;
	if (failed != NULL) {
		*failed = false;
	}
	if ((var->flags & SH_VAR_ASSOC) != 0) {
		sh_var_refresh(sh, name);
		item = sh_array_find_key(var->array, subscript);
	} else {
		intmax_t index;
		if (!elem_index(sh, name, subscript, &index)) {
			if (failed != NULL) {
				*failed = true;
			}
			return NULL;
		}
		if (var->array == NULL) {
			return index == 0 ? sh_var_get_len(sh, name, len) : NULL;
		}
		item = sh_array_find(var->array, index);
	}
	if (item == NULL) {
		return NULL;
	}
	*len = item->len;
	return item->value;
}

int sh_elem_unset(struct shell *sh, struct sh_name *name, const char *subscript) {
	struct sh_var *var = &name->var;
	if (var_writable(sh, name) < 0) {
		return -1;
	}
	intmax_t index = 0;
	bool assoc = (var->flags & SH_VAR_ASSOC) != 0;
	if (!assoc && !elem_index(sh, name, subscript, &index)) {
		return -1;
	}
	if (var->array == NULL) {
		return index == 0 ? sh_var_unset(sh, name) : 0;
	}
	sh_var_refresh(sh, name);
	var_own(sh, name, true);
	struct sh_item *item =
			assoc ? sh_array_find_key(var->array, subscript) : sh_array_find(var->array, index);
	if (item != NULL && var->hooks != NULL && var->hooks->removed != NULL) {
		var->hooks->removed(sh, name, item);
	}
	if (item != NULL) {
		sh_array_remove(var->array, item);
	}
	return 0;
}

/* ---- the environment ---- */

void sh_var_import(struct shell *sh, char **environ_given) {
	sh->env_given = environ_given;
	sh->env_dirty = true;
	for (char **entry = environ_given; *entry != NULL; entry++) {
		char *equals = strchr(*entry, '=');
		if (equals == NULL || !sh_is_name(*entry, (size_t)(equals - *entry))) {
			continue;
		}
		struct sh_name *name = sh_name_intern(sh, *entry, (size_t)(equals - *entry));
		if ((name->var.flags & SH_VAR_SET) != 0) {
			continue;
		}
		name->var.value = equals + 1;
		name->var.len = strlen(equals + 1);
		name->var.flags |= SH_VAR_SET | SH_VAR_EXPORT | SH_VAR_BORROWED;
		cn_vec_push(&sh->exported, name);
		if (name->var.hooks != NULL && name->var.hooks->changed != NULL) {
			name->var.hooks->changed(sh, name);
		}
	}
}

/* NAME=VALUE: the very string we were given when it is unchanged, else a copy put at *copy. */
static char *env_entry(const struct sh_name *name, char **copy) {
	const struct sh_var *var = &name->var;
	if ((var->flags & SH_VAR_BORROWED) != 0) {
		return var->value - name->len - 1;
	}
	char *entry = *copy;
	memcpy(entry, name->text, name->len);
	entry[name->len] = '=';
	memcpy(entry + name->len + 1, var->value, var->len + 1);
	*copy += name->len + var->len + 2;
	return entry;
}

static bool is_passed(const struct sh_name *name) {
	return (name->var.flags & SH_VAR_EXPORT) != 0 && name->var.value != NULL;
}

/* A name can be in the list twice after unset and export: keep the first. */
static void exported_tidy(struct shell *sh) {
	size_t len = 0;
	for (size_t i = 0; i < sh->exported.len; i++) {
		struct sh_name *name = sh->exported.items[i];
		if (!name->in_environ) {
			name->in_environ = true;
			sh->exported.items[len++] = name;
		}
	}
	sh->exported.len = len;
	for (size_t i = 0; i < len; i++) {
		((struct sh_name *)sh->exported.items[i])->in_environ = false;
	}
}

char **sh_var_environ(struct shell *sh) {
	if (!sh->env_dirty && sh->env_cache != NULL) {
		return sh->env_cache;
	}
	exported_tidy(sh);
	size_t count = 1;
	size_t bytes = 0;
	for (size_t i = 0; i < sh->exported.len; i++) {
		const struct sh_name *name = sh->exported.items[i];
		bytes += is_passed(name) ? name->len + name->var.len + 2 : 0;
		count++;
	}
	for (char **entry = sh->env_given; *entry != NULL; entry++) {
		count++;
	}
	free(sh->env_cache);
	sh->env_cache = sh_xmalloc(count * sizeof(char *) + bytes);
	char *copy = (char *)(sh->env_cache + count);
	size_t n = 0;
	for (size_t i = 0; i < sh->exported.len; i++) {
		if (is_passed(sh->exported.items[i])) {
			sh->env_cache[n++] = env_entry(sh->exported.items[i], &copy);
		}
	}
	for (char **entry = sh->env_given; *entry != NULL; entry++) {
		const char *equals = strchr(*entry, '=');
		if (equals != NULL && !sh_is_name(*entry, (size_t)(equals - *entry))) {
			sh->env_cache[n++] = *entry;
		}
	}
	sh->env_cache[n] = NULL;
	sh->env_dirty = false;
	return sh->env_cache;
}
