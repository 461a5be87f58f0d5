/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * plugin/cmd/timer.c - commands that run later, once or again and again, in this shell.
 */
#include "config.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "lib/base/moment.h"
#include "lib/base/number.h"
#include "lib/shm/names.h"
#include "plugin/command.h"
#include "plugin/host.h"
#include "plugin/report.h"
#include "plugin/tasks.h"
#include "plugin/timers.h"

struct start_args {
	const char *name;
	int64_t count;
	bool now;
};

struct wait_args {
	cn_time timeout;
	bool json;
};

static const struct wait_args wait_defaults = { .timeout = CN_NEVER };

static const struct opt once_opts[] = {
	{ 'n', "name", OPT_TEXT, offsetof(struct start_args, name), "NAME", "what it is called" },
	{ 0 },
};

static const struct opt every_opts[] = {
	{ 'n', "name", OPT_TEXT, offsetof(struct start_args, name), "NAME", "what it is called" },
	{ 'c', "count", OPT_COUNT, offsetof(struct start_args, count), "N", "so often (0: no end)" },
	{ 0, "now", OPT_FLAG, offsetof(struct start_args, now), NULL, "and now for the first time" },
	{ 0 },
};

static const struct opt wait_opts[] = {
	{ 't', "timeout", OPT_DURATION, offsetof(struct wait_args, timeout), "DUR",
			"longest wait (124)" },
	{ 0 },
};

static const struct opt list_opts[] = {
	{ 'J', "json", OPT_FLAG, offsetof(struct wait_args, json), NULL, "as JSON" },
	{ 0 },
};

static int check_name(const struct cmd *cmd, const char *name) {
	if (name != NULL && (name[0] == '/' || !cn_name_is_valid(name))) {
		return cmd_fail(cmd, STATUS_USAGE, "%s: not a name", name);
	}
	return STATUS_OK;
}

// ---- starting ----

// The verb's operands are WHEN COMMAND [ARG...].
static int start(const struct cmd *cmd, struct timer_setup *setup) {
	int status = check_name(cmd, setup->name);
	if (status != STATUS_OK) {
		return status;
	}
	setup->words = cmd->argv + 1;
	setup->words_count = (size_t)(cmd->argc - 1);
	const struct named_timer *timer;
	int err = timers_start(setup, &timer);
	if (err == -EEXIST) {
		return cmd_fail(cmd, STATUS_NO_OBJECT, "%s: the name is taken", setup->name);
	}
	if (err < 0) {
		return cmd_result(cmd, NULL, err, NULL);
	}
	return cmd_give(cmd, "TIMER", timer->name, strlen(timer->name));
}

static int read_duration(const struct cmd *cmd, cn_time *out) {
	int err = cn_parse_duration(cmd->argv[0], out);
	if (err < 0) {
		return cmd_fail(cmd, STATUS_USAGE, "%s: %s", cmd->argv[0],
				err == -ERANGE ? "out of range" : "not a duration");
	}
	return STATUS_OK;
}

static int timer_after(struct cmd *cmd, void *data) {
	const struct start_args *args = data;
	cn_time after;
	int status = read_duration(cmd, &after);
	if (status != STATUS_OK) {
		return status;
	}
	struct timer_setup setup = { .name = args->name, .due = cn_after(after) };
	return start(cmd, &setup);
}

static int timer_every(struct cmd *cmd, void *data) {
	const struct start_args *args = data;
	cn_time period;
	int status = read_duration(cmd, &period);
	if (status != STATUS_OK) {
		return status;
	}
	if (period == 0) {
		return cmd_fail(cmd, STATUS_USAGE, "%s: is no time at all", cmd->argv[0]);
	}
	struct timer_setup setup = {
		.name = args->name,
		.due = args->now ? cn_now() : cn_after(period),
		.period = period,
		.count = (uint64_t)args->count,
	};
	return start(cmd, &setup);
}

static cn_time calendar_now(void) {
	struct timespec now;
	clock_gettime(CLOCK_REALTIME, &now);
	return now.tv_sec * CN_SECOND + now.tv_nsec;
}

// The time zone is that of the script, whose variables need not be those of this process.
static int parse_moment(const char *text, cn_time *out) {
	char **saved = environ;
	environ = host->environment();
	int err = cn_parse_moment(text, calendar_now(), out);
	environ = saved;
	return err;
}

static int timer_at(struct cmd *cmd, void *data) {
	const struct start_args *args = data;
	struct timer_setup setup = { .name = args->name, .calendar = true };
	int err = parse_moment(cmd->argv[0], &setup.due);
	if (err < 0) {
		return cmd_fail(cmd, STATUS_USAGE, "%s: %s", cmd->argv[0],
				err == -ERANGE ? "out of range"
							   : "not a time: HH:MM[:SS], YYYY-MM-DDTHH:MM or @SECONDS");
	}
	return start(cmd, &setup);
}

// ---- the rest ----

static int timer_cancel(struct cmd *cmd, void *args) {
	int result = STATUS_OK;
	for (int i = 0; i < cmd->argc; i++) {
		int status = check_name(cmd, cmd->argv[i]);
		if (status == STATUS_OK) {
			status = timers_cancel(cmd->argv[i]) < 0 ? STATUS_NO : STATUS_OK;
		}
		result = result == STATUS_OK ? status : result;
	}
	return result;
}

static double seconds(cn_time time) {
	return (double)time / (double)CN_SECOND;
}

static const char *kind_of(const struct named_timer *timer) {
	return timer->calendar ? "at" : timer->period > 0 ? "every" : "after";
}

static void append_row(struct cn_buf *out, const struct named_timer *timer) {
	cn_buf_printf(
			out, "%-12s %-5s %12.3f", timer->name, kind_of(timer), seconds(timers_left(timer)));
	if (timer->period > 0) {
		cn_buf_printf(out, " %9.3f", seconds(timer->period));
	} else {
		cn_buf_printf(out, " %9s", "-");
	}
	if (timer->left > 0) {
		cn_buf_printf(out, " %6llu  ", (unsigned long long)timer->left);
	} else {
		cn_buf_printf(out, " %6s  ", "-");
	}
	callback_quote(out, timer->callback);
	cn_buf_putc(out, '\n');
}

static void append_json(struct cn_buf *out, const struct named_timer *timer) {
	struct cn_buf command = CN_BUF_INIT;
	callback_quote(&command, timer->callback);
	cn_buf_printf(out, "%s\n{\"name\":\"%s\",\"kind\":\"%s\",\"next\":%.3f,\"period\":%.3f",
			out->len > 1 ? "," : "", timer->name, kind_of(timer), seconds(timers_left(timer)),
			seconds(timer->period));
	cn_buf_printf(out, ",\"left\":%llu,\"command\":", (unsigned long long)timer->left);
	json_string(out, command.data, command.len);
	cn_buf_putc(out, '}');
	cn_buf_finish(&command);
}

static int timer_list(struct cmd *cmd, void *data) {
	const struct wait_args *args = data;
	struct cn_buf text = CN_BUF_INIT;
	cn_buf_puts(&text, args->json ? "[" : "");
	const struct named_timer *timer = NULL;
	while ((timer = timers_next(timer)) != NULL) {
		(args->json ? append_json : append_row)(&text, timer);
	}
	cn_buf_puts(&text, args->json ? "]\n" : "");
	int status = cmd_print(cmd, &text);
	cn_buf_finish(&text);
	return status;
}

// Whether there is something left to wait for: the one of this name, or any.
static bool is_left(const char *name) {
	return name != NULL ? timers_find(name) != NULL : timers_any();
}

static int timer_wait(struct cmd *cmd, void *data) {
	const struct wait_args *args = data;
	const char *name = cmd->argc > 0 ? cmd->argv[0] : NULL;
	cn_time deadline = cn_after(args->timeout);
	struct tasks *tasks;
	int status = check_name(cmd, name);
	if (status != STATUS_OK || !is_left(name)) {
		return status != STATUS_OK ? status : STATUS_NO;
	}
	status = tasks_open(cmd, &tasks);
	if (status != STATUS_OK) {
		return status;
	}
	tasks_run_pending();
	int err = 0;
	while (is_left(name) && err == 0) {
		err = tasks_wait(deadline);
	}
	return is_left(name) ? STATUS_TIMEOUT : STATUS_OK;
}

const struct command command_timer = {
	.name = "timer",
	.summary = "run commands later, once or again and again",
	.verbs =
			(const struct verb[]){
					{ "after", timer_after, 2, MANY, "DUR COMMAND [ARG...]",
							"once, DUR from now; its name is put in TIMER", once_opts,
							sizeof(struct start_args) },
					{ "every", timer_every, 2, MANY, "DUR COMMAND [ARG...]",
							"again and again; TIMER_OVERRUN has how many times were missed",
							every_opts, sizeof(struct start_args) },
					{ "at", timer_at, 2, MANY, "TIME COMMAND [ARG...]",
							"once, at HH:MM[:SS], YYYY-MM-DDTHH:MM[:SS] or @SECONDS", once_opts,
							sizeof(struct start_args) },
					{ "cancel", timer_cancel, 1, MANY, "NAME...", "1: it has run, or never was" },
					{ "list", timer_list, 0, 0, NULL,
							"name, kind, seconds to the next run, period, runs left, command",
							list_opts, sizeof(struct wait_args) },
					{ "wait", timer_wait, 0, 1, "[NAME]",
							"until it has run for the last time, or all have; 1: there is none",
							wait_opts, sizeof(struct wait_args), &wait_defaults },
					{ 0 },
			},
};
