/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "shell/builtin.h"
#include "shell/subshell.h"

/*
 * Steps 8 and 9 of XCU cd: drop . and .., checking what stands before each .. to be a directory.
 * The first `sure` bytes are where we are and need no check. NULL: it is not (errno).
 */
static char *canonical(struct shell *sh, const char *path, size_t sure) {
	const char *start = path;
	char *out = sh_alloc(&sh->scratch, strlen(path) + 3);
	size_t len = 0;
	out[len++] = '/';
	if (path[0] == '/' && path[1] == '/' && path[2] != '/') {
		out[len++] = '/'; // two slashes are something else (XBD 4.16)
	}
	size_t root = len;
	while (*path != '\0') {
		path += strspn(path, "/");
		size_t part = strcspn(path, "/");
		if (part == 2 && path[0] == '.' && path[1] == '.') {
			struct stat st;
			out[len] = '\0';
			bool known = (size_t)(path - start) <= sure + 1;
			if (!known && stat(out, &st) < 0) {
				return NULL;
			}
			if (!known && !S_ISDIR(st.st_mode)) {
				errno = ENOTDIR;
				return NULL;
			}
			while (len > root && out[len - 1] != '/') {
				len--;
			}
			len -= len > root;
		} else if (part > 0 && !(part == 1 && path[0] == '.')) {
			if (len > root) {
				out[len++] = '/';
			}
			memcpy(out + len, path, part);
			len += part;
		}
		path += part;
	}
	out[len] = '\0';
	return out;
}

static char *join(struct shell *sh, const char *dir, size_t dir_len, const char *name) {
	char *path = sh_alloc(&sh->scratch, dir_len + strlen(name) + 2);
	memcpy(path, dir, dir_len);
	if (dir_len > 0 && dir[dir_len - 1] != '/') {
		path[dir_len++] = '/';
	}
	strcpy(path + dir_len, name);
	return path;
}

static bool is_directory(const char *path) {
	struct stat st;
	return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

/* Step 5: a relative name without leading . or .. is looked for in CDPATH. */
static const char *search_cdpath(struct shell *sh, const char *name, bool *print) {
	const char *path = sh_var_get_text(sh, "CDPATH");
	size_t first = strcspn(name, "/");
	if (path == NULL || name[0] == '/' || (first == 1 && name[0] == '.') ||
			(first == 2 && name[0] == '.' && name[1] == '.')) {
		return name;
	}
	for (;;) {
		const char *end = strchrnul(path, ':');
		size_t len = (size_t)(end - path);
		char *full = len > 0 ? join(sh, path, len, name) : join(sh, ".", 1, name);
		if (is_directory(full)) {
			*print = len > 0;
			return len > 0 ? full : name;
		}
		if (*end == '\0') {
			return name;
		}
		path = end + 1;
	}
}

/* Remember where we are now: PWD, OLDPWD. 1 when a variable refuses. */
static int set_pwd(struct shell *sh, const char *pwd) {
	const char *old = sh_var_get(sh, sh->n.pwd);
	char *old_copy = sh_arena_copy(&sh->scratch, old != NULL ? old : "", old != NULL ? strlen(old) : 0);
	char *copy = sh_xstrdup(pwd);
	free(sh->cwd);
	sh->cwd = copy;
	int status = sh_var_set(sh, sh->n.oldpwd, old_copy, strlen(old_copy)) < 0;
	status |= sh_var_set(sh, sh->n.pwd, copy, strlen(copy)) < 0;
	return status;
}

static int failed(struct shell *sh, const char *name) {
	sh_error(sh, "%s: %s", name, strerror(errno));
	return 1;
}

static int change(struct shell *sh, const char *name, bool physical, bool check, bool print) {
	const char *target = search_cdpath(sh, name, &print);
	const char *logical = NULL;
	if (!physical) {
		const char *pwd = sh->cwd != NULL ? sh->cwd : "/";
		bool absolute = target[0] == '/';
		logical = canonical(sh, absolute ? target : join(sh, pwd, strlen(pwd), target),
				absolute ? 0 : strlen(pwd));
		if (logical == NULL) {
			return failed(sh, name);
		}
	}
	if (!sh_subshell_save_cwd(sh)) {
		return sh->status;
	}
	if (chdir(logical != NULL ? logical : target) < 0) {
		/* Too long a name, or the logical directory has moved: as it was given. */
		if (logical == NULL || (errno != ENAMETOOLONG && errno != ENOENT) || chdir(target) < 0) {
			return failed(sh, name);
		}
		logical = NULL;
	}
	char *real = logical == NULL ? getcwd(NULL, 0) : NULL;
	int status = set_pwd(sh, logical != NULL ? logical : real != NULL ? real : target);
	if (logical == NULL && real == NULL && check) {
		status = 1;
	}
	free(real);
	if (print) {
		sh_printf(sh, "%s\n", sh->cwd);
	}
	return status;
}

/* cd (XCU cd). */
static int run_cd(struct shell *sh, int argc, char **argv) {
	struct sh_opts opts = { 0 };
	bool physical = false;
	bool check = false;
	for (int option; (option = sh_getopt(sh, &opts, argc, argv, "LPe")) != -1;) {
		if (option == '?') {
			return 2;
		}
		if (option == 'e') {
			check = true;
		} else {
			physical = option == 'P';
		}
	}
	if (opts.index + 1 < argc) {
		return sh_usage(sh, "too many operands");
	}
	const char *name = argv[opts.index];
	bool print = false;
	if (name == NULL) {
		name = sh_var_get(sh, sh->n.home);
		if (name == NULL || name[0] == '\0') {
			sh_error(sh, "HOME not set");
			return 1;
		}
	} else if (strcmp(name, "-") == 0) {
		name = sh_var_get(sh, sh->n.oldpwd);
		print = true;
		if (name == NULL || name[0] == '\0') {
			sh_error(sh, "OLDPWD not set");
			return 1;
		}
	} else if (name[0] == '\0') {
		errno = ENOENT;
		return failed(sh, name);
	}
	name = sh_arena_copy(&sh->scratch, name, strlen(name));
	return change(sh, name, physical, check && physical, print);
}

const struct sh_builtin sh_builtin_cd = { "cd", run_cd, SH_BUILTIN_INTRINSIC, "[-L | -P [-e]] [directory]" };
