/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/shm/alloc.h"
#include "lib/sync/barrier.h"
#include "lib/sync/cond.h"
#include "lib/sync/event.h"
#include "lib/sync/sem.h"
#include "tests/unit/tap.h"

static struct cn_arena *arena;

static int wait_status(pid_t pid) {
	int status = -1;
	waitpid(pid, &status, 0);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

// Poll until get() says `want`, for ten seconds at most.
static void wait_until(uint32_t (*get)(void), uint32_t want) {
	cn_time until = cn_after(10 * CN_SECOND);
	while (get() != want && cn_now() < until) {
		usleep(500);
	}
}

// ---- sem -------------------------------------------------------------------------------------

static struct cn_sem sem;

static struct cn_sem_info sem_info(void) {
	struct cn_sem_info info = { 0 };
	cn_sem_query(&sem, &info);
	return info;
}

static uint32_t sem_waiters(void) {
	return sem_info().waiters;
}

static uint32_t sem_value(void) {
	return (uint32_t)sem_info().value;
}

static void test_sem(void) {
	is_int(cn_sem_open(arena, "s", &sem), -ENOENT, "no semaphore before it is made");
	is_int(cn_sem_create(arena, "s", 3, true, &sem), 0, "a bounded one of three");
	is_int(cn_sem_create(arena, "s", 3, true, &sem), -EEXIST, "the same again is there");
	is_int(cn_sem_create(arena, "s", 4, true, &sem), -EPROTOTYPE, "with another count too");
	is_int(cn_sem_acquire(&sem, 2, CN_NOW), 0, "two units are taken");
	is_int((int64_t)sem_info().value, 1, "one is left");
	is_int(cn_sem_acquire(&sem, 2, CN_NOW), -ETIMEDOUT, "two more are not there");
	is_int(cn_sem_acquire(&sem, 4, CN_NEVER), -ERANGE, "four will never be");
	is_int(cn_sem_release(&sem, 3), -ERANGE, "more than was taken cannot be given back");
	is_int((int64_t)sem_info().value, 1, "and nothing is then");
	pid_t pid = fork();
	if (pid == 0) {
		_exit(cn_sem_acquire(&sem, 3, CN_NEVER) == 0 ? 0 : 1);
	}
	wait_until(sem_waiters, 1);
	is_int(cn_sem_acquire(&sem, 1, CN_NOW), -ETIMEDOUT, "nobody overtakes who waits");
	is_int(cn_sem_release(&sem, 2), 0, "given back");
	is_int(wait_status(pid), 0, "the other gets all three");
	wait_until(sem_value, 3);
	is_int((int64_t)sem_info().value, 3, "and at its end they come back");
	pid = fork();
	if (pid == 0) {
		cn_sem_acquire(&sem, 3, CN_NOW);
		for (;;) {
			pause();
		}
	}
	wait_until(sem_value, 0);
	kill(pid, SIGKILL);
	is_int(cn_sem_acquire(&sem, 1, CN_NEVER), 0, "when it is killed as well");
	wait_status(pid);
	is_int((int64_t)sem_info().mine, 1, "what this process has is counted");
	cn_name_destroy(arena, CN_SEM, "s");
	is_int(cn_sem_release(&sem, 1), -ENOENT, "a destroyed one is gone");
	cn_sem_create(arena, "s", 0, false, &sem);
	is_int(cn_sem_release(&sem, 2), 0, "an unbounded one takes units that nobody had");
	is_int(cn_sem_acquire(&sem, 2, CN_NOW), 0, "and gives them");
	cn_name_destroy(arena, CN_SEM, "s");
}

// ---- event -----------------------------------------------------------------------------------

static struct cn_event event;

static uint32_t event_waiters(void) {
	struct cn_event_info info = { 0 };
	cn_event_query(&event, &info);
	return info.waiters;
}

static void test_event(void) {
	enum { WAITERS = 4 };
	is_int(cn_event_open(arena, "e", false, &event), -ENOENT, "no event before it is made");
	is_int(cn_event_open(arena, "e", true, &event), 0, "it is made");
	is_int(cn_event_wait(&event, CN_NOW), -ETIMEDOUT, "not set");
	pid_t pids[WAITERS];
	for (int i = 0; i < WAITERS; i++) {
		pids[i] = fork();
		if (pids[i] == 0) {
			_exit(cn_event_wait(&event, CN_NEVER) == 0 ? 0 : 1);
		}
	}
	wait_until(event_waiters, WAITERS);
	kill(pids[1], SIGKILL);
	cn_event_set(&event);
	cn_event_clear(&event);
	int failed = 0;
	for (int i = 0; i < WAITERS; i++) {
		failed += wait_status(pids[i]) != 0;
	}
	is_int(failed, 1, "all who wait go on, though it is cleared at once, but the killed one");
	cn_event_set(&event);
	is_int(cn_event_wait(&event, CN_NOW), 0, "a set one does not wait");
	cn_name_destroy(arena, CN_EVENT, "e");
}

// ---- cond ------------------------------------------------------------------------------------

static struct cn_cond cond;
static struct cn_lock lock;

static uint32_t cond_waiters(void) {
	uint32_t waiters = 0;
	cn_cond_query(&cond, &waiters);
	return waiters;
}

static pid_t cond_waiter_start(cn_time deadline, int want) {
	pid_t pid = fork();
	if (pid == 0) {
		struct cn_cond_state state = { 0 };
		cn_lock_acquire(&lock, 0, CN_NEVER, NULL, NULL);
		int err = cn_cond_wait(&cond, &lock, deadline, &state);
		struct cn_lock_info info = { 0 };
		cn_lock_query(&lock, &info);
		_exit(err == want && info.mine && cn_lock_release(&lock) == 0 ? 0 : 1);
	}
	return pid;
}

static void test_cond(void) {
	struct cn_cond_state state = { 0 };
	cn_cond_open(arena, "c", true, &cond);
	cn_lock_open(arena, "l", CN_LOCK_CREATE, &lock);
	is_int(cn_cond_wait(&cond, &lock, CN_NEVER, &state), -EPERM, "waiting needs the lock");
	pid_t pid = cond_waiter_start(cn_after(30 * CN_MILLISECOND), -ETIMEDOUT);
	is_int(wait_status(pid), 0, "who times out has the lock again");
	uint32_t woken = 9;
	is_int(cn_cond_notify(&cond, 1, &woken), 0, "nobody needs to wait");
	is_int(woken, 0, "nobody is woken then");
	pid_t first = cond_waiter_start(CN_NEVER, 0);
	wait_until(cond_waiters, 1);
	pid_t second = cond_waiter_start(CN_NEVER, 0);
	wait_until(cond_waiters, 2);
	is_int(cn_lock_acquire(&lock, 0, CN_NOW, NULL, NULL), 0, "they do not hold the lock meanwhile");
	cn_cond_notify(&cond, 1, &woken);
	is_int(woken, 1, "one is woken");
	cn_lock_release(&lock);
	is_int(wait_status(first), 0, "the one who came first");
	wait_until(cond_waiters, 1);
	cn_cond_notify(&cond, UINT32_MAX, &woken);
	is_int(woken, 1, "then all");
	is_int(wait_status(second), 0, "and they go on");
	first = cond_waiter_start(CN_NEVER, 0);
	wait_until(cond_waiters, 1);
	second = cond_waiter_start(CN_NEVER, 0);
	wait_until(cond_waiters, 2);
	kill(first, SIGSTOP);
	cn_cond_notify(&cond, 1, &woken);
	kill(first, SIGKILL);
	is_int(wait_status(second), 0, "a notification whose receiver dies goes to the next");
	wait_status(first);
	first = cond_waiter_start(CN_NEVER, -ENOENT);
	wait_until(cond_waiters, 1);
	cn_name_destroy(arena, CN_COND, "c");
	is_int(wait_status(first), 0,
			"a destroyed one wakes its waiters, who get the lock and are told");
	cn_name_destroy(arena, CN_LOCK, "l");
}

// ---- barrier ---------------------------------------------------------------------------------

static struct cn_barrier barrier;

static uint32_t barrier_waiting(void) {
	struct cn_barrier_info info = { 0 };
	cn_barrier_query(&barrier, &info);
	return info.waiting;
}

static pid_t party_start(void) {
	pid_t pid = fork();
	if (pid == 0) {
		uint32_t index = 99;
		int err = cn_barrier_wait(&barrier, CN_NEVER, &index);
		_exit(err == 0 ? (int)index : err == -ECANCELED ? 50 : 60);
	}
	return pid;
}

static void test_barrier(void) {
	is_int(cn_barrier_create(arena, "b", 0, &barrier), -ERANGE, "a barrier for nobody is refused");
	is_int(cn_barrier_create(arena, "b", 3, &barrier), 0, "one for three");
	uint32_t index;
	for (int round = 0; round < 2; round++) {
		pid_t first = party_start();
		wait_until(barrier_waiting, 1);
		pid_t second = party_start();
		wait_until(barrier_waiting, 2);
		is_int(cn_barrier_wait(&barrier, CN_NEVER, &index), 0, "the third one goes through");
		is_int(index, 2, "as the last");
		is_int(wait_status(first), 0, "and so does the first");
		is_int(wait_status(second), 1, "and the second");
	}
	is_int(cn_barrier_wait(&barrier, CN_NOW, NULL), -ETIMEDOUT, "one alone times out");
	pid_t first = party_start();
	wait_until(barrier_waiting, 1);
	pid_t second = party_start();
	wait_until(barrier_waiting, 2);
	kill(second, SIGKILL);
	cn_time from = cn_now();
	is_int(wait_status(first), 50, "when one who waits is killed the others are told");
	ok(cn_now() - from < 900 * CN_MILLISECOND, "at once");
	wait_status(second);
	is_int(cn_barrier_wait(&barrier, CN_NEVER, NULL), -ECANCELED, "it is broken then");
	is_int(cn_barrier_reset(&barrier), 0, "until it is reset");
	first = party_start();
	wait_until(barrier_waiting, 1);
	cn_barrier_abort(&barrier);
	is_int(wait_status(first), 50, "an abort tells those who wait");
	cn_name_destroy(arena, CN_BARRIER, "b");
}

int main(void) {
	tap_watchdog(60);
	if (cn_arena_create(64 * CN_ARENA_MIN, &arena) < 0) {
		return 1;
	}
	test_sem();
	test_event();
	test_cond();
	test_barrier();
	cn_alloc_sweep(arena);
	cn_name_sweep(arena);
	struct cn_alloc_stats stats;
	cn_alloc_stats(arena, &stats);
	is_int((int64_t)stats.blocks, 0, "nothing is left");
	cn_arena_close(arena);
	return done_testing();
}
