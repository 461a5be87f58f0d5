/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "shell/builtin.h"
#include "shell/fd.h"
#include "shell/subshell.h"

enum { OUT_MAX = 16384 };

/* ---- output ---- */

int sh_flush(struct shell *sh) {
	int err = sh->out_error;
	if (sh->out.len > 0 && err == 0) {
		err = sh_fd_write(sh, 1, sh->out.data, sh->out.len);
	}
	cn_buf_reset(&sh->out);
	sh->out_error = 0;
	return err;
}

static void out_spill(struct shell *sh) {
	if (sh->out_error == 0) {
		sh->out_error = sh_fd_write(sh, 1, sh->out.data, sh->out.len);
	}
	cn_buf_reset(&sh->out);
}

void sh_write(struct shell *sh, const char *data, size_t len) {
	if (sh->out.len + len > OUT_MAX) {
		out_spill(sh);
	}
	cn_buf_append(&sh->out, data, len);
}

void sh_puts(struct shell *sh, const char *text) {
	sh_write(sh, text, strlen(text));
}

void sh_putc(struct shell *sh, char c) {
	if (sh->out.len >= OUT_MAX) {
		out_spill(sh);
	}
	if (sh->out.len + 1 < sh->out.cap) {
		sh->out.data[sh->out.len++] = c;
	} else {
		cn_buf_putc(&sh->out, c);
	}
}

void sh_printf(struct shell *sh, const char *format, ...) {
	va_list args;
	va_start(args, format);
	cn_buf_vprintf(&sh->out, format, args);
	va_end(args);
	if (sh->out.len > OUT_MAX) {
		out_spill(sh);
	}
}

static bool is_plain(const char *value) {
	for (const char *c = value; *c != '\0'; c++) {
		if (!((*c >= 'a' && *c <= 'z') || (*c >= 'A' && *c <= 'Z') || (*c >= '0' && *c <= '9') ||
					strchr("_-./:+,@%", *c) != NULL)) {
			return false;
		}
	}
	return value[0] != '\0';
}

void sh_quote(struct shell *sh, struct cn_buf *out, const char *value) {
	if (is_plain(value)) {
		cn_buf_puts(out, value);
		return;
	}
	cn_buf_putc(out, '\'');
	for (const char *c = value; *c != '\0'; c++) {
		if (*c == '\'') {
			cn_buf_puts(out, "'\\''");
		} else {
			cn_buf_putc(out, *c);
		}
	}
	cn_buf_putc(out, '\'');
}

void sh_put_quoted(struct shell *sh, const char *value) {
	sh_quote(sh, &sh->out, value);
	if (sh->out.len > OUT_MAX) {
		out_spill(sh);
	}
}

/* ---- messages ---- */

__attribute__((format(printf, 2, 0))) static void message(
		struct shell *sh, const char *format, va_list args) {
	struct cn_buf text = CN_BUF_INIT;
	cn_buf_printf(&text, "%s: ", sh->arg0 != NULL ? sh->arg0 : "conch");
	if (!sh->interactive && sh->line > 0) {
		cn_buf_printf(&text, "line %d: ", sh->line);
	}
	if (sh->running != NULL) {
		cn_buf_printf(&text, "%s: ", sh->running);
	}
	cn_buf_vprintf(&text, format, args);
	cn_buf_putc(&text, '\n');
	sh_fd_write(sh, 2, text.data, text.len);
	cn_buf_finish(&text);
}

void sh_error(struct shell *sh, const char *format, ...) {
	va_list args;
	va_start(args, format);
	message(sh, format, args);
	va_end(args);
}

int sh_usage(struct shell *sh, const char *format, ...) {
	if (format != NULL) {
		va_list args;
		va_start(args, format);
		message(sh, format, args);
		va_end(args);
	}
	const struct sh_builtin *builtin = sh->running_builtin;
	if (builtin != NULL && builtin->usage != NULL && format == NULL) {
		const char *running = sh->running;
		sh->running = NULL;
		sh_error(sh, "usage: %s %s", builtin->name, builtin->usage);
		sh->running = running;
	}
	return sh_special_error(sh, 2);
}

int sh_special_error(struct shell *sh, int status) {
	if (sh->running_builtin != NULL && (sh->running_builtin->flags & SH_BUILTIN_SPECIAL) != 0) {
		sh->special_error = true;
	}
	return status;
}

int sh_fail(struct shell *sh, int status) {
	if (sh->unwind == SH_UNWIND_NONE) {
		sh->unwind = SH_UNWIND_ERROR;
		sh->status = status;
	}
	return status;
}

/* ---- options (XBD 12.2) ---- */

static int bad_option(struct shell *sh, char sign, char letter, const char *reason) {
	sh_error(sh, "%c%c: %s", sign, letter, reason);
	sh_usage(sh, NULL);
	return '?';
}

int sh_getopt(struct shell *sh, struct sh_opts *opts, int argc, char **argv, const char *letters) {
	bool plus_ok = letters[0] == '+';
	if (opts->index == 0) {
		opts->index = 1;
	}
	if (opts->rest == NULL) {
		const char *arg = opts->index < argc ? argv[opts->index] : NULL;
		if (arg == NULL || (arg[0] != '-' && !(plus_ok && arg[0] == '+')) || arg[1] == '\0') {
			return -1;
		}
		if (arg[0] == '-' && arg[1] == '-' && arg[2] == '\0') {
			opts->index++;
			return -1;
		}
		opts->plus = arg[0] == '+';
		opts->rest = arg + 1;
	}
	char letter = *opts->rest++;
	const char *found = letter != ':' && letter != '+' ? strchr(letters, letter) : NULL;
	bool ended = *opts->rest == '\0';
	if (found == NULL) {
		return bad_option(sh, opts->plus ? '+' : '-', letter, "invalid option");
	}
	if (found[1] == ':') {
		opts->arg = ended ? argv[opts->index + 1] : opts->rest;
		opts->index += ended ? 2 : 1;
		opts->rest = NULL;
		if (opts->arg == NULL) {
			opts->index = argc;
			return bad_option(sh, opts->plus ? '+' : '-', letter, "option requires an argument");
		}
		return letter;
	}
	if (ended) {
		opts->rest = NULL;
		opts->index++;
	}
	return letter;
}

/* ---- aliases (XCU 2.3.1) ---- */

static void alias_journal(struct shell *sh, struct sh_name *name) {
	if (sh->level == 0) {
		free(name->alias);
	} else {
		sh_undo_push(&sh->journal, SH_UNDO_ALIAS, name)->alias = name->alias;
	}
	name->alias = NULL;
}

const char *sh_alias_get(struct shell *sh, const char *name) {
	struct sh_name *found = sh_name_find(sh, name, strlen(name));
	return found != NULL ? found->alias : NULL;
}

void sh_alias_set(struct shell *sh, const char *name, const char *value) {
	struct sh_name *interned = sh_name(sh, name);
	char *copy = sh_xstrdup(value);
	alias_journal(sh, interned);
	sh->has_aliases = true;
	interned->alias = copy;
}

bool sh_alias_unset(struct shell *sh, const char *name) {
	struct sh_name *found = sh_name_find(sh, name, strlen(name));
	if (found == NULL || found->alias == NULL) {
		return false;
	}
	alias_journal(sh, found);
	return true;
}
