/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * lib/shm/slab.h - small blocks: several of one size in a run of pages, with a bitmap. For lib/shm
 * only; all with the allocator's mutex held.
 */
#ifndef CN_SHM_SLAB_H
#define CN_SHM_SLAB_H

#include "lib/shm/pages.h"

enum { SLAB_PAGES = 4, SLAB_BYTES = SLAB_PAGES * CN_PAGE, SLAB_MAGIC = 0x51ab };
enum { SMALL_MAX = 2048 }; // larger blocks are runs of their own

struct slab {
	uint16_t magic;
	uint8_t class;
	uint8_t unused;
	uint16_t free; // derived
	uint16_t hint; // word of the bitmap to look at first
	uint64_t bits[]; // set: used, or no block
};

struct class_info {
	uint32_t size;
	uint32_t data; // offset of the first block
	uint32_t count;
	uint32_t words;
};

/* By class, CN_CLASSES of them. */
extern struct class_info cn_slab_classes[];

static inline struct slab *slab_at(const struct cn_arena *arena, uint32_t page) {
	return (struct slab *)(arena->base + page_off(page));
}

static inline bool slab_is_valid(const struct slab *slab) {
	return slab->magic == SLAB_MAGIC && slab->class < CN_CLASSES;
}

static inline bool slab_has(const struct slab *slab, uint32_t number) {
	return (slab->bits[number / 64] >> number % 64 & 1) != 0;
}

/* A block for `size` bytes, noted before it is marked. 0, -ENOSPC, -EBADMSG. */
int cn_slab_alloc(struct cn_arena *arena, uint64_t size, bool reserved, struct cn_in_flight *note,
		cn_off *out);

/* 0, -EBADMSG (no block of a slab, or a free one). */
int cn_slab_free(struct cn_arena *arena, cn_off block);

/* The slab `block` is a block of, with its page and its number in it; NULL: it is none. */
struct slab *cn_slab_of(
		const struct cn_arena *arena, cn_off block, uint32_t *page, uint32_t *number);

#endif
