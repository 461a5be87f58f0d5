/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * plugin/cmd/pool_flow.h - when the calls of a map may start, and when it is to stop early.
 */
#ifndef PLUGIN_CMD_POOL_FLOW_H
#define PLUGIN_CMD_POOL_FLOW_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/proc/board.h"
#include "plugin/command.h"

/* What --halt asks for. */
struct pool_halt {
	bool given;
	bool now; // kill what runs
	enum cn_halt what;
	uint64_t count; // so many; 0: `percent`
	double percent;
};

/* What --load and --memfree ask for. */
struct pool_limits {
	double load; // 0: none
	uint64_t memory; // bytes; 0: none
};

/* "now,fail=1", "soon,success=3", "now,fail=20%", "never", also 0, 1 and 2. A status. */
int pool_halt_read(const struct cmd *cmd, const char *text, struct pool_halt *halt);

/*
 * Whether it is reached by so many calls that are over, of which some have failed; `total` calls in
 * all, 0 while that is not known.
 */
bool pool_halt_reached(
		const struct pool_halt *halt, uint64_t over, uint64_t failed, uint64_t total);

/* How long to wait when so many tries (> 0) have failed: `first`, and twice as long each time. */
cn_time pool_backoff(cn_time first, uint32_t failed);

/* "2.5" or "80%" of the processors. A status. */
int pool_load_read(const struct cmd *cmd, const char *text, double *load);

/* In a worker: wait until the system has room for a call, or the map is stopped. */
void pool_limits_wait(const struct pool_limits *limits, const struct cn_board *board);

#endif
