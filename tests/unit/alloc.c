/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/shm/alloc.h"
#include "tests/unit/tap.h"

static struct cn_arena *arena;

static bool is_whole(void) {
	struct cn_err why = { .text = "" };
	bool whole = cn_alloc_check(arena, &why) == 0;
	if (!whole) {
		diag("%s", why.text);
	}
	return whole;
}

static struct cn_alloc_stats stats(void) {
	struct cn_alloc_stats out;
	cn_alloc_stats(arena, &out);
	return out;
}

static void start(uint64_t size) {
	cn_arena_close(arena);
	arena = NULL;
	if (cn_arena_create(size, &arena) < 0) {
		abort();
	}
}

static void test_sizes(void) {
	static const uint64_t sizes[] = { 0, 1, 16, 17, 128, 129, 160, 161, 1000, 2047, 2048, 2049,
		4096, 4097, 20000, 100000 };
	start(CN_ARENA_MIN);
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		cn_off off = 0;
		int err = cn_alloc(arena, sizes[i], &off);
		unsigned char *data = cn_at(arena, off, sizes[i], 16);
		if (!ok(err == 0 && data != NULL, "a block of %d bytes", (int)sizes[i])) {
			continue;
		}
		uint64_t room = cn_alloc_room(arena, off);
		ok(room >= sizes[i] && (sizes[i] < 16 || room <= 2 * sizes[i]), "with room for them");
		memset(data, 0xff, room);
		is_int(cn_free(arena, off), 0, "is freed");
		is_int(cn_free(arena, off), -EBADMSG, "but not twice");
	}
	is_int((int64_t)stats().used, 0, "nothing is left");
	is_int(stats().in_flight, 0, "and nothing in flight");
	is_int(cn_free(arena, 0), 0, "freeing 0 does nothing");
	is_int(cn_free(arena, 64), -EBADMSG, "the header cannot be freed");
	is_int(cn_free(arena, UINT64_MAX - 15), -EBADMSG, "nor what is outside");
	ok(is_whole(), "all is whole");
}

static void test_random(void) {
	enum { BLOCKS = 300, ROUNDS = 100000 };
	static cn_off blocks[BLOCKS];
	static uint64_t lengths[BLOCKS];
	start(4 * CN_ARENA_MIN);
	unsigned seed = 1;
	int wrong = 0;
	int full = 0;
	for (int i = 0; i < ROUNDS; i++) {
		int n = rand_r(&seed) % BLOCKS;
		if (blocks[n] != 0) {
			const unsigned char *data = cn_at(arena, blocks[n], lengths[n], 16);
			for (uint64_t at = 0; at < lengths[n]; at += 97) {
				wrong += data[at] != (unsigned char)n;
			}
			wrong += cn_free(arena, blocks[n]) != 0;
			blocks[n] = 0;
			continue;
		}
		lengths[n] = (uint64_t)rand_r(&seed) >> (rand_r(&seed) % 24 + 8);
		lengths[n] = lengths[n] > 100000 ? 100000 : lengths[n];
		int err = cn_alloc(arena, lengths[n], &blocks[n]);
		if (err < 0) {
			full += err == -ENOSPC;
			wrong += err != -ENOSPC;
			blocks[n] = 0;
			continue;
		}
		cn_alloc_keep(arena, blocks[n]);
		memset(arena->base + blocks[n], n, lengths[n]);
	}
	is_int(wrong, 0, "no block is touched by another");
	ok(is_whole(), "all is whole");
	diag("full %d times", full);
	for (int n = 0; n < BLOCKS; n++) {
		cn_free(arena, blocks[n]);
	}
	is_int((int64_t)stats().used, 0, "all can be freed");
	ok(is_whole(), "all is whole then too");
}

static void test_full(void) {
	start(CN_ARENA_MIN);
	cn_off off;
	is_int(cn_alloc(arena, CN_ARENA_MIN, &off), -ENOSPC, "a block as large as the arena");
	is_int(cn_alloc(arena, UINT64_MAX, &off), -ENOSPC, "or larger than anything");
	int n = 0;
	while (cn_alloc(arena, 1000, &off) == 0) {
		cn_alloc_keep(arena, off);
		n++;
	}
	ok(n > 800, "a small arena holds most of its size");
	is_int(cn_alloc_reserved(arena, 1000, &off), 0, "the reserve is there when it is full");
	cn_alloc_keep(arena, off);
	ok(is_whole(), "and all is whole");
}

static void test_give_back(void) {
	start(256 * CN_ARENA_MIN);
	const uint64_t size = 64 << 20;
	uint64_t before = stats().resident;
	cn_off off;
	is_int(cn_alloc(arena, size, &off), 0, "a block of 64 MiB");
	ok(stats().resident >= before + size && stats().resident < before + size + (1 << 20),
			"has its memory before it is used, and no more");
	is_int(cn_free(arena, off), 0, "is freed");
	ok(stats().resident < before + (8 << 20), "and the memory goes back to the system");
	for (int i = 0; i < 20000; i++) {
		if (cn_alloc(arena, 1000, &off) < 0) {
			break;
		}
		cn_alloc_keep(arena, off);
	}
	ok(stats().resident > before + (16 << 20), "small ones use memory");
	is_int(cn_alloc_trim(arena), 0, "trimming is allowed any time");
	ok(is_whole(), "all is whole");
}

static void in_child(void (*body)(cn_off *), cn_off *word) {
	pid_t pid = fork();
	if (pid == 0) {
		body(word);
		_exit(0);
	}
	waitpid(pid, NULL, 0);
}

static void leave_in_flight(cn_off *word) {
	cn_off off;
	cn_alloc(arena, 100, &off);
	cn_alloc(arena, 50000, &off);
}

static void leave_published(cn_off *word) {
	cn_off off;
	cn_alloc(arena, 100, &off);
	cn_alloc_publish(arena, word, off);
}

static void leave_taken(cn_off *word) {
	cn_alloc_take(arena, word, 0);
}

static void test_death(void) {
	start(CN_ARENA_MIN);
	cn_off word_at;
	cn_alloc_zero(arena, sizeof(cn_off), &word_at);
	cn_off *word = CN_AT(arena, word_at, cn_off);
	in_child(leave_in_flight, word);
	is_int((int64_t)stats().blocks, 3, "a dead process leaves blocks in flight");
	is_int(cn_alloc_sweep(arena), 2, "which are swept");
	is_int((int64_t)stats().blocks, 1, "and free then");
	in_child(leave_published, word);
	is_int(cn_alloc_sweep(arena), 0, "what it published is not");
	ok(cn_alloc_room(arena, *word) >= 100, "but is there");
	in_child(leave_taken, word);
	is_int(cn_alloc_sweep(arena), 1, "what it took out is");
	for (int i = 0; i < 300; i++) { // more than there are records
		in_child(leave_in_flight, word);
	}
	ok(stats().blocks <= 1 + 2 * 64, "records of the dead are swept and used again");
	cn_off off[CN_IN_FLIGHT + 1];
	int err = 0;
	for (int i = 0; i < CN_IN_FLIGHT; i++) {
		err = err < 0 ? err : cn_alloc(arena, 10, &off[i]);
	}
	is_int(err, -EMFILE, "one block too many in flight is an error");
	ok(is_whole(), "all is whole");
}

int main(void) {
	tap_watchdog(60);
	test_sizes();
	test_random();
	test_full();
	test_give_back();
	test_death();
	cn_arena_close(arena);
	return done_testing();
}
