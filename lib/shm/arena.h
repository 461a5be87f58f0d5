/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * lib/shm/arena.h - a region of memory that processes share: the session's (a memfd, gone with its
 * last process) or a machine-wide one (a file). It is sparse: pages count when they are used.
 *
 * Each process may map it elsewhere, so everything inside is reached by offset, and an offset read
 * from the arena is never trusted: cn_at() checks it. A damaged arena gives errors, not crashes.
 *
 *	struct cn_arena *arena;
 *	int err = cn_arena_create(CN_ARENA_DEFAULT, &arena);
 *	struct thing *thing = CN_AT(arena, off, struct thing); // NULL: off is not one
 */
#ifndef CN_SHM_ARENA_H
#define CN_SHM_ARENA_H

#include <stdalign.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/err.h"
#include "lib/sync/mutex.h"

typedef uint64_t cn_off; // from the start of an arena; 0: none

#define CN_ARENA_DEFAULT (UINT64_C(1) << 30)
#define CN_ARENA_MIN (UINT64_C(1) << 20)
#define CN_ARENA_MAX (UINT64_C(1) << 43)

/* Where a part of conch finds its own first object; 0 until it makes one. See cn_arena_root(). */
enum cn_root {
	CN_ROOT_TASKS,
	CN_ROOT_POOLS,
	CN_ROOT_LOCKS,
	CN_ROOT_FFI,
	CN_ROOT_SHARE,
	CN_ROOT_USER, // tests
	CN_ROOTS = 16,
};

struct cn_arena_header; // lib/shm/layout.h, for lib/shm only

/* Follows from the size alone, so what stands in an arena cannot lead outside it. For lib/shm. */
struct cn_layout {
	uint32_t owners_count;
	uint32_t names_count;
	uint32_t pages_count; // of the whole arena
	uint32_t first_page; // that blocks may have
	cn_off owners;
	cn_off names;
	cn_off pages;
};

struct cn_arena {
	unsigned char *base;
	uint64_t size;
	struct cn_arena_header *header; // == base
	struct cn_layout layout;
	int fd; // private, close-on-exec
	uint32_t slot; // in struct cn_self
	bool is_file;
	bool refused; // the last -ENOSPC was the system's: no room for pages that are free
};

/*
 * A new arena of `size` bytes of address space (rounded up to pages), on a memfd. Children forked
 * from here on share it, and so the handle; cn_arena_close() it.
 * Returns 0, -EINVAL (size out of range), -ENOMEM, -EMFILE or what the system said.
 */
int cn_arena_create(uint64_t size, struct cn_arena **out);

/*
 * The arena in the file of cn_fd_memory() `fd`, which processes got from a common ancestor: made by
 * the first of them that calls this, wherever it is, and attached by the others. The fd stays the
 * caller's. Returns as cn_arena_create() and cn_arena_attach().
 */
int cn_arena_meet(int fd, uint64_t size, struct cn_arena **out);

/*
 * The arena in the file `path`, made with `size` when it is not there (0: it must be). It must be a
 * regular file of this user with nobody else's permissions; symbolic links are refused.
 * Returns 0, -ENOENT, -EACCES (not ours), -EPROTO (other version), -EBADMSG (no arena, or damaged),
 * -ENOSPC.
 */
int cn_arena_open(const char *path, uint64_t size, struct cn_arena **out);

/*
 * The arena behind a descriptor, which is taken in any case. Errors as cn_arena_open(). Everything
 * in the header is checked before it is used.
 */
int cn_arena_attach(int fd, struct cn_arena **out);

/* Unmap it; what this process holds in it is as if it had died. NULL is fine. */
void cn_arena_close(struct cn_arena *arena);

/*
 * The size that the text of CONCH_ARENA (NULL: unset) asks for. 0 or -EINVAL (no size, or not in
 * CN_ARENA_MIN..CN_ARENA_MAX).
 */
int cn_arena_size(const char *text, uint64_t *out);

/*
 * The root word: read and write it atomically. Two processes may race to make the first object:
 * set it from 0 by compare-and-swap (see cn_alloc_publish()), and the loser frees his own.
 */
_Atomic cn_off *cn_arena_root(struct cn_arena *arena, enum cn_root which);

/* The arena's random identity. */
uint64_t cn_arena_id(const struct cn_arena *arena);

/* The address of [off, off + len), or NULL when that is not inside or not aligned to `align`. */
static inline void *cn_at(const struct cn_arena *arena, cn_off off, uint64_t len, size_t align) {
	if (off == 0 || (off & (align - 1)) != 0 || len > arena->size || off > arena->size - len) {
		return NULL;
	}
	return arena->base + off;
}

#define CN_AT(arena, off, type) ((type *)cn_at((arena), (off), sizeof(type), alignof(type)))

/* The offset of an address inside the arena; NULL gives 0. */
static inline cn_off cn_off_of(const struct cn_arena *arena, const void *address) {
	return address == NULL ? 0 : (cn_off)((const unsigned char *)address - arena->base);
}

#endif
