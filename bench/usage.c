/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * usage COUNT COMMAND [ARGUMENT...] - run a command so many times, its output thrown away, and print
 * what it used: processor time in microseconds, its children's included, and its peak memory in
 * kibibytes.
 */
#include "config.h"

#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

static long microseconds(const struct timeval *time) {
	return (long)time->tv_sec * 1000000 + (long)time->tv_usec;
}

/* Run it once. Returns its time, -1 when it fails. */
static long run(char **argv, long *peak) {
	posix_spawn_file_actions_t actions;
	struct rusage usage;
	pid_t pid;
	int status;
	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
	posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
	int err = posix_spawnp(&pid, argv[0], &actions, NULL, argv, environ);
	posix_spawn_file_actions_destroy(&actions);
	if (err != 0 || wait4(pid, &status, 0, &usage) < 0 || status != 0) {
		return -1;
	}
	*peak = usage.ru_maxrss > *peak ? usage.ru_maxrss : *peak;
	return microseconds(&usage.ru_utime) + microseconds(&usage.ru_stime);
}

int main(int argc, char **argv) {
	long total = 0, peak = 0;
	for (int i = argc < 3 ? 0 : atoi(argv[1]); i > 0; i--) {
		long used = run(argv + 2, &peak);
		if (used < 0) {
			fprintf(stderr, "usage: %s failed\n", argv[2]);
			return 1;
		}
		total += used;
	}
	printf("%ld %ld\n", total, peak);
	return argc < 3;
}
