/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * lib/shm/names.h - the named objects of an arena. Each begins with a struct cn_object; a struct
 * cn_ref names one from a process, and stays safe to use when the object is destroyed:
 *
 *	struct cn_ref ref;
 *	int err = cn_name_find(arena, CN_QUEUE, "jobs", &ref);
 *	struct queue *q;
 *	err = cn_pin(&ref, (void **)&q); // -ENOENT: destroyed meanwhile
 *	...
 *	cn_unpin(&ref, q);
 *
 * Memory of a destroyed object is freed when nobody has it pinned. A pin is a note in the record of
 *the process (a hazard pointer): the pins of the dead vanish with them, and pinning is two stores.
 */
#ifndef CN_SHM_NAMES_H
#define CN_SHM_NAMES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/shm/arena.h"
#include "lib/shm/owner.h"

enum cn_kind {
	CN_TASK = 1,
	CN_POOL,
	CN_PIPE,
	CN_QUEUE,
	CN_LOCK,
	CN_SEM,
	CN_COND,
	CN_EVENT,
	CN_BARRIER,
	CN_VALUE,
	CN_ARRAY,
	CN_DICT,
	CN_LIST,
	CN_KINDS, // one more than the last
};

/* "task", "pool", ...; NULL when it is none. */
const char *cn_kind_name(enum cn_kind kind);

/* Longest name, without the NUL. */
enum { CN_NAME_MAX = 255 };

/* Objects one process can have pinned at a time. */
enum { CN_PINS_MAX = 8 };

enum cn_object_state { CN_OBJECT_NEW, CN_OBJECT_LIVE, CN_OBJECT_DEAD };

struct cn_object {
	uint32_t magic;
	uint8_t kind; // enum cn_kind
	_Atomic uint8_t state; // enum cn_object_state; changed under the mutex of the names
	uint8_t name_len;
	uint8_t unused;
	_Atomic uint64_t serial; // never used twice in an arena
	cn_off next; // hash chain, dead ones too until they are freed: the mutex of the names
	uint32_t hash;
	uint32_t name_at; // bytes from here to the name, NUL-terminated
	uint64_t apart[6]; // who pins it reads the above while others lock and unlock
	struct cn_mutex mutex; // for what follows, as the kind says
};

/* An object as a process knows it; nothing to close, and good in forked children as well. */
struct cn_ref {
	struct cn_arena *arena;
	cn_off off;
	uint64_t serial;
};

/* What a kind must do when one of its objects goes. All slots may be NULL. */
struct cn_kind_ops {
	/* Bytes of an object at least; in a damaged arena a smaller one is refused. 0: not known. */
	size_t size;
	/* The object was destroyed just now: ring all who wait for it. Its mutex is held. */
	void (*wake)(struct cn_arena *arena, struct cn_object *object);
	/*
	 * Nobody has it any more: free what it owns, not itself. May be run again from the start when a
	 * process dies in it.
	 */
	void (*finish)(struct cn_arena *arena, struct cn_object *object);
	/* See cn_mutex_lock(): makes an object whole whose mutex was held by a dead process. */
	int (*repair)(struct cn_arena *arena, struct cn_object *object);
};

/* To be called from a constructor, so that every process knows all kinds. */
void cn_kind_register(enum cn_kind kind, const struct cn_kind_ops *ops);

/* Whether it is [A-Za-z_][A-Za-z0-9_.-]* and not too long. */
bool cn_name_is_valid(const char *name);

/*
 * Make an object of `size` bytes that begins with a struct cn_object, zeroed but for that header.
 * init (may be NULL) fills in the rest before anyone can find it; it allocates nothing: what the
 * object owns is allocated later, under its mutex.
 * Returns 0, -EEXIST (*ref is the one that is there), -EINVAL (name), -ENOSPC.
 */
int cn_name_create(struct cn_arena *arena, enum cn_kind kind, const char *name, size_t size,
		void (*init)(void *object, const void *data), const void *data, struct cn_ref *ref);

/* 0 or -ENOENT. */
int cn_name_find(struct cn_arena *arena, enum cn_kind kind, const char *name, struct cn_ref *ref);

/* Take the name away, wake who waits (they get -ENOENT). 0 or -ENOENT. */
int cn_name_destroy(struct cn_arena *arena, enum cn_kind kind, const char *name);

/* The same for an object that is known already. */
int cn_ref_destroy(const struct cn_ref *ref);

/* All objects of a kind (0: of all), in no order, in an array the caller frees. 0 or -ENOMEM. */
int cn_name_list(struct cn_arena *arena, enum cn_kind kind, struct cn_ref **out, size_t *count);

/*
 * Keep the object from being freed until cn_unpin(). *object is its address.
 * Returns 0, -ENOENT (destroyed), -EMFILE (too many pins), -EAGAIN (see cn_owner_self()).
 */
int cn_pin(const struct cn_ref *ref, void **object);
void cn_unpin(const struct cn_ref *ref, void *object);

/* Whether it was destroyed; to be asked under its mutex, or by who waits, each time he wakes. */
bool cn_object_is_dead(const struct cn_object *object);

/* Lock its mutex, repairing it if need be. 0, -ENOENT (destroyed), -ENOTRECOVERABLE, -EBADMSG. */
int cn_object_lock(struct cn_arena *arena, struct cn_object *object);
void cn_object_unlock(struct cn_object *object);

/*
 * Pin the object and lock its mutex; what most operations begin with. *object is to be given to
 * cn_leave(). Returns what cn_pin() and cn_object_lock() do, with nothing held.
 */
int cn_enter(const struct cn_ref *ref, void **object);
void cn_leave(const struct cn_ref *ref, void *object);

/* Its name; borrowed while pinned. Never NULL. */
const char *cn_object_name(const struct cn_object *object);

/* Free destroyed objects that nobody has any more. Destroying and `conch gc` do it. */
int cn_name_sweep(struct cn_arena *arena);

#endif
