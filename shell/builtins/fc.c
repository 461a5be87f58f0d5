/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "shell/builtin.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/base/fd.h"
#include "shell/history.h"

/*
 * fc [-r] [-e EDITOR] [FIRST [LAST]], fc -l [-nr] [FIRST [LAST]], fc -s [OLD=NEW] [FIRST] (XCU fc).
 * The list's last entry is the fc command itself, which is not there for its operands; what it
 * executes takes its place.
 */

enum { LISTED = 16 };

static const char *entry_text(struct shell *sh, long index) {
	const struct sh_history_entry *entry = sh_history(sh)->entries.items[index];
	return entry->text;
}

/* How many entries there are without fc itself. */
static long entry_count(struct shell *sh) {
	struct sh_history *h = sh_history(sh);
	return (long)h->entries.len - (h->added && h->entries.len > 0);
}

/*
 * The entry that the operand means, as an index: a number, one counted back from fc itself, or
 * the newest that begins with a text. -1 after a message.
 */
static long find(struct shell *sh, const char *text) {
	struct sh_history *h = sh_history(sh);
	long count = entry_count(sh);
	char *end;
	errno = 0;
	long number = strtol(text, &end, 10);
	if (end != text && *end == '\0' && errno == 0) {
		long index = number > 0 ? number - h->first : count + number;
		return index < 0 ? 0 : index >= count ? count - 1 : index;
	}
	for (long i = count - 1; i >= 0; i--) {
		if (strncmp(entry_text(sh, i), text, strlen(text)) == 0) {
			return i;
		}
	}
	sh_error(sh, "%s: no such command in the history", text);
	return -1;
}

struct range {
	long first;
	long last;
};

/* The operands FIRST and LAST; -1 in `first` after a message. */
static struct range range_read(struct shell *sh, char **operands, bool listing) {
	struct range range = { .first = entry_count(sh) - 1 };
	range.last = range.first;
	if (range.last < 0) {
		sh_error(sh, "the history is empty");
		return (struct range){ -1, -1 };
	}
	if (operands[0] == NULL) {
		long back = listing ? LISTED - 1 : 0;
		range.first = range.last < back ? 0 : range.last - back;
		return range;
	}
	range.first = find(sh, operands[0]);
	if (operands[1] != NULL) {
		range.last = find(sh, operands[1]);
	} else if (!listing) {
		range.last = range.first;
	}
	return range.last < 0 ? (struct range){ -1, -1 } : range;
}

static struct range reversed(struct range range) {
	return (struct range){ range.last, range.first };
}

static void list(struct shell *sh, struct range range, bool numbers) {
	struct sh_history *h = sh_history(sh);
	long step = range.first <= range.last ? 1 : -1;
	for (long i = range.first; i != range.last + step; i += step) {
		if (numbers) {
			sh_printf(sh, "%ld", h->first + i);
		}
		sh_putc(sh, '\t');
		for (const char *s = entry_text(sh, i); *s != '\0'; s++) {
			sh_putc(sh, *s);
			if (*s == '\n') {
				sh_putc(sh, '\t'); // further lines are indented (XCU fc, stdout)
			}
		}
		sh_putc(sh, '\n');
	}
}

/* Show the commands, put them in the place of fc in the history, and execute them. */
static int execute(struct shell *sh, const char *text, size_t len) {
	while (len > 0 && text[len - 1] == '\n') {
		len--;
	}
	sh_history_retract(sh);
	sh_history_add(sh, text, len);
	char *copy = sh_xstrndup(text, len);
	sh_puts(sh, copy);
	sh_putc(sh, '\n');
	sh_flush(sh);
	int status = sh_eval(sh, copy);
	free(copy);
	return status;
}

/* fc -s [OLD=NEW] [FIRST] */
static int substitute(struct shell *sh, char **operands) {
	const char *mark = operands[0] == NULL ? NULL : strchr(operands[0], '=');
	const char *change = mark == NULL ? NULL : *operands++;
	struct range range = range_read(sh, operands, false);
	if (range.first < 0) {
		return 1;
	}
	const char *line = entry_text(sh, range.first);
	struct cn_buf text = CN_BUF_INIT;
	size_t len = change == NULL ? 0 : (size_t)(mark - change);
	const char *at = change == NULL ? NULL : memmem(line, strlen(line), change, len);
	if (at != NULL) {
		cn_buf_append(&text, line, at - line);
		cn_buf_puts(&text, mark + 1);
		line = at + len;
	}
	cn_buf_puts(&text, line);
	int status = execute(sh, text.data, text.len);
	cn_buf_finish(&text);
	return status;
}

/* Put the commands into a new file, whose name goes into `path`. 0 or a negative errno. */
static int write_commands(struct shell *sh, struct range range, char *path) {
	long step = range.first <= range.last ? 1 : -1;
	int fd = mkstemp(path);
	if (fd < 0) {
		return -errno;
	}
	int err = 0;
	for (long i = range.first; i != range.last + step && err == 0; i += step) {
		const char *line = entry_text(sh, i);
		err = cn_write_full(fd, line, strlen(line));
		err = err == 0 ? cn_write_full(fd, "\n", 1) : err;
	}
	close(fd);
	return err;
}

static int read_file(const char *path, struct cn_buf *text) {
	FILE *file = fopen(path, "re");
	if (file == NULL) {
		return -errno;
	}
	char block[4096];
	for (size_t n; (n = fread(block, 1, sizeof(block), file)) > 0;) {
		cn_buf_append(text, block, n);
	}
	fclose(file);
	return 0;
}

/* fc [-e EDITOR] [FIRST [LAST]] */
static int edit(struct shell *sh, struct range range, const char *editor) {
	char path[] = "/tmp/conch-fc-XXXXXX";
	struct cn_buf text = CN_BUF_INIT;
	const char *named = sh_var_get_text(sh, "FCEDIT");
	if (editor == NULL) {
		editor = named == NULL || *named == '\0' ? "ed" : named;
	}
	int err = write_commands(sh, range, path);
	if (err < 0) {
		sh_error(sh, "%s: %s", path, strerror(-err));
		return 1;
	}
	cn_buf_printf(&text, "%s %s", editor, path);
	int status = sh_eval(sh, text.data);
	cn_buf_reset(&text);
	if (status == 0 && sh->unwind == SH_UNWIND_NONE) {
		read_file(path, &text);
		status = execute(sh, text.data, text.len);
	}
	unlink(path);
	cn_buf_finish(&text);
	return status;
}

/* A negative number is an operand, though it looks like an option. */
static bool is_number(const char *text) {
	return text != NULL && text[0] == '-' && text[1] >= '0' && text[1] <= '9';
}

static int run_fc(struct shell *sh, int argc, char **argv) {
	struct sh_opts opts = { .index = 0 };
	bool listing = false, reverse = false, numbers = true, again = false;
	const char *editor = NULL;
	int c = 0;
	while (!is_number(argv[opts.index > 0 ? opts.index : 1]) &&
			(c = sh_getopt(sh, &opts, argc, argv, "e:lnrs")) != -1) {
		listing |= c == 'l';
		numbers &= c != 'n';
		reverse |= c == 'r';
		again |= c == 's' || (c == 'e' && strcmp(opts.arg, "-") == 0);
		editor = c == 'e' ? opts.arg : editor;
		if (c == '?') {
			return 2;
		}
	}
	char **operands = argv + (opts.index > 0 ? opts.index : 1);
	if (again) {
		return substitute(sh, operands);
	}
	struct range range = range_read(sh, operands, listing);
	if (range.first < 0) {
		return 1;
	}
	range = reverse ? reversed(range) : range;
	if (!listing) {
		return edit(sh, range, editor);
	}
	list(sh, range, numbers);
	return 0;
}

const struct sh_builtin sh_builtin_fc = { "fc", run_fc, SH_BUILTIN_INTRINSIC,
	"[-r] [-e EDITOR] [FIRST [LAST]] | -l [-nr] [FIRST [LAST]] | -s [OLD=NEW] [FIRST]" };
