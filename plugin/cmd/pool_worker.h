/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * plugin/cmd/pool_worker.h - what a worker of a map does with its calls: makes the words, and runs
 * the function, builtin or program.
 */
#ifndef PLUGIN_CMD_POOL_WORKER_H
#define PLUGIN_CMD_POOL_WORKER_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/proc/board.h"
#include "lib/base/buf.h"
#include "lib/proc/work.h"
#include "plugin/cmd/pool_dirs.h"
#include "plugin/cmd/pool_flow.h"
#include "plugin/cmd/pool_header.h"
#include "plugin/cmd/pool_joblog.h"
#include "plugin/cmd/pool_map.h"
#include "plugin/cmd/pool_progress.h"
#include "plugin/command.h"
#include "plugin/host.h"
#include "plugin/words.h"

struct pool_worker {
	// Set by the caller, the same in all copies.
	struct cn_board_map *map;
	const struct pool_map_args *args;
	char *const *command; // its words, of which there are
	size_t count;
	char **own; // these, on the heap
	char code_function[32]; // what the code of -c is defined as,
	char *code_words[2]; // and the command that calls it
	struct words *words; // compiled
	bool replaces; // some word holds a replacement string
	bool varies; // the first one: what is run depends on the item
	bool numbered; // $CONCH_ITEM is to be set
	struct host_command found; // what the first word means, unless it varies
	struct pool_limits limits;
	const struct pool_joblog *log; // calls that it has are not done again; NULL: none
	const struct pool_progress *progress; // stderr may go there; NULL: no
	const struct pool_header *header; // names of the fields; NULL: none

	// In a worker.
	struct cn_work work;
	struct cn_call call;
	struct cn_vec fields; // char *, borrowed from `copy`
	struct cn_buf copy; // the items, cut
	struct pool_dirs dirs;
	uint32_t tries; // of the call
	bool again; // it is to be tried once more
	int block; // with --pipe, the memfd that is stdin
};

/* Look at the command: the operands before `lists`, or -c. Says what is wrong; a status. */
int pool_worker_init(struct pool_worker *worker, const struct cmd *cmd,
		const struct pool_map_args *args, int lists);
void pool_worker_finish(struct pool_worker *worker);

/* In a fresh copy of the shell: run calls until there are no more. As cn_crew.work. */
void pool_worker_main(void *worker, uint32_t slot);

#endif
