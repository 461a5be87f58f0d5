/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "plugin/cmd/pool_dirs.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/base/fd.h"

enum { COPY_SIZE = 64 << 10, NAME_LEN_MAX = 250 };

// An item as the name of a folder.
static void append_name(struct cn_buf *path, const char *item) {
	size_t begin = path->len;
	for (const char *p = item; *p != '\0' && path->len - begin < NAME_LEN_MAX; p++) {
		switch (*p) {
		case '/':
			cn_buf_puts(path, "\\_");
			break;
		case '\\':
			cn_buf_puts(path, "\\\\");
			break;
		case '\t':
			cn_buf_puts(path, "\\t");
			break;
		default:
			cn_buf_putc(path, *p);
		}
	}
	size_t len = path->len - begin;
	bool dots = len > 0 && len <= 2 && strspn(item, ".") == len;
	if (len == 0 || dots) {
		cn_buf_truncate(path, begin);
		cn_buf_puts(path, len == 0 ? "\\0" : len == 1 ? "\\." : "\\..");
	}
}

static int make_folders(const char *path) {
	char copy[4096];
	int len = snprintf(copy, sizeof(copy), "%s", path);
	if (len >= (int)sizeof(copy)) {
		return -ENAMETOOLONG;
	}
	for (char *p = copy + 1; p <= copy + len; p++) {
		if (*p != '/' && *p != '\0') {
			continue;
		}
		*p = '\0';
		if (mkdir(copy, 0777) < 0 && errno != EEXIST) {
			return -errno;
		}
		*p = p < copy + len ? '/' : '\0';
	}
	return 0;
}

static int open_in(struct pool_dirs *dirs, const char *name) {
	size_t len = dirs->path.len;
	cn_buf_printf(&dirs->path, "/%s", name);
	int fd = dirs->path.failed
			? -ENOMEM
			: cn_fd_private(open(dirs->path.data, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0666));
	cn_buf_truncate(&dirs->path, len);
	return fd;
}

static int write_seq(struct pool_dirs *dirs, uint64_t seq) {
	char text[24];
	int len = snprintf(text, sizeof(text), "%llu", (unsigned long long)seq);
	int fd = open_in(dirs, "seq");
	int err = fd < 0 ? fd : cn_write_full(fd, text, (size_t)len);
	cn_fd_close(&fd);
	return err;
}

int pool_dirs_begin(struct pool_dirs *dirs, const char *dir, const struct pool_dirs_names *names,
		char *const fields[], size_t count, uint64_t seq) {
	cn_buf_reset(&dirs->path);
	cn_buf_puts(&dirs->path, dir);
	for (size_t i = 0; i < count; i++) {
		if (names != NULL && i < names->count) {
			cn_buf_putc(&dirs->path, '/');
			append_name(&dirs->path, names->names[i]);
		} else {
			cn_buf_printf(&dirs->path, "/%zu", i + 1);
		}
		cn_buf_putc(&dirs->path, '/');
		append_name(&dirs->path, fields[i]);
	}
	dirs->saved = -1;
	int err = dirs->path.failed ? -ENOMEM : make_folders(dirs->path.data);
	err = err == 0 ? write_seq(dirs, seq) : err;
	int fd = err == 0 ? open_in(dirs, "stderr") : err;
	if (fd < 0) {
		return fd;
	}
	dirs->saved = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, CN_FD_PRIVATE);
	dup2(fd, STDERR_FILENO);
	close(fd);
	off_t at = lseek(STDOUT_FILENO, 0, SEEK_CUR);
	dirs->from = at > 0 ? (uint64_t)at : 0;
	return 0;
}

// Copy what `in` holds from `from` on.
static int copy(int in, uint64_t from, int out) {
	char data[COPY_SIZE];
	ssize_t n;
	int err = 0;
	while (err == 0 && (n = pread(in, data, sizeof(data), (off_t)from)) > 0) {
		err = cn_write_full(out, data, (size_t)n);
		from += (uint64_t)n;
	}
	return err;
}

int pool_dirs_end(struct pool_dirs *dirs) {
	if (dirs->saved < 0) {
		return 0;
	}
	int out = open_in(dirs, "stdout");
	int err = out < 0 ? out : copy(STDOUT_FILENO, dirs->from, out);
	cn_fd_close(&out);
	dup2(dirs->saved, STDERR_FILENO);
	cn_fd_close(&dirs->saved);
	return err;
}
