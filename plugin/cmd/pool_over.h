/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * plugin/cmd/pool_over.h - `pool map -p`: a map over the workers of a named pool. Each call is a
 * job of the pool; a window of them is submitted, results are taken in order or as they come.
 */
#ifndef PLUGIN_CMD_POOL_OVER_H
#define PLUGIN_CMD_POOL_OVER_H

#include "plugin/cmd/pool_map.h"
#include "plugin/cmd/pool_worker.h"
#include "plugin/command.h"
#include "plugin/items.h"

struct pool_over {
	struct cmd *cmd;
	const struct pool_map_args *args;
	struct pool_worker *worker; // the command, compiled
	struct items *items; // of words and files
	int input; // or items are read from it; -1: from `items`
	int delim;
	uint64_t total; // items of words and files; 0: not known
	const struct pool_halt *halt;
};

/* The whole map. A status. */
int pool_over_run(struct pool_over *over);

#endif
