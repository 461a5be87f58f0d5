/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * lib/base/buf.h - a growing byte string.
 *
 *	struct cn_buf line = CN_BUF_INIT;
 *	cn_buf_puts(&line, "name: ");
 *	cn_buf_append(&line, data, len);
 *	use(line.data, line.len);
 *	cn_buf_finish(&line);
 *
 * data[len] is always a NUL that does not count, also when nothing was ever allocated. Appending
 * returns -ENOMEM and leaves the contents as they were; a caller that appends often may look at
 * `failed` once, at the end, instead. What owns the heap is a cn_buf; a bare pointer is borrowed
 * until the next change of the buffer.
 */
#ifndef CN_BASE_BUF_H
#define CN_BASE_BUF_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

struct cn_buf {
	char *data;
	size_t len;
	size_t cap; // bytes allocated; 0: data is the shared empty string
	bool failed; // an append ran out of memory since init or reset
};

extern char cn_buf_empty[1];

#define CN_BUF_INIT                                                                                \
	{ .data = cn_buf_empty }

void cn_buf_init(struct cn_buf *buf);

/* Free what it holds; the buffer is as after init. */
void cn_buf_finish(struct cn_buf *buf);

/* Make it empty, keeping the memory. */
void cn_buf_reset(struct cn_buf *buf);

/* Shorten to `len`, which must not exceed the length. */
void cn_buf_truncate(struct cn_buf *buf, size_t len);

/* Take the newlines off its end, as $(...) does. */
void cn_buf_cut_newlines(struct cn_buf *buf);

/* Room for `extra` bytes more. 0 or -ENOMEM. */
int cn_buf_reserve(struct cn_buf *buf, size_t extra);

int cn_buf_append(struct cn_buf *buf, const void *data, size_t len);
int cn_buf_puts(struct cn_buf *buf, const char *text);
int cn_buf_putc(struct cn_buf *buf, char c);
int cn_buf_printf(struct cn_buf *buf, const char *format, ...)
		__attribute__((format(printf, 2, 3)));
int cn_buf_vprintf(struct cn_buf *buf, const char *format, va_list args)
		__attribute__((format(printf, 2, 0)));

/* The contents as a heap string the caller frees; the buffer is empty. NULL: out of memory. */
char *cn_buf_steal(struct cn_buf *buf);

/*
 * Copy text[0, len) without its NUL bytes, which no shell variable holds, and end it with one. `to`
 * has room for len + 1. Returns how long it is now.
 */
size_t cn_copy_without_nul(char *to, const char *text, size_t len);

#endif
