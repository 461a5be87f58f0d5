/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A hash table with chains of objects. A destroyed object stays in its chain, dead, until nobody
 * has it pinned; then whoever sees that pins it for himself, lets its kind free what it owns, and
 * takes it out. When he is killed in between, his pin vanishes and the next sweep does it again.
 *
 * Pinning: note the offset in the own record, then look whether the object lives. Destroying: mark
 * it dead, then look at all records. Both orders are sequentially consistent, so one of the two
 * sees the other.
 */
#include "config.h"
#include "lib/shm/names.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/map.h"
#include "lib/shm/alloc.h"
#include "lib/shm/layout.h"

enum { OBJECT_MAGIC = 0x6f626a31 };

// A chain that is longer than this goes in a circle.
enum { CHAIN_MAX = 1 << 20 };

static const char *const kind_names[CN_KINDS] = {
	[CN_TASK] = "task",
	[CN_POOL] = "pool",
	[CN_PIPE] = "pipe",
	[CN_QUEUE] = "queue",
	[CN_LOCK] = "lock",
	[CN_SEM] = "sem",
	[CN_COND] = "cond",
	[CN_EVENT] = "event",
	[CN_BARRIER] = "barrier",
	[CN_VALUE] = "value",
	[CN_ARRAY] = "array",
	[CN_DICT] = "dict",
	[CN_LIST] = "list",
};

static const struct cn_kind_ops *kind_ops[CN_KINDS];

const char *cn_kind_name(enum cn_kind kind) {
	return kind > 0 && kind < CN_KINDS ? kind_names[kind] : NULL;
}

void cn_kind_register(enum cn_kind kind, const struct cn_kind_ops *ops) {
	kind_ops[kind] = ops;
}

static const struct cn_kind_ops *ops_of(const struct cn_object *object) {
	static const struct cn_kind_ops none;
	const struct cn_kind_ops *ops = object->kind < CN_KINDS ? kind_ops[object->kind] : NULL;
	return ops == NULL ? &none : ops;
}

// Whatever the locale says.
static bool is_letter(char c) {
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

bool cn_name_is_valid(const char *name) {
	if (!is_letter(*name)) {
		return false;
	}
	size_t len = 1;
	while (is_letter(name[len]) || (name[len] >= '0' && name[len] <= '9') || name[len] == '.' ||
			name[len] == '-') {
		len++;
	}
	return name[len] == '\0' && len <= CN_NAME_MAX;
}

// ---- chains ----------------------------------------------------------------------------------

// A chain is consistent after each store; what is in flight is settled before it changes again.
static int names_repair(void *data) {
	return cn_alloc_settle(data);
}

static int names_lock(struct cn_arena *arena) {
	return cn_mutex_lock(&arena->header->names.mutex, names_repair, arena);
}

static void names_unlock(struct cn_arena *arena) {
	cn_mutex_unlock(&arena->header->names.mutex);
}

static cn_off *bucket_at(const struct cn_arena *arena, uint32_t hash) {
	return (cn_off *)(arena->base + arena->layout.names) + (hash & (arena->layout.names_count - 1));
}

static uint32_t hash_of(enum cn_kind kind, const char *name, size_t len) {
	return cn_hash(name, len) * 31 + (uint32_t)kind;
}

// The object at `off`, when there can be one.
static struct cn_object *object_at(const struct cn_arena *arena, cn_off off) {
	struct cn_object *object = CN_AT(arena, off, struct cn_object);
	if (object == NULL || object->magic != OBJECT_MAGIC || object->name_at < sizeof(*object) ||
			cn_at(arena, off, (uint64_t)object->name_at + object->name_len + 1, 1) == NULL) {
		return NULL;
	}
	return object;
}

static bool is_live(const struct cn_object *object) {
	return atomic_load(&object->state) == CN_OBJECT_LIVE;
}

static struct cn_ref ref_of(struct cn_arena *arena, const struct cn_object *object) {
	return (struct cn_ref){
		.arena = arena,
		.off = cn_off_of(arena, object),
		.serial = atomic_load_explicit(&object->serial, memory_order_relaxed),
	};
}

// Names locked. The live object of that name in *out, or NULL.
static int chain_find(struct cn_arena *arena, enum cn_kind kind, const char *name, size_t len,
		struct cn_object **out) {
	uint32_t hash = hash_of(kind, name, len);
	cn_off off = *bucket_at(arena, hash);
	*out = NULL;
	for (int steps = 0; off != 0; steps++) {
		struct cn_object *object = object_at(arena, off);
		if (object == NULL || steps == CHAIN_MAX) {
			return -EBADMSG;
		}
		if (object->hash == hash && object->kind == kind && object->name_len == len &&
				is_live(object) && memcmp(cn_object_name(object), name, len) == 0) {
			*out = object;
			return 0;
		}
		off = object->next;
	}
	return 0;
}

// Names locked. The word that leads to the object, or NULL when it is in no chain.
static cn_off *chain_word(const struct cn_arena *arena, cn_off off) {
	const struct cn_object *object = object_at(arena, off);
	if (object == NULL) {
		return NULL;
	}
	cn_off *word = bucket_at(arena, object->hash);
	for (int steps = 0; *word != off; steps++) {
		struct cn_object *at = object_at(arena, *word);
		if (at == NULL || steps == CHAIN_MAX) {
			return NULL;
		}
		word = &at->next;
	}
	return word;
}

// ---- making and finding ------------------------------------------------------------------------

/*
 * What this process found last, so that finding it again needs no mutex. A hint: an object that is
 * not there any more shows by its serial, as it does to cn_pin().
 */
enum { CACHE_SLOTS = 64, CACHE_NAME_MAX = 48 };

static struct cached {
	struct cn_ref ref;
	uint64_t arena_id;
	uint8_t kind;
	uint8_t len;
	char name[CACHE_NAME_MAX];
} cache[CACHE_SLOTS];

static bool cache_has(const struct cached *slot, const struct cn_arena *arena, enum cn_kind kind,
		const char *name, size_t len) {
	if (slot->ref.arena != arena || slot->kind != kind || slot->len != len ||
			memcmp(slot->name, name, len) != 0 || slot->arena_id != cn_arena_id(arena)) {
		return false;
	}
	const struct cn_object *object = object_at(arena, slot->ref.off);
	return object != NULL && is_live(object) &&
			atomic_load_explicit(&object->serial, memory_order_relaxed) == slot->ref.serial;
}

static void cache_set(struct cached *slot, const struct cn_ref *ref, enum cn_kind kind,
		const char *name, size_t len) {
	if (len <= CACHE_NAME_MAX) {
		slot->ref = *ref;
		slot->arena_id = cn_arena_id(ref->arena);
		slot->kind = (uint8_t)kind;
		slot->len = (uint8_t)len;
		memcpy(slot->name, name, len);
	}
}

int cn_name_find(struct cn_arena *arena, enum cn_kind kind, const char *name, struct cn_ref *ref) {
	size_t len = strlen(name);
	struct cached *slot = &cache[hash_of(kind, name, len) % CACHE_SLOTS];
	if (cache_has(slot, arena, kind, name, len)) {
		*ref = slot->ref;
		return 0;
	}
	int err = names_lock(arena);
	if (err < 0) {
		return err;
	}
	struct cn_object *object;
	err = chain_find(arena, kind, name, len, &object);
	if (err == 0 && object == NULL) {
		err = -ENOENT;
	}
	if (err == 0) {
		*ref = ref_of(arena, object);
		cache_set(slot, ref, kind, name, len);
	}
	names_unlock(arena);
	return err;
}

static struct cn_object *object_make(
		struct cn_arena *arena, enum cn_kind kind, const char *name, size_t size, cn_off off) {
	struct cn_object *object = (struct cn_object *)(arena->base + off);
	size_t len = strlen(name);
	object->magic = OBJECT_MAGIC;
	object->kind = (uint8_t)kind;
	object->name_len = (uint8_t)len;
	object->hash = hash_of(kind, name, len);
	object->name_at = (uint32_t)size;
	memcpy((char *)object + size, name, len + 1);
	atomic_store(&object->serial, atomic_fetch_add(&arena->header->names.serial, 1) + 1);
	atomic_store(&object->state, CN_OBJECT_LIVE);
	return object;
}

int cn_name_create(struct cn_arena *arena, enum cn_kind kind, const char *name, size_t size,
		void (*init)(void *object, const void *data), const void *data, struct cn_ref *ref) {
	if (!cn_name_is_valid(name)) {
		return -EINVAL;
	}
	if (size > UINT32_MAX) {
		return -ENOSPC;
	}
	int err = cn_name_find(arena, kind, name, ref);
	if (err != -ENOENT) {
		return err == 0 ? -EEXIST : err;
	}
	cn_off off;
	err = cn_alloc_zero(arena, size + strlen(name) + 1, &off);
	if (err < 0) {
		return err;
	}
	struct cn_object *object = object_make(arena, kind, name, size, off);
	if (init != NULL) {
		init(object, data);
	}
	err = names_lock(arena);
	struct cn_object *other = NULL;
	if (err == 0) {
		err = chain_find(arena, kind, name, strlen(name), &other);
		if (err == 0 && other == NULL) {
			cn_off *bucket = bucket_at(arena, object->hash);
			object->next = *bucket;
			*ref = ref_of(arena, object);
			cn_alloc_publish(arena, bucket, off);
		} else if (err == 0) { // someone was faster
			*ref = ref_of(arena, other);
			err = -EEXIST;
		}
		names_unlock(arena);
	}
	if (err < 0) {
		cn_free(arena, off);
	}
	return err;
}

// Up to `max` refs into *refs (NULL: none are wanted); how many there are. Names locked.
static size_t collect(
		struct cn_arena *arena, enum cn_kind kind, bool live, struct cn_ref *refs, size_t max) {
	size_t n = 0;
	for (uint32_t b = 0; b < arena->layout.names_count; b++) {
		int steps = 0;
		struct cn_object *object = object_at(arena, *bucket_at(arena, b));
		for (; object != NULL && steps++ < CHAIN_MAX; object = object_at(arena, object->next)) {
			if ((kind != 0 && object->kind != kind) || is_live(object) != live) {
				continue;
			}
			if (n < max) {
				refs[n] = ref_of(arena, object);
			}
			n++;
		}
	}
	return n;
}

static int list(
		struct cn_arena *arena, enum cn_kind kind, bool live, struct cn_ref **out, size_t *count) {
	int err = names_lock(arena);
	if (err < 0) {
		return err;
	}
	*count = collect(arena, kind, live, NULL, 0);
	*out = calloc(*count + 1, sizeof(**out));
	if (*out == NULL) {
		err = -ENOMEM;
	} else {
		collect(arena, kind, live, *out, *count);
	}
	names_unlock(arena);
	return err;
}

int cn_name_list(struct cn_arena *arena, enum cn_kind kind, struct cn_ref **out, size_t *count) {
	return list(arena, kind, true, out, count);
}

// ---- pins ------------------------------------------------------------------------------------

// Mostly the first: few have more than one object pinned.
static inline _Atomic cn_off *pin_find(const struct cn_arena *arena, cn_off off) {
	struct cn_owner_record *record = cn_owner_own(arena);
	if (__builtin_expect(
				atomic_load_explicit(&record->pins[0], memory_order_relaxed) == off, 1)) {
		return &record->pins[0];
	}
	for (size_t i = 1; i < CN_PINS_MAX; i++) {
		if (atomic_load_explicit(&record->pins[i], memory_order_relaxed) == off) {
			return &record->pins[i];
		}
	}
	return NULL;
}

// Whether any living process has it pinned.
static bool is_pinned(struct cn_arena *arena, cn_off off) {
	uint32_t high = atomic_load(&arena->header->owners_high);
	high = high > arena->layout.owners_count ? arena->layout.owners_count : high;
	for (uint32_t i = 0; i < high; i++) {
		struct cn_owner_record *record = &cn_owner_records(arena)[i];
		for (size_t n = 0; n < CN_PINS_MAX; n++) {
			if (atomic_load(&record->pins[n]) == off &&
					(atomic_load(&record->life.word) & CN_MUTEX_TID) != 0) {
				return true;
			}
		}
	}
	return false;
}

// Note the object in a slot of ours, which *slot is then. It may be dead.
static inline int pin_slot(struct cn_arena *arena, cn_off off, _Atomic cn_off **slot) {
	cn_owner self;
	int err = cn_self()->owner[arena->slot] != 0 ? 0 : cn_owner_self(arena, &self);
	*slot = err < 0 ? NULL : pin_find(arena, 0);
	if (*slot == NULL) {
		return err < 0 ? err : -EMFILE;
	}
	atomic_store(*slot, off);
	return 0;
}

int cn_pin(const struct cn_ref *ref, void **object) {
	_Atomic cn_off *slot;
	int err = pin_slot(ref->arena, ref->off, &slot);
	if (err < 0) {
		return err;
	}
	struct cn_object *at = object_at(ref->arena, ref->off);
	if (at == NULL || atomic_load(&at->serial) != ref->serial || !is_live(at) ||
			at->name_at < ops_of(at)->size) {
		atomic_store_explicit(slot, 0, memory_order_release);
		return -ENOENT;
	}
	*object = at;
	return 0;
}

// Pin a dead object that nobody has, for us to free. False: someone has it, or it is gone.
static bool reclaim_pin(const struct cn_ref *ref, _Atomic cn_off **slot) {
	struct cn_arena *arena = ref->arena;
	if (names_lock(arena) < 0) {
		return false;
	}
	struct cn_object *object = object_at(arena, ref->off);
	bool mine = object != NULL && atomic_load(&object->serial) == ref->serial && !is_live(object) &&
			chain_word(arena, ref->off) != NULL && !is_pinned(arena, ref->off) &&
			pin_slot(arena, ref->off, slot) == 0;
	names_unlock(arena);
	return mine;
}

static bool reclaim(const struct cn_ref *ref) {
	struct cn_arena *arena = ref->arena;
	_Atomic cn_off *slot;
	if (!reclaim_pin(ref, &slot)) {
		return false;
	}
	struct cn_object *object = object_at(arena, ref->off);
	const struct cn_kind_ops *ops = ops_of(object);
	if (ops->finish != NULL) {
		ops->finish(arena, object);
	}
	bool freed = names_lock(arena) == 0;
	atomic_store(slot, 0);
	if (freed) {
		cn_off *word = chain_word(arena, ref->off);
		if (word != NULL) {
			cn_alloc_retire(arena, word, object->next);
		}
		names_unlock(arena);
	}
	return freed;
}

void cn_unpin(const struct cn_ref *ref, void *object) {
	_Atomic cn_off *slot = pin_find(ref->arena, ref->off);
	if (slot == NULL) {
		return;
	}
	atomic_store(slot, 0);
	// From here on the memory may be anything: if it still looks like our object, look closer.
	struct cn_object *at = object;
	if (!is_live(at) && atomic_load(&at->serial) == ref->serial) {
		reclaim(ref);
	}
}

// ---- the object's mutex
// --------------------------------------------------------------------------

struct broken {
	struct cn_arena *arena;
	struct cn_object *object;
};

static int object_repair(void *data) {
	const struct broken *broken = data;
	int err = cn_alloc_settle(broken->arena);
	const struct cn_kind_ops *ops = ops_of(broken->object);
	if (err == 0 && ops->repair != NULL) {
		err = ops->repair(broken->arena, broken->object);
	}
	return err;
}

bool cn_object_is_dead(const struct cn_object *object) {
	return !is_live(object);
}

int cn_object_lock(struct cn_arena *arena, struct cn_object *object) {
	struct broken broken = { arena, object };
	int err = cn_mutex_lock(&object->mutex, object_repair, &broken);
	if (err == 0 && !is_live(object)) {
		cn_mutex_unlock(&object->mutex);
		return -ENOENT;
	}
	return err;
}

void cn_object_unlock(struct cn_object *object) {
	cn_mutex_unlock(&object->mutex);
}

int cn_enter(const struct cn_ref *ref, void **object) {
	int err = cn_pin(ref, object);
	if (err == 0) {
		err = cn_object_lock(ref->arena, *object);
		if (err < 0) {
			cn_unpin(ref, *object);
		}
	}
	return err;
}

void cn_leave(const struct cn_ref *ref, void *object) {
	cn_object_unlock(object);
	cn_unpin(ref, object);
}

const char *cn_object_name(const struct cn_object *object) {
	return (const char *)object + object->name_at;
}

// ---- destroying --------------------------------------------------------------------------------

int cn_ref_destroy(const struct cn_ref *ref) {
	struct cn_object *object;
	int err = cn_pin(ref, (void **)&object);
	if (err < 0) {
		return err;
	}
	struct broken broken = { ref->arena, object };
	err = cn_mutex_lock(&object->mutex, object_repair, &broken);
	bool locked = err == 0;
	if (err == -ENOTRECOVERABLE || err == -EBADMSG) {
		err = 0; // a broken object can be destroyed as well
	}
	if (err == 0) {
		uint8_t live = CN_OBJECT_LIVE;
		err = atomic_compare_exchange_strong(&object->state, &live, CN_OBJECT_DEAD) ? 0 : -ENOENT;
	}
	if (err == 0 && ops_of(object)->wake != NULL) {
		ops_of(object)->wake(ref->arena, object);
	}
	if (locked) {
		cn_mutex_unlock(&object->mutex);
	}
	cn_unpin(ref, object);
	return err;
}

int cn_name_destroy(struct cn_arena *arena, enum cn_kind kind, const char *name) {
	struct cn_ref ref;
	int err = cn_name_find(arena, kind, name, &ref);
	return err < 0 ? err : cn_ref_destroy(&ref);
}

int cn_name_sweep(struct cn_arena *arena) {
	struct cn_ref *refs;
	size_t count;
	int err = list(arena, 0, false, &refs, &count);
	if (err < 0) {
		return err;
	}
	int freed = 0;
	for (size_t i = 0; i < count; i++) {
		freed += reclaim(&refs[i]);
	}
	free(refs);
	return freed;
}
