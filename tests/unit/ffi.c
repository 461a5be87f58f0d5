/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include <errno.h>
#include <math.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "lib/ffi/closure.h"
#include "lib/ffi/frame.h"
#include "lib/ffi/library.h"
#include "lib/ffi/types.h"
#include "tests/unit/tap.h"

struct inner {
	char c;
	double d;
};

struct outer {
	uint8_t a;
	int16_t b;
	char text[7];
	struct inner in[3];
	float f;
	void *p;
	char *z;
	uint16_t last;
};

static struct cn_ffi_records records;

static void test_layout(void) {
	struct cn_err why = { 0 };
	is_int(cn_ffi_record_define(&records, "inner", "c:c d:d", &why), 0, "a struct");
	is_int(cn_ffi_record_define(&records, "outer", "a:B b:h text:c[7] in:inner[3] f:f p:p z:z last:H",
				   &why),
			0, "a struct with structs and arrays: %s", why.text);
	const struct cn_ffi_record *record = cn_ffi_record_find(&records, "outer", 5);
	static const size_t offsets[] = { offsetof(struct outer, a), offsetof(struct outer, b),
		offsetof(struct outer, text), offsetof(struct outer, in), offsetof(struct outer, f),
		offsetof(struct outer, p), offsetof(struct outer, z), offsetof(struct outer, last) };
	bool same = record != NULL && record->count == sizeof(offsets) / sizeof(*offsets);
	for (size_t i = 0; same && i < record->count; i++) {
		same = record->fields[i].offset == offsets[i];
	}
	ok(same, "its fields stand where the compiler puts them");
	is_int((long)record->passed.size, (long)sizeof(struct outer), "its size is the compiler's");
	is_int(cn_ffi_record_define(&records, "inner", "c:c d:f", &why), -EEXIST, "another of that name");
}

static int count_path(void *data, const char *path, const struct cn_ffi_type *type, unsigned char *at) {
	struct cn_buf *all = data;
	return cn_buf_printf(all, "%s ", path);
}

static void test_walk(void) {
	struct outer o = { 0 };
	struct cn_buf all = CN_BUF_INIT;
	cn_ffi_record_walk(cn_ffi_record_find(&records, "outer", 5), &o, count_path, &all);
	is_str(all.data, "a b text in.0.c in.0.d in.1.c in.1.d in.2.c in.2.d f p z last ", "paths");
	cn_buf_finish(&all);
}

static void test_call(void) {
	struct cn_ffi_sig sig;
	struct cn_ffi_frame frame;
	struct cn_err why = { 0 };
	void *address;
	is_int(cn_ffi_sig_parse(&records, "d( d , d )", &sig, &why), 0, "spaces in a signature");
	_Alignas(16) char block[256];
	cn_ffi_frame_init(&frame, &sig, block);
	cn_ffi_read(&sig.args[0], "2", frame.values[0]);
	cn_ffi_read(&sig.args[1], "10", frame.values[1]);
	void *handle;
	is_int(cn_ffi_library_open("m", &handle, NULL, &why), 0, "libm: %s", why.text);
	is_int(cn_ffi_symbol(handle, "pow", &address), 0, "pow");
	is_int(cn_ffi_symbol(handle, "nosuch", &address), -ENOENT, "no such symbol");
	cn_ffi_symbol(handle, "pow", &address);
	cn_ffi_frame_call(&frame, &sig, address);
	ok(*(double *)frame.ret == 1024, "pow(2, 10)");
	cn_ffi_library_close(handle);
	cn_ffi_sig_finish(&sig);
	is_int(cn_ffi_library_open("nosuchlibrary", &handle, NULL, &why), -ENOENT, "no such library");
	ok(why.text[0] != '\0', "and why");
}

static void add_up(void *data, void **args, void *ret) {
	*(int8_t *)ret = (int8_t)(*(int8_t *)args[0] - *(int *)data);
}

static void test_closure(void) {
	struct cn_ffi_sig sig;
	struct cn_err why = { 0 };
	struct cn_ffi_closure *closure;
	int minus = 100;
	cn_ffi_sig_parse(&records, "b(b)", &sig, &why);
	is_int(cn_ffi_closure_create(&sig, add_up, &minus, &closure), 0, "a closure");
	int8_t (*f)(int8_t) = (int8_t(*)(int8_t))cn_ffi_closure_address(closure);
	is_int(f(20), -80, "small negative numbers come back");
	cn_ffi_closure_destroy(closure);
	cn_ffi_sig_finish(&sig);
}

static void test_peek(void) {
	char out[8];
	size_t len;
	is_int(cn_ffi_peek("abc", out, 4, &len), 0, "an address that is one");
	is_int(cn_ffi_peek((void *)8, out, 4, &len), -EFAULT, "and one that is none");
}

// Random texts of the signs that signatures are made of: parsed or refused, nothing else.
static void test_nonsense(void) {
	static const char *const pieces[] = { "b", "i", "d", "z", "p", "v", "m", "q", "c", "(", ")", ",",
		"...", "[", "]", "[4]", "[]", "&", "#", "!", "-1", "?", "inner", "outer", " ", "[99999999999]",
		"\xff", "[0]", ":" };
	size_t good = 0;
	for (int i = 0; i < 200000; i++) {
		char text[256] = "";
		for (long n = random() % 12; n >= 0; n--) {
			strcat(text, pieces[(size_t)random() % (sizeof(pieces) / sizeof(*pieces))]);
		}
		struct cn_ffi_sig sig;
		struct cn_err why = { 0 };
		if (cn_ffi_sig_parse(&records, text, &sig, &why) == 0) {
			good += cn_ffi_frame_size(&sig) > 0;
			cn_ffi_sig_finish(&sig);
		} else if (why.text[0] == '\0') {
			ok(false, "\"%s\" is refused without a reason", text);
		}
	}
	ok(good > 0, "nonsense is refused, the rest parsed (%zu)", good);
}

int main(void) {
	test_layout();
	test_walk();
	test_call();
	test_closure();
	test_peek();
	test_nonsense();
	cn_ffi_records_finish(&records);
	done_testing();
}
