/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * All entries are in one chain, in the order of their bit-reversed hashes. A bucket is a place in
 * that chain: an entry without a key, part of the table of buckets, behind which the entries of the
 * bucket begin. Doubling the table only adds places; no entry ever moves, and the places are linked
 * in when they are first asked for. (The idea is Shalev's and Shavit's split-ordered list.)
 *
 * So the truth is the chain, and each change of it is one store: of an entry's block into the word
 * before it, or past it. The count is derived, and made anew when a process died with the mutex.
 */
#include "config.h"
#include "lib/data/dict_core.h"

#include <errno.h>

#include "lib/shm/alloc.h"

// ---- hashes ------------------------------------------------------------------------------------

static uint64_t mix(uint64_t h, uint64_t word) {
	h = (h ^ word) * UINT64_C(0x9e3779b97f4a7c15);
	return h ^ h >> 29;
}

static uint32_t hash(uint64_t seed, struct cn_bytes key) {
	uint64_t h = mix(seed, key.len);
	size_t at = 0;
	uint64_t word;
	for (; key.len - at >= sizeof(word); at += sizeof(word)) {
		memcpy(&word, key.data + at, sizeof(word));
		h = mix(h, word);
	}
	if (at < key.len) {
		word = 0;
		memcpy(&word, key.data + at, key.len - at);
		h = mix(h, word);
	}
	return (uint32_t)(mix(h, h >> 32) >> 32);
}

static uint32_t reverse(uint32_t n) {
	n = (n >> 1 & 0x55555555) | (n & 0x55555555) << 1;
	n = (n >> 2 & 0x33333333) | (n & 0x33333333) << 2;
	n = (n >> 4 & 0x0f0f0f0f) | (n & 0x0f0f0f0f) << 4;
	return __builtin_bswap32(n);
}

static uint32_t order_of(uint32_t h) {
	uint32_t order = reverse(h) | 1;
	return order == WALK_OVER ? order - 2 : order;
}

// ---- the chain ---------------------------------------------------------------------------------

// The word that leads to the first link whose order is not less, from `from` on. NULL: damaged.
cn_off *cn_dict_seek(const struct cn_arena *arena, struct link *from, uint32_t order) {
	struct link *at = from;
	int same = 0;
	while (at->next != 0) {
		struct link *next = link_at(arena, at->next);
		if (next == NULL || next->order < at->order) {
			return NULL; // orders rise, or this might go in a circle
		}
		if (next->order >= order) {
			break;
		}
		same = next->order == at->order ? same + 1 : 0;
		if (same == SAME_MAX) {
			return NULL;
		}
		at = next;
	}
	return &at->next;
}

static struct link *bucket_at(const struct cn_arena *arena, struct dict *dict, uint32_t number) {
	if (number < FIRST) {
		return &dict->first[number];
	}
	uint32_t table = 31 - (uint32_t)__builtin_clz(number);
	uint64_t at = number - (UINT32_C(1) << table);
	cn_off off = table < BITS_MAX ? dict->tables[table] : 0;
	return off == 0 ? NULL : link_at(arena, off + at * sizeof(struct link));
}

/*
 * The bucket, in the chain. Each is linked in behind the one that it was cut off from, whose number
 * lacks its highest bit.
 */
static struct link *bucket_get(const struct cn_arena *arena, struct dict *dict, uint32_t number) {
	struct link *bucket = bucket_at(arena, dict, number);
	if (bucket == NULL || bucket->key_len != 0 || number == 0) {
		return bucket;
	}
	uint32_t high = UINT32_C(1) << (31 - (uint32_t)__builtin_clz(number));
	struct link *parent = bucket_get(arena, dict, number & ~high);
	bucket->order = reverse(number);
	cn_off *word = parent == NULL ? NULL : cn_dict_seek(arena, parent, bucket->order);
	if (word == NULL) {
		return NULL;
	}
	cn_off off = cn_off_of(arena, bucket);
	if (*word != off) { // else who linked it died before he said so
		bucket->next = *word;
		__atomic_store_n(word, off, __ATOMIC_RELEASE);
	}
	__atomic_store_n(&bucket->key_len, 1, __ATOMIC_RELEASE);
	return bucket;
}

// The bucket for entries of the hash.
static struct link *bucket_of(const struct cn_arena *arena, struct dict *dict, uint32_t h) {
	uint32_t bits = dict->bits > BITS_MAX ? BITS_MAX : dict->bits;
	return bucket_get(arena, dict, h & ((UINT32_C(1) << bits) - 1));
}

int cn_dict_find(
		const struct cn_arena *arena, struct dict *dict, struct cn_bytes key, struct place *out) {
	uint32_t h = hash(dict->seed, key);
	struct link *bucket = bucket_of(arena, dict, h);
	out->order = order_of(h);
	out->entry = NULL;
	out->word = bucket == NULL ? NULL : cn_dict_seek(arena, bucket, out->order);
	if (out->word == NULL) {
		return -EBADMSG;
	}
	for (int steps = 0; *out->word != 0; steps++) {
		struct link *link = link_at(arena, *out->word);
		if (link != NULL && link->order != out->order) {
			return 0;
		}
		struct entry *entry = entry_at(arena, *out->word);
		if (entry == NULL || steps == SAME_MAX) {
			return -EBADMSG;
		}
		if (is_same(key_of(entry), key)) {
			out->entry = entry;
			return 0;
		}
		out->word = &entry->link.next;
	}
	return 0;
}

// ---- growing and emptying
// ------------------------------------------------------------------------

// Double the table. When there is no room for it the chain behind a bucket just gets longer.
void cn_dict_grow(struct cn_arena *arena, struct dict *dict) {
	uint32_t bits = dict->bits;
	if (bits >= BITS_MAX || dict->count <= (uint64_t)LOAD << bits) {
		return;
	}
	cn_off off;
	if (dict->tables[bits] == 0) { // else who made it died
		if (cn_alloc_zero(arena, sizeof(struct link) << bits, &off) < 0) {
			return;
		}
		cn_alloc_publish(arena, &dict->tables[bits], off);
	}
	dict->bits = bits + 1;
}

// How far a chain was emptied.
struct drop {
	uint32_t order;
	int same; // links of that order
};

// Take the first link out of the chain; false: it is empty, or goes in a circle.
static bool drop_first(struct cn_arena *arena, struct dict *dict, struct drop *drop) {
	cn_off *word = &dict->first[0].next;
	struct link *link = link_at(arena, *word);
	if (link == NULL || link->order < drop->order || drop->same == SAME_MAX) {
		*word = 0;
		return false;
	}
	drop->same = link->order == drop->order ? drop->same + 1 : 0;
	drop->order = link->order;
	if (is_bucket(link)) {
		__atomic_store_n(word, link->next, __ATOMIC_RELEASE);
	} else {
		cn_alloc_retire(arena, word, link->next);
	}
	return true;
}

void cn_dict_empty(struct cn_arena *arena, struct dict *dict) {
	struct drop drop = { 0 };
	while (drop_first(arena, dict, &drop)) {
	}
	dict->count = 0;
	for (int i = 1; i < FIRST; i++) {
		dict->first[i].key_len = 0;
	}
	dict->bits = FIRST_BITS;
	for (int i = FIRST_BITS; i < BITS_MAX; i++) {
		if (dict->tables[i] != 0) {
			cn_alloc_retire(arena, &dict->tables[i], 0);
		}
	}
}

void cn_dict_empty_whole(struct cn_arena *arena, struct dict *dict) {
	__atomic_store_n(&dict->clearing, 1, __ATOMIC_RELEASE);
	cn_dict_empty(arena, dict);
	__atomic_store_n(&dict->clearing, 0, __ATOMIC_RELEASE);
}

int cn_dict_recount(const struct cn_arena *arena, struct dict *dict) {
	uint64_t count = 0;
	uint64_t links = 0;
	struct link *link = &dict->first[0];
	while (link->next != 0) {
		link = link_at(arena, link->next);
		if (link == NULL || ++links > arena->size / sizeof(struct link)) {
			return -EBADMSG;
		}
		count += !is_bucket(link);
	}
	dict->count = count;
	return 0;
}

struct link *cn_dict_bucket(const struct cn_arena *arena, struct dict *dict, uint32_t order) {
	return bucket_of(arena, dict, reverse(order));
}
