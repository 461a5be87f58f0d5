/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * lib/sync/futex.h - the kernel's wait and wake on a word of shared memory. Deadlines are absolute
 * CLOCK_MONOTONIC. Waits may return 0 for no reason: look at the word again.
 */
#ifndef CN_SYNC_FUTEX_H
#define CN_SYNC_FUTEX_H

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/clock.h"

/* What one call of cn_futex_wait_any() can watch. */
enum { CN_FUTEX_WAIT_MAX = 128 };

/*
 * Sleep while *word is `expected`, until woken or `deadline`.
 * Returns 0 (woken, or *word was something else), -ETIMEDOUT, or -EINTR (a signal was caught).
 */
int cn_futex_wait(_Atomic uint32_t *word, uint32_t expected, cn_time deadline);

/* Wake up to `count` sleepers of the word. Returns how many. Async-signal-safe; keeps errno. */
int cn_futex_wake(_Atomic uint32_t *word, int count);

struct cn_futex_watch {
	_Atomic uint32_t *word;
	uint32_t expected;
};

/*
 * As cn_futex_wait() on each of n words (1 to CN_FUTEX_WAIT_MAX) at once. Kernels before 5.16
 * cannot: there it sleeps on the first, for a few milliseconds at a time, and returns 0 so that the
 * caller looks at the others.
 */
int cn_futex_wait_any(const struct cn_futex_watch *watch, size_t n, cn_time deadline);

#endif
