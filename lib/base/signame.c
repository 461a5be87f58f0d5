/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "lib/base/signame.h"

#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "lib/base/number.h"

// The first name of a number is the one that is shown.
static const struct {
	const char *name;
	int sig;
} names[] = {
	{ "HUP", SIGHUP },
	{ "INT", SIGINT },
	{ "QUIT", SIGQUIT },
	{ "ILL", SIGILL },
	{ "TRAP", SIGTRAP },
	{ "ABRT", SIGABRT },
	{ "IOT", SIGABRT },
	{ "BUS", SIGBUS },
	{ "FPE", SIGFPE },
	{ "KILL", SIGKILL },
	{ "USR1", SIGUSR1 },
	{ "SEGV", SIGSEGV },
	{ "USR2", SIGUSR2 },
	{ "PIPE", SIGPIPE },
	{ "ALRM", SIGALRM },
	{ "TERM", SIGTERM },
#ifdef SIGSTKFLT
	{ "STKFLT", SIGSTKFLT },
#endif
	{ "CHLD", SIGCHLD },
	{ "CLD", SIGCHLD },
	{ "CONT", SIGCONT },
	{ "STOP", SIGSTOP },
	{ "TSTP", SIGTSTP },
	{ "TTIN", SIGTTIN },
	{ "TTOU", SIGTTOU },
	{ "URG", SIGURG },
	{ "XCPU", SIGXCPU },
	{ "XFSZ", SIGXFSZ },
	{ "VTALRM", SIGVTALRM },
	{ "PROF", SIGPROF },
	{ "WINCH", SIGWINCH },
	{ "IO", SIGIO },
	{ "POLL", SIGIO },
	{ "PWR", SIGPWR },
	{ "SYS", SIGSYS },
};

enum { NAMES = sizeof(names) / sizeof(names[0]) };

// RTMIN, RTMIN+N, RTMAX, RTMAX-N.
static int parse_realtime(const char *text, int *out) {
	bool from_min = strncasecmp(text, "RTMIN", 5) == 0;
	if (!from_min && strncasecmp(text, "RTMAX", 5) != 0) {
		return -EINVAL;
	}
	int64_t offset = 0;
	if (text[5] != '\0') {
		if (text[5] != (from_min ? '+' : '-') ||
				cn_parse_int(text + 6, 0, SIGRTMAX - SIGRTMIN, &offset) < 0) {
			return -EINVAL;
		}
	}
	*out = from_min ? SIGRTMIN + (int)offset : SIGRTMAX - (int)offset;
	return 0;
}

int cn_signal_parse(const char *text, int *out) {
	int64_t number;
	if (cn_parse_int(text, 0, SIGRTMAX, &number) == 0) {
		*out = (int)number;
		return 0;
	}
	if (strncasecmp(text, "SIG", 3) == 0) {
		text += 3;
	}
	for (size_t i = 0; i < NAMES; i++) {
		if (strcasecmp(names[i].name, text) == 0) {
			*out = names[i].sig;
			return 0;
		}
	}
	return parse_realtime(text, out);
}

void cn_signal_name(int sig, char out[CN_SIGNAME_MAX]) {
	for (size_t i = 0; i < NAMES; i++) {
		if (names[i].sig == sig) {
			snprintf(out, CN_SIGNAME_MAX, "%s", names[i].name);
			return;
		}
	}
	int middle = (SIGRTMIN + SIGRTMAX) / 2;
	if (sig == SIGRTMIN || sig == SIGRTMAX) {
		snprintf(out, CN_SIGNAME_MAX, sig == SIGRTMIN ? "RTMIN" : "RTMAX");
	} else if (sig > SIGRTMIN && sig <= middle) {
		snprintf(out, CN_SIGNAME_MAX, "RTMIN+%d", sig - SIGRTMIN);
	} else if (sig > middle && sig < SIGRTMAX) {
		snprintf(out, CN_SIGNAME_MAX, "RTMAX-%d", SIGRTMAX - sig);
	} else {
		snprintf(out, CN_SIGNAME_MAX, "%d", sig);
	}
}
