/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * plugin/cmd/sem.c - counting semaphores whose units come back when their holder dies: see
 * lib/sync/sem.h.
 */
#include "config.h"

#include <errno.h>
#include <inttypes.h>

#include "lib/base/number.h"
#include "lib/sync/sem.h"
#include "plugin/command.h"
#include "plugin/host.h"
#include "plugin/names.h"
#include "plugin/objects.h"
#include "plugin/report.h"
#include "plugin/waiting.h"

struct create_args {
	bool bounded;
};

struct acquire_args {
	struct wait_args wait;
	int64_t units;
};

struct release_args {
	int64_t units;
};

struct value_args {
	const char *var;
};

static const struct acquire_args acquire_defaults = { .wait = WAIT_DEFAULTS, .units = 1 };
static const struct release_args release_defaults = { .units = 1 };

static const struct opt create_opts[] = {
	{ 'b', "bounded", OPT_FLAG, offsetof(struct create_args, bounded), NULL,
			"a release beyond COUNT is an error" },
	{ 0 },
};

static const struct opt acquire_opts[] = {
	WAIT_OPTS(struct acquire_args, wait),
	{ 'k', "units", OPT_COUNT, offsetof(struct acquire_args, units), "K", "K units at once" },
	{ 0 },
};

static const struct opt release_opts[] = {
	{ 'k', "units", OPT_COUNT, offsetof(struct release_args, units), "K", "K units at once" },
	{ 0 },
};

static const struct opt value_opts[] = {
	{ 'v', "variable", OPT_VARIABLE, offsetof(struct value_args, var), "VAR",
			"put it into VAR instead of on stdout" },
	{ 0 },
};

static int open_sem(const struct cmd *cmd, struct cn_sem *sem) {
	struct cn_arena *arena;
	const char *name;
	int status = name_open(cmd, cmd->argv[0], false, &arena, &name);
	if (status != STATUS_OK) {
		return status;
	}
	int err = cn_sem_open(arena, name, sem);
	return err == -ENOENT ? cmd_fail(cmd, STATUS_NO_OBJECT, "%s: no such sem", cmd->argv[0])
						  : cmd_result(cmd, cmd->argv[0], err, NULL);
}

static int check_units(const struct cmd *cmd, int64_t units) {
	return units >= 1 ? STATUS_OK : cmd_fail(cmd, STATUS_USAGE, "-k: must be at least 1");
}

static int create(const struct cmd *cmd, uint64_t count, bool bounded, struct cn_sem *sem) {
	struct cn_arena *arena;
	const char *name;
	int status = name_open(cmd, cmd->argv[0], true, &arena, &name);
	if (status != STATUS_OK) {
		return status;
	}
	int err = cn_sem_create(arena, name, count, bounded, sem);
	if (err == -EPROTOTYPE) {
		return cmd_fail(cmd, STATUS_NO_OBJECT, "%s: is there, but made otherwise", cmd->argv[0]);
	}
	return err == -EEXIST ? STATUS_OK : cmd_result(cmd, cmd->argv[0], err, NULL);
}

static int sem_create(struct cmd *cmd, void *data) {
	const struct create_args *args = data;
	int64_t count;
	int err = cn_parse_int(cmd->argv[1], 0, (int64_t)CN_SEM_MAX, &count);
	if (err < 0) {
		return cmd_fail(cmd, STATUS_USAGE, "%s: %s", cmd->argv[1],
				err == -ERANGE ? "out of range" : "not a count");
	}
	struct cn_sem sem;
	return create(cmd, (uint64_t)count, args->bounded, &sem);
}

static int acquire(const struct cmd *cmd, const struct cn_sem *sem,
		const struct acquire_args *args) {
	cn_time deadline = wait_deadline(&args->wait);
	int err;
	while ((err = cn_sem_acquire(sem, (uint64_t)args->units, deadline)) == -EINTR) {
		host->pending();
	}
	if (err == -ERANGE) {
		return cmd_fail(cmd, STATUS_USAGE, "%s: never has %" PRId64 " units", cmd->argv[0],
				args->units);
	}
	return wait_result(cmd, &args->wait, err, NULL);
}

static int sem_acquire(struct cmd *cmd, void *data) {
	const struct acquire_args *args = data;
	struct cn_sem sem;
	int status = check_units(cmd, args->units);
	status = status == STATUS_OK ? open_sem(cmd, &sem) : status;
	return status == STATUS_OK ? acquire(cmd, &sem, args) : status;
}

static int sem_release(struct cmd *cmd, void *data) {
	const struct release_args *args = data;
	struct cn_sem sem;
	int status = check_units(cmd, args->units);
	status = status == STATUS_OK ? open_sem(cmd, &sem) : status;
	int err = status == STATUS_OK ? cn_sem_release(&sem, (uint64_t)args->units) : 0;
	if (err == -ERANGE) {
		return cmd_fail(cmd, STATUS_NO, "%s: so many are not taken", cmd->argv[0]);
	}
	return err < 0 ? cmd_result(cmd, cmd->argv[0], err, NULL) : status;
}

struct held {
	struct cn_sem sem;
	uint64_t units;
};

static void give_back(void *data) {
	const struct held *held = data;
	cn_sem_release(&held->sem, held->units);
}

static int sem_with(struct cmd *cmd, void *data) {
	const struct acquire_args *args = data;
	struct held held = { .units = (uint64_t)args->units };
	struct cn_arena *arena;
	const char *name;
	int status = check_units(cmd, args->units);
	status = status == STATUS_OK ? name_open(cmd, cmd->argv[0], true, &arena, &name) : status;
	if (status == STATUS_OK && cn_sem_open(arena, name, &held.sem) < 0) {
		status = create(cmd, 1, false, &held.sem);
	}
	status = status == STATUS_OK ? acquire(cmd, &held.sem, args) : status;
	return status == STATUS_OK ? run_under(cmd, 1, give_back, &held) : status;
}

static int sem_value(struct cmd *cmd, void *data) {
	const struct value_args *args = data;
	struct cn_sem sem;
	struct cn_sem_info info;
	int status = open_sem(cmd, &sem);
	int err = status == STATUS_OK ? cn_sem_query(&sem, &info) : 0;
	if (status != STATUS_OK || err < 0) {
		return status != STATUS_OK ? status : cmd_result(cmd, cmd->argv[0], err, NULL);
	}
	return cmd_givef(cmd, args->var, "%" PRIu64, info.value);
}

static int sem_destroy(struct cmd *cmd, void *args) {
	struct cn_sem sem;
	int status = open_sem(cmd, &sem);
	int err = status == STATUS_OK ? cn_ref_destroy(&sem.ref) : 0;
	return err < 0 ? cmd_result(cmd, cmd->argv[0], err, NULL) : status;
}

#define ACQUIRE_OPTIONS                                                                            \
	.opts = acquire_opts, .args_size = sizeof(struct acquire_args), .defaults = &acquire_defaults

static int describe(const struct cn_ref *ref, struct object_view *view) {
	struct cn_sem sem = { *ref };
	struct cn_sem_info info;
	int err = cn_sem_query(&sem, &info);
	err = err == 0 ? cn_sem_holders(&sem, view->holders, OBJECT_HOLDERS_MAX, &view->holders_count)
				   : err;
	if (err < 0) {
		return err;
	}
	view->waiters = info.waiters;
	cn_buf_printf(&view->state, "%" PRIu64 " of %" PRIu64 " free", info.value, info.total);
	return 0;
}

static const struct object_kind sems = { CN_SEM, describe };

const struct command command_sem = {
	.name = "sem",
	.summary = "so many at a time: semaphores whose units come back",
	.objects = &sems,
	.verbs =
			(const struct verb[]){
					{ "create", sem_create, 2, 2, "NAME COUNT", "make a semaphore with COUNT units",
							create_opts, sizeof(struct create_args), NULL, NULL, .forkless = true },
					{ "acquire", sem_acquire, 1, 1, "NAME", "take a unit, waiting for it",
							ACQUIRE_OPTIONS },
					{ "release", sem_release, 1, 1, "NAME", "give a unit back", release_opts,
							sizeof(struct release_args), &release_defaults, NULL },
					{ "with", sem_with, 2, MANY, "NAME COMMAND [ARG...]",
							"run COMMAND with a unit; a semaphore that is not there is made with "
							"one",
							ACQUIRE_OPTIONS },
					{ "value", sem_value, 1, 1, "NAME", "print the units that are free",
							value_opts, sizeof(struct value_args), NULL, NULL, .forkless = true },
					{ "destroy", sem_destroy, 1, 1, "NAME", "remove it; who waits gets 4", NULL, 0,
							NULL, NULL, .forkless = true },
					{ 0 },
			},
};
