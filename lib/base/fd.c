/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "lib/base/fd.h"

#include <errno.h>
#include <fcntl.h>
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

void cn_fd_cloexec_from(int from) {
	syscall(SYS_close_range, (unsigned)from, ~0u, CLOSE_RANGE_CLOEXEC);
}
