/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include <errno.h>
#include <locale.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/scalar.h"
#include "tests/unit/tap.h"

// Read as that type, and what it is written as; or the error.
static const char *through(char code, const char *text) {
	static char out[CN_SCALAR_TEXT_MAX];
	uint64_t storage[2] = { UINT64_C(0xa5a5a5a5a5a5a5a5), UINT64_C(0xa5a5a5a5a5a5a5a5) };
	int err = cn_scalar_parse(code, text, storage);
	if (err < 0) {
		return err == -EINVAL ? "EINVAL" : err == -ERANGE ? "ERANGE" : "other";
	}
	cn_scalar_format(code, storage, out);
	return out;
}

static void test_limits(void) {
	is_str(through('b', "127"), "127", "int8_t max");
	is_str(through('b', "-128"), "-128", "int8_t min");
	is_str(through('b', "128"), "ERANGE", "above");
	is_str(through('b', "-129"), "ERANGE", "below");
	is_str(through('B', "255"), "255", "uint8_t max");
	is_str(through('B', "256"), "ERANGE", "above");
	is_str(through('B', "-1"), "ERANGE", "negative in an unsigned");
	is_str(through('B', "-0"), "0", "but -0 is 0");
	is_str(through('h', "-32768"), "-32768", "int16_t min");
	is_str(through('H', "65536"), "ERANGE", "uint16_t above");
	is_str(through('i', "-2147483648"), "-2147483648", "int32_t min");
	is_str(through('i', "2147483648"), "ERANGE", "int32_t above");
	is_str(through('I', "4294967295"), "4294967295", "uint32_t max");
	is_str(through('q', "-9223372036854775808"), "-9223372036854775808", "int64_t min");
	is_str(through('q', "9223372036854775808"), "ERANGE", "int64_t above");
	is_str(through('Q', "18446744073709551615"), "18446744073709551615", "uint64_t max");
	is_str(through('Q', "18446744073709551616"), "ERANGE", "uint64_t above");
	is_str(through('i', "0x7fffffff"), "2147483647", "hexadecimal");
	is_str(through('i', "+7"), "7", "a plus sign");
	is_str(through('i', "010"), "10", "a leading zero is decimal");
}

static void test_nonsense(void) {
	static const char *const texts[] = { "", " 1", "1 ", "12ab", "0x", "--1", "1.5", "1e3", "x" };
	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
		is_str(through('i', texts[i]), "EINVAL", "\"%s\" is no int", texts[i]);
	}
	is_str(through('d', ""), "EINVAL", "no double");
	is_str(through('d', "1,5"), "EINVAL", "no comma");
	is_str(through('d', " 1"), "EINVAL", "no space");
	is_str(through('d', "1e999"), "ERANGE", "too large a double");
	is_str(through('f', "1e39"), "ERANGE", "too large a float");
	is_str(through('c', "ab"), "EINVAL", "two characters");
	is_str(through('?', "1"), "EINVAL", "no such type");
}

static void test_floats(void) {
	is_str(through('d', "0.1"), "0.1", "0.1 is 0.1");
	is_str(through('d', "0.30000000000000004"), "0.30000000000000004", "17 digits");
	is_str(through('d', "100"), "100", "whole");
	is_str(through('d', "-0"), "-0", "minus zero");
	is_str(through('d', "1e300"), "1e+300", "large");
	is_str(through('d', "inf"), "inf", "infinity");
	is_str(through('d', "-nan") + (through('d', "-nan")[0] == '-'), "nan", "nan");
	is_str(through('d', "4.9406564584124654e-324"), "4.94065645841247e-324", "the smallest");
	is_str(through('f', "0.1"), "0.1", "a float's 0.1");
	is_str(through('f', "16777217"), "16777216", "a float has 24 bits");
	bool same = true;
	for (int i = 0; i < 200000 && same; i++) {
		uint64_t bits = (uint64_t)random() << 42 ^ (uint64_t)random() << 21 ^ (uint64_t)random();
		double value;
		double back;
		memcpy(&value, &bits, sizeof(value));
		char text[CN_SCALAR_TEXT_MAX];
		cn_double_format(value, text);
		same = value != value || (cn_double_parse(text, &back) == 0 && back == value);
	}
	ok(same, "doubles survive the way through text");
}

// Short decimals, which are read by a way of their own.
static void test_short(void) {
	bool same = true;
	for (int i = 0; i < 200000 && same; i++) {
		char text[CN_SCALAR_TEXT_MAX];
		int places = (int)(random() % 16);
		long digits = random() % 1000000000 * (random() % 1000 + 1);
		snprintf(text, sizeof(text), "%s%.*f", random() % 2 ? "-" : "", places,
				(double)digits / 1000);
		double value = 0;
		same = cn_double_parse(text, &value) == 0 && value == strtod(text, NULL);
	}
	ok(same, "short decimals are read as strtod() reads them");
	bool shortest = true;
	for (int i = 0; i < 200000 && shortest; i++) {
		int places = (int)(random() % 9 + 1);
		double value = (double)(random() % 100000000) / (double)(random() % 1000 + 1);
		char text[CN_SCALAR_TEXT_MAX];
		char want[CN_SCALAR_TEXT_MAX];
		snprintf(text, sizeof(text), "%.*f", places, value);
		value = strtod(text, NULL);
		cn_double_format(value, text);
		snprintf(want, sizeof(want), "%.15g", value);
		shortest = strtod(want, NULL) != value || strcmp(text, want) == 0;
	}
	ok(shortest, "short decimals are written as printf() writes them");
	shortest = true;
	for (int i = 0; i < 200000 && shortest; i++) {
		float value = (float)(random() % 10000000) / (float)(random() % 5000 + 1);
		char text[CN_SCALAR_TEXT_MAX];
		cn_scalar_format('f', &value, text);
		shortest = strtof(text, NULL) == value;
	}
	ok(shortest, "floats survive the way through text");
	is_str(through('f', "2"), "2", "a whole float has no point");
	is_str(through('f', "-0.25"), "-0.25", "a negative float");
	is_str(through('d', "-12.0625"), "-12.0625", "a negative double");
	is_str(through('d', "0.001"), "0.001", "zeros behind the point");
	is_str(through('d', "."), "EINVAL", "a point alone");
	is_str(through('d', "-"), "EINVAL", "a sign alone");
	is_str(through('d', "5."), "5", "a point at the end");
	is_str(through('d', ".5"), "0.5", "a point in front");
}

static void test_locale(void) {
	if (setlocale(LC_ALL, "de_DE.UTF-8") == NULL) {
		ok(true, "no locale with a decimal comma here");
		return;
	}
	is_str(through('d', "1.5"), "1.5", "a decimal point in a locale of commas");
}

int main(void) {
	test_limits();
	test_nonsense();
	test_floats();
	test_short();
	test_locale();
	is_str(through('c', "x"), "x", "a character");
	is_int((long)cn_scalar_size('l'), (long)sizeof(long), "size of a long");
	is_str(cn_scalar_name('H'), "uint16_t", "name");
	ok(cn_scalar_is_integer('q') && !cn_scalar_is_integer('c') && cn_scalar_is_float('f'), "kinds");
	done_testing();
}
