/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * lib/proc/keeper.h - what watches over one task: a copy of the shell that stays in C, the parent
 * of the process that runs the command, and the subreaper of all that this one starts. It limits
 * the time, passes lines on, publishes the result, and stays as long as the command has left
 * processes running, so that they end with the session.
 *
 * Its parent ends the task by SIGTERM to it: all processes of the task get SIGTERM, and those that
 * are left after two seconds SIGKILL. At the parent's death all are killed at once.
 */
#ifndef CN_PROC_KEEPER_H
#define CN_PROC_KEEPER_H

#include <stdnoreturn.h>
#include <sys/types.h>

#include "lib/base/clock.h"
#include "lib/proc/task.h"

/* What a task has between SIGTERM and SIGKILL. */
#define CN_TASK_GRACE (2 * CN_SECOND)

struct cn_keeper {
	struct cn_arena *arena;
	struct cn_task *task;
	pid_t owner; // the parent
	pid_t leader; // the process that runs the command, a child that leads its group
	cn_time deadline; // CN_NEVER: it may take its time
	const char *label; // stands before each line that is passed on
	int from[2]; // read ends of the pipes with the command's lines; -1: none
	int to[2]; // where they go
};

/* In a copy, before it starts the command: block signals, be a subreaper. */
void cn_keeper_begin(void);

/* Keep until nothing is left to keep, and exit. Closes all descriptors but those in `keeper`. */
noreturn void cn_keeper_run(struct cn_keeper *keeper);

/*
 * For a process that ran a command itself and has published its result: stay while that has left
 * children running, as cn_keeper_run() does, and exit with `status`.
 */
noreturn void cn_keeper_linger(
		struct cn_arena *arena, struct cn_task *task, pid_t owner, int status);

/* Whether this process has children; reaps those that have ended. */
bool cn_keeper_has_children(void);

#endif
