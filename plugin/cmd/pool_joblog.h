/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * plugin/cmd/pool_joblog.h - the log of a map's calls, in the columns of GNU parallel, so that each
 * of the two resumes what the other began:
 *
 *	Seq Host Starttime JobRuntime Send Receive Exitval Signal Command
 *
 * A line is written by one write(2), once the call's result is taken.
 */
#ifndef PLUGIN_CMD_POOL_JOBLOG_H
#define PLUGIN_CMD_POOL_JOBLOG_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/base/buf.h"
#include "lib/proc/board.h"
#include "plugin/command.h"

struct pool_joblog {
	int fd; // -1: none
	struct cn_buf line;
	unsigned char *done; // a bit per number of a call that is recorded and not to be done again
	uint64_t done_room; // bits
};

/*
 * Open the log, with `resume` after reading what it records; `failed`: what failed is done again.
 * A status, after a message.
 */
int pool_joblog_open(
		struct pool_joblog *log, const struct cmd *cmd, const char *path, bool resume, bool failed);
void pool_joblog_close(struct pool_joblog *log);

/* Whether this call is recorded. */
static inline bool pool_joblog_has(const struct pool_joblog *log, uint64_t seq) {
	return seq < log->done_room && (log->done[seq / 8] >> seq % 8 & 1) != 0;
}

/* Note a call whose command was `words`. 0 or a negative errno. */
int pool_joblog_add(struct pool_joblog *log, uint64_t seq, const struct cn_record *record,
		char *const words[], int count);

/* Append a word as a shell would read it. */
void pool_quote(struct cn_buf *out, const char *word);

#endif
