/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Thread ids mean something to one boot and one process namespace only; the file's name has both,
 * so that a file that outlived its machine is never opened.
 */
#include "config.h"
#include "lib/shm/shared.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/base/fd.h"
#include "lib/shm/names.h"
#include "lib/sync/self.h"

enum { PATH_SIZE = 1024, FOLDER_TRIES = 100 };

static struct {
	struct cn_arena *arena;
	uint32_t tid; // of the process whose open file lock_fd is
	int lock_fd;
	char path[PATH_SIZE];
} shared = { .lock_fd = -1 };

static bool is_own_folder(const char *path) {
	struct stat st;
	return stat(path, &st) == 0 && S_ISDIR(st.st_mode) && st.st_uid == geteuid();
}

static int folder_name(const char *runtime, char out[PATH_SIZE]) {
	char user[64];
	snprintf(user, sizeof(user), "/run/user/%ju", (uintmax_t)geteuid());
	if (runtime == NULL || *runtime != '/' || !is_own_folder(runtime)) {
		runtime = is_own_folder(user) ? user : NULL;
	}
	int len = runtime == NULL ? snprintf(out, PATH_SIZE, "/dev/shm/conch-%ju", (uintmax_t)geteuid())
							  : snprintf(out, PATH_SIZE, "%s/conch", runtime);
	return len >= PATH_SIZE ? -ENAMETOOLONG : 0;
}

// Make the folder if need be, and see that nobody else can do anything in it.
static int folder_check(const char *path, bool make, struct cn_err *why) {
	if (make && mkdir(path, 0700) < 0 && errno != EEXIST) {
		return cn_err_set(why, -errno, "%.200s: %s", path, strerror(errno));
	}
	struct stat st;
	if (lstat(path, &st) < 0) {
		return cn_err_set(why, -errno, "%.200s: %s", path, strerror(errno));
	}
	if (!S_ISDIR(st.st_mode)) {
		return cn_err_set(why, -EACCES, "%.200s: not a folder", path);
	}
	if (st.st_uid != geteuid() || (st.st_mode & 077) != 0) {
		return cn_err_set(why, -EACCES, "%.200s: not a folder of this user alone", path);
	}
	return 0;
}

static int file_name(const char *folder, char out[PATH_SIZE]) {
	char boot[64] = "";
	struct stat st;
	int fd = open("/proc/sys/kernel/random/boot_id", O_RDONLY | O_CLOEXEC);
	if (fd >= 0) {
		ssize_t n = cn_read_full(fd, boot, sizeof(boot) - 1);
		boot[n > 0 ? n : 0] = '\0';
		boot[strcspn(boot, "-\n")] = '\0';
		close(fd);
	}
	if (stat("/proc/self/ns/pid", &st) < 0) {
		st.st_ino = 0;
	}
	int len = snprintf(out, PATH_SIZE, "%s/objects-%s-%jx", folder, boot, (uintmax_t)st.st_ino);
	return len >= PATH_SIZE ? -ENAMETOOLONG : 0;
}

static int flock_retry(int fd, int operation) {
	while (flock(fd, operation) < 0) {
		if (errno != EINTR) {
			return -errno;
		}
	}
	return 0;
}

// A lock of our own on the arena that is mapped. -ESTALE: the file was removed.
static int hold(void) {
	char proc[64];
	snprintf(proc, sizeof(proc), "/proc/self/fd/%d", shared.arena->fd);
	cn_fd_close(&shared.lock_fd);
	int fd = cn_fd_private(open(proc, O_RDWR | O_CLOEXEC));
	if (fd < 0) {
		return fd;
	}
	struct stat st;
	int err = flock_retry(fd, LOCK_SH);
	if (err == 0 && fstat(fd, &st) < 0) {
		err = -errno;
	}
	if (err == 0 && st.st_nlink == 0) {
		err = -ESTALE;
	}
	if (err < 0) {
		close(fd);
		return err;
	}
	shared.lock_fd = fd;
	shared.tid = cn_self()->tid;
	return 0;
}

/*
 * The file was removed. Its arena stays mapped for a while: a caller further out may know objects
 * in it.
 */
static void retire(void) {
	enum { KEPT = 8 };
	static struct cn_arena *kept[KEPT];
	static size_t next;
	cn_arena_close(kept[next]);
	kept[next] = shared.arena;
	next = (next + 1) % KEPT;
	shared.arena = NULL;
}

static int open_file(const char *runtime, uint64_t size, struct cn_err *why) {
	char folder[PATH_SIZE];
	int err = folder_name(runtime, folder);
	err = err < 0 ? err : file_name(folder, shared.path);
	if (err < 0) {
		return cn_err_set(why, err, "%s", strerror(-err));
	}
	err = folder_check(folder, size != 0, why);
	if (err < 0) {
		return err;
	}
	err = cn_arena_open(shared.path, size, &shared.arena);
	for (int tries = 0; err == -ENOENT && size != 0 && tries < FOLDER_TRIES; tries++) {
		// cn_shared_tidy() of another took the folder away
		err = folder_check(folder, true, why);
		err = err < 0 ? err : cn_arena_open(shared.path, size, &shared.arena);
	}
	if (err < 0) {
		const char *reason = err == -ENOSPC ? strerror(ENOSPC) : cn_strerror(err);
		return cn_err_set(why, err, "%.180s: %s", shared.path, reason);
	}
	return 0;
}

int cn_shared_open(const char *runtime, uint64_t size, struct cn_arena **out, struct cn_err *why) {
	if (shared.arena != NULL && shared.tid == cn_self()->tid) {
		*out = shared.arena;
		return 0;
	}
	for (;;) {
		int err = shared.arena == NULL ? open_file(runtime, size, why) : 0;
		if (err < 0) {
			return err;
		}
		err = hold();
		if (err == 0) {
			*out = shared.arena;
			return 0;
		}
		retire();
		if (err != -ESTALE) {
			return cn_err_set(why, err, "%.180s: %s", shared.path, strerror(-err));
		}
	}
}

static bool has_objects(void) {
	struct cn_ref *refs;
	size_t count;
	if (cn_name_list(shared.arena, 0, &refs, &count) < 0) {
		return true;
	}
	free(refs);
	return count > 0;
}

const char *cn_shared_full(void) {
	return shared.arena != NULL && shared.arena->refused
			? "no room in the file system of machine-wide objects"
			: "memory of machine-wide objects is full (CONCH_ARENA sets its size when it is made)";
}

bool cn_shared_tidy(void) {
	if (shared.arena == NULL || shared.tid != cn_self()->tid || has_objects()) {
		return false;
	}
	// This gives up the shared lock in any case: nothing here is of use to us any more.
	bool alone = flock_retry(shared.lock_fd, LOCK_EX | LOCK_NB) == 0;
	bool removed = alone && !has_objects() && unlink(shared.path) == 0;
	if (removed) {
		*strrchr(shared.path, '/') = '\0';
		rmdir(shared.path); // when it is empty
	}
	cn_fd_close(&shared.lock_fd);
	retire();
	return removed;
}
