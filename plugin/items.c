/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "plugin/items.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#include "lib/base/fd.h"

// Combinations are made until there are this many bytes of them.
enum { BATCH = 64 << 10 };

struct item_list {
	char *const *words;
	size_t count;
	size_t at; // position in the combination that comes next
	bool linked;
	char **own; // of a file: the words,
	struct cn_buf text; // and where they stand
};

static struct item_list *list_at(const struct items *items, size_t i) {
	return items->lists.items[i];
}

static struct item_list *list_add(struct items *items, bool linked) {
	struct item_list *list = calloc(1, sizeof(*list));
	if (list == NULL || cn_vec_push(&items->lists, list) < 0) {
		free(list);
		return NULL;
	}
	cn_buf_init(&list->text);
	list->linked = linked && items->lists.len > 1;
	return list;
}

int items_add_words(struct items *items, char *const words[], size_t count, bool linked) {
	struct item_list *list = list_add(items, linked);
	if (list == NULL) {
		return -ENOMEM;
	}
	list->words = words;
	list->count = count;
	return 0;
}

static int read_all(int fd, struct cn_buf *out) {
	ssize_t n;
	do {
		n = cn_buf_reserve(out, BATCH);
		n = n < 0 ? n : cn_read_full(fd, out->data + out->len, BATCH);
		cn_buf_truncate(out, out->len + (n > 0 ? (size_t)n : 0));
	} while (n > 0);
	return (int)n;
}

// Cut the list's text into its words.
static int cut_text(struct item_list *list, int delim) {
	struct cn_buf *text = &list->text;
	int err = 0;
	if (text->len > 0 && text->data[text->len - 1] != (char)delim) {
		err = cn_buf_putc(text, (char)delim);
	}
	size_t count = 0;
	for (size_t i = 0; i < text->len; i++) {
		count += text->data[i] == (char)delim;
	}
	list->own = calloc(count + 1, sizeof(*list->own));
	if (err < 0 || list->own == NULL) {
		return -ENOMEM;
	}
	char *from = text->data;
	for (size_t i = 0; i < count; i++) {
		char *end = memchr(from, delim, text->len - (size_t)(from - text->data));
		*end = '\0';
		list->own[i] = from;
		from = end + 1;
	}
	list->words = list->own;
	list->count = count;
	return 0;
}

int items_add_input(struct items *items, int fd, int delim) {
	struct item_list *list = list_add(items, false);
	int err = list == NULL ? -ENOMEM : read_all(fd, &list->text);
	return err < 0 ? err : cut_text(list, delim);
}

int items_add_file(struct items *items, const char *path, int delim, bool linked) {
	bool is_stdin = strcmp(path, "-") == 0;
	int fd = is_stdin ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0) {
		return -errno;
	}
	struct item_list *list = list_add(items, linked);
	int err = list == NULL ? -ENOMEM : read_all(fd, &list->text);
	if (!is_stdin) {
		close(fd);
	}
	return err < 0 ? err : cut_text(list, delim);
}

int items_take_first(struct items *items, struct cn_vec *names) {
	for (size_t i = 0; i < items->lists.len; i++) {
		struct item_list *list = list_at(items, i);
		char *copy = strdup(list->count > 0 ? list->words[0] : "");
		if (copy == NULL || cn_vec_push(names, copy) < 0) {
			free(copy);
			return -ENOMEM;
		}
		if (list->count > 0) {
			list->words++;
			list->count--;
		}
	}
	return 0;
}

static uint64_t random_below(uint64_t limit) {
	uint64_t number = 0;
	if (getrandom(&number, sizeof(number), GRND_NONBLOCK) < 0) {
		number = (uint64_t)random() << 31 ^ (uint64_t)random();
	}
	return number % limit;
}

int items_shuffle(struct items *items) {
	struct cn_buf text = CN_BUF_INIT;
	size_t fields = items_fields(items);
	int more;
	while ((more = items_next(items, &text)) > 0) {
	}
	items_finish(items);
	items->text = text;
	items->fields = fields;
	if (more < 0 || text.failed) {
		return -ENOMEM;
	}
	const char *end = text.data + text.len;
	size_t field = 0;
	for (char *at = text.data; at < end; at += strlen(at) + 1) {
		if (field++ % fields == 0 && cn_vec_push(&items->shuffled, at) < 0) {
			return -ENOMEM;
		}
	}
	for (size_t i = items->shuffled.len; i > 1; i--) {
		size_t other = (size_t)random_below(i);
		void *swapped = items->shuffled.items[i - 1];
		items->shuffled.items[i - 1] = items->shuffled.items[other];
		items->shuffled.items[other] = swapped;
	}
	return 0;
}

static int next_shuffled(struct items *items, struct cn_buf *out) {
	while (items->at < items->shuffled.len && out->len < BATCH) {
		const char *field = items->shuffled.items[items->at++];
		for (size_t i = 0; i < items->fields; i++) {
			cn_buf_append(out, field, strlen(field) + 1);
			field += strlen(field) + 1;
		}
	}
	return out->len > 0;
}

size_t items_fields(const struct items *items) {
	return items->fields > 0 ? items->fields : items->lists.len;
}

// How many steps the list at `i` and those linked to it have together.
static size_t steps(const struct items *items, size_t i) {
	size_t least = list_at(items, i)->count;
	for (i++; i < items->lists.len && list_at(items, i)->linked; i++) {
		least = list_at(items, i)->count < least ? list_at(items, i)->count : least;
	}
	return least;
}

uint64_t items_total(const struct items *items) {
	if (items->fields > 0) {
		return items->shuffled.len;
	}
	uint64_t total = items->lists.len > 0;
	for (size_t i = 0; i < items->lists.len; i++) {
		if (!list_at(items, i)->linked) {
			total *= steps(items, i);
		}
	}
	return total;
}

// Go to the next combination; the last list turns fastest. false: that was the last.
static bool turn(struct items *items) {
	for (size_t i = items->lists.len; i-- > 0;) {
		if (list_at(items, i)->linked) {
			continue;
		}
		size_t at = list_at(items, i)->at + 1;
		bool over = at >= steps(items, i);
		size_t next = over ? 0 : at;
		list_at(items, i)->at = next;
		for (size_t k = i + 1; k < items->lists.len && list_at(items, k)->linked; k++) {
			list_at(items, k)->at = next;
		}
		if (!over) {
			return true;
		}
	}
	return false;
}

int items_next(void *data, struct cn_buf *out) {
	struct items *items = data;
	if (items->fields > 0) {
		return next_shuffled(items, out);
	}
	if (items->lists.len == 0 || items_total(items) == 0) {
		return 0;
	}
	bool more = true;
	while (more && out->len < BATCH) {
		for (size_t i = 0; i < items->lists.len; i++) {
			const struct item_list *list = list_at(items, i);
			cn_buf_append(out, list->words[list->at], strlen(list->words[list->at]) + 1);
		}
		more = turn(items);
	}
	if (!more) {
		items_finish(items);
	}
	return 1;
}

void items_finish(struct items *items) {
	for (size_t i = 0; i < items->lists.len; i++) {
		struct item_list *list = list_at(items, i);
		free(list->own);
		cn_buf_finish(&list->text);
		free(list);
	}
	cn_vec_finish(&items->lists);
	cn_vec_finish(&items->shuffled);
	if (items->fields > 0) {
		cn_buf_finish(&items->text);
		items->fields = 0;
	}
}
