/* SPDX-License-Identifier: GPL-3.0-or-later */
/* shell/var.c - variables (XCU 2.5.3), what is local to functions, undoing. See var_core.h. */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "shell/array.h"
#include "shell/expand_arith.h"
#include "shell/func.h"
#include "shell/subshell.h"
#include "shell/var_core.h"

void sh_var_free_value(struct sh_var *var) {
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

void sh_var_journal(struct shell *sh, struct sh_name *name, bool keep) {
	struct sh_var *var = &name->var;
	sh_undo_push(&sh->journal, SH_UNDO_VAR, name)->var = *var;
	if (keep) {
		var_duplicate(var);
	} else {
		var_detach_value(var);
	}
	var->level = sh->level;
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
	if (sh_var_writable(sh, name) < 0) {
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
		sh_var_own(sh, name, false);
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
	if (sh_var_writable(sh, name) < 0) {
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
	sh_var_own(sh, name, true);
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
	if (sh_var_writable(sh, name) < 0) {
		return -1;
	}
	bool exported = (var->flags & SH_VAR_EXPORT) != 0;
	sh_var_own(sh, name, false);
	sh_var_free_value(var);
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
	sh_var_own(sh, name, true);
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
	if (sh->frame == NULL || sh_var_writable(sh, name) < 0) {
		return -1;
	}
	for (size_t i = sh->locals.len; i > sh->frame->locals; i--) {
		const struct sh_undo *undo = sh->locals.items[i - 1];
		if (undo->name == name) {
			return 0; // local already
		}
	}
	struct sh_var *var = &name->var;
	sh_var_own(sh, name, true);
	struct sh_undo *undo = sh_undo_push(&sh->locals, SH_UNDO_VAR, name);
	undo->var = *var;
	undo->offset = sh->state.offset;
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
	sh_var_own(sh, name, true);
	struct sh_undo *undo = sh_undo_push(&sh->locals, SH_UNDO_VAR, name);
	undo->var = *var;
	undo->offset = sh->state.offset;
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
	sh_var_free_value(var);
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
			if (undo->name == sh->n.optind && vec == &sh->locals) {
				sh->state.offset = undo->offset;
			}
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
