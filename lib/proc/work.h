/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * lib/proc/work.h - a worker's way through its calls:
 *
 *	struct cn_call call;
 *	while (cn_work_next(&work, &call)) {
 *		cn_work_done(&work, run(&call));
 *	}
 *
 * What is run may leave by longjmp: whoever catches that calls cn_work_done() and goes on with the
 *loop.
 */
#ifndef CN_PROC_WORK_H
#define CN_PROC_WORK_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/proc/board.h"

struct cn_work {
	struct cn_board_map *map;
	uint32_t slot;
	int (*flush)(void); // gives what builtins printed to fd 1; may be NULL
	void (*gate)(void *data); // called before a call begins, when it is to wait; may be NULL
	void *data; // of gate()
	/*
	 * The words of a call: the first `fixed` are the user's to set, then come the items, then NULL.
	 * The array may move in cn_work_next().
	 */
	char **words;
	uint32_t fixed;
	uint32_t room;

	uint32_t chunk; // 1 + number, 0: none
	uint64_t at; // of the area: the next call
	uint32_t done; // calls of the chunk
	cn_time claimed; // when, to find out how many calls a chunk should have
	cn_time began; // the call
	cn_time began_wall;
};

struct cn_call {
	uint64_t seq; // from 1
	uint32_t items; // words[fixed] and so on, each NUL-terminated
	size_t len; // of the bytes from the first item to the last one's end
	uint32_t tries; // how often a worker died of it
	const unsigned char *block; // where calls are blocks: its bytes, of which there are `len`
};

/* `fixed` words are kept free at the front. 0 or -ENOMEM. */
int cn_work_init(struct cn_work *work, struct cn_board_map *map, uint32_t slot, uint32_t fixed);

/* The next call; waits for one. false: there are no more. */
bool cn_work_next(struct cn_work *work, struct cn_call *call);

/*
 * The last `len` bytes of the log are the call's reply, not output; where the board keeps records.
 * A copy that runs the call for the worker may say it too.
 */
void cn_work_reply(struct cn_work *work, uint64_t len);

/* What the call has printed is to be forgotten: it is tried again. */
void cn_work_again(struct cn_work *work);

/* The call is over. */
void cn_work_done(struct cn_work *work, int status);

#endif
