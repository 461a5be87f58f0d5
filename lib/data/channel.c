/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * An end is a queue of the messages that come to it, and the list of those who use it. The list
 * only grows, and entries of the dead are used again, so that it can be read without its mutex: who
 * waits at one end looks through the users of the other, which it has pinned.
 */
#include "config.h"
#include "lib/data/channel.h"

#include <errno.h>

#include "lib/data/queue_core.h"
#include "lib/shm/alloc.h"

// Unreceived bytes that make a sender wait; a message longer than that goes into an empty end.
#ifndef CN_CHANNEL_UNRECEIVED_MAX
#define CN_CHANNEL_UNRECEIVED_MAX (UINT64_C(16) << 20)
#endif

enum { USERS_LIMIT = 1 << 20 };

struct user {
	cn_off next;
	_Atomic cn_owner owner;
};

// What comes in and the users are guarded by the object's mutex, see queue_core.h.
struct end {
	struct cn_queue_core in;
	_Atomic cn_off peer; // set once, with its serial; 0: not connected yet
	uint64_t peer_serial;
	cn_owner maker;
	uint32_t can_send;
	uint32_t can_receive;
	_Atomic uint32_t closed;
	uint32_t unused;
	_Atomic cn_off users; // struct user
	_Atomic cn_owner lively; // a user who lived when last looked at
};

static void end_wake(struct cn_arena *arena, struct cn_object *object) {
	cn_queue_ops.wake(arena, object);
}

static void end_finish(struct cn_arena *arena, struct cn_object *object) {
	struct end *end = (struct end *)object;
	cn_queue_ops.finish(arena, object);
	struct user *user;
	while ((user = CN_AT(arena, atomic_load(&end->users), struct user)) != NULL) {
		cn_alloc_retire(arena, (cn_off *)&end->users, user->next);
	}
}

static int end_repair(struct cn_arena *arena, struct cn_object *object) {
	return cn_queue_ops.repair(arena, object);
}

static const struct cn_kind_ops end_ops = {
	.wake = end_wake,
	.finish = end_finish,
	.repair = end_repair,
};

__attribute__((constructor)) static void channel_register(void) {
	cn_kind_register(CN_PIPE, &end_ops);
}

// ---- making ------------------------------------------------------------------------------------

static void end_init(void *object, const void *data) {
	const struct cn_queue_shape shape = { .order = CN_QUEUE_FIFO, .bytes = CN_CHANNEL_UNRECEIVED_MAX };
	struct end *end = object;
	const struct end *wanted = data;
	cn_queue_core_init(&end->in, &shape);
	end->in.soft = 1;
	end->maker = wanted->maker;
	end->can_send = wanted->can_send;
	end->can_receive = wanted->can_receive;
}

static struct cn_ref peer_ref(struct cn_arena *arena, const struct end *end) {
	return (struct cn_ref){
		.arena = arena, .off = atomic_load(&end->peer), .serial = end->peer_serial
	};
}

static void connect_to(struct end *end, const struct cn_ref *other) {
	end->peer_serial = other->serial;
	atomic_store(&end->peer, other->off);
}

static bool is_connected_to(const struct cn_ref *ref, const struct cn_ref *other,
		const struct end *wanted, bool *half) {
	struct end *end;
	if (cn_pin(ref, (void **)&end) < 0) {
		return false;
	}
	*half = atomic_load(&end->peer) == 0 && !cn_owner_is_alive(ref->arena, end->maker);
	bool same = other != NULL && atomic_load(&end->peer) == other->off &&
			end->peer_serial == other->serial && end->can_send == wanted->can_send &&
			end->can_receive == wanted->can_receive;
	cn_unpin(ref, end);
	return same;
}

// Both names are there, or one: 0 when they were half made by one who died, and are gone now.
static int settle_taken(struct cn_arena *arena, const char *a, const char *b,
		const struct end *wanted) {
	struct cn_ref refs[2];
	bool there[2] = {
		cn_name_find(arena, CN_PIPE, a, &refs[0]) == 0,
		cn_name_find(arena, CN_PIPE, b, &refs[1]) == 0,
	};
	bool half = false;
	bool freed = false;
	for (int i = 0; i < 2; i++) {
		if (!there[i]) {
			continue;
		}
		if (is_connected_to(&refs[i], there[!i] ? &refs[!i] : NULL, wanted, &half)) {
			return -EEXIST;
		}
		if (half) {
			cn_ref_destroy(&refs[i]);
			freed = true;
		}
	}
	return freed || (!there[0] && !there[1]) ? 0 : -EPROTOTYPE;
}

static int create_end(struct cn_arena *arena, const char *name, const struct end *wanted,
		struct cn_ref *ref) {
	return cn_name_create(arena, CN_PIPE, name, sizeof(struct end), end_init, wanted, ref);
}

static int connect(struct cn_ref refs[2]) {
	struct end *ends[2];
	int err = cn_pin(&refs[0], (void **)&ends[0]);
	if (err < 0) {
		return err;
	}
	err = cn_pin(&refs[1], (void **)&ends[1]);
	if (err == 0) {
		connect_to(ends[0], &refs[1]);
		connect_to(ends[1], &refs[0]);
		cn_unpin(&refs[1], ends[1]);
	}
	cn_unpin(&refs[0], ends[0]);
	return err;
}

int cn_channel_create(struct cn_arena *arena, const char *a, const char *b, bool one_way) {
	struct end wanted = { .can_send = 1, .can_receive = !one_way };
	struct end other = { .can_send = !one_way, .can_receive = 1 };
	int err = cn_owner_self(arena, &wanted.maker);
	other.maker = wanted.maker;
	for (int tries = 0; err == 0 && tries < 3; tries++) {
		struct cn_ref refs[2];
		err = create_end(arena, a, &wanted, &refs[0]);
		if (err == 0) {
			err = create_end(arena, b, &other, &refs[1]);
			if (err < 0) {
				cn_ref_destroy(&refs[0]);
			}
		}
		if (err == 0) {
			return connect(refs);
		}
		if (err == -EEXIST) {
			err = settle_taken(arena, a, b, &wanted);
		}
	}
	return err == 0 ? -EPROTOTYPE : err;
}

int cn_channel_open(struct cn_arena *arena, const char *name, struct cn_channel *out) {
	return cn_name_find(arena, CN_PIPE, name, &out->ref);
}

// ---- users -------------------------------------------------------------------------------------

static struct user *user_next(struct cn_arena *arena, const struct end *end, struct user *user) {
	return CN_AT(arena, user == NULL ? atomic_load(&end->users) : user->next, struct user);
}

static int user_add(struct cn_arena *arena, struct end *end, cn_owner owner) {
	struct user *dead = NULL;
	struct user *user = NULL;
	int steps = 0;
	while ((user = user_next(arena, end, user)) != NULL && steps++ < USERS_LIMIT) {
		cn_owner one = atomic_load(&user->owner);
		if (one == owner) {
			return 0;
		}
		dead = cn_owner_is_alive(arena, one) ? dead : user;
	}
	if (dead != NULL) {
		atomic_store(&dead->owner, owner);
		return 0;
	}
	cn_off off;
	int err = cn_alloc_reserved(arena, sizeof(*user), &off);
	if (err == 0) {
		user = CN_AT(arena, off, struct user);
		user->next = atomic_load(&end->users);
		atomic_store(&user->owner, owner);
		cn_alloc_publish(arena, (cn_off *)&end->users, off);
	}
	return err;
}

// Wake who waits at the end, for messages or for room.
static void ring(const struct cn_ref *ref) {
	struct end *end;
	if (cn_enter(ref, (void **)&end) == 0) {
		end_wake(ref->arena, &end->in.object);
		cn_leave(ref, end);
	}
}

int cn_channel_use(const struct cn_channel *handle, pid_t other) {
	static struct {
		uint64_t serial;
		cn_owner self;
		const struct cn_arena *arena;
	} known[4];
	static unsigned turn;
	struct cn_arena *arena = handle->ref.arena;
	cn_owner self;
	int err = cn_owner_self(arena, &self);
	if (err < 0) {
		return err;
	}
	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		if (known[i].serial == handle->ref.serial && known[i].self == self &&
				known[i].arena == arena) {
			return 0;
		}
	}
	struct end *end;
	err = cn_enter(&handle->ref, (void **)&end);
	if (err < 0) {
		return err;
	}
	cn_owner user = other == 0 ? 0 : cn_owner_find(arena, other);
	err = user_add(arena, end, user == 0 ? self : user);
	struct cn_ref peer = peer_ref(arena, end);
	cn_queue_ops.wake(arena, &end->in.object); // those who wait for room here watch us from now on
	cn_leave(&handle->ref, end);
	if (err == 0) {
		unsigned i = turn++ % (sizeof(known) / sizeof(known[0]));
		known[i].serial = handle->ref.serial;
		known[i].self = self;
		known[i].arena = arena;
		ring(&peer);
	}
	return err;
}

// ---- is anybody there? ---------------------------------------------------------------------------

// The other end as one who waits sees it.
struct other {
	struct cn_arena *arena;
	const struct end *here;
	struct end *end; // pinned; NULL: it is gone
};

static bool other_is_gone(void *data) {
	const struct other *other = data;
	if (other->end == NULL || cn_object_is_dead(&other->end->in.object) ||
			atomic_load(&other->end->closed) != 0 || atomic_load(&other->here->closed) != 0) {
		return true;
	}
	cn_owner self = cn_owner_mine(other->arena);
	cn_owner lively = atomic_load_explicit(&other->end->lively, memory_order_relaxed);
	if (lively != self && cn_owner_is_alive(other->arena, lively)) {
		return false;
	}
	uint32_t dead = 0;
	uint32_t users = 0;
	struct user *user = NULL;
	int steps = 0;
	while ((user = user_next(other->arena, other->end, user)) != NULL && steps++ < USERS_LIMIT) {
		cn_owner owner = atomic_load(&user->owner);
		users++;
		if (!cn_owner_is_alive(other->arena, owner)) {
			dead++;
		} else if (owner != self) {
			atomic_store_explicit(&other->end->lively, owner, memory_order_relaxed);
			return false;
		}
	}
	return dead > 0; // nobody has come yet, or we alone, who wait for others
}

static size_t other_holders(void *data, cn_owner self, cn_owner *out, size_t max) {
	const struct other *other = data;
	size_t n = 0;
	struct user *user = NULL;
	int steps = 0;
	while (other->end != NULL && n < max && steps++ < USERS_LIMIT &&
			(user = user_next(other->arena, other->end, user)) != NULL) {
		cn_owner owner = atomic_load(&user->owner);
		if (owner != self && cn_owner_is_alive(other->arena, owner)) {
			out[n++] = owner;
		}
	}
	return n;
}

// Both ends of a channel, for the time of a call.
struct both {
	struct cn_ref peer_ref;
	struct end *end; // pinned
	struct other other;
	struct cn_queue_peer peer; // for the queue
};

static int both_pin(const struct cn_channel *handle, struct both *both) {
	struct cn_arena *arena = handle->ref.arena;
	int err = cn_pin(&handle->ref, (void **)&both->end);
	if (err < 0) {
		return err;
	}
	if (atomic_load(&both->end->peer) == 0) { // is being made
		cn_unpin(&handle->ref, both->end);
		return -ENOENT;
	}
	both->peer_ref = peer_ref(arena, both->end);
	both->other = (struct other){ .arena = arena, .here = both->end };
	if (cn_pin(&both->peer_ref, (void **)&both->other.end) < 0) {
		both->other.end = NULL;
	}
	both->peer = (struct cn_queue_peer){ other_is_gone, other_holders, &both->other };
	return 0;
}

static void both_unpin(const struct cn_channel *handle, struct both *both) {
	if (both->other.end != NULL) {
		cn_unpin(&both->peer_ref, both->other.end);
	}
	cn_unpin(&handle->ref, both->end);
}

// ---- the calls -----------------------------------------------------------------------------------

int cn_channel_send(const struct cn_channel *handle, const struct cn_text *texts, size_t n,
		cn_time deadline, size_t *done) {
	struct both both;
	int err = cn_channel_use(handle, 0);
	err = err == 0 ? both_pin(handle, &both) : err;
	if (err < 0) {
		return err;
	}
	if (both.end->can_send == 0) {
		err = -EPERM;
	} else if (other_is_gone(&both.other)) {
		err = -EPIPE;
	} else {
		err = cn_queue_core_put(
				&both.peer_ref, &both.other.end->in, texts, n, 0, deadline, done, &both.peer);
		err = err == -ENOENT ? -EPIPE : err; // the other end went away
	}
	both_unpin(handle, &both);
	return err;
}

int cn_channel_receive(
		const struct cn_channel *handle, size_t max, cn_time deadline, struct cn_message *out) {
	struct both both;
	int err = cn_channel_use(handle, 0);
	err = err == 0 ? both_pin(handle, &both) : err;
	if (err < 0) {
		return err;
	}
	if (both.end->can_receive == 0) {
		err = -EPERM;
	} else if (atomic_load(&both.end->closed) != 0) {
		err = -EPIPE;
	} else {
		err = cn_queue_core_get(&handle->ref, &both.end->in, 0, max, deadline, out, &both.peer);
	}
	both_unpin(handle, &both);
	return err;
}

static int poll_attempt(struct cn_wait *wait) {
	struct end *end = (struct end *)wait->object;
	atomic_thread_fence(memory_order_seq_cst);
	uint64_t bytes;
	return cn_queue_ready(wait->ref->arena, &end->in, &bytes) > 0 || other_is_gone(wait->data);
}

static size_t poll_holders(struct cn_wait *wait, cn_owner *out, size_t max) {
	return other_holders(wait->data, wait->self, out, max);
}

int cn_channel_poll(const struct cn_channel *handle, cn_time deadline) {
	struct both both;
	int err = cn_channel_use(handle, 0);
	err = err == 0 ? both_pin(handle, &both) : err;
	if (err < 0) {
		return err;
	}
	struct cn_wait wait = {
		.ref = &handle->ref,
		.object = &both.end->in.object,
		.line = &both.end->in.getters,
		.data = &both.other,
		.attempt = poll_attempt,
		.holders = poll_holders,
		.watches_all = true,
	};
	err = both.end->can_receive == 0 ? -EPERM : cn_wait(&wait, deadline);
	both_unpin(handle, &both);
	return err;
}

int cn_channel_close(const struct cn_channel *handle) {
	struct end *end;
	int err = cn_pin(&handle->ref, (void **)&end);
	if (err < 0) {
		return err;
	}
	struct cn_ref peer = peer_ref(handle->ref.arena, end);
	atomic_store(&end->closed, 1);
	ring(&handle->ref);
	ring(&peer);
	struct end *other;
	bool both = cn_pin(&peer, (void **)&other) < 0;
	if (!both) {
		both = atomic_load(&other->closed) != 0;
		cn_unpin(&peer, other);
	}
	cn_unpin(&handle->ref, end);
	if (both) {
		cn_ref_destroy(&handle->ref);
		cn_ref_destroy(&peer);
	}
	return 0;
}

int cn_channel_query(const struct cn_channel *handle, struct cn_channel_info *out) {
	struct cn_arena *arena = handle->ref.arena;
	struct end *end;
	int err = cn_enter(&handle->ref, (void **)&end);
	if (err < 0) {
		return err;
	}
	*out = (struct cn_channel_info){
		.is_closed = atomic_load(&end->closed) != 0,
		.can_send = end->can_send != 0,
		.can_receive = end->can_receive != 0,
	};
	out->count = cn_queue_ready(arena, &end->in, &out->bytes);
	out->waiters = cn_waiters_count(arena, &end->in.getters) +
			cn_waiters_count(arena, &end->in.putters);
	struct user *user = NULL;
	int steps = 0;
	while ((user = user_next(arena, end, user)) != NULL && steps++ < USERS_LIMIT) {
		out->users += cn_owner_is_alive(arena, atomic_load(&user->owner));
	}
	cn_leave(&handle->ref, end);
	return 0;
}

size_t cn_channel_users(const struct cn_channel *handle, pid_t *out, size_t max) {
	struct cn_arena *arena = handle->ref.arena;
	struct end *end;
	if (cn_enter(&handle->ref, (void **)&end) < 0) {
		return 0;
	}
	size_t n = 0;
	struct user *user = NULL;
	for (int steps = 0; n < max && steps < USERS_LIMIT; steps++) {
		user = user_next(arena, end, user);
		if (user == NULL) {
			break;
		}
		if (cn_owner_is_alive(arena, atomic_load(&user->owner))) {
			out[n++] = cn_owner_pid(arena, atomic_load(&user->owner));
		}
	}
	cn_leave(&handle->ref, end);
	return n;
}
