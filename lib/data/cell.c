/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "lib/data/cell.h"

#include <assert.h>
#include <errno.h>
#include <math.h>
#include <string.h>

#include "lib/base/scalar.h"

// The types by what is done with them; long is as wide as it is here.
enum { WIDE = sizeof(long) == 8 };

int cn_raw_parse(char code, const char *text, uint64_t *raw) {
	*raw = 0;
	return cn_scalar_parse(code, text, raw);
}

int cn_delta_parse(char code, const char *text, struct cn_delta *out) {
	*out = (struct cn_delta){ 0 };
	if (cn_scalar_is_float(code)) {
		return cn_scalar_parse('d', text, &out->real);
	}
	if (!cn_scalar_is_integer(code)) {
		return -EDOM;
	}
	int64_t n;
	int err = cn_scalar_parse('q', text, &n);
	if (err == 0) {
		*out = cn_delta_of(n);
	} else if (err == -ERANGE) {
		err = cn_scalar_parse('Q', text, &out->magnitude);
	}
	return err;
}

struct cn_delta cn_delta_of(int64_t n) {
	return (struct cn_delta){
		.negative = n < 0,
		.magnitude = n < 0 ? 0 - (uint64_t)n : (uint64_t)n,
	};
}

// ---- raw numbers -------------------------------------------------------------------------------

static int64_t as_signed(char code, uint64_t raw) {
	switch (cn_scalar_size(code)) {
	case 1:
		return (int8_t)raw;
	case 2:
		return (int16_t)raw;
	case 4:
		return (int32_t)raw;
	default:
		return (int64_t)raw;
	}
}

static double as_double(char code, uint64_t raw) {
	if (code == 'f') {
		float f;
		memcpy(&f, &raw, sizeof(f));
		return (double)f;
	}
	double d;
	memcpy(&d, &raw, sizeof(d));
	return d;
}

int cn_raw_compare(char code, uint64_t a, uint64_t b) {
	if (cn_scalar_is_float(code)) {
		double x = as_double(code, a);
		double y = as_double(code, b);
		return (x > y) - (x < y);
	}
	if (cn_scalar_is_integer(code) && cn_scalar_is_signed(code)) {
		int64_t x = as_signed(code, a);
		int64_t y = as_signed(code, b);
		return (x > y) - (x < y);
	}
	return (a > b) - (a < b);
}

static int add_double(char code, uint64_t raw, double delta, uint64_t *sum) {
	double was = as_double(code, raw);
	double now = was + delta;
	float narrow = (float)now;
	bool over = isinf(code == 'f' ? (double)narrow : now) && !isinf(was) && !isinf(delta);
	if (over) {
		return -EOVERFLOW;
	}
	*sum = 0;
	if (code == 'f') {
		memcpy(sum, &narrow, sizeof(narrow));
	} else {
		memcpy(sum, &now, sizeof(now));
	}
	return 0;
}

static int add_unsigned(uint64_t raw, const struct cn_delta *delta, uint64_t max, uint64_t *sum) {
	if (delta->negative ? delta->magnitude > raw : delta->magnitude > max - raw) {
		return -EOVERFLOW;
	}
	*sum = delta->negative ? raw - delta->magnitude : raw + delta->magnitude;
	return 0;
}

// Shifted up by 2^63, signed numbers are in the order of unsigned ones.
static int add_signed(
		char code, uint64_t raw, const struct cn_delta *delta, unsigned bits, uint64_t *sum) {
	const uint64_t half = UINT64_C(1) << (bits - 1);
	const uint64_t mask = half | (half - 1);
	uint64_t shifted;
	int err = add_unsigned((raw + half) & mask, delta, mask, &shifted);
	if (err == 0) {
		*sum = (shifted - half) & mask;
	}
	return err;
}

int cn_raw_add(char code, uint64_t raw, const struct cn_delta *delta, uint64_t *sum) {
	unsigned bits;
	switch (code) {
	case 'q':
		return add_signed(code, raw, delta, 64, sum);
	case 'l':
		return add_signed(code, raw, delta, WIDE ? 64 : 32, sum);
	case 'f':
	case 'd':
		return add_double(code, raw, delta->real, sum);
	case 'c':
		return -EDOM;
	default:
		bits = (unsigned)cn_scalar_size(code) * 8;
	}
	return cn_scalar_is_signed(code) ? add_signed(code, raw, delta, bits, sum)
									 : add_unsigned(raw, delta, ~UINT64_C(0) >> (64 - bits), sum);
}

// ---- cells -------------------------------------------------------------------------------------

static inline unsigned width(char code) {
	return code == 'q' || code == 'Q' || code == 'd' ? 8 : (unsigned)cn_scalar_size(code);
}

// A raw number keeps the first bytes of its memory: on little-endian machines its low ones.
static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "raw numbers are little-endian");

uint64_t cn_cell_load(char code, const void *cell) {
	switch (width(code)) {
	case 1:
		return __atomic_load_n((const uint8_t *)cell, __ATOMIC_SEQ_CST);
	case 2:
		return __atomic_load_n((const uint16_t *)cell, __ATOMIC_SEQ_CST);
	case 4:
		return __atomic_load_n((const uint32_t *)cell, __ATOMIC_SEQ_CST);
	default:
		return __atomic_load_n((const uint64_t *)cell, __ATOMIC_SEQ_CST);
	}
}

uint64_t cn_cell_swap(char code, void *cell, uint64_t raw) {
	switch (width(code)) {
	case 1:
		return __atomic_exchange_n((uint8_t *)cell, (uint8_t)raw, __ATOMIC_SEQ_CST);
	case 2:
		return __atomic_exchange_n((uint16_t *)cell, (uint16_t)raw, __ATOMIC_SEQ_CST);
	case 4:
		return __atomic_exchange_n((uint32_t *)cell, (uint32_t)raw, __ATOMIC_SEQ_CST);
	default:
		return __atomic_exchange_n((uint64_t *)cell, raw, __ATOMIC_SEQ_CST);
	}
}

void cn_cell_store(char code, void *cell, uint64_t raw) {
	switch (width(code)) {
	case 1:
		__atomic_store_n((uint8_t *)cell, (uint8_t)raw, __ATOMIC_SEQ_CST);
		return;
	case 2:
		__atomic_store_n((uint16_t *)cell, (uint16_t)raw, __ATOMIC_SEQ_CST);
		return;
	case 4:
		__atomic_store_n((uint32_t *)cell, (uint32_t)raw, __ATOMIC_SEQ_CST);
		return;
	default:
		__atomic_store_n((uint64_t *)cell, raw, __ATOMIC_SEQ_CST);
	}
}

#define CAS(type)                                                                                  \
	{                                                                                              \
		type was = (type)*expected;                                                                \
		bool done = __atomic_compare_exchange_n(                                                   \
				(type *)cell, &was, (type)raw, false, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);         \
		*expected = was;                                                                           \
		return done;                                                                               \
	}

bool cn_cell_cas(char code, void *cell, uint64_t *expected, uint64_t raw) {
	switch (width(code)) {
	case 1:
		CAS(uint8_t)
	case 2:
		CAS(uint16_t)
	case 4:
		CAS(uint32_t)
	default:
		CAS(uint64_t)
	}
}

// The most common case, and the fastest: 64 bits, signed, and a number that has a negative.
static int add_fast(int64_t *cell, int64_t delta, uint64_t *now) {
	int64_t was = __atomic_load_n(cell, __ATOMIC_RELAXED);
	int64_t sum;
	do {
		if (__builtin_add_overflow(was, delta, &sum)) {
			return -EOVERFLOW;
		}
	} while (!__atomic_compare_exchange_n(
			cell, &was, sum, false, __ATOMIC_SEQ_CST, __ATOMIC_RELAXED));
	*now = (uint64_t)sum;
	return 0;
}

int cn_cell_add(char code, void *cell, const struct cn_delta *delta, uint64_t *now) {
	if (code == 'q' && delta->magnitude <= INT64_MAX) {
		int64_t n = (int64_t)delta->magnitude;
		return add_fast(cell, delta->negative ? -n : n, now);
	}
	uint64_t was = cn_cell_load(code, cell);
	do {
		int err = cn_raw_add(code, was, delta, now);
		if (err < 0) {
			return err;
		}
	} while (!cn_cell_cas(code, cell, &was, *now));
	return 0;
}

void cn_cell_limit(char code, void *cell, int sign, uint64_t raw, uint64_t *now) {
	uint64_t was = cn_cell_load(code, cell);
	do {
		if (cn_raw_compare(code, raw, was) * sign <= 0) {
			*now = was;
			return;
		}
	} while (!cn_cell_cas(code, cell, &was, raw));
	*now = raw;
}
