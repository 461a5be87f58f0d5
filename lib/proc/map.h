/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * lib/proc/map.h - one map from begin to end: feeds, waits, collects, and sees that it all goes on
 * when the keeper dies. The caller's loop around the parts board, feed, crew and collect.
 */
#ifndef CN_PROC_MAP_H
#define CN_PROC_MAP_H

#include <stdbool.h>

#include "lib/proc/board_crew.h"
#include "lib/proc/collect.h"
#include "lib/proc/feed.h"

struct cn_map_run {
	struct cn_board_map *map;
	struct cn_feed *feed;
	struct cn_collect *collect;
	struct cn_board_crew *crew;
	int out; // the descriptor output goes to: when nobody reads it any more the map ends; -1: none
	/*
	 * Called whenever the loop was interrupted by a signal, and about once a second. A negative
	 * errno ends the map. May be NULL.
	 */
	int (*tick)(void *data);
	/*
	 * Called each time round: whether to stop early. The results so far are collected. May be NULL.
	 */
	enum cn_source_stop (*halt)(void *data);
	/* Called when there is nothing to do, before it sleeps. May be NULL. */
	void (*idle)(void *data);
	/* Called when this descriptor can be read. 0, or a negative errno that ends the map. */
	int (*aside)(void *data);
	int aside_fd; // -1: none
	void *data;
	cn_time tick_every; // how often tick() is called at least; 0: once a second
};

/*
 * Run it: returns when all results are collected and all processes are gone. 0, or a negative errno
 * after everything was killed: -EPIPE (nobody reads the output), what a write, a read, clone or
 * tick() returned. -EINTR is not returned, but by tick().
 */
int cn_map_run(struct cn_map_run *run);

#endif
