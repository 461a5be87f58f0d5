/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "lib/proc/process.h"

#include <errno.h>
#include <linux/sched.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/base/fd.h"

#define TIE_SIGNAL (SIGRTMAX - 3)

enum { RESETS_MAX = 8 };

static void (*resets[RESETS_MAX])(void);

void cn_process_on_copy(void (*reset)(void)) {
	for (size_t i = 0; i < RESETS_MAX; i++) {
		if (resets[i] == reset) {
			return;
		}
		if (resets[i] == NULL) {
			resets[i] = reset;
			return;
		}
	}
	abort();
}

static pid_t copy_by_clone(int *pidfd) {
	struct clone_args args = {
		.flags = pidfd != NULL ? CLONE_PIDFD : 0,
		.pidfd = (uint64_t)(uintptr_t)pidfd,
		.exit_signal = (uint64_t)CN_PROCESS_SIGNAL,
	};
	pid_t pid = (pid_t)syscall(SYS_clone3, &args, sizeof(args));
	return pid < 0 ? -errno : pid;
}

pid_t cn_process_copy(int *pidfd) {
	if (pidfd != NULL) {
		*pidfd = -1;
	}
	pid_t pid = copy_by_clone(pidfd);
	if (pid == -ENOSYS || pid == -EPERM) {
		pid = fork();
		pid = pid < 0 ? -errno : pid;
	}
	if (pid == 0) {
		for (size_t i = 0; i < RESETS_MAX && resets[i] != NULL; i++) {
			resets[i]();
		}
	}
	if (pid > 0 && pidfd != NULL && *pidfd >= 0) {
		*pidfd = cn_fd_private(*pidfd);
	}
	return pid;
}

// The parent is gone: so is everything in this process's group, us included.
static void die_with_group(int sig) {
	kill(0, SIGKILL);
}

void cn_process_tie(pid_t parent, void (*orphaned)(int sig)) {
	setpgid(0, 0);
	struct sigaction action = { .sa_handler = orphaned != NULL ? orphaned : die_with_group };
	sigfillset(&action.sa_mask);
	sigaction(TIE_SIGNAL, &action, NULL);
	sigset_t tie;
	sigemptyset(&tie);
	sigaddset(&tie, TIE_SIGNAL);
	sigprocmask(SIG_UNBLOCK, &tie, NULL);
	prctl(PR_SET_PDEATHSIG, TIE_SIGNAL);
	if (getppid() != parent) {
		kill(getpid(), TIE_SIGNAL);
	}
}

// In the vfork child, on the parent's memory: system calls only. Returns an errno value.
static int become(const struct cn_plan *plan, const sigset_t *mask) {
	if (plan->group) {
		setpgid(0, 0);
	}
	if (plan->has_nice) {
		setpriority(PRIO_PROCESS, 0, getpriority(PRIO_PROCESS, 0) + plan->nice);
	}
	for (int fd = 0; fd < 3; fd++) {
		if (plan->fds[fd] >= 0 && dup2(plan->fds[fd], fd) < 0) {
			return errno;
		}
	}
	if (plan->dir != NULL && chdir(plan->dir) < 0) {
		return errno;
	}
	sigprocmask(SIG_SETMASK, mask, NULL);
	execve(plan->path, plan->argv, plan->env);
	return errno;
}

// What a shell does with a file that the kernel does not know how to run.
static pid_t start_interpreted(const struct cn_plan *plan) {
	size_t count = 0;
	while (plan->argv[count] != NULL) {
		count++;
	}
	char **argv = calloc(count + 3, sizeof(*argv));
	if (argv == NULL) {
		return -ENOMEM;
	}
	struct cn_plan again = *plan;
	again.path = plan->interpreter != NULL ? plan->interpreter : "/bin/sh";
	argv[0] = (char *)(uintptr_t)again.path;
	argv[1] = (char *)(uintptr_t)plan->path;
	for (size_t i = 1; i < count; i++) {
		argv[i + 1] = plan->argv[i];
	}
	again.argv = argv;
	pid_t pid = strcmp(again.path, plan->path) == 0 ? -ENOEXEC : cn_process_start(&again);
	free(argv);
	return pid;
}

pid_t cn_process_start(const struct cn_plan *plan) {
	sigset_t all;
	sigset_t saved;
	sigfillset(&all);
	sigprocmask(SIG_SETMASK, &all, &saved); // no handler of ours may run in the child
	const sigset_t *mask = plan->mask != NULL ? plan->mask : &saved;
	volatile int failed = 0;
	pid_t pid = vfork();
	if (pid == 0) {
		failed = become(plan, mask);
		_exit(127);
	}
	int err = pid < 0 ? errno : failed;
	if (pid > 0 && failed != 0) {
		waitpid(pid, NULL, 0);
	}
	sigprocmask(SIG_SETMASK, &saved, NULL);
	if (err == ENOEXEC) {
		return start_interpreted(plan);
	}
	return err != 0 ? -err : pid;
}

int cn_process_wait(pid_t pid, bool nohang, int *status) {
	pid_t got = waitpid(pid, status, __WALL | (nohang ? WNOHANG : 0));
	if (got < 0) {
		return -errno;
	}
	return got == 0 ? -EAGAIN : 0;
}

int cn_process_status(int wait_status) {
	return WIFSIGNALED(wait_status) ? 128 + WTERMSIG(wait_status) : WEXITSTATUS(wait_status);
}
