/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "lib/proc/collect.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/fd.h"

int cn_collect_init(
		struct cn_collect *collect, struct cn_board_map *map, int out, const char *dir) {
	*collect = (struct cn_collect){ .map = map, .out = out };
	collect->streamed = calloc(map->board->workers, sizeof(*collect->streamed));
	collect->seen = calloc(map->board->workers, sizeof(*collect->seen));
	collect->awaited = calloc(CN_BOARD_CHUNKS, sizeof(*collect->awaited));
	collect->taken = calloc(CN_BOARD_CHUNKS, sizeof(*collect->taken));
	int err = cn_logs_init(&collect->logs, map, dir);
	if (err < 0 || collect->streamed == NULL || collect->seen == NULL ||
			collect->awaited == NULL || collect->taken == NULL) {
		cn_collect_finish(collect);
		return -ENOMEM;
	}
	return 0;
}

void cn_collect_finish(struct cn_collect *collect) {
	if (collect->map != NULL) {
		cn_logs_finish(&collect->logs);
	}
	free(collect->streamed);
	free(collect->seen);
	free(collect->awaited);
	free(collect->taken);
	*collect = (struct cn_collect){ .out = -1 };
}

// Where the output of the chunk begins that was not printed while it ran.
static uint64_t unprinted(const struct cn_collect *collect, const struct cn_chunk *chunk) {
	uint64_t streamed = collect->streamed[chunk->worker];
	return streamed > chunk->log_from ? streamed : chunk->log_from;
}

/*
 * Print the whole lines in [from, to) of the chunk's log; `all`: what is left behind the last
 * newline too, and end it. *printed is up to where.
 */
static int print_lines(struct cn_collect *collect, const struct cn_chunk *chunk, uint64_t from,
		uint64_t to, bool all, uint64_t *printed) {
	struct cn_buf text = CN_BUF_INIT;
	int err = cn_logs_read(&collect->logs, chunk->worker, from, to, &text);
	const char *last = err == 0 && text.len > 0 ? memrchr(text.data, '\n', text.len) : NULL;
	size_t len = last != NULL ? (size_t)(last - text.data) + 1 : 0;
	if (all && err == 0) {
		err = text.len > len ? cn_buf_putc(&text, '\n') : 0;
		len = text.len;
	}
	if (err == 0 && len > 0) {
		err = collect->print != NULL ? collect->print(collect->data, chunk, text.data, len)
									 : cn_write_full(collect->out, text.data, len);
	}
	*printed = all ? to : from + len;
	cn_buf_finish(&text);
	return err;
}

// What could not be written names the output, not the object.
static int write_failed(struct cn_collect *collect, int err) {
	if (err < 0 && err != -EPIPE && collect->logs.err.text[0] == '\0') {
		cn_err_set(&collect->logs.err, err, "write error: %s", strerror(-err));
	}
	return err;
}

static int print_rest(struct cn_collect *collect, const struct cn_chunk *chunk) {
	uint64_t from = unprinted(collect, chunk);
	if (collect->map->logs == NULL || chunk->log_to <= from) {
		return 0;
	}
	if (collect->out < 0) {
		return -EBADF;
	}
	if (collect->lines) {
		return print_lines(collect, chunk, from, chunk->log_to, true, &from);
	}
	return cn_logs_send(&collect->logs, chunk->worker, from, chunk->log_to, collect->out);
}

static void give_back(struct cn_collect *collect, const struct cn_chunk *chunk) {
	struct cn_worker *worker = &collect->map->slots[chunk->worker];
	uint64_t *seen = &collect->seen[chunk->worker];
	uint64_t bytes = chunk->log_to - chunk->log_from;
	*seen = chunk->log_to > *seen ? chunk->log_to : *seen;
	// A part may be collected before a chunk that its worker did earlier: then the sum is less.
	if (atomic_fetch_add(&worker->log_collected, bytes) + bytes == *seen) {
		cn_logs_release(&collect->logs, chunk->worker, *seen);
	}
}

static int emit(struct cn_collect *collect, uint32_t number) {
	struct cn_board_map *map = collect->map;
	struct cn_chunk *chunk = &map->board->chunks[number];
	int err = 0;
	if (collect->before != NULL &&
			(map->board->records || chunk->log_to > unprinted(collect, chunk))) {
		collect->before(collect->data);
	}
	if (collect->result != NULL && map->board->records) {
		const struct cn_record *records = cn_board_records(map, number);
		for (uint32_t i = 0; i < chunk->ran && err == 0; i++) {
			err = collect->result(collect->data, chunk->seq + i, &records[i]);
		}
	} else {
		err = print_rest(collect, chunk);
	}
	if (map->logs != NULL) {
		give_back(collect, chunk);
	}
	collect->calls += chunk->ran;
	collect->failed += chunk->failed;
	collect->lost += chunk->lost != 0;
	return write_failed(collect, err);
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

bool cn_collect_is_waiting(const struct cn_collect *collect) {
	const struct cn_board *board = collect->map->board;
	uint64_t at = board->cursor[atomic_load(&board->claimed) % 2].at;
	return collect->map->logs != NULL && (!cn_collect_is_done(collect) || at != board->limit);
}

// The chunk of this place in the ring that runs now; NULL: it does not run.
static const struct cn_chunk *running(const struct cn_collect *collect, uint32_t place) {
	uint32_t number = collect->awaited[place] > 0 ? collect->awaited[place] - 1u : place;
	const struct cn_chunk *chunk = &collect->map->board->chunks[number];
	bool runs = !collect->taken[place] && chunk->state == CN_CHUNK_RUNNING;
	return runs ? chunk : NULL;
}

// Print what a running chunk has printed so far.
static int stream(struct cn_collect *collect, const struct cn_chunk *chunk) {
	uint64_t from = unprinted(collect, chunk);
	uint64_t to = cn_logs_size(&collect->logs, chunk->worker);
	int err = 0;
	// Had the chunk ended, what the log has now might be the next one's.
	bool runs = atomic_load(&chunk->state) == CN_CHUNK_RUNNING;
	if (!runs || to <= from) {
		return 0;
	}
	// An earlier one of this worker may have ended and not be collected: it would be passed over.
	const struct cn_worker *worker = &collect->map->slots[chunk->worker];
	if (atomic_load(&worker->log_collected) < chunk->log_from) {
		return 0;
	}
	if (collect->before != NULL) {
		collect->before(collect->data);
	}
	if (collect->lines) {
		err = print_lines(collect, chunk, from, to, false, &to);
	} else {
		err = cn_logs_send(&collect->logs, chunk->worker, from, to, collect->out);
	}
	collect->streamed[chunk->worker] = to;
	if (collect->map->slots[chunk->worker].log_collected == chunk->log_from) {
		cn_logs_release(&collect->logs, chunk->worker, to);
	}
	return write_failed(collect, err);
}

int cn_collect_look(struct cn_collect *collect) {
	struct cn_board *board = collect->map->board;
	if (collect->map->logs == NULL) {
		return 0;
	}
	bool may_stream = collect->out >= 0 && !board->records;
	uint64_t claimed = atomic_load_explicit(&board->claimed, memory_order_acquire);
	int err = 0;
	for (uint64_t i = board->collected; i < claimed && err == 0; i++) {
		const struct cn_chunk *chunk = running(collect, (uint32_t)(i % CN_BOARD_CHUNKS));
		bool is_first = i == board->collected && board->ordered;
		if (chunk != NULL && may_stream && (is_first || collect->lines)) {
			err = stream(collect, chunk);
		}
	}
	for (uint32_t i = 0; i < board->workers && err == 0; i++) {
		err = cn_logs_spill(&collect->logs, i);
	}
	return err;
}
