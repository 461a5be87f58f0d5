/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/proc/signals.h"
#include "lib/base/clock.h"
#include "tests/unit/tap.h"

static volatile sig_atomic_t notices;

static void notice(int sig) {
	notices++;
}

static void send(int sig, int count) {
	for (int i = 0; i < count; i++) {
		sigqueue(getpid(), sig, (union sigval){ .sival_int = i });
	}
}

static void test_notes(void) {
	struct cn_caught caught;
	ok(!cn_signal_is_caught(SIGUSR1), "not caught before");
	is_int(cn_signal_catch(SIGUSR1), 0, "caught from now on");
	ok(cn_signal_is_caught(SIGUSR1), "and it says so");
	ok(!cn_signal_next(&caught) && !cn_signals_waiting(), "nothing has come");
	kill(getpid(), SIGUSR1);
	ok(cn_signals_waiting(), "one has come");
	ok(cn_signal_next(&caught) && caught.sig == SIGUSR1, "that one");
	is_int(caught.sender, getpid(), "its sender is known");
	is_int(notices, 1, "the notice was called");
	ok(!cn_signal_next(&caught), "once");
	is_int(cn_signal_catch(SIGKILL), -EINVAL, "not every signal can be caught");
}

static void test_order(void) {
	struct cn_caught caught;
	sigset_t set;
	bool held = true;
	sigemptyset(&set);
	sigaddset(&set, SIGRTMIN);
	sigaddset(&set, SIGRTMIN + 1);
	cn_signal_catch(SIGRTMIN);
	cn_signal_catch(SIGRTMIN + 1);
	cn_signals_block(&set, true);
	send(SIGRTMIN + 1, 100);
	send(SIGRTMIN, 100);
	ok(!cn_signals_waiting(), "blocked ones wait");
	cn_signals_block(&set, false);
	for (int i = 0; i < 200; i++) {
		held = held && cn_signal_next(&caught) && caught.sig == SIGRTMIN + (i >= 100);
	}
	ok(held && !cn_signal_next(&caught), "each comes, in the order of the system");
}

// More than there is room for: the rest waits in the kernel.
static void test_flood(void) {
	enum { FLOOD = 10000 };
	struct cn_caught caught;
	int count = 0;
	int users = 0;
	send(SIGRTMIN, FLOOD);
	kill(getpid(), SIGUSR1);
	while (cn_signal_next(&caught)) {
		count += caught.sig == SIGRTMIN;
		users += caught.sig == SIGUSR1;
	}
	is_int(count, FLOOD, "none of a flood is lost");
	is_int(users, 1, "nor is another one behind it");
	send(SIGRTMIN, 3);
	for (count = 0; cn_signal_next(&caught); count++) {
	}
	is_int(count, 3, "and it goes on as before");
}

static void test_blocked_flood(void) {
	enum { FLOOD = 5000 };
	struct cn_caught caught;
	sigset_t set;
	sigemptyset(&set);
	sigaddset(&set, SIGRTMIN);
	int count = 0;
	send(SIGRTMIN, FLOOD); // some are held now
	cn_signals_block(&set, true);
	while (cn_signal_next(&caught)) {
		count++;
	}
	ok(count < FLOOD, "what is blocked meanwhile does not come for room alone");
	cn_signals_block(&set, false);
	while (cn_signal_next(&caught)) {
		count++;
	}
	is_int(count, FLOOD, "but then");
}

// As bash does with SIGINT: it keeps the address and forgets the flags.
static void test_plain(void) {
	struct cn_caught caught;
	struct sigaction action = { .sa_sigaction = cn_signal_handler };
	sigaction(SIGUSR2, &action, NULL);
	kill(getpid(), SIGUSR2);
	ok(cn_signal_next(&caught) && caught.sig == SIGUSR2, "without siginfo it is noted");
	is_int(caught.sender, 0, "and its sender is not known");
	cn_signal_handler(SIGUSR2, NULL, NULL);
	ok(cn_signal_next(&caught) && caught.sig == SIGUSR2, "called as a function, too");
}

static void test_copy(void) {
	pid_t pid = fork();
	if (pid == 0) {
		kill(getpid(), SIGUSR1);
		_exit(1);
	}
	int status;
	waitpid(pid, &status, 0);
	ok(WIFSIGNALED(status) && WTERMSIG(status) == SIGUSR1,
			"a copy without handlers of its own has the default action");
}

static void test_take(void) {
	siginfo_t info;
	siginfo_t again;
	sigset_t set;
	sigemptyset(&set);
	sigaddset(&set, SIGRTMIN);
	cn_signals_block(&set, true);
	is_int(cn_signal_take(&set, &info), 0, "nothing is pending");
	sigqueue(getpid(), SIGRTMIN, (union sigval){ .sival_int = 42 });
	is_int(cn_signal_take(&set, &info), SIGRTMIN, "one is taken");
	is_int(cn_signal_give_back(&info), 0, "and given back");
	is_int(cn_signal_take(&set, &again), SIGRTMIN, "it is pending again");
	is_int(again.si_value.sival_int, 42, "with its value");
	cn_signals_block(&set, false);
}

int main(void) {
	tap_watchdog(60);
	cn_signals_on_catch(notice);
	test_notes();
	test_order();
	test_flood();
	test_blocked_flood();
	test_plain();
	test_copy();
	test_take();
	return done_testing();
}
