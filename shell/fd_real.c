/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * shell/fd_real.c - real descriptors: a here-document or a sink becomes one when another process is to
 * have it, and the table is put in place before exec (XCU 2.7, 2.13). See fd_core.h.
 */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "lib/base/fd.h"
#include "shell/builtin.h"
#include "shell/fd_core.h"

enum { PIPE_SAFE = 4096 }; // bytes that a pipe holds whatever its size

static int make_pipe(int ends[2]) {
	if (pipe2(ends, O_CLOEXEC) < 0) {
		return -errno;
	}
	ends[0] = sh_fd_raise(ends[0]);
	ends[1] = sh_fd_raise(ends[1]);
	return ends[0] >= 0 && ends[1] >= 0 ? 0 : -errno;
}

static int sink_real(struct sh_sink *sink) {
	if (sink->wr >= 0) {
		return sink->wr;
	}
	if (sink->rd >= 0) {
		close(sink->rd);
		sink->rd = -1;
	}
	int ends[2];
	int err = make_pipe(ends);
	if (err < 0) {
		return err;
	}
	sink->rd = ends[0];
	sink->wr = ends[1];
	return sink->wr;
}

/* A here-document for other processes: a pipe when it surely fits, else a file in memory. */
static int source_real(struct sh_file *file) {
	size_t len = file->len - file->pos;
	const char *text = file->text + file->pos;
	int ends[2];
	int err;
	if (len <= PIPE_SAFE) {
		err = make_pipe(ends);
		if (err == 0) {
			err = cn_write_full(ends[1], text, len);
			close(ends[1]);
		}
	} else {
		ends[0] = sh_fd_raise(memfd_create("here-document", MFD_CLOEXEC));
		err = ends[0] < 0 ? -errno : cn_write_full(ends[0], text, len);
		if (err == 0 && lseek(ends[0], 0, SEEK_SET) < 0) {
			err = -errno;
		}
	}
	if (err < 0) {
		return err;
	}
	file->real = ends[0];
	file->source = false;
	file->pos = file->len = 0;
	return file->real;
}

static int file_make_real(struct sh_file *file) {
	if (file->sink != NULL) {
		return sink_real(file->sink);
	}
	if (file->source) {
		return source_real(file);
	}
	sh_file_sync(file);
	return file->real;
}

int sh_fd_real(struct shell *sh, int fd) {
	struct sh_file *file = sh_fd_file(sh, fd);
	return file != NULL ? file_make_real(file) : -EBADF;
}

int sh_fd_before_exec(struct shell *sh) {
	sh_fd_sync(sh);
	for (int i = 0; i < sh->fds->len; i++) {
		struct sh_file *file = sh->fds->files[i];
		if (file == NULL || file == SH_FD_CLOSED) {
			continue;
		}
		int real = file_make_real(file);
		if (real < 0) {
			errno = -real;
			return -1;
		}
	}
	return 0;
}

int sh_fd_before_fork(struct shell *sh, bool all_sinks) {
	if (sh_fd_before_exec(sh) < 0) {
		return -errno;
	}
	for (struct sh_sink *sink = all_sinks ? sh->sinks : NULL; sink != NULL; sink = sink->outer) {
		int real = sink_real(sink);
		if (real < 0) {
			return real;
		}
	}
	return 0;
}

/* In the child the pipe stands for the sink: in the file, which all tables share. */
void sh_fd_after_fork(struct shell *sh, bool all_sinks) {
	for (int i = 0; i < sh->fds->len; i++) {
		struct sh_file *file = sh->fds->files[i];
		if (file != NULL && file->sink != NULL) {
			file->real = fcntl(file->sink->wr, F_DUPFD_CLOEXEC, 10);
			file->sink = NULL;
		}
	}
	for (struct sh_sink *sink = sh->sinks; sink != NULL; sink = sink->outer) {
		cn_fd_close(&sink->rd);
		if (!all_sinks) {
			cn_fd_close(&sink->wr);
		}
		cn_buf_reset(&sink->data);
		sink->direct = all_sinks;
	}
	if (!all_sinks) {
		sh->sinks = NULL;
	}
}

/* Real descriptor for a started program. The sinks have their pipes by now. */
static int file_real(const struct sh_file *file) {
	if (file == SH_FD_CLOSED) {
		return -1;
	}
	return file->sink != NULL ? file->sink->wr : file->real;
}

int sh_fd_apply(const struct shell *sh) {
	const struct sh_fdtable *table = sh->fds;
	int moved[64];
	bool some_moved = false;
	/* First out of the way what stands at a number that something else will get. */
	for (int i = 0; i < table->len; i++) {
		int real = table->files[i] != NULL ? file_real(table->files[i]) : -1;
		if (i < 64) {
			moved[i] = -1;
		}
		if (real >= 0 && real != i && real < table->len && table->files[real] != NULL && i < 64) {
			moved[i] = fcntl(real, F_DUPFD_CLOEXEC, table->len);
			some_moved = true;
			if (moved[i] < 0) {
				return -1;
			}
		}
	}
	for (int i = 0; i < table->len; i++) {
		if (table->files[i] == NULL) {
			continue;
		}
		int real = file_real(table->files[i]);
		if (some_moved && i < 64 && moved[i] >= 0) {
			real = moved[i];
		}
		if (real < 0) {
			close(i);
		} else if (real == i) {
			if (!table->files[i]->inherited && fcntl(i, F_SETFD, 0) < 0) {
				return -1;
			}
		} else if (dup2(real, i) < 0) {
			return -1;
		}
	}
	return 0;
}

void sh_fds_applied(struct shell *sh) {
	struct sh_fdtable *table = sh->fds;
	for (int i = 0; i < table->len; i++) {
		if (table->files[i] != NULL && table->files[i] != SH_FD_CLOSED) {
			table->files[i] = NULL;
		}
	}
}

/* Drop an entry whose number is real from now on. What stands at such a number stays open. */
static void entry_settle(struct sh_fdtable *table, int number) {
	struct sh_file *file = table->files[number];
	if (file != NULL && file != SH_FD_CLOSED) {
		bool stays = file->inherited || file->real < 0 ||
				(file->real < table->len && table->files[file->real] != NULL);
		file->real = stays && file->refs == 1 ? -1 : file->real;
		sh_file_drop(file);
	}
}

void sh_fd_settle(struct shell *sh) {
	sh_fd_after_fork(sh, false);
	sh_fd_apply(sh);
	for (int i = 0; i < sh->fds->len; i++) {
		entry_settle(sh->fds, i);
	}
	memset(sh->fds->files, 0, (size_t)sh->fds->len * sizeof(*sh->fds->files));
}

void sh_fd_reset(struct shell *sh, const int *reals, int count) {
	bool changed[16] = { false };
	for (int i = 0; i < count; i++) {
		struct sh_file *file = sh->fds->files[i];
		changed[i] = file != NULL && !(file->inherited && file->real == i);
		if (changed[i]) {
			sh->fds->files[i] = NULL;
			sh_file_drop(file);
		}
	}
	for (int i = 0; i < count; i++) { // not before all are dropped: one may stand at another's number
		if (changed[i] && reals[i] >= 0) {
			dup2(reals[i], i);
		} else if (changed[i]) {
			close(i);
		}
	}
}
