/* SPDX-License-Identifier: GPL-3.0-or-later */
/* shell/var_environ.c - the environment of processes (XCU 2.5.3; XBD 8.1). See var_core.h. */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "shell/var_core.h"

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
