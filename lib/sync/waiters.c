/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "lib/sync/waiters.h"

#include <errno.h>

#include "lib/shm/alloc.h"

// A line that is longer goes in a circle.
enum { LINE_LIMIT = 1 << 20 };

static struct cn_waiter *waiter_at(struct cn_arena *arena, cn_off off) {
	return CN_AT(arena, off, struct cn_waiter);
}

struct cn_waiter *cn_waiters_next(
		struct cn_arena *arena, struct cn_waiters *line, struct cn_waiter *waiter) {
	return waiter_at(arena, waiter == NULL ? line->first : waiter->next);
}

// Take out what *word leads to. Who stands behind it has a new one before him: he looks again,
// unless it is known that there is nothing for him.
static void line_remove(struct cn_arena *arena, cn_off *word, bool calm) {
	struct cn_waiter *waiter = waiter_at(arena, *word);
	struct cn_waiter *behind = waiter_at(arena, waiter->next);
	cn_alloc_retire(arena, word, waiter->next);
	if (behind != NULL && !calm) {
		cn_owner_ring(arena, behind->owner);
	}
}

struct cn_waiter *cn_waiters_head(struct cn_arena *arena, struct cn_waiters *line) {
	struct cn_waiter *head = waiter_at(arena, line->first);
	while (head != NULL && !cn_owner_is_alive(arena, head->owner)) {
		line_remove(arena, &line->first, false);
		head = waiter_at(arena, line->first);
	}
	return head;
}

void cn_waiters_ring(struct cn_arena *arena, struct cn_waiters *line) {
	struct cn_waiter *head = cn_waiters_head(arena, line);
	if (head != NULL) {
		cn_owner_ring(arena, head->owner);
	}
}

void cn_waiters_ring_all(struct cn_arena *arena, struct cn_waiters *line) {
	struct cn_waiter *at = NULL;
	int steps = 0;
	while ((at = cn_waiters_next(arena, line, at)) != NULL && steps++ < LINE_LIMIT) {
		cn_owner_ring(arena, at->owner);
	}
}

uint32_t cn_waiters_count(struct cn_arena *arena, struct cn_waiters *line) {
	struct cn_waiter *at = NULL;
	uint32_t count = 0;
	int steps = 0;
	while ((at = cn_waiters_next(arena, line, at)) != NULL && steps++ < LINE_LIMIT) {
		count += cn_owner_is_alive(arena, at->owner);
	}
	return count;
}

void cn_waiters_finish(struct cn_arena *arena, struct cn_waiters *line) {
	struct cn_waiter *at;
	while ((at = waiter_at(arena, line->first)) != NULL) {
		cn_alloc_retire(arena, &line->first, at->next);
	}
}

// The word in the line behind which the ticket belongs.
static cn_off *line_place(struct cn_arena *arena, struct cn_waiters *line, uint64_t ticket) {
	cn_off *word = &line->first;
	struct cn_waiter *at;
	int steps = 0;
	while ((at = waiter_at(arena, *word)) != NULL && at->ticket < ticket && steps++ < LINE_LIMIT) {
		word = &at->next;
	}
	return word;
}

int cn_waiters_add(struct cn_arena *arena, struct cn_waiters *line, cn_owner owner, uint64_t ticket,
		uint32_t mode, struct cn_waiter **out) {
	cn_off off;
	int err = cn_alloc_reserved(arena, sizeof(struct cn_waiter), &off);
	if (err < 0) {
		return err;
	}
	cn_off *word = line_place(arena, line, ticket);
	*out = waiter_at(arena, off);
	**out = (struct cn_waiter){ .next = *word, .owner = owner, .ticket = ticket, .mode = mode };
	cn_alloc_publish(arena, word, off);
	return 0;
}

static void waiter_remove(struct cn_arena *arena, struct cn_waiters *line,
		struct cn_waiter *waiter, bool calm) {
	cn_off off = cn_off_of(arena, waiter);
	cn_off *word = &line->first;
	int steps = 0;
	while (*word != off && steps++ < LINE_LIMIT) {
		struct cn_waiter *at = waiter_at(arena, *word);
		if (at == NULL) {
			return;
		}
		word = &at->next;
	}
	line_remove(arena, word, calm);
}

void cn_waiters_remove(struct cn_arena *arena, struct cn_waiters *line, struct cn_waiter *waiter) {
	waiter_remove(arena, line, waiter, false);
}

// ---- the wait --------------------------------------------------------------------------------

// The place of the last wait that a signal interrupted: it is taken up again after the traps.
static struct {
	cn_owner self;
	uint64_t serial;
	uint64_t line; // offset of the line in its object
	uint64_t ticket;
} interrupted;

static uint64_t line_id(const struct cn_wait *wait) {
	return (uint64_t)((char *)wait->line - (char *)wait->object);
}

static bool is_interrupted(const struct cn_wait *wait) {
	return interrupted.ticket != 0 && interrupted.self == wait->self &&
			interrupted.serial == wait->ref->serial && interrupted.line == line_id(wait);
}

bool cn_wait_has_place(
		const struct cn_ref *ref, const void *object, const struct cn_waiters *line) {
	return interrupted.ticket != 0 && interrupted.serial == ref->serial &&
			interrupted.line == (uint64_t)((const char *)line - (const char *)object) &&
			interrupted.self == cn_owner_mine(ref->arena);
}

static uint64_t ticket_take(struct cn_wait *wait) {
	return is_interrupted(wait) ? interrupted.ticket : ++wait->line->tickets;
}

// Who is right before us; the dead between are dropped.
static cn_owner line_ahead(struct cn_wait *wait) {
	struct cn_arena *arena = wait->ref->arena;
	cn_off *word = &wait->line->first;
	cn_owner ahead = 0;
	struct cn_waiter *at;
	int steps = 0;
	while ((at = waiter_at(arena, *word)) != NULL && at != wait->waiter && steps++ < LINE_LIMIT) {
		if (cn_owner_is_alive(arena, at->owner)) {
			ahead = at->owner;
			word = &at->next;
			continue;
		}
		if (wait->buried != NULL) {
			wait->buried(wait, at);
		}
		line_remove(arena, word, false);
	}
	return ahead;
}

// One look, with the mutex held. As attempt().
static int look(struct cn_wait *wait) {
	wait->ahead = wait->line->first == 0 ? 0 : line_ahead(wait);
	return wait->attempt(wait);
}

static size_t watch_fill(struct cn_wait *wait, cn_owner *watch, size_t max) {
	if (wait->ahead != 0 && !wait->watches_all) {
		watch[0] = wait->ahead;
		return 1;
	}
	return wait->holders == NULL ? 0 : wait->holders(wait, watch, max);
}

// Give up the place, with the mutex held.
static void give_up(struct cn_wait *wait, int err) {
	if (err == -EINTR && wait->waiter != NULL) {
		interrupted.self = wait->self;
		interrupted.serial = wait->ref->serial;
		interrupted.line = line_id(wait);
		interrupted.ticket = wait->waiter->ticket;
	} else {
		interrupted.ticket = 0;
	}
	if (wait->waiter != NULL) {
		waiter_remove(wait->ref->arena, wait->line, wait->waiter, err == 0 && wait->calm);
		wait->waiter = NULL;
	}
}

// Sleep and look, until attempt() says something. The mutex is held on entry, and on return when
// *held says so: not when the object was destroyed, whose line goes with it.
static int wait_slowly(struct cn_wait *wait, cn_time deadline, bool *held) {
	struct cn_arena *arena = wait->ref->arena;
	cn_owner watch[CN_PARK_WATCH_MAX + 1];
	int err = cn_waiters_add(
			arena, wait->line, wait->self, ticket_take(wait), wait->mode, &wait->waiter);
	int parked = 0;
	bool first = true;
	while (err == 0) {
		int done = look(wait);
		if (done != 0 || parked < 0) {
			err = done > 0 ? 0 : done < 0 ? done : parked;
			break;
		}
		size_t n = watch_fill(wait, watch, CN_PARK_WATCH_MAX + 1);
		cn_object_unlock(wait->object);
		parked = first && wait->before != NULL ? wait->before(wait) : 0;
		if (parked == 0) {
			parked = cn_park(arena, deadline, watch, n);
		}
		first = false;
		err = cn_object_lock(arena, wait->object);
		if (err < 0) {
			*held = false;
			return err;
		}
	}
	give_up(wait, err);
	return err;
}

int cn_wait(struct cn_wait *wait, cn_time deadline) {
	struct cn_arena *arena = wait->ref->arena;
	int err = cn_owner_self(arena, &wait->self);
	if (err == 0) {
		err = cn_object_lock(arena, wait->object);
	}
	if (err < 0) {
		return err;
	}
	wait->waiter = NULL;
	bool held = true;
	int done = look(wait);
	if (done != 0) {
		err = done > 0 ? 0 : done;
		interrupted.ticket = is_interrupted(wait) ? 0 : interrupted.ticket;
	} else {
		err = deadline == CN_NOW ? -ETIMEDOUT : wait_slowly(wait, deadline, &held);
	}
	if (held) {
		cn_object_unlock(wait->object);
	}
	return err;
}
