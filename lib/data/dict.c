/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "lib/data/dict.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <sys/random.h>

#include "lib/base/number.h"
#include "lib/data/dict_core.h"
#include "lib/shm/alloc.h"

// ---- the object --------------------------------------------------------------------------------

static int dict_repair(struct cn_arena *arena, struct cn_object *object) {
	struct dict *dict = (struct dict *)object;
	atomic_fetch_add_explicit(&dict->version, 1, memory_order_relaxed);
	if (dict->clearing != 0) {
		cn_dict_empty_whole(arena, dict);
	}
	return cn_dict_recount(arena, dict);
}

static void dict_wake(struct cn_arena *arena, struct cn_object *object) {
	cn_waiters_ring_all(arena, &((struct dict *)object)->line);
}

static void dict_finish(struct cn_arena *arena, struct cn_object *object) {
	struct dict *dict = (struct dict *)object;
	cn_waiters_finish(arena, &dict->line);
	struct busy *busy;
	while ((busy = CN_AT(arena, dict->busy, struct busy)) != NULL) {
		cn_alloc_retire(arena, &dict->busy, busy->next);
	}
	cn_dict_empty(arena, dict);
}

static const struct cn_kind_ops dict_ops = {
	.size = sizeof(struct dict),
	.wake = dict_wake,
	.finish = dict_finish,
	.repair = dict_repair,
};

__attribute__((constructor)) static void dict_register(void) {
	cn_kind_register(CN_DICT, &dict_ops);
}

static void dict_init(void *object, const void *data) {
	struct dict *dict = object;
	dict->bits = FIRST_BITS;
	if (getrandom(&dict->seed, sizeof(dict->seed), GRND_NONBLOCK) < 0) {
		dict->seed = (uint64_t)cn_now();
	}
}

int cn_dict_open(struct cn_arena *arena, const char *name, bool create, struct cn_dict *out) {
	int err = cn_name_find(arena, CN_DICT, name, &out->ref);
	if (err != -ENOENT || !create) {
		return err;
	}
	err = cn_name_create(arena, CN_DICT, name, sizeof(struct dict), dict_init, NULL, &out->ref);
	return err == -EEXIST ? 0 : err;
}

// ---- keys being updated
// --------------------------------------------------------------------------

// The word that leads to the note of the key, or NULL. Notes of the dead are dropped.
static cn_off *busy_find(struct cn_arena *arena, struct dict *dict, struct cn_bytes key) {
	cn_off *word = &dict->busy;
	struct busy *busy;
	for (int steps = 0; (busy = CN_AT(arena, *word, struct busy)) != NULL; steps++) {
		if (steps == BUSY_MAX || cn_at(arena, *word, sizeof(*busy) + busy->key_len, 1) == NULL) {
			return NULL;
		}
		if (!cn_owner_is_alive(arena, busy->owner)) {
			cn_alloc_retire(arena, word, busy->next);
			continue;
		}
		if (is_same((struct cn_bytes){ busy->key, busy->key_len }, key)) {
			return word;
		}
		word = &busy->next;
	}
	return NULL;
}

static const struct busy *busy_of(struct cn_arena *arena, struct dict *dict, struct cn_bytes key) {
	cn_off *word = dict->busy == 0 ? NULL : busy_find(arena, dict, key);
	return word == NULL ? NULL : CN_AT(arena, *word, struct busy);
}

/*
 * The updates that this process, or one that it was forked from, was in the middle of at that time.
 * Who finds one of them in his way was made by it and would mostly be waited for: it is told, not
 * left waiting. With more at a time than there is room for, the others are not noticed.
 */
enum { HELD_MAX = 64 };

static struct held {
	cn_owner owner;
	uint64_t turn; // 0: free
} held[HELD_MAX];

static uint64_t turns;

static void held_add(cn_owner owner, uint64_t turn) {
	size_t i = 0;
	while (i < HELD_MAX && held[i].turn != 0) {
		i++;
	}
	if (i < HELD_MAX) {
		held[i] = (struct held){ owner, turn };
	}
}

static bool held_has(const struct busy *busy, bool drop) {
	for (size_t i = 0; i < HELD_MAX; i++) {
		if (held[i].turn != 0 && held[i].turn == busy->turn && held[i].owner == busy->owner) {
			held[i].turn = drop ? 0 : held[i].turn;
			return true;
		}
	}
	return false;
}

// ---- operations --------------------------------------------------------------------------------

/* Something done to one key while nobody else changes it, with the mutex held. */
struct op {
	int (*run)(struct cn_arena *arena, struct dict *dict, struct op *op);
	struct cn_bytes key;
	struct cn_bytes value;
	struct cn_bytes old;
	struct cn_buf *out;
	int64_t number;
	cn_off block; // an entry in flight, or a note; 0 when it was used
	cn_owner self;
};

static int op_attempt(struct cn_wait *wait) {
	struct op *op = wait->data;
	struct dict *dict = (struct dict *)wait->object;
	const struct busy *busy = busy_of(wait->ref->arena, dict, op->key);
	if (busy != NULL) {
		return busy->owner == wait->self || held_has(busy, false) ? -EDEADLK : 0;
	}
	op->self = wait->self;
	int err = op->run(wait->ref->arena, dict, op);
	return err == 0 ? 1 : err;
}

static size_t op_holders(struct cn_wait *wait, cn_owner *out, size_t max) {
	const struct op *op = wait->data;
	const struct busy *busy = busy_of(wait->ref->arena, (struct dict *)wait->object, op->key);
	out[0] = busy == NULL ? 0 : busy->owner;
	return busy != NULL;
}

static int op_wait(const struct cn_ref *ref, struct op *op) {
	struct dict *dict;
	int err = cn_pin(ref, (void **)&dict);
	if (err < 0) {
		return err;
	}
	struct cn_wait wait = {
		.ref = ref,
		.object = &dict->object,
		.line = &dict->line,
		.data = op,
		.attempt = op_attempt,
		.holders = op_holders,
		.watches_all = true,
	};
	err = cn_wait(&wait, CN_NEVER);
	cn_unpin(ref, dict);
	return err;
}

static int op_run(const struct cn_dict *handle, struct op *op) {
	struct dict *dict;
	int err = cn_enter(&handle->ref, (void **)&dict);
	if (err == 0) {
		bool idle = dict->busy == 0;
		if (idle) {
			err = op->run(handle->ref.arena, dict, op);
		}
		cn_leave(&handle->ref, dict);
		err = idle ? err : op_wait(&handle->ref, op);
	}
	cn_free(handle->ref.arena, op->block);
	return err;
}

static int entry_make(
		struct cn_arena *arena, struct cn_bytes key, struct cn_bytes value, cn_off *out) {
	if (key.len >= UINT32_MAX || value.len >= UINT32_MAX) {
		return -EMSGSIZE;
	}
	int err = cn_alloc(arena, sizeof(struct entry) + key.len + value.len, out);
	if (err == 0) {
		struct entry *entry = (struct entry *)(arena->base + *out);
		entry->link.key_len = (uint32_t)key.len;
		entry->value_len = (uint32_t)value.len;
		memcpy(entry->data, key.data, key.len);
		memcpy(entry->data + key.len, value.data, value.len);
	}
	return err;
}

static void changed(struct dict *dict) {
	atomic_fetch_add_explicit(&dict->version, 1, memory_order_relaxed);
}

// Put the entry in flight where the key is or belongs.
static void put(
		struct cn_arena *arena, struct dict *dict, const struct place *place, cn_off block) {
	struct entry *entry = (struct entry *)(arena->base + block);
	entry->link.order = place->order;
	if (place->entry != NULL) {
		entry->link.next = place->entry->link.next;
		cn_alloc_replace(arena, place->word, block);
	} else {
		entry->link.next = *place->word;
		cn_alloc_publish(arena, place->word, block);
		dict->count++;
		cn_dict_grow(arena, dict);
	}
	changed(dict);
}

static int copy_out(struct cn_buf *out, struct cn_bytes value) {
	return out == NULL ? 0 : cn_buf_append(out, value.data, value.len);
}

static int run_set(struct cn_arena *arena, struct dict *dict, struct op *op) {
	struct place place;
	int err = cn_dict_find(arena, dict, op->key, &place);
	if (err == 0) {
		put(arena, dict, &place, op->block);
		op->block = 0;
	}
	return err;
}

static int run_set_default(struct cn_arena *arena, struct dict *dict, struct op *op) {
	struct place place;
	int err = cn_dict_find(arena, dict, op->key, &place);
	if (err < 0) {
		return err;
	}
	if (place.entry != NULL) {
		return copy_out(op->out, value_of(place.entry));
	}
	err = copy_out(op->out, op->value);
	if (err == 0) {
		put(arena, dict, &place, op->block);
		op->block = 0;
	}
	return err;
}

static int run_cas(struct cn_arena *arena, struct dict *dict, struct op *op) {
	struct place place;
	int err = cn_dict_find(arena, dict, op->key, &place);
	if (err == 0 && place.entry == NULL) {
		err = -ENODATA;
	}
	if (err == 0 && !is_same(value_of(place.entry), op->old)) {
		err = -EAGAIN;
	}
	if (err == 0) {
		put(arena, dict, &place, op->block);
		op->block = 0;
	}
	return err;
}

static int number_of(const struct entry *entry, int64_t *out) {
	char text[24];
	*out = 0;
	if (entry == NULL) {
		return 0;
	}
	struct cn_bytes value = value_of(entry);
	if (value.len >= sizeof(text)) {
		return -EDOM;
	}
	memcpy(text, value.data, value.len);
	text[value.len] = '\0';
	bool is_number =
			strlen(text) == value.len && cn_parse_int(text, INT64_MIN, INT64_MAX, out) == 0;
	return is_number ? 0 : -EDOM;
}

static int run_incr(struct cn_arena *arena, struct dict *dict, struct op *op) {
	struct place place;
	int64_t was;
	int err = cn_dict_find(arena, dict, op->key, &place);
	err = err < 0 ? err : number_of(place.entry, &was);
	if (err < 0) {
		return err;
	}
	if (__builtin_add_overflow(was, op->number, &op->number)) {
		return -EOVERFLOW;
	}
	char text[24];
	struct cn_bytes value = { text, 0 };
	value.len = (size_t)snprintf(text, sizeof(text), "%" PRId64, op->number);
	cn_off block;
	err = entry_make(arena, op->key, value, &block);
	if (err == 0) {
		put(arena, dict, &place, block);
	}
	return err;
}

static int run_pop(struct cn_arena *arena, struct dict *dict, struct op *op) {
	struct place place;
	int err = cn_dict_find(arena, dict, op->key, &place);
	if (err == 0 && place.entry == NULL) {
		err = -ENODATA;
	}
	err = err < 0 ? err : copy_out(op->out, value_of(place.entry));
	if (err < 0) {
		return err;
	}
	cn_alloc_retire(arena, place.word, place.entry->link.next);
	dict->count--;
	changed(dict);
	if (dict->count == 0 && dict->bits > FIRST_BITS) {
		cn_dict_empty_whole(arena, dict); // its table goes back
	}
	return 0;
}

int cn_dict_set(const struct cn_dict *dict, struct cn_bytes key, struct cn_bytes value) {
	struct op op = { .run = run_set, .key = key };
	int err = entry_make(dict->ref.arena, key, value, &op.block);
	return err < 0 ? err : op_run(dict, &op);
}

int cn_dict_set_default(const struct cn_dict *dict, struct cn_bytes key, struct cn_bytes value,
		struct cn_buf *out) {
	struct op op = { .run = run_set_default, .key = key, .value = value, .out = out };
	int err = entry_make(dict->ref.arena, key, value, &op.block);
	return err < 0 ? err : op_run(dict, &op);
}

int cn_dict_cas(const struct cn_dict *dict, struct cn_bytes key, struct cn_bytes old,
		struct cn_bytes value) {
	struct op op = { .run = run_cas, .key = key, .old = old };
	int err = entry_make(dict->ref.arena, key, value, &op.block);
	return err < 0 ? err : op_run(dict, &op);
}

int cn_dict_incr(const struct cn_dict *dict, struct cn_bytes key, int64_t n, int64_t *now) {
	struct op op = { .run = run_incr, .key = key, .number = n };
	int err = op_run(dict, &op);
	*now = op.number;
	return err;
}

int cn_dict_pop(const struct cn_dict *dict, struct cn_bytes key, struct cn_buf *out) {
	struct op op = { .run = run_pop, .key = key, .out = out };
	return op_run(dict, &op);
}

int cn_dict_get(const struct cn_dict *handle, struct cn_bytes key, struct cn_buf *out) {
	struct dict *dict;
	int err = cn_enter(&handle->ref, (void **)&dict);
	if (err < 0) {
		return err;
	}
	struct place place;
	err = cn_dict_find(handle->ref.arena, dict, key, &place);
	if (err == 0 && place.entry == NULL) {
		err = -ENODATA;
	}
	err = err < 0 ? err : copy_out(out, value_of(place.entry));
	cn_leave(&handle->ref, dict);
	return err;
}

int cn_dict_clear(const struct cn_dict *handle) {
	struct dict *dict;
	int err = cn_enter(&handle->ref, (void **)&dict);
	if (err == 0) {
		cn_dict_empty_whole(handle->ref.arena, dict);
		changed(dict);
		cn_leave(&handle->ref, dict);
	}
	return err;
}

int cn_dict_len(const struct cn_dict *handle, uint64_t *len) {
	struct dict *dict;
	int err = cn_enter(&handle->ref, (void **)&dict);
	if (err == 0) {
		*len = dict->count;
		cn_leave(&handle->ref, dict);
	}
	return err;
}

static uint64_t bytes_of(struct cn_arena *arena, struct dict *dict) {
	uint64_t bytes = 0;
	for (int i = FIRST_BITS; i < BITS_MAX; i++) {
		bytes += dict->tables[i] == 0 ? 0 : cn_alloc_room(arena, dict->tables[i]);
	}
	const struct link *link = &dict->first[0];
	for (uint64_t steps = 0; link->next != 0 && steps < arena->size / sizeof(*link); steps++) {
		const struct link *next = link_at(arena, link->next);
		if (next == NULL) {
			break;
		}
		bytes += is_bucket(next) ? 0 : cn_alloc_room(arena, link->next);
		link = next;
	}
	return bytes;
}

int cn_dict_query(const struct cn_dict *handle, struct cn_dict_info *out) {
	struct cn_arena *arena = handle->ref.arena;
	struct dict *dict;
	int err = cn_enter(&handle->ref, (void **)&dict);
	if (err < 0) {
		return err;
	}
	*out = (struct cn_dict_info){
		.len = dict->count,
		.bytes = bytes_of(arena, dict),
		.waiters = cn_waiters_count(arena, &dict->line),
	};
	const struct busy *busy = CN_AT(arena, dict->busy, struct busy);
	for (int steps = 0; busy != NULL && steps < BUSY_MAX; steps++) {
		if (cn_owner_is_alive(arena, busy->owner)) {
			if (out->updaters < CN_DICT_WHO_MAX) {
				out->who[out->updaters] = busy->owner;
			}
			out->updaters++;
		}
		busy = CN_AT(arena, busy->next, struct busy);
	}
	cn_leave(&handle->ref, dict);
	return 0;
}

int cn_dict_version(const struct cn_dict *handle, uint64_t *version) {
	struct dict *dict;
	int err = cn_pin(&handle->ref, (void **)&dict);
	if (err == 0) {
		*version = atomic_load_explicit(&dict->version, memory_order_acquire);
		cn_unpin(&handle->ref, dict);
	}
	return err;
}

// ---- update ------------------------------------------------------------------------------------

static int run_update(struct cn_arena *arena, struct dict *dict, struct op *op) {
	struct place place;
	int err = cn_dict_find(arena, dict, op->key, &place);
	if (err == 0 && place.entry != NULL) {
		err = copy_out(op->out, value_of(place.entry));
	}
	if (err < 0) {
		return err;
	}
	struct busy *busy = (struct busy *)(arena->base + op->block);
	busy->next = dict->busy;
	busy->owner = op->self;
	busy->turn = ++turns;
	held_add(busy->owner, busy->turn);
	cn_alloc_publish(arena, &dict->busy, op->block);
	op->block = 0;
	op->number = place.entry == NULL;
	return 0;
}

int cn_dict_update(const struct cn_dict *dict, struct cn_bytes key, struct cn_buf *out) {
	struct op op = { .run = run_update, .key = key, .out = out };
	int err = cn_alloc(dict->ref.arena, sizeof(struct busy) + key.len, &op.block);
	if (err < 0) {
		return err;
	}
	struct busy *busy = (struct busy *)(dict->ref.arena->base + op.block);
	busy->key_len = key.len;
	memcpy(busy->key, key.data, key.len);
	err = op_wait(&dict->ref, &op);
	cn_free(dict->ref.arena, op.block);
	return err == 0 && op.number != 0 ? -ENODATA : err;
}

static int update_end(
		struct cn_arena *arena, struct dict *dict, struct cn_bytes key, cn_off *block) {
	cn_off *word = busy_find(arena, dict, key);
	struct busy *busy = word == NULL ? NULL : CN_AT(arena, *word, struct busy);
	if (busy == NULL || busy->owner != cn_owner_mine(arena)) {
		return -EPERM;
	}
	held_has(busy, true);
	struct place place;
	int err = *block == 0 ? 0 : cn_dict_find(arena, dict, key, &place);
	if (err == 0 && *block != 0) {
		put(arena, dict, &place, *block);
		*block = 0;
	}
	cn_alloc_retire(arena, word, busy->next);
	cn_waiters_ring_all(arena, &dict->line);
	return err;
}

int cn_dict_update_end(
		const struct cn_dict *handle, struct cn_bytes key, const struct cn_bytes *value) {
	struct cn_arena *arena = handle->ref.arena;
	cn_off block = 0;
	int full = value == NULL ? 0 : entry_make(arena, key, *value, &block);
	struct dict *dict;
	int err = cn_enter(&handle->ref, (void **)&dict);
	if (err == 0) {
		err = update_end(arena, dict, key, &block);
		cn_leave(&handle->ref, dict);
	}
	cn_free(arena, block);
	return full < 0 ? full : err;
}

// ---- walking -----------------------------------------------------------------------------------

// The batch holds lengths and bytes of keys and values.
struct item {
	uint32_t key_len;
	uint32_t value_len;
};

// All entries of one order are in one batch, so that the next begins behind it.
static int batch_fill(struct cn_arena *arena, struct dict *dict, struct cn_dict_walk *walk) {
	struct link *bucket = cn_dict_bucket(arena, dict, walk->order);
	cn_off *word = bucket == NULL ? NULL : cn_dict_seek(arena, bucket, walk->order);
	for (;;) {
		if (word == NULL) {
			return -EBADMSG;
		}
		const struct link *link = link_at(arena, *word);
		if (link == NULL) {
			walk->order = WALK_OVER;
			return 0;
		}
		if (walk->batch.len >= BATCH && link->order > walk->order) {
			walk->order = link->order;
			return 0;
		}
		if (link->order < walk->order) {
			return -EBADMSG;
		}
		walk->order = link->order;
		struct entry *entry = is_bucket(link) ? NULL : entry_at(arena, *word);
		if (entry != NULL) {
			struct item item = { entry->link.key_len, entry->value_len };
			cn_buf_append(&walk->batch, &item, sizeof(item));
			cn_buf_append(&walk->batch, entry->data, (size_t)item.key_len + item.value_len);
		}
		word = &((struct link *)(uintptr_t)link)->next;
	}
}

static int batch_next(const struct cn_dict *handle, struct cn_dict_walk *walk) {
	struct dict *dict;
	if (walk->batch.data == NULL) {
		cn_buf_init(&walk->batch);
	}
	cn_buf_reset(&walk->batch);
	walk->at = 0;
	int err = cn_enter(&handle->ref, (void **)&dict);
	if (err == 0) {
		err = batch_fill(handle->ref.arena, dict, walk);
		cn_leave(&handle->ref, dict);
	}
	return err < 0 ? err : walk->batch.failed ? -ENOMEM : 0;
}

int cn_dict_next(const struct cn_dict *handle, struct cn_dict_walk *walk, struct cn_bytes *key,
		struct cn_bytes *value) {
	while (walk->at == walk->batch.len) {
		if (walk->order == WALK_OVER) {
			return 0;
		}
		int err = batch_next(handle, walk);
		if (err < 0) {
			return err;
		}
	}
	struct item item;
	memcpy(&item, walk->batch.data + walk->at, sizeof(item));
	walk->at += sizeof(item);
	*key = (struct cn_bytes){ walk->batch.data + walk->at, item.key_len };
	walk->at += item.key_len;
	*value = (struct cn_bytes){ walk->batch.data + walk->at, item.value_len };
	walk->at += item.value_len;
	return 1;
}

void cn_dict_walk_finish(struct cn_dict_walk *walk) {
	if (walk->batch.data != NULL) {
		cn_buf_finish(&walk->batch);
	}
}
