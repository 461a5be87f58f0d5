/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/shm/alloc.h"
#include "lib/shm/owner.h"
#include "tests/unit/tap.h"

struct shared {
	_Atomic cn_owner child;
	_Atomic int stage;
};

static struct cn_arena *arena;
static struct shared *shared;

static void wait_stage(int stage) {
	while (atomic_load(&shared->stage) < stage) {
		cn_owner self;
		cn_owner_self(arena, &self);
		cn_park(arena, cn_after(CN_MILLISECOND), NULL, 0);
	}
}

static void take_part(void) {
	cn_owner self = 0;
	cn_owner_self(arena, &self);
	atomic_store(&shared->child, self);
	atomic_store(&shared->stage, 1);
}

static pid_t child_start(void (*body)(cn_owner parent)) {
	cn_owner parent;
	cn_owner_self(arena, &parent);
	atomic_store(&shared->stage, 0);
	pid_t pid = fork();
	if (pid == 0) {
		take_part();
		body(parent);
		_exit(0);
	}
	wait_stage(1);
	return pid;
}

static void body_sleep(cn_owner parent) {
	for (;;) {
		pause();
	}
}

static void body_ring(cn_owner parent) {
	cn_park(arena, cn_after(30 * CN_MILLISECOND), NULL, 0); // let it go to sleep
	cn_owner_ring(arena, parent);
}

static void body_watch(cn_owner parent) {
	// Sleeps until the parent's other child dies.
	cn_owner other = 0;
	while (atomic_load(&shared->stage) < 2) {
		cn_park(arena, cn_after(CN_MILLISECOND), NULL, 0);
	}
	other = atomic_load(&shared->child);
	cn_time from = cn_now();
	while (cn_owner_is_alive(arena, other)) {
		cn_park(arena, CN_NEVER, &other, 1);
	}
	_exit(cn_now() - from < 900 * CN_MILLISECOND ? 0 : 1);
}

static void test_life(void) {
	cn_owner self = 0;
	is_int(cn_owner_self(arena, &self), 0, "a process gets a record");
	ok(cn_owner_is_alive(arena, self), "and is alive");
	ok(cn_owner_mine(arena) == self, "the same every time");
	is_int(cn_owner_pid(arena, self), getpid(), "which knows its pid");
	ok(!cn_owner_is_alive(arena, 0), "nobody is not alive");
	ok(!cn_owner_is_alive(arena, 12345), "nor is a process that never was");
	pid_t pid = child_start(body_sleep);
	cn_owner child = atomic_load(&shared->child);
	ok(child != self && cn_owner_is_alive(arena, child), "a child has a record of its own");
	is_int(cn_owner_pid(arena, child), pid, "with its pid");
	ok(cn_owner_find(arena, pid) == child, "by which it is found");
	kill(pid, SIGKILL);
	cn_time until = cn_after(5 * CN_SECOND);
	while (cn_owner_is_alive(arena, child) && cn_now() < until) {
		cn_park(arena, until, &child, 1);
	}
	ok(!cn_owner_is_alive(arena, child), "killed, it is dead while it is still a zombie");
	is_int(cn_owner_pid(arena, child), pid, "and still known by its pid");
	waitpid(pid, NULL, 0);
	cn_alloc_sweep(arena);
	ok(!cn_owner_is_alive(arena, child), "it stays dead when its record was swept");
	is_int(cn_owner_pid(arena, child), 0, "and forgotten");
}

static void drain(void) {
	while (cn_park(arena, CN_NOW, NULL, 0) != -ETIMEDOUT) {
	}
}

static void test_park(void) {
	cn_owner self;
	cn_owner_self(arena, &self);
	drain();
	cn_time until = cn_after(20 * CN_MILLISECOND);
	is_int(cn_park(arena, until, NULL, 0), -ETIMEDOUT, "a park times out");
	ok(cn_now() >= until, "not before its deadline");
	cn_owner_ring(arena, self);
	is_int(cn_park(arena, CN_NEVER, NULL, 0), 0, "a ring before the park is not lost");
	is_int(cn_park(arena, CN_NOW, NULL, 0), -ETIMEDOUT, "and taken once");
	pid_t pid = child_start(body_ring);
	cn_time from = cn_now();
	is_int(cn_park(arena, CN_NEVER, NULL, 0), 0, "another process rings");
	ok(cn_now() - from < 900 * CN_MILLISECOND, "at once");
	waitpid(pid, NULL, 0);
	cn_self_ring();
	is_int(cn_park(arena, CN_NEVER, NULL, 0), -EINTR, "a signal handler interrupts the next park");
}

static void on_alarm(int sig) {
	cn_self_ring();
}

static void test_signal(void) {
	struct sigaction action = { .sa_handler = on_alarm, .sa_flags = SA_RESTART };
	sigaction(SIGALRM, &action, NULL);
	drain();
	struct itimerval timer = { .it_value.tv_usec = 20000 };
	setitimer(ITIMER_REAL, &timer, NULL);
	cn_time from = cn_now();
	is_int(cn_park(arena, CN_NEVER, NULL, 0), -EINTR, "a signal interrupts the park it comes in");
	ok(cn_now() - from < 900 * CN_MILLISECOND, "at once, with SA_RESTART as well");
}

static void test_watchers(void) {
	enum { WATCHERS = 5 };
	pid_t pids[WATCHERS];
	for (int i = 0; i < WATCHERS; i++) {
		pids[i] = child_start(body_watch);
	}
	pid_t pid = child_start(body_sleep);
	atomic_store(&shared->stage, 2);
	cn_park(arena, cn_after(100 * CN_MILLISECOND), NULL, 0);
	kill(pid, SIGKILL);
	int late = 0;
	for (int i = 0; i < WATCHERS; i++) {
		int status;
		waitpid(pids[i], &status, 0);
		late += status != 0;
	}
	is_int(late, 0, "all who watch a process wake when it dies");
	waitpid(pid, NULL, 0);
}

static void test_many(void) {
	struct rlimit limit;
	getrlimit(RLIMIT_NPROC, &limit);
	enum { MANY = 2000 };
	static pid_t pids[MANY];
	int started = 0;
	int pipes[2];
	if (pipe(pipes) < 0) {
		return;
	}
	for (; started < MANY; started++) {
		pids[started] = fork();
		if (pids[started] < 0) {
			break;
		}
		if (pids[started] == 0) {
			cn_owner self;
			char c = cn_owner_self(arena, &self) == 0 ? '.' : '!';
			_exit(write(pipes[1], &c, 1) == 1 ? (pause(), 0) : 1);
		}
	}
	int good = 0;
	for (int i = 0; i < started; i++) {
		char c;
		good += read(pipes[0], &c, 1) == 1 && c == '.';
	}
	is_int(good, started, "two thousand processes take part at a time");
	uint32_t alive;
	uint32_t dead;
	cn_owner_count(arena, &alive, &dead);
	is_int(alive, started + 1, "and are counted");
	for (int i = 0; i < started; i++) {
		kill(pids[i], SIGKILL);
		waitpid(pids[i], NULL, 0);
	}
	cn_alloc_sweep(arena);
	cn_owner_count(arena, &alive, &dead);
	is_int(alive, 1, "and gone when they are dead");
	is_int(dead, 0, "swept");
}

int main(void) {
	tap_watchdog(60);
	if (cn_arena_create(CN_ARENA_DEFAULT, &arena) < 0) {
		return 1;
	}
	cn_off off;
	cn_alloc_zero(arena, sizeof(*shared), &off);
	shared = CN_AT(arena, off, struct shared);
	test_life();
	test_park();
	test_signal();
	test_watchers();
	test_many();
	cn_arena_close(arena);
	return done_testing();
}
