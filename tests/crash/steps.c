/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Not at random moments but at every instruction: a process does one thing to a queue, is stopped
 * after k instructions and killed, for each k until it gets through. Whatever k was, the queue then
 * holds what it held before or what it holds afterwards, counts right, and no memory is lost.
 *
 * STRIDE in the environment is the distance between two k (default: what takes a few seconds; 1:
 * all of them). An operand chooses the actions that have it in their names.
 */
#include "config.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/data/channel.h"
#include "lib/data/queue.h"
#include "lib/shm/alloc.h"
#include "tests/unit/tap.h"

enum { LONG = CN_LANE_INLINE_MAX + 50, SHORT = 20, TEXT = 64, STRIDE = 151 };

// A thing to do. Messages are letters, capital ones are long.
struct action {
	const char *name;
	enum cn_queue_order order;
	const char *before; // what is put before, one by one
	int64_t priority; // of what it puts itself
	void (*run)(void);
	const char *outcomes[4]; // what may be in the queue then, in the order of gets
	const char *leased; // got under a lease before by the process itself
};

static struct cn_arena *arena;
static struct cn_queue queue;
static const struct action *now;
static bool alive; // the process that acts was not killed

static void put(char letter, int64_t priority) {
	char data[LONG];
	size_t len = letter >= 'A' && letter <= 'Z' ? LONG : SHORT;
	memset(data, letter, len);
	struct cn_text text = { data, len };
	size_t done = 0;
	if (cn_queue_put(&queue, &text, 1, priority, CN_NOW, &done) < 0) {
		_exit(1);
	}
}

// The letter of the next message; 0: there is none; '?': it is torn.
static char get(unsigned flags) {
	struct cn_message message;
	if (cn_queue_get(&queue, flags, CN_NOW, &message) < 0) {
		return 0;
	}
	const char *data = message.data;
	char letter = message.len > 0 ? data[0] : '?';
	size_t len = letter >= 'A' && letter <= 'Z' ? LONG : SHORT;
	for (size_t i = 0; i < message.len; i++) {
		letter = data[i] == data[0] ? letter : '?';
	}
	letter = message.len == len ? letter : '?';
	cn_message_finish(&message);
	return letter;
}

// ---- the actions ---------------------------------------------------------------------------------

static void put_short(void) {
	put('x', now->priority);
}

static void put_long(void) {
	put('X', now->priority);
}

static void get_one(void) {
	get(0);
}

static void get_all(void) {
	struct cn_messages many = { .data = CN_BUF_INIT, .ends = CN_BUF_INIT, .delim = -1 };
	cn_queue_get_many(&queue, 0, 100, CN_NOW, &many);
	cn_messages_finish(&many);
}

static void lease_one(void) {
	get(CN_QUEUE_LEASE);
}

static void ack(void) {
	cn_queue_ack(&queue, false, NULL);
}

static void nack(void) {
	cn_queue_ack(&queue, true, NULL);
}

static void clear(void) {
	cn_queue_clear(&queue);
}

static void destroy(void) {
	cn_ref_destroy(&queue.ref);
}

static const struct action actions[] = {
	{ "put a short one", CN_QUEUE_FIFO, "ab", 0, put_short, { "ab", "abx" }, "" },
	{ "put the first", CN_QUEUE_FIFO, "", 0, put_short, { "", "x" }, "" },
	{ "put into a new segment", CN_QUEUE_FIFO, "abcde", 0, put_short, { "abcde", "abcdex" }, "" },
	{ "put a long one", CN_QUEUE_FIFO, "ab", 0, put_long, { "ab", "abX" }, "" },
	{ "get a short one", CN_QUEUE_FIFO, "ab", 0, get_one, { "ab", "b" }, "" },
	{ "get a long one", CN_QUEUE_FIFO, "Ab", 0, get_one, { "Ab", "b" }, "" },
	{ "get several", CN_QUEUE_FIFO, "abcdefghij", 0, get_all,
			{ "abcdefghij", "fghij", "" }, "" },
	{ "lease a short one", CN_QUEUE_FIFO, "ab", 0, lease_one, { "ab" }, "" },
	{ "lease a long one", CN_QUEUE_FIFO, "Ab", 0, lease_one, { "Ab" }, "" },
	{ "acknowledge", CN_QUEUE_FIFO, "aBc", 0, ack, { "aBc", "Bc", "c" }, "aB" },
	{ "give back", CN_QUEUE_FIFO, "aBc", 0, nack, { "aBc" }, "aB" },
	{ "clear", CN_QUEUE_FIFO, "aB", 0, clear, { "aB", "B", "" }, "" },
	{ "destroy", CN_QUEUE_FIFO, "aBcdefG", 0, destroy, { "aBcdefG", "" }, "c" },
	{ "push a short one", CN_QUEUE_LIFO, "ab", 0, put_short, { "ba", "xba" }, "" },
	{ "push a long one", CN_QUEUE_LIFO, "ab", 0, put_long, { "ba", "Xba" }, "" },
	{ "push into a new segment", CN_QUEUE_LIFO, "abcde", 0, put_short, { "edcba", "xedcba" }, "" },
	{ "pop a short one", CN_QUEUE_LIFO, "ab", 0, get_one, { "ba", "a" }, "" },
	{ "pop a long one", CN_QUEUE_LIFO, "aB", 0, get_one, { "Ba", "a" }, "" },
	{ "pop under a lease", CN_QUEUE_LIFO, "aB", 0, lease_one, { "Ba" }, "" },
	{ "put with a new priority", CN_QUEUE_PRIORITY, "ab", 5, put_short, { "ab", "xab" }, "" },
	{ "put with a known priority", CN_QUEUE_PRIORITY, "ab", 0, put_long, { "ab", "abX" }, "" },
	{ "get the last of a priority", CN_QUEUE_PRIORITY, "5ab", 0, get_all, { "5ab", "ab", "b", "" },
			"" },
	{ "lease from a priority", CN_QUEUE_PRIORITY, "5ab", 0, lease_one, { "5ab" }, "" },
};

// ---- one kill ------------------------------------------------------------------------------------

static void setup(void) {
	struct cn_queue_shape shape = { .order = now->order };
	if (cn_arena_create(4 * CN_ARENA_MIN, &arena) < 0 ||
			cn_queue_create(arena, "q", &shape, &queue) < 0) {
		_exit(1);
	}
	for (const char *at = now->before; *at != '\0'; at++) {
		put(*at, *at == '5' ? 5 : 0);
	}
}

static void act(void) {
	ptrace(PTRACE_TRACEME, 0, NULL, NULL);
	cn_owner self;
	cn_owner_self(arena, &self);
	for (const char *at = now->leased; *at != '\0'; at++) {
		get(CN_QUEUE_LEASE);
	}
	raise(SIGSTOP);
	now->run();
	_exit(0);
}

// Run the action for k instructions, and kill it. False: it got through before.
static bool kill_after(unsigned k) {
	pid_t pid = fork();
	if (pid == 0) {
		act();
	}
	int status;
	waitpid(pid, &status, 0);
	for (unsigned i = 0; i < k && WIFSTOPPED(status); i++) {
		ptrace(PTRACE_SINGLESTEP, pid, NULL, NULL);
		waitpid(pid, &status, 0);
	}
	if (!WIFSTOPPED(status)) {
		return false;
	}
	kill(pid, SIGKILL);
	waitpid(pid, &status, 0);
	return true;
}

static bool is_outcome(const char *text) {
	for (size_t i = 0; i < 4 && now->outcomes[i] != NULL; i++) {
		if (strcmp(text, now->outcomes[i]) == 0) {
			return true;
		}
	}
	return false;
}

// Whether all is well; *text says what there was.
static bool check(char text[TEXT], struct cn_err *why) {
	struct cn_queue_info info = { 0 };
	int err = cn_queue_query(&queue, &info);
	size_t len = 0;
	while (err == 0 && len < TEXT - 1 && (text[len] = get(0)) != '\0') {
		len++;
	}
	text[len] = '\0';
	if (!is_outcome(text)) {
		cn_err_set(why, 0, "it holds %s", text);
		return false;
	}
	if (err == 0 && info.count != len) {
		cn_err_set(why, 0, "it holds %zu and counts %llu", len, (unsigned long long)info.count);
		return false;
	}
	err = cn_queue_query(&queue, &info);
	if (err == 0 && (info.count != 0 || info.bytes != 0 || info.leased != 0)) {
		cn_err_set(why, 0, "empty, it counts %llu, %llu bytes", (unsigned long long)info.count,
				(unsigned long long)info.bytes);
		return false;
	}
	if (err == 0) {
		put('y', 0);
		if (get(0) != 'y') {
			cn_err_set(why, 0, "it is of no use");
			return false;
		}
	}
	cn_ref_destroy(&queue.ref);
	cn_alloc_sweep(arena);
	cn_name_sweep(arena);
	struct cn_alloc_stats stats;
	cn_alloc_stats(arena, &stats);
	if (stats.blocks != 0) {
		cn_err_set(why, 0, "%llu blocks are lost", (unsigned long long)stats.blocks);
		return false;
	}
	return cn_alloc_check(arena, why) == 0;
}

static void kill_everywhere(const struct action *action, unsigned stride) {
	unsigned k = stride == 1 ? 0 : (unsigned)cn_now() / 1000 % stride;
	unsigned kills = 0;
	now = action;
	for (alive = false; !alive; k += stride) {
		char text[TEXT];
		struct cn_err why = { 0 };
		setup();
		alive = !kill_after(k);
		bool good = check(text, &why);
		cn_arena_close(arena);
		if (!good) {
			ok(false, "%s: killed after %u instructions: %s", action->name, k, why.text);
			return;
		}
		kills++;
	}
	ok(true, "%s: killed at %u of %u instructions", action->name, kills, k);
}

int main(int argc, char **argv) {
	const char *text = getenv("STRIDE");
	int stride = text == NULL ? STRIDE : atoi(text);
	for (size_t i = 0; i < sizeof(actions) / sizeof(actions[0]); i++) {
		if (argc < 2 || strstr(actions[i].name, argv[1]) != NULL) {
			kill_everywhere(&actions[i], stride < 1 ? STRIDE : (unsigned)stride);
		}
	}
	return done_testing();
}
