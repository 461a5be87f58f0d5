/* SPDX-License-Identifier: GPL-3.0-or-later */
/* shell/fd.c - files, and the table of the numbers that a script uses (XCU 2.7). See fd_core.h. */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "shell/builtin.h"
#include "shell/fd_core.h"
#include "shell/subshell.h"
#include "shell/trap.h"

enum { TABLE_FIRST = 10 };

struct sh_file sh_fd_closed[1] = { { .refs = 1, .real = -1 } };

void sh_fd_init(struct shell *sh) {
	sh->fds = sh_xcalloc(1, sizeof(*sh->fds));
	sh->fds->files = sh_xcalloc(TABLE_FIRST, sizeof(struct sh_file *));
	sh->fds->len = TABLE_FIRST;
}

/* ---- files ---- */

int sh_fd_raise(int fd) {
	if (fd < 0 || fd > 2) {
		return fd;
	}
	int raised = fcntl(fd, F_DUPFD_CLOEXEC, 10);
	int err = errno;
	close(fd);
	errno = err;
	return raised;
}

static struct sh_file *file_create(void) {
	struct sh_file *file = sh_xcalloc(1, sizeof(*file));
	file->refs = 1;
	file->real = -1;
	return file;
}

struct sh_file *sh_file_real(int real) {
	struct sh_file *file = file_create();
	file->real = real;
	return file;
}

struct sh_file *sh_file_source(const char *text, size_t len) {
	struct sh_file *file = file_create();
	file->source = true;
	file->text = sh_xstrndup(text, len);
	file->len = len;
	return file;
}

struct sh_file *sh_file_sink(struct sh_sink *sink) {
	struct sh_file *file = file_create();
	file->sink = sink;
	return file;
}

void sh_file_sync(struct sh_file *file) {
	if (!file->source && file->pos < file->len) {
		lseek(file->real, -(off_t)(file->len - file->pos), SEEK_CUR);
	}
	if (!file->source) {
		file->pos = file->len = 0;
	}
}

void sh_file_drop(struct sh_file *file) {
	if (file == NULL || file == SH_FD_CLOSED || --file->refs > 0) {
		return;
	}
	if (file->owner != NULL && *file->owner == file) {
		*file->owner = NULL;
	}
	sh_file_sync(file);
	if (file->real >= 0) {
		close(file->real);
	}
	free(file->text);
	free(file);
}

/* /dev/fd/N, /dev/stdin... name logical descriptors when the shell itself opens them. */
static int path_fd(const char *path) {
	static const char *const names[] = { "/dev/stdin", "/dev/stdout", "/dev/stderr" };
	static const char *const folders[] = { "/dev/fd/", "/proc/self/fd/" };
	if (strncmp(path, "/dev/", 5) != 0 && strncmp(path, "/proc/self/", 11) != 0) {
		return -1;
	}
	for (int i = 0; i < 3; i++) {
		if (strcmp(path, names[i]) == 0) {
			return i;
		}
	}
	for (int i = 0; i < 2; i++) {
		size_t len = strlen(folders[i]);
		if (strncmp(path, folders[i], len) == 0 && path[len] >= '0' && path[len] <= '9') {
			char *end;
			long fd = strtol(path + len, &end, 10);
			return *end == '\0' && fd < 1 << 20 ? (int)fd : -1;
		}
	}
	return -1;
}

struct sh_file *sh_file_open(struct shell *sh, const char *path, int flags, mode_t mode) {
	int logical = path_fd(path);
	if (logical >= 0) {
		struct sh_file *file = sh_fd_file(sh, logical);
		if (file == NULL) {
			errno = EBADF;
			return NULL;
		}
		file->refs++;
		return file;
	}
	if ((flags & O_ACCMODE) != O_RDONLY) {
		sh_fd_sync(sh);
	}
	int fd;
	do {
		fd = open(path, flags | O_CLOEXEC, mode);
	} while (fd < 0 && errno == EINTR && !sh_signal_pending_trap(sh, 0));
	fd = sh_fd_raise(fd);
	return fd >= 0 ? sh_file_real(fd) : NULL;
}

/* ---- the table ---- */

static void table_grow(struct sh_fdtable *table, int fd) {
	if (fd < table->len) {
		return;
	}
	int len = fd + 8;
	table->files = sh_xrealloc(table->files, (size_t)len * sizeof(*table->files));
	memset(table->files + table->len, 0, (size_t)(len - table->len) * sizeof(*table->files));
	table->len = len;
}

/* The table to change: a subshell's own copy. */
static struct sh_fdtable *table_own(struct shell *sh, int fd) {
	struct sh_fdtable *table = sh->fds;
	if (table->level < sh->level) {
		struct sh_fdtable *copy = sh_xcalloc(1, sizeof(*copy));
		copy->len = table->len;
		copy->level = sh->level;
		copy->files = sh_xmalloc((size_t)table->len * sizeof(*copy->files));
		for (int i = 0; i < table->len; i++) {
			copy->files[i] = table->files[i];
			if (copy->files[i] != NULL && copy->files[i] != SH_FD_CLOSED) {
				copy->files[i]->refs++;
			}
		}
		sh->fds = table = copy;
	}
	table_grow(table, fd);
	return table;
}

struct sh_fdtable *sh_fd_enter(struct shell *sh) {
	return sh->fds;
}

void sh_fd_leave(struct shell *sh, struct sh_fdtable *outer) {
	if (sh->fds == outer) {
		return;
	}
	struct sh_fdtable *table = sh->fds;
	for (int i = 0; i < table->len; i++) {
		sh_file_drop(table->files[i]);
	}
	free(table->files);
	free(table);
	sh->fds = outer;
}

/* Was descriptor `fd` open when we were started (and not closed by someone else since)? */
static bool is_inherited(int fd) {
	int flags = fcntl(fd, F_GETFD);
	return flags >= 0 && (flags & FD_CLOEXEC) == 0;
}

struct sh_file *sh_fd_file(struct shell *sh, int fd) {
	struct sh_fdtable *table = sh->fds;
	struct sh_file *file = fd < table->len ? table->files[fd] : NULL;
	if (file == SH_FD_CLOSED) {
		return NULL;
	}
	if (file == NULL) {
		if (!is_inherited(fd)) {
			return NULL;
		}
		/* All tables of outer environments may see the same untouched number: note it there. */
		table_grow(table, fd);
		file = sh_file_real(fd);
		file->inherited = true;
		table->files[fd] = file;
		for (struct sh_subshell *sub = sh->subshell; sub != NULL; sub = sub->outer) {
			if (sub->fds != table) {
				table = sub->fds;
				table_grow(table, fd);
				if (table->files[fd] == NULL) {
					table->files[fd] = file;
					file->refs++;
				}
			}
		}
	}
	return file;
}

struct sh_file *sh_fd_replace(struct shell *sh, int fd, struct sh_file *file) {
	struct sh_file *old = sh_fd_file(sh, fd); // so that an inherited one is counted
	if (old != NULL) {
		old->refs++;
	}
	struct sh_fdtable *table = table_own(sh, fd);
	struct sh_file *entry = table->files[fd];
	table->files[fd] = file != NULL ? file : SH_FD_CLOSED;
	sh_file_drop(entry);
	return old;
}

void sh_fd_restore(struct shell *sh, int fd, struct sh_file *old) {
	struct sh_fdtable *table = table_own(sh, fd);
	struct sh_file *entry = table->files[fd];
	table->files[fd] = old != NULL ? old : SH_FD_CLOSED;
	sh_file_drop(entry);
}
