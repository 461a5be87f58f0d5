/* SPDX-License-Identifier: GPL-3.0-or-later */
/* shell/redir.c - redirections (XCU 2.7), applied and undone in the table of fd.h. See exec.h. */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "shell/builtin.h"
#include "shell/exec.h"
#include "shell/expand.h"
#include "shell/fd.h"

/* What a descriptor was before: the entry in the table, with its reference. */
struct sh_redir_save {
	struct sh_redir_save *older;
	struct sh_file *file;
	int fd;
};

static int redir_error(struct shell *sh, const char *target, int err) {
	sh_error(sh, "%s: %s", target, strerror(err));
	return -1;
}

/* > with `set -C` (2.7.2): never an existing regular file. */
static struct sh_file *open_noclobber(struct shell *sh, const char *path) {
	struct stat st;
	if (stat(path, &st) == 0 && S_ISREG(st.st_mode)) {
		errno = EEXIST;
		return NULL;
	}
	int flags = stat(path, &st) == 0 ? O_WRONLY : O_WRONLY | O_CREAT | O_EXCL;
	struct sh_file *file = sh_file_open(sh, path, flags, 0666);
	if (file != NULL && (flags & O_EXCL) == 0 && file->real >= 0 && fstat(file->real, &st) == 0 &&
			S_ISREG(st.st_mode)) {
		sh_file_drop(file); // it became one in between
		errno = EEXIST;
		return NULL;
	}
	return file;
}

static struct sh_file *open_target(struct shell *sh, const struct sh_redir *redir, const char *path) {
	switch (redir->kind) {
	case SH_REDIR_IN:
		return sh_file_open(sh, path, O_RDONLY, 0);
	case SH_REDIR_RDWR:
		return sh_file_open(sh, path, O_RDWR | O_CREAT, 0666);
	case SH_REDIR_APPEND:
	case SH_REDIR_BOTH_APPEND:
		return sh_file_open(sh, path, O_WRONLY | O_CREAT | O_APPEND, 0666);
	case SH_REDIR_OUT:
		if ((sh->options & SH_OPT_NOCLOBBER) != 0) {
			return open_noclobber(sh, path);
		}
		return sh_file_open(sh, path, O_WRONLY | O_CREAT | O_TRUNC, 0666);
	default:
		return sh_file_open(sh, path, O_WRONLY | O_CREAT | O_TRUNC, 0666);
	}
}

/* Put `file` (taken over; NULL closes) at `fd`, remembering what was there. */
static void redir_put(
		struct shell *sh, int fd, struct sh_file *file, struct sh_redirs *undo) {
	struct sh_redir_save *save = sh_alloc(&sh->scratch, sizeof(*save));
	save->older = undo->saved;
	save->fd = fd;
	save->file = sh_fd_replace(sh, fd, file);
	undo->saved = save;
}

/* Is the open mode of the file right for <& or >&? */
static bool dup_allowed(const struct sh_file *file, uint8_t kind) {
	if (file->sink != NULL) {
		return kind == SH_REDIR_DUP_OUT;
	}
	if (file->source) {
		return kind == SH_REDIR_DUP_IN;
	}
	int flags = fcntl(file->real, F_GETFL);
	if (flags < 0) {
		return true;
	}
	int mode = flags & O_ACCMODE;
	return mode == O_RDWR || mode == (kind == SH_REDIR_DUP_IN ? O_RDONLY : O_WRONLY);
}

static int redir_dup(
		struct shell *sh, const struct sh_redir *redir, const char *target, struct sh_redirs *undo) {
	if (strcmp(target, "-") == 0) {
		redir_put(sh, redir->fd, NULL, undo);
		return 0;
	}
	long number = 0;
	const char *digit = target;
	while (*digit >= '0' && *digit <= '9' && number < 1 << 20) {
		number = number * 10 + (*digit++ - '0');
	}
	bool moves = digit[0] == '-' && digit[1] == '\0' && digit > target; // as in ksh: n>&m-
	if (digit == target || (*digit != '\0' && !moves)) {
		if (redir->kind == SH_REDIR_DUP_OUT && redir->fd == 1 &&
				(sh->options & SH_OPT_POSIX) == 0) { // >&file, as in bash
			struct sh_redir both = *redir;
			both.kind = SH_REDIR_BOTH;
			struct sh_file *file = open_target(sh, &both, target);
			if (file == NULL) {
				return redir_error(sh, target, errno);
			}
			file->refs++;
			redir_put(sh, 1, file, undo);
			redir_put(sh, 2, file, undo);
			return 0;
		}
		sh_error(sh, "%s: bad file descriptor", target);
		return -1;
	}
	struct sh_file *file = sh_fd_file(sh, (int)number);
	if (file == NULL || !dup_allowed(file, redir->kind)) {
		return redir_error(sh, target, EBADF);
	}
	file->refs++;
	redir_put(sh, redir->fd, file, undo);
	if (moves) {
		redir_put(sh, (int)number, NULL, undo);
	}
	return 0;
}

static int redir_one(struct shell *sh, struct sh_redir *redir, struct sh_redirs *undo) {
	size_t len;
	char *target = sh_expand_string(sh, redir->word, &len);
	if (target == NULL) {
		return -1;
	}
	struct sh_file *file;
	switch (redir->kind) {
	case SH_REDIR_DUP_IN:
	case SH_REDIR_DUP_OUT:
		return redir_dup(sh, redir, target, undo);
	case SH_REDIR_HERE:
		file = sh_file_source(target, len);
		break;
	case SH_REDIR_HERE_STRING: {
		char *line = sh_arena_copy(&sh->scratch, target, len + 1);
		line[len] = '\n';
		file = sh_file_source(line, len + 1);
		break;
	}
	default:
		file = open_target(sh, redir, target);
		break;
	}
	if (file == NULL) {
		return redir_error(sh, target, errno);
	}
	if (redir->kind == SH_REDIR_BOTH || redir->kind == SH_REDIR_BOTH_APPEND) {
		file->refs++;
		redir_put(sh, 2, file, undo);
	}
	redir_put(sh, redir->fd, file, undo);
	return 0;
}

int sh_redirect(struct shell *sh, struct sh_redir *redirs, struct sh_redirs *undo) {
	undo->saved = NULL;
	for (struct sh_redir *redir = redirs; redir != NULL; redir = redir->next) {
		if (redir_one(sh, redir, undo) < 0) {
			sh_redirect_undo(sh, undo);
			return -1;
		}
	}
	return 0;
}

void sh_redirect_undo(struct shell *sh, struct sh_redirs *undo) {
	for (struct sh_redir_save *save = undo->saved; save != NULL; save = save->older) {
		sh_fd_restore(sh, save->fd, save->file);
	}
	undo->saved = NULL;
}

static void swap(struct shell *sh, struct sh_redir_save *save) {
	save->file = sh_fd_replace(sh, save->fd, save->file);
}

/* A descriptor may be among them twice: in the opposite order on the way back. */
static void swap_back(struct shell *sh, struct sh_redir_save *save) {
	if (save != NULL) {
		swap_back(sh, save->older);
		swap(sh, save);
	}
}

void sh_redirect_swap(struct shell *sh, struct sh_redirs *undo, bool out) {
	if (undo == NULL) {
		return;
	}
	if (!out) {
		swap_back(sh, undo->saved);
		return;
	}
	for (struct sh_redir_save *save = undo->saved; save != NULL; save = save->older) {
		swap(sh, save);
	}
}

void sh_redirect_keep(struct shell *sh, struct sh_redirs *undo) {
	for (struct sh_redir_save *save = undo->saved; save != NULL; save = save->older) {
		sh_file_drop(save->file);
	}
	undo->saved = NULL;
}
