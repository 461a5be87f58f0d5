/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * plugin/cmd/pool_run.h - how the worker of a pool runs one command.
 */
#ifndef PLUGIN_CMD_POOL_RUN_H
#define PLUGIN_CMD_POOL_RUN_H

#include <signal.h>
#include <stddef.h>
#include <sys/types.h>

#include "plugin/host.h"

/*
 * Run a function, builtin or program, not HOST_NOTHING. Its status. `verb` is for messages.
 * MAY NOT RETURN.
 */
int pool_run(const struct host_command *command, char **words, size_t count, const char *verb);

/* Until *saved is put back, the shell's handler cannot take the status of a child before we do. */
void pool_block_children(sigset_t *saved);

/* The shell's status of a child that ends. */
int pool_wait_for_child(pid_t pid);

#endif
