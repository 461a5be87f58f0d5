/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The word is 0 when free, else the holder's tid; CN_MUTEX_WAITERS makes the unlock wake one. All
 * the time from before the word is taken until the link is in the robust list, and from before the
 * link is taken out until the wake was sent, `pending` names the mutex: whenever this process dies,
 * the kernel either sees that it holds the word, and sets CN_MUTEX_DIED and wakes one, or sees the
 * word free, and passes on the wake that this process may have swallowed or not yet sent.
 *
 * One window stays: the process that was woken (or should have sent the wake) is killed when a
 * third has already taken the word without the bit. So a sleeper looks again by itself after a
 * while.
 */
#include "config.h"
#include "lib/sync/mutex.h"

#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <sys/types.h>

#include "lib/sync/futex.h"

enum { SPINS = 100 };

#define LOOK_AGAIN (50 * CN_MILLISECOND)

static inline void pause_cpu(void) {
#if defined(__x86_64__) || defined(__i386__)
	__builtin_ia32_pause();
#elif defined(__aarch64__)
	__asm__ volatile("yield");
#endif
}

// The kernel reads our list when this process is stopped for good: program order is all it needs.
static inline void in_order(void) {
	atomic_signal_fence(memory_order_seq_cst);
}

static inline void pending_set(struct cn_self *self, struct cn_robust_link *link) {
	in_order();
	self->robust.pending = link;
	in_order();
}

static inline void list_add(struct cn_self *self, struct cn_mutex *m) {
	m->link.next = self->last_life->next;
	in_order();
	self->last_life->next = &m->link;
}

static inline bool try_take(struct cn_mutex *m, uint32_t *seen, uint32_t tid) {
	return atomic_compare_exchange_strong_explicit(
			&m->word, seen, tid, memory_order_acquire, memory_order_relaxed);
}

// Before giving up: a wake that was meant for the others may have been ours.
static void pass_on(struct cn_mutex *m) {
	uint32_t word = atomic_load_explicit(&m->word, memory_order_relaxed);
	if ((word & CN_MUTEX_TID) == 0) {
		cn_futex_wake(&m->word, 1);
	} else if ((word & CN_MUTEX_WAITERS) == 0) {
		atomic_fetch_or_explicit(&m->word, CN_MUTEX_WAITERS, memory_order_relaxed);
	}
}

/*
 * The kernel marks the words of those who die. A word that names a process which does not exist is
 * of a damaged file, or of a process whose list the kernel could not read: mark it ourselves.
 */
static void bury_stranger(struct cn_mutex *m, uint32_t word) {
	int saved = errno;
	if (kill((pid_t)(word & CN_MUTEX_TID), 0) < 0 && errno == ESRCH) {
		atomic_compare_exchange_strong_explicit(&m->word, &word, CN_MUTEX_DIED | CN_MUTEX_WAITERS,
				memory_order_relaxed, memory_order_relaxed);
	}
	errno = saved;
}

// Take the word, sleeping if need be. Returns 0 with *word as it was found, or an error.
static int take(struct cn_mutex *m, uint32_t tid, cn_time deadline, uint32_t *word) {
	uint32_t bits = 0; // what the word must have besides our tid
	int spins = deadline == CN_NOW ? 0 : SPINS;
	for (;;) {
		*word = atomic_load_explicit(&m->word, memory_order_relaxed);
		if ((*word & CN_MUTEX_TID) == 0) {
			if (try_take(m, word, tid | bits | (*word & ~CN_MUTEX_TID))) {
				return 0;
			}
			continue;
		}
		if ((*word & CN_MUTEX_TID) == tid) {
			return -EDEADLK;
		}
		if (spins > 0) {
			spins--;
			pause_cpu();
			continue;
		}
		if (deadline == CN_NOW || cn_left(deadline) == 0) {
			if (bits != 0) {
				pass_on(m);
			}
			return -ETIMEDOUT;
		}
		if ((*word & CN_MUTEX_WAITERS) == 0 && !try_take(m, word, *word | CN_MUTEX_WAITERS)) {
			continue;
		}
		bits = CN_MUTEX_WAITERS; // there may be more sleepers than us from here on
		cn_time slice = cn_after(LOOK_AGAIN);
		uint32_t asleep = *word | CN_MUTEX_WAITERS;
		if (cn_futex_wait(&m->word, asleep, slice < deadline ? slice : deadline) == -ETIMEDOUT) {
			bury_stranger(m, asleep);
		}
	}
}

// The last holder died. The bit stays until all is whole: who dies in here leaves it to the next.
static int recover(struct cn_mutex *m, cn_mutex_repair *repair, void *data) {
	int err = repair == NULL ? 0 : repair(data);
	if (err < 0) {
		atomic_store_explicit(&m->broken, 1, memory_order_relaxed);
		cn_mutex_unlock(m);
		cn_futex_wake(&m->word, INT_MAX);
		return err;
	}
	atomic_fetch_and_explicit(&m->word, ~CN_MUTEX_DIED, memory_order_relaxed);
	return 0;
}

int cn_mutex_lock_until(struct cn_mutex *m, cn_time deadline, cn_mutex_repair *repair, void *data) {
	struct cn_self *self = cn_self();
	pending_set(self, &m->link);
	uint32_t word = 0;
	if (__builtin_expect(!try_take(m, &word, self->tid), 0)) {
		int err = take(m, self->tid, deadline, &word);
		if (err < 0) {
			pending_set(self, NULL);
			return err;
		}
	}
	list_add(self, m);
	pending_set(self, NULL);
	if (__builtin_expect(atomic_load_explicit(&m->broken, memory_order_relaxed) != 0, 0)) {
		cn_mutex_unlock(m);
		return -ENOTRECOVERABLE;
	}
	return __builtin_expect((word & CN_MUTEX_DIED) != 0, 0) ? recover(m, repair, data) : 0;
}

int cn_mutex_lock(struct cn_mutex *m, cn_mutex_repair *repair, void *data) {
	return cn_mutex_lock_until(m, CN_NEVER, repair, data);
}

void cn_mutex_unlock(struct cn_mutex *m) {
	struct cn_self *self = cn_self();
	pending_set(self, &m->link);
	if (__builtin_expect(self->last_life->next == &m->link, 1)) {
		self->last_life->next = m->link.next;
	} else {
		cn_robust_remove(&m->link);
	}
	in_order();
	uint32_t word = atomic_exchange_explicit(&m->word, 0, memory_order_release);
	if (__builtin_expect((word & CN_MUTEX_WAITERS) != 0, 0)) {
		cn_futex_wake(&m->word, 1);
	}
	pending_set(self, NULL);
}

bool cn_mutex_is_mine(const struct cn_mutex *m) {
	uint32_t word = atomic_load_explicit(&m->word, memory_order_relaxed);
	return (word & CN_MUTEX_TID) == cn_self()->tid;
}
