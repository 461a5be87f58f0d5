/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "lib/base/list.h"
#include "tests/unit/tap.h"

struct item {
	int number;
	struct cn_list link;
};

// The numbers in the order of the list, as decimal digits.
static int digits(const struct cn_list *list) {
	int value = 0;
	cn_list_each(link, list) {
		value = value * 10 + cn_list_entry(link, struct item, link)->number;
	}
	return value;
}

int main(void) {
	struct cn_list list;
	cn_list_init(&list);
	ok(cn_list_is_empty(&list), "a new list is empty");
	is_int(digits(&list), 0, "walking it meets nothing");

	struct item items[4] = { { 1 }, { 2 }, { 3 }, { 4 } };
	cn_list_push(&list, &items[1].link);
	cn_list_push(&list, &items[3].link);
	cn_list_insert(&list, &items[0].link);
	cn_list_insert(&items[1].link, &items[2].link);
	is_int(digits(&list), 1234, "push goes to the end, insert behind its link");

	cn_list_remove(&items[2].link);
	cn_list_remove(&items[2].link);
	is_int(digits(&list), 124, "removing twice is harmless");

	cn_list_each_safe(link, &list) {
		if (cn_list_entry(link, struct item, link)->number % 2 == 0) {
			cn_list_remove(link);
		}
	}
	is_int(digits(&list), 1, "removing during a safe walk");
	cn_list_remove(&items[0].link);
	ok(cn_list_is_empty(&list), "and it is empty again");
	return done_testing();
}
