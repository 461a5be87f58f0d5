/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "tests/unit/tap.h"

#include <inttypes.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int checks;
static int failures;

static void report(bool held, const char *file, int line, const char *format, va_list args) {
	checks++;
	printf("%s %d - ", held ? "ok" : "not ok", checks);
	vprintf(format, args);
	putchar('\n');
	if (!held) {
		failures++;
		printf("# at %s:%d\n", file, line);
	}
	fflush(stdout); // nothing may be left in the buffer when a test forks
}

bool tap_ok(bool held, const char *file, int line, const char *cond, const char *format, ...) {
	va_list args;
	va_start(args, format);
	report(held, file, line, format, args);
	va_end(args);
	if (!held) {
		diag("does not hold: %s", cond);
	}
	return held;
}

bool tap_is_int(int64_t got, int64_t want, const char *file, int line, const char *format, ...) {
	va_list args;
	va_start(args, format);
	report(got == want, file, line, format, args);
	va_end(args);
	if (got != want) {
		diag("got %" PRId64 ", want %" PRId64, got, want);
	}
	return got == want;
}

bool tap_is_str(
		const char *got, const char *want, const char *file, int line, const char *format, ...) {
	bool held = got == want || (got != NULL && want != NULL && strcmp(got, want) == 0);
	va_list args;
	va_start(args, format);
	report(held, file, line, format, args);
	va_end(args);
	if (!held) {
		diag("got  %s", got != NULL ? got : "(NULL)");
		diag("want %s", want != NULL ? want : "(NULL)");
	}
	return held;
}

void tap_skip(const char *format, ...) {
	checks++;
	printf("ok %d # SKIP ", checks);
	va_list args;
	va_start(args, format);
	vprintf(format, args);
	va_end(args);
	putchar('\n');
	fflush(stdout);
}

bool tap_under_valgrind(void) {
	const char *preload = getenv("LD_PRELOAD");
	return preload != NULL && strstr(preload, "/vgpreload") != NULL;
}

void diag(const char *format, ...) {
	fputs("# ", stdout);
	va_list args;
	va_start(args, format);
	vprintf(format, args);
	va_end(args);
	putchar('\n');
	fflush(stdout);
}

static void bark(int sig) {
	static const char message[] = "Bail out! the watchdog of the test ran out: something hangs\n";
	if (write(STDOUT_FILENO, message, sizeof(message) - 1) < 0) {
		// nobody reads: being killed says enough
	}
	kill(0, SIGKILL);
}

void tap_watchdog(unsigned int seconds) {
	setpgid(0, 0);
	struct sigaction action = { .sa_handler = bark };
	sigaction(SIGALRM, &action, NULL);
	alarm(seconds);
}

int done_testing(void) {
	printf("1..%d\n", checks);
	fflush(stdout);
	return failures == 0 ? 0 : 1;
}
