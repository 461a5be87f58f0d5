/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * plugin/futures.h - the jobs of named pools, by name: what `await` and `pool` wait for and
 * collect. Any process of the session may; each job can be collected once.
 */
#ifndef PLUGIN_FUTURES_H
#define PLUGIN_FUTURES_H

#include <stddef.h>
#include <stdint.h>

#include "lib/base/buf.h"
#include "lib/proc/pool.h"
#include "plugin/tasks.h"

struct future {
	struct cn_ref pool;
	uint64_t number;
};

/* The job called `name`. 0 or -ENOENT. */
int future_find(struct cn_arena *arena, const char *name, struct future *out);

/* Its result, 0 while it is not done; *ended may be NULL. 0 or -ENOENT (somebody collected it). */
int future_result(const struct future *future, uint32_t *result, cn_time *ended);

/*
 * Wait for it: 0 (done, or collected by another) or -ETIMEDOUT. *result is 0 in the latter cases.
 * MAY NOT RETURN.
 */
int future_wait(
		const struct tasks *tasks, const struct future *future, cn_time deadline, uint32_t *result);

/*
 * For waits of one's own: from here on the end of any of these jobs rings this process, and a task
 * of a pool that waits here lets another one work meanwhile. 0 or a negative errno.
 */
int future_watch(const struct tasks *tasks, const struct future *futures, size_t count);
void future_unwatch(const struct tasks *tasks, const struct future *futures, size_t count);

/*
 * Forget it, with its output appended to *output, or printed when that is NULL. 0, -ENOENT, -EBUSY
 * (not done), or what the writing said.
 */
int future_collect(const struct future *future, uint32_t *result, struct cn_buf *output);

/* The same with its times: *taken, whose output is no more. */
int future_take(const struct future *future, struct cn_taken *taken, struct cn_buf *output);

/* All that this process submitted and nobody collected, in order; the caller frees. 0, -ENOMEM. */
int future_list_own(const struct tasks *tasks, struct future **out, size_t *count);

/* Say in which pool and seat this worker is, for itself and what it starts. */
void future_take_seat(const char *pool, uint32_t slot);

#endif
