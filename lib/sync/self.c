/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "lib/sync/self.h"

#include <linux/futex.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "lib/sync/mutex.h"

static_assert(sizeof(struct cn_robust) == sizeof(struct robust_list_head), "as the kernel has it");

struct cn_self *cn_self_page;

void cn_process_forked(void) {
	if (cn_self_page != NULL) {
		memset(cn_self_page, 0, sizeof(*cn_self_page));
	}
}

static void page_create(void) {
	void *page = mmap(NULL, sizeof(struct cn_self), PROT_READ | PROT_WRITE,
			MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (page == MAP_FAILED) {
		static struct cn_self fallback;
		page = &fallback;
	} else {
		madvise(page, sizeof(struct cn_self), MADV_WIPEONFORK);
	}
	cn_self_page = page;
	// For kernels before 4.14, which do not wipe.
	pthread_atfork(NULL, NULL, cn_process_forked);
}

struct cn_self *cn_self_enter(void) {
	if (cn_self_page == NULL) {
		page_create();
	}
	struct cn_self *self = cn_self_page;
	self->robust.first = (struct cn_robust_link *)&self->robust;
	self->robust.futex_offset = -(long)offsetof(struct cn_mutex, link);
	self->robust.pending = NULL;
	self->last_life = (struct cn_robust_link *)&self->robust;
	self->is_robust = syscall(SYS_set_robust_list, &self->robust, sizeof(self->robust)) == 0;
	self->tid = (uint32_t)syscall(SYS_gettid);
	return self;
}

void cn_robust_add_life(struct cn_robust_link *link) {
	struct cn_self *self = cn_self();
	link->next = self->last_life->next;
	atomic_signal_fence(memory_order_seq_cst); // whole before the kernel can meet it
	self->last_life->next = link;
	self->last_life = link;
}

void cn_robust_remove(struct cn_robust_link *link) {
	struct cn_self *self = cn_self();
	struct cn_robust_link *end = (struct cn_robust_link *)&self->robust;
	for (struct cn_robust_link *at = end; at->next != NULL; at = at->next) {
		if (at->next == link) {
			at->next = link->next;
			if (self->last_life == link) {
				self->last_life = at;
			}
			return;
		}
		if (at->next == end) {
			return;
		}
	}
}
