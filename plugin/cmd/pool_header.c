/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "plugin/cmd/pool_header.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/base/buf.h"
#include "plugin/report.h"

// One byte at a time: what is behind belongs to the items.
static int read_line(int fd, int delim, struct cn_buf *out) {
	for (;;) {
		char c;
		ssize_t n = read(fd, &c, 1);
		if (n < 0 && errno == EINTR) {
			continue;
		}
		if (n < 0) {
			return -errno;
		}
		if (n == 0 || c == (char)delim) {
			return 0;
		}
		cn_buf_putc(out, c);
	}
}

static int cut_names(struct pool_header *header, char *line, const char *colsep) {
	bool more = true;
	while (more) {
		size_t len = colsep != NULL ? strcspn(line, colsep) : strlen(line);
		char *copy = strndup(line, len);
		if (copy == NULL || cn_vec_push(&header->names, copy) < 0) {
			free(copy);
			return -ENOMEM;
		}
		more = line[len] != '\0';
		line += len + 1;
	}
	return 0;
}

int pool_header_take(struct pool_header *header, const struct cmd *cmd,
		const struct pool_map_args *args, struct items *items, int input, int delim) {
	struct cn_buf line = CN_BUF_INIT;
	int err = input >= 0 ? read_line(input, delim, &line) : items_take_first(items, &header->names);
	if (err == 0 && input < 0 && header->names.len == 1 && args->colsep != NULL) {
		char *only = cn_vec_pop(&header->names);
		cn_buf_puts(&line, only);
		free(only);
	}
	if (err == 0 && header->names.len == 0) {
		err = line.failed ? -ENOMEM : cut_names(header, line.data, args->colsep);
	}
	cn_buf_finish(&line);
	return err < 0 ? cmd_result(cmd, "--header", err, NULL) : STATUS_OK;
}

void pool_header_finish(struct pool_header *header) {
	for (size_t i = 0; i < header->names.len; i++) {
		free(header->names.items[i]);
	}
	cn_vec_finish(&header->names);
}

// Whether `text` behind a name ends a replacement string: "}", ".}", "/}", "//}", "/.}".
static bool ends(const char *text) {
	static const char *const all[] = { "}", ".}", "/}", "//}", "/.}" };
	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		if (strncmp(text, all[i], strlen(all[i])) == 0) {
			return true;
		}
	}
	return false;
}

// The number of the name at `text`, from 1; 0: there is none.
static size_t name_at(const struct pool_header *header, const char *text, size_t *len) {
	for (size_t i = 0; i < header->names.len; i++) {
		*len = strlen(header->names.items[i]);
		if (*len > 0 && strncmp(text, header->names.items[i], *len) == 0 && ends(text + *len)) {
			return i + 1;
		}
	}
	return 0;
}

char *pool_header_apply(const struct pool_header *header, const char *word) {
	if (header == NULL) {
		return strdup(word);
	}
	struct cn_buf out = CN_BUF_INIT;
	while (*word != '\0') {
		size_t len;
		size_t number = *word == '{' ? name_at(header, word + 1, &len) : 0;
		if (number > 0) {
			cn_buf_printf(&out, "{%zu", number);
			word += 1 + len;
		} else {
			cn_buf_putc(&out, *word++);
		}
	}
	return cn_buf_steal(&out);
}
