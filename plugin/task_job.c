/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "plugin/task_job.h"

#include <errno.h>
#include <signal.h>

#include "plugin/task_view.h"

int job_state(const struct future *job, struct cn_buf *out) {
	enum cn_job_state state;
	pid_t worker;
	uint32_t result;
	int err = cn_pool_job_look(&job->pool, job->number, &state, &worker, NULL);
	err = err == 0 ? future_result(job, &result, NULL) : err;
	if (err < 0) {
		return err;
	}
	if (result == 0 && state == CN_JOB_QUEUED) {
		cn_buf_puts(out, "queued");
	} else {
		view_state(out, result);
	}
	return 0;
}

bool job_is_alive(const struct future *job) {
	uint32_t result;
	return future_result(job, &result, NULL) == 0 && result == 0;
}

pid_t job_pid(const struct future *job) {
	enum cn_job_state state;
	pid_t worker = 0;
	int err = cn_pool_job_look(&job->pool, job->number, &state, &worker, NULL);
	return err == 0 ? worker : 0;
}

static bool is_mild(int sig) {
	return sig == 0 || sig == SIGSTOP || sig == SIGTSTP || sig == SIGCONT;
}

int job_kill(const struct future *job, int sig) {
	int err;
	do {
		err = cn_pool_job_kill(&job->pool, job->number, sig, false);
		if (err != -EAGAIN || is_mild(sig)) {
			break;
		}
		err = cn_pool_cancel(&job->pool, job->number);
	} while (err == -EBUSY); // it has begun meanwhile
	return err == -ENOENT ? -ESRCH : err == -EAGAIN ? 0 : err;
}
