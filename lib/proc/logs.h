/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * lib/proc/logs.h - the collector's view of the workers' logs: reading ranges of them, giving back
 * what was read, and moving to disk what waits for its turn and is too much for memory.
 *
 * A log is a memfd that its worker, and the programs it runs, write at the end of. What is moved to
 * disk stands in a sparse, unlinked file at the same offsets.
 */
#ifndef CN_PROC_LOGS_H
#define CN_PROC_LOGS_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/base/buf.h"
#include "lib/base/err.h"
#include "lib/proc/board.h"

struct cn_log {
	uint64_t released; // bytes before are given back
	uint64_t spilled; // bytes from released to here are on disk
	int disk; // -1: none yet
};

struct cn_logs {
	struct cn_board_map *map;
	const char *dir; // for the files on disk; borrowed
	struct cn_log *logs; // per worker; NULL: the map has none
	bool track; // tell of what is sent
	bool open_line; // whether it ended without a newline
	struct cn_err err; // why something failed, where a code says too little
};

/* 0 or -ENOMEM. */
int cn_logs_init(struct cn_logs *logs, struct cn_board_map *map, const char *dir);
void cn_logs_finish(struct cn_logs *logs);

/* Bytes the worker has written, ever. */
uint64_t cn_logs_size(const struct cn_logs *logs, uint32_t worker);

/* Send [from, to) of a log to a descriptor of any kind. 0 or a negative errno; EINTR goes on. */
int cn_logs_send(struct cn_logs *logs, uint32_t worker, uint64_t from, uint64_t to, int out);

/* Append [from, to) of a log to *out. 0 or a negative errno. */
int cn_logs_read(
		struct cn_logs *logs, uint32_t worker, uint64_t from, uint64_t to, struct cn_buf *out);

/* Nobody will read before `to` again: memory and disk are given back, in large pieces. */
void cn_logs_release(struct cn_logs *logs, uint32_t worker, uint64_t to);

/*
 * When much of the log waits, move it to disk. 0, or a negative errno (-ENOSPC: the disk is full),
 * with logs->err naming the directory.
 */
int cn_logs_spill(struct cn_logs *logs, uint32_t worker);

#endif
