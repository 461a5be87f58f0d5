/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * lib/proc/feed.h - puts items on a board: read from a descriptor, or made one by one. Belongs to
 * the caller of the map; when it dies the map is over, so nothing here needs repair.
 */
#ifndef CN_PROC_FEED_H
#define CN_PROC_FEED_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/base/buf.h"
#include "lib/proc/board.h"

struct cn_feed {
	struct cn_board_map *map;
	int fd; // items are read from it; -1: next() makes them
	/*
	 * Append the next items, each with its delimiter, to *out: some, not all. Returns 1, 0 when
	 * there are no more, or a negative errno. `data` is the maker's.
	 */
	int (*next)(void *data, struct cn_buf *out);
	void *data;
	uint64_t filled; // in the stream: bytes written, behind the last whole item too
	uint64_t items; // whole items so far, when `count`
	bool count;
	bool ended;
	struct cn_buf made; // what next() made and did not fit yet
};

void cn_feed_init(struct cn_feed *feed, struct cn_board_map *map, int fd);
void cn_feed_finish(struct cn_feed *feed);

/* Whether there is room and need for more input now. */
bool cn_feed_wants(const struct cn_feed *feed);

/*
 * Put more items on the board and wake workers. May block in read(2) when fd is not ready. Returns
 * 0, -EINTR, -EMSGSIZE (an item is longer than the area), or what read or next() returned. At
 * the end of the input `ended` is set, here and on the board.
 */
int cn_feed_more(struct cn_feed *feed);

#endif
