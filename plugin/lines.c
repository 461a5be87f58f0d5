/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "plugin/lines.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "plugin/host.h"

enum { BLOCK = 1 << 16 };

static void end(void *data) {
	lines_end(data);
}

void lines_begin(struct lines *lines, int delim) {
	*lines = (struct lines){ .buf = CN_BUF_INIT, .delim = delim };
}

void lines_end(struct lines *lines) {
	cn_buf_finish(&lines->buf);
	free(lines->texts);
	lines->texts = NULL;
	lines->room = 0;
}

static int text_add(struct lines *lines, const char *data, size_t len) {
	if (lines->count == lines->room) {
		size_t room = lines->room == 0 ? 1024 : 2 * lines->room;
		struct cn_text *texts = reallocarray(lines->texts, room, sizeof(*texts));
		if (texts == NULL) {
			return -ENOMEM;
		}
		lines->texts = texts;
		lines->room = room;
	}
	lines->texts[lines->count++] = (struct cn_text){ data, len };
	return 0;
}

// Cut what is in the buffer behind `from`, which has no delimiter before it.
static int cut(struct lines *lines, size_t from) {
	const char *data = lines->buf.data;
	const char *stop = data + lines->buf.len;
	const char *begin = data;
	const char *at = data + from;
	const char *found;
	lines->count = 0;
	while (lines->delim >= 0 && at < stop &&
			(found = memchr(at, lines->delim, (size_t)(stop - at))) != NULL) {
		int err = text_add(lines, begin, (size_t)(found - begin));
		if (err < 0) {
			return err;
		}
		begin = at = found + 1;
	}
	if (lines->ended && (begin < stop || lines->delim < 0)) {
		int err = text_add(lines, begin, (size_t)(stop - begin));
		if (err < 0) {
			return err;
		}
		begin = stop;
	}
	lines->used = (size_t)(begin - data);
	return lines->count > 0;
}

// Read some more. 0 or a negative errno.
static int fill(struct lines *lines) {
	int fd = host->fd(STDIN_FILENO);
	int err = fd < 0 ? -EBADF : cn_buf_reserve(&lines->buf, BLOCK);
	if (err < 0) {
		return err;
	}
	ssize_t n = read(fd, lines->buf.data + lines->buf.len, lines->buf.cap - lines->buf.len - 1);
	if (n >= 0) {
		lines->buf.len += (size_t)n;
		lines->ended = n == 0;
		return 0;
	}
	if (errno == EAGAIN) {
		struct pollfd poll_fd = { .fd = fd, .events = POLLIN };
		return poll(&poll_fd, 1, -1) < 0 ? -errno : 0;
	}
	return -errno;
}

int lines_more(struct lines *lines) {
	struct cn_buf *buf = &lines->buf;
	if (lines->ended) {
		return 0;
	}
	memmove(buf->data, buf->data + lines->used, buf->len - lines->used);
	cn_buf_truncate(buf, buf->len - lines->used);
	lines->used = 0;
	for (;;) {
		size_t from = buf->len;
		int err = fill(lines);
		if (err == -EINTR) {
			host->protect(end, lines);
			host->pending();
			host->unprotect();
		} else if (err < 0) {
			return err;
		}
		err = cut(lines, from);
		if (err != 0 || lines->ended) {
			return err;
		}
	}
}
