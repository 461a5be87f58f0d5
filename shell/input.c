/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "shell/builtin.h"
#include "shell/edit.h"
#include "shell/fd.h"
#include "shell/history.h"
#include "shell/input.h"
#include "shell/shell.h"

enum { BLOCK = 8192 };

void sh_input_string(struct sh_input *in, const char *text, size_t len, int line) {
	memset(in, 0, offsetof(struct sh_input, aliases));
	in->mode = SH_INPUT_STRING;
	in->data = (char *)text; // borrowed: cap is 0, so it is copied before any change
	in->pos = 0;
	in->len = len;
	in->fd = -1;
	in->line = line;
	in->at_eof = true;
	in->again = false;
	in->interrupted = false;
}

void sh_input_fd(struct sh_input *in, int fd, enum sh_input_mode mode) {
	memset(in, 0, sizeof(*in));
	in->mode = (unsigned char)mode;
	in->fd = fd;
	in->line = 1;
}

/* Positions have moved. */
static void forget_refused(struct sh_input *in) {
	free(in->refused);
	in->refused = NULL;
	in->refused_len = 0;
}

void sh_input_refuse(struct sh_input *in, size_t pos) {
	if (pos >= in->refused_len) {
		size_t len = (pos + 1) * 2;
		in->refused = sh_xrealloc(in->refused, len);
		memset(in->refused + in->refused_len, 0, len - in->refused_len);
		in->refused_len = len;
	}
	in->refused[pos] = 1;
}

void sh_input_finish(struct sh_input *in) {
	forget_refused(in);
	if (in->cap > 0) {
		free(in->data);
	}
	if (in->mode == SH_INPUT_BLOCKS && in->fd >= 0) {
		close(in->fd);
	}
	in->fd = -1;
	in->cap = 0;
	in->len = in->pos = 0;
}

static void input_reserve(struct sh_input *in, size_t extra) {
	if (in->cap >= in->len + extra && in->cap > 0) {
		return;
	}
	size_t cap = (in->len + extra) * 2;
	if (in->cap == 0) {
		char *copy = sh_xmalloc(cap);
		if (in->len > 0) {
			memcpy(copy, in->data, in->len);
		}
		in->data = copy;
	} else {
		in->data = sh_xrealloc(in->data, cap);
	}
	in->cap = cap;
}

static bool fill_terminal(struct shell *sh, struct sh_input *in) {
	struct cn_buf line = CN_BUF_INIT;
	bool more = sh_edit_line(sh, in->again, &line);
	if (more) {
		input_reserve(in, line.len);
		memcpy(in->data + in->len, line.data, line.len);
		sh_history_note(sh, line.data, line.len);
		in->len += line.len;
	}
	cn_buf_finish(&line);
	in->interrupted = sh->unwind != SH_UNWIND_NONE;
	in->at_eof = !more; // to the end of this command: a terminal can go on after it
	return more;
}

/* One line of a pipe, byte by byte: what follows belongs to the commands. */
static bool fill_bytes(struct sh_input *in) {
	size_t start = in->len;
	for (;;) {
		input_reserve(in, 1);
		ssize_t n = read(in->fd, in->data + in->len, 1);
		if (n < 0 && errno == EINTR) {
			continue;
		}
		if (n <= 0) {
			in->at_eof = true;
			break;
		}
		if (in->data[in->len++] == '\n') {
			break;
		}
	}
	return in->len > start;
}

static bool fill_block(struct sh_input *in) {
	ssize_t n;
	input_reserve(in, BLOCK);
	do {
		n = read(in->fd, in->data + in->len, BLOCK);
	} while (n < 0 && errno == EINTR);
	if (n <= 0) {
		in->at_eof = true;
		return false;
	}
	in->len += (size_t)n;
	return true;
}

bool sh_input_fill(struct shell *sh, struct sh_input *in) {
	if (in->at_eof) {
		return false;
	}
	if (sh->input == in) {
		sh_fd_sync_ahead(sh);
	}
	switch (in->mode) {
	case SH_INPUT_TERMINAL:
		return fill_terminal(sh, in);
	case SH_INPUT_BYTES:
		return fill_bytes(in);
	default:
		return fill_block(in);
	}
}

void sh_input_follow(struct shell *sh, struct sh_input *in) {
	int fd = sh_fd_real(sh, STDIN_FILENO);
	if (fd == in->fd) {
		return;
	}
	sh_input_sync(in);
	in->len = in->pos;
	in->fd = fd;
	in->at_eof = fd < 0;
	if (in->mode != SH_INPUT_TERMINAL) {
		struct stat st;
		bool seekable = fd >= 0 && fstat(fd, &st) == 0 && S_ISREG(st.st_mode);
		in->mode = seekable ? SH_INPUT_SEEKABLE : SH_INPUT_BYTES;
	}
}

size_t sh_input_mark(struct sh_input *in) {
	forget_refused(in);
	if (in->pos == in->len) {
		in->alias_count = 0;
	}
	if (in->cap == 0 || in->alias_count > 0 || (in->pos < in->len && in->pos < 4 * BLOCK)) {
		return in->pos;
	}
	memmove(in->data, in->data + in->pos, in->len - in->pos);
	in->len -= in->pos;
	in->pos = 0;
	return 0;
}

void sh_input_sync(struct sh_input *in) {
	if (in->mode != SH_INPUT_SEEKABLE || in->pos == in->len) {
		return;
	}
	if (lseek(in->fd, -(off_t)(in->len - in->pos), SEEK_CUR) >= 0) {
		in->len = in->pos;
	}
	in->at_eof = false;
}

void sh_input_remove(struct sh_input *in, size_t at, size_t len) {
	forget_refused(in);
	input_reserve(in, 1);
	memmove(in->data + at, in->data + at + len, in->len - at - len);
	in->len -= len;
	for (int i = 0; i < in->alias_count; i++) {
		in->aliases[i].end -= in->aliases[i].end > at ? len : 0;
	}
}

void sh_input_insert(struct sh_input *in, const char *text, size_t len) {
	forget_refused(in);
	input_reserve(in, len + 1);
	memmove(in->data + in->pos + len, in->data + in->pos, in->len - in->pos);
	memcpy(in->data + in->pos, text, len);
	in->len += len;
	for (int i = 0; i < in->alias_count; i++) {
		in->aliases[i].end += len;
	}
}
