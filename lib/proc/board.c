/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "lib/proc/board.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/base/fd.h"
#include "lib/sync/futex.h"

// A chunk has no more input than this, but for a single call that needs more.
#define CHUNK_BYTES (UINT64_C(64) << 10)

// Output of a worker that is not collected yet; above it, the worker claims no more.
#define LOG_LIMIT (UINT64_C(8) << 20)

static size_t page_up(size_t size) {
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	return (size + page - 1) / page * page;
}

static int make_bell(void) {
	return cn_fd_private(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
}

static int make_logs(struct cn_board_map *map, uint32_t workers) {
	map->logs = calloc(workers, sizeof(*map->logs));
	if (map->logs == NULL) {
		return -ENOMEM;
	}
	for (uint32_t i = 0; i < workers; i++) {
		map->logs[i] = -1;
	}
	for (uint32_t i = 0; i < workers; i++) {
		map->logs[i] = cn_fd_memory("conch-log");
		if (map->logs[i] < 0) {
			return map->logs[i];
		}
	}
	return 0;
}

static int map_memory(struct cn_board_map *map, const struct cn_board_setup *setup) {
	size_t slots_at = page_up(sizeof(struct cn_board));
	size_t records_at = page_up(slots_at + setup->workers * sizeof(struct cn_worker));
	size_t records = (CN_BOARD_CHUNKS + CN_BOARD_PARTS) * (size_t)CN_BOARD_RECORDS;
	size_t area_at = page_up(records_at + records * sizeof(struct cn_record));
	map->size = area_at + CN_BOARD_AREA;
	if (ftruncate(map->fd, (off_t)map->size) < 0) {
		return -errno;
	}
	unsigned char *base =
			mmap(NULL, map->size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_NORESERVE, map->fd, 0);
	if (base == MAP_FAILED) {
		return -errno;
	}
	map->board = (struct cn_board *)base;
	map->slots = (struct cn_worker *)(base + slots_at);
	map->records = (struct cn_record *)(base + records_at);
	map->area = base + area_at;
	return 0;
}

int cn_board_open(const struct cn_board_setup *setup, struct cn_board_map *map) {
	*map = (struct cn_board_map){ .fd = cn_fd_memory("conch-board") };
	if (map->fd < 0) {
		return map->fd;
	}
	int err = map_memory(map, setup);
	err = err == 0 && setup->logs ? make_logs(map, setup->workers) : err;
	if (err == 0) {
		struct cn_board *board = map->board;
		board->workers = setup->workers;
		board->per_call = setup->per_call;
		board->call_bytes = setup->call_bytes;
		board->delim = setup->delim;
		board->records = setup->records;
		board->ordered = setup->ordered;
		board->timed = setup->timed;
		board->most = setup->records ? CN_BOARD_RECORDS : CN_BOARD_CALLS;
		board->most = setup->single || setup->block > 0 ? 1 : board->most;
		board->counted = setup->counted;
		board->halt_what = setup->halt_what;
		board->halt_at = setup->halt_at;
		board->retries = setup->retries;
		board->delay = setup->delay;
		board->block = setup->block;
		if (setup->block > 0) {
			board->record_end_len = (uint32_t)strlen(setup->record_end);
			memcpy(board->record_end, setup->record_end, board->record_end_len);
		}
		board->caller_bell = make_bell();
		board->keeper_bell = make_bell();
		err = board->caller_bell < 0 ? board->caller_bell : 0;
		err = board->keeper_bell < 0 ? board->keeper_bell : err;
	}
	if (err < 0) {
		cn_board_close(map);
	}
	return err;
}

void cn_board_close(struct cn_board_map *map) {
	if (map->board != NULL) {
		for (uint32_t i = 0; map->logs != NULL && i < map->board->workers; i++) {
			cn_fd_close(&map->logs[i]);
		}
		cn_fd_close(&map->board->caller_bell);
		cn_fd_close(&map->board->keeper_bell);
		munmap(map->board, map->size);
	}
	free(map->logs);
	cn_fd_close(&map->fd);
	*map = (struct cn_board_map){ .fd = -1 };
}

void cn_board_ring(int bell) {
	int saved = errno;
	uint64_t one = 1;
	ssize_t n = write(bell, &one, sizeof(one)); // full is as good as rung
	(void)n;
	errno = saved;
}

uint64_t cn_board_item_end(const struct cn_board_map *map, uint64_t from, uint64_t to) {
	const unsigned char *end = memchr(map->area + from, map->board->delim, to - from);
	return end == NULL ? to : (uint64_t)(end - map->area);
}

// Behind the last record end in [from, to); 0: there is none.
static uint64_t last_record(const struct cn_board_map *map, uint64_t from, uint64_t to) {
	const struct cn_board *board = map->board;
	uint32_t len = board->record_end_len;
	while (to >= from + len) {
		const unsigned char *last = memrchr(map->area + from, board->delim, to - from);
		if (last == NULL || last + 1 < map->area + from + len) {
			return 0;
		}
		to = (uint64_t)(last - map->area) + 1;
		if (memcmp(last + 1 - len, board->record_end, len) == 0) {
			return to;
		}
		to--;
	}
	return 0;
}

// The end of the block at `from`: behind as many records as fit in its size, one at least.
static uint64_t block_end(const struct cn_board_map *map, uint64_t from, uint64_t to) {
	const struct cn_board *board = map->board;
	if (to - from <= board->block) {
		return to;
	}
	if (board->record_end_len == 0) {
		return from + board->block;
	}
	uint64_t end = last_record(map, from, from + board->block);
	if (end == 0) {
		uint64_t begin = from + board->block - board->record_end_len + 1;
		begin = begin > from && begin < to ? begin : from;
		const unsigned char *found =
				memmem(map->area + begin, to - begin, board->record_end, board->record_end_len);
		end = found != NULL ? (uint64_t)(found - map->area) + board->record_end_len : to;
	}
	return end;
}

uint64_t cn_board_call_end(
		const struct cn_board_map *map, uint64_t from, uint64_t to, uint32_t *items) {
	const struct cn_board *board = map->board;
	if (board->block > 0) {
		*items = 1;
		return block_end(map, from, to);
	}
	uint64_t at = from;
	uint32_t count = 0;
	while (at < to && (board->call_bytes > 0 || count < board->per_call)) {
		uint64_t next = cn_board_item_end(map, at, to) + 1;
		// An item in an argument vector costs its bytes, its NUL and a pointer.
		uint64_t cost = next - from + (count + 1) * sizeof(char *);
		if (board->call_bytes > 0 && count > 0 &&
				(cost > board->call_bytes || (board->per_call > 0 && count == board->per_call))) {
			break;
		}
		at = next;
		count++;
	}
	*items = count;
	return at;
}

// ---- claiming ---------------------------------------------------------------------------------

static struct cn_cursor *cursor_now(struct cn_board *board) {
	return &board->cursor[atomic_load_explicit(&board->claimed, memory_order_relaxed) % 2];
}

/*
 * A holder of the mutex died. Claims need nothing: they count by one store. A burial may have been
 * cut off: when the chunk that a hidden part was cut from still runs, it never came to be.
 */
static int repair(void *data) {
	struct cn_board *board = data;
	for (uint32_t i = CN_BOARD_CHUNKS; i < CN_BOARD_CHUNKS + CN_BOARD_PARTS; i++) {
		struct cn_chunk *part = &board->chunks[i];
		if (part->state == CN_CHUNK_HIDDEN) {
			const struct cn_chunk *parent = &board->chunks[part->parent];
			bool undone = parent->state == CN_CHUNK_RUNNING && parent->seq == part->parent_seq;
			part->state = undone ? CN_CHUNK_FREE : CN_CHUNK_TODO;
		}
	}
	board->todo = CN_BOARD_PARTS;
	return 0;
}

// Make the chunk this worker's; `number` counts once the caller has made its last store.
static void prepare(struct cn_board_map *map, uint32_t slot, uint32_t number) {
	struct cn_worker *worker = &map->slots[slot];
	struct cn_chunk *chunk = &map->board->chunks[number];
	map->board->started++;
	chunk->worker = slot;
	chunk->failed = 0;
	chunk->lost = 0;
	chunk->log_from = worker->log_end;
	chunk->log_to = worker->log_end;
	worker->next[0] = chunk->from;
	worker->mark = 0;
	worker->progress = 0;
	worker->chunk = number + 1;
}

static bool claim_part(struct cn_board_map *map, uint32_t slot, uint32_t *number) {
	struct cn_board *board = map->board;
	for (uint32_t i = CN_BOARD_CHUNKS; i < CN_BOARD_CHUNKS + CN_BOARD_PARTS; i++) {
		if (board->chunks[i].state == CN_CHUNK_TODO) {
			prepare(map, slot, i);
			board->chunks[i].state = CN_CHUNK_RUNNING; // the claim counts from here
			*number = i;
			return true;
		}
	}
	board->todo = 0;
	return false;
}

// How many calls a chunk should have.
static uint32_t share(const struct cn_board *board, const struct cn_worker *worker) {
	uint32_t wish = worker->wish > 0 ? worker->wish : 1;
	return wish < board->most ? wish : board->most;
}

// And how much input, of the `bytes` that are there: never so much that the others have nothing.
static uint64_t share_bytes(const struct cn_board *board, uint64_t bytes) {
	uint64_t part = bytes / (board->workers * (board->ended ? 2 : 1)) + 1;
	return part < CHUNK_BYTES ? part : CHUNK_BYTES;
}

// Whether a call that takes `items` and ends at `call_end` has all its items, of those before
// `end`.
static bool is_whole(
		const struct cn_board *board, uint32_t items, uint64_t call_end, uint64_t end) {
	bool grows = board->call_bytes > 0 || board->block > 0;
	return grows ? call_end < end : items == board->per_call;
}

uint64_t cn_board_whole_calls(const struct cn_board_map *map) {
	const struct cn_board *board = map->board;
	uint64_t at = board->cursor[board->claimed % 2].at;
	if ((board->per_call == 1 && board->block == 0) || at < board->wrap) {
		return board->limit;
	}
	uint64_t end = board->limit - board->wrap;
	for (at -= board->wrap; at < end;) {
		uint32_t items;
		uint64_t call_end = cn_board_call_end(map, at, end, &items);
		if (!is_whole(board, items, call_end, end)) {
			break;
		}
		at = call_end;
	}
	return at + board->wrap;
}

// Cut a chunk off the input [cursor, end). Returns its calls; 0: not enough input for one.
static uint32_t cut(struct cn_board_map *map, const struct cn_worker *worker, uint64_t at,
		uint64_t end, bool last, uint64_t *to) {
	const struct cn_board *board = map->board;
	uint32_t most = share(board, worker);
	uint64_t most_bytes = share_bytes(board, end - at);
	uint64_t next = at;
	uint32_t calls = 0;
	while (calls < most && next < end && (calls == 0 || next - at < most_bytes)) {
		uint32_t items;
		uint64_t call_end = cn_board_call_end(map, next, end, &items);
		if (!last && !is_whole(board, items, call_end, end)) {
			break; // more items belong to this call
		}
		next = call_end;
		calls++;
	}
	*to = next;
	return calls;
}

static enum cn_claim claim_new(struct cn_board_map *map, uint32_t slot, uint32_t *number) {
	struct cn_board *board = map->board;
	struct cn_worker *worker = &map->slots[slot];
	uint64_t claimed = atomic_load_explicit(&board->claimed, memory_order_relaxed);
	bool ended = board->ended; // before limit is read
	struct cn_cursor now = *cursor_now(board);
	uint64_t limit = board->limit;
	bool is_old =
			now.at < board->wrap; // in the part of the area that was written before the last wrap
	uint64_t base = is_old ? board->base : board->wrap;
	uint64_t end = is_old && board->wrap < limit ? board->wrap : limit;
	if (now.at == end) {
		return ended ? CN_CLAIM_END : CN_CLAIM_WAIT;
	}
	if (claimed - board->collected >= CN_BOARD_CHUNKS) {
		return CN_CLAIM_WAIT;
	}
	uint64_t to;
	uint32_t calls = cut(map, worker, now.at - base, end - base, end < limit || ended, &to);
	if (calls == 0) {
		board->starved = 1;
		return CN_CLAIM_WAIT;
	}
	*number = (uint32_t)(claimed % CN_BOARD_CHUNKS);
	struct cn_chunk *chunk = &board->chunks[*number];
	chunk->seq = now.seq + 1;
	chunk->calls = calls;
	chunk->tries = 0;
	chunk->at = now.at;
	chunk->from = now.at - base;
	chunk->to = to;
	chunk->part = 0;
	prepare(map, slot, *number);
	chunk->state = CN_CHUNK_RUNNING;
	board->cursor[(claimed + 1) % 2] =
			(struct cn_cursor){ .at = to + base, .seq = now.seq + calls };
	atomic_store_explicit(&board->claimed, claimed + 1, memory_order_release); // counts from here
	return CN_CLAIM_CHUNK;
}

int cn_board_lock(struct cn_board_map *map) {
	return cn_mutex_lock(&map->board->mutex, repair, map->board);
}

void cn_board_unlock(struct cn_board_map *map) {
	cn_mutex_unlock(&map->board->mutex);
}

static void ring_caller(struct cn_board *board) {
	if (atomic_exchange(&board->caller_sleeps, 0)) {
		cn_board_ring(board->caller_bell);
	}
}

enum cn_claim cn_board_claim(struct cn_board_map *map, uint32_t slot, uint32_t *number) {
	struct cn_board *board = map->board;
	const struct cn_worker *worker = &map->slots[slot];
	// A part is what the collector waits for: that is done however much else waits.
	bool is_full = worker->log_end - worker->log_collected > LOG_LIMIT;
	if (cn_board_lock(map) < 0) {
		return CN_CLAIM_END;
	}
	enum cn_claim claim = CN_CLAIM_END;
	if (!board->stopped) {
		bool part = board->todo > 0 && claim_part(map, slot, number);
		claim = part ? CN_CLAIM_CHUNK : is_full ? CN_CLAIM_WAIT : claim_new(map, slot, number);
	}
	uint64_t left = board->limit - cursor_now(board)->at;
	bool low = board->low && !board->ended && left < board->block + CN_BOARD_LOW / 2;
	low = low || board->starved;
	cn_board_unlock(map);
	if (low) {
		ring_caller(board);
	}
	return claim;
}

bool cn_board_is_drained(struct cn_board_map *map) {
	struct cn_board *board = map->board;
	if (cn_board_lock(map) < 0) {
		return true;
	}
	bool drained = board->ended && cursor_now(board)->at == board->limit;
	for (uint32_t i = CN_BOARD_CHUNKS;
			drained && board->todo > 0 && i < CN_BOARD_CHUNKS + CN_BOARD_PARTS; i++) {
		drained = board->chunks[i].state != CN_CHUNK_TODO;
	}
	cn_board_unlock(map);
	return drained;
}

// ---- sleeping and waking ----------------------------------------------------------------------

void cn_board_sleep(struct cn_board_map *map, uint32_t seen) {
	struct cn_board *board = map->board;
	atomic_fetch_add(&board->sleepers, 1);
	cn_futex_wait(&board->news, seen, cn_after(CN_SECOND));
	// A sleeper that was killed leaves the count too high: a wake too many, never one too few.
	atomic_fetch_sub(&board->sleepers, 1);
}

void cn_board_wake(struct cn_board_map *map, bool all) {
	struct cn_board *board = map->board;
	atomic_fetch_add(&board->news, 1);
	if (board->sleepers > 0) {
		cn_futex_wake(&board->news, all ? INT_MAX : 1);
	}
}

// ---- finishing and burying --------------------------------------------------------------------

// Whether the collector sleeps until this chunk is done.
static void tell_caller(struct cn_board *board, uint32_t number) {
	bool is_next = number >= CN_BOARD_CHUNKS || board->collected % CN_BOARD_CHUNKS == number;
	if (!board->ordered || is_next) {
		ring_caller(board);
	}
}

void cn_board_count(struct cn_board_map *map, int status) {
	struct cn_board *board = map->board;
	if (!board->counted) {
		return;
	}
	atomic_fetch_add(&board->calls_over, 1);
	if (status != 0) {
		uint32_t none = 0;
		atomic_compare_exchange_strong(&board->first_failure, &none, (uint32_t)status);
		atomic_fetch_add(&board->calls_failed, 1);
	}
	uint64_t failed = board->calls_failed; // first: a call is over before it has failed
	if (board->halt_at > 0 &&
			cn_halt_count(board->halt_what, board->calls_over, failed) >= board->halt_at) {
		uint32_t goes_on = CN_SOURCE_GOES_ON; // the caller may go further
		atomic_compare_exchange_strong(&board->stopped, &goes_on, CN_SOURCE_STOPPED);
	}
	ring_caller(board);
}

void cn_board_finish(struct cn_board_map *map, uint32_t slot) {
	struct cn_worker *worker = &map->slots[slot];
	uint32_t number = worker->chunk - 1;
	struct cn_chunk *chunk = &map->board->chunks[number];
	chunk->log_to = worker->log_end;
	chunk->ran = chunk->calls;
	chunk->failed = (uint32_t)(worker->progress >> 32);
	atomic_store(&chunk->state, CN_CHUNK_DONE); // finished from here
	worker->chunk = 0;
	tell_caller(map->board, number);
}

// The chunk that the dead worker was at; NULL: none, or its claim never counted.
static struct cn_chunk *open_chunk(struct cn_board_map *map, uint32_t slot) {
	struct cn_board *board = map->board;
	uint32_t number = map->slots[slot].chunk - 1;
	if (map->slots[slot].chunk == 0 || number >= CN_BOARD_CHUNKS + CN_BOARD_PARTS) {
		return NULL;
	}
	struct cn_chunk *chunk = &board->chunks[number];
	if (chunk->state != CN_CHUNK_RUNNING || chunk->worker != slot) {
		return NULL;
	}
	// RUNNING is stored before the claim counts: an uncounted one has the number of the next claim.
	bool counted = number >= CN_BOARD_CHUNKS || chunk->seq <= cursor_now(board)->seq;
	if (!counted) {
		chunk->state = CN_CHUNK_FREE;
	}
	return counted ? chunk : NULL;
}

static uint32_t free_part(const struct cn_board *board) {
	for (uint32_t i = 0; i < CN_BOARD_PARTS; i++) {
		if (board->chunks[CN_BOARD_CHUNKS + i].state == CN_CHUNK_FREE) {
			return i + 1;
		}
	}
	return 0;
}

static uint64_t log_size(const struct cn_board_map *map, uint32_t slot) {
	struct stat status;
	if (map->logs == NULL || fstat(map->logs[slot], &status) < 0) {
		return map->slots[slot].log_end;
	}
	return (uint64_t)status.st_size;
}

// Note the call that died with its worker as far as it came.
static void record_lost(struct cn_board_map *map, const struct cn_chunk *chunk, uint32_t slot,
		uint32_t done, uint64_t item_to, int status) {
	const struct cn_worker *worker = &map->slots[slot];
	struct cn_record *records = cn_board_records(map, (uint32_t)(chunk - map->board->chunks));
	records[done] = (struct cn_record){
		.status = status,
		.worker = slot,
		.item_from = worker->next[done % 2],
		.item_to = item_to,
		.out_from = done > 0 ? records[done - 1].reply_to : chunk->log_from,
		.out_to = chunk->log_to,
		.reply_to = chunk->log_to,
		.began = records[done].began,
	};
}

// A part with the calls of the chunk from number `first` of it on, whose input begins at `from`.
static void make_part(struct cn_board *board, const struct cn_chunk *chunk, uint32_t part,
		uint32_t first, uint64_t from) {
	struct cn_chunk *rest = &board->chunks[CN_BOARD_CHUNKS + part - 1];
	*rest = (struct cn_chunk){
		.state = CN_CHUNK_FREE,
		.seq = chunk->seq + first,
		.calls = chunk->calls - first,
		.from = from,
		.to = chunk->to,
		.at = chunk->at,
		.parent = (uint32_t)(chunk - board->chunks),
		.parent_seq = chunk->seq,
	};
	atomic_store(&rest->state, CN_CHUNK_HIDDEN); // repair() reads the rest only now
}

// How often the call of this number in the chunk was begun and died.
static uint32_t tries_of(const struct cn_chunk *chunk, uint32_t number) {
	return number == 0 ? chunk->tries : 0;
}

static bool may_try_again(
		const struct cn_board_map *map, const struct cn_chunk *chunk, uint32_t number) {
	const struct cn_board *board = map->board;
	return board->stopped == 0 && tries_of(chunk, number) + 1 < board->retries;
}

// The items of the call in which a worker died end in NUL by now; another reads them again.
static void restore_delimiters(
		struct cn_board_map *map, const struct cn_worker *worker, uint32_t done) {
	const struct cn_board *board = map->board;
	if (worker->mark != done + 1 || board->block > 0) {
		return;
	}
	uint64_t from = worker->next[done % 2];
	bool one = board->per_call == 1 && board->call_bytes == 0;
	for (uint64_t at = one ? worker->item_to - 1 : from; at < worker->item_to; at++) {
		map->area[at] = map->area[at] == '\0' ? (unsigned char)board->delim : map->area[at];
	}
}

/*
 * The chunk ends with the call in which the worker died; what is behind becomes a part. Each store
 * before the chunk's state may be repeated by whoever buries again.
 */
static int close_chunk(
		struct cn_board_map *map, struct cn_chunk *chunk, uint32_t slot, int status) {
	struct cn_board *board = map->board;
	struct cn_worker *worker = &map->slots[slot];
	uint32_t done = (uint32_t)worker->progress;
	uint32_t part = 0;
	chunk->log_to = log_size(map, slot);
	chunk->failed = (uint32_t)(worker->progress >> 32);
	bool again = done < chunk->calls && may_try_again(map, chunk, done);
	if (again) {
		part = free_part(board);
		if (part == 0) {
			return -EAGAIN;
		}
		restore_delimiters(map, worker, done);
		make_part(board, chunk, part, done, worker->next[done % 2]);
		board->chunks[CN_BOARD_CHUNKS + part - 1].tries = tries_of(chunk, done) + 1;
		chunk->log_to = board->records && done > 0
				? cn_board_records(map, (uint32_t)(chunk - board->chunks))[done - 1].reply_to
				: chunk->log_from;
		if (map->logs != NULL && ftruncate(map->logs[slot], (off_t)chunk->log_to) < 0) {
			chunk->log_to = log_size(map, slot);
		}
	} else if (done < chunk->calls) {
		uint32_t items;
		uint64_t item_to = worker->item_to;
		if (worker->mark != done + 1) { // it died before it had begun that call
			item_to = cn_board_call_end(map, worker->next[done % 2], chunk->to, &items);
		}
		if (done + 1 < chunk->calls) {
			part = free_part(board);
			if (part == 0) {
				return -EAGAIN;
			}
			make_part(board, chunk, part, done + 1, item_to);
		}
		if (board->records) {
			record_lost(map, chunk, slot, done, item_to, status);
		}
		chunk->lost = (uint32_t)status;
		chunk->failed += status != 0; // a task that became a program by exec may end well
	}
	chunk->ran = done < chunk->calls ? done + !again : chunk->calls;
	chunk->part = part;
	atomic_store(&chunk->state, CN_CHUNK_DONE); // buried from here
	if (part > 0) {
		board->chunks[CN_BOARD_CHUNKS + part - 1].state = CN_CHUNK_TODO;
		board->todo++;
	}
	return 0;
}

int cn_board_bury(struct cn_board_map *map, uint32_t slot, int status) {
	struct cn_board *board = map->board;
	struct cn_worker *worker = &map->slots[slot];
	int err = cn_board_lock(map);
	if (err < 0) {
		return err;
	}
	struct cn_chunk *chunk = open_chunk(map, slot);
	uint32_t number = chunk != NULL ? (uint32_t)(chunk - board->chunks) : 0;
	err = chunk != NULL ? close_chunk(map, chunk, slot, status) : 0;
	if (err == 0) {
		worker->log_end = chunk != NULL ? chunk->log_to : worker->log_end;
		worker->seat.began = 0;
		worker->seat.why = 0;
		worker->chunk = 0;
	}
	cn_board_unlock(map);
	if (err == 0 && chunk != NULL) {
		if (board->counted && chunk->lost != 0) {
			cn_board_count(map, (int)chunk->lost);
		}
		tell_caller(board, number);
		cn_board_wake(map, false);
	}
	return err;
}

bool cn_board_glimpse(const struct cn_board_map *map, uint32_t slot, char *items, size_t size,
		struct cn_glimpse *out) {
	const struct cn_board *board = map->board;
	struct cn_worker *worker = &map->slots[slot];
	uint32_t number = worker->chunk - 1;
	uint64_t progress = atomic_load(&worker->progress);
	uint32_t done = (uint32_t)progress;
	if (number >= CN_BOARD_CHUNKS + CN_BOARD_PARTS || worker->mark != done + 1) {
		return false;
	}
	const struct cn_chunk *chunk = &board->chunks[number];
	uint64_t from = worker->next[done % 2];
	uint64_t to = worker->item_to;
	uint64_t began = worker->seat.began;
	if (chunk->state != CN_CHUNK_RUNNING || chunk->worker != slot || to > CN_BOARD_AREA ||
			from >= to) {
		return false;
	}
	uint64_t len = board->block > 0 ? 0 : to - 1 - from;
	*out = (struct cn_glimpse){
		.seq = chunk->seq + done,
		.began = began == UINT64_MAX ? 0 : (cn_time)began,
		.len = len < size ? (size_t)len : size,
	};
	memcpy(items, map->area + from, out->len);
	atomic_thread_fence(memory_order_acquire);
	// It may have gone on meanwhile; then what was copied is nothing.
	return worker->chunk == number + 1 && worker->progress == progress;
}
