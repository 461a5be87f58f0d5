/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Processes take a few locks, alone and shared, wait with and without limits, and are killed.
 * Nobody may be in with another who is in alone, nobody may wait for the dead, and who inherits a
 * lock must be told.
 */
#include "config.h"

#include <errno.h>
#include <stdlib.h>

#include "lib/shm/alloc.h"
#include "lib/sync/lock.h"
#include "tests/crash/torture.h"
#include "tests/unit/tap.h"

enum { LOCKS = 3 };

struct shared {
	_Atomic cn_owner inside[LOCKS]; // who is in alone
	_Atomic int dirty[LOCKS]; // and has not left
	_Atomic int told;
	_Atomic int circles;
	_Atomic int late; // waits that took a second and more
};

static struct cn_arena *arena;
static struct shared *shared;
static struct cn_lock locks[LOCKS];

static void fail(int code) {
	_Exit(code);
}

static void enter(int n, bool alone, pid_t dead) {
	cn_owner self = cn_owner_mine(arena);
	if (atomic_exchange(&shared->dirty[n], 0) != 0 && dead == 0) {
		fail(10); // the one before us died in here, and we were not told
	}
	cn_owner other = atomic_load(&shared->inside[n]);
	if (other != 0 && cn_owner_is_alive(arena, other)) {
		fail(11);
	}
	if (alone) {
		atomic_store(&shared->inside[n], self);
		atomic_store(&shared->dirty[n], 1);
	}
}

static void leave(int n, bool alone) {
	if (alone) {
		if (atomic_load(&shared->inside[n]) != cn_owner_mine(arena)) {
			fail(12);
		}
		atomic_store(&shared->dirty[n], 0);
		atomic_store(&shared->inside[n], 0);
	}
	if (cn_lock_release(&locks[n]) != 0) {
		fail(13);
	}
}

static int take(int n, bool alone, unsigned *seed) {
	struct cn_lock_grant grant;
	bool limited = rand_r(seed) % 4 == 0;
	cn_time deadline = limited ? cn_after(rand_r(seed) % 2000 * CN_MICROSECOND) : CN_NEVER;
	cn_time from = cn_now();
	int err = cn_lock_acquire(&locks[n], alone ? 0 : CN_LOCK_SHARED, deadline, &grant, NULL);
	if (cn_now() - from > 900 * CN_MILLISECOND) {
		atomic_fetch_add(&shared->late, 1);
	}
	if (err == 0) {
		if (grant.dead != 0) {
			atomic_fetch_add(&shared->told, 1);
		}
		enter(n, alone, grant.dead);
	} else if (err == -EDEADLK) {
		atomic_fetch_add(&shared->circles, 1);
	} else if (err != -ETIMEDOUT) {
		fail(14);
	}
	return err;
}

static void work(int worker, unsigned *seed) {
	int n = rand_r(seed) % LOCKS;
	int other = rand_r(seed) % LOCKS;
	bool alone = rand_r(seed) % 4 != 0;
	if (take(n, alone, seed) != 0) {
		return;
	}
	torture_progress();
	if (other != n && rand_r(seed) % 2 == 0) { // in any order: circles
		bool other_alone = rand_r(seed) % 4 != 0;
		if (take(other, other_alone, seed) == 0) {
			leave(other, other_alone);
		}
	}
	leave(n, alone);
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
	static const char *const names[LOCKS] = { "a", "b", "c" };
	for (int i = 0; i < LOCKS; i++) {
		cn_lock_open(arena, names[i], CN_LOCK_CREATE, &locks[i]);
	}
	struct torture torture = { .workers = 6, .work = work };
	torture_run(arena, &torture);
	is_int(torture.stuck, 0, "nobody is stuck");
	is_int(torture.wrong, 0, "nobody was in with another, and who inherited was told");
	diag("told of a death %d times, circles %d, late %d", atomic_load(&shared->told),
			atomic_load(&shared->circles), atomic_load(&shared->late));
	int taken = 0;
	for (int i = 0; i < LOCKS; i++) {
		struct cn_lock_info info = { 0 };
		taken += cn_lock_acquire(&locks[i], 0, cn_after(CN_SECOND), NULL, NULL) == 0;
		cn_lock_query(&locks[i], &info);
		is_int(info.waiters, 0, "no waiters are left");
		cn_name_destroy(arena, CN_LOCK, names[i]);
	}
	is_int(taken, LOCKS, "all locks can be taken afterwards");
	cn_alloc_sweep(arena);
	cn_name_sweep(arena);
	struct cn_alloc_stats stats;
	cn_alloc_stats(arena, &stats);
	is_int((int64_t)stats.blocks, 1, "no memory is lost");
	struct cn_err why = { "" };
	ok(cn_alloc_check(arena, &why) == 0, "and the allocator is whole");
	diag("%s", why.text);
	cn_arena_close(arena);
	return done_testing();
}
