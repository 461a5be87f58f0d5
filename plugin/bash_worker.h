/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * plugin/bash_worker.h - a bash that runs many tasks, one after the other, and finds itself after
 * each as before. For host_bash.c, which puts these into its struct host.
 */
#ifndef PLUGIN_BASH_WORKER_H
#define PLUGIN_BASH_WORKER_H

void bash_worker_begin(void);
void bash_task_end(int *status);

#endif
