/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * lib/proc/process.h - the two ways we start processes: a copy of the shell (a keeper or worker,
 * which runs shell code and never execs), and a program (never a copy of the shell: what a big
 * shell has in memory must not make its programs slow).
 *
 * A copy is made by clone3 with CN_PROCESS_SIGNAL as its exit signal. waitpid(-1) without __WALL,
 * as shells call it, does not see such a child, so the shell never reaps ours; and the parent gets
 * CN_PROCESS_SIGNAL, not SIGCHLD, when one ends. (execve would set the exit signal back to SIGCHLD,
 * and so does the death of the parent.) Where clone3 is refused the copy is a plain fork: its exit
 * status may then be lost to the shell's own waitpid, and is taken from shared memory.
 */
#ifndef CN_PROC_PROCESS_H
#define CN_PROC_PROCESS_H

#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/* The one real-time signal that is ours: a copy has ended, a timer (lib/proc/timer.h) ran out. */
#define CN_PROCESS_SIGNAL (SIGRTMAX - 2)

/* What kills a tied process when its parent dies. */
#define CN_PROCESS_TIE (SIGRTMAX - 3)

/* Never sent: a number for shells that need one more kind of trap for us than that. */
#define CN_PROCESS_TURN (SIGRTMAX - 4)

/*
 * Make a copy of this process. Returns 0 in the copy, its pid in the caller, or a negative errno.
 * The copy has CN_PROCESS_SIGNAL blocked as the caller had; everything private to a process
 * (lib/shm/owner) is already reset in it. Flush stdio before. *pidfd (may be NULL) gets a
 * descriptor, close-on-exec, or -1 where the system has none; the copy gets -1.
 */
pid_t cn_process_copy(int *pidfd);

/*
 * What the handler of CN_PROCESS_SIGNAL calls, once the sender is noted; NULL: nothing. It must be
 * async-signal-safe. Puts the handler in place, as cn_process_copy() does.
 */
void cn_process_on_signal(void (*notice)(void));

/* What it calls when a timer of ours ran out; as above. */
void cn_process_on_tick(void (*tick)(void));

/* Put the handler in place where no copy was made yet. */
void cn_process_listen(void);

/*
 * The next process that was noted: a copy of ours that ended, or one that called cn_process_tell().
 * 0: no more; -1: some were not noted, so look at all. Notes of a parent do not come to its copies.
 */
pid_t cn_process_noted(void);

/* Ask a process for attention: it notes `subject`. */
void cn_process_tell(pid_t pid, pid_t subject);

/* What cn_process_copy() must also reset in the copy: called there, in the order of registration.
 */
void cn_process_on_copy(void (*reset)(void));

/* What it must do before, in the caller; NULL: nothing. */
void cn_process_before_copy(void (*prepare)(void));

/*
 * In a fresh copy: lead a process group of its own, and end when the parent dies, however it dies:
 * the kernel then sends CN_PROCESS_TIE, whose handler is `orphaned`; NULL: one that kills the whole
 * group and what descends from this process. If the parent is dead already, that happens now.
 */
void cn_process_tie(pid_t parent, void (*orphaned)(int sig));

/* The handler shall kill this group too. 0: none. */
void cn_process_ward(pid_t group);

/* How a program is to be started. All is borrowed for the call. */
struct cn_plan {
	const char *path; // of the file
	char *const *argv;
	char *const *env;
	const char *dir; // working directory; NULL: ours
	const char *interpreter; // runs `path` when it has no known format; NULL: /bin/sh
	int fds[3]; // become 0, 1, 2; -1: as they are
	bool group; // lead a process group of its own
	bool ward; // cn_process_ward() it, and kill it when this process is killed
	_Atomic uint32_t *pid; // gets its pid before it is the program; or NULL
	bool has_nice;
	int nice; // added to ours
	const sigset_t *mask; // NULL: as it is
};

/*
 * Start a program without copying this process (vfork and exec). Returns its pid once it is the
 * program, or a negative errno, that of exec too: -ENOENT, -EACCES, ... The child has exit signal
 * SIGCHLD: keep the shell's handler from reaping it first. Before the exec it must not be stopped,
 * for we wait for that exec.
 */
pid_t cn_process_start(const struct cn_plan *plan);

/*
 * Wait for the child `pid` of either kind. *status as waitpid gives it. Returns 0, -ECHILD
 * (somebody else took it), or with `nohang` -EAGAIN while it runs; -EINTR.
 */
int cn_process_wait(pid_t pid, bool nohang, int *status);

/* Whether a process with this pid runs: a zombie does not. */
bool cn_process_is_alive(pid_t pid);

/* Send `sig` to all that descend from this process, not to itself. How many there are. */
int cn_process_kill_descendants(int sig);

/* The shell's status of a wait status: N, or 128+N for a signal. */
int cn_process_status(int wait_status);

#endif
