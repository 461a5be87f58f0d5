/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A skip list of lanes. Its lowest links are the truth; a level is linked there by one store, and
 * only ever taken out at the front.
 */
#include "config.h"

#include <errno.h>
#include <string.h>

#include "lib/data/queue_core.h"

// A list that is longer goes in a circle.
enum { LEVELS_LIMIT = 1 << 26 };

static struct cn_queue_level *level_at(const struct cn_arena *arena, cn_off off) {
	struct cn_queue_level *level =
			(struct cn_queue_level *)cn_at(arena, off, offsetof(struct cn_queue_level, next), 8);
	if (level == NULL || level->height == 0 || level->height > CN_QUEUE_LEVELS ||
			cn_at(arena, off,
					offsetof(struct cn_queue_level, next) + level->height * sizeof(cn_off), 8) ==
					NULL) {
		return NULL;
	}
	return level;
}

static uint32_t random_height(struct cn_queue_core *q) {
	q->seed = q->seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	uint32_t height = 1;
	for (uint64_t bits = q->seed >> 33; (bits & 3) == 0 && height < CN_QUEUE_LEVELS; bits >>= 2) {
		height++;
	}
	return height;
}

// links[i]: the link of height i behind which `priority` belongs. The level that has it, or NULL.
static struct cn_queue_level *find(struct cn_arena *arena, struct cn_queue_core *q,
		int64_t priority, cn_off *links[CN_QUEUE_LEVELS]) {
	cn_off *next = q->levels;
	struct cn_queue_level *found = NULL;
	for (int i = CN_QUEUE_LEVELS - 1; i >= 0; i--) {
		struct cn_queue_level *at;
		while ((at = level_at(arena, next[i])) != NULL && at->height > (uint32_t)i &&
				at->priority > priority) {
			next = at->next;
		}
		links[i] = &next[i];
		found = at != NULL && at->priority == priority ? at : NULL;
	}
	return found;
}

int cn_levels_lane(
		struct cn_arena *arena, struct cn_queue_core *q, int64_t priority, struct cn_lane **out) {
	cn_off *links[CN_QUEUE_LEVELS];
	struct cn_queue_level *level = find(arena, q, priority, links);
	if (level == NULL) {
		uint32_t height = random_height(q);
		cn_off off;
		int err = cn_alloc_zero(arena,
				offsetof(struct cn_queue_level, next) + height * sizeof(cn_off), &off);
		if (err < 0) {
			return err;
		}
		level = (struct cn_queue_level *)(arena->base + off);
		level->priority = priority;
		level->height = height;
		for (uint32_t i = 0; i < height; i++) {
			level->next[i] = *links[i];
		}
		cn_alloc_publish(arena, links[0], off);
		for (uint32_t i = 1; i < height; i++) {
			*links[i] = off;
		}
	}
	*out = &level->lane;
	return 0;
}

static uint64_t lane_count(const struct cn_lane *lane, uint64_t *bytes) {
	struct cn_mark put = cn_side_get(&lane->put);
	struct cn_mark get = cn_side_get(&lane->get);
	*bytes = put.bytes - get.bytes;
	return put.count - get.count;
}

// Free the first level. Who finds it half done goes on with it.
static void first_free(
		struct cn_arena *arena, struct cn_queue_core *q, struct cn_queue_level *level) {
	level->over = 1;
	for (uint32_t i = 1; i < level->height; i++) {
		q->levels[i] = level->next[i];
	}
	cn_lane_clear(arena, &level->lane, false);
	cn_alloc_retire(arena, &q->levels[0], level->next[0]);
}

struct cn_queue_level *cn_levels_first(struct cn_arena *arena, struct cn_queue_core *q) {
	struct cn_queue_level *level;
	while ((level = level_at(arena, q->levels[0])) != NULL) {
		uint64_t bytes;
		if (lane_count(&level->lane, &bytes) > 0) {
			return level;
		}
		if (level->next[0] == 0) {
			return NULL; // stays for the next one
		}
		first_free(arena, q, level);
	}
	return NULL;
}

int cn_levels_repair(struct cn_arena *arena, struct cn_queue_core *q) {
	cn_off *ends[CN_QUEUE_LEVELS];
	q->level_count = 0;
	q->level_bytes = 0;
	for (int i = 0; i < CN_QUEUE_LEVELS; i++) {
		ends[i] = &q->levels[i];
	}
	struct cn_queue_level *first = level_at(arena, q->levels[0]);
	if (first != NULL && first->over != 0) {
		first_free(arena, q, first);
	}
	int steps = 0;
	for (cn_off off = q->levels[0]; off != 0;) {
		struct cn_queue_level *level = level_at(arena, off);
		if (level == NULL || steps++ == LEVELS_LIMIT) {
			return -EBADMSG;
		}
		int err = cn_lane_repair_put(arena, &level->lane, false);
		if (err < 0) {
			return err;
		}
		// What was taken and not counted is counted when the front is looked for.
		struct cn_mark mark = cn_side_get(&level->lane.get);
		struct cn_record *record;
		err = cn_lane_front(arena, &level->lane, false, &mark, &record);
		if (err < 0) {
			return err;
		}
		cn_side_set(&level->lane.get, &mark);
		uint64_t bytes;
		q->level_count += lane_count(&level->lane, &bytes);
		q->level_bytes += bytes;
		for (uint32_t i = 1; i < level->height; i++) {
			*ends[i] = off;
			ends[i] = &level->next[i];
		}
		off = level->next[0];
	}
	for (int i = 1; i < CN_QUEUE_LEVELS; i++) {
		*ends[i] = 0;
	}
	return 0;
}

void cn_levels_clear(struct cn_arena *arena, struct cn_queue_core *q) {
	struct cn_queue_level *level;
	while ((level = level_at(arena, q->levels[0])) != NULL) {
		cn_lane_clear(arena, &level->lane, false);
		cn_alloc_retire(arena, &q->levels[0], level->next[0]);
	}
}
