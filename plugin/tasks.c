/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * plugin/tasks.c - the children of this process that run tasks. Two things tell that one has ended:
 * its record gets a result and our bell is rung (the fast way: the process may still be on its way
 * out), or the exit signal is noted (lib/proc/process.h) and the process is reaped. The second is
 * certain: whoever was killed before he could publish has his result written here.
 */
#include "config.h"
#include "plugin/tasks.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/base/fd.h"
#include "lib/base/map.h"
#include "lib/base/signame.h"
#include "lib/proc/guardian.h"
#include "lib/proc/keeper.h"
#include "lib/proc/process.h"
#include "lib/sync/self.h"
#include "plugin/callback.h"
#include "plugin/host.h"
#include "plugin/report.h"
#include "plugin/session.h"
#include "plugin/signals.h"
#include "plugin/task_view.h"

static struct {
	struct tasks shared;
	uint32_t tid; // of the process all this belongs to; 0: none yet
	struct cn_list known; // struct own_task
	struct cn_list due; // struct own_task: their `then` is to be called
	struct cn_map by_name; // struct own_task *, those in `known`
	struct cn_map by_pid; // struct own_task *, those not reaped
	uint64_t number;
	pid_t guardian;
	size_t thens; // tasks with a `then`, and what tasks_expect() said
	void (*also_update)(void); // tasks_also()
	void (*also_call_back)(void);
} tasks;

static void leave(void);
static void dispatch(void);
static void tell(void);

static bool is_mine(void) {
	return tasks.tid != 0 && cn_self()->tid == tasks.tid;
}

// On a signal that one of ours ended.
static void notice(void) {
	cn_self_ring();
	if (tasks.thens > 0 && is_mine()) {
		host->raise();
	}
}

// The first time in this process. What a parent's tables hold is the parent's.
static int enter(void) {
	if (is_mine()) {
		return 0;
	}
	int err = cn_owner_self(tasks.shared.arena, &tasks.shared.self);
	if (err < 0) {
		return err;
	}
	cn_list_init(&tasks.known);
	cn_list_init(&tasks.due);
	cn_map_init(&tasks.by_name);
	cn_map_init(&tasks.by_pid);
	tasks.guardian = 0;
	tasks.thens = 0;
	tasks.also_update = NULL;
	tasks.also_call_back = NULL;
	tasks.tid = cn_self()->tid;
	cn_process_on_signal(notice);
	host->on_exit(leave);
	session_follow_parent();
	return 0;
}

int tasks_open(const struct cmd *cmd, struct tasks **out) {
	int status = session_open(cmd, &tasks.shared.arena);
	if (status != STATUS_OK) {
		return status;
	}
	int err = enter();
	if (err < 0) {
		return cmd_fail(cmd, STATUS_FAILED, "%s",
				err == -EAGAIN ? "too many processes in the session" : cn_strerror(err));
	}
	*out = &tasks.shared;
	return STATUS_OK;
}

// In a task the guardian is that of the shell that spawned it.
int tasks_guard(void) {
	if (tasks.guardian != 0) {
		return 0;
	}
	char text[CN_TREE_TEXT_MAX] = "";
	if (tasks.shared.tree != 0) {
		cn_tree_text(tasks.shared.tree, text);
	}
	const char *mark = host->get(CN_TREE_VARIABLE);
	if (mark != NULL && strcmp(mark, text) == 0) {
		tasks.guardian = -1;
		return 0;
	}
	tasks.shared.tree = cn_tree_new();
	pid_t pid = cn_guardian_start(tasks.shared.arena, tasks.shared.tree);
	if (pid < 0) {
		return pid;
	}
	tasks.guardian = pid;
	return 0;
}

// ---- the tables ----

struct own_task *tasks_add(
		const struct cn_ref *ref, const char *name, unsigned flags, char *then, int capture) {
	tasks_find(name); // to forget one that another process has collected
	struct own_task *own = calloc(1, sizeof(*own));
	if (own == NULL || cn_map_set(&tasks.by_name, name, strlen(name), own, NULL) < 0) {
		free(own);
		return NULL;
	}
	cn_list_push(&tasks.known, &own->link);
	cn_list_init(&own->due);
	own->ref = *ref;
	snprintf(own->name, sizeof(own->name), "%s", name);
	own->flags = flags;
	own->then = then;
	own->capture = capture;
	own->number = ++tasks.number;
	own->told = then != NULL || !host->is_interactive();
	if (then != NULL) { // it may end before spawn does
		tasks_expect(1);
	} else if (!own->told) {
		host->on_prompt(tell);
	}
	return own;
}

int tasks_started(struct own_task *own, pid_t pid) {
	int err = cn_map_set(&tasks.by_pid, (const char *)&pid, sizeof(pid), own, NULL);
	if (err < 0) {
		return err;
	}
	own->pid = pid;
	return 0;
}

void tasks_also(void (*update)(void), void (*call_back)(void)) {
	tasks.also_update = update;
	tasks.also_call_back = call_back;
}

void tasks_expect(int more) {
	tasks.thens += (size_t)more;
	if (more > 0) {
		host->on_dispatch(dispatch);
		host->raise(); // it may have come already
	}
}

static void unlist(struct own_task *own) {
	if (cn_map_get(&tasks.by_name, own->name, strlen(own->name)) == own) { // not one after it
		cn_map_remove(&tasks.by_name, own->name, strlen(own->name));
	}
	cn_list_remove(&own->link);
	cn_list_remove(&own->due);
	cn_fd_close(&own->capture);
	own->forgotten = true;
}

static void own_free(struct own_task *own) {
	if (own->then != NULL) {
		tasks.thens--;
	}
	free(own->then);
	free(own);
}

void tasks_drop(struct own_task *own) {
	unlist(own);
	cn_ref_destroy(&own->ref);
	own_free(own);
}

void tasks_forget(struct own_task *own) {
	unlist(own);
	cn_ref_destroy(&own->ref);
	if (own->reaped) {
		own_free(own);
	}
}

bool tasks_is_collected(const struct own_task *own) {
	void *task;
	int err = cn_pin(&own->ref, &task);
	if (err == 0) {
		cn_unpin(&own->ref, task);
	}
	return err == -ENOENT;
}

struct own_task *tasks_find(const char *name) {
	struct own_task *own = cn_map_get(&tasks.by_name, name, strlen(name));
	if (own == NULL || !tasks_is_collected(own)) {
		return own;
	}
	if (own->then == NULL) { // else it is called first
		tasks_forget(own);
	}
	return NULL;
}

struct own_task *tasks_next(const struct own_task *own) {
	const struct cn_list *next = own != NULL ? own->link.next : tasks.known.next;
	return next == &tasks.known ? NULL : cn_list_entry(next, struct own_task, link);
}

uint64_t tasks_last(void) {
	return tasks.number;
}

// ---- ends ----

static void set_result(struct own_task *own, uint32_t result) {
	own->result = result;
	if (own->then != NULL && cn_list_is_empty(&own->due)) {
		cn_list_push(&tasks.due, &own->due);
	}
}

// What the record says; 0 while it says nothing.
static uint32_t recorded(struct own_task *own) {
	struct cn_task *task;
	if (cn_pin(&own->ref, (void **)&task) < 0) {
		return 0;
	}
	uint32_t result = atomic_load(&task->result);
	cn_unpin(&own->ref, task);
	return result;
}

/*
 * The child is a zombie and has said nothing: it was killed, or left by a way of its own. While it
 * is a zombie its number is not used anew, so that the rest of its group can be killed by it.
 */
static void end_by_force(struct own_task *own, int wait_status) {
	struct cn_task *task;
	uint32_t result = cn_task_result(wait_status);
	if (WIFSIGNALED(wait_status)) {
		kill(-own->pid, SIGKILL);
	}
	if (cn_pin(&own->ref, (void **)&task) == 0) {
		pid_t leader = (pid_t)atomic_load(&task->leader);
		if (leader > 1 && leader != own->pid && atomic_load(&task->result) == 0) {
			kill(-leader, SIGKILL);
		}
		cn_task_publish(tasks.shared.arena, task, result);
		result = atomic_load(&task->result);
		cn_unpin(&own->ref, task);
	}
	set_result(own, result);
}

static int wait_status_of(const siginfo_t *info) {
	return info->si_code == CLD_EXITED ? (info->si_status & 0xff) << 8 : info->si_status & 0x7f;
}

static void reap(struct own_task *own) {
	uint32_t result = own->result != 0 ? own->result : recorded(own);
	int status = SIGKILL; // what we take it for when the shell itself has reaped it
	if (result == 0) {
		siginfo_t info = { 0 };
		const int look = WEXITED | WNOHANG | WNOWAIT | __WALL;
		if (waitid(P_PID, (id_t)own->pid, &info, look) == 0) {
			if (info.si_pid == 0) {
				return;
			}
			status = wait_status_of(&info);
		}
		result = recorded(own);
		if (result == 0) {
			end_by_force(own, status);
		}
	}
	if (result != 0) {
		set_result(own, result);
	}
	if (waitpid(own->pid, &status, WNOHANG | __WALL) == 0) {
		return; // it is on its way out, or lingers
	}
	own->reaped = true;
	cn_map_remove(&tasks.by_pid, (const char *)&own->pid, sizeof(own->pid));
	if (own->forgotten) {
		own_free(own);
	}
}

static void reap_all(void) {
	size_t position = 0;
	const struct cn_map_entry *entry;
	while ((entry = cn_map_next(&tasks.by_pid, &position)) != NULL) {
		reap(entry->value);
	}
}

void tasks_update(void) {
	pid_t pid;
	while ((pid = cn_process_noted()) != 0) {
		if (pid == tasks.guardian) {
			waitpid(pid, NULL, WNOHANG | __WALL);
			tasks.guardian = 0; // the next spawn starts another
		}
		if (pid < 0) {
			reap_all();
			continue;
		}
		struct own_task *own = cn_map_get(&tasks.by_pid, (const char *)&pid, sizeof(pid));
		if (own != NULL) {
			reap(own);
		}
	}
	if (tasks.also_update != NULL) {
		tasks.also_update();
	}
}

bool tasks_peek(struct own_task *own) {
	if (own->result == 0) {
		uint32_t result = recorded(own);
		if (result != 0) {
			set_result(own, result);
		}
	}
	return own->result != 0;
}

bool tasks_has_ended(struct own_task *own) {
	if (!tasks_peek(own) && !own->reaped) {
		reap(own);
	}
	return own->result != 0;
}

// ---- callbacks ----

void tasks_call_back(void) {
	while (!cn_list_is_empty(&tasks.due)) {
		struct own_task *own = cn_list_entry(tasks.due.next, struct own_task, due);
		char name[CN_NAME_MAX + 1];
		char status[16];
		memcpy(name, own->name, sizeof(name));
		snprintf(status, sizeof(status), "%d", cn_task_status(own->result));
		char *then = own->then;
		// All is as if it were done, since the call may not come back.
		cn_list_remove(&own->due);
		own->then = NULL;
		tasks.thens--;
		char *words[] = { then, name, status, NULL };
		host->run(words, 3);
		free(then);
		watcher_note(name);
	}
	if (tasks.also_call_back != NULL) {
		tasks.also_call_back();
	}
}

// At the prompt: one line for each task that has ended and was neither collected nor told of.
static void tell_of(struct own_task *own) {
	struct cn_task *task;
	struct cn_buf line = CN_BUF_INIT;
	own->told = true;
	if (cn_pin(&own->ref, (void **)&task) < 0) {
		return;
	}
	cn_buf_printf(&line, "[%s] ", own->name);
	view_state(&line, own->result);
	cn_buf_printf(&line, ": %s\n", task->command);
	cn_unpin(&own->ref, task);
	host->error(line.data, line.len);
	cn_buf_finish(&line);
}

static void tell(void) {
	if (!is_mine()) {
		return;
	}
	tasks_update();
	for (struct own_task *own = tasks_next(NULL); own != NULL; own = tasks_next(own)) {
		if (own->then == NULL && !own->told && tasks_has_ended(own)) {
			tell_of(own);
		}
	}
}

static void dispatch(void) {
	if (is_mine()) {
		tasks_update();
		tasks_call_back();
	}
}

void tasks_run_pending(void) {
	int sig = host->trap_pending();
	bool plain = sig > 0 && signals_get(sig) == NULL;
	host->pending();
	if (plain) {
		char name[CN_SIGNAME_MAX];
		cn_signal_name(sig, name);
		watcher_note(name);
	}
}

int tasks_wait(cn_time deadline) {
	int err = cn_park(tasks.shared.arena, deadline, NULL, 0);
	tasks_update();
	tasks_call_back();
	if (err == -EINTR) {
		tasks_run_pending();
		err = 0;
	}
	return err;
}

// ---- the end of the shell ----

static bool is_left(const struct own_task *own) {
	return !own->reaped && (own->flags & CN_TASK_DETACHED) == 0;
}

// Each unreaped child gets `stop`.
static size_t each_left(void (*stop)(struct own_task *own)) {
	size_t count = 0;
	size_t position = 0;
	const struct cn_map_entry *entry;
	while ((entry = cn_map_next(&tasks.by_pid, &position)) != NULL) {
		struct own_task *own = entry->value;
		if (is_left(own)) {
			count++;
			if (stop != NULL) {
				stop(own);
			}
		}
	}
	return count;
}

// Keepers, and what lingers, know what to do.
static void terminate(struct own_task *own) {
	bool running = !tasks_peek(own) && (own->flags & CN_TASK_KEPT) == 0;
	kill(running ? -own->pid : own->pid, SIGTERM);
	if (running) {
		kill(-own->pid, SIGCONT);
	}
}

static void destroy(struct own_task *own) {
	kill(-own->pid, SIGKILL);
}

static void await_left(cn_time deadline) {
	while (each_left(NULL) > 0 && cn_left(deadline) > 0) {
		cn_park(tasks.shared.arena, deadline, NULL, 0);
		tasks_update();
	}
}

static void await_all(void) {
	for (struct own_task *own = tasks_next(NULL); own != NULL;) {
		bool skip = (own->flags & (CN_TASK_DAEMON | CN_TASK_DETACHED)) != 0;
		if (skip || tasks_has_ended(own)) {
			own = tasks_next(own);
			continue;
		}
		cn_park(tasks.shared.arena, CN_NEVER, NULL, 0);
		tasks_update();
		if (!cn_list_is_empty(&tasks.due)) {
			tasks_call_back();
			own = tasks_next(NULL); // it may have changed the list
		}
	}
	tasks_call_back();
}

/*
 * The shell ends: tasks are awaited, daemons and what tasks have left running are ended. Signals
 * end us as they would end any program: the traps have had their time.
 */
static void leave(void) {
	static const int signals[] = { SIGINT, SIGTERM, SIGHUP, SIGQUIT };
	if (!is_mine()) {
		return;
	}
	for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++) {
		struct sigaction action;
		sigaction(signals[i], NULL, &action);
		if (action.sa_handler != SIG_IGN) {
			signal(signals[i], SIG_DFL);
		}
	}
	await_all();
	tasks_update();
	reap_all();
	if (each_left(terminate) > 0) {
		await_left(cn_after(CN_TASK_GRACE));
		if (each_left(NULL) > 0) {
			await_left(cn_after(CN_SECOND / 2));
			each_left(destroy);
		}
	}
}
