/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "lib/proc/task.h"

#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include "lib/proc/process.h"
#include "lib/shm/alloc.h"
#include "lib/sync/futex.h"

enum { NAME_SIZE = 24 };

static void copy_command(char *out, char *const *words) {
	size_t at = 0;
	for (size_t i = 0; words[i] != NULL && at + 1 < CN_TASK_COMMAND_MAX; i++) {
		int len = snprintf(out + at, CN_TASK_COMMAND_MAX - at, "%s%s", i > 0 ? " " : "", words[i]);
		at += len > 0 ? (size_t)len : 0;
	}
}

static void task_init(void *object, const void *data) {
	struct cn_task *task = object;
	const struct cn_task_setup *setup = data;
	task->flags = setup->flags;
	task->capture = setup->capture;
	task->owner = setup->owner;
	task->tree = setup->tree;
	task->started = cn_now();
	copy_command(task->command, setup->words);
}

// The block with the number of the last automatic name, made by who comes first.
static int counter(struct cn_arena *arena, _Atomic uint64_t **out) {
	_Atomic cn_off *root = cn_arena_root(arena, CN_ROOT_TASKS);
	cn_off off = atomic_load(root);
	if (off == 0) {
		cn_off mine;
		int err = cn_alloc_zero(arena, sizeof(**out), &mine);
		if (err < 0) {
			return err;
		}
		if (atomic_compare_exchange_strong(root, &off, mine)) {
			cn_alloc_keep(arena, mine);
			off = mine;
		} else {
			cn_free(arena, mine);
		}
	}
	*out = CN_AT(arena, off, _Atomic uint64_t);
	return *out != NULL ? 0 : -EBADMSG;
}

int cn_task_create(struct cn_arena *arena, const char *name, const struct cn_task_setup *setup,
		struct cn_ref *ref) {
	if (name != NULL) {
		return cn_name_create(arena, CN_TASK, name, sizeof(struct cn_task), task_init, setup, ref);
	}
	_Atomic uint64_t *last;
	int err = counter(arena, &last);
	while (err == 0) {
		char next[NAME_SIZE];
		snprintf(next, sizeof(next), "t%llu", (unsigned long long)atomic_fetch_add(last, 1) + 1);
		err = cn_name_create(arena, CN_TASK, next, sizeof(struct cn_task), task_init, setup, ref);
		if (err != -EEXIST) {
			break;
		}
		err = 0;
	}
	return err;
}

void cn_task_publish(struct cn_arena *arena, struct cn_task *task, uint32_t result) {
	atomic_store(&task->ended, cn_now());
	uint32_t none = 0;
	if (!atomic_compare_exchange_strong(&task->result, &none, result)) {
		return;
	}
	cn_owner_ring(arena, task->owner);
	for (size_t i = 0; i < CN_TASK_WAITERS; i++) {
		cn_owner waiter = atomic_load(&task->waiters[i]);
		if (waiter != 0) {
			cn_owner_ring(arena, waiter);
		}
	}
}

void cn_task_started(struct cn_task *task, pid_t pid) {
	atomic_store(&task->leader, (uint32_t)pid);
	atomic_store(&task->pid, (uint32_t)pid);
	cn_futex_wake(&task->pid, INT_MAX);
}

bool cn_task_watch(struct cn_task *task, cn_owner waiter) {
	for (size_t i = 0; i < CN_TASK_WAITERS; i++) {
		cn_owner none = 0;
		if (atomic_compare_exchange_strong(&task->waiters[i], &none, waiter)) {
			return true;
		}
	}
	return false;
}

void cn_task_unwatch(struct cn_task *task, cn_owner waiter) {
	for (size_t i = 0; i < CN_TASK_WAITERS; i++) {
		cn_owner mine = waiter;
		if (atomic_compare_exchange_strong(&task->waiters[i], &mine, 0)) {
			return;
		}
	}
}

uint32_t cn_task_result(int wait_status) {
	if (WIFSIGNALED(wait_status)) {
		return CN_RESULT(CN_TASK_KILLED, WTERMSIG(wait_status));
	}
	return CN_RESULT(CN_TASK_EXITED, WEXITSTATUS(wait_status));
}

int cn_task_status(uint32_t result) {
	int value = CN_RESULT_VALUE(result);
	switch (CN_RESULT_END(result)) {
	case CN_TASK_KILLED:
		return 128 + value;
	case CN_TASK_TIMED_OUT:
		return 124;
	default:
		return value;
	}
}

int cn_task_kill(const struct cn_task *task, int sig) {
	// What starts a program waits for its exec: stopped before that, both would hang.
	bool stops = sig == SIGSTOP || sig == SIGTSTP || sig == SIGTTIN || sig == SIGTTOU;
	pid_t group = (pid_t)atomic_load(stops ? &task->pid : &task->leader);
	bool over = atomic_load(&task->result) != 0 && atomic_load(&task->lingers) == 0;
	if (over || group <= 1 || kill(-group, sig) < 0) {
		return -ESRCH;
	}
	if (sig == SIGTERM || sig == SIGKILL) {
		kill(-group, SIGCONT);
	}
	return 0;
}

bool cn_task_is_alive(struct cn_arena *arena, const struct cn_task *task) {
	if (atomic_load(&task->result) != 0 || !cn_owner_is_alive(arena, task->owner)) {
		return false;
	}
	pid_t pid = (pid_t)atomic_load(&task->keeper);
	pid = pid != 0 ? pid : (pid_t)atomic_load(&task->leader);
	return pid == 0 || cn_process_is_alive(pid);
}

static bool task_is_orphan(struct cn_arena *arena, const struct cn_ref *ref) {
	struct cn_task *task;
	if (cn_pin(ref, (void **)&task) < 0) {
		return false;
	}
	bool orphan = !cn_owner_is_alive(arena, task->owner);
	cn_unpin(ref, task);
	return orphan;
}

int cn_task_sweep(struct cn_arena *arena) {
	struct cn_ref *refs;
	size_t count;
	int err = cn_name_list(arena, CN_TASK, &refs, &count);
	if (err < 0) {
		return err;
	}
	int swept = 0;
	for (size_t i = 0; i < count; i++) {
		if (task_is_orphan(arena, &refs[i]) && cn_ref_destroy(&refs[i]) == 0) {
			swept++;
		}
	}
	free(refs);
	return swept;
}
