/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "lib/proc/signals.h"

#include <errno.h>
#include <stdatomic.h>
#include <sys/syscall.h>
#include <time.h>
#include <ucontext.h>
#include <unistd.h>

#include "lib/shm/owner.h"
#include "lib/sync/self.h"

#ifndef CN_SIGNAL_NOTES
#define CN_SIGNAL_NOTES 4096 // a power of two
#endif

/*
 * A ring. The handler runs with all signals blocked, in this process only: it moves `in`, the other
 * side moves `out`. What does not fit, or came without a siginfo, is a bit in `more`.
 */
static struct {
	struct cn_caught ring[CN_SIGNAL_NOTES];
	_Atomic uint32_t in;
	_Atomic uint32_t out;
	_Atomic uint64_t more; // bit sig - 1
	_Atomic bool is_held; // `held` holds some
	sigset_t held; // real-time signals that are blocked while there is no room
	sigset_t blocked; // by cn_signals_block()
	void (*notice)(int sig);
} notes;

static uint64_t bit_of(int sig) {
	return (uint64_t)1 << (sig - 1);
}

static bool is_realtime(int sig) {
	return sig >= SIGRTMIN && sig <= SIGRTMAX;
}

// ---- in the handler ----

/*
 * A shell that restores a handler it has replaced for a while may do it without SA_SIGINFO, or call
 * it as a function: what stands in `info` then is anything.
 */
static bool has_info(int sig) {
	struct sigaction action;
	return sigaction(sig, NULL, &action) == 0 && (action.sa_flags & SA_SIGINFO) != 0 &&
			action.sa_sigaction == cn_signal_handler;
}

/*
 * No room for another: from the handler's end on real-time signals wait in the kernel. The notes
 * still have the one place that this one takes.
 */
static void hold(ucontext_t *context) {
	for (int sig = SIGRTMIN; sig <= SIGRTMAX; sig++) {
		struct sigaction action;
		bool ours = sigaction(sig, NULL, &action) == 0 && (action.sa_flags & SA_SIGINFO) != 0 &&
				action.sa_sigaction == cn_signal_handler;
		if (ours && sigismember(&context->uc_sigmask, sig) == 0) {
			sigaddset(&context->uc_sigmask, sig);
			sigaddset(&notes.held, sig);
		}
	}
	atomic_store(&notes.is_held, true);
}

static void note(int sig, const siginfo_t *info, ucontext_t *context) {
	uint32_t in = atomic_load(&notes.in);
	uint32_t used = in - atomic_load(&notes.out);
	// The last places are for real-time signals: of the others the kernel keeps one each, too.
	if (used >= CN_SIGNAL_NOTES || (!is_realtime(sig) && used >= CN_SIGNAL_NOTES / 2)) {
		atomic_fetch_or(&notes.more, bit_of(sig));
		return;
	}
	bool by_somebody = info->si_code == SI_USER || info->si_code == SI_QUEUE ||
			info->si_code == SI_TKILL || sig == SIGCHLD;
	notes.ring[in % CN_SIGNAL_NOTES] =
			(struct cn_caught){ .sig = sig, .sender = by_somebody ? info->si_pid : 0 };
	atomic_store(&notes.in, in + 1);
	if (used + 1 >= CN_SIGNAL_NOTES - 1) {
		hold(context);
	}
}

// In a copy that has its parent's handlers still: what they stand for is the parent's.
static void take_default(int sig) {
	struct sigaction action = { .sa_handler = SIG_DFL };
	sigaction(sig, &action, NULL);
	kill(getpid(), sig); // comes when this handler ends
}

void cn_signal_handler(int sig, siginfo_t *info, void *context) {
	int saved = errno;
	if (cn_self_page == NULL || cn_self_page->tid == 0) {
		take_default(sig);
		errno = saved;
		return;
	}
	if (has_info(sig)) {
		note(sig, info, context);
	} else {
		atomic_fetch_or(&notes.more, bit_of(sig));
	}
	cn_self_ring();
	errno = saved;
	if (notes.notice != NULL) {
		notes.notice(sig);
	}
}

// ---- outside ----

int cn_signal_catch(int sig) {
	struct sigaction action = { .sa_sigaction = cn_signal_handler, .sa_flags = SA_SIGINFO };
	cn_self();
	sigfillset(&action.sa_mask);
	return sigaction(sig, &action, NULL) == 0 ? 0 : -errno;
}

bool cn_signal_is_caught(int sig) {
	struct sigaction action;
	return sigaction(sig, NULL, &action) == 0 && action.sa_sigaction == cn_signal_handler;
}

void cn_signals_on_catch(void (*notice)(int sig)) {
	notes.notice = notice;
}

// Let come what was held, but what is blocked for another reason.
static void let_come(void) {
	sigset_t all;
	sigset_t saved;
	sigset_t come;
	sigfillset(&all);
	sigprocmask(SIG_SETMASK, &all, &saved);
	sigemptyset(&come);
	for (int sig = SIGRTMIN; sig <= SIGRTMAX; sig++) {
		if (sigismember(&notes.held, sig) == 1 && sigismember(&notes.blocked, sig) == 0) {
			sigaddset(&come, sig);
		}
	}
	sigemptyset(&notes.held);
	atomic_store(&notes.is_held, false);
	sigprocmask(SIG_SETMASK, &saved, NULL);
	sigprocmask(SIG_UNBLOCK, &come, NULL);
}

static bool next_of_more(struct cn_caught *out) {
	uint64_t more = atomic_load(&notes.more);
	if (more == 0) {
		return false;
	}
	int sig = __builtin_ctzll(more) + 1;
	atomic_fetch_and(&notes.more, ~bit_of(sig));
	*out = (struct cn_caught){ .sig = sig };
	return true;
}

bool cn_signal_next(struct cn_caught *out) {
	uint32_t at = atomic_load(&notes.out);
	uint32_t used = atomic_load(&notes.in) - at;
	bool found = used > 0;
	if (found) {
		*out = notes.ring[at % CN_SIGNAL_NOTES];
		atomic_store(&notes.out, at + 1);
		used--;
	}
	if (used <= CN_SIGNAL_NOTES / 4 && atomic_load(&notes.is_held)) {
		let_come();
		return found || cn_signal_next(out);
	}
	return found || next_of_more(out);
}

bool cn_signals_waiting(void) {
	return atomic_load(&notes.in) != atomic_load(&notes.out) || atomic_load(&notes.more) != 0;
}

void cn_signals_forget(void) {
	atomic_store(&notes.out, atomic_load(&notes.in));
	atomic_store(&notes.more, 0);
	if (atomic_load(&notes.is_held)) {
		let_come();
	}
	sigemptyset(&notes.blocked);
}

void cn_signals_block(const sigset_t *set, bool on) {
	for (int sig = 1; sig < CN_SIGNALS; sig++) {
		if (sigismember(set, sig) == 1) {
			(on ? sigaddset : sigdelset)(&notes.blocked, sig);
		}
	}
	sigprocmask(on ? SIG_BLOCK : SIG_UNBLOCK, set, NULL);
}

void cn_signals_blocked(sigset_t *out) {
	*out = notes.blocked;
}

int cn_signal_take(const sigset_t *set, siginfo_t *info) {
	const struct timespec now = { 0 };
	int sig = sigtimedwait(set, info, &now);
	return sig > 0 ? sig : 0;
}

int cn_signal_give_back(const siginfo_t *info) {
	long result = syscall(SYS_rt_sigqueueinfo, getpid(), info->si_signo, info);
	return result == 0 ? 0 : -errno;
}
