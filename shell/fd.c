/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/base/fd.h"
#include "shell/builtin.h"
#include "shell/fd.h"
#include "shell/input.h"
#include "shell/shell.h"
#include "shell/trap.h"
#include "shell/subshell.h"

enum { TABLE_FIRST = 10, AHEAD = 4096, PIPE_SAFE = 4096 };

struct sh_file sh_fd_closed[1] = { { .refs = 1, .real = -1 } };

void sh_fd_init(struct shell *sh) {
	sh->fds = sh_xcalloc(1, sizeof(*sh->fds));
	sh->fds->files = sh_xcalloc(TABLE_FIRST, sizeof(struct sh_file *));
	sh->fds->len = TABLE_FIRST;
}

/* ---- files ---- */

/* Keep 0, 1 and 2 free for what libraries think they are. */
static int fd_raise(int fd) {
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

static void file_sync(struct sh_file *file) {
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
	file_sync(file);
	if (file->real >= 0) {
		close(file->real);
	}
	free(file->text);
	free(file);
}

/* /dev/fd/N, /dev/stdin... name logical descriptors when the shell itself opens them. */
static int path_fd(const char *path) {
	static const char *const names[] = { "/dev/stdin", "/dev/stdout", "/dev/stderr" };
	if (strncmp(path, "/dev/", 5) != 0) {
		return -1;
	}
	for (int i = 0; i < 3; i++) {
		if (strcmp(path, names[i]) == 0) {
			return i;
		}
	}
	if (strncmp(path, "/dev/fd/", 8) != 0 || path[8] < '0' || path[8] > '9') {
		return -1;
	}
	char *end;
	long fd = strtol(path + 8, &end, 10);
	return *end == '\0' && fd < 1 << 20 ? (int)fd : -1;
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
	} while (fd < 0 && errno == EINTR && !sh_signal_pending_trap(sh));
	fd = fd_raise(fd);
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

/* ---- making files real ---- */

static int make_pipe(int ends[2]) {
	if (pipe2(ends, O_CLOEXEC) < 0) {
		return -errno;
	}
	ends[0] = fd_raise(ends[0]);
	ends[1] = fd_raise(ends[1]);
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
		ends[0] = fd_raise(memfd_create("here-document", MFD_CLOEXEC));
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
	file_sync(file);
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

/* ---- reading and writing ---- */

static void sink_read(struct sh_sink *sink, bool all) {
	char block[16384];
	for (;;) {
		ssize_t n = read(sink->rd, block, sizeof(block));
		if (n > 0) {
			cn_buf_append(&sink->data, block, (size_t)n);
			if (!all && n < (ssize_t)sizeof(block)) {
				return;
			}
		} else if (n == 0 || errno != EINTR) {
			return;
		}
		if (!all) {
			struct pollfd ready = { .fd = sink->rd, .events = POLLIN };
			if (poll(&ready, 1, 0) <= 0) {
				return;
			}
		}
	}
}

static void sink_drain(struct sh_sink *sink) {
	struct pollfd ready = { .fd = sink->rd, .events = POLLIN };
	if (sink->rd >= 0 && poll(&ready, 1, 0) > 0 && (ready.revents & POLLIN) != 0) {
		sink_read(sink, false);
	}
}

static int real_write(int fd, const char *data, size_t len) {
	while (len > 0) {
		ssize_t n = write(fd, data, len);
		if (n < 0) {
			if (errno == EINTR) {
				continue;
			}
			if (errno == EAGAIN) {
				struct pollfd ready = { .fd = fd, .events = POLLOUT };
				poll(&ready, 1, -1);
				continue;
			}
			return -errno;
		}
		data += n;
		len -= (size_t)n;
	}
	return 0;
}

int sh_fd_write(struct shell *sh, int fd, const char *data, size_t len) {
	struct sh_file *file = fd < sh->fds->len ? sh->fds->files[fd] : NULL;
	if (file == NULL && fd <= 2) {
		return real_write(fd, data, len);
	}
	if (file == NULL) {
		file = sh_fd_file(sh, fd);
	}
	if (file == NULL || file == SH_FD_CLOSED) {
		return -EBADF;
	}
	if (file->sink != NULL && file->sink->direct) {
		return real_write(file->sink->wr, data, len);
	}
	if (file->sink != NULL) {
		sink_drain(file->sink);
		return cn_buf_append(&file->sink->data, data, len);
	}
	return file->source ? -EBADF : real_write(file->real, data, len);
}

/* Reading ahead is for files that can be given back and that we do not write. */
static bool may_read_ahead(struct sh_file *file) {
	if (file->ahead == 0) {
		struct stat st;
		int flags = fcntl(file->real, F_GETFL);
		bool plain = fstat(file->real, &st) == 0 && S_ISREG(st.st_mode) && flags >= 0 &&
				(flags & O_ACCMODE) == O_RDONLY;
		file->ahead = plain ? 1 : -1;
	}
	return file->ahead > 0;
}

static ssize_t real_read(struct shell *sh, int fd, void *data, size_t len) {
	for (;;) {
		ssize_t n = read(fd, data, len);
		if (n >= 0) {
			return n;
		}
		if (errno != EINTR || sh_signal_pending_trap(sh)) {
			return -errno;
		}
	}
}

ssize_t sh_read(struct shell *sh, int fd, void *data, size_t len) {
	struct sh_file *file = sh_fd_file(sh, fd);
	if (file == NULL || file->sink != NULL) {
		return -EBADF;
	}
	if (sh->input != NULL && sh->input->fd == file->real) {
		sh_input_sync(sh->input);
	}
	if (file->pos == file->len && !file->source) {
		if (len >= AHEAD || !may_read_ahead(file)) {
			return real_read(sh, file->real, data, len);
		}
		if (file->text == NULL) {
			file->text = sh_xmalloc(AHEAD);
		}
		ssize_t n = real_read(sh, file->real, file->text, AHEAD);
		file->pos = 0;
		file->len = n > 0 ? (size_t)n : 0;
		if (sh->read_ahead != NULL && sh->read_ahead != file) {
			file_sync(sh->read_ahead);
		}
		sh->read_ahead = file;
		file->owner = &sh->read_ahead;
		if (n <= 0) {
			return n;
		}
	}
	size_t have = file->len - file->pos;
	len = len < have ? len : have;
	memcpy(data, file->text + file->pos, len);
	file->pos += len;
	return (ssize_t)len;
}

void sh_fd_sync_ahead(struct shell *sh) {
	if (sh->read_ahead != NULL) {
		file_sync(sh->read_ahead);
		sh->read_ahead = NULL;
	}
}

void sh_fd_sync(struct shell *sh) {
	sh_fd_sync_ahead(sh);
	if (sh->input != NULL) {
		sh_input_sync(sh->input);
	}
}

/* ---- sinks ---- */

void sh_sink_push(struct shell *sh, struct sh_sink *sink) {
	memset(sink, 0, sizeof(*sink));
	cn_buf_init(&sink->data);
	sink->rd = sink->wr = -1;
	sink->outer = sh->sinks;
	sh->sinks = sink;
}

void sh_sink_pop(struct shell *sh, struct sh_sink *sink) {
	cn_fd_close(&sink->wr);
	if (sink->rd >= 0) {
		sink_read(sink, true);
		cn_fd_close(&sink->rd);
	}
	sh->sinks = sink->outer;
}

bool sh_sink_piped(const struct shell *sh) {
	for (const struct sh_sink *sink = sh->sinks; sink != NULL; sink = sink->outer) {
		if (sink->rd >= 0) {
			return true;
		}
	}
	return false;
}

static void pump_until(struct shell *sh, pid_t pid, int pidfd) {
	for (;;) {
		struct pollfd fds[17];
		struct sh_sink *sinks[17];
		nfds_t count = 0;
		fds[count++] = (struct pollfd){ .fd = pidfd, .events = POLLIN };
		for (struct sh_sink *sink = sh->sinks; sink != NULL && count < 17; sink = sink->outer) {
			if (sink->rd >= 0) {
				sinks[count] = sink;
				fds[count++] = (struct pollfd){ .fd = sink->rd, .events = POLLIN };
			}
		}
		if (poll(fds, count, -1) < 0) {
			sh_signal_pass_on(sh, pid);
			continue;
		}
		for (nfds_t i = 1; i < count; i++) {
			if ((fds[i].revents & POLLIN) != 0) {
				sink_read(sinks[i], false);
			}
		}
		if (fds[0].revents != 0) {
			return;
		}
	}
}

static bool outer_piped(const struct sh_sink *sink) {
	for (sink = sink->outer; sink != NULL; sink = sink->outer) {
		if (sink->rd >= 0) {
			return true;
		}
	}
	return false;
}

void sh_sink_pump(struct shell *sh, pid_t pid, bool last) {
	struct sh_sink *sink = sh->sinks;
	/* At a prompt Ctrl-C must reach us. */
	if (last && !sh->interactive_signals && sink != NULL && !outer_piped(sink)) {
		cn_fd_close(&sink->wr);
		if (sink->rd >= 0) {
			sink_read(sink, true);
			cn_fd_close(&sink->rd);
		}
		return;
	}
	int pidfd = (int)syscall(SYS_pidfd_open, pid, 0);
	if (pidfd < 0) {
		return;
	}
	pump_until(sh, pid, pidfd);
	close(pidfd);
	for (sink = sh->sinks; sink != NULL; sink = sink->outer) {
		sink_drain(sink);
	}
}
