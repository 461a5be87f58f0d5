/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "plugin/cmd/pool_prefix.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/fd.h"

int pool_prefix_init(struct pool_prefix *prefix, const struct pool_header *header, const char *format) {
	prefix->text[0] = pool_header_apply(header, format);
	return prefix->text[0] == NULL
			? -ENOMEM
			: words_compile(prefix->text, 1, &prefix->words, &prefix->replaces);
}

void pool_prefix_finish(struct pool_prefix *prefix) {
	words_free(prefix->words);
	free(prefix->text[0]);
	*prefix = (struct pool_prefix){ 0 };
}

static void join(struct cn_buf *out, char *const *words, size_t count) {
	for (size_t i = 0; i < count; i++) {
		cn_buf_puts(out, i > 0 ? " " : "");
		cn_buf_puts(out, words[i]);
	}
}

// The item, its parts joined by blanks, and a tab; or --prefix.
static int make(struct pool_prefix *prefix, const struct words_call *call, struct cn_buf *out) {
	if (prefix->words == NULL) {
		join(out, call->fields, call->count);
		return cn_buf_putc(out, '\t');
	}
	struct words_call own = *call;
	own.count = prefix->replaces ? call->count : 0;
	char **words;
	int count = words_fill(prefix->words, &own, &words); // a format that is just {}: a word per field
	join(out, words, count < 0 ? 0 : (size_t)count);
	return count < 0 ? count : 0;
}

int pool_prefix_print(struct pool_prefix *prefix, const struct words_call *call, int out,
		const char *text, size_t len) {
	struct cn_buf before = CN_BUF_INIT;
	struct cn_buf lines = CN_BUF_INIT;
	const char *end = text + len;
	int err = make(prefix, call, &before);
	while (err == 0 && text < end) {
		const char *stop = memchr(text, '\n', (size_t)(end - text));
		cn_buf_append(&lines, before.data, before.len);
		cn_buf_append(&lines, text, (size_t)((stop != NULL ? stop : end) - text));
		cn_buf_putc(&lines, '\n');
		text = stop != NULL ? stop + 1 : end;
	}
	if (err == 0) {
		err = before.failed || lines.failed ? -ENOMEM : cn_write_full(out, lines.data, lines.len);
	}
	cn_buf_finish(&before);
	cn_buf_finish(&lines);
	return err;
}
