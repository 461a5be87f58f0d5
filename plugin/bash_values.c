/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "plugin/bash_values.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/buf.h"
#include "lib/base/number.h"
#include "plugin/bash_api.h"

// An element by its number or literal key.
static const char *get_element(SHELL_VAR *var, const char *key) {
	if (assoc_p(var)) {
		return assoc_reference(assoc_cell(var), (char *)(uintptr_t)key);
	}
	int64_t index;
	if (cn_parse_int(key, 0, INT64_MAX, &index) < 0) {
		return NULL;
	}
	if (array_p(var)) {
		return array_reference(array_cell(var), index);
	}
	return index == 0 ? get_variable_value(var) : NULL;
}

const char *bash_get(const char *name) {
	const char *bracket = strchr(name, '[');
	if (bracket == NULL) {
		SHELL_VAR *var = find_variable(name);
		return var != NULL && !invisible_p(var) ? get_variable_value(var) : NULL;
	}
	size_t len = (size_t)(bracket - name);
	size_t end = strlen(name) - 1;
	char *copy = name[end] == ']' ? strdup(name) : NULL;
	if (copy == NULL) {
		return NULL;
	}
	copy[len] = '\0';
	copy[end] = '\0';
	SHELL_VAR *var = find_variable(copy);
	const char *value = var != NULL && !invisible_p(var) ? get_element(var, copy + len + 1) : NULL;
	free(copy);
	return value;
}

static char *without_nul(const char *value, size_t len) {
	char *copy = malloc(len + 1);
	if (copy != NULL) {
		cn_copy_without_nul(copy, value, len);
	}
	return copy;
}

// The variable of "name", or of the element "name[...]". 0 with NULL: there is none; or -ENOMEM.
static int find_base(const char *name, SHELL_VAR **var) {
	size_t len = strcspn(name, "[");
	if (name[len] == '\0') {
		*var = find_variable(name);
		return 0;
	}
	char *base = strndup(name, len);
	*var = base == NULL ? NULL : find_variable(base);
	free(base);
	return base == NULL ? -ENOMEM : 0;
}

// Whether `name` may be assigned to; looks through "a[3]" at a.
int bash_may_set(const char *name) {
	bool element = strchr(name, '[') != NULL;
	if (element ? !valid_array_reference(name, 0) : !is_identifier(name)) {
		return -EINVAL;
	}
	SHELL_VAR *var;
	int err = find_base(name, &var);
	return var != NULL && (readonly_p(var) || noassign_p(var)) ? -EROFS : err;
}

// The associative array that "name[key]" is an element of; NULL: none. *key is not copied.
static SHELL_VAR *assoc_of(const char *name, const char **key, size_t *key_len) {
	size_t len = strcspn(name, "[");
	size_t end = strlen(name);
	if (name[len] != '[' || name[end - 1] != ']') {
		return NULL;
	}
	SHELL_VAR *var;
	find_base(name, &var);
	*key = name + len + 1;
	*key_len = end - 1 - (len + 1);
	return var != NULL && assoc_p(var) ? var : NULL;
}

// The key is the key, whatever is in it: bash's own way would expand it.
static int set_key(
		SHELL_VAR *var, const char *key, size_t key_len, const char *value, size_t value_len) {
	if (readonly_p(var) || noassign_p(var)) {
		return -EROFS;
	}
	char *copy = without_nul(value, value_len);
	if (copy == NULL) {
		return -ENOMEM;
	}
	char *own = memcpy(xmalloc(key_len + 1), key, key_len); // bash's from here on
	own[key_len] = '\0';
	var = bind_assoc_variable(var, var->name, own, copy, 0);
	free(copy);
	return var == NULL ? -EINVAL : 0;
}

int bash_set(const char *name, const char *value, size_t len) {
	const char *key;
	size_t key_len;
	SHELL_VAR *assoc = assoc_of(name, &key, &key_len);
	if (assoc != NULL) {
		return set_key(assoc, key, key_len, value, len);
	}
	int err = bash_may_set(name);
	if (err < 0) {
		return err;
	}
	char *copy = without_nul(value, len);
	if (copy == NULL) {
		return -ENOMEM;
	}
	SHELL_VAR *var = builtin_bind_variable((char *)(uintptr_t)name, copy, 0);
	free(copy);
	return var == NULL ? -EINVAL : 0;
}

int bash_export(const char *name, const char *value) {
	SHELL_VAR *var = bind_variable(name, (char *)(uintptr_t)value, 0);
	if (var == NULL) {
		return -ENOMEM;
	}
	VSETATTR(var, att_exported);
	array_needs_making = 1;
	return 0;
}

int bash_set_array(const char *name, const struct host_text *values, size_t count) {
	int err = strchr(name, '[') != NULL ? -EINVAL : bash_may_set(name);
	if (err < 0) {
		return err;
	}
	SHELL_VAR *var = find_variable(name);
	if (var != NULL && assoc_p(var)) {
		return -EINVAL;
	}
	var = find_or_make_array_variable((char *)(uintptr_t)name, 1);
	if (var == NULL) {
		return -EINVAL;
	}
	array_flush(array_cell(var));
	VUNSETATTR(var, att_invisible);
	for (size_t i = 0; i < count; i++) {
		char *copy = without_nul(values[i].data, values[i].len);
		if (copy == NULL) {
			return -ENOMEM;
		}
		array_insert(array_cell(var), (arrayind_t)i, copy);
		free(copy);
	}
	return 0;
}

int bash_make_assoc(const char *name) {
	int err = strchr(name, '[') != NULL ? -EINVAL : bash_may_set(name);
	if (err < 0) {
		return err;
	}
	SHELL_VAR *var = find_variable(name);
	if (var != NULL) {
		return assoc_p(var) ? 0 : -EINVAL;
	}
	var = find_or_make_array_variable((char *)(uintptr_t)name, 3); // checked, associative
	return var != NULL ? 0 : -EINVAL;
}

int bash_unset(const char *name) {
	return unbind_variable(name) < 0 ? -ENOENT : 0;
}
