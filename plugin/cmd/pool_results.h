/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * plugin/cmd/pool_results.h - what becomes of the results of a map, beyond being printed: tags,
 * arrays of outputs and statuses, the log.
 */
#ifndef PLUGIN_CMD_POOL_RESULTS_H
#define PLUGIN_CMD_POOL_RESULTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/buf.h"
#include "lib/base/clock.h"
#include "lib/proc/collect.h"
#include "plugin/cmd/pool_joblog.h"
#include "plugin/cmd/pool_map.h"
#include "plugin/cmd/pool_prefix.h"
#include "plugin/cmd/pool_progress.h"
#include "plugin/cmd/pool_worker.h"
#include "plugin/command.h"
#include "plugin/host.h"

struct pool_results {
	const struct cmd *cmd;
	const struct pool_map_args *args;
	struct cn_board_map *map;
	struct cn_collect *collect;
	struct host_text *outputs; // by number of the call, on the heap
	uint8_t *statuses;
	size_t room;
	uint64_t highest; // number of a call seen
	struct cn_buf text;
	struct pool_joblog log;
	struct pool_worker *worker; // the command, for the log
	struct pool_prefix prefix;
	struct cn_vec fields; // char *, of a call
	struct cn_buf copy; // where these stand
	bool halted; // what was killed then has no result
	struct pool_progress progress;
};

/* Opens the joblog. A status, after a message. */
int pool_results_init(struct pool_results *results, const struct cmd *cmd,
		const struct pool_map_args *args, struct pool_worker *worker);

/* Whether the calls must have records on the board. */
bool pool_results_needed(const struct pool_results *results);

/* The collector is made: become what it calls. */
void pool_results_begin(struct pool_results *results, struct cn_collect *collect);

/* Set the arrays, unless the map failed, and free all. `status`, or that of what failed here. */
int pool_results_end(struct pool_results *results, int status);

#endif
