/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * tests/refuse.c - refuse SYSCALL ERRNO COMMAND [ARG...]: run the command where the kernel answers
 * a system call with an error, as old kernels and some containers do. Both are numbers or one of
 * the names below.
 */
#include "config.h"

#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

static const struct {
	const char *name;
	unsigned int number;
} names[] = {
	{ "clone", SYS_clone }, // what fork() is
	{ "clone3", SYS_clone3 },
	{ "close_range", SYS_close_range },
	{ "futex_waitv", 449 },
	{ "memfd_create", SYS_memfd_create },
	{ "pidfd_open", SYS_pidfd_open },
	{ "EAGAIN", EAGAIN },
	{ "ENOSYS", ENOSYS },
	{ "EPERM", EPERM },
};

static unsigned int number_of(const char *name) {
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (strcmp(names[i].name, name) == 0) {
			return names[i].number;
		}
	}
	return (unsigned int)strtoul(name, NULL, 10);
}

int main(int argc, char **argv) {
	if (argc < 4) {
		fputs("usage: refuse SYSCALL ERRNO COMMAND [ARG...]\n", stderr);
		return 2;
	}
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, number_of(argv[1]), 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | number_of(argv[2])),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog program = { .len = sizeof(code) / sizeof(code[0]), .filter = code };
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 ||
			prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) < 0) {
		perror("refuse");
		return 125;
	}
	execvp(argv[3], argv + 3);
	perror(argv[3]);
	return 127;
}
