/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * queue pass|alone|large|fill N - the queue without a shell: N messages of 16 bytes from one
 * process to another, or put and got by one; N of 64 KiB from one to another; N of 16 bytes that
 * stay, with what they take of memory. Prints seconds (fill: KiB) to $BENCH_RESULT or stdout.
 */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/data/queue.h"
#include "lib/shm/alloc.h"

enum { SMALL = 16, LARGE = 65536 };

static struct cn_queue queue;

static void put(size_t len, long n) {
	static char data[LARGE];
	struct cn_text text = { data, len };
	for (long i = 0; i < n; i++) {
		size_t done = 0;
		if (cn_queue_put(&queue, &text, 1, 0, CN_NEVER, &done) < 0) {
			_exit(1);
		}
	}
}

static void get(long n) {
	uint64_t sum = 0;
	struct cn_message message;
	for (long i = 0; i < n; i++) {
		if (cn_queue_get(&queue, 0, CN_NEVER, &message) < 0) {
			_exit(1);
		}
		const unsigned char *data = message.data;
		for (size_t at = 0; at < message.len; at += 64) {
			sum += data[at];
		}
		cn_message_finish(&message);
	}
	_exit(sum == 0 ? 0 : 1);
}

int main(int argc, char **argv) {
	long n = argc > 2 ? atol(argv[2]) : 0;
	const char *mode = argc > 1 ? argv[1] : "";
	struct cn_arena *arena;
	if (n <= 0 || cn_arena_create(CN_ARENA_DEFAULT, &arena) < 0) {
		return 2;
	}
	bool large = strcmp(mode, "large") == 0;
	struct cn_queue_shape shape = { .bytes = large ? 4 << 20 : 0 };
	cn_queue_create(arena, "q", &shape, &queue);
	struct cn_alloc_stats before;
	cn_alloc_stats(arena, &before);
	cn_time begin = cn_now();
	int status = 0;
	if (strcmp(mode, "fill") == 0) {
		put(SMALL, n);
	} else if (strcmp(mode, "alone") == 0) {
		put(SMALL, n);
		if (fork() == 0) {
			get(n);
		}
		wait(&status);
	} else {
		if (fork() == 0) {
			get(n);
		}
		put(large ? LARGE : SMALL, n);
		wait(&status);
	}
	double result = (double)(cn_now() - begin) / 1e9;
	if (strcmp(mode, "fill") == 0) {
		struct cn_alloc_stats after;
		cn_alloc_stats(arena, &after);
		result = (double)(after.resident - before.resident) / 1024;
	}
	const char *path = getenv("BENCH_RESULT");
	FILE *out = path == NULL ? stdout : fopen(path, "a");
	if (out != NULL) {
		fprintf(out, "%.9g\n", result);
		fclose(out);
	}
	return status;
}
