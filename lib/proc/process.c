/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "lib/proc/process.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/sched.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/base/fd.h"
#include "lib/base/procfs.h"

enum {
	RESETS_MAX = 8,
	NOTES_MAX = 256, // a power of two
	DEPTH_MAX = 64, // of descendants
};

static void (*resets[RESETS_MAX])(void);
static void (*prepare_copy)(void);

static volatile pid_t ward;

/*
 * A ring that the handler of CN_PROCESS_SIGNAL fills and cn_process_noted() empties. The handler
 * runs in this process only, so that plain indices do: it moves `in`, the other one `out`.
 */
static struct {
	pid_t pids[NOTES_MAX];
	_Atomic uint32_t in;
	_Atomic uint32_t out;
	_Atomic bool lost;
	void (*notice)(void);
	void (*tick)(void);
} notes;

static void note(int sig, siginfo_t *info, void *context) {
	int saved = errno;
	if (info->si_code == SI_TIMER) {
		if (notes.tick != NULL) {
			notes.tick();
		}
		errno = saved;
		return;
	}
	pid_t pid = info->si_code == SI_QUEUE ? info->si_value.sival_int : info->si_pid;
	uint32_t in = atomic_load(&notes.in);
	if (in - atomic_load(&notes.out) < NOTES_MAX) {
		notes.pids[in % NOTES_MAX] = pid;
		atomic_store(&notes.in, in + 1);
	} else {
		atomic_store(&notes.lost, true);
	}
	if (notes.notice != NULL) {
		notes.notice();
	}
	errno = saved;
}

void cn_process_on_tick(void (*tick)(void)) {
	notes.tick = tick;
}

pid_t cn_process_noted(void) {
	uint32_t out = atomic_load(&notes.out);
	if (out != atomic_load(&notes.in)) {
		pid_t pid = notes.pids[out % NOTES_MAX];
		atomic_store(&notes.out, out + 1);
		return pid;
	}
	return atomic_exchange(&notes.lost, false) ? -1 : 0;
}

void cn_process_tell(pid_t pid, pid_t subject) {
	sigqueue(pid, CN_PROCESS_SIGNAL, (union sigval){ .sival_int = subject });
}

// Restarts system calls, so that what the shell does in the foreground is not disturbed.
void cn_process_listen(void) {
	struct sigaction action = { .sa_sigaction = note, .sa_flags = SA_SIGINFO | SA_RESTART };
	sigfillset(&action.sa_mask);
	sigaction(CN_PROCESS_SIGNAL, &action, NULL);
}

void cn_process_on_signal(void (*notice)(void)) {
	notes.notice = notice;
	cn_process_listen(); // others may signal us before we have made a copy
}

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

void cn_process_before_copy(void (*prepare)(void)) {
	prepare_copy = prepare;
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
	cn_process_listen();
	if (prepare_copy != NULL) {
		prepare_copy();
	}
	pid_t pid = copy_by_clone(pidfd);
	if (pid == -ENOSYS || pid == -EPERM) {
		pid = fork();
		pid = pid < 0 ? -errno : pid;
	}
	if (pid == 0) {
		ward = 0;
		atomic_store(&notes.out, atomic_load(&notes.in));
		for (size_t i = 0; i < RESETS_MAX && resets[i] != NULL; i++) {
			resets[i]();
		}
	}
	if (pid > 0 && pidfd != NULL && *pidfd >= 0) {
		*pidfd = cn_fd_private(*pidfd);
	}
	return pid;
}

// From a signal handler too. Each list is read before anybody in it is signalled.
static int kill_children(pid_t pid, int sig, int depth) {
	char path[48];
	char text[4096];
	snprintf(path, sizeof(path), "/proc/%d/task/%d/children", (int)pid, (int)pid);
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || depth > DEPTH_MAX) {
		cn_fd_close(&fd);
		return 0;
	}
	ssize_t len = cn_read_full(fd, text, sizeof(text) - 1);
	close(fd);
	text[len > 0 ? len : 0] = '\0';
	int count = 0;
	char *end;
	for (char *at = text; *at != '\0'; at = end + (*end == ' ')) {
		pid_t child = (pid_t)strtol(at, &end, 10);
		if (end == at || *end != ' ') {
			break; // the last one may be cut
		}
		count += 1 + kill_children(child, sig, depth + 1);
		kill(child, sig);
	}
	return count;
}

// The parent is gone: so is everything in this process's group, us included.
static void die_with_group(int sig) {
	if (ward > 0) {
		kill(-ward, SIGKILL);
	}
	kill_children(getpid(), SIGKILL, 0); // those that left the group
	kill(0, SIGKILL);
}

void cn_process_ward(pid_t group) {
	ward = group;
}

void cn_process_tie(pid_t parent, void (*orphaned)(int sig)) {
	setpgid(0, 0);
	struct sigaction action = { .sa_handler = orphaned != NULL ? orphaned : die_with_group };
	sigfillset(&action.sa_mask);
	sigaction(CN_PROCESS_TIE, &action, NULL);
	sigset_t tie;
	sigemptyset(&tie);
	sigaddset(&tie, CN_PROCESS_TIE);
	sigprocmask(SIG_UNBLOCK, &tie, NULL);
	prctl(PR_SET_PDEATHSIG, CN_PROCESS_TIE);
	if (getppid() != parent) {
		kill(getpid(), CN_PROCESS_TIE);
	}
}

// In the vfork child, on the parent's memory: system calls only. Returns an errno value.
static int become(const struct cn_plan *plan, const sigset_t *mask) {
	if (plan->group) {
		setpgid(0, 0);
	}
	if (plan->ward) {
		ward = getpid();
		prctl(PR_SET_PDEATHSIG, SIGKILL);
	}
	if (plan->pid != NULL) {
		atomic_store(plan->pid, (uint32_t)getpid());
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

// Nothing but its arguments lives across the vfork. Returns a pid, or a negative errno.
static pid_t start_plain(const struct cn_plan *plan, const sigset_t *mask) {
	volatile int failed = 0;
	pid_t pid = vfork();
	if (pid == 0) {
		failed = become(plan, mask);
		_exit(127);
	}
	if (pid < 0) {
		return -errno;
	}
	if (failed != 0) {
		waitpid(pid, NULL, 0);
		return -failed;
	}
	return pid;
}

pid_t cn_process_start(const struct cn_plan *plan) {
	sigset_t all;
	sigset_t saved;
	sigfillset(&all);
	sigprocmask(SIG_SETMASK, &all, &saved); // no handler of ours may run in the child
	pid_t pid = start_plain(plan, plan->mask != NULL ? plan->mask : &saved);
	sigprocmask(SIG_SETMASK, &saved, NULL);
	return pid == -ENOEXEC ? start_interpreted(plan) : pid;
}

int cn_process_wait(pid_t pid, bool nohang, int *status) {
	pid_t got = waitpid(pid, status, __WALL | (nohang ? WNOHANG : 0));
	if (got < 0) {
		return -errno;
	}
	return got == 0 ? -EAGAIN : 0;
}

bool cn_process_is_alive(pid_t pid) {
	struct cn_proc_stat stat;
	return cn_proc_stat(pid, &stat) == 0 && stat.state != 'Z' && stat.state != 'X';
}

int cn_process_kill_descendants(int sig) {
	return kill_children(getpid(), sig, 0);
}

int cn_process_status(int wait_status) {
	return WIFSIGNALED(wait_status) ? 128 + WTERMSIG(wait_status) : WEXITSTATUS(wait_status);
}
