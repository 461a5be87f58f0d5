/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The bell is a set of bits. A ring sets BELL_RUNG, and wakes when BELL_ASLEEP is set; the sleeper
 * takes all bits at once when it is up. A bit set before the sleep makes the futex refuse to sleep,
 * so no ring is lost, and a ring to someone awake costs no system call.
 *
 * A life word that died wakes one of those who watch it (the kernel does no more); so whoever finds
 * it dead wakes the others.
 */
#include "config.h"
#include "lib/shm/owner.h"

#include <errno.h>
#include <limits.h>
#include <unistd.h>

#include "lib/shm/layout.h"
#include "lib/sync/futex.h"

enum { BELL_RUNG = 1, BELL_SIGNAL = 2, BELL_ASLEEP = 4 };

// A kill at the wrong instruction can swallow a wake that was for us: look again by ourselves.
#define LOOK_AGAIN CN_SECOND
#define LOOK_AGAIN_BLIND (100 * CN_MILLISECOND) // not all could be watched

static cn_owner id_of(uint32_t index, uint32_t generation) {
	return (cn_owner)generation << 32 | (index + 1);
}

// Take the free record; false: someone else did.
static bool record_take(struct cn_arena *arena, struct cn_owner_record *record) {
	struct cn_self *self = cn_self();
	self->robust.pending = &record->life.link;
	atomic_signal_fence(memory_order_seq_cst);
	uint32_t word = 0;
	bool mine =
			atomic_compare_exchange_strong(&record->life.word, &word, self->tid | CN_MUTEX_WAITERS);
	if (mine) {
		cn_robust_add_life(&record->life.link);
	}
	atomic_signal_fence(memory_order_seq_cst);
	self->robust.pending = NULL;
	return mine;
}

// Give a dead record free; cheap when it is not dead.
static int record_bury(struct cn_arena *arena, struct cn_owner_record *record) {
	if (!cn_life_is_dead(atomic_load(&record->life.word))) {
		return 0;
	}
	return cn_alloc_bury(arena, record);
}

static void record_stamp(struct cn_arena *arena, uint32_t index) {
	struct cn_owner_record *record = &cn_owner_records(arena)[index];
	atomic_store_explicit(&record->bell, 0, memory_order_relaxed);
	atomic_store_explicit(&record->waits, 0, memory_order_relaxed);
	for (size_t i = 0; i < CN_PINS_MAX; i++) {
		atomic_store_explicit(&record->pins[i], 0, memory_order_relaxed);
	}
	atomic_store_explicit(&record->pid, getpid(), memory_order_relaxed);
	atomic_store_explicit(&record->since, cn_now(), memory_order_release);
	cn_self()->owner[arena->slot] = index + 1;
}

// The next record to try. A short look around the hint, then records never used before, then all.
static uint32_t claim_next(struct cn_arena *arena, uint32_t tries) {
	struct cn_arena_header *header = arena->header;
	uint32_t high = atomic_load_explicit(&header->owners_high, memory_order_relaxed);
	const uint32_t count = arena->layout.owners_count;
	high = high > count ? count : high;
	const uint32_t look = 16;
	if (tries >= look && high < count) {
		if (atomic_compare_exchange_strong(&header->owners_high, &high, high + 1)) {
			return high;
		}
	}
	uint32_t hint = atomic_fetch_add_explicit(&header->owners_hint, 1, memory_order_relaxed);
	return high == 0 ? 0 : hint % high;
}

static int claim(struct cn_arena *arena) {
	if (!cn_self()->is_robust) {
		return -ENOSYS;
	}
	const uint32_t limit = 2 * arena->layout.owners_count + 64;
	for (uint32_t tries = 0; tries < limit; tries++) {
		uint32_t index = claim_next(arena, tries);
		struct cn_owner_record *record = &cn_owner_records(arena)[index];
		int err = record_bury(arena, record);
		if (err < 0) {
			return err;
		}
		if (atomic_load_explicit(&record->life.word, memory_order_relaxed) != 0) {
			continue;
		}
		uint32_t high = atomic_load(&arena->header->owners_high);
		while (high <= index &&
				!atomic_compare_exchange_weak(&arena->header->owners_high, &high, index + 1)) {
		}
		if (record_take(arena, record)) {
			record_stamp(arena, index);
			return 0;
		}
	}
	return -EAGAIN;
}

cn_owner cn_owner_mine(const struct cn_arena *arena) {
	const struct cn_self *self = cn_self();
	uint32_t number = self->owner[arena->slot];
	if (number == 0) {
		return 0;
	}
	struct cn_owner_record *record = &cn_owner_records(arena)[number - 1];
	return id_of(number - 1, atomic_load_explicit(&record->generation, memory_order_relaxed));
}

int cn_owner_self(struct cn_arena *arena, cn_owner *out) {
	if (__builtin_expect(cn_self()->owner[arena->slot] == 0, 0)) {
		int err = claim(arena);
		if (err < 0) {
			return err;
		}
	}
	*out = cn_owner_mine(arena);
	return 0;
}

void cn_owner_leave(struct cn_arena *arena) {
	struct cn_self *self = cn_self();
	if (self->owner[arena->slot] == 0) {
		return;
	}
	struct cn_owner_record *record = cn_owner_own(arena);
	self->owner[arena->slot] = 0;
	cn_robust_remove(&record->life.link);
	atomic_store(&record->life.word, CN_MUTEX_DIED | CN_MUTEX_WAITERS);
	cn_futex_wake(&record->life.word, INT_MAX);
}

// The record as long as it is this owner's; *life is its word then.
static struct cn_owner_record *record_of(
		const struct cn_arena *arena, cn_owner owner, uint32_t *life) {
	struct cn_owner_record *record = cn_owner_record(arena, owner);
	if (record == NULL) {
		return NULL;
	}
	*life = atomic_load_explicit(&record->life.word, memory_order_acquire);
	uint32_t generation = atomic_load_explicit(&record->generation, memory_order_acquire);
	return generation == (uint32_t)(owner >> 32) ? record : NULL;
}

bool cn_owner_is_alive(struct cn_arena *arena, cn_owner owner) {
	uint32_t life;
	return record_of(arena, owner, &life) != NULL && (life & CN_MUTEX_TID) != 0;
}

pid_t cn_owner_pid(struct cn_arena *arena, cn_owner owner) {
	uint32_t life;
	struct cn_owner_record *record = record_of(arena, owner, &life);
	return record == NULL ? 0 : atomic_load_explicit(&record->pid, memory_order_relaxed);
}

static uint32_t records_high(struct cn_arena *arena) {
	uint32_t high = atomic_load(&arena->header->owners_high);
	return high > arena->layout.owners_count ? arena->layout.owners_count : high;
}

cn_owner cn_owner_find(struct cn_arena *arena, pid_t pid) {
	uint32_t high = records_high(arena);
	for (uint32_t i = 0; i < high; i++) {
		struct cn_owner_record *record = &cn_owner_records(arena)[i];
		cn_owner owner = id_of(i, atomic_load(&record->generation));
		if (atomic_load(&record->pid) == pid && cn_owner_is_alive(arena, owner)) {
			return owner;
		}
	}
	return 0;
}

void cn_owner_count(struct cn_arena *arena, uint32_t *alive, uint32_t *dead) {
	*alive = 0;
	*dead = 0;
	uint32_t high = records_high(arena);
	for (uint32_t i = 0; i < high; i++) {
		uint32_t word = atomic_load(&cn_owner_records(arena)[i].life.word);
		*alive += (word & CN_MUTEX_TID) != 0;
		*dead += cn_life_is_dead(word);
	}
}

void cn_owner_ring(struct cn_arena *arena, cn_owner owner) {
	uint32_t life;
	struct cn_owner_record *record = record_of(arena, owner, &life);
	if (record == NULL) {
		return;
	}
	// Wakes also when it was rung already: who rang first may have died before his wake.
	if ((atomic_fetch_or(&record->bell, BELL_RUNG) & BELL_ASLEEP) != 0) {
		cn_futex_wake(&record->bell, INT_MAX);
	}
}

void cn_self_ring(void) {
	struct cn_self *self = cn_self_page;
	if (self == NULL || self->tid == 0) {
		return;
	}
	for (size_t i = 0; i < CN_SELF_ARENAS; i++) {
		struct cn_arena *arena = cn_arenas[i];
		if (arena != NULL && self->owner[i] != 0) {
			// The signal itself interrupts the sleep.
			atomic_fetch_or(&cn_owner_own(arena)->bell, BELL_SIGNAL);
		}
	}
}

// Words to sleep on, behind the bell. Returns how many, or -1: one of them is dead.
static int watch_fill(
		struct cn_arena *arena, const cn_owner *owners, size_t n, struct cn_futex_watch *watch) {
	int used = 0;
	for (size_t i = 0; i < n && used < CN_PARK_WATCH_MAX; i++) {
		if (owners[i] == 0) {
			continue;
		}
		uint32_t life = 0;
		struct cn_owner_record *record = record_of(arena, owners[i], &life);
		if (record == NULL || (life & CN_MUTEX_TID) == 0) {
			if (record != NULL) {
				cn_futex_wake(&record->life.word, INT_MAX);
			}
			return -1;
		}
		watch[used++] = (struct cn_futex_watch){ &record->life.word, life };
	}
	return used;
}

// Those of them that died woke one process: us. Wake the others.
static void watch_pass_on(const struct cn_futex_watch *watch, int n) {
	for (int i = 0; i < n; i++) {
		if (atomic_load_explicit(watch[i].word, memory_order_relaxed) != watch[i].expected) {
			cn_futex_wake(watch[i].word, INT_MAX);
		}
	}
}

static bool (*park_has_come)(void);

void cn_park_ask(bool (*has_come)(void)) {
	park_has_come = has_come;
}

static bool has_come(void) {
	return park_has_come != NULL && park_has_come();
}

int cn_park(struct cn_arena *arena, cn_time deadline, const cn_owner *owners, size_t n) {
	struct cn_owner_record *self = cn_owner_own(arena);
	struct cn_futex_watch watch[CN_FUTEX_WAIT_MAX];
	int watched = watch_fill(arena, owners, n, watch + 1);
	int err = 0;
	uint32_t bell = 0;
	cn_time slice = n > CN_PARK_WATCH_MAX ? LOOK_AGAIN_BLIND : LOOK_AGAIN;
	cn_time until = deadline == CN_NOW ? CN_NOW : cn_after(slice);
	until = until < deadline ? until : deadline;
	if (watched >= 0 && deadline != CN_NOW &&
			atomic_compare_exchange_strong(&self->bell, &bell, BELL_ASLEEP)) {
		watch[0] = (struct cn_futex_watch){ &self->bell, BELL_ASLEEP };
		err = has_come() ? -EINTR : cn_futex_wait_any(watch, (size_t)watched + 1, until);
		watch_pass_on(watch + 1, watched);
	}
	bell = atomic_exchange(&self->bell, 0);
	if ((bell & BELL_SIGNAL) != 0 || err == -EINTR || (err == -ETIMEDOUT && has_come())) {
		return -EINTR;
	}
	if ((bell & BELL_RUNG) != 0 || watched < 0) {
		return 0;
	}
	return deadline != CN_NEVER && cn_left(deadline) == 0 ? -ETIMEDOUT : 0;
}
