/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * lib/base/procfs.h - what /proc says of a process (proc(5)). Nothing here allocates or uses stdio's
 * streams, so signal handlers may ask too.
 */
#ifndef CN_BASE_PROCFS_H
#define CN_BASE_PROCFS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct cn_proc_stat {
	char state; // 'R', 'S', 'T', 'Z' (has ended, and nobody has asked for its status)...
	pid_t parent;
	uint64_t start; // when, in clock ticks since boot: with the pid it names a process for good
	int exit_status; // as of waitpid(), of a zombie that is ours to look at; else 0
};

/* 0, or -ENOENT: there is no such process, or it cannot be told. */
int cn_proc_stat(pid_t pid, struct cn_proc_stat *out);

/*
 * A descriptor that is readable when the process has ended (pidfd_open(2)), close-on-exec, with the
 * lowest number that is free. A negative errno; -ENOSYS or -EPERM where there is no such call.
 */
int cn_pidfd_open(pid_t pid);

#endif
