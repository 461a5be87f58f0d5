/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "plugin/callback.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "plugin/host.h"
#include "plugin/report.h"

struct callback *callback_create(char *const words[], size_t count) {
	size_t size = sizeof(struct callback) + (count + 1) * sizeof(char *);
	size_t start = size;
	for (size_t i = 0; i < count; i++) {
		size += strlen(words[i]) + 1;
	}
	struct callback *callback = malloc(size);
	if (callback == NULL) {
		return NULL;
	}
	char *text = (char *)callback + start;
	for (size_t i = 0; i < count; i++) {
		callback->words[i] = text;
		text = stpcpy(text, words[i]) + 1;
	}
	callback->words[count] = NULL;
	callback->count = count;
	callback->refs = 1;
	return callback;
}

struct callback *callback_ref(struct callback *callback) {
	callback->refs++;
	return callback;
}

void callback_unref(struct callback *callback) {
	if (callback != NULL && --callback->refs == 0) {
		free(callback);
	}
}

static int run_words(char *const words[], size_t count) {
	struct host_command command;
	host->find(words[0], &command);
	free(command.path);
	return command.kind == HOST_FUNCTION ? host->call(&command, words, count)
										 : host->run(words, count);
}

static void free_words(void *words) {
	free(words);
}

int callback_run(const struct callback *callback, char *const more[], size_t count) {
	enum { FEW = 16 };
	char *few[FEW + CALLBACK_MORE + 1];
	bool many = callback->count > FEW;
	char **words = few;
	if (many) {
		words = calloc(callback->count + CALLBACK_MORE + 1, sizeof(*words));
		if (words == NULL) {
			return STATUS_FAILED;
		}
		host->protect(free_words, words);
	}
	memcpy(words, callback->words, callback->count * sizeof(*words));
	if (count > 0) { // else `more` may be NULL
		memcpy(words + callback->count, more, count * sizeof(*words));
	}
	words[callback->count + count] = NULL;
	int status = run_words(words, callback->count + count);
	if (many) {
		host->unprotect();
		free(words);
	}
	return status;
}

static bool is_plain(const char *word) {
	const char *plain = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-+.,/:@%";
	return word[0] != '\0' && word[strspn(word, plain)] == '\0';
}

void quote_word(struct cn_buf *out, const char *word) {
	if (is_plain(word)) {
		cn_buf_puts(out, word);
		return;
	}
	cn_buf_putc(out, '\'');
	for (const char *p = word; *p != '\0'; p++) {
		if (*p == '\'') {
			cn_buf_puts(out, "'\\''");
		} else {
			cn_buf_putc(out, *p);
		}
	}
	cn_buf_putc(out, '\'');
}

void callback_quote(struct cn_buf *out, const struct callback *callback) {
	for (size_t i = 0; i < callback->count; i++) {
		if (i > 0) {
			cn_buf_putc(out, ' ');
		}
		quote_word(out, callback->words[i]);
	}
}

// ---- who waits ----

static struct watcher *watchers; // the innermost

struct watcher *watcher_begin(void) {
	struct watcher *watcher = calloc(1, sizeof(*watcher));
	if (watcher != NULL) {
		watcher->outer = watchers;
		watchers = watcher;
	}
	return watcher;
}

void watcher_end(void *data) {
	struct watcher *watcher = data;
	watchers = watcher->outer;
	free(watcher);
}

void watcher_note(const char *name) {
	if (watchers != NULL && !watchers->ran) {
		watchers->ran = true;
		snprintf(watchers->name, sizeof(watchers->name), "%s", name);
	}
}
