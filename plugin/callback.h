/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * plugin/callback.h - a command of the script's that is kept and run later: by a signal, a timer,
 * the end of a task. And who waits for any of these to run (`pause`).
 */
#ifndef PLUGIN_CALLBACK_H
#define PLUGIN_CALLBACK_H

#include <stdbool.h>
#include <stddef.h>

#include "lib/base/buf.h"
#include "lib/shm/names.h"

/* Counted, so that it may be replaced by what it runs. */
struct callback {
	int refs;
	size_t count;
	char *words[]; // count of them, and NULL
};

/* A copy of the words, with one reference. NULL: no memory. */
struct callback *callback_create(char *const words[], size_t count);
struct callback *callback_ref(struct callback *callback);
void callback_unref(struct callback *callback); // NULL is fine

/*
 * Run it with `more` words (at most CALLBACK_MORE) behind its own: a function by a call, else as
 * the shell runs a simple command. Its status. MAY NOT RETURN.
 */
enum { CALLBACK_MORE = 4 };
int callback_run(const struct callback *callback, char *const more[], size_t count);

/* Append the words such that the shell reads them as they are. */
void callback_quote(struct cn_buf *out, const struct callback *callback);
void quote_word(struct cn_buf *out, const char *word);

/* Somebody who waits until something has run. Those inside its callbacks are on top of it. */
struct watcher {
	struct watcher *outer;
	bool ran;
	char name[CN_NAME_MAX + 1]; // of the first that ran
};

/* Begin to watch; NULL: no memory. The second ends it, also as a cleanup of host->protect(). */
struct watcher *watcher_begin(void);
void watcher_end(void *watcher);

/* Something of this name has run. */
void watcher_note(const char *name);

#endif
