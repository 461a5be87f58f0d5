/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "lib/ffi/library.h"

#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <glob.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/buf.h"

enum { INCLUDES_MAX = 8 }; // depth of include lines in ld.so.conf

// The best file so far of a search for "libNAME.so.VERSION".
struct search {
	const char *file; // "libz.so"
	char *best; // its path, heap; NULL: none
};

static void *open_file(const char *path) {
	return dlopen(path, RTLD_NOW | RTLD_LOCAL);
}

// Versions are compared by number, part by part: .so.10 is above .so.9.
static bool is_newer(const char *candidate, const char *best) {
	return best == NULL || strverscmp(candidate, best) > 0;
}

static void search_folder(struct search *s, const char *folder) {
	DIR *dir = opendir(folder);
	size_t len = strlen(s->file);
	for (struct dirent *e; dir != NULL && (e = readdir(dir)) != NULL;) {
		if (strncmp(e->d_name, s->file, len) != 0 || e->d_name[len] != '.' ||
				strspn(e->d_name + len, ".0123456789") != strlen(e->d_name + len)) {
			continue;
		}
		const char *best = s->best != NULL ? strrchr(s->best, '/') + 1 : NULL;
		char *path = NULL;
		if (is_newer(e->d_name, best) && asprintf(&path, "%s/%s", folder, e->d_name) >= 0) {
			free(s->best);
			s->best = path;
		}
	}
	if (dir != NULL) {
		closedir(dir);
	}
}

static void search_list(struct search *s, const char *folders) {
	while (folders != NULL && *folders != '\0' && s->best == NULL) {
		size_t len = strcspn(folders, ":");
		char *folder = strndup(folders, len);
		if (folder != NULL && len > 0) {
			search_folder(s, folder);
		}
		free(folder);
		folders += len + (folders[len] == ':');
	}
}

// ld.so.conf(5): a folder a line, and "include PATTERN".
static void search_conf(struct search *s, const char *file, unsigned depth) {
	FILE *conf = depth < INCLUDES_MAX ? fopen(file, "re") : NULL;
	char *line = NULL;
	size_t size = 0;
	while (conf != NULL && s->best == NULL && getline(&line, &size, conf) >= 0) {
		char *word = line + strspn(line, " \t");
		word[strcspn(word, "#\r\n")] = '\0';
		glob_t found;
		if (strncmp(word, "include ", 8) == 0 &&
				glob(word + 8 + strspn(word + 8, " \t"), 0, NULL, &found) == 0) {
			for (size_t i = 0; i < found.gl_pathc; i++) {
				search_conf(s, found.gl_pathv[i], depth + 1);
			}
			globfree(&found);
		} else if (word[0] == '/') {
			search_folder(s, word);
		}
	}
	free(line);
	if (conf != NULL) {
		fclose(conf);
	}
}

static void search_versions(struct search *s) {
	static const char *const folders[] = { "/lib64", "/usr/lib64", "/lib", "/usr/lib",
		"/usr/local/lib", NULL };
	search_list(s, getenv("LD_LIBRARY_PATH"));
	if (s->best == NULL) {
		search_conf(s, "/etc/ld.so.conf", 0);
	}
	for (size_t i = 0; folders[i] != NULL && s->best == NULL; i++) {
		search_folder(s, folders[i]);
	}
}

// "z" and "libz" as "libz.so"; NULL when it has no such form, or without memory.
static char *plain_file(const char *name) {
	char *file = NULL;
	size_t len = strlen(name);
	bool lib = strncmp(name, "lib", 3) == 0;
	bool so = len > 3 && strcmp(name + len - 3, ".so") == 0;
	if (strstr(name, ".so.") != NULL ||
			asprintf(&file, "%s%s%s", lib ? "" : "lib", name, so ? "" : ".so") < 0) {
		return NULL;
	}
	return file;
}

int cn_ffi_library_open(const char *name, void **handle, char **path, struct cn_err *why) {
	const char *reason = NULL;
	char *file = strchr(name, '/') == NULL ? plain_file(name) : NULL;
	struct search s = { .file = file };
	char *opened = strdup(file != NULL ? file : name);
	*handle = name[0] != '\0' ? open_file(file != NULL ? file : name) : NULL;
	if (*handle == NULL && name[0] != '\0') {
		reason = dlerror();
		cn_err_set(why, -ENOENT, "%s", reason != NULL ? reason : "cannot be opened");
	}
	if (*handle == NULL && file != NULL && name[0] != '\0') {
		search_versions(&s);
		*handle = s.best != NULL ? open_file(s.best) : NULL;
		if (*handle == NULL && s.best != NULL && (reason = dlerror()) != NULL) {
			cn_err_set(why, -ENOENT, "%s", reason);
		}
		free(*handle != NULL ? opened : NULL);
		opened = *handle != NULL ? strdup(s.best) : opened;
	}
	free(s.best);
	free(file);
	if (*handle == NULL || path == NULL) {
		free(opened);
	} else {
		*path = opened;
	}
	if (*handle == NULL && name[0] == '\0') {
		cn_err_set(why, -ENOENT, "a library has a name");
	}
	return *handle != NULL ? 0 : -ENOENT;
}

void cn_ffi_library_close(void *handle) {
	if (handle != NULL) {
		dlclose(handle);
	}
}

int cn_ffi_symbol(void *handle, const char *name, void **address) {
	dlerror();
	*address = dlsym(handle != NULL ? handle : RTLD_DEFAULT, name);
	return *address != NULL ? 0 : -ENOENT;
}
