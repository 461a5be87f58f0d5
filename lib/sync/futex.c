/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "lib/sync/futex.h"

#include <errno.h>
#include <linux/futex.h>
#include <stdbool.h>
#include <sys/syscall.h>
#include <unistd.h>

#ifndef SYS_futex_waitv
#define SYS_futex_waitv 449
#endif

// As <linux/futex.h> struct futex_waitv, which older headers lack.
struct waitv {
	uint64_t value;
	uint64_t address;
	uint32_t flags;
	uint32_t reserved;
};

enum { WAITV_32 = 2 };

// How long cn_futex_wait_any() does not see the other words where the kernel cannot watch several.
#define BLIND (5 * CN_MILLISECOND)

static int wait_result(long result) {
	if (result >= 0 || errno == EAGAIN) {
		return 0;
	}
	return -errno;
}

int cn_futex_wait(_Atomic uint32_t *word, uint32_t expected, cn_time deadline) {
	struct timespec until = cn_timespec(deadline);
	// The plain FUTEX_WAIT takes a duration; this one takes the moment.
	return wait_result(syscall(SYS_futex, word, FUTEX_WAIT_BITSET, expected,
			deadline == CN_NEVER ? NULL : &until, NULL, FUTEX_BITSET_MATCH_ANY));
}

int cn_futex_wake(_Atomic uint32_t *word, int count) {
	int saved = errno;
	long woken = syscall(SYS_futex, word, FUTEX_WAKE, count, NULL, NULL, 0);
	errno = saved;
	return woken < 0 ? 0 : (int)woken;
}

static int wait_first(const struct cn_futex_watch *watch, cn_time deadline) {
	cn_time slice = cn_after(BLIND);
	int err = cn_futex_wait(watch->word, watch->expected, slice < deadline ? slice : deadline);
	return err == -ETIMEDOUT && slice < deadline ? 0 : err;
}

int cn_futex_wait_any(const struct cn_futex_watch *watch, size_t n, cn_time deadline) {
	static bool missing;
	if (n == 1) {
		return cn_futex_wait(watch->word, watch->expected, deadline);
	}
	struct waitv waiters[CN_FUTEX_WAIT_MAX];
	for (size_t i = 0; i < n; i++) {
		if (atomic_load_explicit(watch[i].word, memory_order_relaxed) != watch[i].expected) {
			return 0;
		}
		waiters[i] = (struct waitv){
			.value = watch[i].expected,
			.address = (uintptr_t)watch[i].word,
			.flags = WAITV_32,
		};
	}
	if (!missing) {
		struct timespec until = cn_timespec(deadline);
		int err = wait_result(syscall(SYS_futex_waitv, waiters, n, 0,
				deadline == CN_NEVER ? NULL : &until, CLOCK_MONOTONIC));
		if (err != -ENOSYS && err != -EPERM) {
			return err;
		}
		missing = true;
	}
	return wait_first(watch, deadline);
}
