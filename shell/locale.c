/* SPDX-License-Identifier: GPL-3.0-or-later */
/* shell/locale.c - the locale that LC_ALL, LC_CTYPE and LANG say (XBD 8.2). See builtin.h. */
#include "config.h"

#include <langinfo.h>
#include <locale.h>
#include <string.h>

#include "shell/builtin.h"

enum { LOCALE_UNKNOWN, LOCALE_BYTES, LOCALE_UTF8 };

/* The value that decides about a category: XBD 8.2. */
static const char *category_value(struct shell *sh, const char *category) {
	const char *names[] = { "LC_ALL", category, "LANG" };
	for (int i = 0; i < 3; i++) {
		const char *value = sh_var_get_text(sh, names[i]);
		if (value != NULL && value[0] != '\0') {
			return value;
		}
	}
	return "C";
}

static bool is_c_locale(const char *value) {
	return strcmp(value, "C") == 0 || strcmp(value, "POSIX") == 0;
}

static void locale_load(struct shell *sh) {
	const char *ctype = category_value(sh, "LC_CTYPE");
	const char *collate = category_value(sh, "LC_COLLATE");
	sh->locale = LOCALE_BYTES;
	if (!is_c_locale(ctype) && setlocale(LC_CTYPE, ctype) != NULL &&
			strcmp(nl_langinfo(CODESET), "UTF-8") == 0) {
		sh->locale = LOCALE_UTF8;
	} else {
		setlocale(LC_CTYPE, "C");
	}
	sh->locale_collates = !is_c_locale(collate) && strncmp(collate, "C.", 2) != 0 &&
			setlocale(LC_COLLATE, collate) != NULL;
}

bool sh_is_utf8(struct shell *sh) {
	if (sh->locale == LOCALE_UNKNOWN) {
		locale_load(sh);
	}
	return sh->locale == LOCALE_UTF8;
}

/* Bytes of the character that begins with `lead`, its value's first bits in *wc; 0: none does. */
static size_t utf8_length(unsigned char lead, uint32_t *wc) {
	if (lead >= 0xC2 && lead <= 0xDF) {
		*wc = lead & 0x1F;
		return 2;
	}
	if (lead >= 0xE0 && lead <= 0xEF) {
		*wc = lead & 0x0F;
		return 3;
	}
	if (lead >= 0xF0 && lead <= 0xF4) {
		*wc = lead & 0x07;
		return 4;
	}
	return 0;
}

size_t sh_char(struct shell *sh, const char *text, size_t len, uint32_t *wc) {
	unsigned char lead = (unsigned char)text[0];
	*wc = lead;
	if (lead < 0x80) {
		return 1;
	}
	*wc = 0xDC00u + lead;
	uint32_t value;
	size_t need;
	if (sh == NULL || !sh_is_utf8(sh) || (need = utf8_length(lead, &value)) == 0 || need > len) {
		return 1;
	}
	for (size_t i = 1; i < need; i++) {
		if ((text[i] & 0xC0) != 0x80) {
			return 1;
		}
		value = value << 6 | ((unsigned char)text[i] & 0x3F);
	}
	bool overlong = (need == 3 && value < 0x800) || (need == 4 && value < 0x10000);
	if (overlong || value > 0x10FFFF || (value >= 0xD800 && value <= 0xDFFF)) {
		return 1;
	}
	*wc = value;
	return need;
}

size_t sh_char_count(struct shell *sh, const char *text, size_t len) {
	size_t i = 0;
	while (i < len && (text[i] & 0x80) == 0) {
		i++;
	}
	if (i == len || !sh_is_utf8(sh)) {
		return len;
	}
	uint32_t wc;
	size_t count = i;
	for (; i < len; count++) {
		i += sh_char(sh, text + i, len - i, &wc);
	}
	return count;
}

bool sh_collates(struct shell *sh) {
	sh_is_utf8(sh);
	return sh->locale_collates;
}

int sh_collate(struct shell *sh, const char *a, const char *b) {
	int order = sh_collates(sh) ? strcoll(a, b) : 0;
	return order != 0 ? order : strcmp(a, b);
}
