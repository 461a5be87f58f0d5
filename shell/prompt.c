/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "lib/base/buf.h"
#include "shell/array.h"
#include "shell/builtin.h"
#include "shell/expand.h"
#include "shell/history.h"
#include "shell/jobs.h"
#include "shell/prompt.h"

enum { MARK_START = '\001', MARK_END = '\002' };

/* ---- escapes ---- */

/*
 * What an escape gives is text: neither is it expanded again, nor do control characters in the
 * name of a directory reach the terminal.
 */
static void put_text(struct cn_buf *out, const char *text) {
	for (; text != NULL && *text != '\0'; text++) {
		unsigned char c = (unsigned char)*text;
		if (c < ' ' || c == 0x7F) {
			cn_buf_putc(out, '^');
			cn_buf_putc(out, (char)(c ^ 0x40));
			continue;
		}
		if (strchr("\\$`", *text) != NULL) {
			cn_buf_putc(out, '\\');
		}
		cn_buf_putc(out, *text);
	}
}

static void put_time(struct cn_buf *out, const char *format) {
	char text[256];
	time_t now = time(NULL);
	struct tm tm;
	if (*format == '\0') {
		format = "%X";
	}
	if (localtime_r(&now, &tm) != NULL) {
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
		text[strftime(text, sizeof(text), format, &tm)] = '\0'; // the user's own format
#pragma GCC diagnostic pop
		put_text(out, text);
	}
}

/* \D{format}: the format's length with its braces, or 0. */
static size_t put_date(struct cn_buf *out, const char *text) {
	const char *end = text[0] == '{' ? strchr(text, '}') : NULL;
	if (end == NULL) {
		return 0;
	}
	char format[128];
	size_t len = (size_t)(end - text) - 1;
	len = len < sizeof(format) ? len : sizeof(format) - 1;
	memcpy(format, text + 1, len);
	format[len] = '\0';
	put_time(out, format);
	return (size_t)(end - text) + 1;
}

static void put_host(struct cn_buf *out, bool all) {
	char name[256] = "";
	gethostname(name, sizeof(name) - 1);
	char *dot = strchr(name, '.');
	if (!all && dot != NULL) {
		*dot = '\0';
	}
	put_text(out, name);
}

/* The working directory with ~ for HOME and PROMPT_DIRTRIM's last folders, or its last alone. */
static void put_directory(struct shell *sh, struct cn_buf *out, bool last) {
	const char *home = sh_var_get(sh, sh->n.home);
	size_t len = home != NULL ? strlen(home) : 0;
	const char *cwd = sh_var_get(sh, sh->n.pwd);
	cwd = cwd != NULL ? cwd : sh->cwd != NULL ? sh->cwd : "?";
	bool at_home = len > 1 && strncmp(cwd, home, len) == 0 && (cwd[len] == '/' || cwd[len] == '\0');
	if (last) {
		const char *slash = strrchr(cwd, '/');
		bool is_home = at_home && cwd[len] == '\0';
		put_text(out, is_home ? "~" : slash != NULL && slash[1] != '\0' ? slash + 1 : cwd);
		return;
	}
	const char *rest = at_home ? cwd + len : cwd;
	cn_buf_puts(out, at_home ? "~" : "");
	const char *trim = sh_var_get_text(sh, "PROMPT_DIRTRIM");
	int keep = trim != NULL ? atoi(trim) : 0;
	const char *from = rest + strlen(rest);
	for (int i = 0; i < keep && from > rest; i++) {
		for (from--; from > rest && *from != '/'; from--) {
		}
	}
	if (keep > 0 && from > rest) {
		cn_buf_puts(out, at_home ? "/..." : "...");
		rest = from;
	}
	put_text(out, rest);
}

static void put_user(struct cn_buf *out) {
	struct passwd *user = getpwuid(geteuid());
	put_text(out, user != NULL ? user->pw_name : "?");
}

static void put_terminal(struct cn_buf *out) {
	const char *name = ttyname(STDIN_FILENO);
	const char *slash = name != NULL ? strrchr(name, '/') : NULL;
	put_text(out, slash != NULL ? slash + 1 : "tty");
}

/* \nnn: the digits' number. */
static size_t put_octal(struct cn_buf *out, const char *text) {
	int value = 0;
	size_t n = 0;
	for (; n < 3 && text[n] >= '0' && text[n] <= '7'; n++) {
		value = value * 8 + text[n] - '0';
	}
	if ((value & 0xFF) != 0) {
		cn_buf_putc(out, (char)value);
	}
	return n;
}

static int command_number(struct shell *sh) {
	struct sh_history *h = sh_history(sh);
	return h->first + (int)h->entries.len;
}

/* The escape at text (behind the backslash): its length. */
static size_t put_escape(struct shell *sh, struct cn_buf *out, const char *text) {
	const char *base = strrchr(sh->arg0, '/');
	switch (*text) {
	case 'a':
		cn_buf_putc(out, '\a');
		break;
	case 'd':
		put_time(out, "%a %b %d");
		break;
	case 'D':
		return 1 + put_date(out, text + 1);
	case 'e':
		cn_buf_putc(out, '\033');
		break;
	case 'h':
	case 'H':
		put_host(out, *text == 'H');
		break;
	case 'j':
		cn_buf_printf(out, "%d", sh->jobs->count);
		break;
	case 'l':
		put_terminal(out);
		break;
	case 'n':
		cn_buf_putc(out, '\n');
		break;
	case 'r':
		cn_buf_putc(out, '\r');
		break;
	case 's':
		put_text(out, base != NULL ? base + 1 : sh->arg0);
		break;
	case 't':
		put_time(out, "%H:%M:%S");
		break;
	case 'T':
		put_time(out, "%I:%M:%S");
		break;
	case '@':
		put_time(out, "%I:%M %p");
		break;
	case 'A':
		put_time(out, "%H:%M");
		break;
	case 'u':
		put_user(out);
		break;
	case 'v':
	case 'V':
		put_text(out, SH_VERSION);
		break;
	case 'w':
	case 'W':
		put_directory(sh, out, *text == 'W');
		break;
	case '!':
	case '#':
		cn_buf_printf(out, "%d", command_number(sh));
		break;
	case '$':
		put_text(out, geteuid() == 0 ? "#" : "$");
		break;
	case '[':
		cn_buf_putc(out, MARK_START);
		break;
	case ']':
		cn_buf_putc(out, MARK_END);
		break;
	case '\\':
		cn_buf_puts(out, "\\\\");
		break;
	case '0' ... '7':
		return put_octal(out, text);
	default: // left to the expansions
		cn_buf_putc(out, '\\');
		if (*text == '\0') {
			return 0;
		}
		cn_buf_putc(out, *text);
		break;
	}
	return 1;
}

static void decode(struct shell *sh, const char *text, struct cn_buf *out) {
	bool posix = (sh->options & SH_OPT_POSIX) != 0;
	while (*text != '\0') {
		if (*text == '\\' && !posix) {
			text++;
			text += put_escape(sh, out, text);
		} else if (*text == '!' && posix && sh->interactive) {
			text++;
			if (*text == '!') {
				cn_buf_putc(out, *text++);
			} else {
				cn_buf_printf(out, "%d", command_number(sh));
			}
		} else {
			cn_buf_putc(out, *text++);
		}
	}
}

/* ---- what takes no room ---- */

/* The length of a sequence of the terminal at text: ESC [ ... letter, ESC ] ... BEL; else 0. */
static size_t sequence(const char *text) {
	size_t i = 2;
	if (text[0] != '\033' || (text[1] != '[' && text[1] != ']')) {
		return 0;
	}
	if (text[1] == '[') {
		while (text[i] >= 0x20 && text[i] < 0x40) {
			i++;
		}
		return text[i] != '\0' ? i + 1 : 0;
	}
	for (; text[i] != '\0'; i++) {
		if (text[i] == '\a') {
			return i + 1;
		}
		if (text[i] == '\033' && text[i + 1] == '\\') {
			return i + 2;
		}
	}
	return 0;
}

/* Enclose colours and titles that nobody has enclosed; without `marks` take the marks out. */
static void put_marked(const char *text, bool marks, struct cn_buf *out) {
	bool inside = false;
	while (*text != '\0') {
		size_t len = inside ? 0 : sequence(text);
		if (len > 0 && marks) {
			cn_buf_putc(out, MARK_START);
			cn_buf_append(out, text, len);
			cn_buf_putc(out, MARK_END);
			text += len;
			continue;
		}
		bool mark = *text == MARK_START || *text == MARK_END;
		inside = mark ? *text == MARK_START : inside;
		if (!mark || marks) {
			cn_buf_putc(out, *text);
		}
		text++;
	}
}

/* ---- prompts ---- */

void sh_prompt(struct shell *sh, const char *text, bool marks, struct cn_buf *out) {
	struct cn_buf decoded = CN_BUF_INIT;
	struct sh_mark mark = sh_arena_mark(&sh->scratch);
	int status = sh->status;
	int subst_status = sh->subst_status;
	uint32_t unwind = sh->unwind;
	decode(sh, text, &decoded);
	const char *expanded = sh_expand_text(sh, decoded.data);
	if (sh->unwind == SH_UNWIND_ERROR) {
		sh->unwind = unwind; // a message was printed; the prompt is what is left
	}
	put_marked(expanded != NULL ? expanded : "", marks, out);
	sh->status = status;
	sh->subst_status = subst_status;
	sh_arena_release(&sh->scratch, mark);
	cn_buf_finish(&decoded);
}

static void run_one(struct shell *sh, const char *command) {
	if (command == NULL || *command == '\0' || sh->unwind != SH_UNWIND_NONE) {
		return;
	}
	char *copy = sh_xstrdup(command);
	int status = sh->status;
	sh_eval(sh, copy);
	sh->syntax_error = false;
	if (sh->unwind != SH_UNWIND_EXIT) {
		sh->unwind = SH_UNWIND_NONE;
		sh->status = status;
	}
	free(copy);
}

void sh_prompt_command(struct shell *sh) {
	struct sh_name *name = sh_name_find(sh, "PROMPT_COMMAND", strlen("PROMPT_COMMAND"));
	if (name == NULL) {
		return;
	}
	if ((name->var.flags & SH_VAR_INDEXED) == 0) {
		run_one(sh, sh_var_get(sh, name));
		return;
	}
	/* A command may change the array. */
	for (intmax_t i = 0; name->var.array != NULL && i < sh_array_end(name->var.array); i++) {
		const struct sh_item *item = sh_array_find(name->var.array, i);
		run_one(sh, item != NULL ? item->value : NULL);
	}
}
