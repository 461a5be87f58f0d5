/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * shell/var_array.c - arrays and their elements, as in ksh and bash, and references `name` and
 * `name[subscript]` of builtins. See var_core.h.
 */
#include "config.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "shell/array.h"
#include "shell/expand_arith.h"
#include "shell/var_core.h"

/* ---- arrays ---- */

struct sh_array *sh_var_array(struct shell *sh, struct sh_name *name, bool assoc, bool empty) {
	struct sh_var *var = &name->var;
	if (sh_var_writable(sh, name) < 0) {
		return NULL;
	}
	if (!sh_var_is_array(var) && var->hooks != NULL && var->hooks->is_kept) {
		sh_error(sh, "%s: is shared, and not as an array", name->text);
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
	sh_var_own(sh, name, !empty);
	if (empty) {
		sh_var_free_value(var);
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
		sh_var_free_value(var);
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

static int elem_unset(struct shell *sh, struct sh_name *name, const char *subscript) {
	struct sh_var *var = &name->var;
	if (sh_var_writable(sh, name) < 0) {
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
	sh_var_own(sh, name, true);
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
	int result = subscript != NULL && !all ? elem_unset(sh, name, subscript)
										   : sh_var_unset(sh, name);
	free(subscript);
	return result;
}
