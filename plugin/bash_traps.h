/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * plugin/bash_traps.h - bash's traps, for host_bash.c: the parts of struct host that say what a
 * signal does, and the way by which what has come reaches us between two commands.
 */
#ifndef PLUGIN_BASH_TRAPS_H
#define PLUGIN_BASH_TRAPS_H

#include <signal.h>
#include <stdbool.h>

/*
 * Once, when the first of our commands is enabled: stand before the builtins `trap`, `wait` and
 * `read`, which have to know of us.
 */
void bash_traps_watch(void);

/*
 * Have `code` run at the next safe point after bash_traps_raise(), by traps of signals that are
 * ours. To be said again in a subshell; else cheap.
 */
void bash_traps_dispatch(const char *code);

/* What raise() and caught() of struct host are. In signal handlers. */
void bash_traps_raise(void);
void bash_traps_caught(int sig);

/* The code has begun to run; whether it was asked for again since. */
void bash_traps_begin(void);
bool bash_traps_wanted(void);

const char *bash_traps_get(int sig);
int bash_traps_set(int sig, const char *action, void (*handler)(int, siginfo_t *, void *));
int bash_traps_pending(void);

/* When one of our commands begins: a handler of ours that bash has put back is whole again. */
void bash_traps_refresh(void);

/* Whether any trap is to be run, ours or the script's. */
bool bash_traps_due(void);
void bash_traps_blocked(const sigset_t *set, bool on);

#endif
