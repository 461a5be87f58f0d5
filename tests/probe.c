/* SPDX-License-Identifier: GPL-3.0-or-later */
/* tests/probe.c - a shared library of functions of every shape, for the tests of ffi. */
#include "config.h"

#include <errno.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define PROBE __attribute__((visibility("default")))

struct point {
	double x, y;
};

struct mixed {
	char tag;
	int64_t wide;
	float f;
	char name[5];
	struct point at[2];
	uint16_t last;
};

PROBE int8_t probe_b(int8_t n);
PROBE uint8_t probe_B(uint8_t n);
PROBE int16_t probe_h(int16_t n);
PROBE uint16_t probe_H(uint16_t n);
PROBE int32_t probe_i(int32_t n);
PROBE uint32_t probe_I(uint32_t n);
PROBE int64_t probe_q(int64_t n);
PROBE uint64_t probe_Q(uint64_t n);
PROBE float probe_f(float n);
PROBE double probe_d(double n);
PROBE char probe_c(char c);
PROBE const char *probe_z(const char *text);
PROBE int probe_is_null(const void *p);
PROBE struct point probe_mid(struct point a, struct point b);
PROBE struct mixed probe_mixed(struct mixed m);
PROBE void probe_scale(struct point *p, double by);
PROBE int probe_fill(char *buffer, unsigned long size);
PROBE void probe_double_all(int32_t *numbers, int count);
PROBE void probe_out(int64_t *n, const char **text);
PROBE int probe_sum(int count, ...);
PROBE int probe_fail(int err);
PROBE int probe_crash(int sig);
PROBE int probe_exit(int status);
PROBE int probe_each(int count, int (*callback)(int));
PROBE double probe_each_double(double n, double (*callback)(double));
PROBE void probe_square(double *numbers, unsigned long count);
PROBE void probe_logistic(double *numbers, unsigned long count);
PROBE double probe_half(double n);
PROBE int32_t probe_negate(int32_t n);
PROBE void probe_trap(int32_t *numbers, uint64_t count);
PROBE void probe_stay(int32_t *numbers, uint64_t count);
PROBE int probe_count(void);

int8_t probe_b(int8_t n) {
	return n;
}

uint8_t probe_B(uint8_t n) {
	return n;
}

int16_t probe_h(int16_t n) {
	return n;
}

uint16_t probe_H(uint16_t n) {
	return n;
}

int32_t probe_i(int32_t n) {
	return n;
}

uint32_t probe_I(uint32_t n) {
	return n;
}

int64_t probe_q(int64_t n) {
	return n;
}

uint64_t probe_Q(uint64_t n) {
	return n;
}

float probe_f(float n) {
	return n;
}

double probe_d(double n) {
	return n;
}

char probe_c(char c) {
	return c;
}

const char *probe_z(const char *text) {
	return text;
}

int probe_is_null(const void *p) {
	return p == NULL;
}

struct point probe_mid(struct point a, struct point b) {
	return (struct point){ (a.x + b.x) / 2, (a.y + b.y) / 2 };
}

/* Each field one more, so that a wrong offset shows. */
struct mixed probe_mixed(struct mixed m) {
	m.tag++;
	m.wide++;
	m.f += 1;
	m.name[0]++;
	m.at[1].y += 1;
	m.last++;
	return m;
}

void probe_scale(struct point *p, double by) {
	p->x *= by;
	p->y *= by;
}

/* All of the buffer, without a NUL. */
int probe_fill(char *buffer, unsigned long size) {
	memset(buffer, 'x', size);
	return (int)size;
}

void probe_double_all(int32_t *numbers, int count) {
	for (int i = 0; i < count; i++) {
		numbers[i] *= 2;
	}
}

void probe_out(int64_t *n, const char **text) {
	*n = *n * 10 + 1;
	*text = "from inside";
}

int probe_sum(int count, ...) {
	va_list args;
	int sum = 0;
	va_start(args, count);
	while (count-- > 0) {
		sum += va_arg(args, int);
	}
	va_end(args);
	return sum;
}

int probe_fail(int err) {
	errno = err;
	return err != 0 ? -1 : 7;
}

int probe_crash(int sig) {
	return raise(sig);
}

int probe_exit(int status) {
	exit(status);
}

int probe_each(int count, int (*callback)(int)) {
	int sum = 0;
	for (int i = 0; i < count; i++) {
		sum += callback(i);
	}
	return sum;
}

double probe_each_double(double n, double (*callback)(double)) {
	return callback(n) * 2;
}

void probe_square(double *numbers, unsigned long count) {
	for (unsigned long i = 0; i < count; i++) {
		numbers[i] *= numbers[i];
	}
}

// Much to compute for each number that is read.
void probe_logistic(double *numbers, unsigned long count) {
	for (unsigned long i = 0; i < count; i++) {
		double x = numbers[i];
		for (int step = 0; step < 32; step++) {
			x = 3.7 * x * (1 - x);
		}
		numbers[i] = x;
	}
}

double probe_half(double n) {
	return n / 2;
}

int32_t probe_negate(int32_t n) {
	return -n;
}

/* Crashes in the chunk that has a negative number. */
void probe_trap(int32_t *numbers, uint64_t count) {
	for (uint64_t i = 0; i < count; i++) {
		if (numbers[i] < 0) {
			raise(SIGSEGV);
		}
		numbers[i]++;
	}
}

/* In the chunk that begins with -1, tells there who it is and stays. */
void probe_stay(int32_t *numbers, uint64_t count) {
	bool stays = numbers[0] == -1;
	for (uint64_t i = 1; i < count; i++) {
		numbers[i]++;
	}
	numbers[0] = stays ? getpid() : numbers[0] + 1;
	while (stays) {
		pause();
	}
}

/* Calls of it in this process. */
int probe_count(void) {
	static int count;
	return ++count;
}
