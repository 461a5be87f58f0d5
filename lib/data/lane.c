/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "lib/data/lane.h"

#include <errno.h>
#include <string.h>

struct segment {
	_Atomic cn_off next; // the one written after it; in a stack the one below
	uint32_t size; // of all of it
	uint32_t pos; // a stack: where this one ended when the next was laid on it
	uint32_t last;
	uint32_t unused;
};

enum { START = sizeof(struct segment), WORD = sizeof(cn_off) };

static_assert(START % 8 == 0 && sizeof(struct cn_record) == 16, "records are aligned");

// ---- segments --------------------------------------------------------------------------------

static struct segment *segment_at(const struct cn_arena *arena, cn_off off) {
	struct segment *seg = CN_AT(arena, off, struct segment);
	return seg != NULL && seg->size >= START + WORD && cn_at(arena, off, seg->size, 8) != NULL
			? seg
			: NULL;
}

// The record at `pos`, of which there is at least the word; NULL: outside.
static struct cn_record *record_at(struct segment *seg, uint32_t pos) {
	if (pos < START || pos % 8 != 0 || pos > seg->size - WORD) {
		return NULL;
	}
	return (struct cn_record *)((unsigned char *)seg + pos);
}

static uint32_t record_size(uint64_t len) {
	return (uint32_t)(sizeof(struct cn_record) + (len > CN_LANE_INLINE_MAX ? 0 : (len + 7) / 8 * 8));
}

static cn_off word_of(const struct cn_record *record) {
	return atomic_load_explicit(&record->word, memory_order_acquire);
}

static uint32_t offset_in(const struct segment *seg, const struct cn_record *record) {
	return (uint32_t)((const unsigned char *)record - (const unsigned char *)seg);
}

// A whole record with its message lies inside the segment.
static bool record_is_whole(const struct segment *seg, const struct cn_record *record) {
	uint32_t pos = offset_in(seg, record);
	if (seg->size - pos < sizeof(*record)) {
		return false;
	}
	return cn_record_block(record) != 0 || word_of(record) == CN_RECORD_TAKEN ||
			(record->len <= CN_LANE_INLINE_MAX && seg->size - pos >= record_size(record->len));
}

// ---- putting ---------------------------------------------------------------------------------

// The segment to write; the mark is made to be in it. NULL: there is none, or it is damaged.
static struct segment *put_segment(
		struct cn_arena *arena, struct cn_lane *lane, bool stack, struct cn_mark *mark) {
	struct segment *seg = segment_at(arena, lane->tail);
	if (seg != NULL && mark->seg != lane->tail) {
		mark->seg = lane->tail;
		mark->pos = stack ? seg->pos : START;
		mark->last = stack ? seg->last : 0;
	}
	return seg;
}

int cn_lane_put(struct cn_arena *arena, struct cn_lane *lane, bool stack, struct cn_mark *mark,
		const void *data, size_t len, cn_off block) {
	if (lane->tail == 0) {
		return -ENOBUFS;
	}
	struct segment *seg = put_segment(arena, lane, stack, mark);
	struct cn_record *record = seg == NULL ? NULL : record_at(seg, mark->pos);
	if (record == NULL) {
		return -EBADMSG;
	}
	uint32_t size = record_size(len);
	if (seg->size - mark->pos < size + WORD) {
		return -ENOBUFS;
	}
	record->len = (uint32_t)len;
	record->back = mark->last;
	// Nothing behind it yet, before it is there itself.
	struct cn_record *behind = (struct cn_record *)((unsigned char *)record + size);
	atomic_store_explicit(&behind->word, 0, memory_order_relaxed);
	if (block != 0) {
		cn_alloc_publish(arena, (cn_off *)&record->word, block);
	} else {
		memcpy(record->data, data, len);
		atomic_store_explicit(&record->word, CN_RECORD_HERE, memory_order_release);
	}
	mark->last = mark->pos;
	mark->pos += size;
	mark->count++;
	mark->bytes += len;
	return 0;
}

static uint64_t segment_size(const struct segment *before, size_t len) {
	uint64_t size = before == NULL ? CN_LANE_SEGMENT_MIN : 2 * (uint64_t)before->size;
	size = size > CN_LANE_SEGMENT_MAX ? CN_LANE_SEGMENT_MAX : size;
	uint64_t need = START + record_size(len) + WORD;
	while (size < need) {
		size *= 2;
	}
	return size;
}

int cn_lane_grow(struct cn_arena *arena, struct cn_lane *lane, bool stack, struct cn_mark *mark,
		size_t len) {
	struct segment *before = lane->tail == 0 ? NULL : put_segment(arena, lane, stack, mark);
	if (lane->tail != 0 && before == NULL) {
		return -EBADMSG;
	}
	cn_off off;
	uint64_t size = segment_size(before, len);
	int err = cn_alloc(arena, size, &off);
	if (err < 0) {
		return err;
	}
	cn_side_set(&lane->put, mark); // what was put before is counted in its own segment
	struct segment *seg = (struct segment *)(arena->base + off);
	*seg = (struct segment){ .size = (uint32_t)size, .pos = START };
	atomic_store_explicit(&record_at(seg, START)->word, 0, memory_order_relaxed);
	if (stack) {
		atomic_store_explicit(&seg->next, lane->tail, memory_order_relaxed);
		if (before != NULL) {
			before->pos = mark->pos;
			before->last = mark->last;
		}
		cn_alloc_publish(arena, &lane->tail, off);
	} else {
		cn_alloc_publish(arena, before == NULL ? &lane->head : (cn_off *)&before->next, off);
		lane->tail = off; // see cn_lane_repair_put()
	}
	put_segment(arena, lane, stack, mark);
	return 0;
}

// ---- taking ----------------------------------------------------------------------------------

static void count_record(struct cn_mark *mark, const struct cn_record *record) {
	mark->pos += record_size(record->len);
	mark->count++;
	mark->bytes += record->len;
}

static int fifo_front(
		struct cn_arena *arena, struct cn_lane *lane, struct cn_mark *mark, struct cn_record **out) {
	while (lane->head != 0) {
		struct segment *seg = segment_at(arena, lane->head);
		if (seg == NULL) {
			return -EBADMSG;
		}
		if (mark->seg != lane->head) {
			mark->seg = lane->head;
			mark->pos = START;
		}
		// In this order: when there is a next one, no more is written here.
		cn_off next = atomic_load_explicit(&seg->next, memory_order_acquire);
		*out = record_at(seg, mark->pos);
		if (*out == NULL) {
			return -EBADMSG;
		}
		cn_off word = word_of(*out);
		if (word != 0) {
			if (!record_is_whole(seg, *out)) {
				return -EBADMSG;
			}
			if (word != CN_RECORD_TAKEN) {
				return 1;
			}
			count_record(mark, *out); // taken by one who died before he counted it
			continue;
		}
		if (next == 0) {
			return 0;
		}
		cn_side_set(&lane->get, mark);
		cn_alloc_retire(arena, &lane->head, next);
	}
	return 0;
}

static int stack_front(
		struct cn_arena *arena, struct cn_lane *lane, struct cn_mark *mark, struct cn_record **out) {
	while (lane->tail != 0) {
		struct segment *seg = put_segment(arena, lane, true, mark);
		if (seg == NULL) {
			return -EBADMSG;
		}
		if (mark->last != 0) {
			*out = record_at(seg, mark->last);
			return *out != NULL && record_is_whole(seg, *out) ? 1 : -EBADMSG;
		}
		cn_off below = atomic_load_explicit(&seg->next, memory_order_relaxed);
		if (below == 0) {
			return 0;
		}
		cn_alloc_retire(arena, &lane->tail, below);
	}
	return 0;
}

int cn_lane_front(struct cn_arena *arena, struct cn_lane *lane, bool stack, struct cn_mark *mark,
		struct cn_record **out) {
	return stack ? stack_front(arena, lane, mark, out) : fifo_front(arena, lane, mark, out);
}

static void stack_popped(struct cn_lane *lane, struct cn_mark *mark, const struct cn_record *top) {
	mark->pos = mark->last;
	mark->last = top->back;
	mark->count--;
	mark->bytes -= top->len;
	cn_side_set(&lane->put, mark);
}

void cn_lane_drop(
		struct cn_lane *lane, bool stack, struct cn_mark *mark, struct cn_record *record) {
	if (stack) {
		atomic_store_explicit(&record->word, 0, memory_order_release);
		stack_popped(lane, mark, record);
	} else {
		count_record(mark, record);
	}
}

int cn_lane_take(struct cn_arena *arena, struct cn_lane *lane, bool stack, struct cn_mark *mark,
		struct cn_record *record, cn_off *block) {
	*block = cn_record_block(record);
	if (cn_alloc_room(arena, *block) < record->len) {
		return -EBADMSG;
	}
	int err = cn_alloc_take(arena, (cn_off *)&record->word, stack ? 0 : CN_RECORD_TAKEN);
	if (err < 0) {
		return err;
	}
	if (stack) {
		stack_popped(lane, mark, record);
	} else {
		count_record(mark, record);
		cn_side_set(&lane->get, mark);
	}
	return 0;
}

// ---- after a death -----------------------------------------------------------------------------

static int stack_repair(struct cn_arena *arena, struct cn_lane *lane) {
	struct cn_mark mark = cn_side_get(&lane->put);
	struct segment *seg = put_segment(arena, lane, true, &mark);
	struct cn_record *next = seg == NULL ? NULL : record_at(seg, mark.pos);
	struct cn_record *top = seg == NULL || mark.last == 0 ? NULL : record_at(seg, mark.last);
	if (next == NULL || (mark.last != 0 && top == NULL)) {
		return -EBADMSG;
	}
	if (word_of(next) != 0) {
		if (!record_is_whole(seg, next)) {
			return -EBADMSG;
		}
		mark.last = mark.pos;
		mark.pos += record_size(next->len);
		mark.count++;
		mark.bytes += next->len;
		cn_side_set(&lane->put, &mark);
	} else if (top != NULL && word_of(top) == 0) {
		stack_popped(lane, &mark, top);
	}
	return 0;
}

int cn_lane_repair_put(struct cn_arena *arena, struct cn_lane *lane, bool stack) {
	if (stack) {
		return lane->tail == 0 ? 0 : stack_repair(arena, lane);
	}
	// A new segment was linked, and the tail not moved to it.
	struct segment *seg = segment_at(arena, lane->tail);
	if (lane->tail == 0) {
		lane->tail = lane->head;
	} else if (seg == NULL) {
		return -EBADMSG;
	} else if (atomic_load(&seg->next) != 0) {
		lane->tail = atomic_load(&seg->next);
	}
	if (lane->tail == 0) {
		return 0;
	}
	struct cn_mark mark = cn_side_get(&lane->put);
	seg = put_segment(arena, lane, false, &mark);
	struct cn_record *record;
	while (seg != NULL && (record = record_at(seg, mark.pos)) != NULL && word_of(record) != 0) {
		if (!record_is_whole(seg, record)) {
			return -EBADMSG;
		}
		count_record(&mark, record);
	}
	if (seg == NULL || record == NULL) {
		return -EBADMSG;
	}
	cn_side_set(&lane->put, &mark);
	return 0;
}

// ---- emptying ----------------------------------------------------------------------------------

// Free the blocks of the records from `pos` on.
static void segment_clear(struct cn_arena *arena, struct segment *seg, uint32_t pos) {
	struct cn_record *record;
	while ((record = record_at(seg, pos)) != NULL && word_of(record) != 0 &&
			record_is_whole(seg, record)) {
		if (cn_record_block(record) != 0) {
			cn_alloc_retire(arena, (cn_off *)&record->word, CN_RECORD_TAKEN);
		}
		pos += record_size(record->len);
	}
}

void cn_lane_clear(struct cn_arena *arena, struct cn_lane *lane, bool stack) {
	cn_off *first = stack ? &lane->tail : &lane->head;
	struct cn_mark mark = cn_side_get(&lane->get);
	struct segment *seg;
	while (*first != 0 && (seg = segment_at(arena, *first)) != NULL) {
		segment_clear(arena, seg, !stack && mark.seg == *first ? mark.pos : START);
		cn_alloc_retire(arena, first, atomic_load(&seg->next));
	}
}
