/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * shell/arena.h - memory that dies together. A syntax tree lives in one arena; what expansion makes
 * lives in the shell's scratch arena from the mark its command takes to the release at its end:
 *
 *	struct sh_mark mark = sh_arena_mark(&sh->scratch);
 *	char *word = sh_alloc(&sh->scratch, len + 1);
 *	...
 *	sh_arena_release(&sh->scratch, mark);
 *
 * Out of memory ends the process with a message: a shell cannot go on without.
 */
#ifndef SH_ARENA_H
#define SH_ARENA_H

#include <stddef.h>

struct sh_chunk;

struct sh_arena {
	char *pos;
	char *end;
	struct sh_chunk *chunk; // the one being filled; older ones follow
	struct sh_chunk *spare; // one kept, so that a loop at a chunk's edge does not thrash
};

struct sh_mark {
	struct sh_chunk *chunk;
	char *pos;
};

void sh_arena_finish(struct sh_arena *arena);
void *sh_alloc_slow(struct sh_arena *arena, size_t size);
void sh_arena_release_slow(struct sh_arena *arena, struct sh_mark mark);

/* `size` bytes, aligned for anything, not cleared. */
static inline void *sh_alloc(struct sh_arena *arena, size_t size) {
	size = (size + 15) & ~(size_t)15;
	if (size > (size_t)(arena->end - arena->pos)) {
		return sh_alloc_slow(arena, size);
	}
	char *p = arena->pos;
	arena->pos += size;
	return p;
}

/* The same, zeroed. */
void *sh_alloc_zero(struct sh_arena *arena, size_t size);

/* A NUL-terminated copy of text[0, len). */
char *sh_arena_copy(struct sh_arena *arena, const char *text, size_t len);

static inline struct sh_mark sh_arena_mark(const struct sh_arena *arena) {
	return (struct sh_mark){ arena->chunk, arena->pos };
}

/* Free what was allocated since the mark. */
static inline void sh_arena_release(struct sh_arena *arena, struct sh_mark mark) {
	if (arena->chunk == mark.chunk) {
		arena->pos = mark.pos;
	} else {
		sh_arena_release_slow(arena, mark);
	}
}

/* malloc and friends that do not return without memory. */
void *sh_xmalloc(size_t size);
void *sh_xcalloc(size_t count, size_t size);
void *sh_xrealloc(void *p, size_t size);
char *sh_xstrndup(const char *text, size_t len);
char *sh_xstrdup(const char *text);

#endif
