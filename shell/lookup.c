/* SPDX-License-Identifier: GPL-3.0-or-later */
/* shell/lookup.c - what a command's name means (XCU 2.9.1.4), and where programs are. See builtin.h. */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "shell/builtin.h"
#include "shell/loader.h"

/* ---- builtins ---- */

static const struct sh_builtin *table_find(const char *text) {
	static size_t count;
	while (sh_builtin_table[count] != NULL) {
		count++;
	}
	size_t low = 0;
	size_t high = count;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		int order = strcmp(text, sh_builtin_table[middle]->name);
		if (order == 0) {
			return sh_builtin_table[middle];
		}
		if (order < 0) {
			high = middle;
		} else {
			low = middle + 1;
		}
	}
	return NULL;
}

const struct sh_builtin *sh_builtin_find(struct shell *sh, struct sh_name *name) {
	if (!name->builtin_known) {
		name->builtin_known = true;
		name->builtin = table_find(name->text);
	}
	return name->builtin;
}

/* ---- programs (XCU 2.9.1.4, XBD 8.3 PATH) ---- */

static bool is_program(const char *path, int *err) {
	struct stat st;
	if (stat(path, &st) < 0) {
		return false;
	}
	if (S_ISREG(st.st_mode) && faccessat(AT_FDCWD, path, X_OK, AT_EACCESS) == 0) {
		return true;
	}
	*err = S_ISDIR(st.st_mode) ? *err : EACCES;
	return false;
}

/* The first program of that name in the path, in the scratch arena; else NULL and *err. */
static char *search(struct shell *sh, const char *word, const char *path, int *err) {
	size_t word_len = strlen(word);
	*err = ENOENT;
	for (;;) {
		const char *end = strchrnul(path, ':');
		size_t dir_len = (size_t)(end - path);
		char *full = sh_alloc(&sh->scratch, dir_len + word_len + 3);
		char *p = full;
		if (dir_len == 0) {
			*p++ = '.';
		}
		memcpy(p, path, dir_len);
		p += dir_len;
		if (p[-1] != '/') {
			*p++ = '/';
		}
		memcpy(p, word, word_len + 1);
		if (is_program(full, err)) {
			return full;
		}
		if (*end == '\0') {
			return NULL;
		}
		path = end + 1;
	}
}

static const char *default_path(void) {
	static char path[256];
	if (path[0] == '\0' && confstr(_CS_PATH, path, sizeof(path)) == 0) {
		strcpy(path, "/bin:/usr/bin");
	}
	return path;
}

static struct sh_command find_program(struct shell *sh, struct sh_name *name, uint32_t flags) {
	struct sh_command cmd = { .kind = SH_CMD_PROGRAM };
	if (strchr(name->text, '/') != NULL) {
		cmd.path = name->text;
		cmd.errnum = ENOENT;
		if ((flags & SH_LOOKUP_NO_HASH) != 0 && !is_program(name->text, &cmd.errnum)) {
			cmd.kind = SH_CMD_NONE;
		}
		return cmd;
	}
	bool hash = (flags & (SH_LOOKUP_DEFAULT_PATH | SH_LOOKUP_NO_HASH)) == 0;
	if (hash && name->path != NULL && access(name->path, X_OK) == 0) { // it may have gone since
		name->hits++;
		cmd.path = name->path;
		return cmd;
	}
	const char *path = (flags & SH_LOOKUP_DEFAULT_PATH) != 0 ? default_path()
															  : sh_var_get(sh, sh->n.path);
	char *full = NULL;
	cmd.errnum = ENOENT;
	if (path != NULL && name->len > 0) {
		full = search(sh, name->text, path, &cmd.errnum);
	}
	if (full == NULL) {
		cmd.kind = SH_CMD_NONE;
		return cmd;
	}
	cmd.path = full;
	/* Only what an absolute directory holds is the same program wherever we are. */
	if (hash && full[0] == '/') {
		free(name->path);
		name->path = sh_xstrdup(full);
		name->hits = 1;
		cmd.path = name->path;
		sh->paths_known = true;
	}
	return cmd;
}

/* Regular builtins are found by way of PATH (2.9.1.4): scripts for all shells rely on none. */
static bool is_on_path(struct shell *sh, struct sh_name *name, const struct sh_builtin *builtin) {
	if ((builtin->flags & SH_BUILTIN_BY_PATH) == 0 || (sh->options & SH_OPT_POSIX) == 0 ||
			sh_var_get(sh, sh->n.path) == NULL) {
		return true;
	}
	if (name->on_path == 0) {
		struct sh_command program = find_program(sh, name, SH_LOOKUP_NO_HASH);
		name->on_path = program.kind == SH_CMD_PROGRAM ? 1 : 2;
		sh->paths_known = true;
	}
	return name->on_path == 1;
}

struct sh_command sh_lookup_name(struct shell *sh, struct sh_name *name, uint32_t flags) {
	struct sh_command cmd = { 0 };
	const struct sh_builtin *builtin = sh_builtin_find(sh, name);
	if (builtin != NULL && (builtin->flags & SH_BUILTIN_SPECIAL) != 0) {
		cmd.kind = SH_CMD_SPECIAL;
		cmd.builtin = builtin;
		return cmd;
	}
	if (name->func != NULL && (flags & SH_LOOKUP_NO_FUNC) == 0) {
		cmd.kind = SH_CMD_FUNCTION;
		cmd.func = name->func;
		return cmd;
	}
	if (builtin == NULL && !name->loader_asked) {
		name->loader_asked = true;
		builtin = sh_loader_autoload(sh, name);
	}
	if (builtin != NULL &&
			((flags & SH_LOOKUP_DEFAULT_PATH) != 0 || is_on_path(sh, name, builtin))) {
		cmd.kind = SH_CMD_BUILTIN;
		cmd.builtin = builtin;
		return cmd;
	}
	return find_program(sh, name, flags);
}

struct sh_command sh_lookup(struct shell *sh, const char *word, uint32_t flags) {
	return sh_lookup_name(sh, sh_name(sh, word), flags);
}

struct sh_command sh_lookup_program(struct shell *sh, const char *word) {
	return find_program(sh, sh_name(sh, word), 0);
}

void sh_lookup_reset(struct shell *sh) {
	if (!sh->paths_known) {
		return;
	}
	sh->paths_known = false;
	for (size_t i = 0; i < sh->names.cap; i++) {
		for (struct sh_name *name = sh->names.buckets[i]; name != NULL; name = name->next) {
			free(name->path);
			name->path = NULL;
			name->on_path = 0;
		}
	}
}
