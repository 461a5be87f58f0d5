/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "lib/proc/feed.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

// Read at a time.
#define READ_SIZE (UINT64_C(256) << 10)

// With less than this ready it is worth a moment to wait for more of a block.
enum { GATHER_SIZE = 64 << 10 };

// A writer of small pieces gets so long to add to them.
#define GATHER_TIME (CN_MILLISECOND / 2)

// From here on the area is begun anew when its start is free.
#define WRAP_AT (UINT64_C(2) << 20)

void cn_feed_init(struct cn_feed *feed, struct cn_board_map *map, int fd) {
	*feed = (struct cn_feed){ .map = map, .fd = fd, .made = CN_BUF_INIT };
}

void cn_feed_finish(struct cn_feed *feed) {
	cn_buf_finish(&feed->made);
}

static uint64_t cursor_at(const struct cn_board *board) {
	return board->cursor[atomic_load_explicit(&board->claimed, memory_order_acquire) % 2].at;
}

// Where in the stream the oldest input lies that may still be needed.
static uint64_t tail_at(const struct cn_board *board) {
	uint64_t claimed = atomic_load_explicit(&board->claimed, memory_order_acquire);
	uint64_t collected = atomic_load_explicit(&board->collected, memory_order_relaxed);
	if (collected == claimed) {
		return board->cursor[claimed % 2].at;
	}
	return board->chunks[collected % CN_BOARD_CHUNKS].at;
}

// Up to where in the area may be written: the end of it, or what is still in use of the last round.
static uint64_t room_end(const struct cn_board *board) {
	uint64_t tail = tail_at(board);
	return tail < board->wrap ? tail - board->base : CN_BOARD_AREA;
}

bool cn_feed_wants(const struct cn_feed *feed) {
	const struct cn_board *board = feed->map->board;
	bool enough = board->limit - cursor_at(board) >= cn_board_low(board) && !board->starved;
	if (feed->ended || board->stopped || enough) {
		return false;
	}
	return room_end(board) > feed->filled - board->wrap + 1;
}

// A long item, or a slow one, has made the area grow: give back what lies before `used` of it.
static void shrink(struct cn_feed *feed, uint64_t used) {
	size_t from = 2 * WRAP_AT;
	size_t to = used / 4096 * 4096;
	if (to > from) {
		madvise(feed->map->area + from, to - from, MADV_REMOVE);
	}
}

/*
 * Begin the area anew once enough of it is used and nobody needs its start: the stream goes on
 * there, with the begun item and the items of the begun call moved along. So no call lies across.
 */
static void maybe_wrap(struct cn_feed *feed) {
	struct cn_board *board = feed->map->board;
	uint64_t used = feed->filled - board->wrap;
	uint64_t tail = tail_at(board);
	if (used < WRAP_AT || tail < board->wrap ||
			tail - board->wrap < feed->filled - board->limit + READ_SIZE) {
		return;
	}
	if (cn_board_lock(feed->map) < 0) {
		return;
	}
	uint64_t wrap = cn_board_whole_calls(feed->map);
	uint64_t begun = feed->filled - wrap;
	if (tail - board->wrap >= begun + READ_SIZE) {
		unsigned char *area = feed->map->area;
		shrink(feed, tail - board->wrap);
		memcpy(area, area + (wrap - board->wrap), begun);
		board->base = board->wrap;
		board->wrap = wrap;
	}
	cn_board_unlock(feed->map);
}

// Bytes [filled, filled + len) of the stream are there: make the whole items among them known.
static void publish(struct cn_feed *feed, uint64_t len) {
	struct cn_board *board = feed->map->board;
	unsigned char *at = feed->map->area + (feed->filled - board->wrap);
	feed->filled += len;
	const unsigned char *last = len > 0 ? memrchr(at, board->delim, len) : NULL;
	if (board->block > 0 && board->record_end_len == 0 && len > 0) {
		last = at + len - 1;
	}
	if (last == NULL) {
		return;
	}
	uint64_t whole = (uint64_t)(last - at) + 1;
	for (const unsigned char *p = at; feed->count && p <= last; feed->items++) {
		p = (const unsigned char *)memchr(p, board->delim, (size_t)(last - p) + 1) + 1;
	}
	atomic_store_explicit(&board->limit, feed->filled - len + whole, memory_order_release);
	// Less than that is no whole block yet: who woke for it would find nothing.
	if (board->block == 0 || board->limit - cursor_at(board) > board->block) {
		board->starved = 0;
		cn_board_wake(feed->map, false);
	}
}

// The input is over: an item without delimiter gets its own.
static void end(struct cn_feed *feed) {
	struct cn_board *board = feed->map->board;
	if (feed->filled > board->limit && board->block > 0) {
		atomic_store_explicit(&board->limit, feed->filled, memory_order_release);
	} else if (feed->filled > board->limit) {
		feed->map->area[feed->filled - board->wrap] = (unsigned char)board->delim;
		publish(feed, 1);
	}
	feed->ended = true;
	board->ended = 1;
	cn_board_wake(feed->map, true);
}

static int make(struct cn_feed *feed, unsigned char *at, uint64_t room) {
	if (feed->made.len == 0) {
		int more = feed->next(feed->data, &feed->made);
		if (more < 0 || feed->made.failed) {
			return more < 0 ? more : -ENOMEM;
		}
		if (more == 0 && feed->made.len == 0) {
			end(feed);
			return 0;
		}
	}
	size_t len = feed->made.len < room ? feed->made.len : room;
	memcpy(at, feed->made.data, len);
	memmove(feed->made.data, feed->made.data + len, feed->made.len - len);
	cn_buf_truncate(&feed->made, feed->made.len - len);
	publish(feed, len);
	return 0;
}

// A block takes many of what a program writes at a time: do not wake up for each of them.
static void gather(const struct cn_feed *feed) {
	int ready = 0;
	if (ioctl(feed->fd, FIONREAD, &ready) == 0 && ready > 0 && ready < GATHER_SIZE) {
		struct timespec nap = cn_timespec(GATHER_TIME);
		nanosleep(&nap, NULL);
	}
}

int cn_feed_more(struct cn_feed *feed) {
	maybe_wrap(feed);
	struct cn_board *board = feed->map->board;
	uint64_t used = feed->filled - board->wrap;
	uint64_t room = room_end(board) - used;
	if (used + 1 >= CN_BOARD_AREA) {
		return -EMSGSIZE;
	}
	if (room <= 1) {
		return 0;
	}
	room--; // for the delimiter that the last item may lack
	unsigned char *at = feed->map->area + used;
	if (feed->fd < 0) {
		return make(feed, at, room);
	}
	if (board->block >= GATHER_SIZE) {
		gather(feed);
	}
	ssize_t n = read(feed->fd, at, room < READ_SIZE ? room : READ_SIZE);
	if (n < 0) {
		return errno == EAGAIN ? 0 : -errno;
	}
	if (n == 0) {
		end(feed);
	} else {
		publish(feed, (uint64_t)n);
	}
	return 0;
}
