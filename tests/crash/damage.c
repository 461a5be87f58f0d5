/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A machine-wide arena with objects of all kinds in a file, of which bytes are then changed at
 * random. Whoever opens it and uses the objects gets errors, or wrong data; he does not crash, and
 * does not wait for ever.
 */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/base/fd.h"
#include "lib/data/array.h"
#include "lib/data/channel.h"
#include "lib/data/dict.h"
#include "lib/data/list.h"
#include "lib/data/queue.h"
#include "lib/data/value.h"
#include "lib/shm/alloc.h"
#include "lib/sync/barrier.h"
#include "lib/sync/cond.h"
#include "lib/sync/event.h"
#include "lib/sync/lock.h"
#include "lib/sync/sem.h"
#include "tests/crash/torture.h"
#include "tests/unit/tap.h"

enum { SIZE = 2 << 20, LIMIT = 8, KEYS = 300 };

static char path[64];
static unsigned char *image; // as it is, whole
static unsigned char *file; // mapped

// ---- use ---------------------------------------------------------------------------------------

static cn_time soon(void) {
	return cn_after(2 * CN_MILLISECOND);
}

static void use_values(struct cn_arena *arena) {
	struct cn_value value;
	struct cn_buf text = CN_BUF_INIT;
	struct cn_delta one = cn_delta_of(1);
	uint64_t raw;
	if (cn_value_open(arena, "n", &value) == 0) {
		cn_value_add(&value, &one, &raw);
		cn_value_limit(&value, 1, 7, &raw);
	}
	if (cn_value_open(arena, "s", &value) == 0) {
		cn_value_get_text(&value, &text);
		cn_value_swap_text(&value, "another", 7, &text);
	}
	cn_buf_finish(&text);
}

static void use_dict(struct cn_arena *arena, unsigned *seed) {
	struct cn_dict dict;
	struct cn_dict_walk walk = { 0 };
	struct cn_dict_info info;
	struct cn_bytes key;
	struct cn_bytes value;
	int64_t now;
	if (cn_dict_open(arena, "d", true, &dict) < 0) {
		return;
	}
	for (int i = 0; i < KEYS; i++) {
		char text[32];
		struct cn_bytes name = { text, (size_t)snprintf(text, sizeof(text), "key-%d", i) };
		switch (rand_r(seed) % 4) {
		case 0:
			cn_dict_set(&dict, name, CN_TEXT("a value that is another one"));
			break;
		case 1:
			cn_dict_pop(&dict, name, NULL);
			break;
		case 2:
			cn_dict_incr(&dict, name, 1, &now);
			break;
		default:
			cn_dict_get(&dict, name, NULL);
		}
	}
	while (cn_dict_next(&dict, &walk, &key, &value) > 0) {
	}
	cn_dict_walk_finish(&walk);
	cn_dict_query(&dict, &info);
	if (rand_r(seed) % 2 == 0) {
		cn_dict_clear(&dict);
	}
}

static void use_list(struct cn_arena *arena, unsigned *seed) {
	struct cn_list_ref list;
	struct cn_buf copy = CN_BUF_INIT;
	uint64_t bytes;
	if (cn_list_open(arena, "l", true, &list) < 0) {
		return;
	}
	for (int i = 0; i < 100; i++) {
		switch (rand_r(seed) % 5) {
		case 0:
			cn_list_push_item(&list, i % 2 == 0, CN_TEXT("item"));
			break;
		case 1:
			cn_list_pop_item(&list, i % 2 == 0, NULL);
			break;
		case 2:
			cn_list_insert_item(&list, i, CN_TEXT("inserted"));
			break;
		case 3:
			cn_list_delete(&list, i / 2);
			break;
		default:
			cn_list_set(&list, i, CN_TEXT("set"));
		}
	}
	cn_list_sort(&list, 0);
	cn_list_copy(&list, &copy);
	cn_list_bytes(&list, &bytes);
	cn_buf_finish(&copy);
	if (rand_r(seed) % 2 == 0) {
		cn_list_clear(&list);
	}
}

static void use_array(struct cn_arena *arena) {
	struct cn_array array;
	struct cn_buf sum = CN_BUF_INIT;
	uint64_t raws[16];
	if (cn_array_open(arena, "a", &array) == 0) {
		cn_array_get(&array, array.count / 2, 16, raws);
		cn_array_set(&array, 3, 16, raws);
		cn_array_sum(&array, &sum);
	}
	cn_buf_finish(&sum);
}

static const char *const queue_names[] = { "qf", "ql", "qp" }; // by enum cn_queue_order

static char long_text[CN_LANE_INLINE_MAX + 1];

static void use_queue(struct cn_queue *queue, int64_t priority, unsigned *seed) {
	struct cn_message message;
	struct cn_messages many = { .data = CN_BUF_INIT, .ends = CN_BUF_INIT, .delim = '\n' };
	struct cn_queue_info info;
	struct cn_text texts[2] = { { "a message", 9 }, { long_text, sizeof(long_text) } };
	for (int i = 0; i < 60; i++) {
		size_t done = 0;
		switch (rand_r(seed) % 6) {
		case 0:
			cn_queue_put(queue, texts, 1 + (size_t)rand_r(seed) % 2, priority, CN_NOW, &done);
			break;
		case 1:
			if (cn_queue_get(queue, 0, CN_NOW, &message) == 0) {
				cn_message_finish(&message);
			}
			break;
		case 2:
			if (cn_queue_get(queue, CN_QUEUE_LEASE, CN_NOW, &message) == 0) {
				cn_message_finish(&message);
			}
			break;
		case 3:
			cn_queue_get_many(queue, 0, 5, CN_NOW, &many);
			break;
		case 4:
			if (cn_queue_peek(queue, &message) == 0) {
				cn_message_finish(&message);
			}
			break;
		default:
			cn_queue_ack(queue, i % 2 == 0, NULL);
			cn_queue_query(queue, &info);
		}
	}
	cn_messages_finish(&many);
	cn_queue_join(queue, soon());
	if (rand_r(seed) % 2 == 0) {
		cn_queue_clear(queue);
	}
}

static void use_queues(struct cn_arena *arena, unsigned *seed) {
	for (int i = 0; i < 3; i++) {
		struct cn_queue queue;
		if (cn_queue_open(arena, queue_names[i], &queue) == 0) {
			use_queue(&queue, i == CN_QUEUE_PRIORITY ? rand_r(seed) % 9 : 0, seed);
		}
	}
	struct cn_channel end;
	struct cn_message message;
	struct cn_text text = { "a message", 9 };
	size_t done = 0;
	if (cn_channel_open(arena, "x", &end) == 0) {
		cn_channel_send(&end, &text, 1, soon(), &done);
		cn_channel_poll(&end, soon());
	}
	if (cn_channel_open(arena, "y", &end) == 0 &&
			cn_channel_receive(&end, SIZE_MAX, soon(), &message) == 0) {
		cn_message_finish(&message);
	}
}

static void use_sync(struct cn_arena *arena) {
	struct cn_lock lock;
	struct cn_sem sem;
	struct cn_event event;
	struct cn_barrier barrier;
	struct cn_lock_info info;
	if (cn_lock_open(arena, "k", CN_LOCK_CREATE, &lock) == 0) {
		cn_lock_query(&lock, &info);
		if (cn_lock_acquire(&lock, 0, soon(), NULL, NULL) == 0) {
			cn_lock_release(&lock);
		}
	}
	if (cn_sem_open(arena, "m", &sem) == 0 && cn_sem_acquire(&sem, 1, soon()) == 0) {
		cn_sem_release(&sem, 1);
	}
	if (cn_event_open(arena, "e", true, &event) == 0) {
		cn_event_wait(&event, soon());
		cn_event_set(&event);
	}
	int err = cn_barrier_create(arena, "b", 2, &barrier);
	if (err == 0 || err == -EEXIST) {
		cn_barrier_wait(&barrier, soon(), NULL);
	}
}

static void use_names(struct cn_arena *arena, unsigned *seed) {
	struct cn_ref *refs;
	size_t count;
	if (cn_name_list(arena, 0, &refs, &count) == 0) {
		for (size_t i = 0; i < count && rand_r(seed) % 4 == 0; i++) {
			cn_ref_destroy(&refs[i]);
		}
		free(refs);
	}
	cn_name_sweep(arena);
	cn_alloc_sweep(arena);
	cn_alloc_trim(arena);
	cn_alloc_check(arena, NULL);
}

static void use_all(unsigned seed) {
	struct cn_arena *arena;
	signal(SIGALRM, SIG_DFL); // the watchdog has its own
	alarm(LIMIT);
	if (cn_arena_open(path, 0, &arena) < 0) {
		return;
	}
	for (int i = 0; i < 2; i++) {
		use_values(arena);
		use_dict(arena, &seed);
		use_list(arena, &seed);
		use_array(arena);
		use_queues(arena, &seed);
		use_sync(arena);
		use_names(arena, &seed);
	}
}

// ---- damage ------------------------------------------------------------------------------------

static void make_queues(struct cn_arena *arena) {
	struct cn_text texts[2] = { { "some text", 9 }, { long_text, sizeof(long_text) } };
	struct cn_channel end;
	struct cn_message message;
	for (uint32_t i = 0; i < 3; i++) {
		struct cn_queue queue;
		struct cn_queue_shape shape = { .order = i };
		cn_queue_create(arena, queue_names[i], &shape, &queue);
		for (int k = 0; k < 100; k++) {
			size_t done = 0;
			cn_queue_put(&queue, texts, k % 20 == 0 ? 2 : 1,
					i == CN_QUEUE_PRIORITY ? k % 7 : 0, CN_NOW, &done);
		}
		for (int k = 0; k < 5; k++) {
			cn_queue_get(&queue, CN_QUEUE_LEASE, CN_NOW, &message);
			cn_message_finish(&message);
		}
	}
	size_t done = 0;
	cn_channel_create(arena, "x", "y", false);
	cn_channel_open(arena, "x", &end);
	cn_channel_send(&end, texts, 2, CN_NOW, &done);
}

static void make(void) {
	struct cn_arena *arena;
	struct cn_value value;
	struct cn_dict dict;
	struct cn_list_ref list;
	struct cn_array array;
	struct cn_lock lock;
	struct cn_sem sem;
	struct cn_event event;
	struct cn_barrier barrier;
	if (cn_arena_open(path, SIZE, &arena) < 0) {
		_exit(1);
	}
	cn_value_create(arena, "n", 'q', 5, &value);
	cn_value_create_text(arena, "s", "text", 4, &value);
	cn_value_swap_text(&value, "a longer text", 13, NULL);
	cn_dict_open(arena, "d", true, &dict);
	cn_list_open(arena, "l", true, &list);
	for (int i = 0; i < KEYS; i++) {
		char text[32];
		struct cn_bytes name = { text, (size_t)snprintf(text, sizeof(text), "key-%d", i) };
		cn_dict_set(&dict, name, name);
		cn_list_push_item(&list, false, name);
	}
	make_queues(arena);
	cn_array_create(arena, "a", 'i', 1000, NULL, &array);
	cn_lock_open(arena, "k", CN_LOCK_CREATE, &lock);
	cn_sem_create(arena, "m", 3, true, &sem);
	cn_event_open(arena, "e", true, &event);
	cn_barrier_create(arena, "b", 2, &barrier);
	cn_lock_acquire(&lock, 0, CN_NOW, NULL, NULL);
	cn_sem_acquire(&sem, 2, CN_NOW);
	_exit(0);
}

// Where something is: places that are not 0, mostly.
static void damage(unsigned *seed) {
	int changes = 1 + rand_r(seed) % (rand_r(seed) % 4 == 0 ? 200 : 8);
	memcpy(file, image, SIZE);
	while (changes > 0) {
		size_t at = (size_t)rand_r(seed) % SIZE;
		if (image[at] == 0 && rand_r(seed) % 64 != 0) {
			continue;
		}
		file[at] = (unsigned char)rand_r(seed);
		changes--;
	}
}

// NOFORK=1 SEED=... ROUNDS=1 in a debugger shows where.
static int child(void (*run)(unsigned), unsigned seed) {
	pid_t pid = getenv("NOFORK") != NULL && run == use_all ? 0 : fork();
	int status = 0;
	if (pid == 0) {
		run(seed);
		_exit(0);
	}
	waitpid(pid, &status, 0);
	return status;
}

static void make_once(unsigned seed) {
	make();
}

int main(void) {
	int crashes = 0;
	int hangs = 0;
	unsigned seed = getenv("SEED") == NULL ? (unsigned)cn_now() : (unsigned)atoi(getenv("SEED"));
	tap_watchdog(120 + (unsigned)torture_rounds());
	snprintf(path, sizeof(path), "/dev/shm/damaged-arena-%d", (int)getpid());
	is_int(child(make_once, 0), 0, "a file with objects of all kinds");
	int fd = open(path, O_RDWR);
	image = malloc(SIZE);
	file = mmap(NULL, SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (fd < 0 || image == NULL || file == MAP_FAILED) {
		unlink(path);
		return 1;
	}
	memcpy(image, file, SIZE);
	is_int(getenv("NOFORK") != NULL ? 0 : child(use_all, 1), 0, "whole, it can be used");
	for (int i = 0; i < torture_rounds(); i++, seed++) {
		unsigned its = seed;
		damage(&its);
		int status = child(use_all, its);
		if (WIFSIGNALED(status)) {
			bool hangs_now = WTERMSIG(status) == SIGALRM;
			crashes += !hangs_now;
			hangs += hangs_now;
			diag("SEED=%u: signal %d", seed, WTERMSIG(status));
		}
	}
	unlink(path);
	is_int(crashes, 0, "damaged, nobody crashes");
	// A mutex that names a living process is waited for: that may be a few.
	ok(hangs * 50 <= torture_rounds(), "nor waits for ever");
	return done_testing();
}
