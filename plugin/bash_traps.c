/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * plugin/bash_traps.c - bash runs the command of a trap and forgets then, at its end, that the
 * signal was pending: a signal that comes while its own trap ends is lost. So nothing is left to
 * one trap alone. We have two, CN_PROCESS_SIGNAL and CN_PROCESS_TURN, besides those of the signals
 * that the script handles; whoever wants something while a trap runs makes another one pending.
 */
#include "config.h"
#include "plugin/bash_traps.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/proc/process.h"
#include "lib/proc/signals.h"
#include "lib/shm/owner.h"
#include "plugin/bash_api.h"
#include "plugin/host.h"

static struct {
	const char *code; // of our own traps; NULL: none yet
	volatile sig_atomic_t wanted; // since bash_traps_begin()
	volatile sig_atomic_t hidden; // `trap` is printing: ours are out of the table
	volatile sig_atomic_t delayed; // raised meanwhile
	volatile sig_atomic_t ended_wait; // one of our own was made pending since `wait` began
	void (*on_interrupt)(int, siginfo_t *, void *); // SIGINT is caught by; NULL: not by ours
} state;

// bash's builtins that we stand before.
static sh_builtin_func_t *plain_trap;
static sh_builtin_func_t *plain_wait;
static sh_builtin_func_t *plain_read;

// ---- making one pending ----

// From a handler: the trap of `sig`, or if just that one runs, another one. May leave by longjmp.
static void make_pending(int sig) {
	state.wanted = 1;
	if (state.hidden) {
		state.delayed = 1;
		return;
	}
	if (sig == running_trap - 1) {
		sig = sig == CN_PROCESS_SIGNAL ? CN_PROCESS_TURN : CN_PROCESS_SIGNAL;
	}
	state.ended_wait |= sig == CN_PROCESS_SIGNAL || sig == CN_PROCESS_TURN;
	trap_handler(sig);
}

void bash_traps_raise(void) {
	if (state.code != NULL) {
		make_pending(CN_PROCESS_SIGNAL);
	}
}

/*
 * Where bash has handlers of its own for a signal that has a trap, what is pending for the trap is
 * what those have seen and we have not.
 */
static bool is_shared(int sig) {
	return sig == SIGINT || sig == SIGCHLD;
}

/*
 * `wait` must end with the signal's own number. Elsewhere our own trap does, whose text any state
 * of the parser can bear, and which is done with when we have looked.
 */
void bash_traps_caught(int sig) {
	bool in_wait = this_shell_builtin != NULL && this_shell_builtin == plain_wait;
	make_pending(in_wait && !is_shared(sig) ? sig : CN_PROCESS_SIGNAL);
}

// The traps ask for nothing else, and would be parsed before the first command that we run.
void bash_traps_begin(void) {
	pending_traps[CN_PROCESS_SIGNAL] = pending_traps[CN_PROCESS_TURN] = 0;
	state.wanted = 0;
}

bool bash_traps_wanted(void) {
	return state.wanted != 0;
}

// set_signal() puts bash's handler in place.
static void set_own(int sig) {
	if (!signal_is_trapped(sig)) {
		struct sigaction saved;
		sigaction(sig, NULL, &saved);
		set_signal(sig, state.code);
		sigaction(sig, &saved, NULL);
	}
}

void bash_traps_dispatch(const char *code) {
	state.code = code;
	set_own(CN_PROCESS_SIGNAL);
	set_own(CN_PROCESS_TURN);
}

// ---- the table ----

const char *bash_traps_get(int sig) {
	if (signal_is_ignored(sig)) {
		return "";
	}
	const char *action = trap_list[sig];
	return action == (char *)SIG_IGN ? "" : action;
}

bool bash_traps_due(void) {
	return first_pending_trap() > 0;
}

int bash_traps_pending(void) {
	for (int sig = first_pending_trap(); sig > 0; sig = next_pending_trap(sig + 1)) {
		if (sig != CN_PROCESS_SIGNAL && sig != CN_PROCESS_TURN) {
			return sig;
		}
	}
	return 0;
}

// As the builtin does: what a subshell shows of its parent's traps it shows until it sets one.
static void forget_parents(void) {
	if ((subshell_environment & SUBSHELL_RESETTRAP) != 0) {
		free_trap_strings();
		subshell_environment &= ~SUBSHELL_RESETTRAP;
		if (state.code != NULL) {
			bash_traps_dispatch(state.code);
		}
	}
}

static void install(int sig, void (*handler)(int, siginfo_t *, void *)) {
	struct sigaction action = { .sa_sigaction = handler, .sa_flags = SA_SIGINFO };
	sigfillset(&action.sa_mask);
	sigaction(sig, &action, NULL);
}

/*
 * Whenever bash has waited for a program of the foreground it puts back what caught SIGINT before,
 * but as a plain handler, which is not told who sent the signal.
 */
void bash_traps_refresh(void) {
	struct sigaction now;
	if (state.on_interrupt != NULL && sigaction(SIGINT, NULL, &now) == 0 &&
			(now.sa_flags & SA_SIGINFO) == 0 && now.sa_sigaction == state.on_interrupt) {
		install(SIGINT, state.on_interrupt);
	}
}

/*
 * set_signal() ignores the signal for a moment, and the system then forgets what is pending. What
 * is, because the script has blocked it, is taken before and given back behind.
 */
static void set_handled(int sig, const char *action, void (*handler)(int, siginfo_t *, void *)) {
	siginfo_t *taken = NULL;
	size_t count = 0;
	sigset_t one;
	sigset_t saved;
	siginfo_t info;
	sigemptyset(&one);
	sigaddset(&one, sig);
	sigprocmask(SIG_BLOCK, &one, &saved);
	while (cn_signal_take(&one, &info) != 0) {
		siginfo_t *more = reallocarray(taken, count + 1, sizeof(*taken));
		if (more == NULL) {
			break;
		}
		taken = more;
		taken[count++] = info;
	}
	set_signal(sig, action);
	if (sig != SIGCHLD) { // bash needs it
		install(sig, handler);
	}
	for (size_t i = 0; i < count; i++) {
		cn_signal_give_back(&taken[i]);
	}
	free(taken);
	sigprocmask(SIG_SETMASK, &saved, NULL);
}

int bash_traps_set(int sig, const char *action, void (*handler)(int, siginfo_t *, void *)) {
	if (sig == SIGKILL || sig == SIGSTOP) {
		return -EINVAL;
	}
	get_original_signal(sig);
	if (signal_is_hard_ignored(sig)) {
		return action != NULL && action[0] == '\0' ? 0 : -EPERM;
	}
	forget_parents();
	if (sig == SIGINT) {
		state.on_interrupt = handler;
	}
	if (action == NULL) {
		restore_default_signal(sig);
	} else if (action[0] == '\0') {
		ignore_signal(sig);
	} else if (handler != NULL) {
		set_handled(sig, action, handler);
	} else {
		set_signal(sig, action);
	}
	return handler != NULL && is_shared(sig) ? HOST_TRAP_SHARED : 0;
}

void bash_traps_blocked(const sigset_t *set, bool on) {
	for (int sig = 1; sig < CN_SIGNALS; sig++) {
		if (sigismember(set, sig) == 1) {
			(on ? sigaddset : sigdelset)(&top_level_mask, sig);
		}
	}
}

// ---- builtins that have to know ----

static void stand_before(const char *name, sh_builtin_func_t *ours, sh_builtin_func_t **plain) {
	struct builtin *builtin = builtin_address_internal((char *)(uintptr_t)name, 1);
	if (builtin != NULL && builtin->function != ours) {
		*plain = builtin->function;
		builtin->function = ours;
	}
}

// In place of bash's handler of a signal that has a trap: our waits must wake up.
static void ring_and_trap(int sig) {
	state.wanted = 1;
	cn_self_ring();
	trap_handler(sig);
}

static void ring_for(int sig) {
	struct sigaction action;
	if (signal_is_trapped(sig) && sigaction(sig, NULL, &action) == 0 &&
			action.sa_handler == (SigHandler *)trap_handler) {
		action.sa_handler = ring_and_trap;
		sigaction(sig, &action, NULL);
	}
}

static void ring_for_traps(void) {
	for (int sig = 1; sig < CN_SIGNALS; sig++) {
		ring_for(sig);
	}
}

// Our own two are no business of the script's.
static void hide(char *saved[2]) {
	state.hidden = 1;
	saved[0] = trap_list[CN_PROCESS_SIGNAL];
	saved[1] = trap_list[CN_PROCESS_TURN];
	trap_list[CN_PROCESS_SIGNAL] = trap_list[CN_PROCESS_TURN] = NULL;
}

static void show(char *const saved[2]) {
	trap_list[CN_PROCESS_SIGNAL] = saved[0];
	trap_list[CN_PROCESS_TURN] = saved[1];
	state.hidden = 0;
	if (state.delayed) {
		state.delayed = 0;
		bash_traps_raise();
	}
}

static int run_trap(WORD_LIST *words) {
	char *saved[2];
	this_shell_builtin = plain_trap;
	if (state.code == NULL) {
		int status = plain_trap(words);
		ring_for_traps();
		return status;
	}
	// In a subshell setting a trap frees the strings of the parent, ours among them.
	if (words != NULL && words->word->word[0] != '-') {
		forget_parents();
	}
	hide(saved);
	int status = plain_trap(words);
	show(saved);
	ring_for_traps();
	return status;
}

/*
 * bash's `wait` ends when a trap is pending, ours too. For ours it goes on when that has run, as
 * our own waits do; for a signal of the script it ends with 128+N, as POSIX has it.
 */
static int run_wait(WORD_LIST *words) {
	int status;
	bool again;
	do {
		state.ended_wait = 0;
		this_shell_builtin = plain_wait;
		status = plain_wait(words);
		again = state.ended_wait &&
				(status == 128 + CN_PROCESS_SIGNAL || status == 128 + CN_PROCESS_TURN);
		if (again) {
			run_pending_traps();
		}
	} while (again);
	this_shell_builtin = run_wait; // no more than any other, to those who look for bash's
	return status;
}

static void restart_calls(void *unused) {
	struct sigaction action;
	sigaction(CN_PROCESS_SIGNAL, NULL, &action);
	action.sa_flags |= SA_RESTART;
	sigaction(CN_PROCESS_SIGNAL, &action, NULL);
}

// What comes while it waits for input is run at once: the signal must interrupt the system call.
static int run_read(WORD_LIST *words) {
	static char frame[] = "conch-read";
	struct sigaction action;
	this_shell_builtin = plain_read;
	if (state.code == NULL || sigaction(CN_PROCESS_SIGNAL, NULL, &action) < 0 ||
			(action.sa_flags & SA_RESTART) == 0) {
		return plain_read(words);
	}
	action.sa_flags &= ~SA_RESTART;
	sigaction(CN_PROCESS_SIGNAL, &action, NULL);
	begin_unwind_frame(frame);
	add_unwind_protect(restart_calls, NULL);
	int status = plain_read(words);
	run_unwind_frame(frame);
	return status;
}

// What our waits must not sleep over.
static bool has_come(void) {
	return state.wanted || terminating_signal != 0 || interrupt_state != 0;
}

void bash_traps_watch(void) {
	if (plain_trap == NULL) {
		stand_before("trap", run_trap, &plain_trap);
		stand_before("wait", run_wait, &plain_wait);
		stand_before("read", run_read, &plain_read);
		cn_park_ask(has_come);
		ring_for_traps();
	}
}
