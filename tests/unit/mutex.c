/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/sync/futex.h"
#include "lib/sync/mutex.h"
#include "tests/unit/tap.h"

struct shared {
	struct cn_mutex mutex;
	struct cn_mutex second;
	_Atomic uint32_t ready;
	int repairs;
	int fail;
	int count;
};

static struct shared *shared;

static int repair(void *data) {
	struct shared *s = data;
	s->repairs++;
	return s->fail;
}

static int lock(void) {
	return cn_mutex_lock(&shared->mutex, repair, shared);
}

static int wait_status(pid_t pid) {
	int status;
	waitpid(pid, &status, 0);
	return status;
}

static void wait_ready(void) {
	while (atomic_load(&shared->ready) == 0) {
		cn_futex_wait(&shared->ready, 0, CN_NEVER);
	}
	atomic_store(&shared->ready, 0);
}

static void say_ready(void) {
	atomic_store(&shared->ready, 1);
	cn_futex_wake(&shared->ready, 1);
}

static void test_alone(void) {
	is_int(lock(), 0, "a zeroed mutex can be locked");
	ok(cn_mutex_is_mine(&shared->mutex), "and is mine then");
	is_int(lock(), -EDEADLK, "locking it twice is an error, no deadlock");
	is_int(cn_mutex_lock(&shared->second, NULL, NULL), 0, "a second one nests");
	cn_mutex_unlock(&shared->mutex);
	ok(!cn_mutex_is_mine(&shared->mutex), "the first can be unlocked first");
	cn_mutex_unlock(&shared->second);
	is_int(lock(), 0, "and locked again");
	cn_mutex_unlock(&shared->mutex);
	is_int(shared->repairs, 0, "nothing was repaired");
}

static void test_timeout(void) {
	pid_t pid = fork();
	if (pid == 0) {
		lock();
		say_ready();
		for (;;) {
			pause();
		}
	}
	wait_ready();
	is_int(cn_mutex_lock_until(&shared->mutex, CN_NOW, repair, shared), -ETIMEDOUT,
			"CN_NOW does not wait");
	cn_time until = cn_after(20 * CN_MILLISECOND);
	is_int(cn_mutex_lock_until(&shared->mutex, until, repair, shared), -ETIMEDOUT,
			"a held mutex times out");
	ok(cn_now() >= until, "not before its deadline");
	kill(pid, SIGKILL);
	is_int(lock(), 0, "a killed holder's mutex is inherited");
	is_int(shared->repairs, 1, "after one repair");
	cn_mutex_unlock(&shared->mutex);
	wait_status(pid);
	is_int(lock(), 0, "and it is whole again");
	is_int(shared->repairs, 1, "without another repair");
	cn_mutex_unlock(&shared->mutex);
}

static void test_exec(void) {
	pid_t pid = fork();
	if (pid == 0) {
		lock();
		execlp("sleep", "sleep", "1000", (char *)NULL);
		_exit(1);
	}
	cn_time until = cn_after(5 * CN_SECOND);
	while (atomic_load(&shared->mutex.word) == 0 && cn_now() < until) {
		sched_yield();
	}
	is_int(lock(), 0, "a holder that execs gives it up");
	is_int(shared->repairs, 2, "as if it died");
	cn_mutex_unlock(&shared->mutex);
	kill(pid, SIGKILL);
	wait_status(pid);
}

static void test_fork(void) {
	lock();
	pid_t pid = fork();
	if (pid == 0) {
		_exit(cn_mutex_is_mine(&shared->mutex) ||
				cn_mutex_lock_until(&shared->mutex, CN_NOW, repair, shared) != -ETIMEDOUT);
	}
	is_int(wait_status(pid), 0, "a forked child does not hold its parent's mutex");
	pid = (pid_t)syscall(SYS_clone, SIGCHLD, NULL, NULL, NULL, NULL);
	if (pid == 0) {
		cn_process_forked();
		_exit(cn_mutex_is_mine(&shared->mutex));
	}
	is_int(wait_status(pid), 0, "nor does one made by a raw clone");
	is_int(shared->repairs, 2, "and its death leaves the parent the holder");
	cn_mutex_unlock(&shared->mutex);
}

static void test_many(void) {
	enum { PROCESSES = 8, ROUNDS = 20000 };
	pid_t pids[PROCESSES];
	shared->count = 0;
	for (int i = 0; i < PROCESSES; i++) {
		pids[i] = fork();
		if (pids[i] == 0) {
			for (int n = 0; n < ROUNDS; n++) {
				if (lock() != 0) {
					_exit(1);
				}
				shared->count++;
				cn_mutex_unlock(&shared->mutex);
			}
			_exit(0);
		}
	}
	int failed = 0;
	for (int i = 0; i < PROCESSES; i++) {
		failed += wait_status(pids[i]) != 0;
	}
	is_int(failed, 0, "many processes lock and unlock");
	is_int(shared->count, PROCESSES * ROUNDS, "and no count is lost");
}

// As in a damaged file, or where the kernel could not read the list of a process that died.
static void test_stranger(void) {
	pid_t pid = fork();
	if (pid == 0) {
		_exit(0);
	}
	wait_status(pid);
	int repairs = shared->repairs;
	atomic_store(&shared->mutex.word, (uint32_t)pid);
	is_int(lock(), 0, "a mutex of a process that does not exist is taken");
	is_int(shared->repairs, repairs + 1, "as after a death");
	cn_mutex_unlock(&shared->mutex);
}

static void test_broken(void) {
	pid_t pid = fork();
	if (pid == 0) {
		lock();
		_exit(0);
	}
	wait_status(pid);
	shared->fail = -EBADMSG;
	is_int(lock(), -EBADMSG, "a repair that fails tells so");
	is_int(lock(), -ENOTRECOVERABLE, "and nobody gets the mutex any more");
	ok(!cn_mutex_is_mine(&shared->mutex), "nor holds it");
}

int main(void) {
	tap_watchdog(60);
	shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	test_alone();
	test_timeout();
	test_exec();
	test_fork();
	test_many();
	test_stranger();
	test_broken();
	return done_testing();
}
