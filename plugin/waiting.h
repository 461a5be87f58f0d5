/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * plugin/waiting.h - what the commands that wait for an object have in common: -t and -n, what the
 * outcome means, and running a command under an object.
 *
 *	struct acquire_args {
 *		struct wait_args wait;
 *		...
 *	};
 *	static const struct opt acquire_opts[] = { WAIT_OPTS(struct acquire_args, wait), ... };
 */
#ifndef PLUGIN_WAITING_H
#define PLUGIN_WAITING_H

#include <stdbool.h>
#include <stddef.h>

#include "lib/base/err.h"
#include "plugin/command.h"

struct wait_args {
	cn_time timeout; // CN_NEVER by default: WAIT_DEFAULTS
	bool now;
};

#define WAIT_DEFAULTS                                                                              \
	{ .timeout = CN_NEVER }

#define WAIT_TIMEOUT(type, member)                                                                 \
	{ 't', "timeout", OPT_DURATION, offsetof(type, member.timeout), "DUR", "longest wait (124)" }

#define WAIT_NOW(type, member)                                                                     \
	{ 'n', "nowait", OPT_FLAG, offsetof(type, member.now), NULL, "do not wait (1)" }

#define WAIT_OPTS(type, member) WAIT_TIMEOUT(type, member), WAIT_NOW(type, member)

/* The deadline they mean, from now. */
cn_time wait_deadline(const struct wait_args *args);

/*
 * The status of a wait for the object of the first operand that ended with `err`, not -EINTR; with
 * a message where that is called for. `why` may be NULL.
 */
int wait_result(
		const struct cmd *cmd, const struct wait_args *args, int err, const struct cn_err *why);

/*
 * Run the operands from `at` on as a command, then give_back(data), however the command ends. Its
 * status. MAY NOT RETURN.
 */
int run_under(const struct cmd *cmd, int at, void (*give_back)(void *data), void *data);

#endif
