/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Queues and channels with little rooms (see Makefile.am), so that segments end all the time. */
#include "config.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/data/channel.h"
#include "lib/data/queue.h"
#include "lib/shm/alloc.h"
#include "tests/unit/tap.h"

enum { FUTEX_WAITV = 449 }; // its system call, on every machine

static struct cn_arena *arena;
static struct cn_queue queue;

static int put(const char *text, size_t len, int64_t priority) {
	struct cn_text one = { text, len };
	size_t done = 0;
	return cn_queue_put(&queue, &one, 1, priority, CN_NOW, &done);
}

// The next message as a string in static storage; NULL: none.
static const char *get(unsigned flags) {
	static char text[64];
	struct cn_message message;
	if (cn_queue_get(&queue, flags, CN_NOW, &message) < 0) {
		return NULL;
	}
	size_t len = message.len < sizeof(text) ? message.len : sizeof(text) - 1;
	memcpy(text, message.data, len);
	text[len] = '\0';
	cn_message_finish(&message);
	return text;
}

static int create(enum cn_queue_order order, uint64_t count, uint64_t bytes) {
	struct cn_queue_shape shape = { order, count, bytes };
	return cn_queue_create(arena, "q", &shape, &queue);
}

static void gone(void) {
	cn_ref_destroy(&queue.ref);
	cn_name_sweep(arena);
	struct cn_alloc_stats stats;
	cn_alloc_stats(arena, &stats);
	is_int((int64_t)stats.blocks, 0, "nothing is left of it");
}

static int wait_status(pid_t pid) {
	int status = -1;
	waitpid(pid, &status, 0);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

static struct cn_queue_info info(void) {
	struct cn_queue_info got = { 0 };
	cn_queue_query(&queue, &got);
	return got;
}

// ---- lengths -------------------------------------------------------------------------------------

static bool lengths_come_back(enum cn_queue_order order, size_t max) {
	char *data = malloc(max);
	size_t bad = 0;
	for (size_t i = 0; i < max; i++) {
		data[i] = (char)(i * 7);
	}
	for (size_t len = 0; len <= max; len = len < 600 ? len + 1 : len * 3) {
		bad += put(data, len, 0) != 0;
	}
	struct cn_message message;
	size_t count = 0;
	while (cn_queue_get(&queue, 0, CN_NOW, &message) == 0) {
		bad += message.len > max || memcmp(message.data, data, message.len) != 0;
		bad += order == CN_QUEUE_FIFO && count < 600 && message.len != count;
		count++;
		cn_message_finish(&message);
	}
	free(data);
	return bad == 0 && count > 600;
}

static void test_lengths(void) {
	for (int order = CN_QUEUE_FIFO; order <= CN_QUEUE_PRIORITY; order++) {
		create(order, 0, 0);
		ok(lengths_come_back(order, 2000000), "every length comes back, order %d", order);
		is_int((int64_t)info().bytes, 0, "and leaves nothing");
		gone();
	}
}

// ---- orders --------------------------------------------------------------------------------------

// Random puts and gets beside a plain array that does the same.
static bool orders_agree(enum cn_queue_order order, unsigned seed) {
	enum { MAX = 300 };
	struct {
		char text[16];
		int64_t priority;
	} model[MAX];
	int count = 0;
	for (int step = 0; step < 20000; step++) {
		bool fill = rand_r(&seed) % 1000 < (step / 2000 % 2 == 0 ? 600 : 400);
		if (fill && count < MAX) {
			int64_t priority = order == CN_QUEUE_PRIORITY ? rand_r(&seed) % 40 - 20 : 0;
			int at = count;
			if (order == CN_QUEUE_PRIORITY) {
				for (at = 0; at < count && model[at].priority >= priority;) {
					at++;
				}
			}
			memmove(&model[at + 1], &model[at], (size_t)(count - at) * sizeof(model[0]));
			snprintf(model[at].text, sizeof(model[at].text), "%d", step);
			model[at].priority = priority;
			count++;
			put(model[at].text, strlen(model[at].text), priority);
			continue;
		}
		const char *text = get(0);
		if (count == 0 || text == NULL) {
			if (count != 0 || text != NULL) {
				return false;
			}
			continue;
		}
		int at = order == CN_QUEUE_LIFO ? count - 1 : 0;
		if (strcmp(text, model[at].text) != 0) {
			return false;
		}
		count--;
		memmove(&model[at], &model[at + 1], (size_t)(count - at) * sizeof(model[0]));
		if (info().count != (uint64_t)count) {
			return false;
		}
	}
	return true;
}

static void test_orders(void) {
	for (int order = CN_QUEUE_FIFO; order <= CN_QUEUE_PRIORITY; order++) {
		create(order, 0, 0);
		ok(orders_agree(order, 1), "order %d is what it should be", order);
		gone();
	}
	create(CN_QUEUE_PRIORITY, 0, 0);
	bool good = true;
	for (int i = 0; i < 3000; i++) {
		char text[16];
		snprintf(text, sizeof(text), "%d", i * 7919 % 3000);
		good = good && put(text, strlen(text), i * 7919 % 3000) == 0;
	}
	for (int i = 2999; i >= 0; i--) {
		const char *text = get(0);
		good = good && text != NULL && atoi(text) == i;
	}
	ok(good, "as many priorities as messages");
	is_int(put("x", 1, INT64_MIN), 0, "the lowest");
	is_int(put("y", 1, INT64_MAX), 0, "and the highest there are");
	is_str(get(0), "y", "come in order, too");
	gone();
	create(CN_QUEUE_FIFO, 0, 0);
	is_int(put("x", 1, 1), -EINVAL, "others have none");
	gone();
}

// ---- leases --------------------------------------------------------------------------------------

static void test_leases(void) {
	create(CN_QUEUE_FIFO, 0, 0);
	put("a", 1, 0);
	put("b", 1, 0);
	put("c", 1, 0);
	pid_t pid = fork();
	if (pid == 0) {
		get(CN_QUEUE_LEASE);
		get(CN_QUEUE_LEASE);
		_exit(0);
	}
	is_int(wait_status(pid), 0, "a process ends with two leases");
	is_str(get(CN_QUEUE_LEASE), "a", "the first is back at its place");
	is_str(get(0), "b", "and the second");
	is_int((int64_t)info().leased, 1, "one is leased");
	is_int(cn_queue_join(&queue, CN_NOW), -ETIMEDOUT, "it is not done");
	uint64_t count;
	cn_queue_ack(&queue, true, &count);
	is_int((int64_t)count, 1, "given back");
	is_str(get(CN_QUEUE_LEASE), "a", "it is the next one");
	cn_queue_close(&queue);
	is_str(get(0), "c", "behind it");
	struct cn_message message;
	is_int(cn_queue_get(&queue, 0, CN_NOW, &message), -EPIPE,
			"closed, empty but for our own lease: the end");
	pid = fork();
	if (pid == 0) {
		_exit(cn_queue_get(&queue, 0, cn_after(CN_MILLISECOND), &message) == -ETIMEDOUT ? 0 : 1);
	}
	is_int(wait_status(pid), 0, "for others it may come back");
	cn_queue_ack(&queue, false, &count);
	is_int(cn_queue_join(&queue, CN_NOW), 0, "acknowledged: done");
	gone();
}

// ---- waiting -------------------------------------------------------------------------------------

static void wait_for_getters(uint32_t count) {
	cn_time until = cn_after(20 * CN_SECOND);
	while (info().getters < count && cn_now() < until) {
		usleep(500);
	}
}

// Each waiter notes in which order it was served, and how often it was woken up for nothing.
static void test_fairness(void) {
	enum { WAITERS = 24 };
	// Without futex_waitv (before Linux 5.16, in valgrind) waits look again all the time.
	bool polls = syscall(FUTEX_WAITV, NULL, 0, 0, NULL, 0) < 0 && errno == ENOSYS;
	create(CN_QUEUE_FIFO, 0, 0);
	pid_t pids[WAITERS];
	for (uint32_t i = 0; i < WAITERS; i++) {
		pids[i] = fork();
		if (pids[i] == 0) {
			struct cn_message message;
			struct rusage usage;
			struct rusage before;
			getrusage(RUSAGE_SELF, &before);
			cn_time begin = cn_now();
			if (cn_queue_get(&queue, 0, CN_NEVER, &message) < 0) {
				_exit(100);
			}
			getrusage(RUSAGE_SELF, &usage);
			// One for its own message, a look every second, and what the machine adds; were all
			// woken for each message, the last would have slept as often as there are waiters.
			long sleeps = usage.ru_nvcsw - before.ru_nvcsw;
			sleeps -= 2 * (cn_now() - begin) / CN_SECOND;
			bool own = ((const char *)message.data)[0] == (char)('0' + i);
			_exit(!own ? 101 : sleeps > 12 && !polls ? 102 : 0);
		}
		wait_for_getters(i + 1);
	}
	int bad = 0;
	for (int i = 0; i < WAITERS; i++) {
		char text = (char)('0' + i);
		put(&text, 1, 0);
		int status = wait_status(pids[i]);
		if (status != 0) {
			diag("waiter %d: %d", i, status);
			bad++;
		}
	}
	is_int(bad, 0, "who came first is served first, and the others sleep on");
	gone();
}

static void test_bounds(void) {
	create(CN_QUEUE_FIFO, 3, 10);
	is_int(put("aaaa", 4, 0), 0, "room");
	is_int(put("bbbb", 4, 0), 0, "and some");
	is_int(put("ccc", 3, 0), -ETIMEDOUT, "not for more bytes");
	is_int(put("cc", 2, 0), 0, "but for these");
	ok(info().is_full, "it is full");
	is_int(put("", 0, 0), -ETIMEDOUT, "three messages, none fits");
	is_int(put("ddddddddddd", 11, 0), -EMSGSIZE, "one that will never fit");
	pid_t pid = fork();
	if (pid == 0) {
		struct cn_text text = { "dddd", 4 };
		size_t done = 0;
		_exit(cn_queue_put(&queue, &text, 1, 0, CN_NEVER, &done) == 0 ? 0 : 1);
	}
	cn_time until = cn_after(20 * CN_SECOND);
	while (info().putters < 1 && cn_now() < until) {
		usleep(500);
	}
	is_str(get(0), "aaaa", "room comes");
	is_int(wait_status(pid), 0, "who waits for it has it");
	cn_queue_clear(&queue);
	is_int((int64_t)info().count, 0, "cleared");
	gone();
}

// ---- channels ------------------------------------------------------------------------------------

static void test_channel(void) {
	struct cn_channel a;
	struct cn_channel b;
	is_int(cn_channel_create(arena, "a", "b", false), 0, "a channel");
	is_int(cn_channel_create(arena, "a", "b", false), -EEXIST, "is there");
	is_int(cn_channel_create(arena, "b", "a", true), -EPROTOTYPE, "and not otherwise");
	cn_channel_open(arena, "a", &a);
	cn_channel_open(arena, "b", &b);
	struct cn_text text = { "hello", 5 };
	size_t done = 0;
	is_int(cn_channel_send(&a, &text, 1, CN_NOW, &done), 0, "sent");
	struct cn_message message;
	is_int(cn_channel_receive(&b, 4, CN_NOW, &message), -EMSGSIZE, "longer than wanted");
	is_int(cn_channel_receive(&b, 5, CN_NOW, &message), 0, "and there still");
	is_int(cn_channel_receive(&b, 5, CN_NOW, &message), -ETIMEDOUT, "no more, but not the end");
	pid_t pid = fork();
	if (pid == 0) {
		done = 0;
		_exit(cn_channel_send(&a, &text, 1, CN_NOW, &done) == 0 ? 0 : 1);
	}
	is_int(wait_status(pid), 0, "another process sends, and ends");
	is_int(cn_channel_receive(&b, 5, CN_NEVER, &message), 0, "received");
	is_int(cn_channel_receive(&b, 5, CN_NEVER, &message), -EPIPE, "it was the last of the senders");
	cn_channel_close(&a);
	cn_channel_close(&b);
	is_int(cn_channel_open(arena, "a", &a), -ENOENT, "closed on both sides it is gone");
}

// How much memory the file behind the arena has.
static uint64_t resident(const struct cn_arena *in) {
	struct cn_alloc_stats stats;
	cn_alloc_stats((struct cn_arena *)(uintptr_t)in, &stats);
	return stats.resident;
}

static void test_memory(void) {
	const int count = tap_under_valgrind() ? 10000 : 1000000;
	struct cn_arena *large;
	struct cn_message message;
	if (cn_arena_create(CN_ARENA_DEFAULT, &large) < 0) {
		tap_skip("no arena of the default size");
		return;
	}
	struct cn_queue q;
	cn_queue_create(large, "q", &(struct cn_queue_shape){ 0 }, &q);
	uint64_t before = resident(large);
	int good = 0;
	for (int i = 0; i < count; i++) {
		struct cn_text text = { "sixteen bytes...", 16 };
		size_t done = 0;
		good += cn_queue_put(&q, &text, 1, 0, CN_NOW, &done) == 0;
	}
	is_int(good, count, "%d messages can be put", count);
	uint64_t full = resident(large);
	diag("%d messages: %.1f MiB", count, (double)(full - before) / 1048576);
	ok(full - before < UINT64_C(40) << 20, "they take less than 40 MiB");
	for (good = 0; cn_queue_get(&q, 0, CN_NOW, &message) == 0; good++) {
		cn_message_finish(&message);
	}
	is_int(good, count, "they can be got");
	diag("empty: %.1f MiB", (double)(resident(large) - before) / 1048576);
	ok(resident(large) < before + (UINT64_C(5) << 20), "got, the memory goes back by itself");
	cn_alloc_trim(large);
	ok(resident(large) < before + (UINT64_C(1) << 20), "all of it when it is asked for");
	cn_arena_close(large);
}

int main(void) {
	tap_watchdog(240);
	if (cn_arena_create(64 * CN_ARENA_MIN, &arena) < 0) {
		return 1;
	}
	test_lengths();
	test_orders();
	test_leases();
	test_bounds();
	test_fairness();
	test_channel();
	test_memory();
	cn_arena_close(arena);
	return done_testing();
}
