/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "lib/base/fd.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/close_range.h>
#include <poll.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#ifndef MFD_NOEXEC_SEAL
#define MFD_NOEXEC_SEAL 8u
#endif

// Descriptors that are looked at one by one.
enum { SLOW_MAX = 1 << 16 };

int cn_fd_private(int fd) {
	if (fd < 0) {
		return -errno;
	}
	int moved = fcntl(fd, F_DUPFD_CLOEXEC, CN_FD_PRIVATE);
	if (moved < 0 && errno == EINVAL) { // RLIMIT_NOFILE is below our range: any number will do
		moved = fcntl(fd, F_DUPFD_CLOEXEC, 3);
	}
	int err = moved < 0 ? -errno : moved;
	close(fd);
	return err;
}

int cn_fd_memory(const char *name) {
	const unsigned flags = MFD_CLOEXEC | MFD_ALLOW_SEALING;
	int fd = memfd_create(name, flags | MFD_NOEXEC_SEAL);
	if (fd < 0 && errno == EINVAL) { // before 6.3
		fd = memfd_create(name, flags);
	}
	fd = fd >= 0 ? cn_fd_private(fd) : -errno;
	if (fd >= 0) {
		fchmod(fd, 0600);
	}
	return fd;
}

ssize_t cn_read_full(int fd, void *data, size_t len) {
	size_t done = 0;
	while (done < len) {
		ssize_t n = read(fd, (char *)data + done, len - done);
		if (n < 0 && errno == EINTR) {
			continue;
		}
		if (n < 0) {
			return -errno;
		}
		if (n == 0) {
			break;
		}
		done += (size_t)n;
	}
	return (ssize_t)done;
}

int cn_write_full(int fd, const void *data, size_t len) {
	size_t done = 0;
	while (done < len) {
		ssize_t n = write(fd, (const char *)data + done, len - done);
		if (n >= 0) {
			done += (size_t)n;
		} else if (errno == EAGAIN) {
			poll(&(struct pollfd){ .fd = fd, .events = POLLOUT }, 1, -1);
		} else if (errno != EINTR) {
			return -errno;
		}
	}
	return 0;
}

void cn_fd_close(int *fd) {
	if (*fd >= 0) {
		int saved = errno;
		close(*fd);
		errno = saved;
		*fd = -1;
	}
}

// By hand, where the kernel has no close_range (before 5.9) or may not.
static void each_between(unsigned first, unsigned last, bool only_mark) {
	long limit = sysconf(_SC_OPEN_MAX);
	limit = limit < 0 || limit > SLOW_MAX ? SLOW_MAX : limit;
	for (unsigned fd = first; fd <= last && fd < (unsigned)limit; fd++) {
		if (only_mark) {
			fcntl((int)fd, F_SETFD, FD_CLOEXEC);
		} else {
			close((int)fd);
		}
	}
}

static void close_between(unsigned first, unsigned last) {
	if (first <= last && syscall(SYS_close_range, first, last, 0) < 0) {
		each_between(first, last, false);
	}
}

void cn_fd_close_all_but(int from, const int *keep, size_t n) {
	unsigned first = (unsigned)from;
	for (;;) {
		unsigned next = UINT_MAX; // the lowest that stays
		for (size_t i = 0; i < n; i++) {
			if (keep[i] >= 0 && (unsigned)keep[i] >= first && (unsigned)keep[i] < next) {
				next = (unsigned)keep[i];
			}
		}
		if (next == UINT_MAX) {
			close_between(first, UINT_MAX);
			return;
		}
		if (next > first) {
			close_between(first, next - 1);
		}
		first = next + 1;
	}
}

void cn_fd_cloexec_from(int from) {
	if (syscall(SYS_close_range, (unsigned)from, UINT_MAX, CLOSE_RANGE_CLOEXEC) < 0) {
		each_between((unsigned)from, UINT_MAX, true);
	}
}

bool cn_fd_has_reader(int fd) {
	struct stat status;
	return fd >= 0 && fstat(fd, &status) == 0 &&
			(S_ISFIFO(status.st_mode) || S_ISSOCK(status.st_mode));
}

bool cn_fd_is_writable(int fd) {
	int flags = fcntl(fd, F_GETFL);
	return flags >= 0 && (flags & O_ACCMODE) != O_RDONLY;
}

bool cn_fd_is_abandoned(int fd) {
	struct pollfd look = { .fd = fd };
	return poll(&look, 1, 0) > 0 && (look.revents & (POLLERR | POLLNVAL)) != 0;
}
