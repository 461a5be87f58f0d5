/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "tests/crash/torture.h"

#include <errno.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "lib/base/clock.h"
#include "lib/shm/alloc.h"
#include "lib/shm/names.h"
#include "tests/unit/tap.h"

enum { WORKERS_MAX = 64, ROUNDS = 300 };

struct control {
	_Atomic uint64_t steps;
	_Atomic bool over;
};

static struct control *control;

void torture_progress(void) {
	atomic_fetch_add_explicit(&control->steps, 1, memory_order_relaxed);
}

bool torture_is_over(void) {
	return atomic_load_explicit(&control->over, memory_order_relaxed);
}

int torture_rounds(void) {
	const char *text = getenv("ROUNDS");
	int rounds = text == NULL ? 0 : atoi(text);
	return rounds > 0 ? rounds : ROUNDS;
}

static pid_t worker_start(const struct torture *torture, int worker, unsigned seed) {
	pid_t pid = fork();
	if (pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		while (!torture_is_over()) {
			torture->work(worker, &seed);
		}
		_exit(0);
	}
	return pid;
}

// What the workers got done must not stand still.
static void watch(struct torture *torture, uint64_t *last, cn_time *since) {
	uint64_t steps = atomic_load(&control->steps);
	if (steps != *last) {
		*last = steps;
		*since = cn_now();
	} else if (cn_now() - *since > 3 * CN_SECOND) {
		torture->stuck++;
		*since = cn_now();
	}
}

static void nap(unsigned microseconds) {
	struct timespec time = { .tv_nsec = (long)microseconds * 1000 };
	clock_nanosleep(CLOCK_MONOTONIC, 0, &time, NULL);
}

static void workers_end(struct torture *torture, const pid_t *pids) {
	atomic_store(&control->over, true);
	cn_time until = cn_after(10 * CN_SECOND);
	for (int i = 0; i < torture->workers; i++) {
		int status = 0;
		pid_t pid;
		while ((pid = waitpid(pids[i], &status, WNOHANG)) == 0 && cn_now() < until) {
			nap(1000);
		}
		if (pid == 0) {
			torture->stuck++;
			kill(pids[i], SIGKILL);
			waitpid(pids[i], &status, 0);
		} else if (status != 0) {
			torture->wrong++;
			diag("worker %d ended with status %x", i, (unsigned)status);
		}
	}
}

void torture_run(struct cn_arena *arena, struct torture *torture) {
	pid_t pids[WORKERS_MAX];
	if (control == NULL) {
		control = mmap(
				NULL, sizeof(*control), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	}
	atomic_store(&control->steps, 0);
	atomic_store(&control->over, false);
	unsigned seed = (unsigned)cn_now();
	for (int i = 0; i < torture->workers; i++) {
		pids[i] = worker_start(torture, i, (unsigned)rand_r(&seed));
	}
	uint64_t last = 0;
	cn_time since = cn_now();
	int rounds = torture_rounds();
	for (torture->kills = 0; torture->kills < rounds && torture->stuck < 5; torture->kills++) {
		nap((unsigned)rand_r(&seed) % (rand_r(&seed) % 4 == 0 ? 5000 : 500));
		int victim = rand_r(&seed) % torture->workers;
		kill(pids[victim], SIGKILL);
		int status;
		waitpid(pids[victim], &status, 0);
		if (!WIFSIGNALED(status) || WTERMSIG(status) != SIGKILL) {
			torture->wrong++;
			diag("worker %d ended with status %x", victim, (unsigned)status);
		}
		if (torture->died != NULL) {
			torture->died(pids[victim]);
		}
		pids[victim] = worker_start(torture, victim, (unsigned)rand_r(&seed));
		watch(torture, &last, &since);
	}
	workers_end(torture, pids);
	torture->steps = atomic_load(&control->steps);
	diag("%d kills, %llu steps, stuck %d", torture->kills, (unsigned long long)torture->steps,
			torture->stuck);
}

void torture_memory(struct cn_arena *arena, int kept) {
	struct cn_alloc_stats stats;
	struct cn_err why = { 0 };
	ok(cn_alloc_sweep(arena) >= 0, "what the dead left is swept");
	is_int(cn_name_sweep(arena), 0, "and destroyed objects");
	cn_alloc_stats(arena, &stats);
	is_int((int64_t)stats.blocks, kept, "no memory is lost");
	is_int(cn_alloc_check(arena, &why), 0, "and the arena is whole %s", why.text);
}
