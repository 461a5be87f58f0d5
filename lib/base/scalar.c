/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "lib/base/scalar.h"

#include <ctype.h>
#include <errno.h>
#include <locale.h>
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct scalar {
	char kind; // 's'igned, 'u'nsigned, 'f'loating, 'c'haracter; 0: no such code
	uint8_t size;
	const char *name;
};

// By code.
static const struct scalar scalars[128] = {
	['b'] = { 's', 1, "int8_t" },
	['B'] = { 'u', 1, "uint8_t" },
	['h'] = { 's', 2, "int16_t" },
	['H'] = { 'u', 2, "uint16_t" },
	['i'] = { 's', 4, "int32_t" },
	['I'] = { 'u', 4, "uint32_t" },
	['l'] = { 's', sizeof(long), "long" },
	['L'] = { 'u', sizeof(long), "unsigned long" },
	['q'] = { 's', 8, "int64_t" },
	['Q'] = { 'u', 8, "uint64_t" },
	['f'] = { 'f', sizeof(float), "float" },
	['d'] = { 'f', sizeof(double), "double" },
	['c'] = { 'c', 1, "char" },
};

static const struct scalar *find(char code) {
	const struct scalar *scalar = &scalars[(unsigned char)code & 127];
	return (unsigned char)code < 128 && scalar->kind != 0 ? scalar : NULL;
}

static bool is_kind(char code, const char *kinds) {
	const struct scalar *scalar = find(code);
	return scalar != NULL && (scalar->kind == kinds[0] || scalar->kind == kinds[1]);
}

size_t cn_scalar_size(char code) {
	const struct scalar *scalar = find(code);
	return scalar != NULL ? scalar->size : 0;
}

const char *cn_scalar_name(char code) {
	const struct scalar *scalar = find(code);
	return scalar != NULL ? scalar->name : NULL;
}

bool cn_scalar_is_integer(char code) {
	return is_kind(code, "su");
}

bool cn_scalar_is_signed(char code) {
	return is_kind(code, "sf");
}

bool cn_scalar_is_float(char code) {
	return is_kind(code, "ff");
}

// The C locale, made once; the shell's may have a decimal comma.
static locale_t c_locale(void) {
	static locale_t locale;
	if (locale == (locale_t)0) {
		locale = newlocale(LC_ALL_MASK, "C", (locale_t)0);
	}
	return locale;
}

// The digits of an integer without its sign. 0, -EINVAL or -ERANGE.
static int parse_magnitude(const char *text, uint64_t *out) {
	bool hex = text[0] == '0' && (text[1] == 'x' || text[1] == 'X');
	const char *digits = hex ? text + 2 : text;
	if (hex ? !isxdigit((unsigned char)*digits) : !isdigit((unsigned char)*digits)) {
		return -EINVAL;
	}
	char *end;
	errno = 0;
	*out = strtoull(digits, &end, hex ? 16 : 10);
	if (*end != '\0') {
		return -EINVAL;
	}
	return errno == ERANGE ? -ERANGE : 0;
}

static int parse_signed(const char *text, size_t size, int64_t *out) {
	bool negative = *text == '-';
	uint64_t magnitude;
	int err = parse_magnitude(text + (negative || *text == '+'), &magnitude);
	if (err < 0) {
		return err;
	}
	uint64_t limit = UINT64_C(1) << (8 * size - 1);
	if (negative ? magnitude > limit : magnitude >= limit) {
		return -ERANGE;
	}
	*out = (int64_t)(negative ? 0 - magnitude : magnitude);
	return 0;
}

static int parse_unsigned(const char *text, size_t size, uint64_t *out) {
	bool negative = *text == '-';
	int err = parse_magnitude(text + (negative || *text == '+'), out);
	if (err < 0) {
		return err;
	}
	bool fits = size == 8 || *out >> (8 * size) == 0;
	return !fits || (negative && *out != 0) ? -ERANGE : 0;
}

static const double powers[] = { 1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12,
	1e13, 1e14, 1e15 };

/*
 * "12.5": up to 15 digits are an exact double, and so is the power of ten below them, so that one
 * division rounds once (Clinger, "How to Read Floating Point Numbers Accurately", 1990). Nearly all
 * numbers of scripts are such.
 */
static bool parse_short(const char *text, double *out) {
	bool negative = *text == '-';
	const char *start = text + negative;
	const char *point = NULL;
	int64_t digits = 0;
	const char *p = start;
	for (; isdigit((unsigned char)*p) || (*p == '.' && point == NULL); p++) {
		if (*p == '.') {
			point = p;
		} else {
			digits = digits * 10 + (*p - '0');
		}
		if (p - start > 15) {
			return false;
		}
	}
	if (*p != '\0' || p == start || (point != NULL && p == start + 1)) {
		return false;
	}
	double value = (double)digits / powers[point != NULL ? p - point - 1 : 0];
	*out = negative ? -value : value;
	return true;
}

int cn_double_parse(const char *text, double *out) {
	if (parse_short(text, out)) {
		return 0;
	}
	if (isspace((unsigned char)*text)) {
		return -EINVAL;
	}
	char *end;
	errno = 0;
	double value = strtod_l(text, &end, c_locale());
	if (end == text || *end != '\0') {
		return -EINVAL;
	}
	if (errno == ERANGE && isinf(value)) {
		return -ERANGE;
	}
	*out = value;
	return 0;
}

static int parse_float(const char *text, float *out) {
	if (isspace((unsigned char)*text)) {
		return -EINVAL;
	}
	char *end;
	errno = 0;
	float value = strtof_l(text, &end, c_locale());
	if (end == text || *end != '\0') {
		return -EINVAL;
	}
	if (errno == ERANGE && isinf(value)) {
		return -ERANGE;
	}
	*out = value;
	return 0;
}

static int parse_char(const char *text, char *out) {
	if (text[0] != '\0' && text[1] != '\0') {
		return -EINVAL;
	}
	*out = text[0];
	return 0;
}

static void store(uint64_t value, size_t size, void *out) {
	switch (size) {
	case 1:
		*(uint8_t *)out = (uint8_t)value;
		break;
	case 2:
		*(uint16_t *)out = (uint16_t)value;
		break;
	case 4:
		*(uint32_t *)out = (uint32_t)value;
		break;
	default:
		*(uint64_t *)out = value;
	}
}

int cn_scalar_parse(char code, const char *text, void *out) {
	const struct scalar *scalar = find(code);
	int64_t number;
	uint64_t natural;
	int err;
	switch (scalar != NULL ? scalar->kind : 0) {
	case 's':
		err = parse_signed(text, scalar->size, &number);
		if (err == 0) {
			store((uint64_t)number, scalar->size, out);
		}
		return err;
	case 'u':
		err = parse_unsigned(text, scalar->size, &natural);
		if (err == 0) {
			store(natural, scalar->size, out);
		}
		return err;
	case 'f':
		return code == 'd' ? cn_double_parse(text, out) : parse_float(text, out);
	case 'c':
		return parse_char(text, out);
	}
	return -EINVAL;
}

// ---- writing ----

static size_t format_unsigned(uint64_t value, bool negative, char *out) {
	if (value < 10 && !negative) { // the commonest
		out[0] = (char)('0' + value);
		out[1] = '\0';
		return 1;
	}
	char digits[24];
	size_t at = sizeof(digits);
	do {
		digits[--at] = (char)('0' + value % 10);
		value /= 10;
	} while (value != 0);
	if (negative) {
		digits[--at] = '-';
	}
	size_t len = sizeof(digits) - at;
	memcpy(out, digits + at, len);
	out[len] = '\0';
	return len;
}

static size_t format_signed(int64_t value, char *out) {
	return format_unsigned(value < 0 ? 0 - (uint64_t)value : (uint64_t)value, value < 0, out);
}

static bool is_whole(double value) {
	return value >= -1e15 && value <= 1e15 && value == (double)(int64_t)value &&
			(value != 0 || !signbit(value));
}

/*
 * With few places behind the point: digits / 10^places, rounded once as parse_short() does, is the value
 * again, and with less places it is not. 0: it needs more, or an exponent.
 */
static size_t format_short(double value, bool is_float, char *out) {
	enum { PLACES = 6 };
	double size = fabs(value);
	if (!(size >= 1e-4 && size < 1e8)) {
		return 0;
	}
	for (unsigned places = 1; places <= PLACES; places++) {
		double digits = (double)(uint64_t)(size * powers[places] + 0.5);
		double back = digits / powers[places];
		if (is_float ? (float)back != (float)size : back != size) {
			continue;
		}
		uint64_t scale = (uint64_t)powers[places];
		uint64_t whole = (uint64_t)size; // no division: what rounds to a whole number does not come here
		uint64_t fraction = (uint64_t)digits - whole * scale;
		size_t len = format_unsigned(whole, value < 0, out);
		out[len] = '.';
		for (unsigned i = places; i > 0; i--) {
			out[len + i] = (char)('0' + fraction % 10);
			fraction /= 10;
		}
		out[len + 1 + places] = '\0';
		return len + 1 + places;
	}
	return 0;
}

// As few digits as read back to the same: 15 always survive a way through text, 17 always suffice.
size_t cn_double_format(double value, char out[CN_SCALAR_TEXT_MAX]) {
	if (is_whole(value)) {
		return format_signed((int64_t)value, out);
	}
	size_t short_len = format_short(value, false, out);
	if (short_len > 0) {
		return short_len;
	}
	locale_t saved = uselocale(c_locale());
	int len = 0;
	for (int digits = 15; digits <= 17; digits++) {
		len = snprintf(out, CN_SCALAR_TEXT_MAX, "%.*g", digits, value);
		if (isnan(value) || strtod(out, NULL) == value) {
			break;
		}
	}
	uselocale(saved);
	return (size_t)len;
}

static size_t format_float(float value, char out[CN_SCALAR_TEXT_MAX]) {
	if (is_whole((double)value)) {
		return format_signed((int64_t)value, out);
	}
	size_t short_len = fabsf(value) < 10 ? format_short((double)value, true, out) : 0;
	if (short_len > 0) {
		return short_len;
	}
	locale_t saved = uselocale(c_locale());
	int len = 0;
	for (int digits = 6; digits <= 9; digits++) {
		len = snprintf(out, CN_SCALAR_TEXT_MAX, "%.*g", digits, (double)value);
		if (isnan(value) || strtof(out, NULL) == value) {
			break;
		}
	}
	uselocale(saved);
	return (size_t)len;
}

size_t cn_scalar_format(char code, const void *value, char out[CN_SCALAR_TEXT_MAX]) {
	switch (code) {
	case 'b':
		return format_signed(*(const int8_t *)value, out);
	case 'B':
		return format_unsigned(*(const uint8_t *)value, false, out);
	case 'h':
		return format_signed(*(const int16_t *)value, out);
	case 'H':
		return format_unsigned(*(const uint16_t *)value, false, out);
	case 'i':
		return format_signed(*(const int32_t *)value, out);
	case 'I':
		return format_unsigned(*(const uint32_t *)value, false, out);
	case 'l':
		return format_signed(*(const long *)value, out);
	case 'L':
		return format_unsigned(*(const unsigned long *)value, false, out);
	case 'q':
		return format_signed(*(const int64_t *)value, out);
	case 'Q':
		return format_unsigned(*(const uint64_t *)value, false, out);
	case 'f':
		return format_float(*(const float *)value, out);
	case 'd':
		return cn_double_format(*(const double *)value, out);
	case 'c':
		out[0] = *(const char *)value;
		out[1] = '\0';
		return 1;
	}
	out[0] = '\0';
	return 0;
}

int cn_scalar_append(struct cn_buf *buf, char code, const void *value) {
	char text[CN_SCALAR_TEXT_MAX];
	return cn_buf_append(buf, text, cn_scalar_format(code, value, text));
}
