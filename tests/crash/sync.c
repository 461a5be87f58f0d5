/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Processes use a semaphore, a condition, an event and a barrier, and are killed. Units come back,
 * nobody waits for the dead, and nothing is left.
 */
#include "config.h"

#include <errno.h>
#include <stdlib.h>

#include "lib/shm/alloc.h"
#include "lib/sync/barrier.h"
#include "lib/sync/cond.h"
#include "lib/sync/event.h"
#include "lib/sync/sem.h"
#include "tests/crash/torture.h"
#include "tests/unit/tap.h"

enum { UNITS = 3, SLOTS = 64 };

struct shared {
	_Atomic cn_owner inside[SLOTS]; // who has units
	_Atomic int passed; // a barrier
	_Atomic int broken;
	_Atomic int notified;
};

static struct cn_arena *arena;
static struct shared *shared;
static struct cn_sem sem;
static struct cn_cond cond;
static struct cn_lock lock;
static struct cn_event event;
static struct cn_barrier barrier;

static void fail(int code) {
	_Exit(code);
}

static cn_time soon(unsigned *seed) {
	return cn_after(rand_r(seed) % 3000 * CN_MICROSECOND);
}

static void use_sem(int worker, unsigned *seed) {
	uint64_t units = 1 + (uint64_t)rand_r(seed) % 2;
	int err = cn_sem_acquire(&sem, units, rand_r(seed) % 3 == 0 ? soon(seed) : CN_NEVER);
	if (err == -ETIMEDOUT) {
		return;
	}
	if (err < 0) {
		fail(10);
	}
	atomic_store(&shared->inside[worker], cn_owner_mine(arena));
	int inside = 0;
	for (int i = 0; i < SLOTS; i++) {
		inside += cn_owner_is_alive(arena, atomic_load(&shared->inside[i]));
	}
	if (inside > UNITS) {
		fail(11);
	}
	atomic_store(&shared->inside[worker], 0);
	if (cn_sem_release(&sem, units) < 0) {
		fail(12);
	}
}

static void use_cond(unsigned *seed) {
	if (cn_lock_acquire(&lock, 0, CN_NEVER, NULL, NULL) < 0) {
		fail(20);
	}
	if (rand_r(seed) % 2 == 0) {
		uint32_t woken;
		cn_cond_notify(&cond, 1 + (uint32_t)rand_r(seed) % 2, &woken);
		atomic_fetch_add(&shared->notified, (int)woken);
	} else {
		struct cn_cond_state state = { 0 };
		int err = cn_cond_wait(&cond, &lock, soon(seed), &state);
		if (err < 0 && err != -ETIMEDOUT) {
			fail(21);
		}
	}
	if (cn_lock_release(&lock) < 0) {
		fail(22);
	}
}

static void use_event(unsigned *seed) {
	int n = rand_r(seed) % 4;
	int err = n == 0 ? cn_event_set(&event)
			: n == 1 ? cn_event_clear(&event)
					 : cn_event_wait(&event, soon(seed));
	if (err < 0 && err != -ETIMEDOUT) {
		fail(30);
	}
}

static void use_barrier(unsigned *seed) {
	int err = cn_barrier_wait(&barrier, soon(seed), NULL);
	if (err == 0) {
		atomic_fetch_add(&shared->passed, 1);
	} else if (err == -ECANCELED) {
		atomic_fetch_add(&shared->broken, 1);
		cn_barrier_reset(&barrier);
	} else if (err != -ETIMEDOUT) {
		fail(40);
	}
}

static void work(int worker, unsigned *seed) {
	switch (rand_r(seed) % 4) {
	case 0:
		use_sem(worker, seed);
		break;
	case 1:
		use_cond(seed);
		break;
	case 2:
		use_event(seed);
		break;
	default:
		use_barrier(seed);
	}
	torture_progress();
}

int main(void) {
	tap_watchdog(60 + (unsigned)torture_rounds() / 20);
	if (cn_arena_create(4 * CN_ARENA_MIN, &arena) < 0) {
		return 1;
	}
	cn_off off;
	cn_alloc_zero(arena, sizeof(*shared), &off);
	cn_alloc_keep(arena, off);
	shared = CN_AT(arena, off, struct shared);
	cn_sem_create(arena, "s", UNITS, true, &sem);
	cn_cond_open(arena, "c", true, &cond);
	cn_lock_open(arena, "l", CN_LOCK_CREATE, &lock);
	cn_event_open(arena, "e", true, &event);
	cn_barrier_create(arena, "b", 2, &barrier);
	struct torture torture = { .workers = 6, .work = work };
	torture_run(arena, &torture);
	is_int(torture.stuck, 0, "nobody is stuck");
	is_int(torture.wrong, 0, "and nobody got what another had");
	diag("passed the barrier %d, found it broken %d, notified %d", atomic_load(&shared->passed),
			atomic_load(&shared->broken), atomic_load(&shared->notified));
	struct cn_sem_info info = { 0 };
	cn_sem_query(&sem, &info);
	is_int((int64_t)info.value, UNITS, "all units are back");
	cn_name_destroy(arena, CN_SEM, "s");
	cn_name_destroy(arena, CN_COND, "c");
	cn_name_destroy(arena, CN_LOCK, "l");
	cn_name_destroy(arena, CN_EVENT, "e");
	cn_name_destroy(arena, CN_BARRIER, "b");
	cn_alloc_sweep(arena);
	cn_name_sweep(arena);
	struct cn_alloc_stats stats;
	cn_alloc_stats(arena, &stats);
	is_int((int64_t)stats.blocks, 1, "no memory is lost");
	cn_arena_close(arena);
	return done_testing();
}
