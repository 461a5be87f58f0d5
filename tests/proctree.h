/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * tests/proctree.h - the processes below one. Who looks should be a subreaper
 * (PR_SET_CHILD_SUBREAPER), so that those whose parent died stay among them.
 */
#ifndef CN_TESTS_PROCTREE_H
#define CN_TESTS_PROCTREE_H

#include <stddef.h>
#include <sys/types.h>

#include "lib/base/buf.h"

enum { PROCTREE_MAX = 4096 };

struct proctree_process {
	pid_t pid;
	int depth; // 1: a child of the process asked for
};

/* Fill found[0, PROCTREE_MAX) with the living descendants of `pid`, parents first. How many. */
size_t proctree_below(pid_t pid, struct proctree_process *found);

/* Replace what is in `buf` by the contents of a file; empty when it cannot be read. */
void proctree_read_file(const char *path, struct cn_buf *buf);

#endif
