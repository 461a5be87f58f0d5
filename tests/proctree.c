/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "tests/proctree.h"

#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/base/fd.h"

void proctree_read_file(const char *path, struct cn_buf *buf) {
	cn_buf_reset(buf);
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0) {
		return;
	}
	char chunk[4096];
	ssize_t n;
	while ((n = cn_read_full(fd, chunk, sizeof(chunk))) > 0) {
		cn_buf_append(buf, chunk, (size_t)n);
	}
	close(fd);
}

static bool is_zombie(pid_t pid) {
	char path[64];
	snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	struct cn_buf stat = CN_BUF_INIT;
	proctree_read_file(path, &stat);
	const char *after_name = strrchr(stat.data, ')');
	bool zombie = after_name == NULL || after_name[2] == 'Z' || after_name[2] == 'X';
	cn_buf_finish(&stat);
	return zombie;
}

// Adds to found[count, ...) what is below `pid`.
static size_t collect(pid_t pid, int depth, struct proctree_process *found, size_t count) {
	char path[64];
	snprintf(path, sizeof(path), "/proc/%d/task/%d/children", pid, pid);
	struct cn_buf children = CN_BUF_INIT;
	proctree_read_file(path, &children);
	char *next = children.data;
	for (;;) {
		char *word = next;
		pid_t child = (pid_t)strtol(word, &next, 10);
		if (next == word || count == PROCTREE_MAX) {
			break;
		}
		if (!is_zombie(child)) {
			found[count++] = (struct proctree_process){ .pid = child, .depth = depth };
		}
		count = collect(child, depth + 1, found, count);
	}
	cn_buf_finish(&children);
	return count;
}

size_t proctree_below(pid_t pid, struct proctree_process *found) {
	return collect(pid, 1, found, 0);
}
