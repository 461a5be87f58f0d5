/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/base/fd.h"
#include "tests/unit/tap.h"

enum { BIG = 1 << 20 };

static char big[BIG];

static bool is_cloexec(int fd) {
	return (fcntl(fd, F_GETFD) & FD_CLOEXEC) != 0;
}

static bool is_open(int fd) {
	return fcntl(fd, F_GETFD) >= 0;
}

static void test_private(void) {
	int low = open("/dev/null", O_RDONLY);
	int fd = cn_fd_private(low);
	ok(fd >= CN_FD_PRIVATE, "a private descriptor is out of the script's way");
	ok(is_cloexec(fd), "and close-on-exec");
	ok(!is_open(low), "the low number is free again");
	int other = cn_fd_private(open("/dev/null", O_RDONLY));
	ok(other >= CN_FD_PRIVATE && other != fd, "the next takes another number");
	cn_fd_close(&other);
	is_int(cn_fd_private(open("/nonexistent", O_RDONLY)), -ENOENT, "a failed open goes through");
	cn_fd_close(&fd);
}

static void test_few_allowed(void) {
	if (tap_under_valgrind()) {
		tap_skip("valgrind keeps the limit on descriptors to itself");
		return;
	}
	struct rlimit was;
	getrlimit(RLIMIT_NOFILE, &was);
	struct rlimit few = { .rlim_cur = 20, .rlim_max = was.rlim_max };
	setrlimit(RLIMIT_NOFILE, &few);
	int fd = cn_fd_private(open("/dev/null", O_RDONLY));
	ok(fd >= 3 && is_cloexec(fd), "with few descriptors allowed, any number will do");
	cn_fd_close(&fd);
	setrlimit(RLIMIT_NOFILE, &was);
}

// A child that writes `big` slowly enough that the parent meets short reads.
static pid_t writer_start(int fds[2]) {
	if (pipe(fds) < 0) {
		return -1;
	}
	pid_t pid = fork();
	if (pid == 0) {
		close(fds[0]);
		fcntl(fds[1], F_SETFL, O_NONBLOCK); // EAGAIN whenever the pipe is full
		_exit(cn_write_full(fds[1], big, BIG) == 0 ? 0 : 1);
	}
	close(fds[1]);
	return pid;
}

static void test_whole(void) {
	static char got[BIG + 1];
	memset(big, 'x', BIG);
	int fds[2];
	pid_t pid = writer_start(fds);
	is_int(cn_read_full(fds[0], got, BIG + 1), BIG, "read_full reads up to the end");
	ok(memcmp(got, big, BIG) == 0, "what write_full wrote through a full pipe");
	int status;
	waitpid(pid, &status, 0);
	is_int(status, 0, "write_full says 0");

	cn_fd_close(&fds[0]);
	is_int(fds[0], -1, "close sets the descriptor to -1");
	cn_fd_close(&fds[0]);
	is_int(cn_read_full(-1, got, 1), -EBADF, "reading nothing open is an error");
	signal(SIGPIPE, SIG_IGN);
	if (pipe(fds) == 0) {
		close(fds[0]);
		is_int(cn_write_full(fds[1], "x", 1), -EPIPE, "writing to nobody is an error");
		close(fds[1]);
	}
}

static void test_cloexec_from(void) {
	pid_t pid = fork();
	if (pid == 0) {
		int below = fcntl(0, F_DUPFD, 20);
		int above = fcntl(0, F_DUPFD, 30);
		cn_fd_cloexec_from(30);
		_exit(!is_cloexec(below) && is_cloexec(above) && !is_cloexec(0) ? 0 : 1);
	}
	int status;
	waitpid(pid, &status, 0);
	is_int(status, 0, "cloexec_from marks what is above, and leaves what is below");
}

int main(void) {
	tap_watchdog(20);
	test_private();
	test_few_allowed();
	test_whole();
	test_cloexec_from();
	return done_testing();
}
