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

#include <stddef.h>
#include <stdint.h>

enum { CN_SELF_ARENAS = 16 };

/*
 * What the kernel walks when the process dies or execs: a chain of links, each 8 bytes behind its
 * futex word. As <linux/futex.h> struct robust_list_head.
 */
struct cn_robust {
	struct cn_robust_link *first;
	long futex_offset;
	struct cn_robust_link *pending;
};

/* Part of a robust word, written by the process that owns the word only. */
struct cn_robust_link {
	struct cn_robust_link *next;
};

struct cn_self {
	uint32_t tid; // 0: not known yet in this process
	struct cn_robust robust;
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

/* Put a link this process owns at the end of its robust list; take one out. */
void cn_robust_append(struct cn_robust_link *link);
void cn_robust_remove(struct cn_robust_link *link);

#endif
