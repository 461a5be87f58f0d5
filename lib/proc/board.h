/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * lib/proc/board.h - the shared memory of one map: the input that is still to be done, who does
 * which part of it, and where the results are. The caller feeds items (feed.h) and collects results
 * (collect.h); workers claim chunks of items and run them (crew.h). There is no dispatcher: a
 * worker takes its next chunk itself, under the board's mutex.
 *
 * It lies in a memfd of its own, so that it is gone with its last process, whatever happens to
 * that.
 *
 * Any process may be killed at any instruction. What makes that harmless:
 *  - a claim is committed by one store (claimed, or a part's state); before it, nothing happened;
 *  - a worker notes in its slot how many calls of its chunk are over. When it dies, cn_board_bury()
 *    closes the chunk behind the call in which it died, and the rest becomes a part: a chunk
 *    of its own that anybody may claim, linked so that the order of results stays;
 *  - a chunk is finished by one store (state).
 */
#ifndef CN_PROC_BOARD_H
#define CN_PROC_BOARD_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "lib/base/clock.h"
#include "lib/proc/crew.h"
#include "lib/sync/mutex.h"

enum {
	CN_BOARD_CHUNKS = 1024, // claimed and not yet collected, at most
	CN_BOARD_PARTS = 256, // remainders of dead workers' chunks, at most
	CN_BOARD_RECORDS = 64, // calls in a chunk, at most, where each call has a record
	CN_BOARD_CALLS = 1 << 16, // where not
	CN_BOARD_WORKERS = 1024,
	CN_BOARD_RECORD_END = 64, // longest record end
};

/* Input that nobody has claimed: with less than this (and a block), more is read. */
#define CN_BOARD_LOW (UINT64_C(256) << 10)

/* The input area is address space: pages count when used. One item must fit. */
#define CN_BOARD_AREA (UINT64_C(1) << 30)

/* What may stop a map early. */
enum cn_halt { CN_HALT_FAIL, CN_HALT_SUCCESS, CN_HALT_DONE };

enum cn_chunk_state {
	CN_CHUNK_FREE,
	CN_CHUNK_RUNNING,
	CN_CHUNK_DONE,
	CN_CHUNK_HIDDEN, // a part that is being made
	CN_CHUNK_TODO, // a part that waits for a worker
};

/* Some consecutive calls of the command. */
struct cn_chunk {
	_Atomic uint32_t state; // enum cn_chunk_state
	uint32_t worker; // its slot
	uint64_t seq; // number of its first call, from 1
	uint32_t calls;
	uint32_t ran; // of them; all, unless the worker died. Once it is done, as the rest:
	uint32_t failed;
	uint64_t at; // its input: where in the stream it begins,
	uint64_t from; // and [from, to) of the area
	uint64_t to;
	uint64_t log_from; // its output: [log_from, log_to) of the worker's log
	uint64_t log_to;
	uint32_t tries; // how often its first call was begun already, and died
	uint32_t part; // 1 + index of the part with the calls behind those that ran; 0: none
	uint32_t lost; // status of the call in which the worker died, the last that ran; or 0
	uint32_t parent; // of a part: the chunk it was cut from,
	uint64_t parent_seq; // and that one's seq then
};

/* What is known of one call, where somebody wants to know (cn_board_setup.records). */
struct cn_record {
	int32_t status;
	uint32_t worker;
	uint64_t item_from; // its input in the area
	uint64_t item_to;
	uint64_t out_from; // what it printed: [out_from, out_to) of the log, and behind it its reply
	uint64_t out_to;
	uint64_t reply_to;
	cn_time began; // CLOCK_REALTIME
	cn_time took;
};

/* A worker's part of the board, written by that worker. */
struct cn_worker {
	struct cn_seat seat;
	uint32_t chunk; // 1 + number of its chunk (ring, or CN_BOARD_CHUNKS + part); 0: none
	_Atomic uint64_t
			progress; // calls of that chunk that are over, and << 32, how many of them failed
	uint64_t next[2]; // next[over % 2]: where in the area the call behind those begins
	uint64_t item_to; // and where it ends, once mark is its number in the chunk, from 1
	_Atomic uint32_t mark;
	uint32_t wish; // calls that the next chunk should have
	uint64_t log_end;
	_Atomic uint64_t log_collected; // bytes of its log that are; written by the collector
};

struct cn_cursor {
	uint64_t at; // in the stream: where the next chunk begins
	uint64_t seq; // calls claimed so far
};

struct cn_board {
	// Fixed at the start.
	uint32_t workers;
	uint32_t per_call; // items a call takes
	uint64_t call_bytes; // 0, or: a call takes as many items as fit in this many bytes
	int32_t delim; // items end in this byte
	uint32_t records; // bool
	uint32_t ordered; // bool
	uint32_t timed; // bool: calls have a time limit
	uint32_t most; // calls in a chunk
	uint32_t counted; // bool: calls_over and so on are kept, and the caller is rung
	uint32_t halt_what; // enum cn_halt: with so many of these nothing is claimed any more
	uint64_t halt_at; // 0: never
	uint32_t retries; // a call that dies is tried this often in all; 0: once
	cn_time delay; // between the starts of two calls, at least
	uint64_t block; // 0, or: a call is so many bytes, cut behind record_end; there are no items
	uint32_t record_end_len; // 0: anywhere
	char record_end[CN_BOARD_RECORD_END];

	struct cn_mutex mutex; // guards claims and parts

	// The input is a stream of bytes; items are whole in [cursor.at, limit). Byte \`v\` of it
	// stands in the area at v - base, or at v - wrap when v >= wrap: the area is used again and
	// again. No item lies across wrap. Written by the feeder, base and wrap under the mutex.
	_Atomic uint64_t limit;
	uint64_t base;
	uint64_t wrap;
	_Atomic uint32_t ended; // bool: nothing will be fed any more
	_Atomic uint32_t stopped; // enum cn_source_stop; stopped: nothing shall be claimed any more

	// Claims. cursor[claimed % 2] is the one that counts.
	_Atomic uint64_t claimed; // chunks, ever
	_Atomic uint64_t collected; // of these; in claiming order. Written by the collector
	struct cn_cursor cursor[2];
	_Atomic uint32_t todo; // parts in state TODO, or more: a hint
	_Atomic uint64_t started; // claims of chunks and parts, counted or not

	// Sleeping and waking.
	_Atomic uint32_t news; // futex: workers sleep on it
	_Atomic uint32_t sleepers; // a hint
	_Atomic uint32_t caller_sleeps; // bool
	_Atomic uint32_t low; // bool: a sleeping caller wants to know when little input is left
	_Atomic uint32_t starved; // bool: what is unclaimed is less than a call; cleared by the feeder
	int32_t caller_bell; // eventfds, the same number in all processes of the map
	int32_t keeper_bell;

	_Atomic uint64_t calls_over; // where they are counted
	_Atomic uint64_t calls_failed;
	_Atomic uint32_t first_failure; // the status of the first that failed
	_Atomic int64_t next_start; // cn_time: no call starts before, with a delay

	_Atomic uint32_t keeper_failed; // an errno value: the keeper could not start a worker

	struct cn_chunk chunks[CN_BOARD_CHUNKS + CN_BOARD_PARTS];
};

/* One process's view of a board. */
struct cn_board_map {
	struct cn_board *board;
	struct cn_worker *slots;
	struct cn_record *records; // CN_BOARD_RECORDS per chunk
	unsigned char *area;
	int *logs; // per slot, the memfd of its output; inherited by all processes of the map
	size_t size;
	int fd;
};

struct cn_board_setup {
	uint32_t workers;
	uint32_t per_call;
	uint64_t call_bytes;
	int delim;
	bool records;
	bool ordered;
	bool timed;
	bool single; // a chunk is one call
	bool counted;
	enum cn_halt halt_what;
	uint64_t halt_at;
	uint32_t retries;
	cn_time delay;
	uint64_t block; // not 0: blocks instead of items
	const char *record_end; // of blocks; may be ""
	bool logs; // false: workers write straight to stdout
};

/*
 * Make a board, before any process of the map is started; they inherit it. Returns 0, -ENOMEM,
 * -EMFILE or what the system said. cn_board_close() frees it in this process.
 */
int cn_board_open(const struct cn_board_setup *setup, struct cn_board_map *map);
void cn_board_close(struct cn_board_map *map);

enum cn_claim {
	CN_CLAIM_CHUNK, // got one
	CN_CLAIM_WAIT, // nothing is there now: cn_board_sleep()
	CN_CLAIM_END, // and nothing will come
};

/* The board's mutex, for the feeder. 0 or a negative errno. */
int cn_board_lock(struct cn_board_map *map);
void cn_board_unlock(struct cn_board_map *map);

/* A worker takes work: *number is its chunk. Blocks for the mutex only. */
enum cn_claim cn_board_claim(struct cn_board_map *map, uint32_t slot, uint32_t *number);

/* Wait for news that came after `seen` (a value of board->news), 1 s at most. */
void cn_board_sleep(struct cn_board_map *map, uint32_t seen);

/* Wake one sleeping worker; `all`: every one. */
void cn_board_wake(struct cn_board_map *map, bool all);

/* A worker has done its chunk, all of whose output is in its log by now. */
void cn_board_finish(struct cn_board_map *map, uint32_t slot);

/*
 * The worker in the slot is dead (its life mutex is free, or it was reaped): close its chunk.
 * `status` is reported for the call in which it died. Idempotent, also when a former try was
 * interrupted by a kill. -EAGAIN: no part is free now, try again when some results were collected.
 */
int cn_board_bury(struct cn_board_map *map, uint32_t slot, int status);

/* How many calls have ended so, when `over` have ended and `failed` of them have failed. */
static inline uint64_t cn_halt_count(enum cn_halt what, uint64_t over, uint64_t failed) {
	return what == CN_HALT_FAIL		  ? failed
			: what == CN_HALT_SUCCESS ? over - failed
									  : over;
}

/* A call is over with this status: counted, where that is asked for. */
void cn_board_count(struct cn_board_map *map, int status);

/* What a worker is at. */
struct cn_glimpse {
	uint64_t seq; // of the call
	cn_time began; // 0: not known; with setup.timed or records only
	size_t len; // of what was copied of its items
};

/*
 * Look at a worker without disturbing it: the first `size` bytes of the items of the call that it
 * runs, each but the last with its delimiter or a NUL behind it. false: it runs none at the moment.
 */
bool cn_board_glimpse(const struct cn_board_map *map, uint32_t slot, char *items, size_t size,
		struct cn_glimpse *out);

/* Ring an eventfd of the board. Async-signal-safe. */
void cn_board_ring(int bell);

/* Whether all that was fed is claimed (and no part waits). */
bool cn_board_is_drained(struct cn_board_map *map);

/* The end of the item at `from`, which ends by `to`: where its delimiter stands. */
uint64_t cn_board_item_end(const struct cn_board_map *map, uint64_t from, uint64_t to);

/*
 * The end of the call that begins at `from`: behind its last item's delimiter. *items tells how
 * many it takes (fewer than per_call at the end of the input only).
 */
uint64_t cn_board_call_end(
		const struct cn_board_map *map, uint64_t from, uint64_t to, uint32_t *items);

/*
 * The feeder, holding the mutex: where in the stream the first call that is not whole yet begins.
 * Of the published input nothing is behind it but a part of that call.
 */
uint64_t cn_board_whole_calls(const struct cn_board_map *map);

/* So much unclaimed input is enough. With blocks one is ready for whoever asks next. */
static inline uint64_t cn_board_low(const struct cn_board *board) {
	return board->block + CN_BOARD_LOW;
}

static inline struct cn_record *cn_board_records(const struct cn_board_map *map, uint32_t number) {
	return map->records + (size_t)number * CN_BOARD_RECORDS;
}

#endif
