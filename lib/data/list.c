/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A ring of words that lead to blocks. What is in the list is told by the words themselves: those
 * of the items are set, all others are 0. The span (where it begins, how many there are) follows
 * them by one step, so that a process that died in between leaves one of these, and the repair ends
 * or undoes what it did:
 *
 *	a set word right outside the span: a push or unshift that lacks its last step
 *	a 0 inside: an item was taken out, or place is being made for one
 *	two words side by side that are the same: the 0 is just being moved on
 *
 * A larger or a sorted ring is made apart and then put in place of the old one by one store.
 */
#include "config.h"
#include "lib/data/list.h"

#include <errno.h>
#include <stdlib.h>

#include "lib/shm/alloc.h"

enum { CAP_MIN = 8, FREE_MIN = 2 }; // two words outside the span, so that they are two ends
#define CAP_MAX (UINT64_C(1) << 31)

struct item {
	uint32_t len;
	char data[];
};

struct ring {
	uint64_t cap; // a power of two
	uint64_t span; // begin << 32 | count
	cn_off at[];
};

// All guarded by the object's mutex.
struct list {
	struct cn_object object;
	_Atomic uint64_t version;
	cn_off ring; // struct ring; 0: it never had an item
	uint64_t clearing; // a clear has begun, and must be ended before anything else
};

// ---- the ring ----------------------------------------------------------------------------------

static uint64_t count_of(const struct ring *ring) {
	return ring == NULL ? 0 : ring->span & UINT32_MAX;
}

static uint64_t begin_of(const struct ring *ring) {
	return ring->span >> 32;
}

static cn_off *word_at(struct ring *ring, uint64_t index) {
	return &ring->at[(begin_of(ring) + index) & (ring->cap - 1)];
}

static void span_set(struct ring *ring, uint64_t begin, uint64_t count) {
	begin &= ring->cap - 1;
	__atomic_store_n(&ring->span, begin << 32 | count, __ATOMIC_RELEASE);
}

// *out may be NULL: it has none.
static int ring_of(const struct cn_arena *arena, const struct list *list, struct ring **out) {
	*out = NULL;
	if (list->ring == 0) {
		return 0;
	}
	struct ring *ring = CN_AT(arena, list->ring, struct ring);
	if (ring == NULL || ring->cap < CAP_MIN || ring->cap > CAP_MAX ||
			(ring->cap & (ring->cap - 1)) != 0 || count_of(ring) > ring->cap - FREE_MIN ||
			cn_at(arena, list->ring, sizeof(*ring) + ring->cap * sizeof(cn_off), 1) == NULL) {
		return -EBADMSG;
	}
	*out = ring;
	return 0;
}

static struct item *item_at(const struct cn_arena *arena, cn_off off) {
	struct item *item = CN_AT(arena, off, struct item);
	return item != NULL && cn_at(arena, off, sizeof(*item) + (uint64_t)item->len, 1) != NULL ? item
																							 : NULL;
}

// A ring with the same items and room for `cap` words. `order`: what they are to be (NULL: as now).
static int ring_replace(
		struct cn_arena *arena, struct list *list, uint64_t cap, const cn_off *order) {
	struct ring *old;
	int err = ring_of(arena, list, &old);
	if (err < 0) {
		return err;
	}
	uint64_t count = count_of(old);
	cn_off off;
	err = cap > CAP_MAX ? -ENOSPC : cn_alloc_zero(arena, sizeof(*old) + cap * sizeof(cn_off), &off);
	if (err < 0) {
		return err;
	}
	struct ring *ring = (struct ring *)(arena->base + off);
	ring->cap = cap;
	ring->span = count;
	for (uint64_t i = 0; i < count; i++) {
		ring->at[i] = order != NULL ? order[i] : *word_at(old, i);
	}
	cn_alloc_replace(arena, &list->ring, off);
	return 0;
}

// Room for one more than `count` items. *out is the ring, which may have moved.
static int ring_room(struct cn_arena *arena, struct list *list, uint64_t count, struct ring **out) {
	int err = ring_of(arena, list, out);
	uint64_t cap = *out == NULL ? 0 : (*out)->cap;
	if (err < 0 || count + 1 + FREE_MIN <= cap) {
		return err;
	}
	uint64_t want = cap < CAP_MIN ? CAP_MIN : cap;
	while (want < count + 1 + FREE_MIN) {
		want *= 2;
	}
	err = ring_replace(arena, list, want, NULL);
	return err < 0 ? err : ring_of(arena, list, out);
}

// A ring that is mostly empty gives its memory back. That it cannot is no matter.
static void ring_shrink(struct cn_arena *arena, struct list *list, const struct ring *ring) {
	if (ring->cap > CAP_MIN * 8 && count_of(ring) < ring->cap / 8) {
		ring_replace(arena, list, ring->cap / 4, NULL);
	}
}

/*
 * Move the 0 at `from` to `to`, one step at a time, each of which leaves either a 0 or two words
 * that are the same.
 */
static void hole_move(struct ring *ring, uint64_t from, uint64_t to) {
	while (from != to) {
		uint64_t next = from < to ? from + 1 : from - 1;
		__atomic_store_n(word_at(ring, from), *word_at(ring, next), __ATOMIC_RELEASE);
		__atomic_store_n(word_at(ring, next), 0, __ATOMIC_RELEASE);
		from = next;
	}
}

// Take the 0 at `index` out of the span, by the shorter way.
static void hole_close(struct ring *ring, uint64_t index) {
	uint64_t count = count_of(ring);
	if (index < count / 2) {
		hole_move(ring, index, 0);
		span_set(ring, begin_of(ring) + 1, count - 1);
	} else {
		hole_move(ring, index, count - 1);
		span_set(ring, begin_of(ring), count - 1);
	}
}

// ---- repair ------------------------------------------------------------------------------------

static void clear(struct cn_arena *arena, struct list *list) {
	__atomic_store_n(&list->clearing, 1, __ATOMIC_RELEASE);
	struct ring *ring;
	if (ring_of(arena, list, &ring) == 0 && ring != NULL) {
		for (uint64_t i = 0; i < ring->cap; i++) {
			if (ring->at[i] != 0) {
				cn_alloc_retire(arena, &ring->at[i], 0);
			}
		}
		span_set(ring, 0, 0);
		cn_alloc_retire(arena, &list->ring, 0);
	}
	__atomic_store_n(&list->clearing, 0, __ATOMIC_RELEASE);
}

static void repair_ends(struct ring *ring) {
	uint64_t count = count_of(ring);
	if (*word_at(ring, count) != 0) {
		span_set(ring, begin_of(ring), count + 1);
	} else if (*word_at(ring, ring->cap - 1) != 0) {
		span_set(ring, begin_of(ring) - 1, count + 1);
	}
}

static void repair_inside(struct ring *ring) {
	uint64_t count = count_of(ring);
	for (uint64_t i = 0; i < count; i++) {
		if (i + 1 < count && *word_at(ring, i) == *word_at(ring, i + 1)) {
			__atomic_store_n(word_at(ring, i), 0, __ATOMIC_RELEASE);
		}
		if (*word_at(ring, i) == 0) {
			hole_close(ring, i);
			return;
		}
	}
}

static int list_repair(struct cn_arena *arena, struct cn_object *object) {
	struct list *list = (struct list *)object;
	atomic_fetch_add_explicit(&list->version, 1, memory_order_relaxed);
	if (list->clearing != 0) {
		clear(arena, list);
	}
	struct ring *ring;
	int err = ring_of(arena, list, &ring);
	if (ring != NULL) {
		repair_inside(ring);
		repair_ends(ring);
	}
	return err;
}

static void list_finish(struct cn_arena *arena, struct cn_object *object) {
	clear(arena, (struct list *)object);
}

static const struct cn_kind_ops list_ops = {
	.size = sizeof(struct list),
	.finish = list_finish,
	.repair = list_repair,
};

__attribute__((constructor)) static void list_register(void) {
	cn_kind_register(CN_LIST, &list_ops);
}

int cn_list_open(struct cn_arena *arena, const char *name, bool create, struct cn_list_ref *out) {
	int err = cn_name_find(arena, CN_LIST, name, &out->ref);
	if (err != -ENOENT || !create) {
		return err;
	}
	err = cn_name_create(arena, CN_LIST, name, sizeof(struct list), NULL, NULL, &out->ref);
	return err == -EEXIST ? 0 : err;
}

// ---- operations --------------------------------------------------------------------------------

static int enter(const struct cn_list_ref *handle, struct list **list, struct ring **ring) {
	int err = cn_enter(&handle->ref, (void **)list);
	if (err < 0) {
		return err;
	}
	err = ring_of(handle->ref.arena, *list, ring);
	if (err < 0) {
		cn_leave(&handle->ref, *list);
	}
	return err;
}

static void leave_changed(const struct cn_list_ref *handle, struct list *list) {
	atomic_fetch_add_explicit(&list->version, 1, memory_order_relaxed);
	cn_leave(&handle->ref, list);
}

static int item_make(struct cn_arena *arena, struct cn_bytes bytes, cn_off *out) {
	if (bytes.len >= UINT32_MAX) {
		return -EMSGSIZE;
	}
	int err = cn_alloc(arena, sizeof(struct item) + bytes.len, out);
	if (err == 0) {
		struct item *item = (struct item *)(arena->base + *out);
		item->len = (uint32_t)bytes.len;
		memcpy(item->data, bytes.data, bytes.len);
	}
	return err;
}

// A negative index from the end. False: there is no such place among `count`.
static bool place_of(int64_t index, uint64_t count, uint64_t *out) {
	*out = index < 0 ? count - (0 - (uint64_t)index) : (uint64_t)index;
	return index < 0 ? 0 - (uint64_t)index <= count : *out < count;
}

static int copy_item(const struct cn_arena *arena, cn_off off, struct cn_buf *out) {
	const struct item *item = item_at(arena, off);
	if (item == NULL) {
		return -EBADMSG;
	}
	return out == NULL ? 0 : cn_buf_append(out, item->data, item->len);
}

/* Something done with a new item, with the mutex held. It sets *block to 0 when it used it. */
struct change {
	int (*run)(struct cn_arena *arena, struct list *list, struct ring *ring, struct change *change);
	int64_t index;
	cn_off block;
};

static int change_run(
		const struct cn_list_ref *handle, struct cn_bytes item, struct change *change) {
	struct cn_arena *arena = handle->ref.arena;
	struct list *list;
	struct ring *ring;
	int err = item_make(arena, item, &change->block);
	if (err < 0) {
		return err;
	}
	err = enter(handle, &list, &ring);
	if (err == 0) {
		err = change->run(arena, list, ring, change);
		leave_changed(handle, list);
	}
	cn_free(arena, change->block);
	return err;
}

static void push(struct cn_arena *arena, struct ring *ring, bool front, cn_off block) {
	uint64_t count = count_of(ring);
	cn_alloc_publish(arena, word_at(ring, front ? ring->cap - 1 : count), block);
	span_set(ring, begin_of(ring) - front, count + 1);
}

static int run_push(
		struct cn_arena *arena, struct list *list, struct ring *ring, struct change *change) {
	int err = ring_room(arena, list, count_of(ring), &ring);
	if (err == 0) {
		push(arena, ring, change->index < 0, change->block);
		change->block = 0;
	}
	return err;
}

int cn_list_push_item(const struct cn_list_ref *list, bool front, struct cn_bytes item) {
	struct change change = { .run = run_push, .index = front ? -1 : 0 };
	return change_run(list, item, &change);
}

static int run_set(
		struct cn_arena *arena, struct list *list, struct ring *ring, struct change *change) {
	uint64_t place;
	if (!place_of(change->index, count_of(ring), &place)) {
		return -ENODATA;
	}
	cn_alloc_replace(arena, word_at(ring, place), change->block);
	change->block = 0;
	return 0;
}

int cn_list_set(const struct cn_list_ref *list, int64_t index, struct cn_bytes item) {
	struct change change = { .run = run_set, .index = index };
	return change_run(list, item, &change);
}

static int run_put(
		struct cn_arena *arena, struct list *list, struct ring *ring, struct change *change) {
	uint64_t index = (uint64_t)change->index;
	int err = 0;
	if (index >= count_of(ring)) {
		err = ring_room(arena, list, index, &ring);
	}
	while (err == 0 && index > count_of(ring)) {
		cn_off block;
		err = item_make(arena, (struct cn_bytes){ "", 0 }, &block);
		if (err == 0) {
			push(arena, ring, false, block);
		}
	}
	if (err < 0) {
		return err;
	}
	if (index == count_of(ring)) {
		push(arena, ring, false, change->block);
	} else {
		cn_alloc_replace(arena, word_at(ring, index), change->block);
	}
	change->block = 0;
	return 0;
}

int cn_list_put(const struct cn_list_ref *list, uint64_t index, struct cn_bytes item) {
	struct change change = { .run = run_put, .index = (int64_t)index };
	return index >= CAP_MAX ? -ENOSPC : change_run(list, item, &change);
}

static int run_insert(
		struct cn_arena *arena, struct list *list, struct ring *ring, struct change *change) {
	uint64_t count = count_of(ring);
	uint64_t place;
	if (change->index == (int64_t)count) {
		place = count;
	} else if (!place_of(change->index, count, &place)) {
		return -ENODATA;
	}
	int err = ring_room(arena, list, count, &ring);
	if (err < 0) {
		return err;
	}
	if (place < count / 2) {
		span_set(ring, begin_of(ring) - 1, count + 1);
		hole_move(ring, 0, place);
	} else {
		span_set(ring, begin_of(ring), count + 1);
		hole_move(ring, count, place);
	}
	cn_alloc_publish(arena, word_at(ring, place), change->block);
	change->block = 0;
	return 0;
}

int cn_list_insert_item(const struct cn_list_ref *list, int64_t index, struct cn_bytes item) {
	struct change change = { .run = run_insert, .index = index };
	return change_run(list, item, &change);
}

static int take(const struct cn_list_ref *handle, int64_t index, struct cn_buf *out) {
	struct cn_arena *arena = handle->ref.arena;
	struct list *list;
	struct ring *ring;
	int err = enter(handle, &list, &ring);
	if (err < 0) {
		return err;
	}
	uint64_t place;
	err = place_of(index, count_of(ring), &place) ? 0 : -ENODATA;
	err = err < 0 ? err : copy_item(arena, *word_at(ring, place), out);
	if (err < 0) {
		cn_leave(&handle->ref, list);
		return err;
	}
	cn_alloc_retire(arena, word_at(ring, place), 0);
	hole_close(ring, place);
	ring_shrink(arena, list, ring);
	leave_changed(handle, list);
	return 0;
}

int cn_list_pop_item(const struct cn_list_ref *list, bool front, struct cn_buf *out) {
	return take(list, front ? 0 : -1, out);
}

int cn_list_delete(const struct cn_list_ref *list, int64_t index) {
	return take(list, index, NULL);
}

int cn_list_get(const struct cn_list_ref *handle, int64_t index, struct cn_buf *out) {
	struct list *list;
	struct ring *ring;
	int err = enter(handle, &list, &ring);
	if (err < 0) {
		return err;
	}
	uint64_t place;
	err = place_of(index, count_of(ring), &place) ? 0 : -ENODATA;
	err = err < 0 ? err : copy_item(handle->ref.arena, *word_at(ring, place), out);
	cn_leave(&handle->ref, list);
	return err;
}

int cn_list_len(const struct cn_list_ref *handle, uint64_t *len) {
	struct list *list;
	struct ring *ring;
	int err = enter(handle, &list, &ring);
	if (err == 0) {
		*len = count_of(ring);
		cn_leave(&handle->ref, list);
	}
	return err;
}

int cn_list_bytes(const struct cn_list_ref *handle, uint64_t *bytes) {
	struct cn_arena *arena = handle->ref.arena;
	struct list *list;
	struct ring *ring;
	int err = enter(handle, &list, &ring);
	if (err < 0) {
		return err;
	}
	*bytes = list->ring == 0 ? 0 : cn_alloc_room(arena, list->ring);
	for (uint64_t i = 0; i < count_of(ring); i++) {
		*bytes += cn_alloc_room(arena, *word_at(ring, i));
	}
	cn_leave(&handle->ref, list);
	return 0;
}

int cn_list_clear(const struct cn_list_ref *handle) {
	struct list *list;
	struct ring *ring;
	int err = enter(handle, &list, &ring);
	if (err == 0) {
		clear(handle->ref.arena, list);
		leave_changed(handle, list);
	}
	return err;
}

int cn_list_version(const struct cn_list_ref *handle, uint64_t *version) {
	struct list *list;
	int err = cn_pin(&handle->ref, (void **)&list);
	if (err == 0) {
		*version = atomic_load_explicit(&list->version, memory_order_acquire);
		cn_unpin(&handle->ref, list);
	}
	return err;
}

int cn_list_copy(const struct cn_list_ref *handle, struct cn_buf *out) {
	struct cn_arena *arena = handle->ref.arena;
	struct list *list;
	struct ring *ring;
	int err = enter(handle, &list, &ring);
	if (err < 0) {
		return err;
	}
	for (uint64_t i = 0; i < count_of(ring) && err == 0; i++) {
		const struct item *item = item_at(arena, *word_at(ring, i));
		err = item == NULL ? -EBADMSG : cn_buf_append(out, item, sizeof(*item) + item->len);
	}
	cn_leave(&handle->ref, list);
	return err;
}

bool cn_list_next_copied(const struct cn_buf *copy, size_t *at, struct cn_bytes *item) {
	uint32_t len;
	if (copy->len - *at < sizeof(len)) {
		return false;
	}
	memcpy(&len, copy->data + *at, sizeof(len));
	*item = (struct cn_bytes){ copy->data + *at + sizeof(len), len };
	*at += sizeof(len) + len;
	return true;
}

// ---- sorting -----------------------------------------------------------------------------------

struct sorted {
	cn_off off;
	const struct item *item;
	double number;
	uint64_t index;
};

static int compare_rest(const struct sorted *a, const struct sorted *b) {
	return (a->index > b->index) - (a->index < b->index);
}

static int compare_bytes(const struct sorted *a, const struct sorted *b) {
	uint32_t len = a->item->len < b->item->len ? a->item->len : b->item->len;
	int order = memcmp(a->item->data, b->item->data, len);
	return order != 0 ? order : (a->item->len > b->item->len) - (a->item->len < b->item->len);
}

static int compare(const void *left, const void *right, void *data) {
	const struct sorted *a = left;
	const struct sorted *b = right;
	unsigned order = *(const unsigned *)data;
	int by = (order & CN_LIST_NUMERIC) != 0 ? (a->number > b->number) - (a->number < b->number)
											: compare_bytes(a, b);
	if (by != 0) {
		return (order & CN_LIST_REVERSE) != 0 ? -by : by;
	}
	return compare_rest(a, b);
}

// The number it begins with; 0 when it begins with none.
static double leading_number(const struct item *item) {
	char text[64];
	size_t len = item->len < sizeof(text) - 1 ? item->len : sizeof(text) - 1;
	memcpy(text, item->data, len);
	text[len] = '\0';
	return strtod(text, NULL);
}

static int sort(struct cn_arena *arena, struct list *list, struct ring *ring, unsigned order) {
	uint64_t count = count_of(ring);
	struct sorted *items = calloc(count + 1, sizeof(*items));
	cn_off *offs = calloc(count + 1, sizeof(*offs));
	int err = items == NULL || offs == NULL ? -ENOMEM : 0;
	for (uint64_t i = 0; i < count && err == 0; i++) {
		cn_off off = *word_at(ring, i);
		items[i] = (struct sorted){ .off = off, .item = item_at(arena, off), .index = i };
		if (items[i].item == NULL) {
			err = -EBADMSG;
		} else if ((order & CN_LIST_NUMERIC) != 0) {
			items[i].number = leading_number(items[i].item);
		}
	}
	if (err == 0) {
		qsort_r(items, count, sizeof(*items), compare, &order);
		for (uint64_t i = 0; i < count; i++) {
			offs[i] = items[i].off;
		}
		err = ring_replace(arena, list, ring->cap, offs);
	}
	free(items);
	free(offs);
	return err;
}

int cn_list_sort(const struct cn_list_ref *handle, unsigned order) {
	struct list *list;
	struct ring *ring;
	int err = enter(handle, &list, &ring);
	if (err < 0) {
		return err;
	}
	err = count_of(ring) < 2 ? 0 : sort(handle->ref.arena, list, ring, order);
	leave_changed(handle, list);
	return err;
}
