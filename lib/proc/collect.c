/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "lib/proc/collect.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/sendfile.h>
#include <unistd.h>

#include "lib/base/fd.h"

// Collected output is given back to the system in pieces of at least this size.
#define PUNCH_SIZE (UINT64_C(1) << 20)

enum { COPY_SIZE = 64 << 10 };

int cn_collect_init(struct cn_collect *collect, struct cn_board_map *map, int out) {
	*collect = (struct cn_collect){ .map = map, .out = out };
	collect->punched = calloc(map->board->workers, sizeof(*collect->punched));
	collect->awaited = calloc(CN_BOARD_CHUNKS, sizeof(*collect->awaited));
	collect->taken = calloc(CN_BOARD_CHUNKS, sizeof(*collect->taken));
	if (collect->punched == NULL || collect->awaited == NULL || collect->taken == NULL) {
		cn_collect_finish(collect);
		return -ENOMEM;
	}
	return 0;
}

void cn_collect_finish(struct cn_collect *collect) {
	free(collect->punched);
	free(collect->awaited);
	free(collect->taken);
	*collect = (struct cn_collect){ .out = -1 };
}

// For an `out` that sendfile refuses: a terminal, a file opened for appending, some devices.
static int send_copied(int out, int in, uint64_t from, uint64_t to) {
	static char copy[COPY_SIZE];
	while (from < to) {
		size_t want = to - from < COPY_SIZE ? to - from : COPY_SIZE;
		ssize_t n = pread(in, copy, want, (off_t)from);
		if (n <= 0) {
			return n < 0 ? -errno : -EIO;
		}
		int err = cn_write_full(out, copy, (size_t)n);
		if (err < 0) {
			return err;
		}
		from += (uint64_t)n;
	}
	return 0;
}

int cn_send(int out, int in, uint64_t from, uint64_t to) {
	if (to - from <= 2048) { // where a copy costs less than handing over pages
		return send_copied(out, in, from, to);
	}
	while (from < to) {
		off_t offset = (off_t)from;
		ssize_t n = sendfile(out, in, &offset, to - from);
		if (n > 0) {
			from += (uint64_t)n;
		} else if (n == 0) {
			return -EIO;
		} else if (errno == EAGAIN) {
			poll(&(struct pollfd){ .fd = out, .events = POLLOUT }, 1, -1);
		} else if (errno == EINVAL || errno == ENOSYS) {
			return send_copied(out, in, from, to);
		} else if (errno != EINTR) {
			return -errno;
		}
	}
	return 0;
}

static void give_back(struct cn_collect *collect, const struct cn_chunk *chunk) {
	struct cn_worker *worker = &collect->map->slots[chunk->worker];
	uint64_t *punched = &collect->punched[chunk->worker];
	uint64_t to = chunk->log_to / 4096 * 4096;
	atomic_fetch_add(&worker->log_collected, chunk->log_to - chunk->log_from);
	if (to > *punched && to - *punched >= PUNCH_SIZE) {
		// Ordered or not, a worker's chunks are collected in the order in which it did them.
		fallocate(collect->map->logs[chunk->worker], FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE,
				(off_t)*punched, (off_t)(to - *punched));
		*punched = to;
	}
}

static int emit(struct cn_collect *collect, uint32_t number) {
	struct cn_board_map *map = collect->map;
	struct cn_chunk *chunk = &map->board->chunks[number];
	int err = 0;
	if (collect->result != NULL && map->board->records) {
		const struct cn_record *records = cn_board_records(map, number);
		for (uint32_t i = 0; i < chunk->ran && err == 0; i++) {
			err = collect->result(collect->data, chunk->seq + i, &records[i]);
		}
	} else if (map->logs != NULL && collect->out >= 0 && chunk->log_to > chunk->log_from) {
		err = cn_send(collect->out, map->logs[chunk->worker], chunk->log_from, chunk->log_to);
	}
	if (map->logs != NULL) {
		give_back(collect, chunk);
	}
	collect->calls += chunk->ran;
	collect->failed += chunk->failed;
	collect->lost += chunk->lost != 0;
	return err;
}

/*
 * Collect the chunk with this place in the ring, and the parts behind it, as far as they are done.
 * *whole tells whether all of it is collected.
 */
static int collect_chain(struct cn_collect *collect, uint32_t place, bool *whole) {
	struct cn_board *board = collect->map->board;
	int count = 0;
	for (*whole = false; !*whole; count++) {
		uint32_t number = collect->awaited[place] > 0 ? collect->awaited[place] - 1u : place;
		struct cn_chunk *chunk = &board->chunks[number];
		if (atomic_load_explicit(&chunk->state, memory_order_acquire) != CN_CHUNK_DONE) {
			break;
		}
		int err = emit(collect, number);
		if (err < 0) {
			return err;
		}
		*whole = chunk->part == 0;
		collect->awaited[place] = (uint16_t)(*whole ? 0 : CN_BOARD_CHUNKS + chunk->part);
		if (number != place) {
			chunk->part = 0;
			chunk->state = CN_CHUNK_FREE;
		}
	}
	return count;
}

int cn_collect_some(struct cn_collect *collect) {
	struct cn_board *board = collect->map->board;
	uint64_t claimed = atomic_load_explicit(&board->claimed, memory_order_acquire);
	uint64_t first = board->collected;
	bool in_row = true; // everything before is collected
	int count = 0;
	for (uint64_t i = first; i < claimed; i++) {
		uint32_t place = (uint32_t)(i % CN_BOARD_CHUNKS);
		bool whole = collect->taken[place];
		int n = whole ? 0 : collect_chain(collect, place, &whole);
		if (n < 0) {
			return n;
		}
		count += n;
		collect->taken[place] = whole;
		in_row = in_row && whole;
		if (in_row) {
			collect->taken[place] = false;
			board->chunks[place].state = CN_CHUNK_FREE;
			atomic_store_explicit(&board->collected, i + 1, memory_order_release);
		} else if (board->ordered) {
			break;
		}
	}
	if (count > 0 && board->sleepers > 0) { // for room in the ring or in a log
		cn_board_wake(collect->map, true);
	}
	return count;
}

bool cn_collect_is_done(const struct cn_collect *collect) {
	const struct cn_board *board = collect->map->board;
	return board->collected == atomic_load_explicit(&board->claimed, memory_order_acquire);
}
