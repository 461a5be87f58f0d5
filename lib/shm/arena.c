/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "lib/shm/arena.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/base/fd.h"
#include "lib/base/number.h"
#include "lib/shm/layout.h"

struct cn_arena *cn_arenas[CN_SELF_ARENAS];

enum { NAMES_SMALL = 512, NAMES_LARGE = 8192, OWNERS_MIN = 64 };

static uint64_t round_up(uint64_t n, uint64_t to) {
	return (n + to - 1) / to * to;
}

void cn_layout_of(uint64_t size, struct cn_layout *out) {
	uint64_t owners = size / 65536;
	owners = owners < OWNERS_MIN ? OWNERS_MIN : owners;
	out->owners_count = owners > CN_OWNERS_MAX ? CN_OWNERS_MAX : (uint32_t)owners;
	out->names_count = size < UINT64_C(64) << 20 ? NAMES_SMALL : NAMES_LARGE;
	out->pages_count = (uint32_t)(size >> CN_PAGE_BITS);
	out->owners = CN_PAGE;
	out->names = out->owners + out->owners_count * sizeof(struct cn_owner_record);
	out->pages = out->names + out->names_count * sizeof(cn_off);
	uint64_t end = out->pages + out->pages_count * sizeof(struct cn_page);
	out->first_page = (uint32_t)(round_up(end, CN_PAGE) >> CN_PAGE_BITS);
}

// Where huge pages of the file can be mapped as such.
static void *map_aligned(int fd, uint64_t size) {
	size_t room = size + CN_HUGE_PAGE;
	unsigned char *start = mmap(NULL, room, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (start == MAP_FAILED) { // little address space
		return mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_NORESERVE, fd, 0);
	}
	size_t before = -(uintptr_t)start & (CN_HUGE_PAGE - 1);
	void *base = mmap(start + before, size, PROT_READ | PROT_WRITE,
			MAP_SHARED | MAP_NORESERVE | MAP_FIXED, fd, 0);
	int err = errno;
	if (base == MAP_FAILED) {
		munmap(start, room);
		errno = err;
		return MAP_FAILED;
	}
	if (before > 0) {
		munmap(start, before);
	}
	munmap(start + before + size, room - before - size);
	return base;
}

static int arena_map(int fd, uint64_t size, struct cn_arena **out) {
	int slot = 0;
	while (slot < CN_SELF_ARENAS && cn_arenas[slot] != NULL) {
		slot++;
	}
	if (slot == CN_SELF_ARENAS) {
		return -EMFILE;
	}
	struct cn_arena *arena = calloc(1, sizeof(*arena));
	if (arena == NULL) {
		return -ENOMEM;
	}
	void *base = map_aligned(fd, size);
	if (base == MAP_FAILED) {
		int err = -errno;
		free(arena);
		return err;
	}
	madvise(base, size, MADV_DONTDUMP);
	arena->base = base;
	arena->size = size;
	arena->header = base;
	arena->fd = fd;
	arena->slot = (uint32_t)slot;
	cn_layout_of(size, &arena->layout);
	cn_arenas[slot] = arena;
	*out = arena;
	return 0;
}

// Fill in the header of a fresh region; the magic last.
static int arena_init(struct cn_arena *arena) {
	struct cn_arena_header *header = arena->header;
	header->version = CN_ARENA_VERSION;
	header->header_size = sizeof(*header);
	header->size = arena->size;
	while (header->id == 0) {
		if (getrandom(&header->id, sizeof(header->id), 0) < 0 && errno != EINTR) {
			return -errno;
		}
	}
	cn_alloc_init(arena);
	atomic_store_explicit(&header->magic, CN_ARENA_MAGIC, memory_order_release);
	return 0;
}

// Make the file behind fd an arena. Takes fd.
static int arena_make(int fd, uint64_t size, struct cn_arena **out) {
	int err = fd < 0 ? fd : 0;
	if (err == 0 && ftruncate(fd, (off_t)size) < 0) {
		err = -errno;
	}
	if (err == 0) {
		err = arena_map(fd, size, out);
	}
	if (err < 0) {
		cn_fd_close(&fd);
		return err;
	}
	err = arena_init(*out);
	if (err < 0) {
		cn_arena_close(*out);
	}
	return err;
}

static int size_check(uint64_t *size) {
	*size = round_up(*size, CN_PAGE);
	return *size < CN_ARENA_MIN || *size > CN_ARENA_MAX ? -EINVAL : 0;
}

// In a file in memory. Takes fd.
static int memory_make(int fd, uint64_t size, struct cn_arena **out) {
	int err = arena_make(fd, size, out);
	if (err == 0) {
		// No one can cut it off under our feet.
		fcntl((*out)->fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW);
	}
	return err;
}

int cn_arena_create(uint64_t size, struct cn_arena **out) {
	int err = size_check(&size);
	if (err < 0) {
		return err;
	}
	return memory_make(cn_fd_memory("conch"), size, out);
}

static int header_check(const struct cn_arena_header *header, uint64_t size) {
	if (atomic_load_explicit(&header->magic, memory_order_acquire) != CN_ARENA_MAGIC) {
		return -EBADMSG;
	}
	if (header->version != CN_ARENA_VERSION || header->header_size != sizeof(*header)) {
		return -EPROTO;
	}
	if (header->size != size || header->id == 0) {
		return -EBADMSG;
	}
	return 0;
}

// Whether it is a file to trust. *size is its length.
static int file_check(int fd, uint64_t *size) {
	struct stat st;
	if (fstat(fd, &st) < 0) {
		return -errno;
	}
	if (!S_ISREG(st.st_mode)) {
		return -EBADMSG;
	}
	if (st.st_uid != geteuid() || (st.st_mode & 077) != 0) {
		return -EACCES;
	}
	*size = (uint64_t)st.st_size;
	uint64_t rounded = *size;
	return size_check(&rounded) < 0 || rounded != *size ? -EBADMSG : 0;
}

int cn_arena_attach(int fd, struct cn_arena **out) {
	fd = cn_fd_private(fd);
	if (fd < 0) {
		return fd;
	}
	uint64_t size = 0;
	struct cn_arena_header header;
	int err = file_check(fd, &size);
	if (err == 0) {
		// Read, not mapped: a file that shrinks meanwhile cannot hurt.
		ssize_t n = pread(fd, &header, sizeof(header), 0);
		err = n == (ssize_t)sizeof(header) ? header_check(&header, size) : -EBADMSG;
	}
	if (err == 0) {
		err = arena_map(fd, size, out);
	}
	if (err < 0) {
		cn_fd_close(&fd);
	}
	return err;
}

static bool is_made(int fd) {
	struct cn_arena_header header;
	uint64_t size;
	return file_check(fd, &size) == 0 && pread(fd, &header, sizeof(header), 0) == sizeof(header) &&
			header_check(&header, size) == 0;
}

/*
 * The file is locked by the process, not by its descriptor, which forked processes share; the lock
 * goes with a process that dies. (It also goes when any descriptor of the file is closed.)
 */
int cn_arena_meet(int fd, uint64_t size, struct cn_arena **out) {
	struct flock lock = { .l_type = F_WRLCK, .l_whence = SEEK_SET };
	int err = size_check(&size);
	while (err == 0 && fcntl(fd, F_SETLKW, &lock) < 0) {
		err = errno == EINTR ? 0 : -errno;
	}
	int own = err == 0 ? fcntl(fd, F_DUPFD_CLOEXEC, CN_FD_PRIVATE) : -1;
	if (own < 0) {
		return err < 0 ? err : -errno;
	}
	if (is_made(fd)) {
		err = cn_arena_attach(own, out);
	} else if (ftruncate(fd, 0) < 0) { // a maker died half way
		err = -errno;
		close(own);
	} else {
		err = memory_make(own, size, out);
	}
	lock.l_type = F_UNLCK;
	fcntl(fd, F_SETLK, &lock);
	return err;
}

// Make the arena in a file without a name, then give it the name: nobody sees it half made.
static int file_create(const char *path, uint64_t size, struct cn_arena **out) {
	int err = size_check(&size);
	if (err < 0) {
		return err;
	}
	const char *slash = strrchr(path, '/');
	char *folder = slash == NULL ? strdup(".") : strndup(path, (size_t)(slash - path) + 1);
	if (folder == NULL) {
		return -ENOMEM;
	}
	int fd = cn_fd_private(open(folder, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600));
	free(folder);
	if (fd >= 0) {
		// Its tables are there for good: what can be full later is asked for when it is allocated.
		struct cn_layout layout;
		cn_layout_of(size, &layout);
		err = -posix_fallocate(fd, 0, (off_t)layout.first_page << CN_PAGE_BITS);
		if (err < 0 && err != -EOPNOTSUPP && err != -EINVAL) {
			close(fd);
			return err;
		}
	}
	err = arena_make(fd, size, out);
	if (err < 0) {
		return err;
	}
	char proc[64];
	snprintf(proc, sizeof(proc), "/proc/self/fd/%d", (*out)->fd);
	if (linkat(AT_FDCWD, proc, AT_FDCWD, path, AT_SYMLINK_FOLLOW) < 0) {
		err = -errno;
		cn_arena_close(*out);
	}
	return err;
}

int cn_arena_open(const char *path, uint64_t size, struct cn_arena **out) {
	for (;;) {
		int fd = open(path, O_RDWR | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
		int err = fd < 0 ? -errno : cn_arena_attach(fd, out);
		if (err == -ENOENT && size != 0) {
			err = file_create(path, size, out);
		}
		if (err == 0) {
			(*out)->is_file = true;
		}
		if (err == -ELOOP) {
			return -EACCES;
		}
		if (err != -EEXIST) { // someone else was first
			return err;
		}
	}
}

void cn_arena_close(struct cn_arena *arena) {
	if (arena == NULL) {
		return;
	}
	cn_owner_leave(arena);
	cn_arenas[arena->slot] = NULL;
	munmap(arena->base, arena->size);
	cn_fd_close(&arena->fd);
	free(arena);
}

int cn_arena_size(const char *text, uint64_t *out) {
	*out = CN_ARENA_DEFAULT;
	if (text == NULL) {
		return 0;
	}
	int err = cn_parse_size(text, out);
	return err < 0 || size_check(out) < 0 ? -EINVAL : 0;
}

_Atomic cn_off *cn_arena_root(struct cn_arena *arena, enum cn_root which) {
	return &arena->header->roots[which];
}

uint64_t cn_arena_id(const struct cn_arena *arena) {
	return arena->header->id;
}
