/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * lib/proc/task.h - the record of a task in the arena, by which any process of the session can ask
 * about it, signal it and wait for it. What runs it and who collects it is not known here.
 *
 *	struct cn_ref ref;
 *	struct cn_task *task;
 *	int err = cn_task_create(arena, NULL, &setup, &ref);
 *	err = cn_pin(&ref, (void **)&task);
 *	...
 *	cn_task_publish(arena, task, CN_RESULT(CN_TASK_EXITED, 0));
 *
 * A record is made before its process is, and goes when the result is collected. The result is
 * published by one store (cn_task.result), then the bells of who waits are rung: who is killed
 * between the two leaves a result that the waiters find when they look again.
 */
#ifndef CN_PROC_TASK_H
#define CN_PROC_TASK_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "lib/base/clock.h"
#include "lib/shm/arena.h"
#include "lib/shm/names.h"
#include "lib/shm/owner.h"

/* How a task came to its end. */
enum cn_task_end {
	CN_TASK_EXITED = 1, // with a status
	CN_TASK_KILLED, // by a signal
	CN_TASK_TIMED_OUT,
};

/* A result: 0 while the task runs. */
#define CN_RESULT(end, value) ((uint32_t)(end) << 16 | (uint32_t)(value))
#define CN_RESULT_END(result) ((enum cn_task_end)((result) >> 16))
#define CN_RESULT_VALUE(result) ((int)((result)&0xffff))

enum cn_task_flags {
	CN_TASK_DAEMON = 1 << 0, // killed at its shell's end, not awaited
	CN_TASK_DETACHED = 1 << 1, // left alone at its shell's end
	CN_TASK_KEPT = 1 << 2, // a keeper watches it
};

enum { CN_TASK_WAITERS = 4, CN_TASK_COMMAND_MAX = 96 };

struct cn_task {
	struct cn_object object;
	_Atomic uint32_t result; // CN_RESULT; the store that publishes
	_Atomic uint32_t pid; // runs the command, leads its group; 0: not yet, or it never did. A futex
	_Atomic uint32_t leader; // the same, already while it is on its way to run the command
	_Atomic uint32_t keeper; // that watches it; 0: none
	uint32_t flags; // enum cn_task_flags
	_Atomic uint32_t lingers; // ended, but its command left processes running
	int32_t capture; // the owner's descriptor with what it printed; -1: not captured
	cn_owner owner; // who spawned it
	uint64_t tree; // which guardian looks after it
	cn_time started;
	_Atomic cn_time ended; // 0: not yet
	_Atomic cn_owner waiters[CN_TASK_WAITERS]; // to ring, beside the owner; 0: free
	char command[CN_TASK_COMMAND_MAX]; // for people; cut
};

/* What a record starts with. Borrowed for the call. */
struct cn_task_setup {
	uint32_t flags;
	int capture;
	cn_owner owner;
	uint64_t tree;
	char *const *words; // of the command, NULL-terminated
};

/*
 * Make a record. `name` NULL: the next free one of t1, t2, ...
 * Returns 0, -EEXIST (the name is taken), -EINVAL (no name), -ENOSPC, -EAGAIN (see cn_pin()).
 */
int cn_task_create(struct cn_arena *arena, const char *name, const struct cn_task_setup *setup,
		struct cn_ref *ref);

/*
 * Say how it ended, unless that was said before, and wake who waits. The record need not be pinned
 * by who runs the task: nobody destroys one without a result while its process lives.
 */
void cn_task_publish(struct cn_arena *arena, struct cn_task *task, uint32_t result);

/* It runs the command now: wake who waits for cn_task.pid. */
void cn_task_started(struct cn_task *task, pid_t pid);

/* Be rung when the result is there; forget it. false: no room, so look again now and then. */
bool cn_task_watch(struct cn_task *task, cn_owner waiter);
void cn_task_unwatch(struct cn_task *task, cn_owner waiter);

/* The result for a wait status. */
uint32_t cn_task_result(int wait_status);

/* The shell's status for a result: N, 128 + N, or 124. */
int cn_task_status(uint32_t result);

/*
 * Signal all of it: its process group, and a stopped one continues for SIGTERM and SIGKILL.
 * 0 or -ESRCH (it has ended and left nothing; or it is to be stopped before it has begun).
 */
int cn_task_kill(const struct cn_task *task, int sig);

/*
 * Whether its process is really there, for processes that are not its parent: a parent that was not
 * yet able to note a violent end leaves a record without a result.
 */
bool cn_task_is_alive(struct cn_arena *arena, const struct cn_task *task);

/* Destroy the records that nobody can collect any more: their owners are dead. How many. */
int cn_task_sweep(struct cn_arena *arena);

#endif
