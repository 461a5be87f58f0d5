/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * shell/spawn.c - programs (XCU 2.9.1.6) are started by vfork and exec: what the child does until then
 * is system calls alone, in the memory it shares with us. See exec.h.
 */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "shell/builtin.h"
#include "shell/exec.h"
#include "shell/fd.h"
#include "shell/jobs.h"
#include "shell/trap.h"

/*
 * A file that is neither a binary nor has a #! line is a shell script (2.9.1.6): run it by
 * ourselves, unless its first line says that it is binary after all.
 */
static bool looks_like_script(const char *path) {
	char block[256];
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0) {
		return false;
	}
	ssize_t n = read(fd, block, sizeof(block));
	close(fd);
	for (ssize_t i = 0; i < n && block[i] != '\n'; i++) {
		if (block[i] == '\0') {
			return false;
		}
	}
	return true;
}

/* argv for `conch path args...`, for a script without #!. */
static char **script_argv(const char *path, char **argv) {
	size_t count = 0;
	while (argv[count] != NULL) {
		count++;
	}
	char **args = sh_xmalloc((count + 2) * sizeof(*args));
	args[0] = (char *)"conch";
	args[1] = (char *)path;
	memcpy(args + 2, argv + 1, count * sizeof(*args));
	return args;
}

static void exec_script(const char *path, char **argv, char **envp) {
	char **args = script_argv(path, argv);
	execve("/proc/self/exe", args, envp);
	free(args);
}

/* With signals blocked: taking the terminal from the background would stop us (SIGTTOU). */
static void child_group(struct shell *sh, const struct sh_spawn *plan) {
	if (plan->pgid >= 0) {
		setpgid(0, plan->pgid);
		if (plan->foreground && sh->jobs->terminal >= 0) {
			tcsetpgrp(sh->jobs->terminal, plan->pgid > 0 ? plan->pgid : getpid());
		}
	}
}

/*
 * What the child does between vfork() and execve(): only system calls, and nothing of our memory is
 * changed but errno. It is given its own stack frame by being a function of its own.
 */
static int child_setup(struct shell *sh, const struct sh_spawn *plan) {
	if (sh_fd_apply(sh) < 0) {
		return -1;
	}
	if (plan->null_input) {
		close(0);
		return open("/dev/null", O_RDONLY) == 0 ? 0 : -1;
	}
	return 0;
}

static pid_t start(struct shell *sh, const struct sh_spawn *plan, const sigset_t *old, int *error) {
	volatile int failed = 0;
	pid_t pid = vfork();
	if (pid == 0) {
		child_group(sh, plan);
		sh_trap_before_exec(sh, plan->async && plan->pgid < 0);
		bool ready = child_setup(sh, plan) == 0; // with SIGTTOU blocked, for tcsetpgrp()
		if (ready && old != NULL) {
			sigprocmask(SIG_SETMASK, old, NULL);
		}
		if (ready) {
			execve(plan->path, plan->argv, plan->envp);
		}
		failed = errno;
		_exit(127);
	}
	*error = pid < 0 ? errno : failed;
	return pid;
}

pid_t sh_spawn(struct shell *sh, const struct sh_spawn *plan) {
	if (sh_fd_before_exec(sh) < 0) {
		return -1;
	}
	bool handlers = sh->has_handlers || plan->pgid >= 0;
	sigset_t old;
	if (handlers) {
		sh_signals_block(&old);
	}
	int error = 0;
	pid_t pid = start(sh, plan, handlers ? &old : NULL, &error);
	if (handlers) {
		sigprocmask(SIG_SETMASK, &old, NULL);
	}
	if (pid > 0 && plan->pgid >= 0) {
		setpgid(pid, plan->pgid); // whoever is first
	}
	if (error == 0) {
		return pid;
	}
	if (pid > 0) {
		sh_reap(pid);
	}
	if (error == ENOEXEC && looks_like_script(plan->path)) {
		char **args = script_argv(plan->path, plan->argv);
		struct sh_spawn again = *plan;
		again.path = "/proc/self/exe";
		again.argv = args;
		pid = sh_spawn(sh, &again);
		error = errno;
		free(args);
	} else {
		pid = -1;
	}
	errno = error;
	return pid;
}

int sh_exec_program(struct shell *sh, const char *path, char **argv, char **envp) {
	if (sh_fd_before_exec(sh) < 0) {
		return sh_not_found(sh, argv[0], errno);
	}
	sh_flush(sh);
	sigset_t old;
	sh_signals_block(&old);
	sh_trap_before_exec(sh, false);
	sigprocmask(SIG_SETMASK, &old, NULL);
	int error = 0;
	if (sh_fd_apply(sh) == 0) {
		execve(path, argv, envp);
		error = errno;
		if (error == ENOEXEC && looks_like_script(path)) {
			exec_script(path, argv, envp);
		}
	} else {
		error = errno;
	}
	sh_fds_applied(sh);
	return sh_not_found(sh, argv[0], error);
}
