/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/buf.h"
#include "tests/unit/tap.h"

static void test_empty(void) {
	struct cn_buf buf = CN_BUF_INIT;
	is_str(buf.data, "", "a new buffer is the empty string");
	cn_buf_truncate(&buf, 0);
	cn_buf_reset(&buf);
	cn_buf_finish(&buf);
	is_str(buf.data, "", "and still is after finish");
	char *stolen = cn_buf_steal(&buf);
	is_str(stolen, "", "stealing from an empty buffer gives a string to free");
	free(stolen);
}

static void test_append(void) {
	struct cn_buf buf = CN_BUF_INIT;
	cn_buf_append(&buf, "a\0b", 3);
	cn_buf_puts(&buf, "cd");
	cn_buf_putc(&buf, 'e');
	cn_buf_printf(&buf, "%d%s", 12, "fg");
	is_int(buf.len, 10, "appending counts every byte");
	ok(memcmp(buf.data, "a\0bcde12fg", 11) == 0, "NUL bytes inside are kept, one follows the end");
	cn_buf_truncate(&buf, 1);
	is_str(buf.data, "a", "truncate cuts");
	cn_buf_append(&buf, NULL, 0);
	is_str(buf.data, "a", "appending nothing changes nothing");
	cn_buf_finish(&buf);
}

static void test_growth(void) {
	struct cn_buf buf = CN_BUF_INIT;
	for (int i = 0; i < 100000; i++) {
		cn_buf_putc(&buf, (char)('a' + i % 26));
	}
	bool same = true;
	for (int i = 0; i < 100000; i++) {
		same = same && buf.data[i] == 'a' + i % 26;
	}
	ok(same && buf.len == 100000, "growing keeps what is there");
	cn_buf_reset(&buf);
	ok(buf.len == 0 && buf.cap >= 100000, "reset keeps the memory");
	cn_buf_printf(&buf, "%5000d", 7);
	is_int(buf.len, 5000, "printf longer than any guess");
	char *stolen = cn_buf_steal(&buf);
	is_int(strlen(stolen), 5000, "steal hands the contents over");
	is_str(buf.data, "", "and leaves the buffer empty");
	free(stolen);
}

static void test_too_large(void) {
	struct cn_buf buf = CN_BUF_INIT;
	cn_buf_puts(&buf, "kept");
	is_int(cn_buf_reserve(&buf, SIZE_MAX - 2), -ENOMEM, "a size that overflows is refused");
	ok(buf.failed, "failed remembers it");
	is_str(buf.data, "kept", "the contents stay");
	cn_buf_reset(&buf);
	ok(!buf.failed, "reset forgets it");
	cn_buf_finish(&buf);
}

int main(void) {
	tap_watchdog(20);
	test_empty();
	test_append();
	test_growth();
	test_too_large();
	return done_testing();
}
