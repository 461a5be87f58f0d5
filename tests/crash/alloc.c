/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Processes put blocks into shared chains and take them out, and are killed. Every block must be
 * in a chain, whole, or be free.
 */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "lib/shm/alloc.h"
#include "tests/crash/torture.h"
#include "tests/unit/tap.h"

enum { CHAINS = 4 };

struct node {
	cn_off next;
	uint32_t size;
	uint32_t pattern;
};

struct chain {
	struct cn_mutex mutex;
	cn_off first;
	uint64_t unused;
};

static struct cn_arena *arena;
static struct chain *chains;

static int repair(void *data) {
	return cn_alloc_settle(arena);
}

static uint32_t size_random(unsigned *seed) {
	static const uint32_t largest[] = { 64, 64, 500, 2000, 20000, 400000 };
	uint32_t max = largest[rand_r(seed) % 6];
	return (uint32_t)sizeof(struct node) + (uint32_t)rand_r(seed) % max;
}

static bool node_is_whole(const struct node *node) {
	const unsigned char *data = (const unsigned char *)(node + 1);
	uint32_t len = node->size - (uint32_t)sizeof(*node);
	for (uint32_t i = 0; i < len; i += 1 + len / 50) {
		if (data[i] != (unsigned char)node->pattern) {
			return false;
		}
	}
	return cn_alloc_room(arena, cn_off_of(arena, node)) >= node->size;
}

static void put(struct chain *chain, unsigned *seed) {
	cn_off off;
	uint32_t size = size_random(seed);
	if (cn_alloc(arena, size, &off) < 0) {
		return;
	}
	struct node *node = CN_AT(arena, off, struct node);
	node->size = size;
	node->pattern = (uint32_t)rand_r(seed);
	memset(node + 1, (unsigned char)node->pattern, size - sizeof(*node));
	if (cn_mutex_lock(&chain->mutex, repair, NULL) < 0) {
		abort();
	}
	node->next = chain->first;
	cn_alloc_publish(arena, &chain->first, off);
	cn_mutex_unlock(&chain->mutex);
}

// Take out one of the first few.
static void take(struct chain *chain, unsigned *seed) {
	if (cn_mutex_lock(&chain->mutex, repair, NULL) < 0) {
		abort();
	}
	cn_off *word = &chain->first;
	struct node *node = CN_AT(arena, *word, struct node);
	for (int skip = rand_r(seed) % 4; node != NULL && skip > 0 && node->next != 0; skip--) {
		word = &node->next;
		node = CN_AT(arena, *word, struct node);
	}
	if (node != NULL) {
		if (!node_is_whole(node)) {
			abort();
		}
		cn_alloc_retire(arena, word, node->next);
	}
	cn_mutex_unlock(&chain->mutex);
}

static void work(int worker, unsigned *seed) {
	struct chain *chain = &chains[rand_r(seed) % CHAINS];
	if (rand_r(seed) % 2 == 0) {
		put(chain, seed);
	} else {
		take(chain, seed);
	}
	torture_progress();
}

int main(void) {
	tap_watchdog(60 + (unsigned)torture_rounds() / 20);
	if (cn_arena_create(16 * CN_ARENA_MIN, &arena) < 0) {
		return 1;
	}
	cn_off off;
	cn_alloc_zero(arena, CHAINS * sizeof(*chains), &off);
	cn_alloc_keep(arena, off);
	chains = cn_at(arena, off, CHAINS * sizeof(*chains), 16);
	struct torture torture = { .workers = 4, .work = work };
	torture_run(arena, &torture);
	is_int(torture.stuck, 0, "nobody is stuck");
	is_int(torture.wrong, 0, "no block was damaged");
	cn_alloc_sweep(arena);
	uint64_t linked = 1;
	int damaged = 0;
	for (int i = 0; i < CHAINS; i++) {
		if (cn_mutex_lock(&chains[i].mutex, repair, NULL) < 0) {
			damaged++;
		}
		struct node *node = CN_AT(arena, chains[i].first, struct node);
		for (; node != NULL; node = CN_AT(arena, node->next, struct node)) {
			damaged += !node_is_whole(node);
			linked++;
		}
		cn_mutex_unlock(&chains[i].mutex);
	}
	struct cn_err why = { "" };
	struct cn_alloc_stats stats;
	ok(cn_alloc_check(arena, &why) == 0, "the allocator is whole");
	diag("%s", why.text);
	cn_alloc_stats(arena, &stats);
	is_int(damaged, 0, "the chains are whole");
	is_int((int64_t)stats.blocks, (int64_t)linked, "every block is in a chain or free");
	is_int(stats.in_flight, 0, "and none in flight");
	cn_arena_close(arena);
	return done_testing();
}
