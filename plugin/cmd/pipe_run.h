/* SPDX-License-Identifier: GPL-3.0-or-later */
/* plugin/cmd/pipe_run.h - `pipe run`: pipelines whose stages run concurrently. */
#ifndef PLUGIN_CMD_PIPE_RUN_H
#define PLUGIN_CMD_PIPE_RUN_H

#include "plugin/command.h"

struct pipe_run_args {
	const char *statuses; // -v
	const char *jobs; // -j of the first stage
};

extern const struct opt pipe_run_opts[];

int pipe_run(struct cmd *cmd, void *args);

#endif
