/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A block is a run of pages (pages.h) or one of a slab's (slab.h). Before it is marked used it is
 * noted in the record of its process, and the note is cleared after it is marked free again. Notes
 * that disagree with the marks can only come from the process that died holding the mutex, and the
 * repair drops them.
 */
#include "config.h"
#include "lib/shm/alloc.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/shm/slab.h"

// Free pages that stay with us for the next who allocates; more go back to the system.
enum { DIRTY_MAX = (4 << 20) / CN_PAGE };

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
	int err = cn_run_take(arena, (uint32_t)pages, reserved, &page, resident);
	if (err < 0) {
		return err;
	}
	*out = page_off(page);
	cn_note_set(note, *out, 0);
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
		cn_pages_punch(arena, page, count); // its owner died before it knew
	}
	cn_run_free(arena, page, count, (head & HEAD_RESIDENT) != 0);
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
												   : cn_slab_free(arena, block);
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
	struct slab *slab = cn_slab_of(arena, block, &page, &number);
	return slab != NULL && slab_has(slab, number) ? cn_slab_classes[slab->class].size : 0;
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
		cn_note_clear(note);
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
	const struct class_info *info = &cn_slab_classes[slab->class];
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
		cn_pages_list_push(arena, &state->partial[slab->class], page);
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
	cn_run_add_free(arena, page, *count, resident);
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
			cn_note_clear(note); // died between note and mark, or mark and note
		}
	}
	settle_locked(arena);
	return 0;
}

int cn_alloc_lock(struct cn_arena *arena) {
	return cn_mutex_lock(&state_of(arena)->mutex, rebuild, arena);
}

void cn_alloc_unlock(struct cn_arena *arena) {
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
			if (cn_run_cut(arena, page, *count, &resident) < 0) {
				return 0;
			}
			cn_note_set(note, page_off(page), 0);
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
	struct cn_in_flight *note = err < 0 ? NULL : cn_note_find(cn_owner_own(arena), 0);
	if (note == NULL) {
		return err < 0 ? err : -EMFILE;
	}
	for (;;) {
		err = cn_alloc_lock(arena);
		if (err < 0) {
			return err;
		}
		uint32_t count;
		uint32_t page = dirty_take(arena, note, &count);
		cn_alloc_unlock(arena);
		if (page == 0) {
			return 0;
		}
		cn_pages_punch(arena, page, count);
		err = cn_alloc_lock(arena);
		if (err < 0) {
			return err;
		}
		state_of(arena)->used -= page_off(count);
		state_of(arena)->blocks--;
		cn_run_free(arena, page, count, false);
		cn_note_clear(note);
		cn_alloc_unlock(arena);
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
		int err = size <= SMALL_MAX ? cn_slab_alloc(arena, size, reserved, note, out)
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
	struct cn_in_flight *note = cn_note_find(cn_owner_own(arena), 0);
	if (note == NULL) {
		return -EMFILE;
	}
	bool resident = true;
	for (int tries = 0; tries < 2; tries++) {
		err = cn_alloc_lock(arena);
		if (err < 0) {
			return err;
		}
		err = alloc_locked(arena, size, reserved, note, out, &resident);
		bool again = err == -ENOSPC && state_of(arena)->dirty_pages > 0;
		cn_alloc_unlock(arena);
		if (!again || cn_alloc_trim(arena) < 0) { // free runs grow together when they are alike
			break;
		}
	}
	*fresh = !resident;
	if (err == 0 && !resident) {
		uint32_t page = (uint32_t)(*out >> CN_PAGE_BITS);
		uint32_t count = (uint32_t)pages_for(size);
		err = cn_pages_back(arena, page, count);
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
	return cn_owner_mine(arena) == 0 ? NULL : cn_note_find(cn_owner_own(arena), block);
}

void cn_alloc_publish(struct cn_arena *arena, cn_off *word, cn_off block) {
	struct cn_in_flight *note = own_note(arena, block);
	if (note != NULL) {
		atomic_store_explicit(&note->where, cn_off_of(arena, word), memory_order_release);
	}
	__atomic_store_n(word, block, __ATOMIC_RELEASE);
	if (note != NULL) {
		cn_note_clear(note);
	}
}

int cn_alloc_take(struct cn_arena *arena, cn_off *word, cn_off next) {
	cn_owner self;
	int err = cn_owner_self(arena, &self);
	struct cn_in_flight *note = err < 0 ? NULL : cn_note_find(cn_owner_own(arena), 0);
	if (note == NULL) {
		return err < 0 ? err : -EMFILE;
	}
	cn_note_set(note, *word, cn_off_of(arena, word));
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
		cn_note_clear(note);
	}
	cn_free(arena, old);
}

void cn_alloc_keep(struct cn_arena *arena, cn_off block) {
	struct cn_in_flight *note = own_note(arena, block);
	if (note != NULL) {
		cn_note_clear(note);
	}
}

int cn_free(struct cn_arena *arena, cn_off block) {
	if (block == 0) {
		return 0;
	}
	struct cn_in_flight *note = own_note(arena, block);
	int err = cn_alloc_lock(arena);
	if (err < 0) {
		return err;
	}
	err = free_locked(arena, block);
	if (note != NULL) {
		cn_note_clear(note);
	}
	bool trim = wants_trim(arena);
	cn_alloc_unlock(arena);
	if (trim) {
		cn_alloc_trim(arena);
	}
	return err;
}

int cn_alloc_settle(struct cn_arena *arena) {
	int err = cn_alloc_lock(arena);
	if (err == 0) {
		settle_locked(arena);
		cn_alloc_unlock(arena);
	}
	return err;
}

int cn_alloc_bury(struct cn_arena *arena, struct cn_owner_record *record) {
	int err = cn_alloc_lock(arena);
	if (err < 0) {
		return err;
	}
	int freed = 0;
	if (cn_life_is_dead(atomic_load(&record->life.word))) {
		freed = record_settle(arena, record);
		record_retire(record);
	}
	cn_alloc_unlock(arena);
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
	cn_run_add_free(arena, layout->first_page, layout->pages_count - layout->first_page, false);
}

int cn_alloc_stats(struct cn_arena *arena, struct cn_alloc_stats *out) {
	struct stat st;
	if (fstat(arena->fd, &st) < 0) {
		return -errno;
	}
	int err = cn_alloc_lock(arena);
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
	cn_alloc_unlock(arena);
	return 0;
}
