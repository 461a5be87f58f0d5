/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The text is conch1:PID:FD:START:INODE:ID, or several of them with commas between: the first that
 * is good counts. The pid may have been reused, its descriptor closed or
 * now be another file: start time, inode and the random id in the arena's header tell.
 */
#include "config.h"
#include "lib/shm/session.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <unistd.h>

#include "lib/base/procfs.h"

// When the process started, in clock ticks since boot.
static int start_time(pid_t pid, uint64_t *out) {
	struct cn_proc_stat stat;
	int err = cn_proc_stat(pid, &stat);
	*out = stat.start;
	return err;
}

int cn_session_text(
		const struct cn_arena *arena, const char *joined, char out[CN_SESSION_TEXT_MAX]) {
	struct stat st;
	uint64_t start;
	if (fstat(arena->fd, &st) < 0) {
		return -errno;
	}
	int err = start_time(getpid(), &start);
	if (err < 0) {
		return err;
	}
	int len = snprintf(out, CN_SESSION_TEXT_MAX,
			"conch1:%d:%d:%" PRIu64 ":%" PRIu64 ":%016" PRIx64, (int)getpid(), arena->fd, start,
			(uint64_t)st.st_ino, cn_arena_id(arena));
	if (joined != NULL) {
		const char *comma = strrchr(joined, ',');
		snprintf(out + len, (size_t)(CN_SESSION_TEXT_MAX - len), ",%s",
				comma == NULL ? joined : comma + 1);
	}
	return 0;
}

// Thread ids, by which locks know their holders, mean something in one process namespace only.
static bool same_namespace(pid_t pid) {
	char path[64];
	struct stat ours;
	struct stat its;
	snprintf(path, sizeof(path), "/proc/%d/ns/pid", (int)pid);
	// What cannot be looked at is told by opening it.
	return stat("/proc/self/ns/pid", &ours) < 0 || stat(path, &its) < 0 ||
			its.st_ino == ours.st_ino;
}

// Join through one process.
static int join(const char *text, struct cn_arena **out, struct cn_err *why) {
	int pid;
	int number;
	uint64_t start;
	uint64_t inode;
	uint64_t id;
	int end = 0;
	sscanf(text, "conch1:%d:%d:%" SCNu64 ":%" SCNu64 ":%" SCNx64 "%n", &pid, &number, &start,
			&inode, &id, &end);
	if (end == 0 || text[end] != '\0' || pid <= 0 || number < 0) {
		return cn_err_set(why, -EINVAL, "not the name of a session");
	}
	if (!same_namespace(pid)) {
		return cn_err_set(why, -ENOENT, "session of another process namespace");
	}
	char path[64];
	snprintf(path, sizeof(path), "/proc/%d/fd/%d", pid, number);
	int fd = open(path, O_RDWR | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	if (fd < 0) {
		int err = errno == EACCES || errno == EPERM ? -EACCES : -ENOENT;
		return cn_err_set(why, err,
				err == -EACCES ? "session of another user" : "session of process %d is gone", pid);
	}
	struct stat st;
	uint64_t started;
	// Seals exist on memfds only, which nobody can have put in a folder for us.
	bool same = fstat(fd, &st) == 0 && (uint64_t)st.st_ino == inode && fcntl(fd, F_GET_SEALS) >= 0;
	if (!same || start_time(pid, &started) < 0 || started != start) {
		close(fd);
		return cn_err_set(why, -ENOENT, "process %d is not the one that made the session", pid);
	}
	int err = cn_arena_attach(fd, out);
	if (err < 0) {
		return cn_err_set(why, err, "%s", cn_strerror(err));
	}
	if (cn_arena_id(*out) != id) {
		cn_arena_close(*out);
		return cn_err_set(why, -ENOENT, "process %d has another session now", pid);
	}
	return 0;
}

/*
 * Join the session that `text` names.
 * Returns 0, -EINVAL (not such a text), -ENOENT (that process or its descriptor is gone), -EACCES
 * (another user's), or as cn_arena_attach().
 */
static int session_join(const char *text, struct cn_arena **out, struct cn_err *why) {
	char one[CN_SESSION_TEXT_MAX];
	for (;;) {
		size_t len = strcspn(text, ",");
		snprintf(one, sizeof(one), "%.*s", len < sizeof(one) ? (int)len : 0, text);
		int err = join(one, out, why);
		if (err == 0 || text[len] == '\0') {
			return err;
		}
		text += len + 1;
	}
}

int cn_session_open(const char *text, int meeting, uint64_t size, struct cn_arena **out,
		bool *joined, struct cn_err *why) {
	cn_err_set(why, 0, "%s", "");
	*joined = text != NULL && *text != '\0' && session_join(text, out, why) == 0;
	if (*joined) {
		return 0;
	}
	return meeting >= 0 ? cn_arena_meet(meeting, size, out) : cn_arena_create(size, out);
}
