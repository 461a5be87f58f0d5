/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "lib/proc/keeper.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/base/buf.h"
#include "lib/base/fd.h"
#include "lib/proc/process.h"

// A line longer than this is passed on in pieces.
enum { LINE_MAX_BYTES = 1 << 20, READ_SIZE = 1 << 16 };

// How often those that ignore SIGKILL's arrival, as it were, are looked at again.
#define KILL_AGAIN (10 * CN_MILLISECOND)

// The exit signal of a copy is lost when the user's queue of signals is full: look by ourselves.
#define LOOK_AGAIN CN_SECOND

enum stage { RUNNING, TERMINATED, KILLED };

// Lines on their way from a pipe of the command to where it would have written itself.
struct relay {
	int from; // -1: at its end
	int to;
	struct cn_buf line; // not complete yet
	struct cn_buf out; // labelled, to be written
	size_t written; // of out
};

struct keep {
	struct cn_keeper *keeper;
	struct relay relays[2];
	int signals; // signalfd
	enum stage stage;
	cn_time deadline;
	bool ended; // the leader; wait_status is its own
	bool timed_out;
	bool published;
	int wait_status;
};

static void signals_block(sigset_t *set) {
	sigfillset(set);
	sigdelset(set, CN_PROCESS_TIE);
	sigprocmask(SIG_SETMASK, set, NULL);
}

void cn_keeper_begin(void) {
	sigset_t set;
	signals_block(&set);
	signal(SIGCHLD, SIG_DFL); // the shell's handler would reap what we wait for
	prctl(PR_SET_CHILD_SUBREAPER, 1);
}

bool cn_keeper_has_children(void) {
	pid_t pid;
	int status;
	do {
		pid = waitpid(-1, &status, WNOHANG | __WALL);
	} while (pid > 0 || (pid < 0 && errno == EINTR));
	return pid == 0;
}

// As above, keeping the leader's status.
static bool reap(struct keep *k) {
	for (;;) {
		int status;
		pid_t pid = waitpid(-1, &status, WNOHANG | __WALL);
		if (pid > 0 && pid == k->keeper->leader) {
			k->ended = true;
			k->wait_status = status;
		} else if (pid == 0) {
			return true;
		} else if (pid < 0 && errno != EINTR) {
			return false;
		}
	}
}

// The group while its leader is there, which keeps its number from being used anew; the rest by
// descent.
static void signal_all(struct keep *k, int sig) {
	if (!k->ended && k->keeper->leader > 0) {
		kill(-k->keeper->leader, sig);
		kill(-k->keeper->leader, SIGCONT);
	}
	cn_process_kill_descendants(sig);
}

static void stage_next(struct keep *k) {
	if (k->stage == RUNNING) {
		k->stage = TERMINATED;
		k->deadline = cn_after(CN_TASK_GRACE);
		signal_all(k, SIGTERM);
	} else {
		k->stage = KILLED;
		k->deadline = cn_after(KILL_AGAIN);
		signal_all(k, SIGKILL);
	}
}

static void on_signals(struct keep *k) {
	struct signalfd_siginfo info;
	while (read(k->signals, &info, sizeof(info)) == (ssize_t)sizeof(info)) {
		if (info.ssi_signo == SIGTERM && k->stage == RUNNING) {
			stage_next(k);
		}
	}
}

// ---- lines ----

static void relay_line(struct keep *k, struct relay *r, const char *data, size_t len) {
	cn_buf_puts(&r->out, k->keeper->label);
	cn_buf_append(&r->out, r->line.data, r->line.len);
	cn_buf_append(&r->out, data, len);
	cn_buf_putc(&r->out, '\n');
	cn_buf_reset(&r->line);
}

static void relay_cut(struct keep *k, struct relay *r, const char *data, size_t len) {
	while (len > 0) {
		const char *end = memchr(data, '\n', len);
		size_t part = end != NULL ? (size_t)(end - data) : len;
		if (end == NULL && r->line.len + len < LINE_MAX_BYTES) {
			cn_buf_append(&r->line, data, len);
			return;
		}
		relay_line(k, r, data, part);
		part += end != NULL;
		data += part;
		len -= part;
	}
}

static void relay_close(struct keep *k, struct relay *r) {
	if (r->line.len > 0) {
		relay_line(k, r, "", 0);
	}
	cn_fd_close(&r->from);
}

// Nobody reads what we write: let the command know by the usual way, a write to a broken pipe.
static void relay_break(struct relay *r) {
	cn_buf_finish(&r->line);
	cn_buf_finish(&r->out);
	r->written = 0;
	cn_fd_close(&r->from);
	cn_fd_close(&r->to);
}

// One line per write, so that lines of several tasks in one pipe stay whole.
static void relay_write(struct relay *r) {
	const char *data = r->out.data + r->written;
	size_t left = r->out.len - r->written;
	const char *end = memchr(data, '\n', left);
	size_t len = end != NULL ? (size_t)(end - data) + 1 : left;
	len = len > PIPE_BUF ? PIPE_BUF : len; // poll promised room for that
	ssize_t n = write(r->to, data, len);
	if (n < 0 && errno != EAGAIN && errno != EINTR) {
		relay_break(r);
		return;
	}
	r->written += n > 0 ? (size_t)n : 0;
	if (r->written == r->out.len) {
		cn_buf_reset(&r->out);
		r->written = 0;
	}
}

// false: there was nothing to read.
static bool relay_read(struct keep *k, struct relay *r) {
	char data[READ_SIZE];
	ssize_t n = read(r->from, data, sizeof(data));
	if (n > 0) {
		relay_cut(k, r, data, (size_t)n);
	} else if (n == 0) {
		relay_close(k, r);
	}
	return n > 0;
}

static bool relay_is_idle(const struct relay *r) {
	return r->out.len == 0;
}

// ---- the loop ----

static void publish(struct keep *k, bool children) {
	uint32_t result = cn_task_result(k->wait_status);
	if (k->timed_out) {
		result = CN_RESULT(CN_TASK_TIMED_OUT, 0);
	}
	struct cn_task *task = k->keeper->task;
	atomic_store(&task->lingers, children);
	cn_task_publish(k->keeper->arena, task, result);
	k->published = true;
	if (children && getppid() == k->keeper->owner) { // no exit will tell the parent
		cn_process_tell(k->keeper->owner, getpid());
	}
}

// Whether all that was in the pipe is where it belongs; without children nothing more can come.
static bool relay_is_drained(struct keep *k, struct relay *r, bool children) {
	while (r->from >= 0 && relay_is_idle(r) && relay_read(k, r)) {
	}
	if (r->from >= 0 && relay_is_idle(r) && !children) {
		relay_close(k, r);
	}
	return relay_is_idle(r);
}

// The result is there once the command has ended, all it printed was passed on, and, when it was
// told to end, all of it is gone.
static bool may_publish(struct keep *k, bool children) {
	if (!k->ended || (k->stage != RUNNING && children)) {
		return false;
	}
	for (size_t i = 0; i < 2; i++) {
		if (!relay_is_drained(k, &k->relays[i], children)) {
			return false;
		}
	}
	return true;
}

static void wait_for_news(struct keep *k) {
	struct pollfd fds[3] = { { .fd = k->signals, .events = POLLIN } };
	for (size_t i = 0; i < 2; i++) {
		struct relay *r = &k->relays[i];
		bool idle = relay_is_idle(r);
		fds[i + 1] =
				(struct pollfd){ .fd = idle ? r->from : r->to, .events = idle ? POLLIN : POLLOUT };
	}
	cn_time until = k->ended ? CN_NEVER : cn_after(LOOK_AGAIN);
	until = until < k->deadline ? until : k->deadline;
	if (poll(fds, 3, cn_poll_timeout(until)) <= 0) {
		return;
	}
	on_signals(k);
	for (size_t i = 0; i < 2; i++) {
		struct relay *r = &k->relays[i];
		if (fds[i + 1].revents == 0) {
			continue;
		}
		if (relay_is_idle(r)) {
			relay_read(k, r);
		} else {
			relay_write(r);
		}
	}
}

// Nothing the script may wait for the end of stays open in here.
static void close_others(struct keep *k) {
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);
	for (size_t i = 0; i < 2; i++) {
		struct relay *r = &k->relays[i];
		r->to = r->from >= 0 ? fcntl(r->to, F_DUPFD_CLOEXEC, 3) : -1;
	}
	int keep[] = { k->signals, k->relays[0].from, k->relays[0].to, k->relays[1].from,
		k->relays[1].to };
	for (int fd = 0; null >= 0 && fd < 3; fd++) {
		dup2(null, fd);
	}
	cn_fd_close_all_but(3, keep, sizeof(keep) / sizeof(keep[0]));
}

static void setup(struct keep *k) {
	sigset_t set;
	signals_block(&set);
	k->signals = cn_fd_private(signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK));
	for (size_t i = 0; i < 2; i++) {
		struct relay *r = &k->relays[i];
		r->from = k->keeper->from[i];
		r->to = k->keeper->to[i];
		cn_buf_init(&r->line);
		cn_buf_init(&r->out);
		if (r->from >= 0) {
			fcntl(r->from, F_SETFL, O_NONBLOCK);
		}
	}
	close_others(k);
}

static noreturn void loop(struct keep *k) {
	setup(k);
	for (;;) {
		bool children = reap(k);
		if (!k->published && may_publish(k, children)) {
			publish(k, children);
		}
		if (!children && k->published) {
			_exit(cn_process_status(k->wait_status));
		}
		if (k->ended && k->stage == RUNNING) {
			k->deadline = CN_NEVER; // what it left behind has no limit
		}
		if (k->deadline != CN_NEVER && cn_left(k->deadline) == 0) {
			k->timed_out = k->timed_out || k->stage == RUNNING;
			stage_next(k);
		}
		wait_for_news(k);
	}
}

noreturn void cn_keeper_run(struct cn_keeper *keeper) {
	struct keep k = { .keeper = keeper, .deadline = keeper->deadline };
	loop(&k);
}

noreturn void cn_keeper_linger(
		struct cn_arena *arena, struct cn_task *task, pid_t owner, int status) {
	struct cn_keeper keeper = { .arena = arena,
		.task = task,
		.owner = owner,
		.deadline = CN_NEVER,
		.from = { -1, -1 },
		.to = { -1, -1 } };
	struct keep k = { .keeper = &keeper,
		.deadline = CN_NEVER,
		.ended = true,
		.published = true,
		.wait_status = (status & 0xff) << 8 };
	signal(SIGCHLD, SIG_DFL);
	cn_process_tell(owner, getpid());
	loop(&k);
}
