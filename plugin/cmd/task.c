/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * plugin/cmd/task.c - ask about the tasks of the session, signal them, look at their output.
 */
#include "config.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/fd.h"
#include "lib/base/signame.h"
#include "plugin/command.h"
#include "plugin/host.h"
#include "plugin/objects.h"
#include "plugin/report.h"
#include "plugin/task_job.h"
#include "plugin/task_view.h"
#include "plugin/tasks.h"

struct task_args {
	bool json;
	const char *var;
	const char *sig;
};

static const struct opt list_opts[] = {
	{ 'J', "json", OPT_FLAG, offsetof(struct task_args, json), NULL, "as JSON" },
	{ 0 },
};

static const struct opt get_opts[] = {
	{ 'v', "variable", OPT_VARIABLE, offsetof(struct task_args, var), "VAR", "put it there" },
	{ 0 },
};

static const struct opt kill_opts[] = {
	{ 's', "signal", OPT_TEXT, offsetof(struct task_args, sig), "SIG", "instead of TERM" },
	{ 0 },
};

// A task that is being looked at; its record is pinned.
struct view {
	struct cn_ref ref;
	struct cn_task *task;
	uint32_t result;
};

// What this process should know about its own, it learns first.
static void view_fill(struct tasks *tasks, struct view *view) {
	struct own_task *own = tasks_find(cn_object_name(&view->task->object));
	if (own != NULL) {
		tasks_has_ended(own);
	}
	view->result = view_result(tasks->arena, view->task);
}

static int view_open(
		const struct cmd *cmd, struct tasks *tasks, const char *name, struct view *view) {
	int err = cn_name_find(tasks->arena, CN_TASK, name, &view->ref);
	err = err == 0 ? cn_pin(&view->ref, (void **)&view->task) : err;
	if (err == -ENOENT) {
		return cmd_fail(cmd, STATUS_NO_OBJECT, "%s: no such task", name);
	}
	if (err < 0) {
		return cmd_fail(cmd, STATUS_FAILED, "%s: %s", name, cn_strerror(err));
	}
	view_fill(tasks, view);
	return STATUS_OK;
}

static void view_close(struct view *view) {
	cn_unpin(&view->ref, view->task);
}

static int enter(const struct cmd *cmd, struct tasks **tasks) {
	int status = tasks_open(cmd, tasks);
	if (status == STATUS_OK) {
		tasks_update();
	}
	return status;
}

// Open the task that the verb's first operand names.
static int open_first(const struct cmd *cmd, struct tasks **tasks, struct view *view) {
	int status = enter(cmd, tasks);
	return status == STATUS_OK ? view_open(cmd, *tasks, cmd->argv[0], view) : status;
}

// What is no task may be a job of a pool.
static bool find_job(const struct cmd *cmd, const char *name, struct future *job) {
	struct tasks *tasks;
	struct cn_ref ref;
	return enter(cmd, &tasks) == STATUS_OK &&
			cn_name_find(tasks->arena, CN_TASK, name, &ref) == -ENOENT &&
			future_find(tasks->arena, name, job) == 0;
}

static int status_of_job(const struct cmd *cmd, const struct future *job, const char *var) {
	struct cn_buf text = CN_BUF_INIT;
	int status = job_state(job, &text) == 0
			? cmd_give(cmd, var, text.data, text.len)
			: cmd_fail(cmd, STATUS_NO_OBJECT, "%s: no such task", cmd->argv[0]);
	cn_buf_finish(&text);
	return status;
}

// ---- one task ----

static int task_status(struct cmd *cmd, void *data) {
	const struct task_args *args = data;
	struct tasks *tasks;
	struct view view;
	struct future job;
	if (find_job(cmd, cmd->argv[0], &job)) {
		return status_of_job(cmd, &job, args->var);
	}
	int status = open_first(cmd, &tasks, &view);
	if (status != STATUS_OK) {
		return status;
	}
	struct cn_buf text = CN_BUF_INIT;
	view_state(&text, view.result);
	view_close(&view);
	status = cmd_give(cmd, args->var, text.data, text.len);
	cn_buf_finish(&text);
	return status;
}

static int task_alive(struct cmd *cmd, void *data) {
	struct tasks *tasks;
	struct view view;
	struct future job;
	if (find_job(cmd, cmd->argv[0], &job)) {
		return job_is_alive(&job) ? STATUS_OK : STATUS_NO;
	}
	int status = open_first(cmd, &tasks, &view);
	if (status == STATUS_OK) {
		status = view.result == 0 ? STATUS_OK : STATUS_NO;
		view_close(&view);
	}
	return status;
}

static int task_pid(struct cmd *cmd, void *data) {
	const struct task_args *args = data;
	struct tasks *tasks;
	struct view view;
	struct future job;
	if (find_job(cmd, cmd->argv[0], &job)) {
		pid_t worker = job_pid(&job);
		return worker > 0 ? cmd_givef(cmd, args->var, "%d", (int)worker) : STATUS_NO;
	}
	int status = open_first(cmd, &tasks, &view);
	if (status != STATUS_OK) {
		return status;
	}
	uint32_t pid = atomic_load(&view.task->pid);
	view_close(&view);
	return pid != 0 ? cmd_givef(cmd, args->var, "%u", pid) : STATUS_NO;
}

static int task_output(struct cmd *cmd, void *data) {
	const struct task_args *args = data;
	struct tasks *tasks;
	struct view view;
	int status = open_first(cmd, &tasks, &view);
	if (status != STATUS_OK) {
		return status;
	}
	int fd;
	int err = view_open_output(tasks->arena, &view.ref, &fd);
	view_close(&view);
	if (err == -ENODATA) {
		return cmd_fail(cmd, STATUS_NO, "%s: its output is not captured", cmd->argv[0]);
	}
	if (err < 0) {
		return cmd_fail(cmd, STATUS_FAILED, "%s: %s", cmd->argv[0], strerror(-err));
	}
	struct cn_buf text = CN_BUF_INIT;
	if (args->var == NULL) {
		err = view_print_output(fd);
	} else {
		err = view_read_output(fd, &text);
		cn_buf_cut_newlines(&text);
	}
	cn_fd_close(&fd);
	status = err < 0			? cmd_write_failed(cmd, err)
			: args->var != NULL ? cmd_give(cmd, args->var, text.data, text.len)
								: STATUS_OK;
	cn_buf_finish(&text);
	return status;
}

// ---- signals ----

// The first status that is not 0 stays; all of them get the signal.
static int signal_tasks(struct cmd *cmd, int sig) {
	struct tasks *tasks;
	int result = enter(cmd, &tasks);
	for (int i = 0; i < cmd->argc && result != STATUS_FAILED; i++) {
		struct view view;
		struct future job;
		if (find_job(cmd, cmd->argv[i], &job)) {
			int status = job_kill(&job, sig) == 0 ? STATUS_OK : STATUS_NO;
			result = result == STATUS_OK ? status : result;
			continue;
		}
		int status = view_open(cmd, tasks, cmd->argv[i], &view);
		if (status == STATUS_OK) {
			status = view.result == 0 && cn_task_kill(view.task, sig) == 0 ? STATUS_OK : STATUS_NO;
			view_close(&view);
		}
		result = result == STATUS_OK ? status : result;
	}
	return result;
}

static int task_kill(struct cmd *cmd, void *data) {
	const struct task_args *args = data;
	int sig = SIGTERM;
	if (args->sig != NULL && cn_signal_parse(args->sig, &sig) < 0) {
		return cmd_fail(cmd, STATUS_USAGE, "%s: no such signal", args->sig);
	}
	return signal_tasks(cmd, sig);
}

static int task_stop(struct cmd *cmd, void *data) {
	return signal_tasks(cmd, SIGSTOP);
}

static int task_cont(struct cmd *cmd, void *data) {
	return signal_tasks(cmd, SIGCONT);
}

// ---- all ----

static double seconds_of(const struct cn_task *task) {
	cn_time ended = atomic_load(&task->ended);
	return (double)((ended != 0 ? ended : cn_now()) - task->started) / (double)CN_SECOND;
}

static void append_row(struct cn_buf *out, const struct view *view) {
	struct cn_buf state = CN_BUF_INIT;
	view_state(&state, view->result);
	cn_buf_printf(out, "%-12s %7u %-12s %8.1f  ", cn_object_name(&view->task->object),
			atomic_load(&view->task->pid), state.data, seconds_of(view->task));
	for (const char *p = view->task->command; *p != '\0'; p++) {
		cn_buf_putc(out, (unsigned char)*p < ' ' || *p == 0x7f ? '?' : *p);
	}
	cn_buf_putc(out, '\n');
	cn_buf_finish(&state);
}

static void append_json(struct cn_buf *out, const struct view *view) {
	const char *name = cn_object_name(&view->task->object);
	struct cn_buf state = CN_BUF_INIT;
	view_state(&state, view->result);
	cn_buf_puts(out, out->len > 1 ? ",\n{\"name\":" : "\n{\"name\":");
	json_string(out, name, strlen(name));
	cn_buf_printf(out, ",\"pid\":%u,\"status\":\"%s\"", atomic_load(&view->task->pid), state.data);
	cn_buf_printf(out, ",\"seconds\":%.3f,\"daemon\":%s,\"command\":", seconds_of(view->task),
			(view->task->flags & CN_TASK_DAEMON) != 0 ? "true" : "false");
	json_string(out, view->task->command, strlen(view->task->command));
	cn_buf_putc(out, '}');
	cn_buf_finish(&state);
}

static int by_serial(const void *a, const void *b) {
	const struct cn_ref *x = a;
	const struct cn_ref *y = b;
	return x->serial < y->serial ? -1 : x->serial > y->serial;
}

static int task_list(struct cmd *cmd, void *data) {
	const struct task_args *args = data;
	struct tasks *tasks;
	int status = enter(cmd, &tasks);
	if (status != STATUS_OK) {
		return status;
	}
	struct cn_ref *refs;
	size_t count;
	int err = cn_name_list(tasks->arena, CN_TASK, &refs, &count);
	if (err < 0) {
		return cmd_result(cmd, NULL, err, NULL);
	}
	qsort(refs, count, sizeof(*refs), by_serial);
	struct cn_buf text = CN_BUF_INIT;
	cn_buf_puts(&text, args->json ? "[" : "");
	for (size_t i = 0; i < count; i++) {
		struct view view = { .ref = refs[i] };
		if (cn_pin(&view.ref, (void **)&view.task) < 0) {
			continue;
		}
		view_fill(tasks, &view);
		(args->json ? append_json : append_row)(&text, &view);
		view_close(&view);
	}
	cn_buf_puts(&text, args->json ? "]\n" : "");
	free(refs);
	status = cmd_print(cmd, &text);
	cn_buf_finish(&text);
	return status;
}

static int describe(const struct cn_ref *ref, struct object_view *view) {
	struct cn_task *task;
	int err = cn_pin(ref, (void **)&task);
	if (err < 0) {
		return err;
	}
	uint32_t result = view_result(ref->arena, task);
	view_state(&view->state, result);
	if (result == 0) {
		view->holders[view->holders_count++] = (pid_t)atomic_load(&task->pid);
	}
	for (size_t i = 0; i < CN_TASK_WAITERS; i++) {
		view->waiters += cn_owner_is_alive(ref->arena, atomic_load(&task->waiters[i]));
	}
	cn_unpin(ref, task);
	return 0;
}

static const struct object_kind tasks_listed = { CN_TASK, describe };

const struct command command_task = {
	.name = "task",
	.summary = "look at the tasks of the session, and signal them",
	.objects = &tasks_listed,
	.forkless = true,
	.verbs =
			(const struct verb[]){
					{ "list", task_list, 0, 0, NULL, "name, process, state, seconds, command",
							list_opts, sizeof(struct task_args) },
					{ "status", task_status, 1, 1, "NAME",
							"running, exited N, killed SIG or timed-out", get_opts,
							sizeof(struct task_args) },
					{ "alive", task_alive, 1, 1, "NAME", "0 while it runs, else 1", NULL,
							sizeof(struct task_args) },
					{ "pid", task_pid, 1, 1, "NAME", "the process that runs its command", get_opts,
							sizeof(struct task_args) },
					{ "kill", task_kill, 1, MANY, "NAME...", "signal all its processes", kill_opts,
							sizeof(struct task_args) },
					{ "stop", task_stop, 1, MANY, "NAME...", "suspend all its processes", NULL,
							sizeof(struct task_args) },
					{ "cont", task_cont, 1, MANY, "NAME...", "let them go on", NULL,
							sizeof(struct task_args) },
					{ "output", task_output, 1, 1, "NAME", "what it has captured so far", get_opts,
							sizeof(struct task_args) },
					{ 0 },
			},
};
