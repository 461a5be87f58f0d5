/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "lib/shm/pages.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#ifndef MADV_COLLAPSE
#define MADV_COLLAPSE 25 // Linux 6.1
#endif

// ---- lists of pages: bins and slabs with room ------------------------------------------------

void cn_pages_list_push(const struct cn_arena *arena, uint32_t *list, uint32_t page) {
	struct cn_page *entry = page_at(arena, page);
	entry->prev = 0;
	entry->next = *list;
	if (page_is_valid(arena, *list)) {
		page_at(arena, *list)->prev = page;
	}
	*list = page;
}

void cn_pages_list_remove(const struct cn_arena *arena, uint32_t *list, uint32_t page) {
	struct cn_page *entry = page_at(arena, page);
	if (page_is_valid(arena, entry->prev)) {
		page_at(arena, entry->prev)->next = entry->next;
	} else {
		*list = entry->next;
	}
	if (page_is_valid(arena, entry->next)) {
		page_at(arena, entry->next)->prev = entry->prev;
	}
}

uint32_t *cn_bin_of(const struct cn_arena *arena, uint32_t count) {
	return &state_of(arena)->bins[31 - (uint32_t)__builtin_clz(count)];
}

// ---- runs ----------------------------------------------------------------------------------

void cn_run_add_free(const struct cn_arena *arena, uint32_t page, uint32_t count, bool resident) {
	if (count > 1) {
		head_set(arena, page + count - 1, head_make(TAIL, count, false));
	}
	head_set(arena, page, head_make(FREE, count, resident));
	cn_pages_list_push(arena, cn_bin_of(arena, count), page);
}

// Whether a free run ends right before `page`; *start is its first page then.
static bool free_before(const struct cn_arena *arena, uint32_t page, uint32_t *start) {
	if (page <= arena->layout.first_page) {
		return false;
	}
	uint64_t head = head_get(arena, page - 1);
	if (head_type(head) == FREE && head_count(head) == 1) {
		*start = page - 1;
		return true;
	}
	uint32_t count = head_count(head);
	if (head_type(head) != TAIL || count > page - arena->layout.first_page) {
		return false;
	}
	*start = page - count;
	uint64_t first = head_get(arena, *start);
	return head_type(first) == FREE && head_count(first) == count;
}

void cn_run_free(struct cn_arena *arena, uint32_t page, uint32_t count, bool resident) {
	struct cn_alloc_state *state = state_of(arena);
	head_set(arena, page, head_make(FREE, count, resident)); // from here on it is free
	state->free_pages += count;
	state->dirty_pages += resident ? count : 0;
	uint32_t after = page + count;
	uint32_t space = arena->layout.pages_count - after;
	uint64_t head = space > 0 ? head_get(arena, after) : 0;
	if (can_merge(head, resident, space)) {
		cn_pages_list_remove(arena, cn_bin_of(arena, head_count(head)), after);
		count += head_count(head);
		head_set(arena, page, head_make(FREE, count, resident));
		head_set(arena, after, 0);
	}
	uint32_t before;
	if (free_before(arena, page, &before) && can_merge(head_get(arena, before), resident, page)) {
		uint32_t more = page - before;
		cn_pages_list_remove(arena, cn_bin_of(arena, more), before);
		count += more;
		head_set(arena, before, head_make(FREE, count, resident));
		head_set(arena, page, 0);
		if (page - 1 != before) {
			head_set(arena, page - 1, 0);
		}
		page = before;
	}
	cn_run_add_free(arena, page, count, resident);
}

// A free run of at least `count` pages; 0: none. Big ones are found at once, else the bin is
// searched.
static uint32_t run_find(const struct cn_arena *arena, uint32_t count) {
	enum { LOOK = 16 };
	const uint32_t *bins = state_of(arena)->bins;
	uint32_t bin = 31 - (uint32_t)__builtin_clz(count);
	uint32_t page = bins[bin];
	for (int i = 0; i < LOOK && page_is_valid(arena, page); i++) {
		if (head_count(head_get(arena, page)) >= count) {
			return page;
		}
		page = page_at(arena, page)->next;
	}
	for (uint32_t b = bin + 1; b < CN_BINS; b++) {
		if (page_is_valid(arena, bins[b])) {
			return bins[b];
		}
	}
	uint32_t steps = 0;
	while (page_is_valid(arena, page) && steps++ < arena->layout.pages_count) {
		if (head_count(head_get(arena, page)) >= count) {
			return page;
		}
		page = page_at(arena, page)->next;
	}
	return 0;
}

int cn_run_cut(struct cn_arena *arena, uint32_t page, uint32_t count, bool *resident) {
	struct cn_alloc_state *state = state_of(arena);
	uint64_t head = head_get(arena, page);
	uint32_t have = head_count(head);
	if (head_type(head) != FREE || have < count || have > arena->layout.pages_count - page) {
		return -EBADMSG;
	}
	*resident = (head & HEAD_RESIDENT) != 0;
	cn_pages_list_remove(arena, cn_bin_of(arena, have), page);
	if (have > count) {
		cn_run_add_free(arena, page + count, have - count, *resident);
	}
	if (count > 1) {
		head_set(arena, page + count - 1, 0);
	}
	state->free_pages -= count;
	state->dirty_pages -= *resident ? count : 0;
	return 0;
}

// The last pages are for notes of who waits; see cn_alloc_reserved().
static uint32_t reserve_pages(const struct cn_arena *arena) {
	uint32_t pages = arena->layout.pages_count / 64;
	return pages < 8 ? 8 : pages > 256 ? 256 : pages;
}

int cn_run_take(
		struct cn_arena *arena, uint32_t count, bool reserved, uint32_t *page, bool *resident) {
	uint64_t left = state_of(arena)->free_pages;
	arena->refused = false;
	if (left < count || (!reserved && left - count < reserve_pages(arena))) {
		return -ENOSPC;
	}
	*page = run_find(arena, count);
	return *page == 0 ? -ENOSPC : cn_run_cut(arena, *page, count, resident);
}

// ---- memory behind the pages -----------------------------------------------------------------

/*
 * The whole huge pages in [off, end), each in one piece where the system can (Linux 6.1; it needs no
 * setting): they are had, mapped and given back several times faster than as many pages as are in
 * them. It makes one of the pages there are, so one has to be there.
 */
static void back_huge(const struct cn_arena *arena, cn_off off, cn_off end) {
	enum { AT_ONCE = 8 }; // stop early where there are none left
	off = (off + CN_HUGE_PAGE - 1) & ~(CN_HUGE_PAGE - 1);
	end &= ~(CN_HUGE_PAGE - 1);
	if (((uintptr_t)arena->base & (CN_HUGE_PAGE - 1)) != 0 || end < off + 2 * CN_HUGE_PAGE) {
		return;
	}
	int err = 0;
	while (off < end && err == 0) {
		cn_off start = off;
		for (; off < end && off < start + AT_ONCE * CN_HUGE_PAGE && err == 0; off += CN_HUGE_PAGE) {
			err = fallocate(arena->fd, FALLOC_FL_KEEP_SIZE, (off_t)off, CN_PAGE);
		}
		err = err == 0 ? madvise(arena->base + start, off - start, MADV_COLLAPSE) : err;
	}
}

int cn_pages_back(struct cn_arena *arena, uint32_t page, uint32_t count) {
	back_huge(arena, page_off(page), page_off(page + count));
	const uint32_t step = (16 << 20) / CN_PAGE; // an interrupted call starts again: small bites
	for (uint32_t done = 0; done < count;) {
		uint32_t n = count - done < step ? count - done : step;
		if (fallocate(arena->fd, FALLOC_FL_KEEP_SIZE, (off_t)page_off(page + done),
					(off_t)page_off(n)) == 0) {
			done += n;
		} else if (errno == EOPNOTSUPP) {
			return 0;
		} else if (errno != EINTR) {
			arena->refused = true;
			return -ENOSPC;
		}
	}
	return 0;
}

void cn_pages_punch(const struct cn_arena *arena, uint32_t page, uint32_t count) {
	while (fallocate(arena->fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, (off_t)page_off(page),
				   (off_t)page_off(count)) < 0 &&
			errno == EINTR) {
	}
}
