/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * plugin/cmd/await.c - wait for tasks and collect them: output, status, and then they are
 * forgotten. Shell code may run in every wait (traps, callbacks) and change the table of tasks, so
 * after a wait a task is looked up again, by name and number.
 */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/base/buf.h"
#include "lib/base/fd.h"
#include "plugin/command.h"
#include "plugin/futures.h"
#include "plugin/host.h"
#include "plugin/report.h"
#include "plugin/task_view.h"
#include "plugin/tasks.h"

struct await_args {
	cn_time timeout;
	const char *var;
	bool any;
	const char *who;
};

static const struct await_args await_defaults = { .timeout = CN_NEVER };

static const struct opt await_opts[] = {
	{ 't', "timeout", OPT_DURATION, offsetof(struct await_args, timeout), "DUR", "longest wait" },
	{ 'v', "variable", OPT_VARIABLE, offsetof(struct await_args, var), "VAR", "put the output there" },
	{ 0, "any", OPT_FLAG, offsetof(struct await_args, any), NULL, "for the first to finish" },
	{ 'p', "put", OPT_VARIABLE, offsetof(struct await_args, who), "VAR",
			"with --any: its name goes there (REPLY)" },
	{ 0 },
};

// One call. The status is that of the first task that failed.
struct await {
	const struct cmd *cmd;
	const struct await_args *args;
	struct tasks *tasks;
	cn_time deadline;
	struct cn_buf output; // with -v
	int status;
	int error; // status of a failure of our own, or 0
	struct future *futures; // with --any: the jobs of pools among what is awaited
	size_t futures_count;
};

// A task that this process has spawned and may have been collected behind our back.
struct handle {
	const char *name;
	uint64_t number;
};

static struct own_task *look_up(const struct handle *handle) {
	struct own_task *own = tasks_find(handle->name);
	return own != NULL && own->number == handle->number ? own : NULL;
}

// Not one that ends with the shell or later, unless it is over: nobody could wait for all then.
static bool is_of_all(struct own_task *own) {
	if (tasks_is_collected(own)) {
		return false;
	}
	return (own->flags & (CN_TASK_DAEMON | CN_TASK_DETACHED)) == 0 || tasks_has_ended(own);
}

static void note_status(struct await *a, int status) {
	if (a->status == STATUS_OK) {
		a->status = status;
	}
}

// ---- output ----

static void note_failure(struct await *a, int err) {
	if (err < 0 && a->error == STATUS_OK) {
		a->error = cmd_write_failed(a->cmd, err);
	}
}

static void take_output(struct await *a, int capture) {
	note_failure(a,
			a->args->var != NULL ? view_read_output(capture, &a->output)
								 : view_print_output(capture));
}

static void set_output(struct await *a) {
	if (a->args->var == NULL) {
		return;
	}
	cn_buf_cut_newlines(&a->output);
	int status = cmd_give(a->cmd, a->args->var, a->output.data, a->output.len);
	a->error = a->error == STATUS_OK ? status : a->error;
}

// ---- one's own ----

// 0 (it has ended, or was collected meanwhile) or -ETIMEDOUT.
static int wait_own(struct await *a, const struct handle *handle) {
	for (;;) {
		struct own_task *own = look_up(handle);
		if (own == NULL) {
			return 0;
		}
		if (tasks_has_ended(own)) {
			tasks_call_back();
			return 0;
		}
		int err = tasks_wait(a->deadline);
		if (err < 0) {
			own = look_up(handle);
			return own == NULL || tasks_has_ended(own) ? 0 : err;
		}
	}
}

static void collect_own(struct await *a, struct own_task *own) {
	note_status(a, cn_task_status(own->result));
	if (own->capture >= 0) {
		take_output(a, own->capture);
	}
	tasks_forget(own);
}

static int await_own(struct await *a, const struct handle *handle, bool collect) {
	int err = wait_own(a, handle);
	struct own_task *own = look_up(handle);
	if (err == 0 && own != NULL && collect) {
		collect_own(a, own);
	}
	return err;
}

// Names may lie in the table that changes: give the loop one of its own.
static int await_all(struct await *a, bool collect) {
	uint64_t number = 0;
	uint64_t last = tasks_last();
	for (;;) {
		struct own_task *own = tasks_next(NULL);
		while (own != NULL && (own->number <= number || !is_of_all(own))) {
			own = tasks_next(own);
		}
		if (own == NULL || own->number > last) {
			return 0;
		}
		number = own->number;
		char name[CN_NAME_MAX + 1];
		memcpy(name, own->name, sizeof(name));
		int err = await_own(a, &(struct handle){ name, number }, collect);
		if (err < 0) {
			return err;
		}
	}
}

// ---- another process's ----

// How often one looks at a task whose violent end only its parent is told.
#define LOOK_AGAIN (50 * CN_MILLISECOND)

static int wait_foreign(struct await *a, const struct cn_ref *ref, uint32_t *result) {
	bool watched = false;
	for (;;) {
		struct cn_task *task;
		if (cn_pin(ref, (void **)&task) < 0) {
			return -ENOENT;
		}
		if (!watched) {
			cn_task_watch(task, a->tasks->self);
			watched = true;
		}
		*result = view_result(a->tasks->arena, task);
		if (*result != 0) {
			cn_task_unwatch(task, a->tasks->self);
			cn_unpin(ref, task);
			return 0;
		}
		cn_unpin(ref, task);
		cn_time until = cn_after(LOOK_AGAIN);
		if (tasks_wait(until < a->deadline ? until : a->deadline) < 0 && a->deadline != CN_NEVER &&
				cn_left(a->deadline) == 0) {
			return -ETIMEDOUT;
		}
	}
}

static int await_foreign(struct await *a, const struct cn_ref *ref, bool collect) {
	uint32_t result;
	int err = wait_foreign(a, ref, &result);
	if (err < 0 || !collect) {
		return err == -ENOENT ? 0 : err;
	}
	note_status(a, cn_task_status(result));
	int capture;
	if (view_open_output(a->tasks->arena, ref, &capture) == 0) {
		take_output(a, capture);
		cn_fd_close(&capture);
	}
	cn_ref_destroy(ref);
	return 0;
}

// ---- jobs of pools ----

static int await_future(struct await *a, const struct future *future, bool collect) {
	uint32_t result;
	int err = future_wait(a->tasks, future, a->deadline, &result);
	if (err < 0 || !collect || result == 0) {
		return err;
	}
	tasks_call_back();
	err = future_collect(future, &result, a->args->var != NULL ? &a->output : NULL);
	if (err == -ENOENT) {
		return 0; // by a callback
	}
	note_status(a, cn_task_status(result));
	note_failure(a, err);
	return 0;
}

static int await_futures(struct await *a, bool collect) {
	struct future *futures;
	size_t count;
	int err = future_list_own(a->tasks, &futures, &count);
	if (err < 0) {
		note_failure(a, err);
		return 0;
	}
	host->protect(free, futures);
	for (size_t i = 0; i < count && err == 0; i++) {
		err = await_future(a, &futures[i], collect);
	}
	host->unprotect();
	free(futures);
	return err;
}

// ---- named ones ----

static int await_name(struct await *a, const char *name, bool collect) {
	struct own_task *own = tasks_find(name);
	struct cn_ref ref;
	if (own != NULL) {
		return await_own(a, &(struct handle){ name, own->number }, collect);
	}
	if (cn_name_find(a->tasks->arena, CN_TASK, name, &ref) == 0) {
		return await_foreign(a, &ref, collect);
	}
	struct future future;
	if (future_find(a->tasks->arena, name, &future) == 0) {
		return await_future(a, &future, collect);
	}
	return 0; // it was there when we began
}

static int await_names(struct await *a, bool collect) {
	int err = 0;
	for (int i = 0; i < a->cmd->argc && err == 0; i++) {
		err = await_name(a, a->cmd->argv[i], collect);
	}
	return err;
}

static int await_some(struct await *a, bool collect) {
	if (a->cmd->argc > 0) {
		return await_names(a, collect);
	}
	int err = await_all(a, collect);
	return err == 0 ? await_futures(a, collect) : err;
}

static int check_names(struct await *a) {
	for (int i = 0; i < a->cmd->argc; i++) {
		const char *name = a->cmd->argv[i];
		struct cn_ref ref;
		struct future future;
		if (tasks_find(name) == NULL && cn_name_find(a->tasks->arena, CN_TASK, name, &ref) < 0 &&
				future_find(a->tasks->arena, name, &future) < 0) {
			return cmd_fail(a->cmd, STATUS_NO_OBJECT, "%s: no such task", name);
		}
	}
	return STATUS_OK;
}

// With -v nothing is collected before all have ended: what was would be lost at a timeout.
static int await_each(struct await *a) {
	int status = check_names(a);
	if (status != STATUS_OK) {
		return status;
	}
	int err = a->args->var != NULL ? await_some(a, false) : 0;
	err = err == 0 ? await_some(a, true) : err;
	if (err < 0) {
		return STATUS_TIMEOUT;
	}
	set_output(a);
	return a->error != STATUS_OK ? a->error : a->status;
}

// ---- the first ----

static cn_time ended_at(const struct own_task *own) {
	struct cn_task *task;
	if (cn_pin(&own->ref, (void **)&task) < 0) {
		return 0;
	}
	cn_time ended = atomic_load(&task->ended);
	cn_unpin(&own->ref, task);
	return ended;
}

struct choice {
	struct own_task *first; // of those that have ended; NULL: none,
	const struct future *future; // or this one
	cn_time ended;
	bool waits; // there are others
};

static void consider(struct choice *choice, struct own_task *own) {
	if (!tasks_peek(own)) {
		choice->waits = true;
		return;
	}
	cn_time ended = ended_at(own);
	if (choice->first == NULL || ended < choice->ended) {
		choice->first = own;
		choice->ended = ended;
	}
}

static void consider_future(struct choice *choice, const struct future *future) {
	uint32_t result;
	cn_time ended;
	if (future_result(future, &result, &ended) < 0) {
		return;
	}
	if (result == 0) {
		choice->waits = true;
	} else if ((choice->first == NULL && choice->future == NULL) || ended < choice->ended) {
		choice->first = NULL;
		choice->future = future;
		choice->ended = ended;
	}
}

static bool has_choice(const struct choice *choice) {
	return choice->first != NULL || choice->future != NULL;
}

static struct choice choose(struct await *a) {
	struct choice choice = { 0 };
	for (int i = 0; i < a->cmd->argc; i++) {
		struct own_task *own = tasks_find(a->cmd->argv[i]);
		if (own != NULL) {
			consider(&choice, own);
		}
	}
	struct own_task *own = a->cmd->argc == 0 ? tasks_next(NULL) : NULL;
	for (; own != NULL; own = tasks_next(own)) {
		if (is_of_all(own)) {
			consider(&choice, own);
		}
	}
	for (size_t i = 0; i < a->futures_count; i++) {
		consider_future(&choice, &a->futures[i]);
	}
	return choice;
}

// The jobs of pools among the names; all of ours without names.
static int find_futures(struct await *a) {
	if (a->cmd->argc == 0) {
		return future_list_own(a->tasks, &a->futures, &a->futures_count);
	}
	a->futures = calloc((size_t)a->cmd->argc, sizeof(*a->futures));
	for (int i = 0; a->futures != NULL && i < a->cmd->argc; i++) {
		struct future *next = &a->futures[a->futures_count];
		const char *name = a->cmd->argv[i];
		if (tasks_find(name) == NULL && future_find(a->tasks->arena, name, next) == 0) {
			a->futures_count++;
		}
	}
	return a->futures != NULL ? 0 : -ENOMEM;
}

static int give_first(struct await *a, const char *name) {
	const char *var = a->args->who != NULL ? a->args->who : "REPLY";
	return cmd_give(a->cmd, var, name, strlen(name));
}

// The chosen task is collected, if it is still there after the callbacks. false: it is not.
static bool take_task(struct await *a, const struct choice *choice, int *status) {
	char name[CN_NAME_MAX + 1];
	memcpy(name, choice->first->name, sizeof(name));
	struct handle handle = { name, choice->first->number };
	tasks_call_back();
	struct own_task *own = look_up(&handle);
	if (own != NULL) {
		*status = give_first(a, name);
		collect_own(a, own);
	}
	return own != NULL;
}

static bool take_future(struct await *a, const struct choice *choice, int *status) {
	const struct future *future = choice->future;
	struct cn_buf name = CN_BUF_INIT;
	uint32_t result;
	cn_pool_job_name(&future->pool, future->number, &name);
	tasks_call_back();
	int err = future_collect(future, &result, a->args->var != NULL ? &a->output : NULL);
	if (err != -ENOENT) {
		*status = give_first(a, name.data);
		note_status(a, cn_task_status(result));
		note_failure(a, err);
	}
	cn_buf_finish(&name);
	return err != -ENOENT;
}

static int wait_any(struct await *a) {
	for (;;) {
		int status = STATUS_OK;
		tasks_update();
		struct choice choice = choose(a);
		if (has_choice(&choice)) {
			bool taken = choice.future != NULL ? take_future(a, &choice, &status)
											   : take_task(a, &choice, &status);
			if (!taken) {
				continue;
			}
			set_output(a);
			status = status != STATUS_OK ? status : a->error;
			return status != STATUS_OK ? status : a->status;
		}
		if (!choice.waits) {
			status = give_first(a, "");
			return status != STATUS_OK ? status : STATUS_NO;
		}
		if (tasks_wait(a->deadline) < 0) {
			choice = choose(a);
			if (!has_choice(&choice)) {
				status = give_first(a, "");
				return status != STATUS_OK ? status : STATUS_TIMEOUT;
			}
		}
	}
}

static int await_any(struct await *a) {
	int err = find_futures(a);
	if (err < 0) {
		return cmd_result(a->cmd, NULL, err, NULL);
	}
	host->protect(free, a->futures);
	future_watch(a->tasks, a->futures, a->futures_count);
	int status = wait_any(a);
	future_unwatch(a->tasks, a->futures, a->futures_count);
	host->unprotect();
	free(a->futures);
	return status;
}

static void finish_output(void *data) {
	cn_buf_finish(data);
}

static int await_run(struct cmd *cmd, void *data) {
	const struct await_args *args = data;
	if (args->who != NULL && !args->any) {
		return cmd_fail(cmd, STATUS_USAGE, "-p goes with --any");
	}
	struct await a = {
		.cmd = cmd, .args = args, .deadline = cn_after(args->timeout), .output = CN_BUF_INIT
	};
	int status = tasks_open(cmd, &a.tasks);
	if (status != STATUS_OK) {
		return status;
	}
	tasks_update();
	host->protect(finish_output, &a.output);
	status = args->any ? await_any(&a) : await_each(&a);
	host->unprotect();
	cn_buf_finish(&a.output);
	return status;
}

const struct command command_await = {
	.name = "await",
	.summary = "wait for tasks, print what they captured, give their status",
	.verbs =
			(const struct verb[]){
					{ NULL, await_run, 0, MANY, "[NAME...]",
							"Without names: all tasks but daemons and detached ones.", await_opts,
							sizeof(struct await_args), &await_defaults },
			},
};
