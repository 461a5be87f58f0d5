/* SPDX-License-Identifier: GPL-3.0-or-later */
/* cn_arena_meet(): processes that find one empty file make one arena. */
#include "config.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/base/fd.h"
#include "lib/shm/arena.h"
#include "tests/unit/tap.h"

enum { PROCESSES = 16, ROUNDS = 200 };

static void meet_and_count(int fd) {
	struct cn_arena *arena;
	if (cn_arena_meet(fd, CN_ARENA_MIN, &arena) < 0) {
		_exit(1);
	}
	atomic_fetch_add(cn_arena_root(arena, CN_ROOT_USER), 1);
	_exit(0);
}

static pid_t start(int fd) {
	pid_t pid = fork();
	if (pid == 0) {
		meet_and_count(fd);
	}
	return pid;
}

// All count in the same arena; with `kills`, the first ones are killed while they make it.
static bool round_is_good(bool kills) {
	int fd = cn_fd_memory("test");
	pid_t pids[PROCESSES];
	uint64_t counted = 0;
	for (int i = 0; i < PROCESSES; i++) {
		pids[i] = start(fd);
		if (kills && i < PROCESSES / 2) {
			for (long spin = random() % 20000; spin > 0; spin--) {
				__asm__ volatile("");
			}
			kill(pids[i], SIGKILL);
		}
	}
	bool failed = false;
	for (int i = 0; i < PROCESSES; i++) {
		int status;
		waitpid(pids[i], &status, 0);
		counted += WIFEXITED(status) && WEXITSTATUS(status) == 0;
		failed |= WIFEXITED(status) && WEXITSTATUS(status) != 0;
	}
	struct cn_arena *arena;
	bool good = !failed && cn_arena_meet(fd, CN_ARENA_MIN, &arena) == 0;
	if (good) {
		uint64_t count = atomic_load(cn_arena_root(arena, CN_ROOT_USER));
		// One that was killed may have counted before.
		good = count >= counted && count <= PROCESSES;
		cn_arena_close(arena);
	}
	close(fd);
	return good;
}

static void test_half_made(void) {
	int fd = cn_fd_memory("test");
	struct cn_arena *arena;
	static const char garbage[100] = "half an arena";
	ok(ftruncate(fd, 1 << 20) == 0 && write(fd, garbage, sizeof(garbage)) > 0, "a maker died");
	is_int(cn_arena_meet(fd, CN_ARENA_MIN, &arena), 0, "the next one makes it anew");
	is_int((long)atomic_load(cn_arena_root(arena, CN_ROOT_USER)), 0, "from nothing");
	cn_arena_close(arena);
	is_int(cn_arena_meet(fd, 7, &arena), -EINVAL, "a size that none can have");
	close(fd);
}

int main(void) {
	tap_watchdog(60);
	bool good = true;
	bool good_killed = true;
	for (int i = 0; i < ROUNDS; i++) {
		good = good && round_is_good(false);
		good_killed = good_killed && round_is_good(true);
	}
	ok(good, "all processes meet in one arena");
	ok(good_killed, "and when makers are killed half way");
	test_half_made();
	done_testing();
}
