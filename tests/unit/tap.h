/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * tests/unit/tap.h - a unit test is a small program that prints TAP.
 *
 *	int main(void) {
 *		tap_watchdog(10);
 *		ok(cn_vec_pop(&vec) == NULL, "pop on an empty vector is NULL");
 *		is_int(vec.len, 0, "and its length stays 0");
 *		return done_testing();
 *	}
 *
 * The checks return whether they held, so that a test can stop when going on makes no sense. A
 * child process of a test reports through its exit status, never with these.
 */
#ifndef CN_TESTS_TAP_H
#define CN_TESTS_TAP_H

#include <stdbool.h>
#include <stdint.h>

#define ok(cond, ...) tap_ok((cond), __FILE__, __LINE__, #cond, __VA_ARGS__)
#define is_int(got, want, ...) tap_is_int((got), (want), __FILE__, __LINE__, __VA_ARGS__)
#define is_str(got, want, ...) tap_is_str((got), (want), __FILE__, __LINE__, __VA_ARGS__)

bool tap_ok(bool held, const char *file, int line, const char *cond, const char *format, ...)
		__attribute__((format(printf, 5, 6)));
bool tap_is_int(int64_t got, int64_t want, const char *file, int line, const char *format, ...)
		__attribute__((format(printf, 5, 6)));
/* NULL is equal to NULL only. */
bool tap_is_str(const char *got, const char *want, const char *file, int line, const char *format,
		...) __attribute__((format(printf, 5, 6)));

/* Stands for a check that cannot be made here. */
void tap_skip(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Is this running under valgrind, which does some system calls in its own way? */
bool tap_under_valgrind(void);

/* A line of explanation in the log. */
void diag(const char *format, ...) __attribute__((format(printf, 1, 2)));

/*
 * From now on the test must end within `seconds`: else it and all processes of its group, which
 * it gets for itself, are killed and it counts as failed.
 */
void tap_watchdog(unsigned int seconds);

/* Print the plan. Returns what main() should. */
int done_testing(void);

#endif
