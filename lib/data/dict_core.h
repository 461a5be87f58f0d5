/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * lib/data/dict_core.h - what a dict is made of, for dict.c and dict_chain.c. All of it is guarded
 * by the mutex of the object, which the callers hold.
 */
#ifndef CN_DATA_DICT_CORE_H
#define CN_DATA_DICT_CORE_H

#include "lib/data/dict.h"
#include "lib/sync/waiters.h"

enum {
	FIRST_BITS = 3, // buckets that are part of the object
	FIRST = 1 << FIRST_BITS,
	BITS_MAX = 30,
	LOAD = 2, // entries per bucket before the table is doubled
	SAME_MAX = 1 << 20, // entries of one order: more is a circle
	BUSY_MAX = 1 << 16,
	BATCH = 1 << 16, // bytes of a walk at a time
	WALK_OVER = UINT32_MAX, // no entry's order is that: see order_of()
};

/* In the chain. Orders of entries are odd, those of buckets even. */
struct link {
	cn_off next;
	uint32_t order;
	uint32_t key_len; // of a bucket: whether it is in the chain
};

struct entry {
	struct link link;
	uint32_t value_len;
	char data[]; // key, value
};

/* A key that is being updated. */
struct busy {
	cn_off next;
	cn_owner owner;
	uint64_t turn; // of this owner's updates: see held_add()
	uint64_t key_len;
	char key[];
};

// All guarded by the object's mutex.
struct dict {
	struct cn_object object;
	struct cn_waiters line;
	cn_off busy; // struct busy
	uint64_t seed;
	_Atomic uint64_t version;
	uint64_t count; // derived
	uint32_t bits; // there are 1 << bits buckets
	uint32_t clearing; // a clear has begun, and must be ended before anything else
	cn_off tables[BITS_MAX]; // tables[i]: the buckets from 1 << i to 2 << i
	struct link first[FIRST];
};

static inline bool is_bucket(const struct link *link) {
	return (link->order & 1) == 0;
}

static inline struct link *link_at(const struct cn_arena *arena, cn_off off) {
	return CN_AT(arena, off, struct link);
}

// The entry, when all of it lies in the arena.
static inline struct entry *entry_at(const struct cn_arena *arena, cn_off off) {
	struct entry *entry = CN_AT(arena, off, struct entry);
	if (entry == NULL ||
			cn_at(arena, off, sizeof(*entry) + (uint64_t)entry->link.key_len + entry->value_len,
					1) == NULL) {
		return NULL;
	}
	return entry;
}

static inline struct cn_bytes key_of(const struct entry *entry) {
	return (struct cn_bytes){ entry->data, entry->link.key_len };
}

static inline struct cn_bytes value_of(const struct entry *entry) {
	return (struct cn_bytes){ entry->data + entry->link.key_len, entry->value_len };
}

static inline bool is_same(struct cn_bytes a, struct cn_bytes b) {
	return a.len == b.len && memcmp(a.data, b.data, a.len) == 0;
}

struct place {
	cn_off *word; // leads to the entry, or to where it belongs
	struct entry *entry; // NULL: the key is not there
	uint32_t order;
};

/* The word that leads to the first link whose order is not less, from `from` on. NULL: damaged. */
cn_off *cn_dict_seek(const struct cn_arena *arena, struct link *from, uint32_t order);

/* The bucket in which entries of the order are, in the chain. NULL: damaged. */
struct link *cn_dict_bucket(const struct cn_arena *arena, struct dict *dict, uint32_t order);

/* The place of a key. 0 or -EBADMSG. */
int cn_dict_find(
		const struct cn_arena *arena, struct dict *dict, struct cn_bytes key, struct place *out);

/* Double the table, if there are many entries. */
void cn_dict_grow(struct cn_arena *arena, struct dict *dict);

/* Free all entries and the table; and the same as one operation, which a repair ends. */
void cn_dict_empty(struct cn_arena *arena, struct dict *dict);
void cn_dict_empty_whole(struct cn_arena *arena, struct dict *dict);

/* Make the count anew. 0 or -EBADMSG. */
int cn_dict_recount(const struct cn_arena *arena, struct dict *dict);

#endif
