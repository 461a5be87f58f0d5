/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * plugin/cmd/alarm.c - alarm(2): SIGALRM to this shell after a while. The timer is the process's
 * own interval timer, so that tasks and subshells do not inherit it, and a program that the shell
 * becomes by exec does.
 */
#include "config.h"

#include <errno.h>
#include <sys/time.h>

#include "lib/base/number.h"
#include "plugin/command.h"
#include "plugin/report.h"

struct alarm_args {
	const char *var;
};

static const struct opt alarm_opts[] = {
	{ 'v', "variable", OPT_VARIABLE, offsetof(struct alarm_args, var), "VAR",
			"put what was left there; 0: there was none" },
	{ 0 },
};

static int give_left(const struct cmd *cmd, const char *var, const struct timeval *left) {
	bool none = left->tv_sec == 0 && left->tv_usec == 0;
	if (none) {
		return var != NULL ? cmd_give(cmd, var, "0", 1) : STATUS_OK;
	}
	// A rest that is almost nothing is still one.
	long milliseconds = left->tv_usec / 1000;
	milliseconds = left->tv_sec == 0 && milliseconds == 0 ? 1 : milliseconds;
	return cmd_givef(cmd, var, "%lld.%03ld", (long long)left->tv_sec, milliseconds);
}

static int alarm_run(struct cmd *cmd, void *data) {
	const struct alarm_args *args = data;
	struct itimerval old;
	if (cmd->argc == 0) {
		getitimer(ITIMER_REAL, &old);
		return give_left(cmd, args->var, &old.it_value);
	}
	cn_time after;
	int err = cn_parse_duration(cmd->argv[0], &after);
	if (err < 0) {
		return cmd_fail(cmd, STATUS_USAGE, "%s: %s", cmd->argv[0],
				err == -ERANGE ? "out of range" : "not a duration");
	}
	struct itimerval until = { .it_value = {
									   .tv_sec = after / CN_SECOND,
									   .tv_usec = after % CN_SECOND / CN_MICROSECOND,
							   } };
	if (after > 0 && after < CN_MICROSECOND) {
		until.it_value.tv_usec = 1;
	}
	if (setitimer(ITIMER_REAL, &until, &old) < 0) {
		return cmd_result(cmd, cmd->argv[0], -errno, NULL);
	}
	return give_left(cmd, args->var, &old.it_value);
}

const struct command command_alarm = {
	.name = "alarm",
	.summary = "send this shell SIGALRM after a while",
	.verbs =
			(const struct verb[]){
					{ NULL, alarm_run, 0, 1, "[DUR]",
							"0 cancels; prints the seconds that were left of the one before",
							alarm_opts, sizeof(struct alarm_args) },
			},
};
