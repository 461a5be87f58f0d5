/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "lib/base/procfs.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "lib/base/fd.h"

/* The fields of stat(5), by the numbers they have there. */
enum { FIELD_STATE = 3, FIELD_PARENT = 4, FIELD_START = 22, FIELD_EXIT = 52 };

static uint64_t number_at(const char *s) {
	uint64_t n = 0;
	for (; *s >= '0' && *s <= '9'; s++) {
		n = n * 10 + (uint64_t)(*s - '0');
	}
	return n;
}

int cn_proc_stat(pid_t pid, struct cn_proc_stat *out) {
	char path[32];
	char text[1024];
	snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0) {
		return -ENOENT;
	}
	ssize_t len = cn_read_full(fd, text, sizeof(text) - 1);
	close(fd);
	text[len > 0 ? len : 0] = '\0';
	*out = (struct cn_proc_stat){ 0 };
	const char *at = strrchr(text, ')'); // of the name, which may hold anything
	for (int field = FIELD_STATE; at != NULL && (at = strchr(at, ' ')) != NULL; field++) {
		at++;
		switch (field) {
		case FIELD_STATE:
			out->state = *at;
			break;
		case FIELD_PARENT:
			out->parent = (pid_t)number_at(at);
			break;
		case FIELD_START:
			out->start = number_at(at);
			break;
		case FIELD_EXIT:
			out->exit_status = (int)number_at(at);
			break;
		default:
			break;
		}
	}
	return out->state != '\0' ? 0 : -ENOENT;
}

int cn_pidfd_open(pid_t pid) {
	int fd = (int)syscall(SYS_pidfd_open, pid, 0);
	return fd < 0 ? -errno : fd;
}
