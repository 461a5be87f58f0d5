/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "plugin/ffi_copy.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "lib/base/fd.h"
#include "lib/proc/process.h"
#include "lib/proc/signals.h"
#include "plugin/host.h"

static void end_with_parent(pid_t parent) {
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent) {
		_exit(0);
	}
}

static bool ends_process(int sig) {
	static const int ending[] = { SIGILL, SIGTRAP, SIGABRT, SIGBUS, SIGFPE, SIGSEGV, SIGSYS,
		SIGPIPE, SIGTERM, SIGINT, SIGQUIT, SIGHUP };
	for (size_t i = 0; i < sizeof(ending) / sizeof(*ending); i++) {
		if (sig == ending[i]) {
			return true;
		}
	}
	return false;
}

static void default_signals(bool shell) {
	sigset_t none;
	for (int sig = 1; sig < NSIG; sig++) {
		const char *action = host->trap_get(sig);
		bool ignored = action != NULL && action[0] == '\0';
		if (!ignored && (!shell || ends_process(sig))) {
			signal(sig, SIG_DFL);
		}
	}
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
}

pid_t ffi_copy_start(struct ffi_copy *copy, bool shell) {
	pid_t parent = getpid();
	host->flush();
	fflush(NULL);
	pid_t pid = cn_process_copy(&copy->fd);
	if (pid == 0) {
		end_with_parent(parent);
		if (shell) {
			host->child_begin();
		}
		default_signals(shell);
	}
	copy->pid = pid > 0 ? pid : 0;
	return pid;
}

static bool has_work(void) {
	return cn_signals_waiting() || host->trap_pending() > 0 || host->is_interrupted();
}

/*
 * With `look`, -EINTR at once where handlers have work to do. Signals are let in by the system just
 * for the sleep, so that none comes between the look and that. Without a descriptor it is short.
 */
static int sleep_on(int fd, bool look) {
	static const struct timespec nap = { .tv_nsec = 20000000 };
	struct pollfd poll_fd = { .fd = fd, .events = POLLIN };
	sigset_t all;
	sigset_t saved;
	sigfillset(&all);
	sigprocmask(SIG_SETMASK, &all, &saved);
	int err = -EINTR;
	if (!look || !has_work()) {
		err = ppoll(&poll_fd, 1, fd < 0 ? &nap : NULL, &saved) < 0 ? -errno : 0;
	}
	sigprocmask(SIG_SETMASK, &saved, NULL);
	return err;
}

void ffi_wait(int fd, void (*cleanup)(void *data), void *data) {
	bool look = true;
	while (sleep_on(fd, look) == -EINTR) {
		host->protect(cleanup, data);
		host->pending();
		host->unprotect();
		look = !has_work(); // what has to wait (we are in a trap) shall not keep us awake
	}
}

static int reap(struct ffi_copy *copy, bool nohang, int *status) {
	int err = cn_process_wait(copy->pid, nohang, status);
	if (err != -EAGAIN && err != -EINTR) {
		copy->pid = 0;
		cn_fd_close(&copy->fd);
	}
	return err;
}

int ffi_copy_wait(
		struct ffi_copy *copy, void (*cleanup)(void *data), void *data, int *status) {
	int err;
	do {
		ffi_wait(copy->fd, cleanup, data);
		err = reap(copy, true, status);
	} while (err == -EAGAIN || err == -EINTR);
	return err;
}

void ffi_copy_kill(struct ffi_copy *copy) {
	int status;
	if (copy->pid > 0) {
		kill(copy->pid, SIGKILL);
		while (reap(copy, false, &status) == -EINTR) {
		}
	}
}
