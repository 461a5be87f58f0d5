/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A signal at every instruction: a process does one thing, is stopped after k instructions and sent
 * a signal, for each k until it gets through. Whatever k was, the handler notes the signal once,
 * what was done is done right, and a wait neither sleeps over the signal nor ends without a reason.
 *
 * STRIDE in the environment is the distance between two k (default: what takes a few seconds; 1:
 * all of them, which takes hours). An operand chooses the actions that have it in their names.
 */
#include "config.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/data/dict.h"
#include "lib/data/queue.h"
#include "lib/proc/signals.h"
#include "lib/shm/alloc.h"
#include "lib/shm/owner.h"
#include "lib/sync/event.h"
#include "lib/sync/lock.h"
#include "lib/sync/sem.h"
#include "tests/unit/tap.h"

enum { STRIDE = 1009, LONG = 5000 };

#define SHORTLY (CN_MILLISECOND / 2)
#define FOR_LONG (20 * CN_SECOND)

struct action {
	const char *name;
	bool (*run)(void); // whether all was as it should be
	int (*wait)(cn_time deadline); // instead: something that only the time or a signal ends
};

// How the process ends.
enum { RIGHT, WRONG_RESULT, NOT_ONCE, DAMAGED };

static struct cn_arena *arena;
static struct cn_queue queue; // has a short message and a long one
static struct cn_queue empty;
static struct cn_queue full;
static struct cn_sem none_left;
static struct cn_sem one_left;
static struct cn_event event;
static struct cn_lock held; // by the test
static struct cn_lock unheld;
static struct cn_dict dict;

static char text[LONG];

// ---- what is done
// --------------------------------------------------------------------------------

static bool allocate(void) {
	cn_off small;
	cn_off large;
	struct cn_alloc_stats before;
	struct cn_alloc_stats after;
	cn_alloc_stats(arena, &before);
	if (cn_alloc(arena, 40, &small) < 0 || cn_alloc_zero(arena, 100000, &large) < 0) {
		return false;
	}
	cn_free(arena, small);
	cn_free(arena, large);
	cn_alloc_stats(arena, &after);
	return before.blocks == after.blocks;
}

static bool put(size_t len) {
	struct cn_text message = { text, len };
	struct cn_queue_info info;
	size_t done = 0;
	int err = cn_queue_put(&queue, &message, 1, 0, cn_after(FOR_LONG), &done);
	return err == 0 && done == 1 && cn_queue_query(&queue, &info) == 0 && info.count == 3;
}

static bool put_short(void) {
	return put(10);
}

static bool put_long(void) {
	return put(LONG);
}

static bool get(unsigned flags) {
	static const size_t sizes[] = { 10, LONG };
	bool right = true;
	for (size_t i = 0; i < 2; i++) {
		struct cn_message message;
		int err = cn_queue_get(&queue, flags, cn_after(FOR_LONG), &message);
		right = right && err == 0 && message.len == sizes[i] &&
				memcmp(message.data, text, message.len) == 0;
		if (err == 0) {
			cn_message_finish(&message);
		}
	}
	return right;
}

static bool get_both(void) {
	return get(0);
}

static bool lease_both(void) {
	uint64_t count;
	return get(CN_QUEUE_LEASE) && cn_queue_ack(&queue, false, &count) == 0 && count == 2;
}

static bool lock_and_release(void) {
	struct cn_lock_grant grant;
	return cn_lock_acquire(&unheld, 0, cn_after(FOR_LONG), &grant, NULL) == 0 &&
			cn_lock_release(&unheld) == 0;
}

static bool take_and_give(void) {
	return cn_sem_acquire(&one_left, 1, cn_after(FOR_LONG)) == 0 &&
			cn_sem_release(&one_left, 1) == 0;
}

static bool set_in_dict(void) {
	struct cn_buf value = CN_BUF_INIT;
	bool right = cn_dict_set(&dict, CN_TEXT("key"), CN_TEXT("value")) == 0 &&
			cn_dict_get(&dict, CN_TEXT("key"), &value) == 0 && value.len == 5;
	cn_buf_finish(&value);
	return right && cn_dict_pop(&dict, CN_TEXT("key"), NULL) == 0;
}

static int wait_for_message(cn_time deadline) {
	struct cn_message message;
	return cn_queue_get(&empty, 0, deadline, &message);
}

static int wait_for_room(cn_time deadline) {
	struct cn_text message = { text, 10 };
	size_t done = 0;
	return cn_queue_put(&full, &message, 1, 0, deadline, &done);
}

static int wait_for_lock(cn_time deadline) {
	struct cn_lock_grant grant;
	return cn_lock_acquire(&held, 0, deadline, &grant, NULL);
}

static int wait_for_unit(cn_time deadline) {
	return cn_sem_acquire(&none_left, 1, deadline);
}

static int wait_for_event(cn_time deadline) {
	return cn_event_wait(&event, deadline);
}

static int wait_for_nothing(cn_time deadline) {
	int err;
	do {
		err = cn_park(arena, deadline, NULL, 0);
	} while (err == 0);
	return err;
}

static const struct action actions[] = {
	{ "allocate and free", allocate, NULL },
	{ "put a short message", put_short, NULL },
	{ "put a long message", put_long, NULL },
	{ "get messages", get_both, NULL },
	{ "lease and acknowledge", lease_both, NULL },
	{ "lock and release", lock_and_release, NULL },
	{ "take and give a unit", take_and_give, NULL },
	{ "set, get and pop in a dict", set_in_dict, NULL },
	{ "park", NULL, wait_for_nothing },
	{ "wait for a message", NULL, wait_for_message },
	{ "wait for room", NULL, wait_for_room },
	{ "wait for a lock", NULL, wait_for_lock },
	{ "wait for a unit", NULL, wait_for_unit },
	{ "wait for an event", NULL, wait_for_event },
};

// ---- the process that does it
// --------------------------------------------------------------------

static void setup(void) {
	struct cn_lock_grant grant;
	struct cn_text texts[] = { { text, 10 }, { text, LONG } };
	size_t done = 0;
	memset(text, 'x', LONG);
	bool made = cn_arena_create(4 * CN_ARENA_MIN, &arena) == 0 &&
			cn_queue_create(arena, "q", &(struct cn_queue_shape){ 0 }, &queue) == 0 &&
			cn_queue_create(arena, "e", &(struct cn_queue_shape){ 0 }, &empty) == 0 &&
			cn_queue_create(arena, "f", &(struct cn_queue_shape){ .count = 1 }, &full) == 0 &&
			cn_sem_create(arena, "s", 0, false, &none_left) == 0 &&
			cn_sem_create(arena, "t", 1, false, &one_left) == 0 &&
			cn_event_open(arena, "e", true, &event) == 0 &&
			cn_lock_open(arena, "h", CN_LOCK_CREATE, &held) == 0 &&
			cn_lock_open(arena, "u", CN_LOCK_CREATE, &unheld) == 0 &&
			cn_dict_open(arena, "d", true, &dict) == 0 &&
			cn_queue_put(&queue, texts, 2, 0, CN_NOW, &done) == 0;
	done = 0;
	if (!made || cn_queue_put(&full, texts, 1, 0, CN_NOW, &done) < 0 ||
			cn_lock_acquire(&held, 0, CN_NOW, &grant, NULL) < 0) {
		fprintf(stderr, "no room for the test\n");
		exit(1);
	}
}

// Only the signal ends it, and does.
static bool be_woken(int (*wait)(cn_time deadline)) {
	cn_time start = cn_now();
	return wait(cn_after(FOR_LONG)) == -EINTR && cn_now() - start < FOR_LONG / 2;
}

// The time ends it, also when the signal comes first.
static bool time_out(int (*wait)(cn_time deadline)) {
	cn_time deadline = cn_after(SHORTLY);
	int interrupted = 0;
	int err;
	while ((err = wait(deadline)) == -EINTR) {
		interrupted++;
	}
	return err == -ETIMEDOUT && interrupted <= 1 && cn_left(deadline) == 0;
}

static bool was_noted_once(void) {
	struct cn_caught caught;
	return cn_signal_next(&caught) && caught.sig == SIGUSR1 && caught.sender == getppid() &&
			!cn_signal_next(&caught);
}

static void act(const struct action *action, bool timed) {
	cn_owner self;
	struct cn_err why;
	ptrace(PTRACE_TRACEME, 0, NULL, NULL);
	cn_owner_self(arena, &self);
	cn_signals_forget();
	cn_signal_catch(SIGUSR1);
	raise(SIGSTOP);
	bool right = action->run != NULL ? action->run()
			: timed					 ? time_out(action->wait)
									 : be_woken(action->wait);
	raise(SIGSTOP);
	if (!right) {
		_exit(WRONG_RESULT);
	}
	if (!was_noted_once()) {
		_exit(NOT_ONCE);
	}
	_exit(cn_alloc_check(arena, &why) == 0 ? RIGHT : DAMAGED);
}

// ---- the one that interrupts it
// ------------------------------------------------------------------

static void wake_up(int sig) {
}

static bool is_asleep(pid_t pid) {
	char path[40];
	char state = 0;
	snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
	FILE *file = fopen(path, "r");
	if (file != NULL) {
		if (fscanf(file, "%*d (%*[^)]) %c", &state) != 1) {
			state = 0;
		}
		fclose(file);
	}
	return state == 'S';
}

// Its next stop or its end. False: it sleeps, and nothing but a signal will wake it.
static bool await_stop(pid_t pid, int *status, bool may_sleep) {
	while (waitpid(pid, status, 0) < 0) {
		if (may_sleep && is_asleep(pid) && waitpid(pid, status, WNOHANG) == 0) {
			return false;
		}
	}
	return true;
}

static int finish(pid_t pid, int status, int sig) {
	while (WIFSTOPPED(status)) {
		ptrace(PTRACE_CONT, pid, NULL, (void *)(intptr_t)sig);
		await_stop(pid, &status, false);
		sig = WIFSTOPPED(status) && WSTOPSIG(status) == SIGUSR1 ? SIGUSR1 : 0;
	}
	return status;
}

enum outcome { GOOD, BAD, THROUGH };

// Let it go k instructions, and send it the signal. THROUGH: it did what it had to before.
static enum outcome interrupt_after(
		const struct action *action, bool timed, unsigned k, struct cn_err *why) {
	pid_t pid = fork();
	if (pid == 0) {
		act(action, timed);
	}
	int status;
	bool woken = action->wait != NULL && !timed;
	bool stopped = await_stop(pid, &status, false);
	for (unsigned i = 0; i < k && stopped && WIFSTOPPED(status); i++) {
		ptrace(PTRACE_SINGLESTEP, pid, NULL, NULL);
		stopped = await_stop(pid, &status, woken);
		if (stopped && WIFSTOPPED(status) && WSTOPSIG(status) == SIGSTOP) {
			kill(pid, SIGKILL);
			waitpid(pid, &status, 0);
			return THROUGH;
		}
	}
	if (!stopped) {
		kill(pid, SIGUSR1);
		await_stop(pid, &status, false); // the end of the step, or already the signal
	}
	bool comes = !stopped && WIFSTOPPED(status) && WSTOPSIG(status) != SIGUSR1;
	status = finish(pid, status, comes ? 0 : SIGUSR1);
	if (!WIFEXITED(status) || WEXITSTATUS(status) != RIGHT) {
		static const char *const ends[] = { "", "a wrong result", "not noted once",
			"the arena is damaged" };
		int end = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
		cn_err_set(why, 0, "%s", end > 0 && end <= DAMAGED ? ends[end] : "it died");
		return BAD;
	}
	return stopped ? GOOD : THROUGH;
}

static void interrupt_everywhere(const struct action *action, bool timed, unsigned stride) {
	const char *how = action->run != NULL ? "" : timed ? ", until the time is up" : ", until then";
	unsigned k = stride == 1 ? 0 : (unsigned)cn_now() / 1000 % stride;
	unsigned signals = 0;
	for (enum outcome outcome = GOOD; outcome == GOOD; k += stride) {
		struct cn_err why = { 0 };
		setup();
		outcome = interrupt_after(action, timed, k, &why);
		cn_arena_close(arena);
		if (outcome == BAD) {
			ok(false, "%s%s: a signal after %u instructions: %s", action->name, how, k, why.text);
			return;
		}
		signals++;
	}
	ok(true, "%s%s: a signal at %u of %u instructions", action->name, how, signals, k);
}

int main(int argc, char **argv) {
	const char *wish = getenv("STRIDE");
	unsigned stride = wish == NULL || atoi(wish) < 1 ? STRIDE : (unsigned)atoi(wish);
	struct sigaction action = { .sa_handler = wake_up };
	struct itimerval often = { { 0, 50000 }, { 0, 50000 } };
	sigaction(SIGALRM, &action, NULL);
	setitimer(ITIMER_REAL, &often, NULL);
	for (size_t i = 0; i < sizeof(actions) / sizeof(actions[0]); i++) {
		if (argc < 2 || strstr(actions[i].name, argv[1]) != NULL) {
			interrupt_everywhere(&actions[i], false, stride);
			if (actions[i].wait != NULL) {
				interrupt_everywhere(&actions[i], true, stride);
			}
		}
	}
	return done_testing();
}
