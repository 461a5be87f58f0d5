/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * plugin/pools.h - the pools this process has made: their keepers are its children, which it starts
 * anew when they are killed; and the callbacks for what it has submitted to any pool.
 *
 * A pool lives as long as the shell that made it: that waits at its end until all jobs are done. A
 * subshell begins with none of its own.
 */
#ifndef PLUGIN_POOLS_H
#define PLUGIN_POOLS_H

#include "lib/proc/crew.h"
#include "lib/proc/pool.h"
#include "plugin/futures.h"
#include "plugin/tasks.h"

/*
 * Start the keeper of a pool that was made just now. `crew` (heap, ready but for its keeper) and
 * its data (heap) are taken over in any case. 0 or a negative errno.
 */
int pools_start(struct tasks *tasks, const struct cn_ref *ref, struct cn_crew *crew);

/* Wait until the keeper is gone, if it is ours: the pool was destroyed. */
void pools_forget(const struct cn_ref *ref);

/* Run `then` NAME STATUS at a safe point, once the job is done. 0 or -ENOMEM. */
int pools_call_back(
		struct tasks *tasks, const struct future *future, const char *name, const char *then);

#endif
