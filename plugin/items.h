/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * plugin/items.h - the items that a map takes from words and files: every combination of several
 * lists, where a linked list goes along with the one before it. Each combination is given as its
 * fields, one behind the other, each ending in NUL.
 */
#ifndef PLUGIN_ITEMS_H
#define PLUGIN_ITEMS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/buf.h"
#include "lib/base/vec.h"

struct items {
	struct cn_vec lists; // struct item_list *
	struct cn_vec shuffled; // char *, the first field of each combination; or empty
	struct cn_buf text; // where these stand, their fields one behind the other
	size_t fields; // of a shuffled combination
	size_t at; // the next one
};

/* Add a list of words, borrowed for good. 0 or -ENOMEM. */
int items_add_words(struct items *items, char *const words[], size_t count, bool linked);

/* Add a list: the items of a file, which end in `delim`. "-" is stdin. 0 or a negative errno. */
int items_add_file(struct items *items, const char *path, int delim, bool linked);

/* Add a list: all items of a descriptor. */
int items_add_input(struct items *items, int fd, int delim);

/* Take the first word off each list, into *names (copies, the caller's). 0 or -ENOMEM. */
int items_take_first(struct items *items, struct cn_vec *names);

/* Bring the combinations into random order: they become one list of as many fields. */
int items_shuffle(struct items *items);

/* Fields of a combination: the number of lists. */
size_t items_fields(const struct items *items);

/* The number of combinations; 0 also when a list is empty. */
uint64_t items_total(const struct items *items);

/* Append some more combinations to *out. 1, 0 when there are no more. As cn_feed.next. */
int items_next(void *items, struct cn_buf *out);

void items_finish(struct items *items);

#endif
