/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * lib/shm/layout.h - what stands where in an arena. For lib/shm only.
 *
 *	header | owner records | names | page table | pages...
 *
 * How many of each follows from the size alone (struct cn_layout), so nothing that stands in the
 *arena can lead a process outside it.
 */
#ifndef CN_SHM_LAYOUT_H
#define CN_SHM_LAYOUT_H

#include <assert.h>
#include <stdatomic.h>
#include <stdint.h>

#include "lib/shm/alloc.h"
#include "lib/shm/arena.h"
#include "lib/shm/names.h"
#include "lib/shm/owner.h"
#include "lib/sync/mutex.h"

#define CN_ARENA_MAGIC UINT64_C(0x68636e6f632e0a1a) // "\032\n.conch", on the disk of x86
enum { CN_ARENA_VERSION = 1 };

enum { CN_PAGE = 4096, CN_PAGE_BITS = 12 };

/* What the system can map at once; also how arenas are aligned in memory. Where it is another, we
 * only do without. */
#define CN_HUGE_PAGE (UINT64_C(2) << 20)
enum { CN_BINS = 32, CN_CLASSES = 24 };

/* A page of the arena. See alloc.c. */
struct cn_page {
	_Atomic uint64_t head; // what begins here
	uint32_t prev; // free runs of one bin, slabs with room of one class
	uint32_t next;
};

static_assert(sizeof(struct cn_page) == 16, "");

/* A block in flight: it is in *where, if that leads to it, and else it is garbage. */
struct cn_in_flight {
	_Atomic cn_off block; // 0: free note
	_Atomic cn_off where; // of a cn_off, or 0
};

/* A process. Written by that process alone; when it is dead, under the allocator's mutex. */
struct cn_owner_record {
	struct cn_mutex life; // 0: free; tid: alive; CN_MUTEX_DIED: dead, to be swept
	_Atomic uint32_t bell; // see owner.c
	_Atomic uint32_t generation; // goes up when the record is swept
	_Atomic int32_t pid;
	uint32_t unused;
	_Atomic int64_t since; // it was claimed then (CLOCK_MONOTONIC): for who reads a dump
	_Atomic cn_off waits; // the lock it waits for: the mutex of the waits (lock.c)
	_Atomic cn_off pins[CN_PINS_MAX];
	struct cn_in_flight in_flight[CN_IN_FLIGHT];
	uint64_t reserved[2];
};

static_assert(sizeof(struct cn_owner_record) == 256, "four cache lines");

/* The allocator's own: its mutex guards all of it but what says otherwise. */
struct cn_alloc_state {
	struct cn_mutex mutex;
	uint32_t bins[CN_BINS]; // first free run by log2 of its pages; all derived from the pages
	uint32_t partial[CN_CLASSES]; // first slab with room; derived
	uint64_t free_pages; // derived
	uint64_t dirty_pages; // free ones that may be resident: about
	uint64_t used; // bytes in blocks; derived
	uint64_t blocks; // derived
};

struct cn_names_state {
	struct cn_mutex mutex; // the chains
	_Atomic uint64_t serial; // the last given out
};

struct cn_arena_header {
	_Atomic uint64_t magic; // stored last when the arena is made
	uint32_t version;
	uint32_t header_size;
	uint64_t size;
	uint64_t id;
	_Atomic uint32_t owners_high; // records at and above it were never used
	_Atomic uint32_t owners_hint; // where to look for a free one next
	_Atomic cn_off roots[CN_ROOTS];
	struct cn_mutex waits; // guards the graph of who waits for which lock
	struct cn_alloc_state alloc;
	struct cn_names_state names;
};

static_assert(sizeof(struct cn_arena_header) <= CN_PAGE, "one page");

/* arena.c: those of this process, by slot; NULL where there is none. */
extern struct cn_arena *cn_arenas[CN_SELF_ARENAS];

void cn_layout_of(uint64_t size, struct cn_layout *out);

static inline struct cn_owner_record *cn_owner_records(const struct cn_arena *arena) {
	return (struct cn_owner_record *)(arena->base + arena->layout.owners);
}

/* The record `owner` was given, used by it or not; NULL for 0 or nonsense. */
static inline struct cn_owner_record *cn_owner_record(
		const struct cn_arena *arena, cn_owner owner) {
	uint32_t index = (uint32_t)owner;
	if (index == 0 || index > arena->layout.owners_count) {
		return NULL;
	}
	return &cn_owner_records(arena)[index - 1];
}

/* The record of this process, claimed before. */
static inline struct cn_owner_record *cn_owner_own(const struct cn_arena *arena) {
	return &cn_owner_records(arena)[cn_self()->owner[arena->slot] - 1];
}

static inline bool cn_life_is_dead(uint32_t word) {
	return (word & CN_MUTEX_TID) == 0 && (word & CN_MUTEX_DIED) != 0;
}

/* Notes of blocks in flight. Find the one of `block` (0: a free one); NULL: there is none. */
static inline struct cn_in_flight *cn_note_find(struct cn_owner_record *record, cn_off block) {
	for (size_t i = 0; i < CN_IN_FLIGHT; i++) {
		struct cn_in_flight *note = &record->in_flight[i];
		if (atomic_load_explicit(&note->block, memory_order_relaxed) == block) {
			return note;
		}
	}
	return NULL;
}

static inline void cn_note_set(struct cn_in_flight *note, cn_off block, cn_off where) {
	atomic_store_explicit(&note->where, where, memory_order_release);
	atomic_store_explicit(&note->block, block, memory_order_release);
}

static inline void cn_note_clear(struct cn_in_flight *note) {
	atomic_store_explicit(&note->block, 0, memory_order_release);
}

/* alloc.c: its mutex. 0 or a negative errno. */
int cn_alloc_lock(struct cn_arena *arena);
void cn_alloc_unlock(struct cn_arena *arena);

/* alloc.c, with its mutex held: settle the notes of a dead record and make it claimable. */
int cn_alloc_bury(struct cn_arena *arena, struct cn_owner_record *record);

/* alloc.c: make the page table of a new arena. */
void cn_alloc_init(struct cn_arena *arena);

#endif
