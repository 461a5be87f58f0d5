/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include <string.h>
#include <time.h>

#include "lib/base/number.h"
#include "shell/builtin.h"
#include "shell/history.h"

/* HISTTIMEFORMAT, for an entry whose time is known. */
static void put_time(struct shell *sh, int64_t when) {
	const char *format = sh_var_get_text(sh, "HISTTIMEFORMAT");
	char text[256];
	time_t seconds = (time_t)when;
	struct tm tm;
	if (format == NULL || *format == '\0' || when == 0 || localtime_r(&seconds, &tm) == NULL) {
		return;
	}
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
	sh_write(sh, text, strftime(text, sizeof(text), format, &tm)); // the user's own format
#pragma GCC diagnostic pop
}

static int list(struct shell *sh, const char *operand) {
	struct sh_history *h = sh_history(sh);
	int64_t count = (int64_t)h->entries.len;
	int64_t wanted = count;
	if (operand != NULL && cn_parse_int(operand, 0, INT64_MAX, &wanted) < 0) {
		sh_error(sh, "%s: not a number", operand);
		return 2;
	}
	for (int64_t i = wanted < count ? count - wanted : 0; i < count; i++) {
		const struct sh_history_entry *entry = h->entries.items[i];
		sh_printf(sh, "%5lld  ", (long long)(h->first + i));
		put_time(sh, entry->time);
		sh_puts(sh, entry->text);
		sh_putc(sh, '\n');
	}
	return 0;
}

/* -d NUMBER: negative ones count back from the end. */
static int delete(struct shell *sh, const char *text) {
	struct sh_history *h = sh_history(sh);
	int64_t number;
	int64_t count = (int64_t)h->entries.len;
	if (cn_parse_int(text, INT32_MIN, INT32_MAX, &number) == 0) {
		int64_t index = number < 0 ? count + number : number - h->first;
		if (index >= 0 && index < count) {
			sh_history_remove(sh, (size_t)index);
			return 0;
		}
	}
	sh_error(sh, "%s: no such entry", text);
	return 1;
}

/* The file that -r and -w mean. NULL after a message. */
static const char *file_operand(struct shell *sh, const char *operand) {
	const char *name = operand != NULL ? operand : sh_var_get_text(sh, "HISTFILE");
	if (name == NULL || *name == '\0') {
		sh_error(sh, "HISTFILE is not set");
		return NULL;
	}
	return name;
}

/* history [COUNT] | -c | -d NUMBER | -n | -r [FILE] | -w [FILE] */
static int run_history(struct shell *sh, int argc, char **argv) {
	struct sh_opts opts = { 0 };
	int action = 0;
	for (int option; (option = sh_getopt(sh, &opts, argc, argv, "acd:nrw")) != -1;) {
		if (option == '?') {
			return 2;
		}
		action = option;
		if (option == 'c') {
			sh_history_clear(sh);
		} else if (option == 'd' && delete(sh, opts.arg) != 0) {
			return 1;
		}
	}
	const char *operand = opts.index < argc ? argv[opts.index] : NULL;
	const char *file;
	switch (action) {
	case 'a': // each command is in the file before it runs
	case 'c':
	case 'd':
		return 0;
	case 'n':
		return sh_history_file_update(sh) ? 0 : 1;
	case 'r':
		file = file_operand(sh, operand);
		return file != NULL && sh_history_file_read(sh, file) ? 0 : 1;
	case 'w':
		file = file_operand(sh, operand);
		return file != NULL && sh_history_file_write(sh, file) ? 0 : 1;
	default:
		return list(sh, operand);
	}
}

const struct sh_builtin sh_builtin_history = { "history", run_history, SH_BUILTIN_INTRINSIC,
	"[COUNT] | -c | -d NUMBER | -n | -r [FILE] | -w [FILE]" };
