/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "lib/base/buf.h"

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

char cn_buf_empty[1];

enum { CAP_MIN = 32 };

void cn_buf_init(struct cn_buf *buf) {
	*buf = (struct cn_buf)CN_BUF_INIT;
}

void cn_buf_finish(struct cn_buf *buf) {
	if (buf->cap > 0) {
		free(buf->data);
	}
	cn_buf_init(buf);
}

void cn_buf_reset(struct cn_buf *buf) {
	cn_buf_truncate(buf, 0);
	buf->failed = false;
}

void cn_buf_truncate(struct cn_buf *buf, size_t len) {
	buf->len = len;
	if (buf->cap > 0) {
		buf->data[len] = '\0';
	}
}

void cn_buf_cut_newlines(struct cn_buf *buf) {
	while (buf->len > 0 && buf->data[buf->len - 1] == '\n') {
		cn_buf_truncate(buf, buf->len - 1);
	}
}

int cn_buf_reserve(struct cn_buf *buf, size_t extra) {
	size_t need;
	if (__builtin_add_overflow(buf->len, extra, &need) || need >= SIZE_MAX / 2) {
		buf->failed = true;
		return -ENOMEM;
	}
	if (need < buf->cap) {
		return 0;
	}
	size_t cap = buf->cap * 2 > need + 1 ? buf->cap * 2 : need + 1;
	cap = cap > CAP_MIN ? cap : CAP_MIN;
	char *data = realloc(buf->cap > 0 ? buf->data : NULL, cap);
	if (data == NULL) {
		buf->failed = true;
		return -ENOMEM;
	}
	data[buf->len] = '\0';
	buf->data = data;
	buf->cap = cap;
	return 0;
}

int cn_buf_append(struct cn_buf *buf, const void *data, size_t len) {
	int err = cn_buf_reserve(buf, len);
	if (err < 0) {
		return err;
	}
	if (len > 0) {
		memcpy(buf->data + buf->len, data, len);
	}
	cn_buf_truncate(buf, buf->len + len);
	return 0;
}

int cn_buf_puts(struct cn_buf *buf, const char *text) {
	return cn_buf_append(buf, text, strlen(text));
}

int cn_buf_putc(struct cn_buf *buf, char c) {
	return cn_buf_append(buf, &c, 1);
}

int cn_buf_vprintf(struct cn_buf *buf, const char *format, va_list args) {
	va_list again;
	va_copy(again, args);
	int len = vsnprintf(NULL, 0, format, args);
	int err = len < 0 ? -EINVAL : cn_buf_reserve(buf, (size_t)len);
	if (err == 0) {
		vsnprintf(buf->data + buf->len, (size_t)len + 1, format, again);
		buf->len += (size_t)len;
	}
	va_end(again);
	return err;
}

int cn_buf_printf(struct cn_buf *buf, const char *format, ...) {
	va_list args;
	va_start(args, format);
	int err = cn_buf_vprintf(buf, format, args);
	va_end(args);
	return err;
}

char *cn_buf_steal(struct cn_buf *buf) {
	if (cn_buf_reserve(buf, 0) < 0) {
		return NULL;
	}
	char *data = buf->data;
	cn_buf_init(buf);
	return data;
}

size_t cn_copy_without_nul(char *to, const char *text, size_t len) {
	size_t kept = 0;
	for (size_t i = 0; i < len; i++) {
		if (text[i] != '\0') {
			to[kept++] = text[i];
		}
	}
	to[kept] = '\0';
	return kept;
}
