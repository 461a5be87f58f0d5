/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/wait.h>

#include "shell/builtin.h"
#include "shell/fd.h"
#include "shell/jobs.h"
#include "shell/loader.h"
#include "shell/subshell.h"
#include "shell/trap.h"

volatile sig_atomic_t sh_signal_any;
volatile sig_atomic_t sh_signal_got[SH_SIGNALS];
volatile sig_atomic_t sh_safe_point_due;
static volatile sig_atomic_t got_from_kernel[SH_SIGNALS]; // sent by the terminal, to the group

void (*sh_signal_woken)(void);

void sh_signal_note(int sig) {
	sh_signal_got[sig] = 1;
	got_from_kernel[sig] = 0;
	sh_signal_any = 1;
}

static void handler(int sig, siginfo_t *info, void *context) {
	sh_signal_note(sig);
	got_from_kernel[sig] = info != NULL && info->si_code == SI_KERNEL;
	if (sh_signal_woken != NULL) {
		sh_signal_woken();
	}
}

void sh_signals_block(sigset_t *old) {
	sigset_t all;
	sigfillset(&all);
	sigprocmask(SIG_BLOCK, &all, old);
}

/* ---- dispositions ---- */

static void set_disposition(int sig, void (*ignore_or_default)(int)) {
	struct sigaction action = { .sa_handler = ignore_or_default };
	sigemptyset(&action.sa_mask);
	sigaction(sig, &action, NULL);
}

static uint64_t bit(int sig) {
	return (uint64_t)1 << (sig - 1);
}

/* Was the signal ignored when the shell started? Asked before it is first changed. */
static bool ignored_at_start(struct shell *sh, int sig) {
	if ((sh->signals_known & bit(sig)) == 0) {
		struct sigaction action;
		sh->signals_known |= bit(sig);
		if (sigaction(sig, NULL, &action) == 0 && action.sa_handler == SIG_IGN) {
			sh->signals_ignored |= bit(sig);
		}
	}
	return (sh->signals_ignored & bit(sig)) != 0;
}

static void set_handler(struct shell *sh, int sig) {
	ignored_at_start(sh, sig);
	struct sigaction action = { .sa_sigaction = handler, .sa_flags = SA_SIGINFO };
	sigfillset(&action.sa_mask);
	sigaction(sig, &action, NULL);
	sh->has_handlers = true;
}

/* XCU trap: what was ignored when a non-interactive shell started stays so. */
static bool is_fixed(struct shell *sh, int sig) {
	return ignored_at_start(sh, sig) && (sh->options & SH_OPT_INTERACTIVE) == 0;
}

void sh_trap_init(struct shell *sh) {
	sh->traps = sh_xcalloc(1, sizeof(*sh->traps));
	if (ignored_at_start(sh, SIGCHLD)) {
		set_disposition(SIGCHLD, SIG_DFL); // else there would be no status to wait for
	}
}

void sh_trap_ignore_interrupts(struct shell *sh) {
	static const int signals[] = { SIGINT, SIGQUIT };
	for (int i = 0; i < 2; i++) {
		ignored_at_start(sh, signals[i]); // before it is us who ignore it: that, `trap` can change
		set_disposition(signals[i], SIG_IGN);
	}
}

/* What the shell itself wants of the signal, when there is no trap. */
static void set_default(struct shell *sh, int sig) {
	ignored_at_start(sh, sig);
	if (sh->interactive_signals && (sig == SIGINT || sig == SIGHUP)) {
		set_handler(sh, sig);
	} else if (sh->interactive_signals && (sig == SIGTERM || sig == SIGQUIT)) {
		set_disposition(sig, SIG_IGN);
	} else if ((sh->chld_caught && sig == SIGCHLD) || (sh->window_caught && sig == SIGWINCH)) {
		set_handler(sh, sig);
	} else if (sh->control_signals && (sig == SIGTSTP || sig == SIGTTIN || sig == SIGTTOU)) {
		set_disposition(sig, SIG_IGN);
	} else {
		set_disposition(sig, SIG_DFL);
	}
}

/* tmux before 3.4 leaves both ignored in what it starts: nobody's wish, and no job would stop. */
static void forget_tmux(struct shell *sh) {
	if (ignored_at_start(sh, SIGTTIN) && ignored_at_start(sh, SIGTTOU)) {
		sh->signals_ignored &= ~(bit(SIGTTIN) | bit(SIGTTOU));
	}
}

void sh_trap_interactive(struct shell *sh, bool on) {
	forget_tmux(sh);
	sh->interactive_signals = on;
	set_default(sh, SIGINT);
	set_default(sh, SIGTERM);
	set_default(sh, SIGQUIT);
	if (!ignored_at_start(sh, SIGHUP)) { // nohup
		set_default(sh, SIGHUP);
	}
}

void sh_trap_control(struct shell *sh, bool on) {
	sh->control_signals = on;
	static const int signals[] = { SIGTSTP, SIGTTIN, SIGTTOU };
	for (int i = 0; i < 3; i++) {
		if (sh->traps->action[signals[i]] == NULL) {
			set_default(sh, signals[i]);
		}
	}
}

void sh_trap_catch_chld(struct shell *sh) {
	if (!sh->chld_caught) {
		sh->chld_caught = true;
		set_handler(sh, SIGCHLD);
	}
}

void sh_trap_catch_window(struct shell *sh) {
	sh->window_caught = true;
	if (sh->traps->action[SIGWINCH] == NULL) {
		set_handler(sh, SIGWINCH);
	}
}

/* ---- the table ---- */

static void traps_destroy(struct sh_traps *traps) {
	for (int i = 0; i < SH_SIGNALS; i++) {
		free(traps->action[i]);
	}
	free(traps);
}

struct sh_traps *sh_trap_enter(struct shell *sh) {
	return sh->traps;
}

void sh_trap_leave(struct shell *sh, struct sh_traps *outer) {
	if (sh->traps != outer) {
		traps_destroy(sh->traps);
		sh->traps = outer;
	}
}

/* A table of this environment: only what is ignored is taken over (XCU 2.13). */
static struct sh_traps *traps_own(struct shell *sh) {
	struct sh_traps *traps = sh->traps;
	if (traps->level >= sh->level && !sh->traps_foreign) {
		return traps;
	}
	struct sh_traps *own = sh_xcalloc(1, sizeof(*own));
	own->level = sh->level;
	for (int i = 1; i < SH_SIGNALS; i++) {
		if (traps->action[i] != NULL && traps->action[i][0] == '\0') {
			own->action[i] = sh_xstrdup("");
		}
	}
	sh->traps_foreign = false;
	sh->traps = own;
	return own;
}

/* Does the table's action count here? */
static bool is_own(const struct shell *sh) {
	return sh->traps->level >= sh->level && !sh->traps_foreign;
}

const char *sh_trap_get(const struct shell *sh, int sig) {
	if (sig == 0 || sh->traps->action[sig] != NULL) {
		return sh->traps->action[sig];
	}
	return NULL;
}

static void trap_store(struct shell *sh, int sig, const char *action) {
	struct sh_traps *traps = traps_own(sh);
	char *copy = action != NULL ? sh_xstrdup(action) : NULL;
	free(traps->action[sig]);
	traps->action[sig] = copy;
}

void sh_trap_set(struct shell *sh, int sig, const char *action) {
	if (sig == 0) {
		trap_store(sh, sig, action);
		return;
	}
	if (is_fixed(sh, sig)) {
		return;
	}
	sh->signals_ignored &= ~bit(sig); // from now on the action says it
	trap_store(sh, sig, action);
	if (sig == SIGKILL || sig == SIGSTOP) {
		return;
	}
	if (action == NULL || (action[0] == '\0' && sig == SIGCHLD)) { // the shell waits for children
		set_default(sh, sig);
	} else if (action[0] == '\0') {
		set_disposition(sig, SIG_IGN);
	} else {
		set_handler(sh, sig);
	}
}

bool sh_trap_change(struct shell *sh, int sig, const char *action) {
	if (is_fixed(sh, sig)) {
		return action != NULL && action[0] == '\0';
	}
	sh_trap_set(sh, sig, action);
	return true;
}

const char *sh_trap_effective(const struct shell *sh, int sig) {
	const char *action = sh->traps->action[sig];
	bool ignored = action != NULL && action[0] == '\0';
	if (ignored || (sh->signals_ignored & bit(sig)) != 0) {
		return "";
	}
	return is_own(sh) ? action : NULL;
}

int sh_trap_pending(const struct shell *sh) {
	for (int sig = 1; sh_signal_any && sig < SH_SIGNALS; sig++) {
		const char *action = sh_signal_got[sig] ? sh_trap_effective(sh, sig) : NULL;
		if (action != NULL && action[0] != '\0') {
			return sig;
		}
	}
	return 0;
}

/* A new process: what was caught is default again; `trap` still shows it until one is set. */
void sh_trap_child(struct shell *sh) {
	struct sh_traps *traps = sh->traps;
	bool changed = sh->has_handlers || sh->control_signals;
	/* In a command substitution the stop signals of the terminal stay ignored: nobody could
	 * continue what they stop, since the shell itself waits for its output. */
	bool stops = !sh->control_signals || sh->sinks == NULL;
	sh->interactive_signals = sh->control_signals = sh->chld_caught = sh->window_caught = false;
	for (int sig = 1; sig < SH_SIGNALS; sig++) {
		const char *action = traps->action[sig];
		sh_signal_got[sig] = 0;
		if (action != NULL && action[0] != '\0') {
			set_disposition(sig, SIG_DFL);
		}
	}
	static const int own[] = { SIGHUP, SIGINT, SIGTERM, SIGQUIT, SIGCHLD, SIGWINCH, SIGTSTP,
		SIGTTIN, SIGTTOU };
	size_t count = sizeof(own) / sizeof(own[0]) - (stops ? 0 : 3);
	for (size_t i = 0; i < count && changed; i++) {
		bool is_ignored = ignored_at_start(sh, own[i]) && own[i] != SIGCHLD;
		if (traps->action[own[i]] == NULL) {
			set_disposition(own[i], is_ignored ? SIG_IGN : SIG_DFL);
		}
	}
	sh_signal_any = 0;
	sh->has_handlers = false;
	sh->traps_foreign = true;
	sh->exiting = sh->in_trap = false;
}

/* execve() makes what is caught default; what only the shell handles is for us to undo. */
void sh_trap_before_exec(const struct shell *sh, bool async) {
	static const int own[] = { SIGINT, SIGTERM, SIGQUIT, SIGTSTP, SIGTTIN, SIGTTOU };
	for (size_t i = 0; i < sizeof(own) / sizeof(own[0]); i++) {
		bool by_shell = i < 3 ? sh->interactive_signals : sh->control_signals && sh->sinks == NULL;
		if (by_shell && sh->traps->action[own[i]] == NULL) {
			bool ignored = (sh->signals_ignored & bit(own[i])) != 0;
			set_disposition(own[i], ignored ? SIG_IGN : SIG_DFL);
		}
	}
	const char *child = sh->traps->action[SIGCHLD];
	if ((child != NULL && child[0] == '\0') || (sh->signals_ignored & bit(SIGCHLD)) != 0) {
		set_disposition(SIGCHLD, SIG_IGN);
	}
	if (async) {
		set_disposition(SIGINT, SIG_IGN);
		set_disposition(SIGQUIT, SIG_IGN);
	}
}

/* ---- running ---- */

int sh_signal_pending_trap(const struct shell *sh, int but) {
	if (!sh_signal_any) {
		return 0;
	}
	for (int sig = 1; sig < SH_SIGNALS; sig++) {
		if (sh_signal_got[sig] && sig != but && (sh->traps->action[sig] != NULL || sig == SIGINT)) {
			return sig;
		}
	}
	return 0;
}

static void run_action(struct shell *sh, int sig) {
	int status = sh->status;
	bool in_trap = sh->in_trap;
	int trap_status = sh->trap_status;
	uint32_t unwind = sh->unwind;
	int trap_dots = sh->trap_dots;
	sh->in_trap = true;
	sh->trap_status = status;
	sh->trap_dots = sh->dots;
	/* The action may replace itself while it runs. */
	char *action = sh_xstrdup(sh->traps->action[sig]);
	const char *running = sh->running;
	const struct sh_builtin *builtin = sh->running_builtin;
	int line = sh->line;
	sh->running = NULL;
	sh->running_builtin = NULL;
	sh_eval(sh, action);
	if (sh->syntax_error) {
		sh->syntax_error = false;
		sh_fail(sh, 2);
	}
	sh->running = running;
	sh->running_builtin = builtin;
	sh->line = line;
	free(action);
	sh->in_trap = in_trap;
	sh->trap_status = trap_status;
	sh->trap_dots = trap_dots;
	if (sh->unwind == SH_UNWIND_NONE) {
		sh->status = status;
		sh->unwind = unwind;
	}
}

/* SIGINT without a trap: only an interactive shell catches it, and goes back to its prompt. */
static void interrupt(struct shell *sh) {
	if (sh->subshell == NULL && sh->jobs->terminal >= 0) {
		sh_fd_write(sh, 2, "\n", 1); // behind the ^C
	}
	sh->status = 128 + SIGINT;
	sh->unwind = SH_UNWIND_ERROR;
	sh->interrupted = sh->subshell != NULL;
}

static bool has_hangup(const struct shell *sh) {
	return sh->interactive_signals && sh_signal_got[SIGHUP] && sh->traps->action[SIGHUP] == NULL;
}

void sh_signal_child_died(struct shell *sh, int status) {
	if (sh->interactive_signals && WIFSIGNALED(status) && WTERMSIG(status) == SIGINT &&
			sh->traps->action[SIGINT] == NULL) {
		sh_signal_any = sh_signal_got[SIGINT] = 1;
	}
}

void sh_signal_pass_on(struct shell *sh, pid_t pid) {
	if (sh->interactive_signals && sh_signal_got[SIGINT] && sh->traps->action[SIGINT] == NULL) {
		kill(pid, SIGINT);
		kill(pid, SIGCONT);
	}
	sh_hangup_pending(sh);
}

void sh_hangup_pending(struct shell *sh) {
	if (has_hangup(sh)) {
		sh_jobs_hangup(sh);
	}
}

/* Plugins have their turn. In a forkless subshell it is the outer environment's: later. */
static void reach_safe_point(struct shell *sh) {
	sh_safe_point_due = 0;
	if (sh->safe_points.len > 0 && sh->subshell != NULL && !sh->subshell->process) {
		sh->traps_deferred = true;
	} else if (sh->safe_points.len > 0) {
		sh_loader_safe_point(sh);
	}
}

void sh_trap_run_plugins(struct shell *sh) {
	reach_safe_point(sh);
}

/* What the terminal sends ends a forkless subshell whose outer environment has a trap for it. */
static bool ends_subshell(const struct shell *sh, int sig) {
	return !is_own(sh) && sh->traps->action[sig] != NULL && sh->subshell != NULL &&
			!sh->traps_foreign && got_from_kernel[sig] && (sig == SIGINT || sig == SIGQUIT);
}

bool sh_signal_ends(const struct shell *sh) {
	return sh_signal_any &&
			((sh_signal_got[SIGINT] && sh->traps->action[SIGINT] == NULL) || has_hangup(sh) ||
					(sh_signal_got[SIGINT] && ends_subshell(sh, SIGINT)) ||
					(sh_signal_got[SIGQUIT] && ends_subshell(sh, SIGQUIT)));
}

void sh_trap_run(struct shell *sh) {
	sh_hangup_pending(sh);
	sh_signal_any = 0;
	reach_safe_point(sh);
	if (sh->unwind != SH_UNWIND_NONE) {
		sh_signal_any = 1;
		return;
	}
	bool own = is_own(sh);
	for (int sig = 1; sig < SH_SIGNALS; sig++) {
		if (!sh_signal_got[sig]) {
			continue;
		}
		const char *action = sh->traps->action[sig];
		if (!own && action != NULL && sh->subshell != NULL && !sh->traps_foreign) {
			/* The outer environment's: later, but what the terminal sends ends us first. */
			if (ends_subshell(sh, sig)) {
				sh->status = 128 + sig;
				sh->unwind = SH_UNWIND_EXIT;
				sh->interrupted = true;
				sh_signal_any = 1;
				return;
			}
			sh->traps_deferred = true;
			continue;
		}
		sh_signal_got[sig] = 0;
		if (action != NULL && action[0] != '\0' && own) {
			run_action(sh, sig);
			if (sh->unwind != SH_UNWIND_NONE) {
				sh_signal_any = 1;
				return;
			}
		} else if (sig == SIGINT && action == NULL) {
			interrupt(sh);
			return;
		}
	}
}

bool sh_trap_has_exit(const struct shell *sh) {
	return is_own(sh) && sh->traps->action[0] != NULL && sh->traps->action[0][0] != '\0';
}

bool sh_trap_has_any(const struct shell *sh) {
	for (int sig = 0; sig < SH_SIGNALS && is_own(sh); sig++) {
		if (sh->traps->action[sig] != NULL && sh->traps->action[sig][0] != '\0') {
			return true;
		}
	}
	return false;
}

void sh_trap_which(const struct shell *sh, bool set[SH_SIGNALS]) {
	for (int sig = 0; sig < SH_SIGNALS; sig++) {
		set[sig] = is_own(sh) && sh->traps->action[sig] != NULL;
	}
}

void sh_trap_clear(struct shell *sh, const bool keep[SH_SIGNALS]) {
	for (int sig = 1; sig < SH_SIGNALS && is_own(sh); sig++) {
		if (sh->traps->action[sig] != NULL && !keep[sig]) {
			sh_trap_change(sh, sig, NULL);
		}
	}
}

void sh_trap_run_exit(struct shell *sh) {
	if (!sh_trap_has_exit(sh)) {
		return;
	}
	struct sh_traps *traps = traps_own(sh);
	char *action = traps->action[0];
	traps->action[0] = NULL;
	int status = sh->status;
	sh->exiting = true;
	sh->trap_status = status;
	sh->trap_dots = sh->dots;
	sh->in_trap = true;
	sh->unwind = SH_UNWIND_NONE;
	sh->loops = 0;
	sh->errexit_off = 0;
	sh_eval(sh, action);
	if (sh->unwind != SH_UNWIND_EXIT && sh->unwind != SH_UNWIND_ERROR) {
		sh->status = status;
	}
	sh->in_trap = false;
	free(action);
}

/* ---- names ---- */

static const char *const signal_names[] = {
	[0] = "EXIT",
	[SIGHUP] = "HUP",
	[SIGINT] = "INT",
	[SIGQUIT] = "QUIT",
	[SIGILL] = "ILL",
	[SIGTRAP] = "TRAP",
	[SIGABRT] = "ABRT",
	[SIGBUS] = "BUS",
	[SIGFPE] = "FPE",
	[SIGKILL] = "KILL",
	[SIGUSR1] = "USR1",
	[SIGSEGV] = "SEGV",
	[SIGUSR2] = "USR2",
	[SIGPIPE] = "PIPE",
	[SIGALRM] = "ALRM",
	[SIGTERM] = "TERM",
	[SIGSTKFLT] = "STKFLT",
	[SIGCHLD] = "CHLD",
	[SIGCONT] = "CONT",
	[SIGSTOP] = "STOP",
	[SIGTSTP] = "TSTP",
	[SIGTTIN] = "TTIN",
	[SIGTTOU] = "TTOU",
	[SIGURG] = "URG",
	[SIGXCPU] = "XCPU",
	[SIGXFSZ] = "XFSZ",
	[SIGVTALRM] = "VTALRM",
	[SIGPROF] = "PROF",
	[SIGWINCH] = "WINCH",
	[SIGIO] = "IO",
	[SIGPWR] = "PWR",
	[SIGSYS] = "SYS",
};

enum { NAMED = sizeof(signal_names) / sizeof(signal_names[0]) };

static int realtime_number(const char *text) {
	int base;
	if (strncasecmp(text, "RTMIN", 5) == 0) {
		base = SIGRTMIN;
	} else if (strncasecmp(text, "RTMAX", 5) == 0) {
		base = SIGRTMAX;
	} else {
		return -1;
	}
	text += 5;
	char *end = NULL;
	long offset = *text == '+' || *text == '-' ? strtol(text, &end, 10) : 0;
	if (end == NULL ? *text != '\0' : *end != '\0') {
		return -1;
	}
	long sig = base + offset;
	return sig >= SIGRTMIN && sig <= SIGRTMAX ? (int)sig : -1;
}

int sh_signal_number(const char *text) {
	if (text[0] >= '0' && text[0] <= '9') {
		char *end;
		long sig = strtol(text, &end, 10);
		return *end == '\0' && sig < SH_SIGNALS ? (int)sig : -1;
	}
	if (strncasecmp(text, "SIG", 3) == 0) {
		text += 3;
	}
	for (int i = 0; i < NAMED; i++) {
		if (signal_names[i] != NULL && strcasecmp(signal_names[i], text) == 0) {
			return i;
		}
	}
	if (strcasecmp(text, "CLD") == 0) {
		return SIGCHLD;
	}
	if (strcasecmp(text, "POLL") == 0) {
		return SIGPOLL;
	}
	if (strcasecmp(text, "IOT") == 0) {
		return SIGABRT;
	}
	return realtime_number(text);
}

const char *sh_signal_name(int sig) {
	static const char *const realtime[] = { "RTMIN", "RTMIN+1", "RTMIN+2", "RTMIN+3", "RTMIN+4",
		"RTMIN+5", "RTMIN+6", "RTMIN+7", "RTMIN+8", "RTMIN+9", "RTMIN+10", "RTMIN+11", "RTMIN+12",
		"RTMIN+13", "RTMIN+14", "RTMIN+15", "RTMAX-14", "RTMAX-13", "RTMAX-12", "RTMAX-11",
		"RTMAX-10", "RTMAX-9", "RTMAX-8", "RTMAX-7", "RTMAX-6", "RTMAX-5", "RTMAX-4", "RTMAX-3",
		"RTMAX-2", "RTMAX-1", "RTMAX" };
	if (sig >= 0 && sig < NAMED) {
		return signal_names[sig];
	}
	int index = sig - SIGRTMIN;
	int count = (int)(sizeof(realtime) / sizeof(realtime[0]));
	return index >= 0 && index < count ? realtime[index] : NULL;
}
