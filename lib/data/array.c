/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "lib/data/array.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/scalar.h"

/* Nothing in it changes but the elements. */
struct array {
	struct cn_object object;
	uint64_t count;
	char code;
	_Alignas(16) unsigned char elements[];
};

static const struct cn_kind_ops array_ops = { .size = sizeof(struct array) };

__attribute__((constructor)) static void array_register(void) {
	cn_kind_register(CN_ARRAY, &array_ops);
}

struct wanted {
	char code;
	uint64_t count;
	const void *elements;
};

static void array_init(void *object, const void *data) {
	struct array *array = object;
	const struct wanted *wanted = data;
	array->code = wanted->code;
	array->count = wanted->count;
	if (wanted->elements != NULL) {
		memcpy(array->elements, wanted->elements, wanted->count * cn_scalar_size(wanted->code));
	}
}

// Pin it, and see that what it says of itself is so.
static int pin(const struct cn_ref *ref, struct array **out) {
	int err = cn_pin(ref, (void **)out);
	if (err < 0) {
		return err;
	}
	const struct array *array = *out;
	size_t size = cn_scalar_size(array->code);
	if (size == 0 || array->count > CN_ARRAY_BYTES_MAX / size ||
			sizeof(*array) + array->count * size > array->object.name_at) {
		cn_unpin(ref, *out);
		return -EBADMSG;
	}
	return 0;
}

static int look(struct cn_array *out) {
	struct array *array;
	int err = pin(&out->ref, &array);
	if (err == 0) {
		out->code = array->code;
		out->count = array->count;
		cn_unpin(&out->ref, array);
	}
	return err;
}

int cn_array_of(const struct cn_ref *ref, struct cn_array *out) {
	out->ref = *ref;
	return look(out);
}

int cn_array_create(struct cn_arena *arena, const char *name, char code, uint64_t count,
		const void *elements, struct cn_array *out) {
	size_t size = cn_scalar_size(code);
	if (size == 0) {
		return -EINVAL;
	}
	if (count > CN_ARRAY_BYTES_MAX / size) {
		return -ENOSPC;
	}
	struct wanted wanted = { code, count, elements };
	int err = cn_name_create(arena, CN_ARRAY, name, sizeof(struct array) + count * size, array_init,
			&wanted, &out->ref);
	out->code = code;
	out->count = count;
	if (err == -EEXIST) {
		int gone = look(out);
		bool same = out->code == code && out->count == count;
		err = gone < 0 ? gone : same ? -EEXIST : -EPROTOTYPE;
	}
	return err;
}

int cn_array_open(struct cn_arena *arena, const char *name, struct cn_array *out) {
	int err = cn_name_find(arena, CN_ARRAY, name, &out->ref);
	return err < 0 ? err : look(out);
}

// Pin it if it has elements at to at + count.
static int pin_range(
		const struct cn_array *handle, uint64_t at, uint64_t count, struct array **array) {
	int err = pin(&handle->ref, array);
	if (err == 0 && (count > (*array)->count || at > (*array)->count - count)) {
		cn_unpin(&handle->ref, *array);
		err = -ERANGE;
	}
	return err;
}

static void *cell_at(struct array *array, uint64_t at) {
	return array->elements + at * cn_scalar_size(array->code);
}

int cn_array_get(const struct cn_array *handle, uint64_t at, uint64_t count, uint64_t *raws) {
	struct array *array;
	int err = pin_range(handle, at, count, &array);
	if (err < 0) {
		return err;
	}
	for (uint64_t i = 0; i < count; i++) {
		raws[i] = cn_cell_load(array->code, cell_at(array, at + i));
	}
	cn_unpin(&handle->ref, array);
	return 0;
}

int cn_array_set(const struct cn_array *handle, uint64_t at, uint64_t count, const uint64_t *raws) {
	struct array *array;
	int err = pin_range(handle, at, count, &array);
	if (err < 0) {
		return err;
	}
	for (uint64_t i = 0; i < count; i++) {
		cn_cell_store(array->code, cell_at(array, at + i), raws[i]);
	}
	cn_unpin(&handle->ref, array);
	return 0;
}

int cn_array_add(
		const struct cn_array *handle, uint64_t at, const struct cn_delta *delta, uint64_t *now) {
	struct array *array;
	int err = pin_range(handle, at, 1, &array);
	if (err == 0) {
		err = cn_cell_add(array->code, cell_at(array, at), delta, now);
		cn_unpin(&handle->ref, array);
	}
	return err;
}

int cn_array_fill(const struct cn_array *handle, uint64_t raw) {
	struct array *array;
	int err = pin(&handle->ref, &array);
	if (err < 0) {
		return err;
	}
	for (uint64_t i = 0; i < array->count; i++) {
		cn_cell_store(array->code, cell_at(array, i), raw);
	}
	cn_unpin(&handle->ref, array);
	return 0;
}

// ---- sums --------------------------------------------------------------------------------------

// 128 bits, of two's complement.
struct wide {
	uint64_t low;
	uint64_t high;
};

static void wide_add(struct wide *sum, char code, uint64_t raw) {
	unsigned unused = 64 - 8 * (unsigned)cn_scalar_size(code);
	uint64_t n = raw << unused >> unused;
	uint64_t high = 0;
	if (cn_scalar_is_signed(code)) {
		n = (uint64_t)((int64_t)(raw << unused) >> unused);
		high = (int64_t)n < 0 ? ~UINT64_C(0) : 0;
	}
	sum->low += n;
	sum->high += high + (sum->low < n);
}

// The digits, by long division in halves of words.
static int wide_text(struct wide n, struct cn_buf *out) {
	char digits[44];
	size_t at = sizeof(digits);
	bool negative = (int64_t)n.high < 0;
	if (negative) {
		n.low = 0 - n.low;
		n.high = ~n.high + (n.low == 0);
	}
	do {
		uint32_t part[4] = { (uint32_t)(n.high >> 32), (uint32_t)n.high, (uint32_t)(n.low >> 32),
			(uint32_t)n.low };
		uint64_t rest = 0;
		for (int i = 0; i < 4; i++) {
			rest = rest << 32 | part[i];
			part[i] = (uint32_t)(rest / 10);
			rest %= 10;
		}
		n.high = (uint64_t)part[0] << 32 | part[1];
		n.low = (uint64_t)part[2] << 32 | part[3];
		digits[--at] = (char)('0' + rest);
	} while (n.low != 0 || n.high != 0);
	if (negative) {
		digits[--at] = '-';
	}
	return cn_buf_append(out, digits + at, sizeof(digits) - at);
}

static double real_of(char code, uint64_t raw) {
	float f;
	double d;
	memcpy(&f, &raw, sizeof(f));
	memcpy(&d, &raw, sizeof(d));
	return code == 'f' ? (double)f : d;
}

int cn_array_sum(const struct cn_array *handle, struct cn_buf *out) {
	struct array *array;
	int err = pin(&handle->ref, &array);
	if (err < 0) {
		return err;
	}
	char code = array->code;
	struct wide whole = { 0, 0 };
	long double real = 0;
	for (uint64_t i = 0; i < array->count; i++) {
		uint64_t raw = cn_cell_load(code, cell_at(array, i));
		if (cn_scalar_is_float(code)) {
			real += real_of(code, raw);
		} else {
			wide_add(&whole, code, raw);
		}
	}
	cn_unpin(&handle->ref, array);
	if (cn_scalar_is_float(code)) {
		char text[CN_SCALAR_TEXT_MAX];
		size_t len = cn_double_format((double)real, text);
		return cn_buf_append(out, text, len);
	}
	return code == 'c' ? -EDOM : wide_text(whole, out);
}

int cn_array_data(const struct cn_array *handle, void **data) {
	struct array *array;
	int err = pin(&handle->ref, &array);
	if (err == 0) {
		*data = array->elements;
	}
	return err;
}

void cn_array_unpin(const struct cn_array *handle, void *data) {
	cn_unpin(&handle->ref, (unsigned char *)data - offsetof(struct array, elements));
}
