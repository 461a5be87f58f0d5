/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What is free is not stored: it is the total less what the holders have, so that taking and giving
 * is one store into a holder's entry, and forgetting a dead holder gives its units back.
 */
#include "config.h"
#include "lib/sync/sem.h"

#include <errno.h>

#include "lib/shm/alloc.h"
#include "lib/sync/waiters.h"

enum { HOLDERS_MAX = 1 << 20 };

struct holder {
	cn_off next;
	cn_owner owner;
	uint64_t units;
};

// All guarded by the object's mutex.
struct sem {
	struct cn_object object;
	struct cn_waiters line;
	uint64_t count; // as made
	uint64_t total;
	uint64_t bounded;
	cn_off holders; // struct holder, the newest first
};

static struct holder *holder_at(struct cn_arena *arena, cn_off off) {
	return CN_AT(arena, off, struct holder);
}

static void sem_wake(struct cn_arena *arena, struct cn_object *object) {
	cn_waiters_ring_all(arena, &((struct sem *)object)->line);
}

static void sem_finish(struct cn_arena *arena, struct cn_object *object) {
	struct sem *sem = (struct sem *)object;
	cn_waiters_finish(arena, &sem->line);
	struct holder *holder;
	while ((holder = holder_at(arena, sem->holders)) != NULL) {
		cn_alloc_retire(arena, &sem->holders, holder->next);
	}
}

static const struct cn_kind_ops sem_ops = { .wake = sem_wake, .finish = sem_finish };

__attribute__((constructor)) static void sem_register(void) {
	cn_kind_register(CN_SEM, &sem_ops);
}

static void sem_init(void *object, const void *data) {
	struct sem *sem = object;
	const struct sem *wanted = data;
	sem->count = wanted->count;
	sem->total = wanted->count;
	sem->bounded = wanted->bounded;
}

int cn_sem_create(struct cn_arena *arena, const char *name, uint64_t count, bool bounded,
		struct cn_sem *out) {
	struct sem wanted = { .count = count, .bounded = bounded };
	if (count > CN_SEM_MAX) {
		return -ERANGE;
	}
	int err = cn_name_create(arena, CN_SEM, name, sizeof(struct sem), sem_init, &wanted, &out->ref);
	struct sem *sem;
	if (err == -EEXIST && cn_pin(&out->ref, (void **)&sem) == 0) {
		if (sem->count != count || sem->bounded != bounded) {
			err = -EPROTOTYPE;
		}
		cn_unpin(&out->ref, sem);
	}
	return err;
}

int cn_sem_open(struct cn_arena *arena, const char *name, struct cn_sem *out) {
	return cn_name_find(arena, CN_SEM, name, &out->ref);
}

// Drop entries of the dead and empty ones. *held: what the living have; *mine: our entry or NULL.
static void holders_look(struct cn_arena *arena, struct sem *sem, cn_owner self, uint64_t *held,
		struct holder **mine) {
	cn_off *word = &sem->holders;
	struct holder *holder;
	int steps = 0;
	*held = 0;
	*mine = NULL;
	while ((holder = holder_at(arena, *word)) != NULL && steps++ < HOLDERS_MAX) {
		bool own = holder->owner == self;
		if (!own && (holder->units == 0 || !cn_owner_is_alive(arena, holder->owner))) {
			cn_alloc_retire(arena, word, holder->next);
			continue;
		}
		*held += holder->units;
		*mine = own ? holder : *mine;
		word = &holder->next;
	}
}

static int holder_add(struct cn_arena *arena, struct sem *sem, cn_owner self, uint64_t units) {
	cn_off off;
	int err = cn_alloc_reserved(arena, sizeof(struct holder), &off);
	if (err < 0) {
		return err;
	}
	*holder_at(arena, off) = (struct holder){ .next = sem->holders, .owner = self, .units = units };
	cn_alloc_publish(arena, &sem->holders, off);
	return 0;
}

static int sem_attempt(struct cn_wait *wait) {
	struct sem *sem = (struct sem *)wait->object;
	uint64_t units = *(const uint64_t *)wait->data;
	uint64_t held;
	struct holder *mine;
	if (sem->bounded && units > sem->count) {
		return -ERANGE;
	}
	holders_look(wait->ref->arena, sem, wait->self, &held, &mine);
	if (wait->ahead != 0 || units > sem->total - held) {
		return 0;
	}
	if (mine == NULL) {
		int err = holder_add(wait->ref->arena, sem, wait->self, units);
		return err < 0 ? err : 1;
	}
	mine->units += units;
	return 1;
}

static size_t sem_holders(struct cn_wait *wait, cn_owner *out, size_t max) {
	struct cn_arena *arena = wait->ref->arena;
	const struct sem *sem = (struct sem *)wait->object;
	size_t n = 0;
	const struct holder *holder = holder_at(arena, sem->holders);
	for (int steps = 0; holder != NULL && n < max && steps < HOLDERS_MAX; steps++) {
		if (holder->owner != wait->self) {
			out[n++] = holder->owner;
		}
		holder = holder_at(arena, holder->next);
	}
	return n;
}

int cn_sem_acquire(const struct cn_sem *handle, uint64_t units, cn_time deadline) {
	struct sem *sem;
	int err = cn_pin(&handle->ref, (void **)&sem);
	if (err < 0) {
		return err;
	}
	struct cn_wait wait = {
		.ref = &handle->ref,
		.object = &sem->object,
		.line = &sem->line,
		.data = &units,
		.attempt = sem_attempt,
		.holders = sem_holders,
	};
	err = cn_wait(&wait, deadline);
	cn_unpin(&handle->ref, sem);
	return err;
}

static void units_give(uint64_t *from, uint64_t *units) {
	uint64_t n = *from < *units ? *from : *units;
	*from -= n;
	*units -= n;
}

// Off our own entry, then off the others, the oldest first; what is left is new.
static int release(struct cn_arena *arena, struct sem *sem, uint64_t units) {
	uint64_t held;
	struct holder *mine;
	holders_look(arena, sem, cn_owner_mine(arena), &held, &mine);
	if ((sem->bounded && units > held) ||
			(units > held && units - held > CN_SEM_MAX - sem->total)) {
		return -ERANGE;
	}
	if (mine != NULL) {
		units_give(&mine->units, &units);
	}
	while (units > 0) {
		struct holder *oldest = NULL;
		struct holder *holder = holder_at(arena, sem->holders);
		for (int steps = 0; holder != NULL && steps < HOLDERS_MAX; steps++) {
			oldest = holder->units > 0 ? holder : oldest;
			holder = holder_at(arena, holder->next);
		}
		if (oldest == NULL) {
			sem->total += units;
			break;
		}
		units_give(&oldest->units, &units);
	}
	cn_waiters_ring(arena, &sem->line);
	return 0;
}

int cn_sem_release(const struct cn_sem *handle, uint64_t units) {
	struct sem *sem;
	int err = cn_enter(&handle->ref, (void **)&sem);
	if (err < 0) {
		return err;
	}
	err = release(handle->ref.arena, sem, units);
	cn_leave(&handle->ref, sem);
	return err;
}

int cn_sem_query(const struct cn_sem *handle, struct cn_sem_info *out) {
	struct cn_arena *arena = handle->ref.arena;
	struct sem *sem;
	int err = cn_enter(&handle->ref, (void **)&sem);
	if (err < 0) {
		return err;
	}
	uint64_t held;
	struct holder *mine;
	holders_look(arena, sem, cn_owner_mine(arena), &held, &mine);
	*out = (struct cn_sem_info){
		.value = sem->total - held,
		.total = sem->total,
		.mine = mine == NULL ? 0 : mine->units,
		.waiters = cn_waiters_count(arena, &sem->line),
		.bounded = sem->bounded,
	};
	const struct holder *holder = holder_at(arena, sem->holders);
	for (int steps = 0; holder != NULL && steps < HOLDERS_MAX; steps++) {
		out->holders += holder->units > 0;
		holder = holder_at(arena, holder->next);
	}
	cn_leave(&handle->ref, sem);
	return 0;
}

int cn_sem_holders(const struct cn_sem *handle, pid_t *out, size_t max, size_t *count) {
	struct cn_arena *arena = handle->ref.arena;
	struct sem *sem;
	int err = cn_enter(&handle->ref, (void **)&sem);
	if (err < 0) {
		return err;
	}
	uint64_t held;
	struct holder *mine;
	holders_look(arena, sem, cn_owner_mine(arena), &held, &mine);
	*count = 0;
	const struct holder *holder = holder_at(arena, sem->holders);
	for (int steps = 0; holder != NULL && steps < HOLDERS_MAX; steps++) {
		if (holder->units > 0) {
			if (*count < max) {
				out[*count] = cn_owner_pid(arena, holder->owner);
			}
			++*count;
		}
		holder = holder_at(arena, holder->next);
	}
	cn_leave(&handle->ref, sem);
	return 0;
}
