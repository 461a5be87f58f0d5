/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "lib/base/number.h"

#include <ctype.h>
#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

int cn_parse_int(const char *text, int64_t min, int64_t max, int64_t *out) {
	const char *digits = text + (*text == '-' || *text == '+');
	if (!isdigit((unsigned char)*digits)) {
		return -EINVAL;
	}
	char *end;
	errno = 0;
	long long value = strtoll(text, &end, 10);
	if (*end != '\0') {
		return -EINVAL;
	}
	if (errno == ERANGE || value < min || value > max) {
		return -ERANGE;
	}
	*out = value;
	return 0;
}

// A plain decimal number, "1", "1.5", ".5": no sign, exponent, hex or locale. *end: behind it.
static int parse_decimal(const char *text, double *out, const char **end) {
	double value = 0;
	double scale = 1;
	bool point = false;
	int digits = 0;
	for (; isdigit((unsigned char)*text) || (*text == '.' && !point); text++) {
		if (*text == '.') {
			point = true;
			continue;
		}
		digits++;
		if (scale < 1e20) { // what is behind that has no weight, and must not overflow
			value = value * 10 + (*text - '0');
			scale = point ? scale * 10 : scale;
		}
	}
	*out = value / scale;
	*end = text;
	return digits > 0 ? 0 : -EINVAL;
}

int cn_parse_size(const char *text, uint64_t *out) {
	static const char units[] = "KMGTPE";
	double value;
	int err = parse_decimal(text, &value, &text);
	if (err < 0) {
		return err;
	}
	const char *unit = *text == '\0' ? NULL : strchr(units, toupper((unsigned char)*text));
	if (unit != NULL) {
		value *= (double)((uint64_t)1 << (10 * (unit - units + 1)));
		text++;
		text += *text == 'i';
	}
	text += *text == 'B';
	if (*text != '\0') {
		return -EINVAL;
	}
	if (value >= 0x1p63) {
		return -ERANGE;
	}
	*out = (uint64_t)value;
	return 0;
}

int cn_parse_duration(const char *text, cn_time *out) {
	static const struct {
		const char *name;
		double nanoseconds;
	} units[] = {
		{ "", 1e9 },
		{ "s", 1e9 },
		{ "ms", 1e6 },
		{ "us", 1e3 },
		{ "m", 60e9 },
		{ "h", 3600e9 },
		{ "d", 86400e9 },
	};
	if (strcasecmp(text, "inf") == 0) {
		*out = CN_NEVER;
		return 0;
	}
	double value;
	int err = parse_decimal(text, &value, &text);
	if (err < 0) {
		return err;
	}
	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
		if (strcmp(text, units[i].name) == 0) {
			value *= units[i].nanoseconds;
			*out = value >= 0x1p62 ? CN_NEVER : (cn_time)value;
			return 0;
		}
	}
	return -EINVAL;
}
