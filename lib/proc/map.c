/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "lib/proc/map.h"

#include <errno.h>
#include <poll.h>
#include <unistd.h>

#include "lib/base/fd.h"

// The keeper may be killed and started anew this often; then something kills it on purpose.
enum { KEEPERS_MAX = 1000 };

// A memfd does not tell when it grows. So while calls run, and nothing else happens for this long,
// their output is looked at.
#define LOOK_OUTPUT (50 * CN_MILLISECOND)
#define LOOK_LINES (20 * CN_MILLISECOND)

enum { POLL_BELL, POLL_KEEPER, POLL_INPUT, POLL_OUTPUT, POLL_ASIDE, POLLS };

static int tick(struct cn_map_run *run) {
	return run->tick != NULL ? run->tick(run->data) : 0;
}

// Sleep until something is to be done. *input tells whether input can be read without blocking.
static int wait_for_news(struct cn_map_run *run, bool wants, bool watch_output, bool *input) {
	struct cn_board *board = run->map->board;
	struct pollfd polls[POLLS] = {
		[POLL_BELL] = { .fd = board->caller_bell, .events = POLLIN },
		[POLL_KEEPER] = { .fd = run->crew->crew.keeper_fd, .events = POLLIN },
		[POLL_INPUT] = { .fd = wants ? run->feed->fd : -1, .events = POLLIN },
		[POLL_OUTPUT] = { .fd = watch_output ? run->out : -1 },
		[POLL_ASIDE] = { .fd = run->aside != NULL ? run->aside_fd : -1, .events = POLLIN },
	};
	if (run->idle != NULL) {
		run->idle(run->data);
	}
	cn_time every = run->tick_every > 0 ? run->tick_every : CN_SECOND;
	bool looks = cn_collect_is_waiting(run->collect);
	cn_time look_every = run->collect->lines ? LOOK_LINES : LOOK_OUTPUT;
	int n = poll(polls, POLLS,
			cn_poll_timeout(cn_after(looks && look_every < every ? look_every : every)));
	atomic_store(&board->caller_sleeps, 0);
	if (n <= 0) {
		int err = looks ? cn_collect_look(run->collect) : 0;
		return err < 0 ? err : tick(run);
	}
	if (polls[POLL_BELL].revents != 0) {
		uint64_t count;
		ssize_t got = read(board->caller_bell, &count, sizeof(count));
		(void)got;
	}
	if ((polls[POLL_OUTPUT].revents & (POLLERR | POLLNVAL)) != 0) {
		return -EPIPE;
	}
	*input = polls[POLL_INPUT].revents != 0;
	return polls[POLL_ASIDE].revents != 0 ? run->aside(run->data) : 0;
}

// The keeper has gone: because all is done, or because somebody killed it.
static int see_to_keeper(struct cn_map_run *run, int *keepers) {
	if (run->crew->crew.keeper != 0 && !cn_crew_has_ended(&run->crew->crew)) {
		return 0;
	}
	if (run->map->board->keeper_failed != 0) {
		return -(int)run->map->board->keeper_failed;
	}
	int err = cn_board_crew_recover(run->crew);
	if (err == 0 && run->map->board->stopped != 0) {
		return 0; // only collecting is left
	}
	if (err == -EAGAIN) { // no part is free before more is collected
		return 0;
	}
	if (err < 0 || (cn_board_is_drained(run->map) && cn_collect_is_done(run->collect))) {
		return err;
	}
	if (cn_board_is_drained(run->map)) {
		return 0; // only collecting is left
	}
	return ++*keepers > KEEPERS_MAX ? -ECHILD : cn_crew_start(&run->crew->crew);
}

// Stop early, once that is asked for.
static void see_to_halt(struct cn_map_run *run) {
	struct cn_board *board = run->map->board;
	enum cn_source_stop stop = run->halt != NULL ? run->halt(run->data) : CN_SOURCE_GOES_ON;
	if (stop > board->stopped) {
		board->stopped = stop;
		cn_board_wake(run->map, true);
		cn_board_ring(board->keeper_bell);
	}
}

static bool is_finished(const struct cn_map_run *run) {
	if (run->map->board->stopped != 0) {
		return run->crew->crew.keeper == 0 && cn_collect_is_done(run->collect);
	}
	return run->feed->ended && cn_board_is_drained(run->map) && cn_collect_is_done(run->collect);
}

static int loop(struct cn_map_run *run) {
	struct cn_board *board = run->map->board;
	bool watch_output = cn_fd_has_reader(run->out);
	int keepers = 0;
	cn_time ticked = cn_now();
	cn_time looked = ticked;
	for (;;) {
		int done = cn_collect_some(run->collect);
		if (done < 0 || is_finished(run)) {
			return done < 0 ? done : 0;
		}
		bool wants = cn_feed_wants(run->feed);
		bool input = wants && run->feed->fd < 0;
		int err = 0;
		if (!input && done == 0) {
			board->low = !run->feed->ended && !wants;
			atomic_store(&board->caller_sleeps, 1);
			done = cn_collect_some(run->collect); // finished before it could see that we sleep
			if (done < 0) {
				return done;
			}
			if (done == 0 && !is_finished(run) && cn_feed_wants(run->feed) == wants) {
				err = wait_for_news(run, wants, watch_output, &input);
			}
			atomic_store(&board->caller_sleeps, 0);
		}
		if (err == 0 && input) {
			err = cn_feed_more(run->feed);
			err = err == -EINTR ? tick(run) : err;
		}
		if (err == 0 && cn_now() - looked > LOOK_OUTPUT) { // something happens all the time
			looked = cn_now();
			err = cn_collect_look(run->collect);
		}
		if (err == 0 && run->tick_every > 0 && cn_now() - ticked > run->tick_every) {
			ticked = cn_now();
			err = tick(run);
		}
		see_to_halt(run);
		err = err == 0 ? see_to_keeper(run, &keepers) : err;
		if (err < 0) {
			return err;
		}
	}
}

int cn_map_run(struct cn_map_run *run) {
	int err = cn_crew_start(&run->crew->crew);
	if (err < 0) {
		return err;
	}
	err = loop(run);
	if (err == 0 && run->map->board->keeper_failed != 0) {
		err = -(int)run->map->board->keeper_failed;
	}
	cn_board_crew_stop(run->crew, err < 0);
	return err;
}
