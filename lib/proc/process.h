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
#include <stdbool.h>
#include <sys/types.h>

/* The one real-time signal that is ours: a copy has ended, or somebody asks for attention. */
#define CN_PROCESS_SIGNAL (SIGRTMAX - 2)

/*
 * Make a copy of this process. Returns 0 in the copy, its pid in the caller, or a negative errno.
 * The copy has CN_PROCESS_SIGNAL blocked as the caller had; everything private to a process
 * (lib/shm/owner) is already reset in it. Flush stdio before. *pidfd (may be NULL) gets a
 * descriptor, close-on-exec, or -1 where the system has none; the copy gets -1.
 */
pid_t cn_process_copy(int *pidfd);

/* What cn_process_copy() must also reset in the copy: called there, in the order of registration.
 */
void cn_process_on_copy(void (*reset)(void));

/*
 * In a fresh copy: lead a process group of its own, and end when the parent dies, however it dies:
 * the kernel then sends SIGRTMAX - 3, whose handler is `orphaned`; NULL: one that kills the whole
 * group, this process included. If the parent is dead already, that happens now.
 */
void cn_process_tie(pid_t parent, void (*orphaned)(int sig));

/* How a program is to be started. All is borrowed for the call. */
struct cn_plan {
	const char *path; // of the file
	char *const *argv;
	char *const *env;
	const char *dir; // working directory; NULL: ours
	const char *interpreter; // runs `path` when it has no known format; NULL: /bin/sh
	int fds[3]; // become 0, 1, 2; -1: as they are
	bool group; // lead a process group of its own
	bool has_nice;
	int nice; // added to ours
	const sigset_t *mask; // NULL: as it is
};

/*
 * Start a program without copying this process (vfork and exec). Returns its pid, or a negative
 * errno, that of exec too: -ENOENT, -EACCES, ... The child has exit signal SIGCHLD: keep the
 * shell's handler from reaping it first.
 */
pid_t cn_process_start(const struct cn_plan *plan);

/*
 * Wait for the child `pid` of either kind. *status as waitpid gives it. Returns 0, -ECHILD
 * (somebody else took it), or with `nohang` -EAGAIN while it runs; -EINTR.
 */
int cn_process_wait(pid_t pid, bool nohang, int *status);

/* The shell's status of a wait status: N, or 128+N for a signal. */
int cn_process_status(int wait_status);

#endif
