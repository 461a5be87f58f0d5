/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * lib/base/err.h - error values and their texts. Everything in lib/ returns 0 or a negative errno
 * value; the text for a person is made once, at the edge, from here.
 */
#ifndef CN_BASE_ERR_H
#define CN_BASE_ERR_H

/*
 * A sentence for callers to whom a bare code says too little. The function that fails fills it;
 * the caller owns the storage. Empty text: nothing more is known than the code.
 */
struct cn_err {
	char text[256];
};

/* The reason in a few lower-case words, without newline: static storage. `err` is a negative errno.
 */
const char *cn_strerror(int err);

/* Fill *err (NULL: nothing) and return `code`, so that a function can fail in one statement. */
int cn_err_set(struct cn_err *err, int code, const char *format, ...)
		__attribute__((format(printf, 3, 4)));

#endif
