/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * lib/shm/alloc.h - memory inside an arena. A process may be killed at any instruction: the
 * allocator repairs itself, and no block is lost.
 *
 * A block starts its life in flight: it is noted in the record of the process that allocated it,
 * and when that process dies it is freed. The process fills it, and then hands it over:
 *
 *	cn_off off;
 *	int err = cn_alloc(arena, sizeof(struct node), &off);
 *	struct node *node = CN_AT(arena, off, struct node);
 *	node->next = list->head;
 *	cn_alloc_publish(arena, &list->head, off); // with the list's mutex held: one store
 *
 * Killed before that store, the block is freed; killed after it, the list has it. Taking out is the
 * same backwards: cn_alloc_retire(). A process has at most CN_IN_FLIGHT blocks in flight.
 *
 * Blocks are 16-byte aligned; those of 4096 bytes and more page-aligned. Blocks up to 2 KiB come
 * from 16 KiB slabs without a header of their own; larger ones are whole pages. Free pages go back
 * to the system.
 */
#ifndef CN_SHM_ALLOC_H
#define CN_SHM_ALLOC_H

#include "lib/shm/arena.h"
#include "lib/shm/owner.h"

enum { CN_IN_FLIGHT = 8 };

/*
 * A block of at least `size` bytes (0 counts as 1), contents undefined, in flight.
 * Returns 0, -ENOSPC (the arena, or the memory behind it, is full), -EMFILE (too many in flight),
 * -EAGAIN (see cn_owner_self()) or -EBADMSG (damaged arena).
 */
int cn_alloc(struct cn_arena *arena, uint64_t size, cn_off *out);

/* As cn_alloc(), filled with zeros. */
int cn_alloc_zero(struct cn_arena *arena, uint64_t size, cn_off *out);

/*
 * As cn_alloc() for small blocks that must not fail because data filled the arena (notes of who
 * waits): may use the last pages, which others leave.
 */
int cn_alloc_reserved(struct cn_arena *arena, uint64_t size, cn_off *out);

/*
 * *word = block, in one store, and the block is no longer in flight: a process killed anywhere in
 * here leaves it either freed or in *word. `word` lies in the arena; the caller holds the robust
 * mutex that guards it, so that nobody else changes it, and after a death not before
 * cn_alloc_settle().
 */
void cn_alloc_publish(struct cn_arena *arena, cn_off *word, cn_off block);

/*
 * *word, which leads to a block, = next, in one store, and the block is freed. As
 * cn_alloc_publish() the other way round.
 */
void cn_alloc_retire(struct cn_arena *arena, cn_off *word, cn_off next);

/*
 * The first step of cn_alloc_retire() alone: the block is in flight again, and *word = next. The
 * caller reads it, then cn_free()s or publishes it elsewhere.
 */
int cn_alloc_take(struct cn_arena *arena, cn_off *word, cn_off next);

/*
 * *word leads to `block`, in flight, instead of the block it led to (0: to none), in one store, and
 * that one is freed. As cn_alloc_publish().
 */
void cn_alloc_replace(struct cn_arena *arena, cn_off *word, cn_off block);

/* The block is no longer in flight; that it can be found again is the caller's matter. */
void cn_alloc_keep(struct cn_arena *arena, cn_off block);

/*
 * For the repair function of every mutex under which blocks are published or retired: decide what
 * dead processes left between the two steps, before *word changes again. Cheap when nobody died.
 */
int cn_alloc_settle(struct cn_arena *arena);

/* Free a block, in flight or not; 0 does nothing. 0 or -EBADMSG (not an allocated block). */
int cn_free(struct cn_arena *arena, cn_off block);

/* Bytes that fit in the block; 0: not an allocated block. */
uint64_t cn_alloc_room(struct cn_arena *arena, cn_off block);

/*
 * Free what dead processes left and make their records claimable. Done by itself when records run
 * short or the arena fills; `conch gc` calls it. Returns blocks freed or a negative errno.
 */
int cn_alloc_sweep(struct cn_arena *arena);

struct cn_alloc_stats {
	uint64_t size; // bytes of the arena
	uint64_t used; // in allocated blocks, rounded to their classes
	uint64_t blocks;
	uint64_t pages; // bytes in pages that are in use, partly or wholly
	uint64_t resident; // bytes of the system's memory the arena has now
	uint32_t in_flight;
};

int cn_alloc_stats(struct cn_arena *arena, struct cn_alloc_stats *out);

/* Give all free pages back to the system now. */
int cn_alloc_trim(struct cn_arena *arena);

/* Walk everything and compare: 0, or -EBADMSG with the first contradiction in *why. For tests. */
int cn_alloc_check(struct cn_arena *arena, struct cn_err *why);

#endif
