/* SPDX-License-Identifier: GPL-3.0-or-later */
/* plugin/cmd/barrier.c - meeting points of several processes: see lib/sync/barrier.h. */
#include "config.h"

#include <errno.h>
#include <inttypes.h>

#include "lib/base/number.h"
#include "lib/sync/barrier.h"
#include "plugin/command.h"
#include "plugin/host.h"
#include "plugin/names.h"
#include "plugin/objects.h"
#include "plugin/report.h"
#include "plugin/waiting.h"

struct barrier_args {
	struct wait_args wait;
	const char *var;
};

static const struct barrier_args barrier_defaults = { .wait = WAIT_DEFAULTS };

static const struct opt wait_opts[] = {
	WAIT_TIMEOUT(struct barrier_args, wait),
	{ 'v', "variable", OPT_VARIABLE, offsetof(struct barrier_args, var), "VAR",
			"put into VAR who came as the how manieth, from 0" },
	{ 0 },
};

static int open_barrier(const struct cmd *cmd, struct cn_barrier *barrier) {
	struct cn_arena *arena;
	const char *name;
	int status = name_open(cmd, cmd->argv[0], false, &arena, &name);
	if (status != STATUS_OK) {
		return status;
	}
	int err = cn_barrier_open(arena, name, barrier);
	return err == -ENOENT ? cmd_fail(cmd, STATUS_NO_OBJECT, "%s: no such barrier", cmd->argv[0])
						  : cmd_result(cmd, cmd->argv[0], err, NULL);
}

static int barrier_create(struct cmd *cmd, void *args) {
	struct cn_arena *arena;
	const char *name;
	int64_t parties;
	int err = cn_parse_int(cmd->argv[1], 1, INT32_MAX, &parties);
	if (err < 0) {
		return cmd_fail(cmd, STATUS_USAGE, "%s: %s", cmd->argv[1],
				err == -ERANGE ? "out of range" : "not a number of parties");
	}
	int status = name_open(cmd, cmd->argv[0], true, &arena, &name);
	if (status != STATUS_OK) {
		return status;
	}
	struct cn_barrier barrier;
	err = cn_barrier_create(arena, name, (uint32_t)parties, &barrier);
	if (err == -EPROTOTYPE) {
		return cmd_fail(cmd, STATUS_NO_OBJECT, "%s: is there, but not for %s", cmd->argv[0],
				cmd->argv[1]);
	}
	return err == -EEXIST ? STATUS_OK : cmd_result(cmd, cmd->argv[0], err, NULL);
}

static int barrier_wait(struct cmd *cmd, void *data) {
	const struct barrier_args *args = data;
	cn_time deadline = wait_deadline(&args->wait);
	struct cn_barrier barrier;
	int status = open_barrier(cmd, &barrier);
	uint32_t index;
	int err;
	if (status != STATUS_OK) {
		return status;
	}
	while ((err = cn_barrier_wait(&barrier, deadline, &index)) == -EINTR) {
		host->pending();
	}
	if (err == -ECANCELED) {
		return STATUS_NO;
	}
	if (err == 0 && args->var != NULL) {
		return cmd_givef(cmd, args->var, "%u", index);
	}
	return wait_result(cmd, &args->wait, err, NULL);
}

static int change(const struct cmd *cmd, int (*how)(const struct cn_barrier *barrier)) {
	struct cn_barrier barrier;
	int status = open_barrier(cmd, &barrier);
	return status != STATUS_OK ? status : cmd_result(cmd, cmd->argv[0], how(&barrier), NULL);
}

static int barrier_abort(struct cmd *cmd, void *args) {
	return change(cmd, cn_barrier_abort);
}

static int barrier_reset(struct cmd *cmd, void *args) {
	return change(cmd, cn_barrier_reset);
}

static int unmake(const struct cn_barrier *barrier) {
	return cn_ref_destroy(&barrier->ref);
}

static int barrier_destroy(struct cmd *cmd, void *args) {
	return change(cmd, unmake);
}

static int describe(const struct cn_ref *ref, struct object_view *view) {
	struct cn_barrier_info info;
	int err = cn_barrier_query(&(struct cn_barrier){ *ref }, &info);
	if (err < 0) {
		return err;
	}
	view->waiters = info.waiting;
	cn_buf_printf(&view->state, "%" PRIu32 " of %" PRIu32 " here%s", info.waiting, info.parties,
			info.is_broken ? ", broken" : "");
	return 0;
}

static const struct object_kind barriers = { CN_BARRIER, describe };

const struct command command_barrier = {
	.name = "barrier",
	.summary = "processes wait for each other",
	.objects = &barriers,
	.verbs =
			(const struct verb[]){
					{ "create", barrier_create, 2, 2, "NAME PARTIES",
							"make a barrier for so many processes", NULL, 0, NULL, NULL },
					{ "wait", barrier_wait, 1, 1, "NAME",
							"wait until all are here; 1: the barrier is broken", wait_opts,
							sizeof(struct barrier_args), &barrier_defaults, NULL },
					{ "abort", barrier_abort, 1, 1, "NAME", "break it: who waits gets 1", NULL, 0,
							NULL, NULL },
					{ "reset", barrier_reset, 1, 1, "NAME", "make a broken one whole", NULL, 0,
							NULL, NULL },
					{ "destroy", barrier_destroy, 1, 1, "NAME", "remove it; who waits gets 4",
							NULL, 0, NULL, NULL },
					{ 0 },
			},
};
