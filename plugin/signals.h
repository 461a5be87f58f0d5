/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * plugin/signals.h - the commands that `signal on` has set, and how they are run. The handler notes
 * (lib/proc/signals.h); commands run where the shell is between two commands, and in our waits.
 *
 * They run in the order in which the signals came, one for each. While one runs the next of the
 * same signal waits for its end; that of another signal may run inside it, as with traps, so that
 * it can wait for signals itself.
 */
#ifndef PLUGIN_SIGNALS_H
#define PLUGIN_SIGNALS_H

#include <stdbool.h>
#include <sys/types.h>

#include "plugin/callback.h"
#include "plugin/command.h"

/* Run the command for each of this signal from now on. STATUS_OK, or a status after a message. */
int signals_set(const struct cmd *cmd, int sig, char *const words[], size_t count);

/* Ignore it ("") or give it its default action (NULL). As above. */
int signals_reset(const struct cmd *cmd, int sig, const char *action);

/* The command for this signal in this process, borrowed; NULL: none is set, or not by us. */
const struct callback *signals_get(int sig);

/*
 * The shell runs what the trap table holds for `sig`: run what has been noted, and the words for a
 * signal that was caught by the shell alone. MAY NOT RETURN.
 */
void signals_run(int sig, char *const words[], size_t count);

#endif
