/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/shm/alloc.h"
#include "lib/sync/lock.h"
#include "tests/unit/tap.h"

static struct cn_arena *arena;

static struct cn_lock open_lock(const char *name, unsigned flags) {
	struct cn_lock lock = { { 0 } };
	if (cn_lock_open(arena, name, flags | CN_LOCK_CREATE, &lock) < 0) {
		abort();
	}
	return lock;
}

static int acquire(struct cn_lock *lock, unsigned flags, cn_time deadline) {
	return cn_lock_acquire(lock, flags, deadline, NULL, NULL);
}

static struct cn_lock_info query(struct cn_lock *lock) {
	struct cn_lock_info info = { 0 };
	cn_lock_query(lock, &info);
	return info;
}

static int wait_status(pid_t pid) {
	int status = -1;
	waitpid(pid, &status, 0);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

static void wait_waiters(struct cn_lock *lock, uint32_t count) {
	cn_time until = cn_after(10 * CN_SECOND);
	while (query(lock).waiters != count && cn_now() < until) {
		usleep(500);
	}
}

static void wait_owner(struct cn_lock *lock, pid_t pid) {
	cn_time until = cn_after(10 * CN_SECOND);
	while (query(lock).owner != pid && cn_now() < until) {
		usleep(500);
	}
}

// A child that takes the lock and keeps it until it is killed.
static pid_t holder_start(struct cn_lock *lock, unsigned flags) {
	pid_t pid = fork();
	if (pid == 0) {
		acquire(lock, flags, CN_NEVER);
		for (;;) {
			pause();
		}
	}
	return pid;
}

static void test_alone(void) {
	struct cn_lock lock;
	is_int(cn_lock_open(arena, "a", 0, &lock), -ENOENT, "no lock before it is made");
	lock = open_lock("a", 0);
	is_int(cn_lock_open(arena, "a", CN_LOCK_CREATE | CN_LOCK_RECURSIVE, &lock), -EEXIST,
			"made with another shape it is refused");
	is_int(cn_lock_release(&lock), -EPERM, "who does not hold it cannot release it");
	is_int(acquire(&lock, 0, CN_NOW), 0, "it is taken");
	is_int(query(&lock).owner, getpid(), "by this process");
	struct cn_err why = { "" };
	is_int(cn_lock_acquire(&lock, 0, CN_NEVER, NULL, &why), -EDEADLK, "not twice");
	ok(strstr(why.text, "already") != NULL, "and it says why");
	is_int(acquire(&lock, CN_LOCK_SHARED, CN_NEVER), -EDEADLK, "not shared either");
	is_int(cn_lock_release(&lock), 0, "released");
	is_int(query(&lock).owner, 0, "nobody has it");
	is_int(acquire(&lock, CN_LOCK_SHARED, CN_NOW), 0, "taken shared");
	is_int(acquire(&lock, 0, CN_NEVER), -EDEADLK, "and not exclusively then");
	is_int(cn_lock_release(&lock), 0, "released");
	lock = open_lock("r", CN_LOCK_RECURSIVE);
	acquire(&lock, 0, CN_NEVER);
	is_int(acquire(&lock, 0, CN_NEVER), 0, "a recursive one is taken twice");
	is_int(query(&lock).depth, 2, "which it counts");
	cn_lock_release(&lock);
	is_int(query(&lock).owner, getpid(), "released once it is still held");
	cn_lock_release(&lock);
	is_int(query(&lock).owner, 0, "twice, it is free");
	is_int(cn_lock_release(&lock), -EPERM, "three times is an error");
}

static void test_fork(void) {
	struct cn_lock lock = open_lock("a", 0);
	acquire(&lock, 0, CN_NOW);
	pid_t pid = fork();
	if (pid == 0) {
		_exit(cn_lock_release(&lock) == -EPERM && acquire(&lock, 0, CN_NOW) == -ETIMEDOUT ? 0 : 1);
	}
	is_int(wait_status(pid), 0, "a child does not hold its parent's lock");
	is_int(query(&lock).owner, getpid(), "and its end does not release it");
	cn_lock_release(&lock);
}

static void test_death(void) {
	struct cn_lock lock = open_lock("a", 0);
	pid_t pid = holder_start(&lock, 0);
	wait_owner(&lock, pid);
	cn_time until = cn_after(20 * CN_MILLISECOND);
	is_int(acquire(&lock, 0, until), -ETIMEDOUT, "a held lock times out");
	ok(cn_now() >= until, "not before its deadline");
	is_int(query(&lock).waiters, 0, "and leaves the line");
	pid_t killer = fork();
	if (killer == 0) {
		wait_waiters(&lock, 1);
		kill(pid, SIGKILL);
		_exit(0);
	}
	struct cn_lock_grant grant;
	cn_time from = cn_now();
	is_int(cn_lock_acquire(&lock, 0, CN_NEVER, &grant, NULL), 0,
			"a killed holder's lock passes on");
	is_int(grant.dead, pid, "and who died is told");
	ok(cn_now() - from < 900 * CN_MILLISECOND, "at once");
	cn_lock_release(&lock);
	cn_lock_acquire(&lock, 0, CN_NEVER, &grant, NULL);
	is_int(grant.dead, 0, "to one only");
	cn_lock_release(&lock);
	wait_status(pid);
	wait_status(killer);
	pid = holder_start(&lock, CN_LOCK_SHARED);
	cn_time limit = cn_after(5 * CN_SECOND);
	while (query(&lock).sharers == 0 && cn_now() < limit) {
		usleep(500);
	}
	is_int(acquire(&lock, CN_LOCK_SHARED, CN_NOW), 0, "two may share");
	cn_lock_release(&lock);
	is_int(acquire(&lock, 0, CN_NOW), -ETIMEDOUT, "but not with one who wants it alone");
	kill(pid, SIGKILL);
	is_int(acquire(&lock, 0, CN_NEVER), 0, "until the sharer is dead");
	cn_lock_release(&lock);
	wait_status(pid);
}

static void test_order(void) {
	enum { WAITERS = 6 };
	struct cn_lock lock = open_lock("a", 0);
	int pipes[2];
	if (pipe(pipes) < 0) {
		return;
	}
	acquire(&lock, 0, CN_NOW);
	pid_t pids[WAITERS];
	for (int i = 0; i < WAITERS; i++) {
		pids[i] = fork();
		if (pids[i] == 0) {
			char c = (char)('0' + i);
			acquire(&lock, 0, CN_NEVER);
			ssize_t n = write(pipes[1], &c, 1);
			cn_lock_release(&lock);
			_exit(n != 1);
		}
		wait_waiters(&lock, (uint32_t)i + 1);
	}
	kill(pids[2], SIGKILL);
	wait_status(pids[2]);
	cn_lock_release(&lock);
	int failed = 0;
	for (int i = 0; i < WAITERS; i++) {
		failed += i == 2 ? 0 : wait_status(pids[i]) != 0;
	}
	is_int(failed, 0, "all who wait get it");
	char got[WAITERS] = "";
	is_int(read(pipes[0], got, sizeof(got)), WAITERS - 1, "the killed one apart");
	got[WAITERS - 1] = '\0';
	is_str(got, "01345", "in the order they came");
}

static void test_circle(void) {
	struct cn_lock a = open_lock("a", 0);
	struct cn_lock b = open_lock("b", 0);
	struct cn_lock c = open_lock("c", 0);
	acquire(&a, 0, CN_NOW);
	pid_t first = fork();
	if (first == 0) {
		acquire(&b, 0, CN_NEVER);
		_exit(acquire(&a, 0, CN_NEVER) == 0 ? 0 : 1);
	}
	wait_waiters(&a, 1);
	pid_t second = fork();
	if (second == 0) {
		acquire(&c, CN_LOCK_SHARED, CN_NEVER);
		_exit(acquire(&b, 0, CN_NEVER) == 0 ? 0 : 1);
	}
	wait_waiters(&b, 1);
	struct cn_err why = { "" };
	is_int(cn_lock_acquire(&c, 0, CN_NEVER, NULL, &why), -EDEADLK, "a circle of three is refused");
	is_str(why.text, "a circle of waits: a, b, c", "and its locks are named");
	is_int(query(&c).waiters, 0, "the one refused is not in the line");
	cn_lock_release(&a);
	is_int(wait_status(first), 0, "and the others go on");
	is_int(wait_status(second), 0, "one after the other");
}

static void test_destroy(void) {
	struct cn_lock lock = open_lock("d", 0);
	acquire(&lock, 0, CN_NOW);
	pid_t pid = fork();
	if (pid == 0) {
		_exit(acquire(&lock, 0, CN_NEVER) == -ENOENT ? 0 : 1);
	}
	wait_waiters(&lock, 1);
	is_int(cn_name_destroy(arena, CN_LOCK, "d"), 0, "a lock with waiters is destroyed");
	is_int(wait_status(pid), 0, "they are told");
	is_int(cn_lock_release(&lock), -ENOENT, "and so is the holder");
}

static void on_signal(int sig) {
	cn_self_ring();
}

static void test_signal(void) {
	struct cn_lock lock = open_lock("a", 0);
	struct sigaction action = { .sa_handler = on_signal, .sa_flags = SA_RESTART };
	sigaction(SIGUSR1, &action, NULL);
	pid_t pid = holder_start(&lock, 0);
	wait_owner(&lock, pid);
	pid_t sender = fork();
	if (sender == 0) {
		wait_waiters(&lock, 1);
		kill(getppid(), SIGUSR1);
		_exit(0);
	}
	is_int(acquire(&lock, 0, CN_NEVER), -EINTR, "a signal interrupts the wait");
	wait_status(sender);
	kill(pid, SIGKILL);
	is_int(acquire(&lock, 0, CN_NEVER), 0, "which can be taken up again");
	cn_lock_release(&lock);
	wait_status(pid);
}

int main(void) {
	tap_watchdog(60);
	if (cn_arena_create(64 * CN_ARENA_MIN, &arena) < 0) {
		return 1;
	}
	test_alone();
	test_fork();
	test_death();
	test_order();
	test_circle();
	test_destroy();
	test_signal();
	cn_name_destroy(arena, CN_LOCK, "a");
	cn_name_destroy(arena, CN_LOCK, "b");
	cn_name_destroy(arena, CN_LOCK, "c");
	cn_name_destroy(arena, CN_LOCK, "r");
	cn_alloc_sweep(arena);
	cn_name_sweep(arena);
	struct cn_alloc_stats stats;
	cn_alloc_stats(arena, &stats);
	is_int((int64_t)stats.blocks, 0, "nothing is left");
	cn_arena_close(arena);
	return done_testing();
}
