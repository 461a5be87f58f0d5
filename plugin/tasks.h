/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * plugin/tasks.h - the tasks this process has spawned: its children, their results, what is to be
 * called when they end. The records that other processes see are lib/proc/task.h.
 *
 * A task is here from its spawn until it was collected (forgotten), and longer for as long as its
 * process is not reaped. A subshell begins with none.
 */
#ifndef PLUGIN_TASKS_H
#define PLUGIN_TASKS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "lib/base/list.h"
#include "lib/proc/task.h"
#include "plugin/command.h"

struct own_task {
	struct cn_list link; // tasks.known, in the order of spawning
	struct cn_list due; // tasks.due
	struct cn_ref ref;
	char name[CN_NAME_MAX + 1];
	char *then; // command to call at its end; NULL: none, or called already
	pid_t pid; // our child: what runs it, or its keeper
	int capture; // descriptor of what it printed; -1: not captured
	unsigned flags; // enum cn_task_flags
	uint32_t result; // 0: not known yet
	uint64_t number; // in the order of spawning
	bool reaped;
	bool told; // the person at the prompt knows that it has ended
	bool forgotten; // waits to be reaped only
};

struct tasks {
	struct cn_arena *arena;
	cn_owner self; // this process
	uint64_t tree; // the guardian's number for all that we start
};

/*
 * Be ready to spawn and to wait: the session, and a table of this process's own. STATUS_OK, or a
 * status after a message. Call it first in every command that uses the rest.
 */
int tasks_open(const struct cmd *cmd, struct tasks **out);

/* See that a guardian looks after this tree. 0 or a negative errno. */
int tasks_guard(void);

/* Enter a task that is about to be started; it takes over `then` (heap) and `capture`. */
struct own_task *tasks_add(
		const struct cn_ref *ref, const char *name, unsigned flags, char *then, int capture);

/* It was started as `pid`; or it was not: it is forgotten, its record too. */
int tasks_started(struct own_task *own, pid_t pid);
void tasks_drop(struct own_task *own);

/* The spawned and not forgotten task of this name; NULL: none of ours. */
struct own_task *tasks_find(const char *name);

/* Whether another process has collected it: it is not to be awaited here any more. */
bool tasks_is_collected(const struct own_task *own);

/* In the order of spawning: NULL gives the first; NULL ends. */
struct own_task *tasks_next(const struct own_task *own);

/* The number of the last one spawned. */
uint64_t tasks_last(void);

/* Look after the children that ended since: their results are known then. Cheap. */
void tasks_update(void);

/* Whether it has ended; the result is in own->result then. Asks the system, unlike `peek`. */
bool tasks_has_ended(struct own_task *own);
bool tasks_peek(struct own_task *own);

/* Run what --then asked for the tasks that have ended. MAY NOT RETURN. */
void tasks_call_back(void);

/*
 * Sleep until something may have changed, at most until `deadline`; then do what is due: children
 * that ended, callbacks, the shell's traps. 0 or -ETIMEDOUT. MAY NOT RETURN.
 */
int tasks_wait(cn_time deadline);

/*
 * For a part of the plugin that has children and callbacks of its own: `update` is called in
 * tasks_update(), `call_back` in tasks_call_back(). Saying it again is harmless, and needed in a
 * copy.
 */
void tasks_also(void (*update)(void), void (*call_back)(void));

/*
 * So many more things (or less) for which the shell is to be interrupted between two commands when
 * a signal says that they may have come. All are forgotten in a copy.
 */
void tasks_expect(int more);

/* What host->pending() does, and `pause` is told of the traps that ran. MAY NOT RETURN. */
void tasks_run_pending(void);

/* Collected: it cannot be awaited again. `own` is gone. */
void tasks_forget(struct own_task *own);

#endif
