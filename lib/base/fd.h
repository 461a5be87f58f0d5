/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * lib/base/fd.h - file descriptors that a script must never notice, and whole reads and writes.
 */
#ifndef CN_BASE_FD_H
#define CN_BASE_FD_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/*
 * The lowest number our own descriptors take: scripts own 0-9 by the standard, and bash parks its
 * own at 10 and above and at 255.
 */
enum { CN_FD_PRIVATE = 50 };

/*
 * Move `fd` out of the script's way: to CN_FD_PRIVATE or above, close-on-exec. Takes fd in any
 * case. Returns the new number or a negative errno. `fd` < 0 is handed back, so that
 * cn_fd_private(open(...) ...) needs one check (errno must be as the failed call left it).
 */
int cn_fd_private(int fd);

/*
 * An empty file in memory that nobody else can open, private as above: what processes that descend
 * from this one shall share. A negative errno.
 */
int cn_fd_memory(const char *name);

/* Read until the end, `len` bytes, or an error; EINTR goes on. Bytes read or a negative errno. */
ssize_t cn_read_full(int fd, void *data, size_t len);

/* Write all of it; EINTR goes on, EAGAIN waits. 0 or a negative errno. */
int cn_write_full(int fd, const void *data, size_t len);

/* Close and set to -1; -1 is fine. errno is kept. */
void cn_fd_close(int *fd);

/* Close all that are `from` or above, but those in keep[0, n); -1 in there is fine. */
void cn_fd_close_all_but(int from, const int *keep, size_t n);

/* Set close-on-exec on all open descriptors >= `from`. */
void cn_fd_cloexec_from(int from);

/* Whether somebody reads what is written to fd, and may stop: a pipe or a socket. */
bool cn_fd_has_reader(int fd);

/* Whether fd is open for writing. */
bool cn_fd_is_writable(int fd);

/* Whether nobody reads it any more, without waiting. */
bool cn_fd_is_abandoned(int fd);

#endif
