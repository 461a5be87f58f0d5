/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "lib/proc/logs.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/base/fd.h"

// Read output is given back to the system in pieces of at least this size.
#define RELEASE_SIZE (UINT64_C(1) << 20)

// More than this of one log is not kept in memory.
#define MEMORY_MAX (UINT64_C(16) << 20)

enum { COPY_SIZE = 64 << 10, COPY_BELOW = 2048 };

int cn_logs_init(struct cn_logs *logs, struct cn_board_map *map, const char *dir) {
	*logs = (struct cn_logs){ .map = map, .dir = dir };
	if (map->logs == NULL) {
		return 0;
	}
	logs->logs = calloc(map->board->workers, sizeof(*logs->logs));
	if (logs->logs == NULL) {
		return -ENOMEM;
	}
	for (uint32_t i = 0; i < map->board->workers; i++) {
		logs->logs[i].disk = -1;
	}
	return 0;
}

void cn_logs_finish(struct cn_logs *logs) {
	for (uint32_t i = 0; logs->logs != NULL && i < logs->map->board->workers; i++) {
		cn_fd_close(&logs->logs[i].disk);
	}
	free(logs->logs);
	logs->logs = NULL;
}

uint64_t cn_logs_size(const struct cn_logs *logs, uint32_t worker) {
	struct stat status;
	if (logs->logs == NULL || fstat(logs->map->logs[worker], &status) < 0) {
		return 0;
	}
	return (uint64_t)status.st_size;
}

// For an `out` that sendfile refuses: a terminal, a file opened for appending, some devices.
static int send_copied(int out, int in, uint64_t from, uint64_t to) {
	char copy[COPY_SIZE];
	while (from < to) {
		size_t want = to - from < COPY_SIZE ? to - from : COPY_SIZE;
		ssize_t n = pread(in, copy, want, (off_t)from);
		if (n <= 0) {
			return n < 0 ? -errno : -EIO;
		}
		int err = cn_write_full(out, copy, (size_t)n);
		if (err < 0) {
			return err;
		}
		from += (uint64_t)n;
	}
	return 0;
}

static int send_range(int out, int in, uint64_t from, uint64_t to) {
	if (to - from <= COPY_BELOW) { // a copy costs less than handing over pages
		return send_copied(out, in, from, to);
	}
	while (from < to) {
		off_t offset = (off_t)from;
		ssize_t n = sendfile(out, in, &offset, to - from);
		if (n > 0) {
			from += (uint64_t)n;
		} else if (n == 0) {
			return -EIO;
		} else if (errno == EAGAIN) {
			poll(&(struct pollfd){ .fd = out, .events = POLLOUT }, 1, -1);
		} else if (errno == EINVAL || errno == ENOSYS) {
			return send_copied(out, in, from, to);
		} else if (errno != EINTR) {
			return -errno;
		}
	}
	return 0;
}

// Up to where a range that begins at `from` lies in one file, and in which.
static uint64_t piece(
		const struct cn_logs *logs, uint32_t worker, uint64_t from, uint64_t to, int *fd) {
	const struct cn_log *log = &logs->logs[worker];
	bool on_disk = from < log->spilled;
	*fd = on_disk ? log->disk : logs->map->logs[worker];
	return on_disk && log->spilled < to ? log->spilled : to;
}

int cn_logs_send(struct cn_logs *logs, uint32_t worker, uint64_t from, uint64_t to, int out) {
	int err = 0;
	while (from < to && err == 0) {
		int fd;
		uint64_t end = piece(logs, worker, from, to, &fd);
		err = send_range(out, fd, from, end);
		from = end;
		char last;
		if (logs->track && err == 0 && pread(fd, &last, 1, (off_t)end - 1) == 1) {
			logs->open_line = last != '\n';
		}
	}
	return err;
}

int cn_logs_read(
		struct cn_logs *logs, uint32_t worker, uint64_t from, uint64_t to, struct cn_buf *out) {
	int err = cn_buf_reserve(out, to - from);
	while (from < to && err == 0) {
		int fd;
		uint64_t end = piece(logs, worker, from, to, &fd);
		ssize_t n = pread(fd, out->data + out->len, end - from, (off_t)from);
		if (n <= 0) {
			return n < 0 ? -errno : -EIO;
		}
		cn_buf_truncate(out, out->len + (size_t)n);
		from += (uint64_t)n;
	}
	return err;
}

static void punch(int fd, uint64_t from, uint64_t to) {
	fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, (off_t)from, (off_t)(to - from));
}

void cn_logs_release(struct cn_logs *logs, uint32_t worker, uint64_t to) {
	struct cn_log *log = &logs->logs[worker];
	to = to / 4096 * 4096;
	if (to <= log->released || to - log->released < RELEASE_SIZE) {
		return;
	}
	punch(logs->map->logs[worker], log->released, to);
	if (log->disk >= 0 && log->released < log->spilled) {
		punch(log->disk, log->released, log->spilled < to ? log->spilled : to);
	}
	log->released = to;
	log->spilled = log->spilled > to ? log->spilled : to;
}

static int open_disk(struct cn_logs *logs, struct cn_log *log) {
	if (log->disk >= 0) {
		return 0;
	}
	int fd = open(logs->dir, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
	if (fd < 0 && (errno == EOPNOTSUPP || errno == EISDIR)) {
		char path[512];
		int len = snprintf(path, sizeof(path), "%s/conch-XXXXXX", logs->dir);
		fd = len < (int)sizeof(path) ? mkostemp(path, O_CLOEXEC) : -1;
		if (fd >= 0) {
			unlink(path);
		}
	}
	log->disk = cn_fd_private(fd);
	return log->disk < 0 ? log->disk : 0;
}

static int copy_to_disk(struct cn_logs *logs, uint32_t worker, uint64_t from, uint64_t to) {
	struct cn_log *log = &logs->logs[worker];
	int err = open_disk(logs, log);
	while (err == 0 && from < to) {
		off_t offset = (off_t)from;
		lseek(log->disk, offset, SEEK_SET);
		ssize_t n = sendfile(log->disk, logs->map->logs[worker], &offset, to - from);
		if (n <= 0 && errno != EINTR) {
			err = n < 0 ? -errno : -EIO;
		}
		from += n > 0 ? (uint64_t)n : 0;
	}
	return err;
}

int cn_logs_spill(struct cn_logs *logs, uint32_t worker) {
	struct cn_log *log = &logs->logs[worker];
	uint64_t from = log->spilled > log->released ? log->spilled : log->released;
	uint64_t to = cn_logs_size(logs, worker) / 4096 * 4096;
	if (to <= from || to - from < MEMORY_MAX) {
		return 0;
	}
	int err = copy_to_disk(logs, worker, from, to);
	if (err < 0) {
		return cn_err_set(&logs->err, err, "%s: %s", logs->dir,
				err == -ENOSPC ? "no space left on device" : cn_strerror(err));
	}
	log->spilled = to;
	punch(logs->map->logs[worker], from, to);
	return 0;
}
