/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "plugin/cmd/pool_reader.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "plugin/host.h"

// Read at a time.
enum { READ_SIZE = 64 << 10 };

void pool_reader_init(struct pool_reader *reader, const struct pool_map_args *args,
		struct items *items, int input, int delim) {
	size_t lists = items_fields(items);
	*reader = (struct pool_reader){ .args = args, .items = items, .input = input, .delim = delim };
	reader->lists = lists > 0 ? lists : 1;
	cn_buf_init(&reader->text);
	cn_buf_init(&reader->copy);
	cn_vec_init(&reader->fields);
}

void pool_reader_finish(struct pool_reader *reader) {
	cn_buf_finish(&reader->text);
	cn_buf_finish(&reader->copy);
	cn_vec_finish(&reader->fields);
}

// More input into the text. 1, 0 at its end, or a negative errno.
static int read_more(struct pool_reader *r) {
	memmove(r->text.data, r->text.data + r->at, r->text.len - r->at);
	cn_buf_truncate(&r->text, r->text.len - r->at);
	r->at = 0;
	if (r->input < 0) {
		return items_next(r->items, &r->text);
	}
	int err = cn_buf_reserve(&r->text, READ_SIZE + 1);
	ssize_t n = err < 0 ? err : read(r->input, r->text.data + r->text.len, READ_SIZE);
	if (n < 0) {
		return err < 0 ? err : -errno;
	}
	cn_buf_truncate(&r->text, r->text.len + (size_t)n);
	if (n == 0 && r->text.len > 0 && r->text.data[r->text.len - 1] != (char)r->delim) {
		cn_buf_putc(&r->text, (char)r->delim);
	}
	return n > 0;
}

// The next item, NUL-terminated, into the copy. 1, 0: there are no more, or a negative errno.
static int next_item(struct pool_reader *r) {
	for (;;) {
		size_t left = r->text.len - r->at;
		char *end = left > 0 ? memchr(r->text.data + r->at, r->delim, left) : NULL;
		if (end != NULL) {
			size_t len = (size_t)(end - r->text.data) - r->at;
			cn_buf_append(&r->copy, r->text.data + r->at, len);
			cn_buf_putc(&r->copy, '\0');
			r->at += len + 1;
			return r->copy.failed ? -ENOMEM : 1;
		}
		if (r->ended) {
			return 0;
		}
		int more = read_more(r);
		if (more == -EINTR) {
			host->pending();
		} else if (more < 0) {
			return more;
		}
		r->ended = more == 0;
	}
}

// The copied items as fields.
static int cut(struct pool_reader *r) {
	const char *colsep = r->args->colsep;
	char *end = r->copy.data + r->copy.len;
	for (char *at = r->copy.data; at < end;) {
		size_t len = colsep != NULL ? strcspn(at, colsep) : strlen(at);
		if (cn_vec_push(&r->fields, at) < 0) {
			return -ENOMEM;
		}
		at[len] = '\0';
		at += len + 1;
	}
	return 1;
}

int pool_reader_next(struct pool_reader *r) {
	const struct pool_map_args *args = r->args;
	uint64_t want = (args->per_call > 0 ? (uint64_t)args->per_call : 1) * r->lists;
	cn_buf_reset(&r->copy);
	cn_vec_reset(&r->fields);
	uint64_t count = 0;
	int more = 1;
	if (args->as_many && r->lists == 1) {
		want = args->per_call > 0 ? want : UINT64_MAX;
	}
	while (count < want &&
			(!args->as_many || r->copy.len + count * sizeof(char *) < POOL_CALL_BYTES) &&
			(more = next_item(r)) > 0) {
		count++;
	}
	if (more < 0 || count == 0) {
		return more < 0 ? more : 0;
	}
	return cut(r);
}
