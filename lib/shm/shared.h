/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * lib/shm/shared.h - the arena of a user's machine-wide objects: one file that all his processes
 * of this boot and process namespace have in common. It is made with the first object, and goes
 * when somebody finds it without objects and without other users.
 *
 * Whoever uses it holds a shared flock on it, through an open file of his own, so that it is not
 * removed under him; a copy of the process takes its own at its first cn_shared_open().
 */
#ifndef CN_SHM_SHARED_H
#define CN_SHM_SHARED_H

#include "lib/base/err.h"
#include "lib/shm/arena.h"

/* Address space of it; what its tables take of the memory for good is a hundredth. */
#define CN_SHARED_SIZE (UINT64_C(256) << 20)

/*
 * The arena, never closed; made with `size` bytes when it is not there (0: it must be). It stands
 * in `runtime`/conch when that is a folder of this user (XDG_RUNTIME_DIR; NULL: unset), else in
 * /run/user/UID/conch, else in /dev/shm/conch-UID.
 * Returns 0, -ENOENT, -EACCES (the folder or the file is not this user's alone, or a symbolic
 * link), or as cn_arena_open(), with the reason in *why.
 */
int cn_shared_open(const char *runtime, uint64_t size, struct cn_arena **out, struct cn_err *why);

/* Why an allocation there last failed with -ENOSPC: the arena or the file system is full. */
const char *cn_shared_full(void);

/* Remove the file if it has no objects and nobody else uses it. True: it was removed. */
bool cn_shared_tidy(void);

#endif
