/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "lib/base/err.h"

#include <errno.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

// What these mean here, where the system's own words would mislead.
static const struct {
	int code;
	const char *text;
} texts[] = {
	{ EBADMSG, "damaged shared memory" },
	{ EDEADLK, "would wait for itself" },
	{ EEXIST, "name is taken" },
	{ EMSGSIZE, "too long" },
	{ ENOENT, "no such object" },
	{ ENOMEM, "out of memory" },
	{ ENOSPC, "session memory is full (CONCH_ARENA sets its size)" },
	{ ENOTRECOVERABLE, "state lost with its holder" },
	{ EOVERFLOW, "number too large" },
	{ EPIPE, "closed" },
	{ EPROTO, "made by another version of conch" },
	{ ETIMEDOUT, "timed out" },
};

const char *cn_strerror(int err) {
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		if (texts[i].code == -err) {
			return texts[i].text;
		}
	}
	return strerror(-err);
}

int cn_err_set(struct cn_err *err, int code, const char *format, ...) {
	if (err != NULL) {
		va_list args;
		va_start(args, format);
		vsnprintf(err->text, sizeof(err->text), format, args);
		va_end(args);
	}
	return code;
}
