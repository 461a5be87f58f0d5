/* SPDX-License-Identifier: GPL-3.0-or-later */
/* plugin/cmd/event.c - flags that processes wait for: see lib/sync/event.h. */
#include "config.h"

#include <errno.h>

#include "lib/sync/event.h"
#include "plugin/command.h"
#include "plugin/host.h"
#include "plugin/names.h"
#include "plugin/objects.h"
#include "plugin/report.h"
#include "plugin/waiting.h"

static const struct wait_args wait_defaults = WAIT_DEFAULTS;

static const struct opt wait_opts[] = {
	{ 't', "timeout", OPT_DURATION, offsetof(struct wait_args, timeout), "DUR",
			"longest wait (124)" },
	{ 'n', "nowait", OPT_FLAG, offsetof(struct wait_args, now), NULL, "do not wait (1)" },
	{ 0 },
};

// Whoever is first makes it.
static int open_event(const struct cmd *cmd, struct cn_event *event) {
	struct cn_arena *arena;
	const char *name;
	int status = name_open(cmd, cmd->argv[0], true, &arena, &name);
	return status != STATUS_OK
			? status
			: cmd_result(cmd, cmd->argv[0], cn_event_open(arena, name, true, event), NULL);
}

static int event_create(struct cmd *cmd, void *args) {
	struct cn_event event;
	return open_event(cmd, &event);
}

static int event_set(struct cmd *cmd, void *args) {
	struct cn_event event;
	int status = open_event(cmd, &event);
	return status != STATUS_OK ? status
							   : cmd_result(cmd, cmd->argv[0], cn_event_set(&event), NULL);
}

static int event_clear(struct cmd *cmd, void *args) {
	struct cn_event event;
	int status = open_event(cmd, &event);
	return status != STATUS_OK ? status
							   : cmd_result(cmd, cmd->argv[0], cn_event_clear(&event), NULL);
}

static int event_wait(struct cmd *cmd, void *data) {
	const struct wait_args *args = data;
	cn_time deadline = wait_deadline(args);
	struct cn_event event;
	int status = open_event(cmd, &event);
	int err;
	if (status != STATUS_OK) {
		return status;
	}
	while ((err = cn_event_wait(&event, deadline)) == -EINTR) {
		host->pending();
	}
	return wait_result(cmd, args, err, NULL);
}

static int event_is_set(struct cmd *cmd, void *args) {
	struct cn_event event;
	struct cn_event_info info;
	int status = open_event(cmd, &event);
	int err = status == STATUS_OK ? cn_event_query(&event, &info) : 0;
	if (status != STATUS_OK || err < 0) {
		return status != STATUS_OK ? status : cmd_result(cmd, cmd->argv[0], err, NULL);
	}
	return info.is_set ? STATUS_OK : STATUS_NO;
}

static int event_destroy(struct cmd *cmd, void *args) {
	struct cn_arena *arena;
	const char *name;
	struct cn_event event;
	int status = name_open(cmd, cmd->argv[0], false, &arena, &name);
	if (status != STATUS_OK) {
		return status;
	}
	int err = cn_event_open(arena, name, false, &event);
	err = err == 0 ? cn_ref_destroy(&event.ref) : err;
	return err == -ENOENT ? cmd_fail(cmd, STATUS_NO_OBJECT, "%s: no such event", cmd->argv[0])
						  : cmd_result(cmd, cmd->argv[0], err, NULL);
}

static int describe(const struct cn_ref *ref, struct object_view *view) {
	struct cn_event_info info;
	int err = cn_event_query(&(struct cn_event){ *ref }, &info);
	if (err < 0) {
		return err;
	}
	view->waiters = info.waiters;
	cn_buf_puts(&view->state, info.is_set ? "set" : "not set");
	return 0;
}

static const struct object_kind events = { CN_EVENT, describe };

const struct command command_event = {
	.name = "event",
	.summary = "flags that processes wait for",
	.objects = &events,
	.forkless = true,
	.verbs =
			(const struct verb[]){
					{ "create", event_create, 1, 1, "NAME", "make one; the others do it as well",
							NULL, 0, NULL, NULL },
					{ "set", event_set, 1, 1, "NAME", "set it: all who wait go on", NULL, 0, NULL,
							NULL },
					{ "clear", event_clear, 1, 1, "NAME", "unset it", NULL, 0, NULL, NULL },
					{ "wait", event_wait, 1, 1, "NAME", "wait until it is set", wait_opts,
							sizeof(struct wait_args), &wait_defaults, NULL },
					{ "is-set", event_is_set, 1, 1, "NAME", "0: it is set; 1: it is not", NULL, 0,
							NULL, NULL },
					{ "destroy", event_destroy, 1, 1, "NAME", "remove it; who waits gets 4", NULL,
							0, NULL, NULL },
					{ 0 },
			},
};
