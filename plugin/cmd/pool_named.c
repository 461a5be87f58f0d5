/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "plugin/cmd/pool_named.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/cpu.h"
#include "lib/base/number.h"
#include "plugin/cmd/pool_task.h"
#include "plugin/futures.h"
#include "plugin/host.h"
#include "plugin/pools.h"
#include "plugin/report.h"

const struct opt pool_create_opts[] = {
	{ 'j', "jobs", OPT_TEXT, offsetof(struct pool_create_args, jobs), "N",
			"workers: N, N% of the processors, +N more than those" },
	{ 'i', "init", OPT_TEXT, offsetof(struct pool_create_args, init), "CODE",
			"shell code that each new worker runs first" },
	{ 'r', "recycle", OPT_COUNT, offsetof(struct pool_create_args, recycle), "N",
			"a worker is replaced after N tasks" },
	{ 0 },
};

const struct opt pool_submit_opts[] = {
	{ 'n', "name", OPT_TEXT, offsetof(struct pool_submit_args, name), "NAME",
			"what the task is called" },
	{ 0, "then", OPT_TEXT, offsetof(struct pool_submit_args, then), "CMD",
			"run CMD NAME STATUS in this shell at its end" },
	{ 0 },
};

const struct opt pool_apply_opts[] = {
	{ 'v', "variable", OPT_VARIABLE, offsetof(struct pool_apply_args, var), "VAR",
			"put the output there" },
	{ 0 },
};

const struct opt pool_wait_opts[] = {
	{ 't', "timeout", OPT_DURATION, offsetof(struct pool_wait_args, timeout), "DUR",
			"longest wait (124)" },
	{ 0 },
};

const struct opt pool_status_opts[] = {
	{ 'J', "json", OPT_FLAG, offsetof(struct pool_status_args, json), NULL, "as JSON" },
	{ 0 },
};

const struct pool_wait_args pool_wait_defaults = { .timeout = CN_NEVER };

int pool_read_jobs(const struct cmd *cmd, const char *text, uint32_t *out) {
	int cpus = cn_cpus();
	int64_t number = cpus;
	if (text != NULL) {
		size_t len = strlen(text);
		char digits[32];
		bool percent = len > 0 && text[len - 1] == '%';
		snprintf(digits, sizeof(digits), "%.*s", (int)(len - percent), text);
		if (len - percent >= sizeof(digits) ||
				cn_parse_int(digits, INT32_MIN, INT32_MAX, &number) < 0) {
			return cmd_fail(cmd, STATUS_USAGE, "-j: %s: not a number of workers", text);
		}
		if (percent) {
			number = (number * cpus + 99) / 100;
		} else if (*text == '+' || *text == '-') {
			number += cpus;
			number = number < 1 ? 1 : number;
		}
	}
	if (number < 1 || number > CN_POOL_SEATS) {
		return cmd_fail(cmd, STATUS_USAGE, "-j: %s: must be 1 to %d", text, CN_POOL_SEATS);
	}
	*out = (uint32_t)number;
	return STATUS_OK;
}

int pool_open(const struct cmd *cmd, const char *name, struct tasks **tasks, struct cn_ref *ref) {
	int status = tasks_open(cmd, tasks);
	if (status != STATUS_OK) {
		return status;
	}
	tasks_update();
	if (cn_pool_find((*tasks)->arena, name, ref) < 0) {
		return cmd_fail(cmd, STATUS_NO_OBJECT, "%s: no such pool", name);
	}
	return STATUS_OK;
}

// ---- create ----

static int start(const struct cmd *cmd, const struct pool_create_args *args, struct tasks *tasks,
		const struct cn_ref *ref) {
	const char *name = cmd->argv[0];
	struct cn_crew *crew = pool_task_crew(ref, name, args->init);
	int err = crew != NULL ? pools_start(tasks, ref, crew) : -ENOMEM;
	if (err < 0) {
		cn_ref_destroy(ref);
		return cmd_fail(
				cmd, STATUS_FAILED, "%s: cannot start a process: %s", name, cn_strerror(err));
	}
	return STATUS_OK;
}

int pool_create(struct cmd *cmd, void *data) {
	const struct pool_create_args *args = data;
	const char *name = cmd->argv[0];
	struct cn_pool_setup setup = { .recycle = (uint32_t)args->recycle };
	struct tasks *tasks;
	struct cn_ref ref;
	if (args->recycle > UINT32_MAX) {
		return cmd_fail(cmd, STATUS_USAGE, "-r: out of range");
	}
	int status = pool_read_jobs(cmd, args->jobs, &setup.workers);
	status = status == STATUS_OK ? tasks_open(cmd, &tasks) : status;
	if (status != STATUS_OK) {
		return status;
	}
	int err = tasks_guard();
	if (err < 0) {
		return cmd_fail(cmd, STATUS_FAILED, "cannot start a process: %s", cn_strerror(err));
	}
	setup.owner = tasks->self;
	err = cn_pool_create(tasks->arena, name, &setup, &ref);
	switch (err) {
	case 0:
		return start(cmd, args, tasks, &ref);
	case -EEXIST:
		return STATUS_OK; // the same is there
	case -EPROTOTYPE:
		return cmd_fail(cmd, STATUS_NO_OBJECT, "%s: is there with another shape", name);
	case -EINVAL:
		return cmd_fail(cmd, STATUS_USAGE, "%s: not a name", name);
	}
	return cmd_result(cmd, name, err, NULL);
}

// ---- submit and apply ----

static int submit_failed(const struct cmd *cmd, const char *pool, const char *name, int err) {
	switch (err) {
	case -EPIPE:
		return STATUS_CLOSED;
	case -ECHILD:
		return cmd_fail(cmd, STATUS_FAILED, "%s: its workers cannot start", pool);
	case -EEXIST:
		return cmd_fail(cmd, STATUS_NO_OBJECT, "%s: the name is taken", name);
	case -ENOENT:
		return cmd_fail(cmd, STATUS_NO_OBJECT, "%s: no such pool", pool);
	}
	return cmd_result(cmd, pool, err, NULL);
}

static int check_name(const struct cmd *cmd, struct tasks *tasks, const char *name) {
	struct cn_ref ref;
	struct future future;
	if (!cn_name_is_valid(name)) {
		return cmd_fail(cmd, STATUS_USAGE, "%s: not a name", name);
	}
	if (cn_name_find(tasks->arena, CN_TASK, name, &ref) == 0 ||
			future_find(tasks->arena, name, &future) == 0) {
		return cmd_fail(cmd, STATUS_NO_OBJECT, "%s: the name is taken", name);
	}
	return STATUS_OK;
}

// Queue the words behind the pool's name.
static int submit(struct cmd *cmd, const char *name, uint32_t flags, struct tasks **tasks,
		struct future *future) {
	int status = pool_open(cmd, cmd->argv[0], tasks, &future->pool);
	if (status == STATUS_OK && name != NULL) {
		status = check_name(cmd, *tasks, name);
	}
	if (status != STATUS_OK) {
		return status;
	}
	struct cn_buf defs = CN_BUF_INIT;
	struct cn_job_setup setup = {
		.owner = (*tasks)->self,
		.name = name,
		.words = cmd->argv + 1,
		.count = (size_t)cmd->argc - 1,
		.defs = &defs,
		.flags = flags,
	};
	int err = pool_task_defs(setup.words, setup.count, &defs);
	err = err == 0 ? cn_pool_submit(&future->pool, &setup, &future->number) : err;
	cn_buf_finish(&defs);
	return err == 0 ? STATUS_OK : submit_failed(cmd, cmd->argv[0], name, err);
}

int pool_submit(struct cmd *cmd, void *data) {
	const struct pool_submit_args *args = data;
	struct tasks *tasks;
	struct future future;
	struct cn_buf name = CN_BUF_INIT;
	int status = submit(cmd, args->name, args->then != NULL ? CN_JOB_THEN : 0, &tasks, &future);
	if (status != STATUS_OK) {
		return status;
	}
	int err = 0;
	if (args->name != NULL) {
		cn_buf_puts(&name, args->name);
	} else {
		cn_buf_printf(&name, "%s.%llu", cmd->argv[0], (unsigned long long)future.number);
	}
	if (args->then != NULL) {
		err = pools_call_back(tasks, &future, name.data, args->then);
	}
	status = err < 0 ? cmd_result(cmd, cmd->argv[0], err, NULL)
					 : cmd_give(cmd, "SPAWN", name.data, name.len);
	cn_buf_finish(&name);
	return status;
}

static int collect(struct cmd *cmd, const struct pool_apply_args *args, struct future *future) {
	uint32_t result = 0;
	struct cn_buf output = CN_BUF_INIT;
	int err = future_collect(future, &result, args->var != NULL ? &output : NULL);
	int status = cn_task_status(result);
	if (err < 0) {
		status = cmd_write_failed(cmd, err);
	} else if (args->var != NULL) {
		cn_buf_cut_newlines(&output);
		int given = cmd_give(cmd, args->var, output.data, output.len);
		status = given != STATUS_OK ? given : status;
	}
	cn_buf_finish(&output);
	return status;
}

int pool_apply(struct cmd *cmd, void *data) {
	struct tasks *tasks;
	struct future future;
	int status = submit(cmd, NULL, 0, &tasks, &future);
	if (status != STATUS_OK) {
		return status;
	}
	uint32_t result;
	int err = future_wait(tasks, &future, CN_NEVER, &result);
	if (err < 0 || result == 0) {
		return cmd_fail(cmd, STATUS_NO_OBJECT, "%s: no such pool", cmd->argv[0]);
	}
	return collect(cmd, data, &future);
}

// ---- what becomes of a pool ----

int pool_cancel(struct cmd *cmd, void *data) {
	struct tasks *tasks;
	struct cn_ref ref;
	int status = pool_open(cmd, cmd->argv[0], &tasks, &ref);
	for (int i = 1; i < cmd->argc && (status == STATUS_OK || status == STATUS_NO); i++) {
		struct future future;
		const char *name = cmd->argv[i];
		if (future_find(tasks->arena, name, &future) < 0 || future.pool.serial != ref.serial) {
			return cmd_fail(cmd, STATUS_NO_OBJECT, "%s: no such task", name);
		}
		if (cn_pool_cancel(&ref, future.number) < 0) {
			status = STATUS_NO;
		}
	}
	return status;
}

static int set_phase(struct cmd *cmd, enum cn_pool_phase phase) {
	struct tasks *tasks;
	struct cn_ref ref;
	int status = pool_open(cmd, cmd->argv[0], &tasks, &ref);
	if (status == STATUS_OK) {
		cn_pool_set_phase(&ref, phase);
	}
	return status;
}

int pool_close(struct cmd *cmd, void *data) {
	return set_phase(cmd, CN_POOL_CLOSED);
}

// Until nothing is queued or running, and with `gone` no worker is left. A status.
static int wait_idle(struct tasks *tasks, const struct cn_ref *ref, bool gone, cn_time deadline) {
	struct cn_pool_info info;
	struct future any = { *ref, 0 };
	int err = 0;
	future_watch(tasks, &any, 1);
	for (;;) {
		if (cn_pool_info(ref, &info) < 0) {
			return STATUS_NO_OBJECT; // destroyed meanwhile
		}
		bool busy = info.queued + info.running > 0 || (gone && (info.alive > 0 || info.keeper > 0));
		if (!busy || err < 0 || !cn_owner_is_alive(ref->arena, info.owner)) {
			future_unwatch(tasks, &any, 1);
			return busy ? STATUS_TIMEOUT : STATUS_OK;
		}
		// The last worker's end rings nobody.
		bool ending = gone && info.queued + info.running == 0;
		cn_time look = cn_after(ending ? 5 * CN_MILLISECOND : CN_SECOND);
		tasks_wait(look < deadline ? look : deadline);
		err = deadline != CN_NEVER && cn_left(deadline) == 0 ? -ETIMEDOUT : 0;
	}
}

int pool_join(struct cmd *cmd, void *data) {
	const struct pool_wait_args *args = data;
	struct tasks *tasks;
	struct cn_ref ref;
	struct cn_pool_info info;
	int status = pool_open(cmd, cmd->argv[0], &tasks, &ref);
	if (status != STATUS_OK) {
		return status;
	}
	if (cn_pool_info(&ref, &info) == 0 && info.phase == CN_POOL_OPEN) {
		return cmd_fail(cmd, STATUS_USAGE, "%s: is not closed", cmd->argv[0]);
	}
	return wait_idle(tasks, &ref, true, cn_after(args->timeout));
}

int pool_drain(struct cmd *cmd, void *data) {
	const struct pool_wait_args *args = data;
	struct tasks *tasks;
	struct cn_ref ref;
	int status = pool_open(cmd, cmd->argv[0], &tasks, &ref);
	return status == STATUS_OK ? wait_idle(tasks, &ref, false, cn_after(args->timeout)) : status;
}

int pool_terminate(struct cmd *cmd, void *data) {
	struct tasks *tasks;
	struct cn_ref ref;
	int status = pool_open(cmd, cmd->argv[0], &tasks, &ref);
	if (status != STATUS_OK) {
		return status;
	}
	cn_pool_set_phase(&ref, CN_POOL_TERMINATED);
	return wait_idle(tasks, &ref, true, CN_NEVER);
}

int pool_destroy(struct cmd *cmd, void *data) {
	int status = pool_terminate(cmd, data);
	struct tasks *tasks;
	struct cn_ref ref;
	if (status == STATUS_OK && pool_open(cmd, cmd->argv[0], &tasks, &ref) == STATUS_OK) {
		cn_ref_destroy(&ref);
		pools_forget(&ref);
	}
	return status;
}

int pool_resize(struct cmd *cmd, void *data) {
	struct tasks *tasks;
	struct cn_ref ref;
	uint32_t workers;
	int status = pool_open(cmd, cmd->argv[0], &tasks, &ref);
	status = status == STATUS_OK ? pool_read_jobs(cmd, cmd->argv[1], &workers) : status;
	if (status == STATUS_OK) {
		cn_pool_resize(&ref, workers);
	}
	return status;
}

// ---- status ----

static const char *const phase_names[] = { "open", "closed", "terminated" };

static void describe(struct cn_buf *out, const struct cn_ref *ref, bool json) {
	struct cn_pool_info info;
	struct cn_pool *pool;
	if (cn_pool_info(ref, &info) < 0 || cn_pin(ref, (void **)&pool) < 0) {
		return;
	}
	const char *state = info.broken != 0 ? "broken" : phase_names[info.phase];
	const char *name = cn_object_name(&pool->object);
	cn_buf_printf(out,
			json ? "{\"name\": \"%s\", \"state\": \"%s\", \"workers\": %u, \"pids\": ["
				 : "%s state=%s workers=%u pids=",
			name, state, info.want);
	bool first = true;
	for (uint32_t i = 0; i < pool->most && i < CN_POOL_SEATS; i++) {
		pid_t pid = cn_pool_worker(pool, i);
		if (pid > 0) {
			cn_buf_printf(out, "%s%d", first ? "" : json ? ", " : ",", (int)pid);
			first = false;
		}
	}
	cn_buf_printf(out,
			json ? "], \"queued\": %llu, \"running\": %llu, \"done\": %llu, \"failed\": %llu, "
				   "\"restarts\": %u}"
				 : " queued=%llu running=%llu done=%llu failed=%llu restarts=%u\n",
			(unsigned long long)info.queued, (unsigned long long)info.running,
			(unsigned long long)info.done, (unsigned long long)info.failed, info.restarts);
	cn_unpin(ref, pool);
}

static int describe_all(const struct cmd *cmd, struct tasks *tasks, struct cn_buf *out, bool json) {
	struct cn_ref *refs;
	size_t count;
	int err = cn_name_list(tasks->arena, CN_POOL, &refs, &count);
	if (err < 0) {
		return cmd_result(cmd, NULL, err, NULL);
	}
	cn_buf_puts(out, json ? "[" : "");
	for (size_t i = 0; i < count; i++) {
		cn_buf_puts(out, json && i > 0 ? ", " : "");
		describe(out, &refs[i], json);
	}
	cn_buf_puts(out, json ? "]" : "");
	free(refs);
	return STATUS_OK;
}

int pool_status(struct cmd *cmd, void *data) {
	const struct pool_status_args *args = data;
	struct tasks *tasks;
	struct cn_ref ref;
	struct cn_buf out = CN_BUF_INIT;
	int status;
	if (cmd->argc > 0) {
		status = pool_open(cmd, cmd->argv[0], &tasks, &ref);
		if (status == STATUS_OK) {
			describe(&out, &ref, args->json);
		}
	} else {
		status = tasks_open(cmd, &tasks);
		status = status == STATUS_OK ? describe_all(cmd, tasks, &out, args->json) : status;
	}
	if (status == STATUS_OK && args->json) {
		cn_buf_putc(&out, '\n');
	}
	status = status == STATUS_OK ? cmd_print(cmd, &out) : status;
	cn_buf_finish(&out);
	return status;
}
