/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * shell/fd.h - logical file descriptors. The table of the environment maps the numbers a script
 * uses to open files: real descriptors (close-on-exec, at whatever number), the buffer of a command
 * substitution that runs in this process (a sink), or the text of a here-document (a source).
 * Builtins read and write through the table; a started program gets it dup'ed into place. A number
 * without an entry means the real descriptor of that number, when we inherited it.
 *
 * Our own descriptors are recognised by FD_CLOEXEC: whatever a program hands to us is without.
 */
#ifndef SH_FD_H
#define SH_FD_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "lib/base/buf.h"

struct shell;

/* Where the output of a forkless command substitution gathers. */
struct sh_sink {
	struct sh_sink *outer;
	struct cn_buf data;
	int rd, wr; // pipe for those that need a real descriptor; -1
	bool direct; // a detached child: the pipe is all there is
};

struct sh_file {
	int refs;
	int real; // -1: none (yet)
	struct sh_sink *sink;
	char *text; // heap: a here-document, or what was read ahead
	size_t pos, len;
	bool source; // text is all there is: a here-document
	bool inherited; // real is the number it had when we were started
	struct sh_file **owner; // sh->read_ahead, when that may be this one
	int8_t ahead; // may we read ahead? 0: not known, 1: yes, -1: no
};

struct sh_fdtable {
	struct sh_file **files; // NULL: untouched; SH_FD_CLOSED
	int len;
	uint32_t level; // subshell level that owns the table
};

extern struct sh_file sh_fd_closed[1];
#define SH_FD_CLOSED sh_fd_closed

void sh_fd_init(struct shell *sh);

/* Files: one reference is the caller's. NULL with errno set. */
struct sh_file *sh_file_open(struct shell *sh, const char *path, int flags, mode_t mode);
struct sh_file *sh_file_real(int real); // takes the descriptor
struct sh_file *sh_file_source(const char *text, size_t len); // copies
struct sh_file *sh_file_sink(struct sh_sink *sink); // borrows
void sh_file_drop(struct sh_file *file);

/* What logical `fd` leads to, borrowed; NULL: closed. */
struct sh_file *sh_fd_file(struct shell *sh, int fd);

/* Make `fd` lead to `file` (a reference is taken over; NULL: close it). The old entry is returned
 * with its reference, for sh_fd_restore() or sh_file_drop(). */
struct sh_file *sh_fd_replace(struct shell *sh, int fd, struct sh_file *file);
void sh_fd_restore(struct shell *sh, int fd, struct sh_file *old);

/* Write all of it to a logical descriptor. 0 or a negative errno. */
int sh_fd_write(struct shell *sh, int fd, const char *data, size_t len);

/* Give back what was read ahead, so that other processes see the right offset. */
void sh_fd_sync(struct shell *sh);

/* The same for what builtins read alone. */
void sh_fd_sync_ahead(struct shell *sh);

/* Start a table of the subshell's own / put back and free it. */
struct sh_fdtable *sh_fd_enter(struct shell *sh);
void sh_fd_leave(struct shell *sh, struct sh_fdtable *outer);

/*
 * Before fork: here-documents and, for the table or (all) every active one, sinks become pipes. In
 * the child: use them.
 */
int sh_fd_before_fork(struct shell *sh, bool all_sinks);
void sh_fd_after_fork(struct shell *sh, bool all_sinks);

/*
 * In the process that will exec (also one that shares our memory: nothing is written but the
 * child's own descriptors): put everything at its number. Call sh_fd_before_exec() earlier, in the
 * parent. 0 or -1 with errno.
 */
int sh_fd_before_exec(struct shell *sh);
int sh_fd_apply(const struct shell *sh);
/* After sh_fd_apply() in this very process: numbers are what they seem. */
void sh_fds_applied(struct shell *sh);

/*
 * In a copy of this process, after sh_fd_before_fork() in the parent: every number is the real
 * descriptor of that number, and nothing else is open of the table.
 */
void sh_fd_settle(struct shell *sh);
/* After that: numbers 0 to count - 1 lead to copies of reals[] again; -1: closed. */
void sh_fd_reset(struct shell *sh, const int *reals, int count);

/* ---- sinks ---- */

void sh_sink_push(struct shell *sh, struct sh_sink *sink);
/* Read until all writers are gone; no longer active. The data stays the caller's to finish. */
void sh_sink_pop(struct shell *sh, struct sh_sink *sink);
/* Does a child of ours possibly write to one of ours? */
bool sh_sink_piped(const struct shell *sh);
/*
 * Wait until process `pid` has changed state (not reaping it), emptying the pipes of sinks. With
 * `last` nothing else will write: read to the end. */
void sh_sink_pump(struct shell *sh, pid_t pid, bool last);

#endif
