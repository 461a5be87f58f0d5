/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include <stdio.h>

#include "plugin/command.h"
#include "plugin/host.h"
#include "plugin/report.h"

// `conch queue put ...` is `queue put ...`: the other commands are found by command_run's caller.
static int conch_help(struct cmd *cmd, void *args) {
	struct cn_buf text = CN_BUF_INIT;
	int status = STATUS_OK;
	if (cmd->argc == 0) {
		for (const struct command *const *c = commands; *c != NULL; c++) {
			cn_buf_printf(&text, "%-9s %s\n", (*c)->name, (*c)->summary);
		}
		cn_buf_puts(&text, "\nconch help COMMAND tells more.\n");
	}
	for (int i = 0; i < cmd->argc && status == STATUS_OK; i++) {
		const struct command *command = command_find(cmd->argv[i]);
		if (command == NULL) {
			status = cmd_fail(cmd, STATUS_NO_OBJECT, "%s: no such command", cmd->argv[i]);
		} else {
			command_help(&text, command, NULL);
		}
	}
	status = status == STATUS_OK ? cmd_print(cmd, &text) : status;
	cn_buf_finish(&text);
	return status;
}

static int conch_version(struct cmd *cmd, void *args) {
	return cmd_givef(cmd, NULL, "conch %s (%s)", PACKAGE_VERSION, host->name);
}

const struct command command_conch = {
	.name = "conch",
	.summary = "concurrency for the shell: all commands under one name",
	.forkless = true,
	.verbs =
			(const struct verb[]){
					{ "help", conch_help, 0, MANY, "[COMMAND...]",
							"what the commands are, or how one is used" },
					{ "version", conch_version, 0, 0, NULL, "print the version" },
					{ 0 },
			},
};
