/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "plugin/cmd/pool_run.h"

#include <errno.h>
#include <stdio.h>
#include <sys/wait.h>

#include "lib/base/err.h"
#include "lib/proc/process.h"
#include "plugin/command.h"

static int start_failed(int err) {
	return err == -ENOENT || err == -ENOTDIR ? STATUS_NOT_FOUND : STATUS_CANNOT_RUN;
}

void pool_block_children(sigset_t *saved) {
	sigset_t children;
	sigemptyset(&children);
	sigaddset(&children, SIGCHLD);
	sigprocmask(SIG_BLOCK, &children, saved);
}

int pool_wait_for_child(pid_t pid) {
	int status;
	int err;
	while ((err = cn_process_wait(pid, false, &status)) == -EINTR) {
	}
	return err == 0 ? cn_process_status(status) : STATUS_FAILED;
}

static int run_program(const struct host_command *command, char **words, const char *verb) {
	sigset_t mask;
	pool_block_children(&mask);
	struct cn_plan plan = {
		.mask = &mask,
		.path = command->path,
		.argv = words,
		.env = host->environment(),
		.fds = { -1, -1, -1 },
	};
	host->flush();
	pid_t pid = cn_process_start(&plan);
	int status = pid > 0 ? pool_wait_for_child(pid) : 0;
	sigprocmask(SIG_SETMASK, &mask, NULL);
	if (pid == -EAGAIN || pid == -ENOMEM) { // as a shell does when it cannot fork
		fprintf(stderr, "pool: %s: %s: %s\n", verb, words[0], cn_strerror(pid));
		return STATUS_CANNOT_RUN;
	}
	if (pid < 0) {
		fprintf(stderr, "pool: %s: %s: %s\n", verb, words[0],
				pid == -ENOENT ? "no such file" : cn_strerror(pid));
		return start_failed(pid);
	}
	return status;
}

int pool_run(const struct host_command *command, char **words, size_t count, const char *verb) {
	return command->kind == HOST_PROGRAM ? run_program(command, words, verb)
										 : host->call(command, words, count);
}
