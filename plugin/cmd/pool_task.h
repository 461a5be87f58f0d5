/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * plugin/cmd/pool_task.h - the workers of a named pool: what they do with its jobs.
 */
#ifndef PLUGIN_CMD_POOL_TASK_H
#define PLUGIN_CMD_POOL_TASK_H

#include "lib/base/buf.h"
#include "lib/proc/crew.h"
#include "lib/proc/pool.h"

/*
 * A crew for the pool, on the heap as pools_start() wants it. `init` (may be NULL) is shell code
 * that each worker runs first. NULL: out of memory.
 */
struct cn_crew *pool_task_crew(const struct cn_ref *ref, const char *name, const char *init);

/*
 * Append the functions that travel with a job: those among the words, and each whose name stands in
 * the text of one of them. As cn_job_setup.defs. 0 or -ENOMEM.
 */
int pool_task_defs(char *const words[], size_t count, struct cn_buf *out);

#endif
