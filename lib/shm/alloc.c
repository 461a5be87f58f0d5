/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Pages are handed out in runs. The truth about them is one word per run, the head of its first
 * page: free, a large block, or a slab of small ones. Each change of the truth is one store of such
 * a word (or of a word of a slab's bitmap). All else (bins, lists, tails, counts) follows from it
 * and is made anew when a process died holding the mutex.
 *
 *	FREE n ........ TAIL n | RUN n ........ 0 | SLAB 4, PART 1, PART 2, PART 3 | ...
 *
 * The heads inside a run are 0, but for the tail of a free one, which leads back to its head, and
 * the parts of a slab, which lead to it.
 *
 * Before a block is marked used it is noted in the record of its process, and the note is cleared
 * after it is marked free again. Notes that disagree with the marks can only come from the process
 * that died holding the mutex, and the repair drops them.
 */
#include "config.h"
#include "lib/shm/alloc.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/shm/layout.h"

enum { SLAB_PAGES = 4, SLAB_BYTES = SLAB_PAGES * CN_PAGE, SLAB_MAGIC = 0x51ab };
enum { SMALL_MAX = 2048 };

// Free pages that stay with us for the next who allocates; more go back to the system.
enum { DIRTY_MAX = (4 << 20) / CN_PAGE };

enum head_type { NONE, FREE, RUN, SLAB, PART, TAIL };

#define HEAD_TYPE_SHIFT 40
#define HEAD_RESIDENT (UINT64_C(1) << 48) // all of its pages are known to have memory
#define HEAD_COUNT ((UINT64_C(1) << HEAD_TYPE_SHIFT) - 1)

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

static struct class_info class_infos[CN_CLASSES];

// ---- heads ---------------------------------------------------------------------------------

static uint64_t head_make(enum head_type type, uint64_t count, bool resident) {
	return (uint64_t)type << HEAD_TYPE_SHIFT | count | (resident ? HEAD_RESIDENT : 0);
}

static enum head_type head_type(uint64_t head) {
	return (enum head_type)(head >> HEAD_TYPE_SHIFT & 0xff);
}

static uint32_t head_count(uint64_t head) {
	return (uint32_t)(head & HEAD_COUNT);
}

static struct cn_page *page_at(const struct cn_arena *arena, uint32_t page) {
	return (struct cn_page *)(arena->base + arena->layout.pages) + page;
}

static uint64_t head_get(const struct cn_arena *arena, uint32_t page) {
	return atomic_load_explicit(&page_at(arena, page)->head, memory_order_relaxed);
}

static void head_set(const struct cn_arena *arena, uint32_t page, uint64_t head) {
	atomic_store_explicit(&page_at(arena, page)->head, head, memory_order_release);
}

static bool page_is_valid(const struct cn_arena *arena, uint32_t page) {
	return page >= arena->layout.first_page && page < arena->layout.pages_count;
}

static cn_off page_off(uint32_t page) {
	return (cn_off)page << CN_PAGE_BITS;
}

static struct cn_alloc_state *state_of(const struct cn_arena *arena) {
	return &arena->header->alloc;
}

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
		struct class_info *info = &class_infos[c];
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

// ---- lists of pages: bins and slabs with room ------------------------------------------------

static void list_push(const struct cn_arena *arena, uint32_t *list, uint32_t page) {
	struct cn_page *entry = page_at(arena, page);
	entry->prev = 0;
	entry->next = *list;
	if (page_is_valid(arena, *list)) {
		page_at(arena, *list)->prev = page;
	}
	*list = page;
}

static void list_remove(const struct cn_arena *arena, uint32_t *list, uint32_t page) {
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

static uint32_t *bin_of(const struct cn_arena *arena, uint32_t count) {
	return &state_of(arena)->bins[31 - (uint32_t)__builtin_clz(count)];
}

// ---- runs ----------------------------------------------------------------------------------

// Make [page, page + count) a free run in its bin. The head may say so already. Runs that have
// memory and runs that have none are not merged, so that each is known to be one or the other.
static void free_add(const struct cn_arena *arena, uint32_t page, uint32_t count, bool resident) {
	if (count > 1) {
		head_set(arena, page + count - 1, head_make(TAIL, count, false));
	}
	head_set(arena, page, head_make(FREE, count, resident));
	list_push(arena, bin_of(arena, count), page);
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

// Whether the head is of a free run like ours, that fits into `space` pages.
static bool can_merge(uint64_t head, bool resident, uint32_t space) {
	return head_type(head) == FREE && ((head & HEAD_RESIDENT) != 0) == resident &&
			head_count(head) <= space;
}

// Give the run back; its head still says RUN or SLAB.
static void run_free(struct cn_arena *arena, uint32_t page, uint32_t count, bool resident) {
	struct cn_alloc_state *state = state_of(arena);
	head_set(arena, page, head_make(FREE, count, resident)); // from here on it is free
	state->free_pages += count;
	state->dirty_pages += resident ? count : 0;
	uint32_t after = page + count;
	uint32_t space = arena->layout.pages_count - after;
	uint64_t head = space > 0 ? head_get(arena, after) : 0;
	if (can_merge(head, resident, space)) {
		list_remove(arena, bin_of(arena, head_count(head)), after);
		count += head_count(head);
		head_set(arena, page, head_make(FREE, count, resident));
		head_set(arena, after, 0);
	}
	uint32_t before;
	if (free_before(arena, page, &before) && can_merge(head_get(arena, before), resident, page)) {
		uint32_t more = page - before;
		list_remove(arena, bin_of(arena, more), before);
		count += more;
		head_set(arena, before, head_make(FREE, count, resident));
		head_set(arena, page, 0);
		if (page - 1 != before) {
			head_set(arena, page - 1, 0);
		}
		page = before;
	}
	free_add(arena, page, count, resident);
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

// Cut `count` pages off a free run found before; the caller stores the head, which commits it.
static int run_cut(struct cn_arena *arena, uint32_t page, uint32_t count, bool *resident) {
	struct cn_alloc_state *state = state_of(arena);
	uint64_t head = head_get(arena, page);
	uint32_t have = head_count(head);
	if (head_type(head) != FREE || have < count || have > arena->layout.pages_count - page) {
		return -EBADMSG;
	}
	*resident = (head & HEAD_RESIDENT) != 0;
	list_remove(arena, bin_of(arena, have), page);
	if (have > count) {
		free_add(arena, page + count, have - count, *resident);
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

static int run_take(
		struct cn_arena *arena, uint32_t count, bool reserved, uint32_t *page, bool *resident) {
	uint64_t left = state_of(arena)->free_pages;
	if (left < count || (!reserved && left - count < reserve_pages(arena))) {
		return -ENOSPC;
	}
	*page = run_find(arena, count);
	return *page == 0 ? -ENOSPC : run_cut(arena, *page, count, resident);
}

// ---- memory behind the pages -----------------------------------------------------------------

// Have memory put behind the pages, so that a full system is an error here and no SIGBUS later.
static int pages_back(const struct cn_arena *arena, uint32_t page, uint32_t count) {
	const uint32_t step = (16 << 20) / CN_PAGE; // an interrupted call starts again: small bites
	for (uint32_t done = 0; done < count;) {
		uint32_t n = count - done < step ? count - done : step;
		if (fallocate(arena->fd, FALLOC_FL_KEEP_SIZE, (off_t)page_off(page + done),
					(off_t)page_off(n)) == 0) {
			done += n;
		} else if (errno == EOPNOTSUPP) {
			return 0;
		} else if (errno != EINTR) {
			return -ENOSPC;
		}
	}
	return 0;
}

static void pages_punch(const struct cn_arena *arena, uint32_t page, uint32_t count) {
	while (fallocate(arena->fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, (off_t)page_off(page),
				   (off_t)page_off(count)) < 0 &&
			errno == EINTR) {
	}
}

// ---- notes of blocks in flight -----------------------------------------------------------------

static struct cn_in_flight *note_find(struct cn_owner_record *record, cn_off block) {
	for (size_t i = 0; i < CN_IN_FLIGHT; i++) {
		struct cn_in_flight *note = &record->in_flight[i];
		if (atomic_load_explicit(&note->block, memory_order_relaxed) == block) {
			return note;
		}
	}
	return NULL;
}

static void note_set(struct cn_in_flight *note, cn_off block, cn_off where) {
	atomic_store_explicit(&note->where, where, memory_order_release);
	atomic_store_explicit(&note->block, block, memory_order_release);
}

static void note_clear(struct cn_in_flight *note) {
	atomic_store_explicit(&note->block, 0, memory_order_release);
}

// ---- slabs ---------------------------------------------------------------------------------

static struct slab *slab_at(const struct cn_arena *arena, uint32_t page) {
	return (struct slab *)(arena->base + page_off(page));
}

static bool slab_is_valid(const struct slab *slab) {
	return slab->magic == SLAB_MAGIC && slab->class < CN_CLASSES;
}

static int slab_create(struct cn_arena *arena, uint32_t class, bool reserved, uint32_t *page) {
	bool resident;
	int err = run_take(arena, SLAB_PAGES, reserved, page, &resident);
	if (err < 0) {
		return err;
	}
	if (!resident) {
		err = pages_back(arena, *page, SLAB_PAGES);
		if (err < 0) {
			run_free(arena, *page, SLAB_PAGES, false);
			return err;
		}
	}
	const struct class_info *info = &class_infos[class];
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
	list_push(arena, &state_of(arena)->partial[class], *page);
	return 0;
}

static void slab_destroy(struct cn_arena *arena, uint32_t page, uint32_t class) {
	struct cn_alloc_state *state = state_of(arena);
	list_remove(arena, &state->partial[class], page);
	slab_at(arena, page)->magic = 0;
	for (uint32_t i = 1; i < SLAB_PAGES; i++) {
		head_set(arena, page + i, 0);
	}
	run_free(arena, page, SLAB_PAGES, true);
}

static int small_alloc(struct cn_arena *arena, uint64_t size, bool reserved,
		struct cn_in_flight *note, cn_off *out) {
	struct cn_alloc_state *state = state_of(arena);
	uint32_t class = class_of(size);
	const struct class_info *info = &class_infos[class];
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
	note_set(note, *out, 0);
	__atomic_store_n(&slab->bits[w], slab->bits[w] | UINT64_C(1) << bit, __ATOMIC_RELEASE);
	slab->hint = (uint16_t)w;
	if (--slab->free == 0) {
		list_remove(arena, &state->partial[class], page);
	}
	state->used += info->size;
	state->blocks++;
	return 0;
}

// The slab `block` is a block of, with its page and its number in it; NULL: it is none.
static struct slab *slab_of(
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
	const struct class_info *info = &class_infos[slab->class];
	uint64_t at = block - page_off(*page);
	*number = ((uint32_t)at - info->data) / info->size;
	if (at < info->data || *number >= info->count || info->data + *number * info->size != at) {
		return NULL;
	}
	return slab;
}

static bool slab_has(const struct slab *slab, uint32_t number) {
	return (slab->bits[number / 64] >> number % 64 & 1) != 0;
}

static int small_free(struct cn_arena *arena, cn_off block) {
	struct cn_alloc_state *state = state_of(arena);
	uint32_t page;
	uint32_t number;
	struct slab *slab = slab_of(arena, block, &page, &number);
	if (slab == NULL || !slab_has(slab, number)) {
		return -EBADMSG;
	}
	const struct class_info *info = &class_infos[slab->class];
	uint32_t w = number / 64;
	__atomic_store_n(
			&slab->bits[w], slab->bits[w] & ~(UINT64_C(1) << number % 64), __ATOMIC_RELEASE);
	state->used -= info->size;
	state->blocks--;
	uint32_t *partial = &state->partial[slab->class];
	slab->hint = (uint16_t)w;
	if (slab->free++ == 0) {
		list_push(arena, partial, page);
	} else if (slab->free == info->count && (*partial != page || page_at(arena, page)->next != 0)) {
		slab_destroy(arena, page, slab->class); // not the last one with room
	}
	return 0;
}

// ---- large blocks ----------------------------------------------------------------------------

static uint64_t pages_for(uint64_t size) {
	return size / CN_PAGE + (size % CN_PAGE != 0);
}

static int large_alloc(struct cn_arena *arena, uint64_t size, bool reserved,
		struct cn_in_flight *note, cn_off *out, bool *resident) {
	struct cn_alloc_state *state = state_of(arena);
	uint64_t pages = pages_for(size);
	if (pages > arena->layout.pages_count) {
		return -ENOSPC;
	}
	uint32_t page;
	int err = run_take(arena, (uint32_t)pages, reserved, &page, resident);
	if (err < 0) {
		return err;
	}
	*out = page_off(page);
	note_set(note, *out, 0);
	head_set(arena, page, head_make(RUN, pages, *resident));
	state->used += page_off((uint32_t)pages);
	state->blocks++;
	return 0;
}

static int large_free(struct cn_arena *arena, cn_off block) {
	struct cn_alloc_state *state = state_of(arena);
	uint32_t page = (uint32_t)(block >> CN_PAGE_BITS);
	uint64_t head = head_get(arena, page);
	uint32_t count = head_count(head);
	if (head_type(head) != RUN || block % CN_PAGE != 0 || count == 0 ||
			count > arena->layout.pages_count - page) {
		return -EBADMSG;
	}
	state->used -= page_off(count);
	state->blocks--;
	if ((head & HEAD_RESIDENT) == 0) {
		pages_punch(arena, page, count); // its owner died before it knew
	}
	run_free(arena, page, count, (head & HEAD_RESIDENT) != 0);
	return 0;
}

static bool block_is_inside(const struct cn_arena *arena, cn_off block) {
	return block < arena->size && page_is_valid(arena, (uint32_t)(block >> CN_PAGE_BITS));
}

static int free_locked(struct cn_arena *arena, cn_off block) {
	if (!block_is_inside(arena, block)) {
		return -EBADMSG;
	}
	uint32_t page = (uint32_t)(block >> CN_PAGE_BITS);
	return head_type(head_get(arena, page)) == RUN ? large_free(arena, block)
												   : small_free(arena, block);
}

uint64_t cn_alloc_room(struct cn_arena *arena, cn_off block) {
	if (!block_is_inside(arena, block)) {
		return 0;
	}
	uint32_t page = (uint32_t)(block >> CN_PAGE_BITS);
	uint64_t head = head_get(arena, page);
	if (head_type(head) == RUN) {
		return block % CN_PAGE == 0 ? page_off(head_count(head)) : 0;
	}
	uint32_t number;
	struct slab *slab = slab_of(arena, block, &page, &number);
	return slab != NULL && slab_has(slab, number) ? class_infos[slab->class].size : 0;
}

// ---- what the dead left ------------------------------------------------------------------------

// The block is where its note says, so it belongs to that structure.
static bool note_is_published(
		struct cn_arena *arena, const struct cn_in_flight *note, cn_off block) {
	cn_off where = atomic_load_explicit(&note->where, memory_order_acquire);
	const cn_off *word = where == 0 ? NULL : CN_AT(arena, where, cn_off);
	return word != NULL && __atomic_load_n(word, __ATOMIC_ACQUIRE) == block;
}

static int record_settle(struct cn_arena *arena, struct cn_owner_record *record) {
	int freed = 0;
	for (size_t i = 0; i < CN_IN_FLIGHT; i++) {
		struct cn_in_flight *note = &record->in_flight[i];
		cn_off block = atomic_load_explicit(&note->block, memory_order_acquire);
		if (block == 0) {
			continue;
		}
		if (!note_is_published(arena, note, block) && free_locked(arena, block) == 0) {
			freed++;
		}
		note_clear(note);
	}
	return freed;
}

static uint32_t records_high(const struct cn_arena *arena) {
	uint32_t high = atomic_load(&arena->header->owners_high);
	return high > arena->layout.owners_count ? arena->layout.owners_count : high;
}

static int settle_locked(struct cn_arena *arena) {
	int freed = 0;
	uint32_t high = records_high(arena);
	for (uint32_t i = 0; i < high; i++) {
		struct cn_owner_record *record = &cn_owner_records(arena)[i];
		if (cn_life_is_dead(atomic_load(&record->life.word))) {
			freed += record_settle(arena, record);
		}
	}
	return freed;
}

static void record_retire(struct cn_owner_record *record) {
	atomic_fetch_add(&record->generation, 1); // nobody means this process any more
	atomic_store(&record->life.word, 0);
}

// ---- repair ----------------------------------------------------------------------------------

static int rebuild_slab(struct cn_arena *arena, uint32_t page) {
	struct cn_alloc_state *state = state_of(arena);
	struct slab *slab = slab_at(arena, page);
	if (!slab_is_valid(slab)) {
		return -EBADMSG;
	}
	const struct class_info *info = &class_infos[slab->class];
	uint32_t used = 0;
	for (uint32_t w = 0; w < info->words; w++) {
		used += (uint32_t)__builtin_popcountll(slab->bits[w]);
	}
	used -= info->words * 64 - info->count;
	if (used > info->count) {
		return -EBADMSG;
	}
	slab->free = (uint16_t)(info->count - used);
	slab->hint = 0;
	for (uint32_t i = 1; i < SLAB_PAGES; i++) {
		head_set(arena, page + i, head_make(PART, i, false));
	}
	if (slab->free > 0) {
		list_push(arena, &state->partial[slab->class], page);
	}
	state->used += (uint64_t)used * info->size;
	state->blocks += used;
	return 0;
}

// The run at `page` into the lists; *count: its pages. Free runs that follow are merged into it.
static int rebuild_run(struct cn_arena *arena, uint32_t page, uint32_t *count) {
	struct cn_alloc_state *state = state_of(arena);
	const uint32_t end = arena->layout.pages_count;
	uint64_t head = head_get(arena, page);
	*count = head_count(head);
	if (*count == 0 || *count > end - page) {
		return -EBADMSG;
	}
	switch (head_type(head)) {
	case SLAB:
		return *count == SLAB_PAGES ? rebuild_slab(arena, page) : -EBADMSG;
	case RUN:
		if (*count > 1) {
			head_set(arena, page + *count - 1, 0);
		}
		state->used += page_off(*count);
		state->blocks++;
		return 0;
	case FREE:
		break;
	default:
		return -EBADMSG;
	}
	bool resident = (head & HEAD_RESIDENT) != 0;
	while (page + *count < end) {
		uint32_t after = page + *count;
		uint64_t next = head_get(arena, after);
		if (!can_merge(next, resident, end - after)) {
			break;
		}
		*count += head_count(next);
		head_set(arena, page, head_make(FREE, *count, resident));
		head_set(arena, after, 0);
	}
	state->free_pages += *count;
	state->dirty_pages += resident ? *count : 0;
	free_add(arena, page, *count, resident);
	return 0;
}

static bool is_allocated(struct cn_arena *arena, cn_off block) {
	return cn_alloc_room(arena, block) != 0;
}

// Make everything that is derived anew from the heads and bitmaps.
static int rebuild(void *data) {
	struct cn_arena *arena = data;
	struct cn_alloc_state *state = state_of(arena);
	memset(state->bins, 0, sizeof(state->bins));
	memset(state->partial, 0, sizeof(state->partial));
	state->free_pages = 0;
	state->dirty_pages = 0;
	state->used = 0;
	state->blocks = 0;
	uint32_t page = arena->layout.first_page;
	while (page < arena->layout.pages_count) {
		uint32_t count;
		int err = rebuild_run(arena, page, &count);
		if (err < 0) {
			return err;
		}
		page += count;
	}
	uint32_t high = records_high(arena);
	for (uint32_t i = 0; i < high * CN_IN_FLIGHT; i++) {
		struct cn_in_flight *note =
				&cn_owner_records(arena)[i / CN_IN_FLIGHT].in_flight[i % CN_IN_FLIGHT];
		cn_off block = atomic_load(&note->block);
		if (block != 0 && !is_allocated(arena, block)) {
			note_clear(note); // died between note and mark, or mark and note
		}
	}
	settle_locked(arena);
	return 0;
}

static int state_lock(struct cn_arena *arena) {
	return cn_mutex_lock(&state_of(arena)->mutex, rebuild, arena);
}

static void state_unlock(struct cn_arena *arena) {
	cn_mutex_unlock(&state_of(arena)->mutex);
}

// ---- giving pages back -------------------------------------------------------------------------

// A free run that has memory, as a block in flight; 0: none.
static uint32_t dirty_take(struct cn_arena *arena, struct cn_in_flight *note, uint32_t *count) {
	struct cn_alloc_state *state = state_of(arena);
	for (uint32_t b = state->dirty_pages == 0 ? 0 : CN_BINS; b-- > 0;) {
		uint32_t steps = 0;
		for (uint32_t page = state->bins[b];
				page_is_valid(arena, page) && steps++ < arena->layout.pages_count;
				page = page_at(arena, page)->next) {
			uint64_t head = head_get(arena, page);
			if ((head & HEAD_RESIDENT) == 0) {
				continue;
			}
			bool resident;
			*count = head_count(head);
			if (run_cut(arena, page, *count, &resident) < 0) {
				return 0;
			}
			note_set(note, page_off(page), 0);
			head_set(arena, page, head_make(RUN, *count, false));
			state->used += page_off(*count);
			state->blocks++;
			return page;
		}
	}
	return 0;
}

// Punching is slow: it is done to a block of our own, without the mutex.
int cn_alloc_trim(struct cn_arena *arena) {
	cn_owner self;
	int err = cn_owner_self(arena, &self);
	struct cn_in_flight *note = err < 0 ? NULL : note_find(cn_owner_own(arena), 0);
	if (note == NULL) {
		return err < 0 ? err : -EMFILE;
	}
	for (;;) {
		err = state_lock(arena);
		if (err < 0) {
			return err;
		}
		uint32_t count;
		uint32_t page = dirty_take(arena, note, &count);
		state_unlock(arena);
		if (page == 0) {
			return 0;
		}
		pages_punch(arena, page, count);
		err = state_lock(arena);
		if (err < 0) {
			return err;
		}
		state_of(arena)->used -= page_off(count);
		state_of(arena)->blocks--;
		run_free(arena, page, count, false);
		note_clear(note);
		state_unlock(arena);
	}
}

static bool wants_trim(const struct cn_arena *arena) {
	const struct cn_alloc_state *state = state_of(arena);
	return state->dirty_pages > DIRTY_MAX && state->dirty_pages > state->used / CN_PAGE / 4;
}

// ---- the interface ---------------------------------------------------------------------------

static int alloc_locked(struct cn_arena *arena, uint64_t size, bool reserved,
		struct cn_in_flight *note, cn_off *out, bool *resident) {
	for (int tries = 0;; tries++) {
		int err = size <= SMALL_MAX ? small_alloc(arena, size, reserved, note, out)
									: large_alloc(arena, size, reserved, note, out, resident);
		if (err != -ENOSPC || tries > 0 || settle_locked(arena) == 0) {
			return err;
		}
	}
}

// *fresh: the block is known to hold zeros.
static int alloc(struct cn_arena *arena, uint64_t size, bool reserved, cn_off *out, bool *fresh) {
	cn_owner self;
	int err = cn_owner_self(arena, &self);
	if (err < 0) {
		return err;
	}
	struct cn_in_flight *note = note_find(cn_owner_own(arena), 0);
	if (note == NULL) {
		return -EMFILE;
	}
	bool resident = true;
	for (int tries = 0; tries < 2; tries++) {
		err = state_lock(arena);
		if (err < 0) {
			return err;
		}
		err = alloc_locked(arena, size, reserved, note, out, &resident);
		bool again = err == -ENOSPC && state_of(arena)->dirty_pages > 0;
		state_unlock(arena);
		if (!again || cn_alloc_trim(arena) < 0) { // free runs grow together when they are alike
			break;
		}
	}
	*fresh = !resident;
	if (err == 0 && !resident) {
		uint32_t page = (uint32_t)(*out >> CN_PAGE_BITS);
		uint32_t count = (uint32_t)pages_for(size);
		err = pages_back(arena, page, count);
		if (err < 0) {
			cn_free(arena, *out);
		} else {
			head_set(arena, page, head_make(RUN, count, true));
		}
	}
	return err;
}

int cn_alloc(struct cn_arena *arena, uint64_t size, cn_off *out) {
	bool fresh;
	return alloc(arena, size, false, out, &fresh);
}

int cn_alloc_reserved(struct cn_arena *arena, uint64_t size, cn_off *out) {
	bool fresh;
	return alloc(arena, size, true, out, &fresh);
}

int cn_alloc_zero(struct cn_arena *arena, uint64_t size, cn_off *out) {
	bool fresh;
	int err = alloc(arena, size, false, out, &fresh);
	if (err == 0 && !fresh) {
		memset(arena->base + *out, 0, size);
	}
	return err;
}

// Our own note of the block; NULL: it is not in flight with us.
static struct cn_in_flight *own_note(struct cn_arena *arena, cn_off block) {
	return cn_owner_mine(arena) == 0 ? NULL : note_find(cn_owner_own(arena), block);
}

void cn_alloc_publish(struct cn_arena *arena, cn_off *word, cn_off block) {
	struct cn_in_flight *note = own_note(arena, block);
	if (note != NULL) {
		atomic_store_explicit(&note->where, cn_off_of(arena, word), memory_order_release);
	}
	__atomic_store_n(word, block, __ATOMIC_RELEASE);
	if (note != NULL) {
		note_clear(note);
	}
}

int cn_alloc_take(struct cn_arena *arena, cn_off *word, cn_off next) {
	cn_owner self;
	int err = cn_owner_self(arena, &self);
	struct cn_in_flight *note = err < 0 ? NULL : note_find(cn_owner_own(arena), 0);
	if (note == NULL) {
		return err < 0 ? err : -EMFILE;
	}
	note_set(note, *word, cn_off_of(arena, word));
	__atomic_store_n(word, next, __ATOMIC_RELEASE);
	atomic_store_explicit(&note->where, 0, memory_order_release);
	return 0;
}

void cn_alloc_retire(struct cn_arena *arena, cn_off *word, cn_off next) {
	cn_off block = *word;
	if (cn_alloc_take(arena, word, next) < 0) {
		*word = next; // no note is free: a kill right here would leak it
	}
	cn_free(arena, block);
}

// Both notes say where they are to be found: after the store the one does, before it the other.
void cn_alloc_replace(struct cn_arena *arena, cn_off *word, cn_off block) {
	cn_off old = *word;
	struct cn_in_flight *note = own_note(arena, block);
	if (note != NULL) {
		atomic_store_explicit(&note->where, cn_off_of(arena, word), memory_order_release);
	}
	if (old == 0 || cn_alloc_take(arena, word, block) < 0) {
		__atomic_store_n(word, block, __ATOMIC_RELEASE);
	}
	if (note != NULL) {
		note_clear(note);
	}
	cn_free(arena, old);
}

void cn_alloc_keep(struct cn_arena *arena, cn_off block) {
	struct cn_in_flight *note = own_note(arena, block);
	if (note != NULL) {
		note_clear(note);
	}
}

int cn_free(struct cn_arena *arena, cn_off block) {
	if (block == 0) {
		return 0;
	}
	struct cn_in_flight *note = own_note(arena, block);
	int err = state_lock(arena);
	if (err < 0) {
		return err;
	}
	err = free_locked(arena, block);
	if (note != NULL) {
		note_clear(note);
	}
	bool trim = wants_trim(arena);
	state_unlock(arena);
	if (trim) {
		cn_alloc_trim(arena);
	}
	return err;
}

int cn_alloc_settle(struct cn_arena *arena) {
	int err = state_lock(arena);
	if (err == 0) {
		settle_locked(arena);
		state_unlock(arena);
	}
	return err;
}

int cn_alloc_bury(struct cn_arena *arena, struct cn_owner_record *record) {
	int err = state_lock(arena);
	if (err < 0) {
		return err;
	}
	int freed = 0;
	if (cn_life_is_dead(atomic_load(&record->life.word))) {
		freed = record_settle(arena, record);
		record_retire(record);
	}
	state_unlock(arena);
	return freed;
}

int cn_alloc_sweep(struct cn_arena *arena) {
	int freed = 0;
	uint32_t high = records_high(arena);
	for (uint32_t i = 0; i < high; i++) {
		struct cn_owner_record *record = &cn_owner_records(arena)[i];
		if (cn_life_is_dead(atomic_load(&record->life.word))) {
			int err = cn_alloc_bury(arena, record);
			if (err < 0) {
				return err;
			}
			freed += err;
		}
	}
	return freed;
}

void cn_alloc_init(struct cn_arena *arena) {
	const struct cn_layout *layout = &arena->layout;
	state_of(arena)->free_pages = layout->pages_count - layout->first_page;
	free_add(arena, layout->first_page, layout->pages_count - layout->first_page, false);
}

int cn_alloc_stats(struct cn_arena *arena, struct cn_alloc_stats *out) {
	struct stat st;
	if (fstat(arena->fd, &st) < 0) {
		return -errno;
	}
	int err = state_lock(arena);
	if (err < 0) {
		return err;
	}
	const struct cn_alloc_state *state = state_of(arena);
	uint64_t pages = arena->layout.pages_count - arena->layout.first_page;
	*out = (struct cn_alloc_stats){
		.size = arena->size,
		.used = state->used,
		.blocks = state->blocks,
		.pages = (pages - state->free_pages) * CN_PAGE,
		.resident = (uint64_t)st.st_blocks * 512,
	};
	uint32_t high = records_high(arena);
	for (uint32_t i = 0; i < high * CN_IN_FLIGHT; i++) {
		const struct cn_in_flight *note =
				&cn_owner_records(arena)[i / CN_IN_FLIGHT].in_flight[i % CN_IN_FLIGHT];
		out->in_flight += atomic_load(&note->block) != 0;
	}
	state_unlock(arena);
	return 0;
}

// ---- checking ----------------------------------------------------------------------------------

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
		if (!list_has(arena, *bin_of(arena, count), page)) {
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
		for (uint32_t i = 0; i < class_infos[slab->class].count; i++) {
			used += slab_has(slab, i);
		}
		sum->used += (uint64_t)used * class_infos[slab->class].size;
		sum->blocks += used;
		if (used + slab->free != class_infos[slab->class].count) {
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
	int err = state_lock(arena);
	if (err < 0) {
		return cn_err_set(why, err, "allocator: %s", cn_strerror(err));
	}
	err = check_locked(arena, why);
	state_unlock(arena);
	return err;
}
