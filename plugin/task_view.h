/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * plugin/task_view.h - looking at any task of the session, one's own or not.
 */
#ifndef PLUGIN_TASK_VIEW_H
#define PLUGIN_TASK_VIEW_H

#include <stdint.h>

#include "lib/base/buf.h"
#include "lib/proc/task.h"

/*
 * How it ended, 0 while it runs. Knows of a violent end before the parent has noted it; how it was
 * then is asked of the system.
 */
uint32_t view_result(struct cn_arena *arena, const struct cn_task *task);

/* "running", "exited 3", "killed TERM", "timed-out". */
void view_state(struct cn_buf *out, uint32_t result);

/* A descriptor, the caller's, on what a task has captured. 0, -ENODATA (it does not capture), ...
 */
int view_open_output(struct cn_arena *arena, const struct cn_ref *ref, int *out);

/* Append what was captured, or give it to the script's stdout. 0 or a negative errno. */
int view_read_output(int capture, struct cn_buf *out);
int view_print_output(int capture);

#endif
