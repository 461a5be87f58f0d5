/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * plugin/cmd/cond.c - conditions: who holds a lock waits until another one notifies him. See
 * lib/sync/cond.h.
 */
#include "config.h"

#include <errno.h>
#include <inttypes.h>
#include <stdint.h>

#include "lib/sync/cond.h"
#include "plugin/command.h"
#include "plugin/host.h"
#include "plugin/names.h"
#include "plugin/objects.h"
#include "plugin/report.h"
#include "plugin/waiting.h"

struct cond_args {
	struct wait_args wait;
};

struct notify_args {
	int64_t count;
};

static const struct cond_args cond_defaults = { .wait = WAIT_DEFAULTS };
static const struct notify_args notify_defaults = { .count = 1 };

static const struct opt wait_opts[] = {
	WAIT_TIMEOUT(struct cond_args, wait),
	{ 0 },
};

static const struct opt notify_opts[] = {
	{ 'k', "count", OPT_COUNT, offsetof(struct notify_args, count), "K", "wake K processes" },
	{ 0 },
};

// Whoever is first makes it.
static int open_cond(const struct cmd *cmd, struct cn_cond *cond) {
	struct cn_arena *arena;
	const char *name;
	int status = name_open(cmd, cmd->argv[0], true, &arena, &name);
	return status != STATUS_OK
			? status
			: cmd_result(cmd, cmd->argv[0], cn_cond_open(arena, name, true, cond), NULL);
}

static int open_both(const struct cmd *cmd, struct cn_cond *cond, struct cn_lock *lock) {
	struct cn_arena *arena;
	const char *name;
	int status = name_open(cmd, cmd->argv[1], false, &arena, &name);
	if (status != STATUS_OK) {
		return status;
	}
	int err = cn_lock_open(arena, name, 0, lock);
	if (err == -ENOENT) {
		return cmd_fail(cmd, STATUS_NO_OBJECT, "%s: no such lock", cmd->argv[1]);
	}
	return err < 0 ? cmd_result(cmd, cmd->argv[1], err, NULL) : open_cond(cmd, cond);
}

struct waiting {
	const struct cn_cond *cond;
	struct cn_cond_state state;
};

static void cancel(void *data) {
	struct waiting *waiting = data;
	cn_cond_cancel(waiting->cond, &waiting->state);
}

static int wait_once(const struct cmd *cmd, const struct cond_args *args, cn_time deadline,
		const struct cn_cond *cond, const struct cn_lock *lock) {
	struct waiting waiting = { .cond = cond };
	int err;
	host->protect(cancel, &waiting);
	while ((err = cn_cond_wait(cond, lock, deadline, &waiting.state)) == -EINTR) {
		host->pending();
	}
	host->unprotect();
	if (err == -EPERM) {
		return cmd_fail(cmd, STATUS_NO, "%s: not held by this process alone", cmd->argv[1]);
	}
	return wait_result(cmd, &args->wait, err, NULL);
}

static int cond_create(struct cmd *cmd, void *args) {
	struct cn_cond cond;
	return open_cond(cmd, &cond);
}

static int cond_wait(struct cmd *cmd, void *data) {
	const struct cond_args *args = data;
	cn_time deadline = wait_deadline(&args->wait);
	struct cn_cond cond;
	struct cn_lock lock;
	int status = open_both(cmd, &cond, &lock);
	return status == STATUS_OK ? wait_once(cmd, args, deadline, &cond, &lock) : status;
}

static bool holds(char *code) {
	static char eval[] = "eval";
	struct host_command command;
	char *words[] = { eval, code, NULL };
	host->find(eval, &command);
	return host->call(&command, words, 2) == 0;
}

static int cond_wait_for(struct cmd *cmd, void *data) {
	const struct cond_args *args = data;
	cn_time deadline = wait_deadline(&args->wait);
	struct cn_cond cond;
	struct cn_lock lock;
	struct cn_lock_info info;
	int status = open_both(cmd, &cond, &lock);
	if (status != STATUS_OK) {
		return status;
	}
	if (cn_lock_query(&lock, &info) < 0 || !info.mine || info.depth == 0) {
		return cmd_fail(cmd, STATUS_NO, "%s: not held by this process alone", cmd->argv[1]);
	}
	while (!holds(cmd->argv[2])) {
		status = wait_once(cmd, args, deadline, &cond, &lock);
		if (status == STATUS_TIMEOUT && holds(cmd->argv[2])) {
			return STATUS_OK;
		}
		if (status != STATUS_OK) {
			return status;
		}
	}
	return STATUS_OK;
}

static int notify(const struct cmd *cmd, uint32_t count) {
	struct cn_cond cond;
	int status = open_cond(cmd, &cond);
	return status != STATUS_OK
			? status
			: cmd_result(cmd, cmd->argv[0], cn_cond_notify(&cond, count, NULL), NULL);
}

static int cond_notify(struct cmd *cmd, void *data) {
	const struct notify_args *args = data;
	return notify(cmd, args->count > UINT32_MAX ? UINT32_MAX : (uint32_t)args->count);
}

static int cond_notify_all(struct cmd *cmd, void *args) {
	return notify(cmd, UINT32_MAX);
}

static int cond_destroy(struct cmd *cmd, void *args) {
	struct cn_arena *arena;
	const char *name;
	struct cn_cond cond;
	int status = name_open(cmd, cmd->argv[0], false, &arena, &name);
	if (status != STATUS_OK) {
		return status;
	}
	int err = cn_cond_open(arena, name, false, &cond);
	err = err == 0 ? cn_ref_destroy(&cond.ref) : err;
	return err == -ENOENT ? cmd_fail(cmd, STATUS_NO_OBJECT, "%s: no such cond", cmd->argv[0])
						  : cmd_result(cmd, cmd->argv[0], err, NULL);
}

#define WAIT_OPTIONS                                                                               \
	.opts = wait_opts, .args_size = sizeof(struct cond_args), .defaults = &cond_defaults

static int describe(const struct cn_ref *ref, struct object_view *view) {
	return cn_cond_query(&(struct cn_cond){ *ref }, &view->waiters);
}

static const struct object_kind conds = { CN_COND, describe };

const struct command command_cond = {
	.name = "cond",
	.summary = "wait, holding a lock, until another process says that something changed",
	.objects = &conds,
	.verbs =
			(const struct verb[]){
					{ "create", cond_create, 1, 1, "COND", "make one; the others do it as well",
							NULL, 0, NULL, NULL, .forkless = true },
					{ "wait", cond_wait, 2, 2, "COND LOCK",
							"give LOCK back, wait for a notification, take LOCK again",
							WAIT_OPTIONS },
					{ "wait-for", cond_wait_for, 3, 3, "COND LOCK CODE",
							"wait like that until CODE, run holding LOCK, succeeds", WAIT_OPTIONS },
					{ "notify", cond_notify, 1, 1, "COND", "wake one who waits", notify_opts,
							sizeof(struct notify_args), &notify_defaults, NULL, .forkless = true },
					{ "notify-all", cond_notify_all, 1, 1, "COND", "wake all who wait", NULL, 0,
							NULL, NULL, .forkless = true },
					{ "destroy", cond_destroy, 1, 1, "COND", "remove it; who waits gets 4", NULL,
							0, NULL, NULL },
					{ 0 },
			},
};
