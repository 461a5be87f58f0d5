/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "shell/arena.h"

struct sh_chunk {
	struct sh_chunk *older;
	size_t size; // of data
	_Alignas(16) char data[];
};

enum { CHUNK_FIRST = 2048 - sizeof(struct sh_chunk) - 16, CHUNK_MAX = 256 * 1024 };

static void die(void) {
	static const char message[] = "conch: out of memory\n";
	if (write(STDERR_FILENO, message, sizeof(message) - 1) < 0) {
		_exit(125);
	}
	_exit(125);
}

void *sh_xmalloc(size_t size) {
	void *p = malloc(size > 0 ? size : 1);
	if (p == NULL) {
		die();
	}
	return p;
}

void *sh_xcalloc(size_t count, size_t size) {
	void *p = calloc(count, size);
	if (p == NULL) {
		die();
	}
	return p;
}

void *sh_xrealloc(void *p, size_t size) {
	p = realloc(p, size > 0 ? size : 1);
	if (p == NULL) {
		die();
	}
	return p;
}

char *sh_xstrndup(const char *text, size_t len) {
	char *copy = sh_xmalloc(len + 1);
	if (len > 0) {
		memcpy(copy, text, len);
	}
	copy[len] = '\0';
	return copy;
}

char *sh_xstrdup(const char *text) {
	return sh_xstrndup(text, strlen(text));
}

/* A chunk twice the size of the last one, or as large as this allocation needs. */
void *sh_alloc_slow(struct sh_arena *arena, size_t size) {
	struct sh_chunk *chunk = arena->spare;
	arena->spare = NULL;
	if (chunk != NULL && chunk->size < size) {
		free(chunk);
		chunk = NULL;
	}
	if (chunk == NULL) {
		size_t want = arena->chunk != NULL ? arena->chunk->size * 2 : CHUNK_FIRST;
		if (want > CHUNK_MAX) {
			want = CHUNK_MAX;
		}
		if (want < size) {
			want = size;
		}
		chunk = sh_xmalloc(sizeof(*chunk) + want);
		chunk->size = want;
	}
	chunk->older = arena->chunk;
	arena->chunk = chunk;
	arena->pos = chunk->data + size;
	arena->end = chunk->data + chunk->size;
	return chunk->data;
}

void sh_arena_release_slow(struct sh_arena *arena, struct sh_mark mark) {
	while (arena->chunk != mark.chunk) {
		struct sh_chunk *chunk = arena->chunk;
		arena->chunk = chunk->older;
		if (arena->spare == NULL && chunk->size <= CHUNK_MAX) {
			arena->spare = chunk;
		} else {
			free(chunk);
		}
	}
	arena->pos = mark.pos;
	arena->end = arena->chunk != NULL ? arena->chunk->data + arena->chunk->size : NULL;
}

void sh_arena_finish(struct sh_arena *arena) {
	sh_arena_release_slow(arena, (struct sh_mark){ 0 });
	free(arena->spare);
	arena->spare = NULL;
}

void *sh_alloc_zero(struct sh_arena *arena, size_t size) {
	return memset(sh_alloc(arena, size), 0, size);
}

char *sh_arena_copy(struct sh_arena *arena, const char *text, size_t len) {
	char *copy = sh_alloc(arena, len + 1);
	if (len > 0) {
		memcpy(copy, text, len);
	}
	copy[len] = '\0';
	return copy;
}
