/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "lib/base/vec.h"
#include "tests/unit/tap.h"

static char letters[] = "abcdefghijklmnopqrstuvwxyz";

int main(void) {
	struct cn_vec vec = CN_VEC_INIT; // char *, into letters
	ok(cn_vec_pop(&vec) == NULL, "pop on an empty vector is NULL");
	cn_vec_reset(&vec);
	for (int i = 0; i < 26; i++) {
		cn_vec_push(&vec, &letters[i]);
	}
	is_int(vec.len, 26, "pushing counts");
	ok(vec.items[26] == NULL, "a NULL follows the last, as in an argv");
	ok(cn_vec_pop(&vec) == &letters[25], "pop takes the last");
	ok(vec.items[25] == NULL, "and a NULL takes its place");

	cn_vec_insert(&vec, 0, &letters[25]);
	ok(vec.items[0] == &letters[25] && vec.items[1] == &letters[0], "insert at the front");
	cn_vec_insert(&vec, vec.len, letters);
	ok(vec.items[26] == letters && vec.items[27] == NULL, "insert at the end");
	ok(cn_vec_remove(&vec, 0) == &letters[25], "remove hands the item back");
	ok(vec.items[0] == &letters[0] && vec.len == 26, "and those behind it move up");

	cn_vec_reset(&vec);
	ok(vec.len == 0 && vec.items[0] == NULL, "reset empties it");
	cn_vec_finish(&vec);
	ok(vec.items == NULL, "finish frees it");
	return done_testing();
}
