/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * shell/trap.h - signals and traps (XCU 2.12, 2.15 trap). A handler only raises flags; actions run
 * between commands. In a forkless subshell the outer environment's traps are as if reset: their
 * signals stay pending until it has ended.
 */
#ifndef SH_TRAP_H
#define SH_TRAP_H

#include <signal.h>
#include <stdbool.h>
#include <stdint.h>

struct shell;

enum { SH_SIGNALS = 65 };

struct sh_traps {
	char *action[SH_SIGNALS]; // heap; NULL: default, "": ignore. 0 is EXIT
	uint32_t level; // subshell level that owns the table
};

/* Raised by handlers: something is pending; which. */
extern volatile sig_atomic_t sh_signal_any;
extern volatile sig_atomic_t sh_signal_got[SH_SIGNALS];
extern volatile sig_atomic_t sh_safe_point_due; // a plugin wants attention

/* Called by the handler of the shell's, in the end; NULL: nothing. Async-signal-safe. */
extern void (*sh_signal_woken)(void);

/* What the handler does: for a plugin's own handler of a signal that has an action. */
void sh_signal_note(int sig);

void sh_trap_init(struct shell *sh);

/*
 * Set the action (NULL: default, "": ignore). For a signal in a forkless subshell it must have been
 * detached before. Signals ignored when a non-interactive shell started stay so, silently.
 */
void sh_trap_set(struct shell *sh, int sig, const char *action);
/* What `trap` shows: also the outer environment's, until this one sets a trap (XCU trap). */
const char *sh_trap_get(const struct shell *sh, int sig);

/* The action that counts in this environment; NULL: default, "": ignored. */
const char *sh_trap_effective(const struct shell *sh, int sig);
/* A signal with an action that sh_trap_run() would run; 0: none. */
int sh_trap_pending(const struct shell *sh);
/* As sh_trap_set() for a signal that is not 0. False: it was ignored at the start, and stays so. */
bool sh_trap_change(struct shell *sh, int sig, const char *action);
/* Would running them end the command: an interrupt? */
bool sh_signal_ends(const struct shell *sh);
/* Run the actions of what is pending; call when sh_signal_any is up. */
void sh_trap_run(struct shell *sh);
/* Let plugins that asked for it have their turn, in a wait that then goes on. */
void sh_trap_run_plugins(struct shell *sh);
/* Run the EXIT trap of this environment, once. The status it leaves is in sh->status. */
void sh_trap_run_exit(struct shell *sh);
bool sh_trap_has_exit(const struct shell *sh);
/* Would this environment run an action for anything? */
bool sh_trap_has_any(const struct shell *sh);

/* Which signals this environment has set itself, and default actions again for those that are not
 * in that. */
void sh_trap_which(const struct shell *sh, bool set[SH_SIGNALS]);
void sh_trap_clear(struct shell *sh, const bool keep[SH_SIGNALS]);

/* Subshell environments: keep the outer table, reset for a new process. */
struct sh_traps *sh_trap_enter(struct shell *sh);
void sh_trap_leave(struct shell *sh, struct sh_traps *outer);
void sh_trap_child(struct shell *sh);

/* Dispositions and mask for a program about to be started, in the process that will exec. */
void sh_trap_before_exec(const struct shell *sh, bool async);

/* In an asynchronous list (2.9.3.1): SIGINT and SIGQUIT are ignored until `trap` says otherwise. */
void sh_trap_ignore_interrupts(struct shell *sh);
/* Ignore the stop signals of the terminal, or not any more (job control). */
void sh_trap_control(struct shell *sh, bool on);
/* Install what an interactive shell needs (2.12, sh): INT caught, TERM and QUIT ignored. */
void sh_trap_interactive(struct shell *sh, bool on);
/* Have SIGCHLD interrupt waits, for `wait` with traps. */
void sh_trap_catch_chld(struct shell *sh);
/* Have SIGWINCH noticed at the prompt. */
void sh_trap_catch_window(struct shell *sh);
/*
 * A wait for a process was interrupted. What an interactive shell has no trap for: SIGINT goes to the
 * process as well, which may be stopped; a hangup ends us all.
 */
void sh_signal_pass_on(struct shell *sh, pid_t pid);
/*
 * A child in the foreground has ended. Has SIGINT ended it, it is as if an interactive shell that has
 * no trap for it had got it too: it goes back to its prompt.
 */
void sh_signal_child_died(struct shell *sh, int status);
/* A hangup that has no trap came while a wait was interrupted: it does not return then. */
void sh_hangup_pending(struct shell *sh);
/* Block all signals, keeping the old mask; for forks and waits without a race. */
void sh_signals_block(sigset_t *old);

#endif
