/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * shell/fd_io.c - what builtins read and write, and the sinks in which the output of a command
 * substitution (XCU 2.6.3) gathers. See fd_core.h.
 */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/base/fd.h"
#include "lib/base/procfs.h"
#include "shell/builtin.h"
#include "shell/fd_core.h"
#include "shell/input.h"
#include "shell/trap.h"

enum { AHEAD = 4096 }; // bytes to read at a time for a builtin

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
		if (errno != EINTR || sh_signal_pending_trap(sh, 0)) {
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
			sh_file_sync(sh->read_ahead);
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
		sh_file_sync(sh->read_ahead);
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
	int pidfd = cn_pidfd_open(pid);
	if (pidfd < 0) {
		return;
	}
	pump_until(sh, pid, pidfd);
	close(pidfd);
	for (sink = sh->sinks; sink != NULL; sink = sink->outer) {
		sink_drain(sink);
	}
}
