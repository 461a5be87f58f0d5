/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A scalar is fetched whenever it is looked at. What the variable itself has is only what was
 * assigned last; it counts as unset, so that putting back an old state of the variable at the end
 * of a subshell assigns nothing. Of an array there is a copy, which is as old as its version says.
 */
#include "config.h"
#include "shell/kept.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/buf.h"
#include "shell/array.h"
#include "shell/name.h"
#include "shell/plugin_api.h"
#include "shell/shell.h"
#include "shell/var.h"

enum { NUMBER_SIZE = 32 };

static const struct sh_plugin_variable *kept_of(const struct sh_name *name) {
	return name->var.kept;
}

// ---- scalars ----

static const char *scalar_get(struct shell *sh, struct sh_name *name) {
	const struct sh_plugin_variable *kept = kept_of(name);
	cn_buf_reset(&sh->kept);
	return kept->get(kept->data, &sh->kept) ? sh->kept.data : NULL;
}

static void scalar_changed(struct shell *sh, struct sh_name *name) {
	const struct sh_plugin_variable *kept = kept_of(name);
	if ((name->var.flags & SH_VAR_SET) != 0) {
		kept->set(kept->data, name->var.value, name->var.len);
		name->var.flags &= ~(uint32_t)SH_VAR_SET;
	}
}

static const struct sh_var_hooks scalar_hooks = {
	.get = scalar_get,
	.changed = scalar_changed,
	.is_kept = true,
};

// ---- arrays ----

static void add_item(void *to, struct sh_plugin_text key, struct sh_plugin_text value) {
	struct sh_name *name = to;
	char *text = strndup(key.data, key.len);
	if (text == NULL) {
		return;
	}
	if ((name->var.flags & SH_VAR_ASSOC) != 0) {
		sh_array_put_key(name->var.array, text, value.data, value.len);
	} else {
		sh_array_put(name->var.array, atoll(text), value.data, value.len);
	}
	free(text);
}

static void array_refresh(struct shell *sh, struct sh_name *name) {
	const struct sh_plugin_variable *kept = kept_of(name);
	struct sh_array *array = name->var.array;
	uint64_t version;
	if (array == NULL || kept->version(kept->data, &version) < 0 || array->version == version + 1) {
		return;
	}
	while (array->len > 0) {
		sh_array_remove(array, &array->items[array->len - 1]);
	}
	kept->each(kept->data, add_item, name);
	array->version = version + 1;
}

static int item_put(const struct sh_plugin_variable *kept, const struct sh_item *item) {
	char number[NUMBER_SIZE];
	snprintf(number, sizeof(number), "%jd", item->index);
	return kept->set_element(
			kept->data, item->key != NULL ? item->key : number, item->value, item->len);
}

static void array_put_all(const struct sh_plugin_variable *kept, const struct sh_array *array) {
	for (size_t i = 0; i < array->len; i++) {
		if (item_put(kept, &array->items[i]) < 0) {
			return;
		}
	}
}

static void array_stored(struct shell *sh, struct sh_name *name, const struct sh_item *item) {
	const struct sh_plugin_variable *kept = kept_of(name);
	struct sh_array *array = name->var.array;
	uint64_t version = 0;
	uint64_t before = array->version;
	if (item == NULL) {
		kept->clear(kept->data);
		array_put_all(kept, array);
		array->version = 0;
		array_refresh(sh, name); // there are no gaps in a kept one
		return;
	}
	bool dense = item->key != NULL || item->index < (intmax_t)array->len;
	int err = item_put(kept, item);
	// Of our change alone: the copy is right without another look.
	if (err == 0 && kept->version(kept->data, &version) == 0) {
		array->version = dense && version == before ? version + 1 : 0;
	} else {
		array->version = 0;
	}
}

static void array_removed(struct shell *sh, struct sh_name *name, const struct sh_item *item) {
	const struct sh_plugin_variable *kept = kept_of(name);
	char number[NUMBER_SIZE];
	snprintf(number, sizeof(number), "%jd", item->index);
	kept->unset_element(kept->data, item->key != NULL ? item->key : number);
	name->var.array->version = 0;
}

static const struct sh_var_hooks array_hooks = {
	.is_kept = true,
	.refresh = array_refresh,
	.stored = array_stored,
	.removed = array_removed,
};

// ---- binding ----

static int check_kind(const struct sh_var *var, int kind) {
	if ((var->flags & SH_VAR_READONLY) != 0) {
		return -EROFS;
	}
	if (var->hooks != NULL && !var->hooks->is_kept) {
		return -EINVAL; // RANDOM and its like
	}
	switch (kind) {
	case SH_PLUGIN_INDEXED:
		return (var->flags & SH_VAR_ASSOC) != 0 ? -EINVAL : 0;
	case SH_PLUGIN_ASSOC:
		return (var->flags & SH_VAR_ASSOC) == 0 && (var->flags & SH_VAR_SET) != 0 ? -EINVAL : 0;
	default:
		return sh_var_is_array(var) ? -EINVAL : 0;
	}
}

int sh_kept_bind(
		struct shell *sh, const char *name, const struct sh_plugin_variable *variable, bool keep) {
	if (!sh_is_name(name, strlen(name))) {
		return -EINVAL;
	}
	struct sh_name *interned = sh_name(sh, name);
	struct sh_var *var = &interned->var;
	bool is_array = variable->kind == SH_PLUGIN_INDEXED || variable->kind == SH_PLUGIN_ASSOC;
	int err = check_kind(var, variable->kind);
	if (err < 0) {
		return err;
	}
	keep = keep && (var->hooks == NULL || !var->hooks->is_kept);
	var->hooks = NULL;
	if (is_array) {
		struct sh_array *array =
				sh_var_array(sh, interned, variable->kind == SH_PLUGIN_ASSOC, false);
		if (array == NULL) {
			return -EINVAL;
		}
		if (keep) {
			array_put_all(variable, array);
		}
		array->version = 0;
	} else if (keep && var->value != NULL) {
		variable->set(variable->data, var->value, var->len);
	}
	var->kept = variable;
	var->hooks = is_array ? &array_hooks : &scalar_hooks;
	if (!is_array) {
		var->flags &= ~(uint32_t)SH_VAR_SET;
	}
	if (variable->kind == SH_PLUGIN_INTEGER) {
		sh_var_flag(sh, interned, SH_VAR_INTEGER, 0);
	}
	return 0;
}
