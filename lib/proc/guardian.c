/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "lib/proc/guardian.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/random.h>
#include <unistd.h>

#include "lib/base/buf.h"
#include "lib/base/clock.h"
#include "lib/base/fd.h"
#include "lib/base/procfs.h"
#include "lib/proc/process.h"
#include "lib/proc/task.h"

// A process can start another one while we look: look until nothing was found, this many times.
enum { SWEEPS_MAX = 20 };

uint64_t cn_tree_new(void) {
	uint64_t tree = 0;
	if (getrandom(&tree, sizeof(tree), GRND_NONBLOCK) != (ssize_t)sizeof(tree) || tree == 0) {
		tree = (uint64_t)cn_now() << 20 ^ (uint64_t)getpid();
	}
	return tree;
}

void cn_tree_text(uint64_t tree, char out[CN_TREE_TEXT_MAX]) {
	// Not by printf: every task does this, and a fresh copy would first have to map its code.
	for (int i = 15; i >= 0; i--, tree >>= 4) {
		out[i] = "0123456789abcdef"[tree & 15];
	}
	out[16] = '\0';
}

static void kill_recorded(struct cn_arena *arena, uint64_t tree) {
	struct cn_ref *refs;
	size_t count;
	if (cn_name_list(arena, CN_TASK, &refs, &count) < 0) {
		return;
	}
	for (size_t i = 0; i < count; i++) {
		struct cn_task *task;
		if (cn_pin(&refs[i], (void **)&task) < 0) {
			continue;
		}
		if (task->tree == tree && (task->flags & CN_TASK_DETACHED) == 0) {
			cn_task_kill(task, SIGKILL);
		}
		cn_unpin(&refs[i], task);
	}
	free(refs);
}

static bool has_mark(const char *pid, const char *mark, size_t len, struct cn_buf *buf) {
	char path[NAME_MAX + 16];
	snprintf(path, sizeof(path), "/proc/%s/environ", pid);
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0) {
		return false; // another user's, or gone
	}
	cn_buf_reset(buf);
	ssize_t n;
	do {
		if (cn_buf_reserve(buf, 16384) < 0) {
			break;
		}
		n = read(fd, buf->data + buf->len, 16384);
		buf->len += n > 0 ? (size_t)n : 0;
	} while (n > 0);
	close(fd);
	const char *at = buf->data;
	const char *end = buf->data + buf->len;
	while ((size_t)(end - at) >= len) {
		if (memcmp(at, mark, len) == 0) {
			return true;
		}
		const char *nul = memchr(at, '\0', (size_t)(end - at));
		if (nul == NULL) {
			return false;
		}
		at = nul + 1;
	}
	return false;
}

// Kill all processes with the mark. How many there were.
static int sweep(const char *mark, size_t len, struct cn_buf *buf) {
	DIR *proc = opendir("/proc");
	if (proc == NULL) {
		return 0;
	}
	int found = 0;
	for (struct dirent *entry; (entry = readdir(proc)) != NULL;) {
		pid_t pid = (pid_t)atol(entry->d_name);
		if (pid > 1 && pid != getpid() && has_mark(entry->d_name, mark, len, buf)) {
			found += kill(pid, SIGKILL) == 0;
		}
	}
	closedir(proc);
	return found;
}

static void sweep_all(uint64_t tree) {
	char text[CN_TREE_TEXT_MAX];
	char mark[64];
	struct cn_buf buf = CN_BUF_INIT;
	cn_tree_text(tree, text);
	int len = snprintf(mark, sizeof(mark), "%s=%s", CN_TREE_VARIABLE, text);
	for (int i = 0; i < SWEEPS_MAX && sweep(mark, (size_t)len + 1, &buf) > 0; i++) {
		poll(NULL, 0, 1);
	}
	cn_buf_finish(&buf);
}

static void close_all_but(int fd) {
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);
	for (int i = 0; null >= 0 && i < 3; i++) {
		dup2(null, i);
	}
	cn_fd_close_all_but(3, &fd, 1);
}

// By its descriptor; where there are none (before Linux 5.3, some containers), by a signal.
static void await_death(pid_t shell, int fd) {
	struct pollfd poll_fd = { .fd = fd, .events = POLLIN };
	if (fd >= 0) {
		while (poll(&poll_fd, 1, -1) < 0 && errno == EINTR) {
		}
		return;
	}
	sigset_t told;
	sigemptyset(&told);
	sigaddset(&told, SIGUSR1);
	prctl(PR_SET_PDEATHSIG, SIGUSR1);
	while (getppid() == shell) {
		sigwaitinfo(&told, NULL);
	}
}

static void guard(struct cn_arena *arena, uint64_t tree, pid_t shell, int fd) {
	sigset_t all;
	sigfillset(&all);
	sigprocmask(SIG_SETMASK, &all, NULL);
	setsid();
	prctl(PR_SET_NAME, "conch-guardian");
	if (chdir("/") < 0) {
		return; // there is one
	}
	close_all_but(fd);
	await_death(shell, fd);
	kill_recorded(arena, tree);
	sweep_all(tree);
}

pid_t cn_guardian_start(struct cn_arena *arena, uint64_t tree) {
	pid_t shell = getpid();
	int fd = cn_pidfd_open(shell);
	fd = fd >= 0 ? cn_fd_private(fd) : fd;
	if (fd < 0 && fd != -ENOSYS && fd != -EPERM) {
		return fd;
	}
	pid_t pid = cn_process_copy(NULL);
	if (pid == 0) {
		guard(arena, tree, shell, fd);
		_exit(0);
	}
	cn_fd_close(&fd);
	return pid;
}
