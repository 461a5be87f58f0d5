/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * plugin/cmd/pool_map.h - `pool map`: the options, and the run.
 */
#ifndef PLUGIN_CMD_POOL_MAP_H
#define PLUGIN_CMD_POOL_MAP_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/base/clock.h"
#include "lib/base/vec.h"
#include "plugin/command.h"

/* What the items of a call may take of the system's limit with -X, as xargs has it. */
#define POOL_CALL_BYTES (UINT64_C(128) << 10)

struct pool_map_args {
	const char *jobs; // -j
	const char *code; // -c
	const char *pool; // -p
	struct cn_vec files; // const char *, -a
	bool null; // -0
	const char *delim; // -d
	const char *colsep;
	int64_t per_call; // -N
	bool as_many; // -X
	bool unordered; // -u
	bool line_buffer;
	bool ungroup;
	bool tag;
	const char *outputs; // -v
	const char *statuses; // --status
	bool reply;
	cn_time limit; // -t
	int64_t nice;
	bool fresh;
	bool dry_run;
	bool bar;
	bool eta;
	bool bar_workers;
	const char *prefix;
	int64_t retries;
	cn_time backoff;
	cn_time delay;
	const char *halt;
	const char *load;
	uint64_t memfree;
	const char *joblog;
	bool resume;
	bool resume_failed;
	const char *results;
	bool header;
	bool shuf;
	bool pipe;
	uint64_t block;
	const char *record_end;
	const char *then;
};

extern const struct opt pool_map_opts[];
extern const struct pool_map_args pool_map_defaults;

int pool_map(struct cmd *cmd, void *args);
void pool_map_finish(void *args);

#endif
