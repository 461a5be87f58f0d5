/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "lib/shm/slab.h"

#include <errno.h>
#include <string.h>

struct class_info cn_slab_classes[CN_CLASSES];

// ---- classes -------------------------------------------------------------------------------

// Steps of 16 up to 128, then four steps to each doubling: a block wastes at most a fifth.
static uint32_t class_of(uint64_t size) {
	if (size <= 128) {
		return size == 0 ? 0 : (uint32_t)(size - 1) / 16;
	}
	uint32_t log = 63 - (uint32_t)__builtin_clzll(size - 1);
	return 8 + (log - 7) * 4 + ((uint32_t)(size - 1) >> (log - 2)) - 4;
}

static uint32_t class_size(uint32_t class) {
	return class < 8 ? 16 * (class + 1) : (5 + (class - 8) % 4) << ((class - 8) / 4 + 5);
}

__attribute__((constructor)) static void classes_init(void) {
	for (uint32_t c = 0; c < CN_CLASSES; c++) {
		struct class_info *info = &cn_slab_classes[c];
		info->size = class_size(c);
		info->count = (SLAB_BYTES - sizeof(struct slab)) / info->size;
		for (;; info->count--) {
			info->words = (info->count + 63) / 64;
			uint32_t bytes = sizeof(struct slab) + info->words * 8;
			info->data = (bytes + 15) / 16 * 16;
			if (info->data + info->count * info->size <= SLAB_BYTES) {
				break;
			}
		}
	}
}

// ---- slabs ---------------------------------------------------------------------------------

static int slab_create(struct cn_arena *arena, uint32_t class, bool reserved, uint32_t *page) {
	bool resident;
	int err = cn_run_take(arena, SLAB_PAGES, reserved, page, &resident);
	if (err < 0) {
		return err;
	}
	if (!resident) {
		err = cn_pages_back(arena, *page, SLAB_PAGES);
		if (err < 0) {
			cn_run_free(arena, *page, SLAB_PAGES, false);
			return err;
		}
	}
	const struct class_info *info = &cn_slab_classes[class];
	struct slab *slab = slab_at(arena, *page);
	*slab = (struct slab){ .magic = SLAB_MAGIC, .class = (uint8_t) class };
	slab->free = (uint16_t)info->count;
	memset(slab->bits, 0, info->words * sizeof(uint64_t));
	if (info->count % 64 != 0) {
		slab->bits[info->words - 1] = ~UINT64_C(0) << info->count % 64;
	}
	for (uint32_t i = 1; i < SLAB_PAGES; i++) {
		head_set(arena, *page + i, head_make(PART, i, false));
	}
	head_set(arena, *page, head_make(SLAB, SLAB_PAGES, true));
	cn_pages_list_push(arena, &state_of(arena)->partial[class], *page);
	return 0;
}

static void slab_destroy(struct cn_arena *arena, uint32_t page, uint32_t class) {
	struct cn_alloc_state *state = state_of(arena);
	cn_pages_list_remove(arena, &state->partial[class], page);
	slab_at(arena, page)->magic = 0;
	for (uint32_t i = 1; i < SLAB_PAGES; i++) {
		head_set(arena, page + i, 0);
	}
	cn_run_free(arena, page, SLAB_PAGES, true);
}

int cn_slab_alloc(struct cn_arena *arena, uint64_t size, bool reserved, struct cn_in_flight *note,
		cn_off *out) {
	struct cn_alloc_state *state = state_of(arena);
	uint32_t class = class_of(size);
	const struct class_info *info = &cn_slab_classes[class];
	uint32_t page = state->partial[class];
	if (page == 0) {
		int err = slab_create(arena, class, reserved, &page);
		if (err < 0) {
			return err;
		}
	}
	if (!page_is_valid(arena, page) || page + SLAB_PAGES > arena->layout.pages_count) {
		return -EBADMSG;
	}
	struct slab *slab = slab_at(arena, page);
	if (!slab_is_valid(slab) || slab->class != class) {
		return -EBADMSG;
	}
	uint32_t w = slab->hint < info->words ? slab->hint : 0;
	for (uint32_t i = 0; slab->bits[w] == ~UINT64_C(0); i++) {
		if (i == info->words) {
			return -EBADMSG;
		}
		w = w + 1 == info->words ? 0 : w + 1;
	}
	uint32_t bit = (uint32_t)__builtin_ctzll(~slab->bits[w]);
	*out = page_off(page) + info->data + (w * 64 + bit) * info->size;
	cn_note_set(note, *out, 0);
	__atomic_store_n(&slab->bits[w], slab->bits[w] | UINT64_C(1) << bit, __ATOMIC_RELEASE);
	slab->hint = (uint16_t)w;
	if (--slab->free == 0) {
		cn_pages_list_remove(arena, &state->partial[class], page);
	}
	state->used += info->size;
	state->blocks++;
	return 0;
}

struct slab *cn_slab_of(
		const struct cn_arena *arena, cn_off block, uint32_t *page, uint32_t *number) {
	*page = (uint32_t)(block >> CN_PAGE_BITS);
	uint64_t head = head_get(arena, *page);
	if (head_type(head) == PART) {
		*page -= head_count(head) < SLAB_PAGES ? head_count(head) : 0;
		head = page_is_valid(arena, *page) ? head_get(arena, *page) : 0;
	}
	if (head_type(head) != SLAB || arena->layout.pages_count - *page < SLAB_PAGES) {
		return NULL;
	}
	struct slab *slab = slab_at(arena, *page);
	if (!slab_is_valid(slab)) {
		return NULL;
	}
	const struct class_info *info = &cn_slab_classes[slab->class];
	uint64_t at = block - page_off(*page);
	*number = ((uint32_t)at - info->data) / info->size;
	if (at < info->data || *number >= info->count || info->data + *number * info->size != at) {
		return NULL;
	}
	return slab;
}

int cn_slab_free(struct cn_arena *arena, cn_off block) {
	struct cn_alloc_state *state = state_of(arena);
	uint32_t page;
	uint32_t number;
	struct slab *slab = cn_slab_of(arena, block, &page, &number);
	if (slab == NULL || !slab_has(slab, number)) {
		return -EBADMSG;
	}
	const struct class_info *info = &cn_slab_classes[slab->class];
	uint32_t w = number / 64;
	__atomic_store_n(
			&slab->bits[w], slab->bits[w] & ~(UINT64_C(1) << number % 64), __ATOMIC_RELEASE);
	state->used -= info->size;
	state->blocks--;
	uint32_t *partial = &state->partial[slab->class];
	slab->hint = (uint16_t)w;
	if (slab->free++ == 0) {
		cn_pages_list_push(arena, partial, page);
	} else if (slab->free == info->count && (*partial != page || page_at(arena, page)->next != 0)) {
		slab_destroy(arena, page, slab->class); // not the last one with room
	}
	return 0;
}
