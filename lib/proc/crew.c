/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "lib/proc/crew.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/base/fd.h"
#include "lib/proc/process.h"

// From TERM to KILL.
#define GRACE (2 * CN_SECOND)

// How long to wait before a worker that could not be started is tried again.
#define RETRY_START (50 * CN_MILLISECOND)

// Workers that die this often in a row without any progress will never do.
enum { STILLBORN_MAX = 20 };

// What the keeper knows of a slot. Private to the keeper.
struct place {
	pid_t pid; // 0: nobody
	int status; // what is to be reported, once it died
	bool dead; // reaped, not yet buried
	cn_time kill_at; // when TERM becomes KILL; 0: not told to end
	cn_time start_at; // 0: now
	uint64_t progress; // the source's when it was started
};

struct keeper {
	struct cn_crew *crew;
	const struct cn_source *source; // crew->source
	void *data; // crew->data
	struct place *places;
	uint32_t count; // of places: the most seats there ever were
	sigset_t waiting; // signal mask while it sleeps
	sigset_t shell; // signal mask of the shell, for the workers
	uint32_t stillborn;
	bool killed;
};

static volatile sig_atomic_t orphaned;

static void on_orphaned(int sig) {
	orphaned = 1;
}

static void on_child(int sig) {
}

// ---- a worker ---------------------------------------------------------------------------------

static void point(int fd, const char *path, int flags) {
	int opened = open(path, flags | O_CLOEXEC);
	if (opened >= 0 && opened != fd) {
		dup2(opened, fd);
		close(opened);
	}
}

__attribute__((noreturn)) static void worker_main(
		struct keeper *keeper, pid_t parent, uint32_t slot) {
	struct cn_crew *crew = keeper->crew;
	struct cn_seat *seat = keeper->source->seat(keeper->data, slot);
	cn_mutex_lock(&seat->life, NULL, NULL);
	cn_process_tie(parent, NULL);
	if (crew->nice != 0) {
		setpriority(PRIO_PROCESS, 0, getpriority(PRIO_PROCESS, 0) + crew->nice);
	}
	signal(SIGCHLD, SIG_DFL);
	sigprocmask(SIG_SETMASK, &keeper->shell, NULL);
	atomic_store(&seat->pid, getpid());
	seat->state = CN_SEAT_ALIVE;
	keeper->source->work(keeper->data, slot);
	seat->state = CN_SEAT_ENDED;
	_exit(0);
}

static int start_worker(struct keeper *keeper, uint32_t slot) {
	struct place *place = &keeper->places[slot];
	pid_t parent = getpid();
	int err = keeper->source->prepare != NULL ? keeper->source->prepare(keeper->data, slot) : 0;
	pid_t pid = err < 0 ? err : cn_process_copy(NULL);
	if (pid == 0) {
		worker_main(keeper, parent, slot);
	}
	if (pid < 0) {
		return (int)pid;
	}
	setpgid(pid, pid); // also there; whoever comes first
	*place = (struct place){ .pid = pid, .progress = keeper->source->progress(keeper->data) };
	return 0;
}

// ---- the keeper ---------------------------------------------------------------------------------

static bool all_gone(const struct keeper *keeper) {
	for (uint32_t i = 0; i < keeper->count; i++) {
		if (keeper->places[i].pid != 0 || keeper->places[i].dead) {
			return false;
		}
	}
	return true;
}

// A place for every seat there is now.
static int make_places(struct keeper *keeper) {
	uint32_t count = keeper->source->places(keeper->data);
	if (count <= keeper->count) {
		return 0;
	}
	struct place *places = reallocarray(keeper->places, count, sizeof(*places));
	if (places == NULL) {
		return -ENOMEM;
	}
	memset(places + keeper->count, 0, (count - keeper->count) * sizeof(*places));
	keeper->places = places;
	keeper->count = count;
	return 0;
}

// Fill the empty places, as far as workers are wanted.
static void start_workers(struct keeper *keeper) {
	make_places(keeper);
	for (uint32_t i = 0; i < keeper->count; i++) {
		struct place *place = &keeper->places[i];
		bool empty = place->pid == 0 && !place->dead && place->start_at <= cn_now();
		if (!empty || keeper->source->stopped(keeper->data) != CN_SOURCE_GOES_ON ||
				!keeper->source->wants(keeper->data, i)) {
			continue;
		}
		int err = start_worker(keeper, i);
		if (err < 0 && all_gone(keeper)) {
			keeper->source->fail(keeper->data, err);
			return;
		}
		if (err < 0) { // those that are there will do; perhaps more are possible later
			place->start_at = cn_after(RETRY_START);
		}
	}
}

static struct place *place_of(struct keeper *keeper, pid_t pid, uint32_t *slot) {
	for (uint32_t i = 0; i < keeper->count; i++) {
		if (keeper->places[i].pid == pid) {
			*slot = i;
			return &keeper->places[i];
		}
	}
	return NULL;
}

static void note_death(struct keeper *keeper, struct place *place, uint32_t slot, int wait_status) {
	uint32_t why = keeper->source->seat(keeper->data, slot)->why;
	bool died = WIFSIGNALED(wait_status) || WEXITSTATUS(wait_status) != 0;
	bool stillborn = died && keeper->source->progress(keeper->data) == place->progress;
	keeper->stillborn = stillborn ? keeper->stillborn + 1 : 0;
	place->status = why != 0 ? (int)why : cn_process_status(wait_status);
	place->dead = true;
	place->pid = 0;
	place->kill_at = 0;
}

// Take every child that has ended: workers, and orphans of theirs that have come to us.
static void reap(struct keeper *keeper) {
	siginfo_t info;
	for (;;) {
		info.si_pid = 0;
		if (waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT | __WALL) < 0 || info.si_pid == 0) {
			return;
		}
		uint32_t slot;
		struct place *place = place_of(keeper, info.si_pid, &slot);
		if (place != NULL && info.si_code != CLD_EXITED) {
			kill(-info.si_pid,
					SIGKILL); // what it was running; the group's number is held by the zombie
		}
		int status;
		if (waitpid(info.si_pid, &status, __WALL | WNOHANG) == info.si_pid && place != NULL) {
			note_death(keeper, place, slot, status);
		}
	}
}

static void bury(struct keeper *keeper) {
	for (uint32_t i = 0; i < keeper->count; i++) {
		struct place *place = &keeper->places[i];
		if (place->dead && keeper->source->bury(keeper->data, i, place->status) == 0) {
			place->dead = false;
		}
	}
	if (keeper->stillborn >= STILLBORN_MAX) {
		keeper->source->fail(keeper->data, -ENOMEM);
	}
}

// The call of this worker has taken too long, unless it is over this very moment.
static void time_out(struct keeper *keeper, uint32_t slot, uint64_t began) {
	struct cn_seat *seat = keeper->source->seat(keeper->data, slot);
	seat->why = 124;
	if (!atomic_compare_exchange_strong(&seat->began, &began, UINT64_MAX)) {
		seat->why = 0;
		return;
	}
	keeper->places[slot].kill_at = cn_after(GRACE);
	kill(-keeper->places[slot].pid, SIGTERM);
	kill(-keeper->places[slot].pid, SIGCONT);
}

// Enforce the limits that have run out. Returns when the next one does.
static cn_time enforce(struct keeper *keeper) {
	struct cn_crew *crew = keeper->crew;
	cn_time now = cn_now();
	cn_time next = CN_NEVER;
	for (uint32_t i = 0; i < keeper->count; i++) {
		struct place *place = &keeper->places[i];
		if (place->dead) { // waits until it can be buried
			next = now + RETRY_START < next ? now + RETRY_START : next;
		}
		if (place->pid == 0 && place->start_at > now) {
			next = place->start_at < next ? place->start_at : next;
		}
		if (place->pid == 0 || crew->limit == CN_NEVER) {
			continue;
		}
		uint64_t began = keeper->source->seat(keeper->data, i)->began;
		cn_time end = place->kill_at;
		if (end == 0) {
			cn_time since = began == 0 || began == UINT64_MAX ? now : (cn_time)began;
			end = crew->limit < CN_NEVER - since ? since + crew->limit : CN_NEVER;
		}
		if (end <= now && place->kill_at != 0) {
			kill(-place->pid, SIGKILL);
			end = now + CN_SECOND;
		} else if (end <= now) {
			time_out(keeper, i, began);
			end = place->kill_at != 0 ? place->kill_at : now;
		}
		next = end < next ? end : next;
	}
	return next;
}

static void kill_workers(struct keeper *keeper) {
	for (uint32_t i = 0; i < keeper->count; i++) {
		if (keeper->places[i].pid > 0) {
			kill(-keeper->places[i].pid, SIGKILL);
			kill(keeper->places[i].pid, SIGKILL); // when it has no group yet
		}
	}
}

// Kill each child this process has now. false: the system does not tell.
static bool kill_children(void) {
	char path[64];
	snprintf(path, sizeof(path), "/proc/self/task/%d/children", (int)getpid());
	FILE *file = fopen(path, "re");
	if (file == NULL) {
		return false;
	}
	int pid;
	while (fscanf(file, "%d", &pid) == 1) {
		kill(pid, SIGKILL);
	}
	fclose(file);
	return true;
}

// What the calls left running came to us when its parents ended; it ends with the map.
static void end_orphans(void) {
	for (int round = 0; round < 1000; round++) {
		pid_t pid = waitpid(-1, NULL, __WALL | WNOHANG);
		if (pid < 0 || (pid == 0 && !kill_children())) {
			return;
		}
		if (pid == 0) {
			poll(NULL, 0, round < 10 ? 0 : 1);
		}
	}
}

// A child's end is told by a real-time signal, and those are lost while the user has as many queued
// as he may have (RLIMIT_SIGPENDING): so children are looked at now and then in any case.
#define LOOK_AGAIN CN_SECOND

static void keeper_sleep(struct keeper *keeper, cn_time until) {
	struct pollfd bell = { .fd = keeper->crew->bell, .events = POLLIN };
	cn_time look = cn_after(LOOK_AGAIN);
	until = until < look ? until : look;
	cn_time left = cn_left(until);
	struct timespec timeout = cn_timespec(left);
	if (ppoll(&bell, 1, left == CN_NEVER ? NULL : &timeout, &keeper->waiting) > 0) {
		uint64_t count;
		ssize_t n = read(bell.fd, &count, sizeof(count));
		(void)n;
	}
}

static void settle_signals(struct keeper *keeper) {
	static const int defaults[] = { SIGINT, SIGTERM, SIGQUIT, SIGALRM, SIGUSR1, SIGUSR2 };
	for (size_t i = 0; i < sizeof(defaults) / sizeof(defaults[0]); i++) {
		struct sigaction now;
		if (sigaction(defaults[i], NULL, &now) == 0 && now.sa_handler != SIG_IGN) {
			signal(defaults[i], SIG_DFL);
		}
	}
	struct sigaction action = { .sa_handler = on_child };
	sigaction(SIGCHLD, &action, NULL);
	sigaction(CN_PROCESS_SIGNAL, &action, NULL);
	sigset_t ours;
	sigemptyset(&ours);
	sigaddset(&ours, SIGCHLD);
	sigaddset(&ours, CN_PROCESS_SIGNAL);
	sigaddset(&ours, CN_PROCESS_TIE);
	sigprocmask(SIG_BLOCK, &ours, &keeper->shell);
	keeper->waiting = keeper->shell;
	sigdelset(&keeper->waiting, SIGCHLD);
	sigdelset(&keeper->waiting, CN_PROCESS_SIGNAL);
	sigdelset(&keeper->waiting, CN_PROCESS_TIE);
}

// What the workers of a keeper before us were at.
static void bury_former(struct keeper *keeper) {
	make_places(keeper);
	for (uint32_t i = 0; i < keeper->count; i++) {
		struct cn_seat *seat = keeper->source->seat(keeper->data, i);
		if (seat->pid == 0) {
			continue;
		}
		cn_seat_wait_for_death(seat);
		keeper->places[i].status = 128 + SIGKILL;
		keeper->places[i].dead = keeper->source->bury(keeper->data, i, 128 + SIGKILL) < 0;
		seat->pid = 0;
	}
}

static void settle_descriptors(const struct cn_crew *crew) {
	if (!crew->keep_stdin) {
		point(STDIN_FILENO, "/dev/null", O_RDONLY);
	}
	if (!crew->keep_stdout) {
		point(STDOUT_FILENO, "/dev/null", O_WRONLY);
	}
}

__attribute__((noreturn)) static void keeper_main(struct cn_crew *crew, pid_t parent) {
	struct keeper keeper = { .crew = crew, .source = crew->source, .data = crew->data };
	if (crew->life != NULL) {
		cn_mutex_lock(crew->life, NULL, NULL);
	}
	settle_signals(&keeper);
	prctl(PR_SET_CHILD_SUBREAPER, 1);
	settle_descriptors(crew);
	sigset_t awake;
	sigprocmask(SIG_BLOCK, NULL, &awake);
	cn_process_tie(parent, on_orphaned);
	sigprocmask(SIG_SETMASK, &awake, NULL); // its signal comes while we sleep, and only then
	bury_former(&keeper);
	while (!orphaned) {
		start_workers(&keeper);
		if (all_gone(&keeper) && keeper.source->is_over(keeper.data)) {
			break;
		}
		keeper_sleep(&keeper, enforce(&keeper));
		if (keeper.source->stopped(keeper.data) == CN_SOURCE_KILLED && !keeper.killed) {
			kill_workers(&keeper);
			keeper.killed = true;
		}
		reap(&keeper);
		bury(&keeper);
	}
	kill_workers(&keeper);
	end_orphans();
	_exit(0);
}

int cn_crew_start(struct cn_crew *crew) {
	pid_t parent = getpid();
	pid_t pid = cn_process_copy(&crew->keeper_fd);
	if (pid == 0) {
		keeper_main(crew, parent);
	}
	if (pid < 0) {
		return (int)pid;
	}
	crew->keeper = pid;
	return 0;
}

bool cn_crew_has_ended(struct cn_crew *crew) {
	int status;
	if (crew->keeper == 0) {
		return true;
	}
	int err = cn_process_wait(crew->keeper, true, &status);
	if (err == -EAGAIN || err == -EINTR) {
		return false;
	}
	crew->keeper = 0;
	cn_fd_close(&crew->keeper_fd);
	return true;
}

void cn_crew_wait(struct cn_crew *crew) {
	int status;
	while (crew->keeper != 0 && cn_process_wait(crew->keeper, false, &status) == -EINTR) {
	}
	crew->keeper = 0;
	cn_fd_close(&crew->keeper_fd);
}

int cn_seat_wait_for_death(struct cn_seat *seat) {
	int err = cn_mutex_lock_until(&seat->life, cn_after(5 * CN_SECOND), NULL, NULL);
	if (err == 0) {
		cn_mutex_unlock(&seat->life);
	}
	return err;
}
