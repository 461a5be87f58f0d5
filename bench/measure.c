/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * bench/measure.c - what a command costs, with all processes it starts.
 *
 *	measure [-m MILLISECONDS] RESULT-FILE COMMAND [ARG...]
 *
 * writes one line: wall, user and system seconds, and the highest memory of all its processes
 * together in KiB (0 without -m). Memory is the sum of proportional set sizes, so that pages
 * shared by a shell and its copies count once; it is looked at every so many milliseconds, which
 * costs a processor time that is not counted. Processes that outlive their parent come to this
 * one, so their time is counted too. Status: that of the command.
 */
#include "config.h"

#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/base/clock.h"
#include "lib/base/number.h"
#include "tests/proctree.h"

static void die(const char *what) {
	fprintf(stderr, "measure: %s: %s\n", what, strerror(errno));
	exit(125);
}

static int64_t pss_kib(pid_t pid) {
	char path[64];
	snprintf(path, sizeof(path), "/proc/%d/smaps_rollup", pid);
	struct cn_buf text = CN_BUF_INIT;
	proctree_read_file(path, &text);
	const char *line = strstr(text.data, "\nPss:");
	int64_t kib = line == NULL ? 0 : strtoll(line + 5, NULL, 10);
	cn_buf_finish(&text);
	return kib;
}

static int64_t memory_kib(void) {
	static struct proctree_process found[PROCTREE_MAX];
	int64_t sum = 0;
	size_t count = proctree_below(getpid(), found);
	for (size_t i = 0; i < count; i++) {
		sum += pss_kib(found[i].pid);
	}
	return sum;
}

static pid_t start(char **command) {
	pid_t pid = fork();
	if (pid < 0) {
		die("fork");
	}
	if (pid == 0) {
		execvp(command[0], command);
		fprintf(stderr, "measure: %s: %s\n", command[0], strerror(errno));
		_exit(127);
	}
	return pid;
}

// Wait for the command's end, looking at the memory now and then. Returns the highest seen.
static int64_t watch(pid_t pid, cn_time interval) {
	int64_t peak = 0;
	struct pollfd poll_fd = { .fd = (int)syscall(SYS_pidfd_open, pid, 0), .events = POLLIN };
	while (poll(&poll_fd, 1, interval == 0 ? -1 : (int)(interval / CN_MILLISECOND)) != 1) {
		int64_t now = memory_kib();
		peak = now > peak ? now : peak;
	}
	close(poll_fd.fd);
	return peak;
}

static double seconds(struct timeval time) {
	return (double)time.tv_sec + (double)time.tv_usec / 1e6;
}

int main(int argc, char **argv) {
	int64_t milliseconds = 0;
	int opt;
	while ((opt = getopt(argc, argv, "+m:")) != -1) {
		if (opt != 'm' || cn_parse_int(optarg, 1, 10000, &milliseconds) < 0) {
			return 2;
		}
	}
	if (argc - optind < 2) {
		fputs("usage: measure [-m MILLISECONDS] RESULT-FILE COMMAND [ARG...]\n", stderr);
		return 2;
	}
	FILE *result = fopen(argv[optind], "we");
	if (result == NULL) {
		die(argv[optind]);
	}
	prctl(PR_SET_CHILD_SUBREAPER, 1);
	cn_time began = cn_now();
	pid_t pid = start(argv + optind + 1);
	int64_t peak = watch(pid, milliseconds * CN_MILLISECOND);
	cn_time wall = cn_now() - began;
	int status;
	waitpid(pid, &status, 0);
	while (waitpid(-1, NULL, __WALL) > 0) {
	}
	struct rusage usage;
	getrusage(RUSAGE_CHILDREN, &usage);
	fprintf(result, "%.6f %.6f %.6f %" PRId64 "\n", (double)wall / 1e9, seconds(usage.ru_utime),
			seconds(usage.ru_stime), peak);
	if (fclose(result) != 0) {
		die(argv[optind]);
	}
	return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}
