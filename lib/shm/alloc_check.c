/* SPDX-License-Identifier: GPL-3.0-or-later */
/* cn_alloc_check(): what is derived is compared with what it follows from. */
#include "config.h"
#include "lib/shm/alloc.h"

#include <errno.h>

#include "lib/base/err.h"
#include "lib/shm/slab.h"

static bool list_has(const struct cn_arena *arena, uint32_t list, uint32_t page) {
	uint32_t steps = 0;
	while (page_is_valid(arena, list) && steps++ < arena->layout.pages_count) {
		if (list == page) {
			return true;
		}
		list = page_at(arena, list)->next;
	}
	return false;
}

static int check_run(
		struct cn_arena *arena, uint32_t page, struct cn_alloc_state *sum, struct cn_err *why) {
	uint64_t head = head_get(arena, page);
	uint32_t count = head_count(head);
	if (count == 0 || count > arena->layout.pages_count - page) {
		return cn_err_set(why, -EBADMSG, "page %u: a run of %u pages", page, count);
	}
	uint32_t end = arena->layout.pages_count;
	uint64_t after = page + count < end ? head_get(arena, page + count) : 0;
	struct slab *slab = slab_at(arena, page);
	uint32_t used = 0;
	switch (head_type(head)) {
	case FREE:
		sum->free_pages += count;
		sum->dirty_pages += (head & HEAD_RESIDENT) != 0 ? count : 0;
		if (!list_has(arena, *cn_bin_of(arena, count), page)) {
			return cn_err_set(why, -EBADMSG, "page %u: free, not in its bin", page);
		}
		if (can_merge(after, (head & HEAD_RESIDENT) != 0, end)) {
			return cn_err_set(why, -EBADMSG, "page %u: free runs side by side", page);
		}
		return 0;
	case RUN:
		sum->used += page_off(count);
		sum->blocks++;
		return 0;
	case SLAB:
		if (!slab_is_valid(slab)) {
			return cn_err_set(why, -EBADMSG, "page %u: not a slab", page);
		}
		for (uint32_t i = 0; i < cn_slab_classes[slab->class].count; i++) {
			used += slab_has(slab, i);
		}
		sum->used += (uint64_t)used * cn_slab_classes[slab->class].size;
		sum->blocks += used;
		if (used + slab->free != cn_slab_classes[slab->class].count) {
			return cn_err_set(why, -EBADMSG, "page %u: slab miscounted", page);
		}
		if (list_has(arena, state_of(arena)->partial[slab->class], page) != (slab->free > 0)) {
			return cn_err_set(why, -EBADMSG, "page %u: slab in the wrong list", page);
		}
		return 0;
	default:
		return cn_err_set(why, -EBADMSG, "page %u: no run begins here", page);
	}
}

static int check_locked(struct cn_arena *arena, struct cn_err *why) {
	const struct cn_alloc_state *state = state_of(arena);
	struct cn_alloc_state sum = { .free_pages = 0 };
	for (uint32_t page = arena->layout.first_page; page < arena->layout.pages_count;) {
		int err = check_run(arena, page, &sum, why);
		if (err < 0) {
			return err;
		}
		page += head_count(head_get(arena, page));
	}
	if (sum.free_pages != state->free_pages || sum.dirty_pages != state->dirty_pages ||
			sum.used != state->used || sum.blocks != state->blocks) {
		return cn_err_set(why, -EBADMSG, "sums differ: free %llu %llu, used %llu %llu",
				(unsigned long long)sum.free_pages, (unsigned long long)state->free_pages,
				(unsigned long long)sum.used, (unsigned long long)state->used);
	}
	return 0;
}

int cn_alloc_check(struct cn_arena *arena, struct cn_err *why) {
	int err = cn_alloc_lock(arena);
	if (err < 0) {
		return cn_err_set(why, err, "allocator: %s", cn_strerror(err));
	}
	err = check_locked(arena, why);
	cn_alloc_unlock(arena);
	return err;
}
