/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "shell/builtin.h"

#include <sys/resource.h>
#include <sys/time.h>

static void put_time(struct shell *sh, struct timeval time, char after) {
	long minutes = (long)(time.tv_sec / 60);
	int seconds = (int)(time.tv_sec % 60);
	sh_printf(sh, "%ldm%d.%06lds%c", minutes, seconds, (long)time.tv_usec, after);
}

static void put_usage(struct shell *sh, int who) {
	struct rusage usage = { 0 };
	getrusage(who, &usage);
	put_time(sh, usage.ru_utime, ' ');
	put_time(sh, usage.ru_stime, '\n');
}

/* times (XCU 2.15): the shell's own user and system time, then those of its children. */
static int run_times(struct shell *sh, int argc, char **argv) {
	if (argc > 1) {
		return sh_usage(sh, "too many operands");
	}
	put_usage(sh, RUSAGE_SELF);
	put_usage(sh, RUSAGE_CHILDREN);
	return 0;
}

const struct sh_builtin sh_builtin_times = { "times", run_times, SH_BUILTIN_SPECIAL, "" };
