/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "plugin/cmd/pool_progress.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "lib/base/fd.h"
#include "plugin/cells.h"
#include "plugin/host.h"

// The block is made anew this often; off a terminal a line is printed.
#define MAKE_EVERY (90 * CN_MILLISECOND)
#define LINE_EVERY (5 * CN_SECOND)

// A line of a task's stderr is held back until it is whole, or so long.
enum { ASIDE_MAX = 64 << 10, BAR_MAX = 40 };

// Lines where there is no terminal have no width.
enum { NO_COLUMNS = 200, NO_ROWS = 1 << 16 };

/*
 * To the end of the line, and of the screen. That never at the beginning of the screen: terminals
 * that keep what they clear as a whole would keep each of our blocks.
 */
#define LINE_END "\033[K"
#define SCREEN_END "\033[J"
// The terminal may just have become narrower, and not yet said so: a long line shall not wrap then.
#define WRAP_OFF "\033[?7l"
#define WRAP_ON "\033[?7h"
#define CLEAR "\r" LINE_END " " SCREEN_END "\r"

int pool_progress_begin(struct pool_progress *progress, const struct pool_progress_setup *setup) {
	*progress = (struct pool_progress){
		.setup = *setup,
		.is_on = true,
		.fd = host->fd(STDERR_FILENO),
		.aside = { -1, -1 },
		.aside_text = CN_BUF_INIT,
		.block = CN_BUF_INIT,
		.began = cn_now(),
	};
	progress->is_terminal = isatty(progress->fd);
	int ends[2];
	if (!progress->is_terminal) {
		return 0;
	}
	if (pipe2(ends, O_CLOEXEC) < 0) {
		return -errno;
	}
	progress->aside[0] = cn_fd_private(ends[0]);
	progress->aside[1] = cn_fd_private(ends[1]);
	if (progress->aside[0] < 0 || progress->aside[1] < 0) {
		int err = progress->aside[0] < 0 ? progress->aside[0] : progress->aside[1];
		cn_fd_close(&progress->aside[0]);
		cn_fd_close(&progress->aside[1]);
		return err;
	}
	fcntl(progress->aside[0], F_SETFL, O_NONBLOCK);
	return 0;
}

void pool_progress_join(const struct pool_progress *progress, bool with_stdout) {
	if (progress->is_on && progress->aside[1] >= 0) {
		dup2(progress->aside[1], STDERR_FILENO);
		if (with_stdout && isatty(STDOUT_FILENO)) {
			dup2(progress->aside[1], STDOUT_FILENO);
		}
	}
}

// ---- the block --------------------------------------------------------------------------------

static void append_time(struct cn_buf *out, cn_time time) {
	long long seconds = time / CN_SECOND;
	if (seconds < 3600) {
		cn_buf_printf(out, "%lld:%02lld", seconds / 60, seconds % 60);
	} else {
		cn_buf_printf(out, "%lld:%02lld:%02lld", seconds / 3600, seconds / 60 % 60, seconds % 60);
	}
}

static void append_counts(struct cn_buf *out, const struct pool_progress *progress,
		const struct pool_progress_count *count) {
	cn_time spent = cn_now() - progress->began;
	double rate = spent > 0 ? (double)count->done / ((double)spent / 1e9) : 0;
	cn_buf_printf(out, "%llu", (unsigned long long)count->done);
	if (count->total > 0) {
		cn_buf_printf(out, "/%llu %d%%", (unsigned long long)count->total,
				(int)((double)count->done * 100 / (double)count->total));
	}
	cn_buf_printf(out, rate < 100 ? " %.1f/s" : " %.0f/s", rate);
	if (count->total > 0 && count->done > 0 && count->done < count->total) {
		cn_buf_putc(out, ' ');
		append_time(
				out, (cn_time)((double)(count->total - count->done) / rate * (double)CN_SECOND));
		cn_buf_puts(out, " left");
	}
	if (count->failed > 0) {
		cn_buf_printf(out, " %llu failed", (unsigned long long)count->failed);
	}
}

// "[#####     ] " in what the counts leave free.
static void append_bar(struct cn_buf *out, const struct pool_progress_count *count, size_t room) {
	if (count->total == 0 || room < 10) {
		return;
	}
	size_t cells = room - 4 < BAR_MAX ? room - 4 : BAR_MAX;
	size_t full = (size_t)((double)count->done / (double)count->total * (double)cells);
	cn_buf_putc(out, '[');
	for (size_t i = 0; i < cells; i++) {
		cn_buf_putc(out, i < full ? '#' : ' ');
	}
	cn_buf_puts(out, "] ");
}

// "2: #17 0:03 item", what fits of it.
static void append_worker(struct pool_progress *progress, uint32_t slot, size_t cells) {
	struct pool_progress_worker at = { .began = CN_NEVER };
	struct cn_buf text = CN_BUF_INIT;
	progress->setup.worker(progress->setup.data, slot, &at);
	cn_buf_printf(&text, "%u:", (unsigned)slot + 1);
	if (at.seq > 0) {
		cn_buf_printf(&text, " #%llu ", (unsigned long long)at.seq);
		if (at.began != CN_NEVER) {
			append_time(&text, cn_now() - at.began);
			cn_buf_putc(&text, ' ');
		}
		cn_buf_puts(&text, at.item);
	}
	cells_append(&progress->block, text.data, text.len, cells);
	cn_buf_putc(&progress->block, '\n');
	cn_buf_finish(&text);
}

// One column stays free: a terminal that has written the last one may be in the next line already.
static void make_block(struct pool_progress *progress, const struct pool_progress_count *count) {
	struct cn_buf counts = CN_BUF_INIT;
	size_t cells = progress->columns - 1;
	uint32_t lines = progress->setup.workers;
	uint32_t room = progress->rows >= 4 ? progress->rows / 2 - 1 : 0; // output stays in sight
	cn_buf_reset(&progress->block);
	for (uint32_t i = 0; i < lines && i < room; i++) {
		append_worker(progress, i, cells);
	}
	append_counts(&counts, progress, count);
	if (progress->setup.bar && progress->is_terminal) {
		append_bar(&progress->block, count, counts.len < cells ? cells - counts.len : 0);
	}
	cells_append(&progress->block, counts.data, counts.len, cells);
	cn_buf_putc(&progress->block, '\n');
	cn_buf_finish(&counts);
}

// Whether the terminal is not as it was.
static bool look_size(struct pool_progress *progress) {
	struct winsize size = { 0 };
	bool known = progress->is_terminal && ioctl(progress->fd, TIOCGWINSZ, &size) == 0;
	unsigned columns = !progress->is_terminal ? NO_COLUMNS
			: known && size.ws_col > 0		  ? size.ws_col
											  : 80;
	unsigned rows = !progress->is_terminal ? NO_ROWS : known && size.ws_row > 0 ? size.ws_row : 24;
	bool changed = columns != progress->columns || rows != progress->rows;
	progress->columns = columns;
	progress->rows = rows;
	return changed;
}

static void put(const struct pool_progress *progress, const char *text, size_t len) {
	if (progress->fd >= 0) {
		cn_write_full(progress->fd, text, len);
	}
}

void pool_progress_hide(struct pool_progress *progress) {
	if (progress->is_on && progress->on_screen) {
		put(progress, CLEAR, sizeof(CLEAR) - 1);
		progress->on_screen = false;
	}
}

// Put the block there, and the cursor back to its beginning.
void pool_progress_show(struct pool_progress *progress) {
	if (!progress->is_on || !progress->is_terminal || progress->on_screen ||
			progress->block.len == 0) {
		return;
	}
	if (look_size(progress)) {
		make_block(progress, &progress->count);
	}
	struct cn_buf text = CN_BUF_INIT;
	size_t lines = 0;
	cn_buf_puts(&text, WRAP_OFF);
	cn_buf_puts(&text, *progress->setup.open_line ? "\n" : "\r");
	*progress->setup.open_line = false;
	for (size_t i = 0; i + 1 < progress->block.len; i++) {
		bool ends = progress->block.data[i] == '\n';
		lines += ends;
		cn_buf_puts(&text, ends ? LINE_END : "");
		cn_buf_putc(&text, progress->block.data[i]);
	}
	cn_buf_puts(&text, SCREEN_END WRAP_ON "\r");
	if (lines > 0) {
		cn_buf_printf(&text, "\033[%zuA", lines);
	}
	put(progress, text.data, text.len);
	cn_buf_finish(&text);
	progress->on_screen = true;
}

void pool_progress_update(struct pool_progress *progress, const struct pool_progress_count *count) {
	if (!progress->is_on) {
		return;
	}
	cn_time now = cn_now();
	cn_time since = progress->made != 0 || progress->is_terminal ? progress->made : progress->began;
	bool resized = look_size(progress) && progress->is_terminal;
	if (!resized && now - since < (progress->is_terminal ? MAKE_EVERY : LINE_EVERY)) {
		return;
	}
	progress->made = now;
	progress->count = *count;
	make_block(progress, count);
	if (progress->is_terminal) {
		progress->on_screen = false; // show() clears what stands there
		pool_progress_show(progress);
	} else {
		put(progress, progress->block.data, progress->block.len);
	}
}

// ---- what tasks write to stderr ---------------------------------------------------------------

static void put_aside(struct pool_progress *progress, size_t len) {
	struct cn_buf *text = &progress->aside_text;
	if (len > 0) {
		pool_progress_hide(progress);
		put(progress, text->data, len);
		memmove(text->data, text->data + len, text->len - len);
		cn_buf_truncate(text, text->len - len);
	}
}

int pool_progress_aside(struct pool_progress *progress) {
	struct cn_buf *text = &progress->aside_text;
	for (;;) {
		if (cn_buf_reserve(text, ASIDE_MAX) < 0) {
			return -ENOMEM;
		}
		ssize_t n = read(progress->aside[0], text->data + text->len, ASIDE_MAX);
		if (n <= 0) {
			return n == 0 || errno == EAGAIN || errno == EINTR ? 0 : -errno;
		}
		cn_buf_truncate(text, text->len + (size_t)n);
		const char *last = memrchr(text->data, '\n', text->len);
		size_t len = last != NULL ? (size_t)(last - text->data) + 1 : 0;
		put_aside(progress, len == 0 && text->len >= ASIDE_MAX ? text->len : len);
	}
}

void pool_progress_end(struct pool_progress *progress, const struct pool_progress_count *count) {
	if (!progress->is_on) {
		return;
	}
	pool_progress_hide(progress);
	if (progress->aside[0] >= 0) {
		pool_progress_aside(progress);
		put_aside(progress, progress->aside_text.len);
	}
	if (count != NULL) {
		progress->setup.workers = 0;
		look_size(progress);
		make_block(progress, count);
		put(progress, "\n", *progress->setup.open_line && progress->is_terminal);
		put(progress, progress->block.data, progress->block.len);
	}
	cn_fd_close(&progress->aside[0]);
	cn_fd_close(&progress->aside[1]);
	cn_buf_finish(&progress->aside_text);
	cn_buf_finish(&progress->block);
	progress->is_on = false;
}
