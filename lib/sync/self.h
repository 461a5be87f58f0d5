/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * lib/sync/self.h - what this process is to the kernel and to the shared memory: its thread id, its
 * robust list, and its owner record in each arena. A process of ours has one thread.
 *
 * All of it is kept in one page that the kernel wipes in a child (MADV_WIPEONFORK), whichever way
 * the child is made, so that a forked process never takes itself for its parent.
 */
#ifndef CN_SYNC_SELF_H
#define CN_SYNC_SELF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { CN_SELF_ARENAS = 16 };

/* Part of a robust word, 8 bytes behind it; written by the process that owns the word only. */
struct cn_robust_link {
	struct cn_robust_link *next;
};

/*
 * What the kernel walks when the process dies or execs, as struct robust_list_head of
 * <linux/futex.h>. The life words come first, the mutexes behind them: whoever inherits a mutex
 * already sees that its holder is dead.
 */
struct cn_robust {
	struct cn_robust_link *first; // a link itself; the last one points here
	long futex_offset;
	struct cn_robust_link *pending; // being locked or unlocked
};

struct cn_self {
	uint32_t tid; // 0: not known yet in this process
	bool is_robust; // the kernel took our list
	struct cn_robust robust;
	struct cn_robust_link *last_life; // mutexes go in behind it
	uint32_t owner[CN_SELF_ARENAS]; // by arena slot: index + 1 of our record, 0: none
};

/* Never NULL once cn_self() was called. */
extern struct cn_self *cn_self_page;

/* As cn_self() when the tid is not known yet. Do not call directly. */
struct cn_self *cn_self_enter(void);

/* This process, registered with the kernel. */
static inline struct cn_self *cn_self(void) {
	struct cn_self *self = cn_self_page;
	return self != NULL && self->tid != 0 ? self : cn_self_enter();
}

/*
 * To be called in a child made by a raw clone, before anything shared is touched; fork() does it
 * by itself. The child holds none of its parent's locks and has no owner record until it needs one.
 */
void cn_process_forked(void);

/* Put the link of a life word in the list; take a link out. */
void cn_robust_add_life(struct cn_robust_link *link);
void cn_robust_remove(struct cn_robust_link *link);

#endif
