/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "plugin/signals.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/signame.h"
#include "lib/proc/process.h"
#include "lib/proc/signals.h"
#include "lib/sync/self.h"
#include "plugin/host.h"
#include "plugin/report.h"

// So many may wait here for their turn before the rest is left to the ring, and to the kernel.
enum { QUEUE_MAX = 4096 };

struct handler {
	struct callback *callback; // NULL: none
	struct callback *running; // what runs now; NULL: none does
	bool shared; // HOST_TRAP_SHARED
};

static struct {
	uint32_t tid; // of the process all this belongs to; 0: none yet
	struct handler handlers[CN_SIGNALS];
	struct cn_caught queue[QUEUE_MAX]; // [first, last): taken from the ring and not run
	size_t first;
	size_t last;
} signals;

static void dispatch(void);

static bool is_mine(void) {
	return signals.tid != 0 && cn_self()->tid == signals.tid;
}

// In the handler.
static void notice(int sig) {
	host->caught(sig);
}

// The first time in this process. What its parent has set is the parent's.
static void enter(void) {
	if (is_mine()) {
		return;
	}
	for (int sig = 1; sig < CN_SIGNALS; sig++) {
		callback_unref(signals.handlers[sig].callback);
	}
	memset(signals.handlers, 0, sizeof(signals.handlers));
	signals.first = signals.last = 0;
	signals.tid = cn_self()->tid;
	cn_signals_forget();
	cn_signals_on_catch(notice);
	host->on_dispatch(dispatch);
}

// ---- setting ----

// What stands in the trap table: it does the same when it is read back with `eval "$(trap -p)"`.
static void action_text(struct cn_buf *out, int sig, const struct callback *callback) {
	char name[CN_SIGNAME_MAX];
	struct host_command found;
	host->find("signal", &found);
	free(found.path);
	cn_signal_name(sig, name);
	cn_buf_printf(out, "%ssignal run %s ", found.kind == HOST_BUILTIN ? "" : "conch ", name);
	callback_quote(out, callback);
}

static int explain(const struct cmd *cmd, int sig, int err) {
	char name[CN_SIGNAME_MAX];
	cn_signal_name(sig, name);
	if (err == -EPERM) {
		return cmd_fail(cmd, STATUS_NO, "%s: was ignored when the shell began, and stays so", name);
	}
	if (err == -EINVAL) {
		return cmd_fail(cmd, STATUS_USAGE, "%s: cannot be caught or ignored", name);
	}
	return cmd_fail(cmd, STATUS_FAILED, "%s: %s", name, cn_strerror(err));
}

static bool is_reserved(int sig) {
	return sig == CN_PROCESS_SIGNAL || sig == CN_PROCESS_TIE || sig == CN_PROCESS_TURN;
}

static int check(const struct cmd *cmd, int sig) {
	char name[CN_SIGNAME_MAX];
	cn_signal_name(sig, name);
	return is_reserved(sig) ? cmd_fail(cmd, STATUS_USAGE, "%s: is conch's own", name) : STATUS_OK;
}

static void replace(int sig, struct callback *callback) {
	callback_unref(signals.handlers[sig].callback);
	signals.handlers[sig].callback = callback;
}

int signals_set(const struct cmd *cmd, int sig, char *const words[], size_t count) {
	int status = check(cmd, sig);
	if (status != STATUS_OK) {
		return status;
	}
	enter();
	struct callback *callback = callback_create(words, count);
	struct cn_buf text = CN_BUF_INIT;
	if (callback == NULL) {
		return cmd_result(cmd, NULL, -ENOMEM, NULL);
	}
	action_text(&text, sig, callback);
	int err = text.failed ? -ENOMEM : host->trap_set(sig, text.data, cn_signal_handler);
	cn_buf_finish(&text);
	if (err < 0) {
		callback_unref(callback);
		return explain(cmd, sig, err);
	}
	replace(sig, callback);
	signals.handlers[sig].shared = err == HOST_TRAP_SHARED;
	return STATUS_OK;
}

int signals_reset(const struct cmd *cmd, int sig, const char *action) {
	int status = check(cmd, sig);
	if (status != STATUS_OK) {
		return status;
	}
	enter();
	int err = host->trap_set(sig, action, NULL);
	if (err < 0) {
		return explain(cmd, sig, err);
	}
	replace(sig, NULL);
	return STATUS_OK;
}

const struct callback *signals_get(int sig) {
	const struct handler *handler = &signals.handlers[sig];
	const char *action = host->trap_get(sig);
	bool set = is_mine() && action != NULL && action[0] != '\0' && handler->callback != NULL &&
			(handler->shared || cn_signal_is_caught(sig));
	return set ? handler->callback : NULL;
}

// ---- running ----

// Also on the way of a longjmp out of it. By number, for the stack may be gone then.
static void end_run(void *sig) {
	struct handler *handler = &signals.handlers[(intptr_t)sig];
	callback_unref(handler->running);
	handler->running = NULL;
}

static void drop(void *callback) {
	callback_unref(callback);
}

static void run(int sig, struct callback *callback, pid_t sender) {
	struct handler *handler = &signals.handlers[sig];
	char name[CN_SIGNAME_MAX];
	char pid[16];
	cn_signal_name(sig, name);
	snprintf(pid, sizeof(pid), "%d", (int)sender);
	char *more[] = { name, pid };
	handler->running = callback_ref(callback);
	host->protect(end_run, (void *)(intptr_t)sig);
	callback_run(callback, more, 2);
	host->unprotect();
	end_run((void *)(intptr_t)sig);
	watcher_note(name);
}

/*
 * Caught when we had a handler, which is no more: a trap has taken its place, or the default
 * action, which the signal would have had if it had come a moment later.
 */
static void pass_on(int sig) {
	const char *action = host->trap_get(sig);
	if (action == NULL) {
		kill(getpid(), sig);
	} else if (action[0] != '\0') {
		host->caught(sig);
	}
}

// Take what has come out of the ring, as far as there is room.
static void fill_queue(void) {
	if (signals.first > 0 && signals.last == QUEUE_MAX) {
		signals.last -= signals.first;
		memmove(signals.queue, signals.queue + signals.first,
				signals.last * sizeof(signals.queue[0]));
		signals.first = 0;
	}
	while (signals.last < QUEUE_MAX && cn_signal_next(&signals.queue[signals.last])) {
		signals.last++;
	}
}

// The first whose command does not run already.
static bool next(struct cn_caught *out) {
	fill_queue();
	for (size_t i = signals.first; i < signals.last; i++) {
		if (signals.handlers[signals.queue[i].sig].running != NULL) {
			continue;
		}
		*out = signals.queue[i];
		// Those before it, which must wait, move up behind it.
		memmove(signals.queue + signals.first + 1, signals.queue + signals.first,
				(i - signals.first) * sizeof(signals.queue[0]));
		signals.first++;
		return true;
	}
	return false;
}

static void dispatch(void) {
	struct cn_caught caught;
	while (is_mine() && next(&caught)) {
		struct callback *callback = signals.handlers[caught.sig].callback;
		if (callback != NULL) {
			run(caught.sig, callback, caught.sender);
		} else {
			pass_on(caught.sig);
		}
	}
}

static void run_plainly(int sig, char *const words[], size_t count) {
	struct callback *callback = callback_create(words, count);
	char name[CN_SIGNAME_MAX];
	char *more[] = { name, (char *)(uintptr_t) "0" };
	if (callback == NULL) {
		return;
	}
	cn_signal_name(sig, name);
	host->protect(drop, callback);
	callback_run(callback, more, 2);
	host->unprotect();
	callback_unref(callback);
	watcher_note(name);
}

void signals_run(int sig, char *const words[], size_t count) {
	if (signals_get(sig) == NULL) {
		run_plainly(sig, words, count); // a trap that was read back
		return;
	}
	fill_queue();
	if (signals.handlers[sig].shared && signals.last < QUEUE_MAX) {
		signals.queue[signals.last++] = (struct cn_caught){ .sig = sig };
	}
	dispatch();
}
