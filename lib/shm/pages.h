/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * lib/shm/pages.h - the pages of an arena, handed out in runs. For lib/shm only; all with the
 * allocator's mutex held.
 *
 * The truth about pages is one word per run, the head of its first page: free, a large block, or a
 * slab of small ones. Each change of the truth is one store of such a word (or of a word of a
 *slab's bitmap). All else (bins, lists, tails, counts) follows from it and is made anew when a
 *process died holding the mutex.
 *
 *	FREE n ........ TAIL n | RUN n ........ 0 | SLAB 4, PART 1, PART 2, PART 3 | ...
 *
 * The heads inside a run are 0, but for the tail of a free one, which leads back to its head, and
 * the parts of a slab, which lead to it.
 */
#ifndef CN_SHM_PAGES_H
#define CN_SHM_PAGES_H

#include "lib/shm/layout.h"

enum head_type { NONE, FREE, RUN, SLAB, PART, TAIL };

#define HEAD_TYPE_SHIFT 40
#define HEAD_RESIDENT (UINT64_C(1) << 48) // all of its pages are known to have memory
#define HEAD_COUNT ((UINT64_C(1) << HEAD_TYPE_SHIFT) - 1)

static inline uint64_t head_make(enum head_type type, uint64_t count, bool resident) {
	return (uint64_t)type << HEAD_TYPE_SHIFT | count | (resident ? HEAD_RESIDENT : 0);
}

static inline enum head_type head_type(uint64_t head) {
	return (enum head_type)(head >> HEAD_TYPE_SHIFT & 0xff);
}

static inline uint32_t head_count(uint64_t head) {
	return (uint32_t)(head & HEAD_COUNT);
}

static inline struct cn_page *page_at(const struct cn_arena *arena, uint32_t page) {
	return (struct cn_page *)(arena->base + arena->layout.pages) + page;
}

static inline uint64_t head_get(const struct cn_arena *arena, uint32_t page) {
	return atomic_load_explicit(&page_at(arena, page)->head, memory_order_relaxed);
}

static inline void head_set(const struct cn_arena *arena, uint32_t page, uint64_t head) {
	atomic_store_explicit(&page_at(arena, page)->head, head, memory_order_release);
}

static inline bool page_is_valid(const struct cn_arena *arena, uint32_t page) {
	return page >= arena->layout.first_page && page < arena->layout.pages_count;
}

static inline cn_off page_off(uint32_t page) {
	return (cn_off)page << CN_PAGE_BITS;
}

static inline struct cn_alloc_state *state_of(const struct cn_arena *arena) {
	return &arena->header->alloc;
}

// Whether the head is of a free run like ours, that fits into `space` pages.
static inline bool can_merge(uint64_t head, bool resident, uint32_t space) {
	return head_type(head) == FREE && ((head & HEAD_RESIDENT) != 0) == resident &&
			head_count(head) <= space;
}

/* Lists of pages: bins of free runs, slabs with room. *list is the first one. */
void cn_pages_list_push(const struct cn_arena *arena, uint32_t *list, uint32_t page);
void cn_pages_list_remove(const struct cn_arena *arena, uint32_t *list, uint32_t page);

/* The bin for free runs of `count` pages. */
uint32_t *cn_bin_of(const struct cn_arena *arena, uint32_t count);

/*
 * Make [page, page + count) a free run in its bin. The head may say so already. Runs that have
 * memory and runs that have none are not merged, so that each is known to be one or the other.
 */
void cn_run_add_free(const struct cn_arena *arena, uint32_t page, uint32_t count, bool resident);

/* Give the run back; its head still says RUN or SLAB. */
void cn_run_free(struct cn_arena *arena, uint32_t page, uint32_t count, bool resident);

/* Cut `count` pages off a free run; the caller stores the head, which commits it. 0, -EBADMSG. */
int cn_run_cut(struct cn_arena *arena, uint32_t page, uint32_t count, bool *resident);

/* Find a free run and cut it. `reserved`: of the last pages, too. 0, -ENOSPC, -EBADMSG. */
int cn_run_take(
		struct cn_arena *arena, uint32_t count, bool reserved, uint32_t *page, bool *resident);

/* Have memory put behind the pages, so that a full system is an error here and no SIGBUS later. */
int cn_pages_back(struct cn_arena *arena, uint32_t page, uint32_t count);

/* Give that memory back to the system. Slow; good without the mutex for pages of one's own. */
void cn_pages_punch(const struct cn_arena *arena, uint32_t page, uint32_t count);

#endif
