/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "lib/base/moment.h"

#include <ctype.h>
#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <time.h>

// What is read so far, and what of it.
struct moment {
	struct tm date;
	cn_time fraction;
	bool has_zone;
	int zone; // seconds east
};

// Exactly `digits` of them. Moves *at.
static bool read_digits(const char **at, int digits, int max, int *out) {
	int value = 0;
	for (int i = 0; i < digits; i++) {
		if (!isdigit((unsigned char)(*at)[i])) {
			return false;
		}
		value = value * 10 + (*at)[i] - '0';
	}
	*at += digits;
	*out = value;
	return value <= max;
}

static bool read_char(const char **at, char c) {
	if (**at != c) {
		return false;
	}
	++*at;
	return true;
}

// .123 after the seconds; past nanoseconds digits are read and do not count.
static bool read_fraction(const char **at, cn_time *out) {
	*out = 0;
	if (!read_char(at, '.')) {
		return true;
	}
	if (!isdigit((unsigned char)**at)) {
		return false;
	}
	for (cn_time unit = CN_SECOND / 10; isdigit((unsigned char)**at); unit /= 10, ++*at) {
		*out += (**at - '0') * unit;
	}
	return true;
}

// HH:MM[:SS[.FRACTION]]
static bool read_clock(const char **at, struct moment *moment) {
	moment->date.tm_sec = 0;
	if (!read_digits(at, 2, 23, &moment->date.tm_hour) || !read_char(at, ':') ||
			!read_digits(at, 2, 59, &moment->date.tm_min)) {
		return false;
	}
	if (!read_char(at, ':')) {
		return true;
	}
	return read_digits(at, 2, 60, &moment->date.tm_sec) && read_fraction(at, &moment->fraction);
}

// Z, +HH, +HHMM, +HH:MM, or nothing
static bool read_zone(const char **at, struct moment *moment) {
	int hours;
	int minutes = 0;
	if (read_char(at, 'Z')) {
		moment->has_zone = true;
		return true;
	}
	int sign = **at == '-' ? -1 : 1;
	if (!read_char(at, '+') && !read_char(at, '-')) {
		return true;
	}
	if (!read_digits(at, 2, 23, &hours)) {
		return false;
	}
	if ((read_char(at, ':') || **at != '\0') && !read_digits(at, 2, 59, &minutes)) {
		return false;
	}
	moment->has_zone = true;
	moment->zone = sign * (hours * 3600 + minutes * 60);
	return true;
}

static bool read_date(const char **at, struct moment *moment) {
	int year;
	if (!read_digits(at, 4, 9999, &year) || !read_char(at, '-') ||
			!read_digits(at, 2, 12, &moment->date.tm_mon) || !read_char(at, '-') ||
			!read_digits(at, 2, 31, &moment->date.tm_mday)) {
		return false;
	}
	moment->date.tm_year = year - 1900;
	moment->date.tm_mon--;
	return moment->date.tm_mon >= 0 && moment->date.tm_mday >= 1;
}

static int to_time(const struct moment *moment, cn_time *out) {
	struct tm date = moment->date;
	date.tm_isdst = -1;
	time_t seconds = moment->has_zone ? timegm(&date) - moment->zone : mktime(&date);
	if (seconds > INT64_MAX / CN_SECOND - 1 || seconds < INT64_MIN / CN_SECOND + 1) {
		return -ERANGE;
	}
	*out = seconds * CN_SECOND + moment->fraction;
	return 0;
}

static int parse_epoch(const char *at, cn_time *out) {
	cn_time fraction;
	int64_t seconds = 0;
	if (!isdigit((unsigned char)*at)) {
		return -EINVAL;
	}
	for (; isdigit((unsigned char)*at); at++) {
		seconds = seconds * 10 + *at - '0';
		if (seconds > INT64_MAX / CN_SECOND - 1) {
			return -ERANGE;
		}
	}
	if (!read_fraction(&at, &fraction) || *at != '\0') {
		return -EINVAL;
	}
	*out = seconds * CN_SECOND + fraction;
	return 0;
}

static int parse_date(const char *at, cn_time *out) {
	struct moment moment = { 0 };
	if (!read_date(&at, &moment)) {
		return -EINVAL;
	}
	if (*at != '\0' &&
			!((read_char(&at, 'T') || read_char(&at, ' ')) && read_clock(&at, &moment) &&
					read_zone(&at, &moment))) {
		return -EINVAL;
	}
	int day = moment.date.tm_mday; // one that the month does not have becomes one of the next
	struct tm check = {
		.tm_year = moment.date.tm_year, .tm_mon = moment.date.tm_mon, .tm_mday = day
	};
	timegm(&check);
	return *at != '\0' || check.tm_mday != day ? -EINVAL : to_time(&moment, out);
}

// Today, or when that is over tomorrow.
static int parse_clock(const char *at, cn_time now, cn_time *out) {
	struct moment moment = { 0 };
	time_t seconds = (time_t)(now / CN_SECOND);
	localtime_r(&seconds, &moment.date);
	if (!read_clock(&at, &moment) || *at != '\0') {
		return -EINVAL;
	}
	for (int days = 0; days < 2; days++) {
		struct tm date = moment.date;
		date.tm_mday += days;
		date.tm_isdst = -1;
		*out = mktime(&date) * CN_SECOND + moment.fraction;
		if (*out > now) {
			break;
		}
	}
	return 0;
}

int cn_parse_moment(const char *text, cn_time now, cn_time *out) {
	tzset();
	if (text[0] == '@') {
		return parse_epoch(text + 1, out);
	}
	// Two digits and a colon: the time of day.
	return isdigit((unsigned char)text[0]) && isdigit((unsigned char)text[1]) && text[2] == ':'
			? parse_clock(text, now, out)
			: parse_date(text, out);
}
