/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "plugin/cells.h"

#include <locale.h>
#include <string.h>
#include <wchar.h>

#include "plugin/host.h"

// What the script says, which need not be what the process was started with.
static const char *locale_name(void) {
	static const char *const variables[] = { "LC_ALL", "LC_CTYPE", "LANG" };
	for (size_t i = 0; i < sizeof(variables) / sizeof(variables[0]); i++) {
		const char *name = host->get(variables[i]);
		if (name != NULL && *name != '\0') {
			return name;
		}
	}
	return "C";
}

// The character at `text`: what stands for it, its bytes and columns.
static size_t next_char(
		const char *text, size_t len, char shown[8], size_t *shown_len, int *width) {
	mbstate_t state = { 0 };
	wchar_t wide;
	unsigned char first = (unsigned char)*text;
	if (first < 0x20 || first == 0x7f) {
		shown[0] = '^';
		shown[1] = (char)(first ^ 0x40);
		*shown_len = 2;
		*width = 2;
		return 1;
	}
	size_t size = mbrtowc(&wide, text, len, &state);
	bool is_char = size > 0 && size <= sizeof(wchar_t) * 2;
	*width = is_char ? wcwidth(wide) : -1;
	if (!is_char || *width < 0) { // C1 controls too
		shown[0] = '?';
		*shown_len = 1;
		*width = 1;
		return is_char ? size : 1;
	}
	memcpy(shown, text, size);
	*shown_len = size;
	return size;
}

size_t cells_append(struct cn_buf *out, const char *text, size_t len, size_t cells) {
	locale_t locale = newlocale(LC_CTYPE_MASK, locale_name(), (locale_t)0);
	locale_t before = locale != (locale_t)0 ? uselocale(locale) : (locale_t)0;
	size_t used = 0;
	for (size_t at = 0; at < len;) {
		char shown[8];
		size_t shown_len;
		int width;
		at += next_char(text + at, len - at, shown, &shown_len, &width);
		if (used + (size_t)width > cells) {
			break;
		}
		cn_buf_append(out, shown, shown_len);
		used += (size_t)width;
	}
	if (locale != (locale_t)0) {
		uselocale(before);
		freelocale(locale);
	}
	return used;
}
