/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Every change is one store, so a holder of the mutex that dies leaves a consistent lock:
 * `holder` takes and gives the exclusive lock (what belongs to it is written before), and the chain
 * of sharers is changed by the allocator's publish and retire.
 *
 * Circles: a process notes the lock it waits for in its record, under the arena's mutex of waits,
 * and then follows from that lock to its holders, to the locks they wait for, and so on. The last
 * one to close a circle meets himself. Edges that a walk sees cannot vanish if they are of a
 * circle, since all in it sleep.
 */
#include "config.h"
#include "lib/sync/lock.h"

#include <errno.h>
#include <stdio.h>
#include <unistd.h>

#include "lib/shm/alloc.h"
#include "lib/shm/layout.h"
#include "lib/sync/waiters.h"

enum { CIRCLE_MAX = 128, SHARERS_MAX = 1 << 20 };

struct sharer {
	cn_off next;
	cn_owner owner;
	uint32_t depth;
	int32_t pid;
};

// All guarded by the object's mutex.
struct lock {
	struct cn_object object;
	struct cn_waiters line;
	_Atomic cn_owner holder; // exclusive; 0: nobody
	uint32_t depth; // of the holder
	int32_t pid; // of the holder
	int32_t dead; // pid of a holder that died, until the next one that has it alone is told
	uint32_t flags; // CN_LOCK_RECURSIVE
	cn_off sharers; // struct sharer
};

static struct sharer *sharer_at(struct cn_arena *arena, cn_off off) {
	return CN_AT(arena, off, struct sharer);
}

static void lock_wake(struct cn_arena *arena, struct cn_object *object) {
	cn_waiters_ring_all(arena, &((struct lock *)object)->line);
}

static void lock_finish(struct cn_arena *arena, struct cn_object *object) {
	struct lock *lock = (struct lock *)object;
	cn_waiters_finish(arena, &lock->line);
	struct sharer *sharer;
	while ((sharer = sharer_at(arena, lock->sharers)) != NULL) {
		cn_alloc_retire(arena, &lock->sharers, sharer->next);
	}
}

static const struct cn_kind_ops lock_ops = { .wake = lock_wake, .finish = lock_finish };

__attribute__((constructor)) static void lock_register(void) {
	cn_kind_register(CN_LOCK, &lock_ops);
}

static void lock_init(void *object, const void *data) {
	((struct lock *)object)->flags = *(const unsigned *)data & CN_LOCK_RECURSIVE;
}

int cn_lock_open(struct cn_arena *arena, const char *name, unsigned flags, struct cn_lock *out) {
	if ((flags & CN_LOCK_CREATE) == 0) {
		return cn_name_find(arena, CN_LOCK, name, &out->ref);
	}
	int err =
			cn_name_create(arena, CN_LOCK, name, sizeof(struct lock), lock_init, &flags, &out->ref);
	if (err != -EEXIST) {
		return err;
	}
	struct lock *lock;
	err = cn_pin(&out->ref, (void **)&lock);
	if (err == 0) {
		err = lock->flags == (flags & CN_LOCK_RECURSIVE) ? 0 : -EEXIST;
		cn_unpin(&out->ref, lock);
	}
	return err;
}

// ---- holders -----------------------------------------------------------------------------------

// The word that leads to our entry among the sharers, or NULL. Entries of the dead are dropped.
static cn_off *sharer_find(struct cn_arena *arena, struct lock *lock, cn_owner self) {
	cn_off *found = NULL;
	cn_off *word = &lock->sharers;
	struct sharer *sharer;
	int steps = 0;
	while ((sharer = sharer_at(arena, *word)) != NULL && steps++ < SHARERS_MAX) {
		if (!cn_owner_is_alive(arena, sharer->owner)) {
			cn_alloc_retire(arena, word, sharer->next);
			continue;
		}
		if (sharer->owner == self) {
			found = word;
		}
		word = &sharer->next;
	}
	return found;
}

static cn_owner holder_get(const struct lock *lock) {
	return atomic_load_explicit(&lock->holder, memory_order_relaxed);
}

// Forget a holder that died; the next one to get the lock is told.
static void holder_bury(struct cn_arena *arena, struct lock *lock) {
	cn_owner holder = holder_get(lock);
	if (holder != 0 && !cn_owner_is_alive(arena, holder)) {
		lock->dead = lock->pid;
		atomic_store_explicit(&lock->holder, 0, memory_order_release);
	}
}

static void holder_set(struct lock *lock, cn_owner self) {
	lock->pid = (pid_t)cn_self()->tid;
	lock->depth = 1;
	atomic_store_explicit(&lock->holder, self, memory_order_release);
}

static int sharer_add(struct cn_arena *arena, struct lock *lock, cn_owner self) {
	cn_off off;
	int err = cn_alloc_reserved(arena, sizeof(struct sharer), &off);
	if (err < 0) {
		return err;
	}
	*sharer_at(arena, off) = (struct sharer){
		.next = lock->sharers,
		.owner = self,
		.depth = 1,
		.pid = (pid_t)cn_self()->tid,
	};
	cn_alloc_publish(arena, &lock->sharers, off);
	return 0;
}

static size_t holders_of(
		struct cn_arena *arena, const struct lock *lock, cn_owner *out, size_t max) {
	size_t n = 0;
	if (holder_get(lock) != 0) {
		out[n++] = holder_get(lock);
	}
	const struct sharer *sharer = sharer_at(arena, lock->sharers);
	for (int steps = 0; sharer != NULL && n < max && steps < SHARERS_MAX; steps++) {
		out[n++] = sharer->owner;
		sharer = sharer_at(arena, sharer->next);
	}
	return n;
}

// ---- circles -----------------------------------------------------------------------------------

struct step {
	cn_off lock;
	int from; // the step that led here, -1: the first
};

// Name the locks from steps[last], which we hold, back to the first, which we want.
static int circle_report(
		struct cn_arena *arena, const struct step *steps, int last, struct cn_err *why) {
	char text[sizeof(why->text)] = "";
	size_t len = 0;
	for (int i = last; i >= 0 && len < sizeof(text); i = steps[i].from) {
		const struct lock *lock = CN_AT(arena, steps[i].lock, struct lock);
		len += (size_t)snprintf(text + len, sizeof(text) - len, "%s%s", len == 0 ? "" : ", ",
				cn_object_name(&lock->object));
	}
	return cn_err_set(why, -EDEADLK, "a circle of waits: %.230s", text);
}

// The living holders of the lock a process waits for. Its pin holds it as long as it waits.
static size_t waited_holders(
		struct cn_arena *arena, cn_owner waiter, cn_off off, cn_owner *out, size_t max) {
	struct cn_owner_record *record = cn_owner_record(arena, waiter);
	struct lock *lock = CN_AT(arena, off, struct lock);
	if (lock == NULL || record == NULL) {
		return 0;
	}
	struct cn_ref ref = { arena, off, atomic_load(&lock->object.serial) };
	if (cn_pin(&ref, (void **)&lock) < 0) {
		return 0;
	}
	size_t n = 0;
	if (atomic_load(&record->waits) == off && cn_owner_is_alive(arena, waiter) &&
			lock->object.kind == CN_LOCK && cn_object_lock(arena, &lock->object) == 0) {
		n = holders_of(arena, lock, out, max);
		cn_object_unlock(&lock->object);
	}
	cn_unpin(&ref, lock);
	return n;
}

static bool is_known(const struct step *steps, int n, cn_off lock) {
	for (int i = 0; i < n; i++) {
		if (steps[i].lock == lock) {
			return true;
		}
	}
	return false;
}

// Mutex of the waits held. Whether waiting for the lock at `off` closes a circle: -EDEADLK.
static int circle_find(struct cn_arena *arena, cn_owner self, cn_off off, struct cn_err *why) {
	struct step steps[CIRCLE_MAX] = { { off, -1 } };
	cn_owner via[CIRCLE_MAX] = { self }; // who waits for that lock
	cn_owner holders[CIRCLE_MAX];
	int n = 1;
	for (int i = 0; i < n; i++) {
		size_t count = waited_holders(arena, via[i], steps[i].lock, holders, CIRCLE_MAX);
		for (size_t h = 0; h < count; h++) {
			if (holders[h] == self) {
				return circle_report(arena, steps, i, why);
			}
			struct cn_owner_record *record = cn_owner_record(arena, holders[h]);
			cn_off waits = record == NULL ? 0 : atomic_load(&record->waits);
			if (waits != 0 && n < CIRCLE_MAX && !is_known(steps, n, waits) &&
					cn_owner_is_alive(arena, holders[h])) {
				steps[n] = (struct step){ waits, i };
				via[n++] = holders[h];
			}
		}
	}
	return 0;
}

// ---- taking ------------------------------------------------------------------------------------

struct request {
	struct cn_err *why;
	pid_t dead;
};

static int again(struct cn_wait *wait, uint32_t *depth) {
	const struct lock *lock = (struct lock *)wait->object;
	if ((lock->flags & CN_LOCK_RECURSIVE) == 0) {
		struct request *request = wait->data;
		return cn_err_set(request->why, -EDEADLK, "this process holds it already");
	}
	++*depth;
	return 1;
}

static int lock_attempt(struct cn_wait *wait) {
	struct cn_arena *arena = wait->ref->arena;
	struct lock *lock = (struct lock *)wait->object;
	struct request *request = wait->data;
	holder_bury(arena, lock);
	if (holder_get(lock) == wait->self) {
		return again(wait, &lock->depth);
	}
	cn_off *mine = lock->sharers == 0 ? NULL : sharer_find(arena, lock, wait->self);
	if (mine != NULL && wait->mode == CN_LOCK_SHARED) {
		return again(wait, &sharer_at(arena, *mine)->depth);
	}
	if (mine != NULL) {
		return cn_err_set(request->why, -EDEADLK, "this process shares it already");
	}
	if (wait->ahead != 0 || holder_get(lock) != 0 ||
			(wait->mode != CN_LOCK_SHARED && lock->sharers != 0)) {
		return 0;
	}
	if (wait->mode == CN_LOCK_SHARED) {
		int err = sharer_add(arena, lock, wait->self);
		if (err < 0) {
			return err;
		}
	} else {
		holder_set(lock, wait->self);
	}
	request->dead = lock->dead;
	if (wait->mode != CN_LOCK_SHARED) {
		lock->dead = 0;
	}
	return 1;
}

static size_t lock_holders(struct cn_wait *wait, cn_owner *out, size_t max) {
	return holders_of(wait->ref->arena, (struct lock *)wait->object, out, max);
}

static int waits_repair(void *data) {
	return 0; // notes of the dead are not looked at
}

static int lock_before(struct cn_wait *wait) {
	struct cn_arena *arena = wait->ref->arena;
	struct request *request = wait->data;
	struct cn_mutex *waits = &arena->header->waits;
	int err = cn_mutex_lock(waits, waits_repair, NULL);
	if (err < 0) {
		return err;
	}
	atomic_store(&cn_owner_own(arena)->waits, wait->ref->off);
	err = circle_find(arena, wait->self, wait->ref->off, request->why);
	cn_mutex_unlock(waits);
	return err;
}

int cn_lock_acquire(const struct cn_lock *handle, unsigned flags, cn_time deadline,
		struct cn_lock_grant *grant, struct cn_err *why) {
	struct cn_arena *arena = handle->ref.arena;
	struct lock *lock;
	int err = cn_pin(&handle->ref, (void **)&lock);
	if (err < 0) {
		return err;
	}
	struct request request = { .why = why };
	struct cn_wait wait = {
		.ref = &handle->ref,
		.object = &lock->object,
		.line = &lock->line,
		.mode = flags & CN_LOCK_SHARED,
		.data = &request,
		.attempt = lock_attempt,
		.holders = lock_holders,
		.before = lock_before,
	};
	err = cn_wait(&wait, deadline);
	struct cn_owner_record *self = cn_owner_own(arena);
	if (atomic_load_explicit(&self->waits, memory_order_relaxed) != 0) {
		atomic_store(&self->waits, 0);
	}
	cn_unpin(&handle->ref, lock);
	if (grant != NULL) {
		grant->dead = request.dead;
	}
	return err;
}

static int release(struct cn_arena *arena, struct lock *lock, cn_owner self) {
	if (holder_get(lock) == self) {
		if (lock->depth > 1) {
			lock->depth--;
			return 0;
		}
		atomic_store_explicit(&lock->holder, 0, memory_order_release);
	} else {
		cn_off *mine = sharer_find(arena, lock, self);
		if (mine == NULL) {
			return -EPERM;
		}
		struct sharer *sharer = sharer_at(arena, *mine);
		if (sharer->depth > 1) {
			sharer->depth--;
			return 0;
		}
		cn_alloc_retire(arena, mine, sharer->next);
	}
	cn_waiters_ring(arena, &lock->line);
	return 0;
}

int cn_lock_release(const struct cn_lock *handle) {
	struct lock *lock;
	cn_owner self = cn_owner_mine(handle->ref.arena);
	int err = cn_enter(&handle->ref, (void **)&lock);
	if (err < 0) {
		return err;
	}
	err = self == 0 ? -EPERM : release(handle->ref.arena, lock, self);
	cn_leave(&handle->ref, lock);
	return err;
}

int cn_lock_release_all(const struct cn_lock *handle, uint32_t *depth) {
	struct lock *lock;
	cn_owner self = cn_owner_mine(handle->ref.arena);
	int err = cn_enter(&handle->ref, (void **)&lock);
	if (err < 0) {
		return err;
	}
	if (self == 0 || holder_get(lock) != self) {
		err = -EPERM;
	} else {
		*depth = lock->depth;
		lock->depth = 1;
		err = release(handle->ref.arena, lock, self);
	}
	cn_leave(&handle->ref, lock);
	return err;
}

static uint32_t sharers_count(struct cn_arena *arena, const struct lock *lock) {
	uint32_t count = 0;
	const struct sharer *sharer = sharer_at(arena, lock->sharers);
	while (sharer != NULL && count < SHARERS_MAX) {
		count++;
		sharer = sharer_at(arena, sharer->next);
	}
	return count;
}

int cn_lock_query(const struct cn_lock *handle, struct cn_lock_info *out) {
	struct cn_arena *arena = handle->ref.arena;
	struct lock *lock;
	int err = cn_enter(&handle->ref, (void **)&lock);
	if (err < 0) {
		return err;
	}
	cn_owner self = cn_owner_mine(arena);
	cn_owner holder = holder_get(lock);
	bool alive = cn_owner_is_alive(arena, holder);
	cn_off *mine = sharer_find(arena, lock, self); // drops the dead ones
	*out = (struct cn_lock_info){
		.owner = alive ? lock->pid : 0,
		.depth = alive ? lock->depth : 0,
		.sharers = sharers_count(arena, lock),
		.waiters = cn_waiters_count(arena, &lock->line),
		.recursive = (lock->flags & CN_LOCK_RECURSIVE) != 0,
		.mine = self != 0 && (holder == self || mine != NULL),
	};
	cn_leave(&handle->ref, lock);
	return 0;
}

int cn_lock_holders(const struct cn_lock *handle, pid_t *out, size_t max, size_t *count) {
	struct cn_arena *arena = handle->ref.arena;
	struct lock *lock;
	int err = cn_enter(&handle->ref, (void **)&lock);
	if (err < 0) {
		return err;
	}
	*count = 0;
	if (cn_owner_is_alive(arena, holder_get(lock))) {
		if (max > 0) {
			out[0] = lock->pid;
		}
		*count = 1;
	}
	sharer_find(arena, lock, 0); // drops the dead ones
	const struct sharer *sharer = sharer_at(arena, lock->sharers);
	for (int steps = 0; sharer != NULL && steps < SHARERS_MAX; steps++) {
		if (*count < max) {
			out[*count] = sharer->pid;
		}
		++*count;
		sharer = sharer_at(arena, sharer->next);
	}
	cn_leave(&handle->ref, lock);
	return 0;
}
