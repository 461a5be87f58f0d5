/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "lib/base/procfs.h"

#include <errno.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/unit/tap.h"

int main(void) {
	struct cn_proc_stat stat;
	struct cn_proc_stat again;
	prctl(PR_SET_NAME, "a) Z 1 (b"); // a name is no field
	is_int(cn_proc_stat(getpid(), &stat), 0, "a process asks about itself");
	ok(stat.state == 'R', "it runs");
	is_int(stat.parent, getppid(), "its parent");
	ok(stat.start > 0, "it has started");
	is_int(stat.exit_status, 0, "it has not ended");

	pid_t pid = fork();
	if (pid == 0) {
		pause();
	}
	int fd = cn_pidfd_open(pid);
	ok(fd >= 0 || fd == -ENOSYS || fd == -EPERM, "a descriptor of a process");
	struct pollfd ended = { .fd = fd, .events = POLLIN };
	is_int(fd >= 0 ? poll(&ended, 1, 0) : 0, 0, "which says nothing while that lives");
	is_int(cn_proc_stat(pid, &again), 0, "a child");
	ok(again.start >= stat.start, "began later");
	is_int(again.parent, getpid(), "and is ours");

	kill(pid, SIGTERM);
	siginfo_t info;
	waitid(P_PID, (id_t)pid, &info, WEXITED | WNOWAIT);
	is_int(fd >= 0 ? poll(&ended, 1, -1) : 1, 1, "its end is told");
	cn_proc_stat(pid, &again);
	ok(again.state == 'Z', "a zombie");
	ok(WIFSIGNALED(again.exit_status) && WTERMSIG(again.exit_status) == SIGTERM, "and what ended it");
	waitpid(pid, NULL, 0);
	is_int(cn_proc_stat(pid, &again), -ENOENT, "then it is gone");
	return done_testing();
}
