/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The history file. An entry is a line `#SECONDS` and the command's lines; a line of the command
 * that looks like the former gets a backslash in front. Lines before the first `#SECONDS` are an
 * entry each, so that the files of other shells can be read.
 */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "lib/base/clock.h"
#include "lib/base/fd.h"
#include "shell/builtin.h"
#include "shell/history.h"

enum { FILE_SIZE_DEFAULT = 10000 };

struct range {
	off_t start, end;
};

struct history_file {
	char *path; // what the rest is about
	dev_t dev;
	ino_t ino;
	off_t seen; // read up to here, but for what we wrote
	struct range *own; // what we wrote behind `seen`
	size_t own_count, own_cap;
	struct range last; // our last record; end 0: none to take back
	size_t entries; // in the file, as far as we know
};

static struct history_file *state(struct shell *sh) {
	struct sh_history *h = sh_history(sh);
	if (h->file == NULL) {
		h->file = sh_xcalloc(1, sizeof(struct history_file));
	}
	return h->file;
}

/* ---- the format ---- */

/* Is the line `#` and digits, behind any backslashes? Their number in *slashes. */
static bool is_stamp(const char *line, size_t len, size_t *slashes) {
	size_t i = 0;
	while (i < len && line[i] == '\\') {
		i++;
	}
	*slashes = i;
	if (i + 1 >= len || line[i] != '#') {
		return false;
	}
	for (i++; i < len; i++) {
		if (line[i] < '0' || line[i] > '9') {
			return false;
		}
	}
	return true;
}

static void encode(struct cn_buf *out, const char *text, size_t len, int64_t when) {
	cn_buf_printf(out, "#%lld\n", (long long)when);
	for (const char *end = text + len; text <= end;) {
		const char *stop = memchr(text, '\n', (size_t)(end - text));
		size_t n = (size_t)((stop != NULL ? stop : end) - text);
		size_t slashes;
		if (is_stamp(text, n, &slashes)) {
			cn_buf_putc(out, '\\');
		}
		cn_buf_append(out, text, n);
		cn_buf_putc(out, '\n');
		text += n + 1;
	}
}

/* Where the last `count` entries begin. */
static size_t find_tail(const char *data, size_t len, size_t count) {
	bool stamps = false;
	size_t slashes;
	size_t found = 0;
	for (int pass = 0; pass < 2; pass++) {
		size_t end = len > 0 && data[len - 1] == '\n' ? len - 1 : len;
		while (end > 0 && found < count) {
			const char *newline = memrchr(data, '\n', end);
			size_t start = newline != NULL ? (size_t)(newline - data) + 1 : 0;
			bool stamp = is_stamp(data + start, end - start, &slashes) && slashes == 0;
			stamps |= stamp;
			if ((stamp || pass == 1) && ++found == count) {
				return start;
			}
			end = start > 0 ? start - 1 : 0;
		}
		if (stamps || count == 0) {
			break;
		}
		found = 0; // a file without times: lines are entries
	}
	return count == 0 ? len : 0;
}

/* Put the entries into the list; how many there were. */
static size_t decode(struct shell *sh, const char *data, size_t len) {
	struct cn_buf text = CN_BUF_INIT;
	int64_t when = 0;
	bool in_record = false;
	size_t count = 0;
	for (size_t pos = 0; pos < len;) {
		const char *stop = memchr(data + pos, '\n', len - pos);
		size_t n = stop != NULL ? (size_t)(stop - data) - pos : len - pos;
		const char *line = data + pos;
		size_t slashes;
		bool stamp = is_stamp(line, n, &slashes);
		pos += n + 1;
		if (stamp && slashes == 0) {
			if (text.len > 0) {
				sh_history_push(sh, text.data, text.len, when);
				count++;
			}
			cn_buf_reset(&text);
			when = strtoll(line + 1, NULL, 10);
			in_record = true;
			continue;
		}
		if (in_record) {
			cn_buf_puts(&text, text.len > 0 ? "\n" : "");
			cn_buf_append(&text, line + (stamp ? 1 : 0), n - (stamp ? 1 : 0));
		} else if (n > 0) {
			sh_history_push(sh, line, n, 0);
			count++;
		}
	}
	if (text.len > 0) {
		sh_history_push(sh, text.data, text.len, when);
		count++;
	}
	cn_buf_finish(&text);
	return count;
}

/* ---- opening ---- */

/*
 * Take the lock for the moments we need it. A process that was stopped while it held it must not
 * stop us: then appending goes on without, and false says that nothing else may be done.
 */
static bool lock(int fd) {
	for (int i = 0; i < 100; i++) {
		if (flock(fd, LOCK_EX | LOCK_NB) == 0) {
			return true;
		}
		if (errno != EWOULDBLOCK && errno != EINTR) {
			return false; // no locks on this file system
		}
		struct timespec moment = cn_timespec(10 * CN_MILLISECOND);
		nanosleep(&moment, NULL);
	}
	return false;
}

/* Another file than we know, or a shorter one: what we have seen of it is all of it. */
static void meet(struct history_file *f, const char *path, const struct stat *st) {
	bool same = f->path != NULL && strcmp(f->path, path) == 0 && f->dev == st->st_dev &&
			f->ino == st->st_ino && st->st_size >= f->seen;
	if (same) {
		return;
	}
	char *copy = sh_xstrdup(path);
	free(f->path);
	f->path = copy;
	f->dev = st->st_dev;
	f->ino = st->st_ino;
	f->seen = st->st_size;
	f->own_count = 0;
	f->last = (struct range){ 0 };
}

/* Open HISTFILE locked: *locked says whether that worked. -1: there is none, or it is no file. */
static int open_file(struct shell *sh, const char *path, bool *locked, struct stat *st) {
	for (int tries = 0; path != NULL && *path != '\0' && tries < 10; tries++) {
		int fd = open(path, O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC | O_NOCTTY | O_NONBLOCK, 0600);
		struct stat now;
		if (fd < 0) {
			return -1;
		}
		if (fstat(fd, st) < 0 || !S_ISREG(st->st_mode)) {
			close(fd);
			return -1;
		}
		*locked = lock(fd);
		/* While we waited the file may have been replaced by a shorter one. */
		if (fstat(fd, st) == 0 && stat(path, &now) == 0 && now.st_ino == st->st_ino &&
				now.st_dev == st->st_dev) {
			meet(state(sh), path, st);
			return fd;
		}
		close(fd);
	}
	return -1;
}

static const char *file_name(struct shell *sh) {
	return sh_var_get_text(sh, "HISTFILE");
}

/* All or part of the file, heap; NULL: not to be had. */
static char *read_part(int fd, off_t start, off_t end) {
	size_t len = (size_t)(end - start);
	char *data = malloc(len + 1);
	size_t got = 0;
	while (data != NULL && got < len) {
		ssize_t n = pread(fd, data + got, len - got, start + (off_t)got);
		if (n <= 0) {
			free(data);
			return NULL;
		}
		got += (size_t)n;
	}
	return data;
}

/* ---- reading what others wrote ---- */

static void take(struct shell *sh, int fd, off_t start, off_t end) {
	char *data = end > start ? read_part(fd, start, end) : NULL;
	if (data != NULL) {
		state(sh)->entries += decode(sh, data, (size_t)(end - start));
		free(data);
	}
}

static void take_new(struct shell *sh, int fd, off_t size) {
	struct history_file *f = state(sh);
	off_t pos = f->seen;
	for (size_t i = 0; i < f->own_count; i++) {
		take(sh, fd, pos, f->own[i].start);
		pos = f->own[i].end;
	}
	take(sh, fd, pos, size);
	f->seen = size;
	f->own_count = 0;
}

bool sh_history_file_update(struct shell *sh) {
	bool locked;
	struct stat st;
	int fd = open_file(sh, file_name(sh), &locked, &st);
	if (fd < 0) {
		return false;
	}
	take_new(sh, fd, st.st_size);
	close(fd);
	return true;
}

/* ---- appending ---- */

static void note_own(struct history_file *f, off_t start, off_t end) {
	f->last = (struct range){ start, end };
	f->entries++;
	if (f->seen == start) {
		f->seen = end;
		return;
	}
	if (f->own_count == f->own_cap) {
		f->own_cap = f->own_cap > 0 ? f->own_cap * 2 : 16;
		f->own = sh_xrealloc(f->own, f->own_cap * sizeof(*f->own));
	}
	f->own[f->own_count++] = f->last;
}

/* Replace the file by a new one that holds data[0, len). */
static int replace(const char *path, const struct stat *st, const char *data, size_t len) {
	char *real = realpath(path, NULL); // a link stays one
	struct cn_buf name = CN_BUF_INIT;
	cn_buf_printf(&name, "%s.new", real != NULL ? real : path);
	/* The lock makes the name ours, also when one who was killed has left it behind. */
	int fd = open(name.data, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600);
	int err = fd < 0 ? -errno : cn_write_full(fd, data, len);
	if (err == 0 && (fchmod(fd, st->st_mode & 07777) < 0 || fsync(fd) < 0 ||
							rename(name.data, real != NULL ? real : path) < 0)) {
		err = -errno;
	}
	if (fd >= 0) {
		if (err < 0) {
			unlink(name.data);
		}
		close(fd);
	}
	cn_buf_finish(&name);
	free(real);
	return err;
}

/* Keep HISTFILESIZE entries, when there are a good many more. */
static void trim(struct shell *sh, int fd, off_t size, const struct stat *st) {
	struct history_file *f = state(sh);
	size_t limit = sh_history_limit(sh, "HISTFILESIZE", FILE_SIZE_DEFAULT);
	if (f->entries <= limit + limit / 4) {
		return;
	}
	char *data = read_part(fd, 0, size);
	if (data == NULL) {
		return;
	}
	size_t start = find_tail(data, (size_t)size, limit);
	struct stat now;
	if (start > 0 && replace(f->path, st, data + start, (size_t)size - start) == 0 &&
			stat(f->path, &now) == 0) {
		f->ino = now.st_ino;
		f->dev = now.st_dev;
		f->seen = now.st_size;
		f->own_count = 0;
		f->last = (struct range){ 0 };
	}
	f->entries = limit;
	free(data);
}

void sh_history_file_append(struct shell *sh, const char *text, size_t len, int64_t when) {
	bool locked;
	struct stat st;
	struct history_file *f = state(sh);
	if (f->path == NULL) {
		return; // no interactive shell
	}
	int fd = open_file(sh, file_name(sh), &locked, &st);
	if (fd < 0) {
		return;
	}
	if (sh_history_control(sh, "share")) {
		take_new(sh, fd, st.st_size);
	}
	struct cn_buf record = CN_BUF_INIT;
	char last = '\n';
	if (st.st_size > 0 && pread(fd, &last, 1, st.st_size - 1) == 1 && last != '\n') {
		cn_buf_putc(&record, '\n');
	}
	encode(&record, text, len, when);
	ssize_t n = record.failed ? 0 : write(fd, record.data, record.len);
	off_t end = st.st_size + (off_t)record.len;
	if (n == (ssize_t)record.len && locked) {
		note_own(f, st.st_size, end);
		trim(sh, fd, end, &st);
	} else if (n > 0 && n < (ssize_t)record.len && locked) {
		n = ftruncate(fd, st.st_size); // the disk is full: better none than a part
	}
	cn_buf_finish(&record);
	close(fd);
}

void sh_history_file_retract(struct shell *sh) {
	struct history_file *f = state(sh);
	bool locked = false;
	struct stat st;
	struct range last = f->last;
	int fd = last.end > 0 ? open_file(sh, file_name(sh), &locked, &st) : -1;
	if (fd < 0) {
		return;
	}
	if (locked && f->last.end == st.st_size && ftruncate(fd, last.start) == 0) {
		f->own_count -= f->own_count > 0 && f->own[f->own_count - 1].end == last.end;
		f->seen = f->seen > last.start ? last.start : f->seen;
		f->entries--;
	}
	f->last = (struct range){ 0 };
	close(fd);
}

/* ---- the whole file ---- */

/* The last HISTSIZE entries of the open file. */
static void read_all(struct shell *sh, int fd, off_t size) {
	char *data = size > 0 ? read_part(fd, 0, size) : NULL;
	if (data == NULL) {
		return;
	}
	size_t all = 0;
	size_t slashes;
	for (size_t pos = 0; pos < (size_t)size;) {
		const char *stop = memchr(data + pos, '\n', (size_t)size - pos);
		size_t n = stop != NULL ? (size_t)(stop - data) - pos : (size_t)size - pos;
		all += is_stamp(data + pos, n, &slashes) && slashes == 0;
		pos += n + 1;
	}
	size_t start = find_tail(data, (size_t)size, sh_history_limit(sh, "HISTSIZE", 1000));
	size_t got = decode(sh, data + start, (size_t)size - start);
	state(sh)->entries = all > got ? all : got;
	free(data);
}

bool sh_history_file_read(struct shell *sh, const char *path) {
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	struct stat st;
	if (fd < 0 || fstat(fd, &st) < 0) {
		sh_error(sh, "%s: %s", path, strerror(errno));
		cn_fd_close(&fd);
		return false;
	}
	if (S_ISREG(st.st_mode)) {
		read_all(sh, fd, st.st_size);
	}
	close(fd);
	return true;
}

bool sh_history_file_write(struct shell *sh, const char *path) {
	struct sh_history *h = sh_history(sh);
	struct cn_buf text = CN_BUF_INIT;
	bool locked;
	struct stat st;
	errno = 0;
	int fd = open_file(sh, path, &locked, &st);
	if (fd < 0) {
		sh_error(sh, "%s: %s", path, errno != 0 ? strerror(errno) : "not a regular file");
		return false;
	}
	for (size_t i = 0; i < h->entries.len; i++) {
		const struct sh_history_entry *entry = h->entries.items[i];
		encode(&text, entry->text, strlen(entry->text), entry->time);
	}
	int err = text.failed ? -ENOMEM : replace(path, &st, text.data, text.len);
	if (err < 0) {
		sh_error(sh, "%s: %s", path, strerror(-err));
	}
	close(fd);
	cn_buf_finish(&text);
	return err == 0;
}

/* ---- the start ---- */

static void set_default(struct shell *sh, const char *name, const char *value) {
	if (sh_var_get_text(sh, name) == NULL) {
		sh_var_set_text(sh, name, value);
	}
}

bool sh_history_start(struct shell *sh) {
	bool posix = (sh->options & SH_OPT_POSIX) != 0;
	const char *home = sh_var_get(sh, sh->n.home);
	if (home != NULL && home[0] == '/') {
		struct cn_buf path = CN_BUF_INIT;
		cn_buf_printf(&path, "%s/%s", home, posix ? ".sh_history" : ".conch_history");
		set_default(sh, "HISTFILE", path.data);
		cn_buf_finish(&path);
	}
	if (!posix) {
		set_default(sh, "HISTSIZE", "1000");
		set_default(sh, "HISTFILESIZE", "10000");
		set_default(sh, "HISTCONTROL", "ignoredups");
	}
	bool locked;
	struct stat st;
	bool is_new = file_name(sh) != NULL && access(file_name(sh), F_OK) != 0;
	int fd = open_file(sh, file_name(sh), &locked, &st);
	if (fd < 0) {
		state(sh)->path = sh_xstrdup(""); // from now on HISTFILE counts
		return false;
	}
	read_all(sh, fd, st.st_size);
	if (locked) {
		trim(sh, fd, st.st_size, &st);
	}
	close(fd);
	return is_new;
}
