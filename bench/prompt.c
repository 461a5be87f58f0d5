/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * bench/prompt.c - ROUNDS SHELL [ARG...]: start the shell on a terminal of its own ROUNDS times. Prints
 * the medians of the milliseconds to its first prompt and of a key's echo, the KiB resident at the
 * prompt, and its CPU milliseconds up to there.
 */
#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { KEYS = 50, LIMIT_MS = 10000 };

static double now_ms(void) {
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec * 1e3 + (double)now.tv_nsec / 1e6;
}

/* Read until `text` has come. */
static void expect(int fd, const char *text) {
	static char data[1 << 16];
	size_t len = 0;
	double start = now_ms();
	while (now_ms() - start < LIMIT_MS && len + 1 < sizeof(data)) {
		struct pollfd ready = { .fd = fd, .events = POLLIN };
		ssize_t n = poll(&ready, 1, LIMIT_MS) > 0 ? read(fd, data + len, sizeof(data) - len - 1) : 0;
		if (n <= 0) {
			break;
		}
		len += (size_t)n;
		data[len] = '\0';
		if (strstr(data, text) != NULL) {
			return;
		}
	}
	fprintf(stderr, "no %s\n", text);
	exit(1);
}

static long resident(pid_t pid) {
	char path[64];
	char line[256];
	long kib = 0;
	snprintf(path, sizeof(path), "/proc/%d/status", (int)pid);
	FILE *file = fopen(path, "re");
	while (file != NULL && fgets(line, sizeof(line), file) != NULL) {
		sscanf(line, "VmRSS: %ld", &kib);
	}
	if (file != NULL) {
		fclose(file);
	}
	return kib;
}

static double cpu_ms(pid_t pid) {
	clockid_t clock;
	struct timespec used;
	if (clock_getcpuclockid(pid, &clock) != 0 || clock_gettime(clock, &used) != 0) {
		return 0;
	}
	return (double)used.tv_sec * 1e3 + (double)used.tv_nsec / 1e6;
}

static int compare(const void *a, const void *b) {
	double x = *(const double *)a;
	double y = *(const double *)b;
	return x < y ? -1 : x > y;
}

static double median(double *values, int count) {
	qsort(values, (size_t)count, sizeof(*values), compare);
	return values[count / 2];
}

int main(int argc, char **argv) {
	int rounds = argc > 2 ? atoi(argv[1]) : 0;
	if (rounds < 1) {
		return 2;
	}
	double *first = calloc((size_t)rounds, sizeof(double));
	double *memory = calloc((size_t)rounds, sizeof(double));
	double *cpu = calloc((size_t)rounds, sizeof(double));
	double *echo = calloc((size_t)rounds * KEYS, sizeof(double));
	setenv("PS1", "P> ", 1);
	setenv("TERM", "xterm", 1);
	for (int round = 0; round < rounds; round++) {
		int fd;
		double start = now_ms();
		pid_t pid = forkpty(&fd, NULL, NULL, NULL);
		if (pid == 0) {
			execvp(argv[2], argv + 2);
			_exit(127);
		}
		expect(fd, "P> ");
		first[round] = now_ms() - start;
		cpu[round] = cpu_ms(pid);
		memory[round] = (double)resident(pid);
		for (int key = 0; key < KEYS; key++) {
			const char text[2] = { (char)('a' + key % 26), '\0' };
			start = now_ms();
			if (write(fd, text, 1) != 1) {
				return 1;
			}
			expect(fd, text);
			echo[round * KEYS + key] = now_ms() - start;
		}
		kill(pid, SIGKILL);
		waitpid(pid, NULL, 0);
		close(fd);
	}
	printf("%.2f %.3f %.0f %.2f\n", median(first, rounds), median(echo, rounds * KEYS),
			median(memory, rounds), median(cpu, rounds));
	return 0;
}
