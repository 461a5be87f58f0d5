/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "plugin/report.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "lib/base/fd.h"
#include "lib/shm/shared.h"
#include "plugin/host.h"

// Control bytes would let a name play tricks on the terminal, or make one message two lines.
static void append_visible(struct cn_buf *out, const char *text) {
	for (; *text != '\0'; text++) {
		unsigned char c = (unsigned char)*text;
		if (c == '\n') {
			cn_buf_puts(out, "\\n");
		} else if (c < ' ' || c == 0x7f) {
			cn_buf_printf(out, "\\%03o", c);
		} else {
			cn_buf_putc(out, *text);
		}
	}
}

int cmd_fail(const struct cmd *cmd, int status, const char *format, ...) {
	struct cn_buf text = CN_BUF_INIT;
	struct cn_buf line = CN_BUF_INIT;
	va_list args;
	va_start(args, format);
	cn_buf_vprintf(&text, format, args);
	va_end(args);
	cn_buf_puts(&line, cmd->command->name);
	if (cmd->verb != NULL && cmd->verb->name != NULL) {
		cn_buf_printf(&line, ": %s", cmd->verb->name);
	}
	cn_buf_puts(&line, ": ");
	append_visible(&line, text.data);
	cn_buf_putc(&line, '\n');
	host->error(line.data, line.len);
	cn_buf_finish(&text);
	cn_buf_finish(&line);
	return status;
}

int cmd_result(const struct cmd *cmd, const char *object, int err, const struct cn_err *why) {
	int status = STATUS_FAILED;
	switch (-err) {
	case 0:
		return STATUS_OK;
	case EAGAIN:
		return STATUS_NO;
	case EPIPE:
		return STATUS_CLOSED;
	case ETIMEDOUT:
		return STATUS_TIMEOUT;
	case EPERM:
		status = STATUS_NO;
		break;
	case ENOENT:
	case EEXIST:
		status = STATUS_NO_OBJECT;
		break;
	case EINVAL:
		status = STATUS_USAGE;
		break;
	}
	const char *reason = why != NULL && why->text[0] != '\0' ? why->text
			: err == -ENOSPC && object != NULL && object[0] == '/'
			? cn_shared_full()
			: cn_strerror(err);
	if (object == NULL) {
		return cmd_fail(cmd, status, "%s", reason);
	}
	return cmd_fail(cmd, status, "%s: %s", object, reason);
}

// In the system's words: it is a disk that is full then, not our memory.
int cmd_write_failed(const struct cmd *cmd, int err) {
	return cmd_fail(cmd, STATUS_FAILED, "write error: %s", strerror(-err));
}

int cmd_variable_result(const struct cmd *cmd, const char *var, int err) {
	if (err == 0) {
		return STATUS_OK;
	}
	if (err == -EINVAL) {
		return cmd_fail(cmd, STATUS_USAGE, "%s: not the name of a variable", var);
	}
	return cmd_fail(cmd, STATUS_FAILED, "%s: %s", var, err == -EROFS ? "read-only" : cn_strerror(err));
}

int cmd_can_give(const struct cmd *cmd, const char *var) {
	return var != NULL || host->can_write() ? STATUS_OK : cmd_write_failed(cmd, -EBADF);
}

int cmd_give(const struct cmd *cmd, const char *var, const char *data, size_t len) {
	if (var != NULL) {
		return cmd_variable_result(cmd, var, host->set(var, data, len));
	}
	int err = host->write(data, len);
	err = err == 0 ? host->write("\n", 1) : err;
	err = err == 0 ? host->flush() : err;
	return err == 0 ? STATUS_OK : cmd_write_failed(cmd, err);
}

int cmd_give_bytes(const struct cmd *cmd, const char *data, size_t len, bool null) {
	int err = host->write(data, len);
	err = err == 0 && null ? host->write("", 1) : err;
	err = err == 0 ? host->flush() : err;
	return err == 0 ? STATUS_OK : cmd_write_failed(cmd, err);
}

int cmd_givef(const struct cmd *cmd, const char *var, const char *format, ...) {
	struct cn_buf text = CN_BUF_INIT;
	va_list args;
	va_start(args, format);
	cn_buf_vprintf(&text, format, args);
	va_end(args);
	int status = cmd_give(cmd, var, text.data, text.len);
	cn_buf_finish(&text);
	return status;
}

int cmd_print(const struct cmd *cmd, const struct cn_buf *text) {
	int err = text->failed ? -ENOMEM : host->write(text->data, text->len);
	err = err == 0 ? host->flush() : err;
	return err == 0 ? STATUS_OK : cmd_write_failed(cmd, err);
}

static void synopsis(struct cn_buf *out, const struct command *command, const struct verb *verb) {
	cn_buf_puts(out, command->name);
	if (verb->name != NULL) {
		cn_buf_printf(out, " %s", verb->name);
	}
	for (const struct opt *o = verb->opts; o != NULL && o->name != NULL; o++) {
		cn_buf_puts(out, " [");
		if (o->letter != 0) {
			cn_buf_printf(out, "-%c", o->letter);
		} else {
			cn_buf_printf(out, "--%s", o->name);
		}
		cn_buf_printf(out, "%s%s]", o->value != NULL ? " " : "", o->value != NULL ? o->value : "");
	}
	if (verb->operands != NULL) {
		cn_buf_printf(out, " %s", verb->operands);
	}
	cn_buf_putc(out, '\n');
}

int cmd_usage(const struct cmd *cmd) {
	struct cn_buf text = CN_BUF_INIT;
	if (cmd->verb != NULL) {
		cn_buf_puts(&text, "usage: ");
		synopsis(&text, cmd->command, cmd->verb);
	} else {
		cn_buf_printf(&text, "usage: %s VERB...; one of", cmd->command->name);
		for (const struct verb *v = cmd->command->verbs; v->name != NULL; v++) {
			cn_buf_printf(&text, " %s", v->name);
		}
		cn_buf_putc(&text, '\n');
	}
	host->error(text.data, text.len);
	cn_buf_finish(&text);
	return STATUS_USAGE;
}

static void verb_help(struct cn_buf *out, const struct command *command, const struct verb *verb) {
	synopsis(out, command, verb);
	if (verb->help != NULL) {
		cn_buf_printf(out, "    %s\n", verb->help);
	}
	for (const struct opt *o = verb->opts; o != NULL && o->name != NULL; o++) {
		struct cn_buf left = CN_BUF_INIT;
		if (o->letter != 0) {
			cn_buf_printf(&left, "-%c, ", o->letter);
		} else {
			cn_buf_puts(&left, "    ");
		}
		cn_buf_printf(&left, "--%s", o->name);
		if (o->value != NULL) {
			cn_buf_printf(&left, " %s", o->value);
		}
		cn_buf_printf(out, "      %-26s %s\n", left.data, o->help);
		cn_buf_finish(&left);
	}
}

void command_help(struct cn_buf *out, const struct command *command, const struct verb *verb) {
	cn_buf_printf(out, "%s - %s\n\n", command->name, command->summary);
	if (verb != NULL) {
		verb_help(out, command, verb);
		return;
	}
	const struct verb *v = command->verbs;
	do {
		verb_help(out, command, v);
	} while (v->name != NULL && (++v)->name != NULL);
}

// Edit distance with transpositions, cut off: enough to forgive a typing slip.
static unsigned distance(const char *a, const char *b) {
	enum { MAX = 24 };
	unsigned row[3][MAX + 1];
	size_t m = strlen(a);
	size_t n = strlen(b);
	if (m > MAX || n > MAX) {
		return MAX;
	}
	for (size_t j = 0; j <= n; j++) {
		row[0][j] = (unsigned)j;
	}
	for (size_t i = 1; i <= m; i++) {
		unsigned *now = row[i % 3];
		const unsigned *up = row[(i + 2) % 3];
		const unsigned *up2 = row[(i + 1) % 3];
		now[0] = (unsigned)i;
		for (size_t j = 1; j <= n; j++) {
			unsigned best = up[j - 1] + (a[i - 1] != b[j - 1]);
			best = up[j] + 1 < best ? up[j] + 1 : best;
			best = now[j - 1] + 1 < best ? now[j - 1] + 1 : best;
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] &&
					up2[j - 2] + 1 < best) {
				best = up2[j - 2] + 1;
			}
			now[j] = best;
		}
	}
	return row[m % 3][n];
}

const char *nearest(const char *word, const char *const names[], size_t count) {
	const char *best = NULL;
	unsigned limit = strlen(word) > 4 ? 3 : 2;
	for (size_t i = 0; i < count; i++) {
		unsigned d = distance(word, names[i]);
		if (d < limit && d < strlen(names[i])) {
			limit = d;
			best = names[i];
		}
	}
	return best;
}

// The length of the UTF-8 sequence at `data`, or 0 when it is none (overlong, surrogate, cut off).
static size_t utf8_length(const unsigned char *data, size_t len) {
	unsigned char c = data[0];
	size_t need = c < 0x80			? 1
			: c >= 0xc2 && c < 0xe0 ? 2
			: c >= 0xe0 && c < 0xf0 ? 3
			: c >= 0xf0 && c < 0xf5 ? 4
									: 0;
	if (need == 0 || need > len) {
		return 0;
	}
	for (size_t i = 1; i < need; i++) {
		if ((data[i] & 0xc0) != 0x80) {
			return 0;
		}
	}
	bool bad = (c == 0xe0 && data[1] < 0xa0) || (c == 0xed && data[1] > 0x9f) ||
			(c == 0xf0 && data[1] < 0x90) || (c == 0xf4 && data[1] > 0x8f);
	return bad ? 0 : need;
}

void json_string(struct cn_buf *out, const char *data, size_t len) {
	cn_buf_putc(out, '"');
	for (size_t i = 0; i < len;) {
		unsigned char c = (unsigned char)data[i];
		size_t n = utf8_length((const unsigned char *)data + i, len - i);
		if (c == '"' || c == '\\') {
			cn_buf_printf(out, "\\%c", c);
		} else if (c < ' ' || c == 0x7f) {
			cn_buf_printf(out, "\\u%04x", c);
		} else if (n == 0) {
			cn_buf_puts(out, "\\ufffd");
		} else {
			cn_buf_append(out, data + i, n);
		}
		i += n > 0 ? n : 1;
	}
	cn_buf_putc(out, '"');
}
