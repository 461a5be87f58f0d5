/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Bash's dynamic variables: it calls dynamic_value when a variable is looked up and assign_func
 * when one is assigned to. A scalar is fetched each time. Of an array bash needs a whole copy; it
 * is made anew when the version tells that the other side changed.
 *
 * Bash empties an array for `a=(...)`, and unsets elements, without a word to us; for an
 * associative one it fills a new table instead. So before the copy is used it is compared with what
 * it was: what is missing was taken out here, and is taken out there.
 */
#include "config.h"
#include "plugin/bash_vars.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/buf.h"
#include "lib/base/map.h"
#include "lib/base/vec.h"
#include "plugin/bash_api.h"
#include "plugin/host.h"

struct bound {
	const struct host_variable *variable;
	// The copy of an array:
	bool copied;
	uint64_t version; // that it is of
	intmax_t count; // elements when we last saw it
	void *table; // of an associative one, when we last saw it
	struct cn_buf assigned; // keys since then, each ending in NUL
};

static struct cn_map bounds = CN_MAP_INIT; // struct bound, by name

static struct bound *bound_of(const SHELL_VAR *var) {
	return cn_map_get(&bounds, var->name, strlen(var->name));
}

// A copy that is bash's, without the NULs that no variable holds.
static char *bash_text(const char *data, size_t len) {
	char *text = xmalloc(len + 1);
	cn_copy_without_nul(text, data, len);
	return text;
}

// ---- scalars -----------------------------------------------------------------------------------

static SHELL_VAR *scalar_get(SHELL_VAR *self) {
	struct bound *bound = bound_of(self);
	struct cn_buf value = CN_BUF_INIT;
	if (bound == NULL) {
		return self;
	}
	bool has = bound->variable->get(bound->variable->data, &value);
	char *old = value_cell(self);
	if (!has || old == NULL || strcmp(old, value.data) != 0) {
		if (old != NULL) {
			xfree(old);
		}
		var_setvalue(self, has ? bash_text(value.data, value.len) : NULL);
		if (exported_p(self)) {
			INVALIDATE_EXPORTSTR(self);
			array_needs_making = 1;
		}
	}
	if (has) {
		VUNSETATTR(self, att_invisible);
	} else {
		VSETATTR(self, att_invisible);
	}
	cn_buf_finish(&value);
	return self;
}

static SHELL_VAR *scalar_set(SHELL_VAR *self, char *value, arrayind_t index, char *key) {
	struct bound *bound = bound_of(self);
	if (bound == NULL) {
		return self;
	}
	if (bound->variable->kind != HOST_INTEGER) {
		bound->variable->set(bound->variable->data, value, strlen(value));
		return scalar_get(self); // `VAR+=TEXT` does not ask for the value before
	}
	char *sum = make_variable_value(self, value, 0); // may jump out: an invalid expression
	bound->variable->set(bound->variable->data, sum, strlen(sum));
	xfree(sum);
	return scalar_get(self);
}

// ---- arrays ------------------------------------------------------------------------------------

static bool is_assoc(const struct bound *bound) {
	return bound->variable->kind == HOST_ASSOC;
}

static intmax_t local_count(const SHELL_VAR *self) {
	return assoc_p(self) ? assoc_num_elements(assoc_cell(self))
						 : (int)array_num_elements(bash_array(self));
}

static bool has_local(const SHELL_VAR *self, const char *key) {
	if (assoc_p(self)) {
		return assoc_reference(assoc_cell(self), (char *)(uintptr_t)key) != NULL;
	}
	return array_reference(array_cell(self), atoll(key)) != NULL;
}

static void saw(struct bound *bound, SHELL_VAR *self) {
	bound->count = local_count(self);
	bound->table = assoc_p(self) ? assoc_cell(self) : NULL;
}

static bool was_assigned(const struct bound *bound, const char *key) {
	const char *at = bound->assigned.data;
	const char *end = at + bound->assigned.len;
	while (at < end) {
		if (strcmp(at, key) == 0) {
			return true;
		}
		at += strlen(at) + 1;
	}
	return false;
}

struct missing {
	SHELL_VAR *self;
	struct bound *bound;
	bool replaced; // what was not assigned since is missing
	struct cn_vec keys; // char *
};

static void look_missing(void *to, struct host_text key, struct host_text value) {
	struct missing *missing = to;
	char *text = bash_text(key.data, key.len);
	bool is = missing->replaced ? !was_assigned(missing->bound, text)
								: !has_local(missing->self, text);
	if (!is || cn_vec_push(&missing->keys, text) < 0) {
		xfree(text);
	}
}

// Take out there what is missing here; the last first, so that indexes stay right.
static void push_missing(struct bound *bound, SHELL_VAR *self, bool replaced) {
	const struct host_variable *variable = bound->variable;
	struct missing missing = { self, bound, replaced, CN_VEC_INIT };
	variable->each(variable->data, look_missing, &missing);
	char *key;
	while ((key = cn_vec_pop(&missing.keys)) != NULL) {
		variable->unset_element(variable->data, key);
		xfree(key);
	}
	cn_vec_finish(&missing.keys);
}

// What bash did to its copy without us. True: something.
static bool push_removed(struct bound *bound, SHELL_VAR *self) {
	intmax_t count = local_count(self);
	bool replaced = is_assoc(bound) && bound->table != assoc_cell(self);
	if (!bound->copied || (!replaced && count >= bound->count)) {
		return false;
	}
	if (count == 0 && bound->assigned.len == 0) {
		bound->variable->clear(bound->variable->data);
	} else {
		push_missing(bound, self, replaced);
	}
	return true;
}

static void add_element(void *to, struct host_text key, struct host_text value) {
	SHELL_VAR *self = to;
	char *text = bash_text(value.data, value.len);
	char *own = bash_text(key.data, key.len);
	if (assoc_p(self)) {
		assoc_insert(assoc_cell(self), own, text); // takes the key, copies the value
	} else {
		array_insert(array_cell(self), atoll(own), text);
		xfree(own);
	}
	xfree(text);
}

static SHELL_VAR *array_get(SHELL_VAR *self) {
	struct bound *bound = bound_of(self);
	if (bound == NULL) {
		return self;
	}
	const struct host_variable *variable = bound->variable;
	bool stale = push_removed(bound, self) || !bound->copied;
	cn_buf_reset(&bound->assigned);
	uint64_t version = 0;
	int err = variable->version(variable->data, &version);
	if (!stale && err == 0 && version == bound->version) {
		return self;
	}
	if (assoc_p(self)) {
		assoc_flush(assoc_cell(self));
	} else {
		array_flush(array_cell(self));
	}
	variable->each(variable->data, add_element, self);
	VUNSETATTR(self, att_invisible);
	bound->version = version;
	bound->copied = true;
	saw(bound, self);
	return self;
}

static void assign_copy(struct bound *bound, SHELL_VAR *self, char *key, char *value) {
	uint64_t version = 0;
	bool dense = is_assoc(bound) || atoll(key) <= local_count(self);
	struct host_text key_text = { key, strlen(key) };
	struct host_text value_text = { value, strlen(value) };
	add_element(self, key_text, value_text);
	saw(bound, self);
	int err = bound->variable->version(bound->variable->data, &version);
	// Of our change alone: the copy is right without another look.
	if (err == 0 && dense && version == bound->version + 1) {
		bound->version = version;
	}
}

static SHELL_VAR *array_set(SHELL_VAR *self, char *value, arrayind_t index, char *key) {
	struct bound *bound = bound_of(self);
	char number[32];
	if (bound != NULL) {
		const struct host_variable *variable = bound->variable;
		if (bound->copied && bound->count > 0 && local_count(self) == 0) { // a=(...) begins
			variable->clear(variable->data);
			variable->version(variable->data, &bound->version);
		}
		snprintf(number, sizeof(number), "%jd", (intmax_t)index);
		char *name = is_assoc(bound) ? key : number;
		if (name != NULL &&
				variable->set_element(variable->data, name, value, strlen(value)) == 0) {
			if (is_assoc(bound)) {
				cn_buf_append(&bound->assigned, name, strlen(name) + 1);
			}
			assign_copy(bound, self, name, value);
		}
	}
	if (key != NULL && !bash_frees_keys()) {
		xfree(key);
	}
	return self;
}

// ---- binding -----------------------------------------------------------------------------------

static struct host_text text_of(const char *text) {
	return (struct host_text){ text, strlen(text) };
}

static void walk_array(SHELL_VAR *var,
		void (*element)(void *to, struct host_text key, struct host_text value), void *to) {
	if (!assoc_p(var)) {
		ARRAY *array = bash_array(var);
		for (ARRAY_ELEMENT *at = element_forw(array->head); at != array->head;
				at = element_forw(at)) {
			char number[32];
			snprintf(number, sizeof(number), "%jd", (intmax_t)element_index(at));
			element(to, text_of(number), text_of(element_value(at)));
		}
		return;
	}
	WORD_LIST *keys = assoc_keys_to_word_list(assoc_cell(var));
	for (WORD_LIST *at = keys; at != NULL; at = at->next) {
		const char *value = assoc_reference(assoc_cell(var), at->word->word);
		if (value != NULL) {
			element(to, text_of(at->word->word), text_of(value));
		}
	}
	dispose_words(keys);
}

int bash_elements(const char *name,
		void (*element)(void *to, struct host_text key, struct host_text value), void *to) {
	SHELL_VAR *var = find_variable(name);
	if (var == NULL || (!array_p(var) && !assoc_p(var))) {
		return -EINVAL;
	}
	walk_array(var, element, to);
	return 0;
}

static void keep_element(void *to, struct host_text key, struct host_text value) {
	const struct host_variable *variable = to;
	variable->set_element(variable->data, key.data, value.data, value.len);
}

static bool is_ours(const SHELL_VAR *var) {
	return var->dynamic_value == scalar_get || var->dynamic_value == array_get;
}

static bool is_array_kind(const struct host_variable *variable) {
	return variable->kind == HOST_INDEXED || variable->kind == HOST_ASSOC;
}

// Whether the variable there is can be one of this kind.
static int check_kind(const SHELL_VAR *var, const struct host_variable *variable) {
	if (readonly_p(var) || noassign_p(var)) {
		return -EROFS;
	}
	if ((var->dynamic_value != NULL || var->assign_func != NULL) && !is_ours(var)) {
		return -EINVAL; // RANDOM and its like
	}
	switch (variable->kind) {
	case HOST_INDEXED:
		return assoc_p(var) ? -EINVAL : 0;
	case HOST_ASSOC:
		return assoc_p(var) || (!array_p(var) && value_cell(var) == NULL) ? 0 : -EINVAL;
	default:
		return assoc_p(var) || array_p(var) ? -EINVAL : 0;
	}
}

static SHELL_VAR *make_variable(const char *name, const struct host_variable *variable) {
	char *own = (char *)(uintptr_t)name;
	SHELL_VAR *var = find_variable(name);
	if (is_array_kind(variable)) {
		return find_or_make_array_variable(own, variable->kind == HOST_ASSOC ? 3 : 1);
	}
	return var != NULL ? var : bind_variable(name, (char[]){ "" }, 0);
}

static struct bound *make_bound(const char *name) {
	struct bound *bound = cn_map_get(&bounds, name, strlen(name));
	if (bound != NULL) {
		return bound;
	}
	bound = calloc(1, sizeof(*bound));
	if (bound == NULL) {
		return NULL;
	}
	cn_buf_init(&bound->assigned);
	if (cn_map_set(&bounds, name, strlen(name), bound, NULL) < 0) {
		free(bound);
		return NULL;
	}
	return bound;
}

int bash_bind(const char *name, const struct host_variable *variable, enum host_bind how) {
	if (!is_identifier(name)) {
		return -EINVAL;
	}
	SHELL_VAR *var = find_variable(name);
	int err = var == NULL ? 0 : check_kind(var, variable);
	struct bound *bound = err == 0 ? make_bound(name) : NULL;
	if (bound == NULL) {
		return err < 0 ? err : -ENOMEM;
	}
	bool had = var != NULL && !invisible_p(var) && value_cell(var) != NULL && !is_ours(var);
	var = make_variable(name, variable);
	if (var == NULL) {
		return -EINVAL;
	}
	if (how == HOST_BIND_REPLACE && had && is_array_kind(variable)) {
		variable->clear(variable->data);
	}
	if (how != HOST_BIND_DROP && had && is_array_kind(variable)) {
		walk_array(var, keep_element, (void *)(uintptr_t)variable);
	} else if (how != HOST_BIND_DROP && had) {
		variable->set(variable->data, value_cell(var), strlen(value_cell(var)));
	}
	bound->variable = variable;
	bound->copied = false;
	cn_buf_reset(&bound->assigned);
	var->dynamic_value = is_array_kind(variable) ? array_get : scalar_get;
	var->assign_func = is_array_kind(variable) ? array_set : scalar_set;
	VUNSETATTR(var, att_invisible);
	if (variable->kind == HOST_INTEGER) {
		VSETATTR(var, att_integer);
	}
	if (!is_array_kind(variable)) {
		scalar_get(var); // what `VAR+=TEXT` appends to: bash does not ask for it before
	}
	return 0;
}
