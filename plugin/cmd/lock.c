/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * plugin/cmd/lock.c - named locks between the processes of a session. What a lock is stands in
 * lib/sync/lock.h; here is how a script says it.
 */
#include "config.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>

#include "lib/sync/lock.h"
#include "plugin/command.h"
#include "plugin/host.h"
#include "plugin/names.h"
#include "plugin/objects.h"
#include "plugin/report.h"
#include "plugin/waiting.h"

static const char died_variable[] = "CONCH_OWNER_DIED";

struct create_args {
	bool recursive;
};

struct acquire_args {
	bool shared;
	struct wait_args wait;
};

static const struct acquire_args acquire_defaults = { .wait = WAIT_DEFAULTS };

struct owner_args {
	const char *var;
};

static const struct opt owner_opts[] = {
	{ 'v', "variable", OPT_VARIABLE, offsetof(struct owner_args, var), "VAR", "put it there" },
	{ 0 },
};

static const struct opt create_opts[] = {
	{ 'r', "recursive", OPT_FLAG, offsetof(struct create_args, recursive), NULL,
			"the holder may take it again" },
	{ 0 },
};

static const struct opt acquire_opts[] = {
	{ 's', "shared", OPT_FLAG, offsetof(struct acquire_args, shared), NULL,
			"together with others who share it" },
	WAIT_OPTS(struct acquire_args, wait),
	{ 0 },
};

static int open_lock(const struct cmd *cmd, unsigned flags, struct cn_lock *lock) {
	struct cn_arena *arena;
	const char *name;
	const char *word = cmd->argv[0];
	int status = name_open(cmd, word, (flags & CN_LOCK_CREATE) != 0, &arena, &name);
	if (status != STATUS_OK) {
		return status;
	}
	int err = cn_lock_open(arena, name, flags, lock);
	if (err == -ENOENT) {
		return cmd_fail(cmd, STATUS_NO_OBJECT, "%s: no such lock", word);
	}
	if (err == -EEXIST) {
		return cmd_fail(cmd, STATUS_NO_OBJECT, "%s: is there, but %s", word,
				(flags & CN_LOCK_RECURSIVE) != 0 ? "not recursive" : "recursive");
	}
	return cmd_result(cmd, word, err, NULL);
}

// A holder died with the lock: what it guards may be half done, and the script can know.
static void tell_of_dead(pid_t dead) {
	static bool was_set;
	char text[24];
	if (dead != 0) {
		int len = snprintf(text, sizeof(text), "%d", (int)dead);
		host->set(died_variable, text, (size_t)len);
		was_set = true;
	} else if (was_set) {
		host->unset(died_variable);
		was_set = false;
	}
}

static int acquire(
		const struct cmd *cmd, const struct cn_lock *lock, const struct acquire_args *args) {
	struct cn_lock_grant grant;
	struct cn_err why = { 0 };
	unsigned flags = args->shared ? CN_LOCK_SHARED : 0;
	cn_time deadline = wait_deadline(&args->wait);
	int err;
	while ((err = cn_lock_acquire(lock, flags, deadline, &grant, &why)) == -EINTR) {
		host->pending();
	}
	if (err == 0) {
		tell_of_dead(grant.dead);
		return STATUS_OK;
	}
	return wait_result(cmd, &args->wait, err, &why);
}

static int lock_create(struct cmd *cmd, void *data) {
	const struct create_args *args = data;
	struct cn_lock lock;
	return open_lock(cmd, CN_LOCK_CREATE | (args->recursive ? CN_LOCK_RECURSIVE : 0), &lock);
}

static int lock_acquire(struct cmd *cmd, void *args) {
	struct cn_lock lock;
	int status = open_lock(cmd, 0, &lock);
	return status == STATUS_OK ? acquire(cmd, &lock, args) : status;
}

static int lock_release(struct cmd *cmd, void *args) {
	struct cn_lock lock;
	int status = open_lock(cmd, 0, &lock);
	if (status != STATUS_OK) {
		return status;
	}
	int err = cn_lock_release(&lock);
	if (err == -EPERM) {
		return cmd_fail(cmd, STATUS_NO, "%s: not held by this process", cmd->argv[0]);
	}
	return cmd_result(cmd, cmd->argv[0], err, NULL);
}

// Also on the way of a longjmp out of the command.
static void give_back(void *data) {
	cn_lock_release(data);
}

static int lock_with(struct cmd *cmd, void *args) {
	struct cn_lock lock;
	struct cn_arena *arena;
	const char *name;
	int status = name_open(cmd, cmd->argv[0], true, &arena, &name);
	if (status == STATUS_OK && cn_lock_open(arena, name, 0, &lock) == -ENOENT) {
		status = open_lock(cmd, CN_LOCK_CREATE, &lock);
	} else if (status == STATUS_OK) {
		status = open_lock(cmd, 0, &lock);
	}
	status = status == STATUS_OK ? acquire(cmd, &lock, args) : status;
	if (status != STATUS_OK) {
		return status;
	}
	return run_under(cmd, 1, give_back, &lock);
}

static int lock_owner(struct cmd *cmd, void *data) {
	const struct owner_args *args = data;
	struct cn_lock lock;
	struct cn_lock_info info;
	int status = open_lock(cmd, 0, &lock);
	int err = status == STATUS_OK ? cn_lock_query(&lock, &info) : 0;
	if (status != STATUS_OK || err < 0) {
		return status != STATUS_OK ? status : cmd_result(cmd, cmd->argv[0], err, NULL);
	}
	return info.owner == 0 ? STATUS_NO : cmd_givef(cmd, args->var, "%d", (int)info.owner);
}

static int lock_destroy(struct cmd *cmd, void *args) {
	struct cn_lock lock;
	int status = open_lock(cmd, 0, &lock);
	int err = status == STATUS_OK ? cn_ref_destroy(&lock.ref) : 0;
	return status != STATUS_OK ? status : cmd_result(cmd, cmd->argv[0], err, NULL);
}

#define ACQUIRE_OPTIONS                                                                            \
	.opts = acquire_opts, .args_size = sizeof(struct acquire_args), .defaults = &acquire_defaults

static int describe(const struct cn_ref *ref, struct object_view *view) {
	struct cn_lock lock = { *ref };
	struct cn_lock_info info;
	int err = cn_lock_query(&lock, &info);
	err = err == 0 ? cn_lock_holders(&lock, view->holders, OBJECT_HOLDERS_MAX, &view->holders_count)
				   : err;
	if (err < 0) {
		return err;
	}
	view->waiters = info.waiters;
	cn_buf_puts(&view->state, info.owner != 0 ? "held" : info.sharers > 0 ? "shared" : "free");
	if (info.depth > 1) {
		cn_buf_printf(&view->state, " %" PRIu32 " times", info.depth);
	}
	return 0;
}

static const struct object_kind locks = { CN_LOCK, describe };

const struct command command_lock = {
	.name = "lock",
	.summary = "one at a time: named locks that pass on when their holder dies",
	.objects = &locks,
	.verbs =
			(const struct verb[]){
					{ "create", lock_create, 1, 1, "NAME", "make a lock", create_opts,
							sizeof(struct create_args), NULL, NULL, .forkless = true },
					{ "acquire", lock_acquire, 1, 1, "NAME", "take it, waiting for it if need be",
							ACQUIRE_OPTIONS },
					{ "release", lock_release, 1, 1, "NAME", "give it back", NULL, 0, NULL, NULL },
					{ "with", lock_with, 2, MANY, "NAME COMMAND [ARG...]",
							"run COMMAND holding it; the lock is made when it is not there",
							ACQUIRE_OPTIONS },
					{ "owner", lock_owner, 1, 1, "NAME", "print the pid of its holder; 1: nobody",
							owner_opts, sizeof(struct owner_args), NULL, NULL, .forkless = true },
					{ "destroy", lock_destroy, 1, 1, "NAME", "remove it; who waits gets 4", NULL, 0,
							NULL, NULL, .forkless = true },
					{ 0 },
			},
};
