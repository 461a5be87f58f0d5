/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "lib/proc/work.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

// A chunk should take about this long: long enough that claiming costs nothing beside it.
#define CHUNK_TIME CN_MILLISECOND

enum { WORDS_MIN = 16 };

static int room_for(struct cn_work *work, uint32_t items) {
	uint32_t need = work->fixed + items + 1;
	if (need <= work->room) {
		return 0;
	}
	uint32_t room = need * 2 > WORDS_MIN ? need * 2 : WORDS_MIN;
	char **words = reallocarray(work->words, room, sizeof(*words));
	if (words == NULL) {
		return -ENOMEM;
	}
	work->words = words;
	work->room = room;
	return 0;
}

int cn_work_init(struct cn_work *work, struct cn_board_map *map, uint32_t slot, uint32_t fixed) {
	*work = (struct cn_work){ .map = map, .slot = slot, .fixed = fixed };
	return room_for(work, map->board->per_call > 0 ? map->board->per_call : 1);
}

static struct cn_worker *slot_of(const struct cn_work *work) {
	return &work->map->slots[work->slot];
}

static struct cn_chunk *chunk_of(const struct cn_work *work) {
	return &work->map->board->chunks[work->chunk - 1];
}

static bool claim(struct cn_work *work) {
	struct cn_board *board = work->map->board;
	for (;;) {
		uint32_t seen = board->news;
		uint32_t number;
		switch (cn_board_claim(work->map, work->slot, &number)) {
		case CN_CLAIM_CHUNK:
			work->chunk = number + 1;
			work->at = chunk_of(work)->from;
			work->done = 0;
			work->claimed = cn_now();
			return true;
		case CN_CLAIM_WAIT:
			cn_board_sleep(work->map, seen);
			break;
		case CN_CLAIM_END:
			return false;
		}
	}
}

// The whole chunk is the call.
static void take_block(struct cn_work *work, struct cn_call *call) {
	struct cn_worker *worker = slot_of(work);
	const struct cn_chunk *chunk = chunk_of(work);
	worker->item_to = chunk->to;
	atomic_store_explicit(&worker->mark, work->done + 1, memory_order_release);
	call->items = 0;
	call->block = work->map->area + chunk->from;
	call->len = chunk->to - chunk->from;
	work->words[work->fixed] = NULL;
	work->at = chunk->to;
}

// Find the items of the call and make each a word of its own, where it stands.
static void cut_items(struct cn_work *work, struct cn_call *call) {
	struct cn_board_map *map = work->map;
	const struct cn_chunk *chunk = chunk_of(work);
	uint64_t from = work->at;
	uint32_t most = map->board->per_call;
	uint64_t end;
	if (most == 1 && map->board->call_bytes == 0) {
		end = cn_board_item_end(map, from, chunk->to) + 1;
		call->items = 1;
	} else {
		end = cn_board_call_end(map, from, chunk->to, &call->items);
	}
	if (room_for(work, call->items) < 0) {
		_exit(1); // out of memory: the next worker may have more luck
	}
	struct cn_worker *worker = slot_of(work);
	worker->item_to = end;
	atomic_store_explicit(
			&worker->mark, work->done + 1, memory_order_release); // before NULs hide it
	uint64_t at = from;
	for (uint32_t i = 0; i < call->items; i++) {
		uint64_t item_end = i + 1 < call->items ? cn_board_item_end(map, at, end) : end - 1;
		work->words[work->fixed + i] = (char *)map->area + at;
		map->area[item_end] = '\0';
		at = item_end + 1;
	}
	work->words[work->fixed + call->items] = NULL;
	call->len = end - 1 - from;
	work->at = end;
}

static cn_time wall_clock(void) {
	struct timespec now;
	clock_gettime(CLOCK_REALTIME, &now);
	return (cn_time)now.tv_sec * CN_SECOND + now.tv_nsec;
}

// Calls start at least `delay` apart, whoever runs them.
static void wait_for_turn(const struct cn_work *work) {
	struct cn_board *board = work->map->board;
	int64_t next = board->next_start;
	int64_t mine;
	do {
		cn_time now = cn_now();
		mine = next > now ? next : now;
	} while (!atomic_compare_exchange_weak(&board->next_start, &next, mine + board->delay));
	while (board->stopped == 0 && cn_left(mine) > 0) {
		cn_time left = cn_left(mine);
		struct timespec slice = cn_timespec(left < CN_SECOND / 10 ? left : CN_SECOND / 10);
		nanosleep(&slice, NULL);
	}
}

bool cn_work_next(struct cn_work *work, struct cn_call *call) {
	if (work->chunk == 0 && !claim(work)) {
		return false;
	}
	const struct cn_board *board = work->map->board;
	call->seq = chunk_of(work)->seq + work->done;
	call->tries = work->done == 0 ? chunk_of(work)->tries : 0;
	if (board->delay > 0) {
		wait_for_turn(work);
	}
	if (work->gate != NULL) {
		work->gate(work->data);
	}
	if (board->block > 0) {
		take_block(work, call);
	} else {
		cut_items(work, call);
	}
	if (board->timed || board->records) {
		work->began = cn_now();
		atomic_store(&slot_of(work)->seat.began, (uint64_t)work->began);
	}
	if (board->records) {
		work->began_wall = wall_clock();
		struct cn_record *own = &cn_board_records(work->map, work->chunk - 1)[work->done];
		own->began = work->began_wall;
		own->reply_to = 0;
	}
	return true;
}

static uint64_t log_position(const struct cn_work *work) {
	if (work->map->logs == NULL) {
		return 0;
	}
	off_t at = lseek(work->map->logs[work->slot], 0, SEEK_CUR);
	return at < 0 ? slot_of(work)->log_end : (uint64_t)at;
}

void cn_work_again(struct cn_work *work) {
	const struct cn_chunk *chunk = chunk_of(work);
	const struct cn_record *records = cn_board_records(work->map, work->chunk - 1);
	uint64_t from = work->done > 0 ? records[work->done - 1].reply_to : chunk->log_from;
	if (work->flush != NULL) {
		work->flush();
	}
	if (work->map->logs != NULL && ftruncate(work->map->logs[work->slot], (off_t)from) == 0) {
		lseek(work->map->logs[work->slot], (off_t)from, SEEK_SET);
	}
}

void cn_work_reply(struct cn_work *work, uint64_t len) {
	cn_board_records(work->map, work->chunk - 1)[work->done].reply_to = len;
}

static void record(struct cn_work *work, int status) {
	struct cn_record *records = cn_board_records(work->map, work->chunk - 1);
	const struct cn_worker *worker = slot_of(work);
	const struct cn_chunk *chunk = chunk_of(work);
	uint64_t position = log_position(work);
	records[work->done] = (struct cn_record){
		.status = status,
		.worker = work->slot,
		.item_from = worker->next[work->done % 2],
		.item_to = worker->item_to,
		.out_from = work->done > 0 ? records[work->done - 1].reply_to : chunk->log_from,
		.out_to = position - records[work->done].reply_to,
		.reply_to = position,
		.began = work->began_wall,
		.took = cn_now() - work->began,
	};
}

// The chunk took this long; the next should take CHUNK_TIME.
static void learn(struct cn_work *work) {
	cn_time took = cn_now() - work->claimed;
	uint64_t wish = (uint64_t)(work->done * CHUNK_TIME / (took > 0 ? took : 1));
	uint64_t most = (uint64_t)work->done * 4;
	wish = wish < most ? wish : most;
	wish = wish < CN_BOARD_CALLS ? wish : CN_BOARD_CALLS;
	slot_of(work)->wish = wish > 0 ? (uint32_t)wish : 1;
}

// The keeper has decided that this call took too long, and why is noted: end with all of the group.
static void die_of_time(void) {
	kill(0, SIGKILL);
	for (;;) {
		pause();
	}
}

void cn_work_done(struct cn_work *work, int status) {
	struct cn_worker *worker = slot_of(work);
	const struct cn_board *board = work->map->board;
	bool last = work->done + 1 == chunk_of(work)->calls;
	if (board->timed && atomic_exchange(&worker->seat.began, 0) == UINT64_MAX) {
		die_of_time();
	}
	if (work->flush != NULL && (last || board->records)) {
		work->flush();
	}
	if (board->records) {
		record(work, status);
	}
	work->done++;
	worker->next[work->done % 2] = work->at;
	uint64_t failed = (worker->progress >> 32) + (status != 0);
	atomic_store_explicit(
			&worker->progress, failed << 32 | work->done, memory_order_release); // the call is over
	if (last) {
		worker->log_end = log_position(work);
		learn(work);
		cn_board_finish(work->map, work->slot);
		work->chunk = 0;
	}
	cn_board_count(work->map, status); // last: it may end us
}
