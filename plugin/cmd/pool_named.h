/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * plugin/cmd/pool_named.h - the verbs of `pool` for pools with a name: all but map.
 */
#ifndef PLUGIN_CMD_POOL_NAMED_H
#define PLUGIN_CMD_POOL_NAMED_H

#include "lib/base/clock.h"
#include "lib/proc/pool.h"
#include "plugin/command.h"
#include "plugin/tasks.h"

struct pool_create_args {
	const char *jobs; // -j
	const char *init; // -i
	int64_t recycle; // -r
};

struct pool_submit_args {
	const char *name; // -n
	const char *then;
};

struct pool_apply_args {
	const char *var; // -v
};

struct pool_wait_args {
	cn_time timeout; // -t
};

struct pool_status_args {
	bool json; // -J
};

extern const struct opt pool_create_opts[];
extern const struct opt pool_submit_opts[];
extern const struct opt pool_apply_opts[];
extern const struct opt pool_wait_opts[];
extern const struct opt pool_status_opts[];
extern const struct pool_wait_args pool_wait_defaults;

int pool_create(struct cmd *cmd, void *args);
int pool_submit(struct cmd *cmd, void *args);
int pool_apply(struct cmd *cmd, void *args);
int pool_cancel(struct cmd *cmd, void *args);
int pool_close(struct cmd *cmd, void *args);
int pool_join(struct cmd *cmd, void *args);
int pool_drain(struct cmd *cmd, void *args);
int pool_terminate(struct cmd *cmd, void *args);
int pool_destroy(struct cmd *cmd, void *args);
int pool_status(struct cmd *cmd, void *args);
int pool_resize(struct cmd *cmd, void *args);

/* The pool called `name`. STATUS_OK, or a status after a message. */
int pool_open(const struct cmd *cmd, const char *name, struct tasks **tasks, struct cn_ref *ref);

/* The number of workers that -j asks for; NULL: one per processor. A status, after a message. */
int pool_read_jobs(const struct cmd *cmd, const char *text, uint32_t *out);

#endif
