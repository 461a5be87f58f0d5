/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * plugin/task_job.h - a job of a named pool, asked about and signalled by `task` as if it were a task
 * of its own. It is one as long as it is in its worker.
 */
#ifndef PLUGIN_TASK_JOB_H
#define PLUGIN_TASK_JOB_H

#include "plugin/futures.h"

/* "queued", or as view_state(). 0 or -ENOENT (collected meanwhile). */
int job_state(const struct future *job, struct cn_buf *out);

/* Whether it is not over yet. */
bool job_is_alive(const struct future *job);

/* The worker that runs it; 0: none. */
pid_t job_pid(const struct future *job);

/*
 * Signal its worker, which ends with it. One that has not started cannot be signalled: what would end it
 * takes it back. 0, or -ESRCH: it is over.
 */
int job_kill(const struct future *job, int sig);

#endif
