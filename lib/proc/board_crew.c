/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "lib/proc/board_crew.h"

#include <signal.h>
#include <unistd.h>

static struct cn_board_map *map_of(void *data) {
	return ((struct cn_board_crew *)data)->map;
}

static uint32_t places(void *data) {
	return map_of(data)->board->workers;
}

static struct cn_seat *seat(void *data, uint32_t slot) {
	return &map_of(data)->slots[slot].seat;
}

static bool wants(void *data, uint32_t slot) {
	struct cn_board_map *map = map_of(data);
	return map->slots[slot].seat.state != CN_SEAT_ENDED || !cn_board_is_drained(map);
}

static bool is_over(void *data) {
	struct cn_board_map *map = map_of(data);
	return map->board->stopped != 0 || cn_board_is_drained(map);
}

static enum cn_source_stop stopped(void *data) {
	return (enum cn_source_stop)map_of(data)->board->stopped;
}

static uint64_t progress(void *data) {
	return map_of(data)->board->started;
}

static int bury(void *data, uint32_t slot, int status) {
	return cn_board_bury(map_of(data), slot, status);
}

static void fail(void *data, int err) {
	struct cn_board *board = map_of(data)->board;
	board->keeper_failed = (uint32_t)-err;
	board->stopped = CN_SOURCE_STOPPED;
	board->caller_sleeps = 0;
	cn_board_ring(board->caller_bell);
}

static void work(void *data, uint32_t slot) {
	struct cn_board_crew *crew = data;
	if (crew->map->logs != NULL) {
		lseek(crew->map->logs[slot], 0, SEEK_END);
		dup2(crew->map->logs[slot], STDOUT_FILENO);
	}
	crew->work(crew->data, slot);
}

static const struct cn_source board_source = {
	.places = places,
	.seat = seat,
	.wants = wants,
	.is_over = is_over,
	.stopped = stopped,
	.progress = progress,
	.bury = bury,
	.fail = fail,
	.work = work,
};

void cn_board_crew_init(struct cn_board_crew *crew, struct cn_board_map *map,
		void (*run)(void *data, uint32_t slot), void *data) {
	*crew = (struct cn_board_crew){
		.map = map,
		.work = run,
		.data = data,
		.crew = { .source = &board_source,
				.data = crew,
				.limit = CN_NEVER,
				.keep_stdout = true,
				.bell = map->board->keeper_bell,
				.keeper_fd = -1 },
	};
}

int cn_board_crew_recover(struct cn_board_crew *crew) {
	struct cn_board_map *map = crew->map;
	for (uint32_t i = 0; i < map->board->workers; i++) {
		int err = cn_seat_wait_for_death(&map->slots[i].seat);
		err = err == 0 ? cn_board_bury(map, i, 128 + SIGKILL) : err;
		if (err < 0) {
			return err;
		}
	}
	return 0;
}

void cn_board_crew_stop(struct cn_board_crew *crew, bool now) {
	struct cn_board *board = crew->map->board;
	if (crew->crew.keeper == 0) {
		return;
	}
	if (now) {
		board->stopped = CN_SOURCE_KILLED;
	}
	cn_board_wake(crew->map, true);
	cn_board_ring(board->keeper_bell);
	cn_crew_wait(&crew->crew);
}
