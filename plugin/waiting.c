/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "plugin/waiting.h"

#include <errno.h>
#include <stdlib.h>

#include "plugin/host.h"
#include "plugin/report.h"

cn_time wait_deadline(const struct wait_args *args) {
	return args->now ? CN_NOW : cn_after(args->timeout);
}

int wait_result(
		const struct cmd *cmd, const struct wait_args *args, int err, const struct cn_err *why) {
	if (err == -ETIMEDOUT && args->now) {
		return STATUS_NO;
	}
	if (err == -ENOENT) {
		return cmd_fail(cmd, STATUS_NO_OBJECT, "%s: no such %s any more", cmd->argv[0],
				cmd->command->name);
	}
	return cmd_result(cmd, cmd->argv[0], err, why);
}

static int run(const struct cmd *cmd, int at) {
	struct host_command command;
	size_t count = (size_t)(cmd->argc - at);
	host->find(cmd->argv[at], &command);
	free(command.path);
	if (command.kind == HOST_FUNCTION || command.kind == HOST_BUILTIN) {
		return host->call(&command, cmd->argv + at, count);
	}
	return host->run(cmd->argv + at, count);
}

int run_under(const struct cmd *cmd, int at, void (*give_back)(void *data), void *data) {
	host->protect(give_back, data);
	int status = run(cmd, at);
	host->unprotect();
	give_back(data);
	return status;
}
