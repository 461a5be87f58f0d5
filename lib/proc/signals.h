/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * lib/proc/signals.h - caught signals as events. The handler only writes down which signal came and
 * who sent it, in the order in which the kernel delivers them; what is to be done about them is
 *done later, outside of it.
 *
 *	cn_signals_on_catch(notice);
 *	cn_signal_catch(SIGUSR1); // or cn_signal_handler() is given to whoever installs handlers
 *	...
 *	struct cn_caught caught;
 *	while (cn_signal_next(&caught)) {
 *		...
 *	}
 *
 * None is lost. Where the notes are full the real-time signals are blocked until there is room
 * again, so that the kernel queues them (and tells their sender when its own queue is full); of the
 * others one of each kind is remembered, as the kernel does.
 *
 * A copy of the process that has not yet set its own handlers gets the signal's default action.
 */
#ifndef CN_PROC_SIGNALS_H
#define CN_PROC_SIGNALS_H

#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

enum { CN_SIGNALS = 65 }; // one more than the highest number

struct cn_caught {
	int sig;
	pid_t sender; // 0: the kernel, or not known
};

/*
 * The handler, for sigaction() with SA_SIGINFO and all signals in its mask. It may be called in
 * other ways too (a shell that saves and restores handlers as plain functions): then the sender is
 * not known.
 */
typedef void cn_signal_function(int sig, siginfo_t *info, void *context);
cn_signal_function cn_signal_handler;

/* Install it for a signal. 0 or a negative errno. */
int cn_signal_catch(int sig);

/* Whether a signal is caught by it, now and in this process. */
bool cn_signal_is_caught(int sig);

/*
 * What the handler calls in the end; NULL: nothing. It must be async-signal-safe. It may leave by
 * longjmp where the interrupted code allows that.
 */
void cn_signals_on_catch(void (*notice)(int sig));

/* The next one that was caught. false: none. */
bool cn_signal_next(struct cn_caught *out);

/* Whether there is one. Async-signal-safe. */
bool cn_signals_waiting(void);

/* In a copy: what its parent has caught is its parent's. Nothing is blocked by its own wish. */
void cn_signals_forget(void);

/* As sigprocmask() with SIG_BLOCK or SIG_UNBLOCK, and lasting: room in the notes unblocks none. */
void cn_signals_block(const sigset_t *set, bool on);

/* Those that cn_signals_block() has blocked. */
void cn_signals_blocked(sigset_t *out);

/* What is pending for this process, as siginfo; 0 or the signal. It must be blocked. */
int cn_signal_take(const sigset_t *set, siginfo_t *info);

/* Send this process what it was sent before. 0 or a negative errno. */
int cn_signal_give_back(const siginfo_t *info);

#endif
