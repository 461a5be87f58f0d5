/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "lib/base/clock.h"
#include "lib/base/number.h"
#include "shell/array.h"
#include "shell/builtin.h"
#include "shell/expand.h"
#include "shell/fd.h"

/* What was read: `raw` says for each byte whether a backslash quoted it. */
struct line {
	struct cn_buf text;
	struct cn_buf quoted; // '1' or '0' per byte; empty when none was
	bool any_quoted;
};

struct reader {
	int fd;
	char delimiter;
	bool raw; // -r
	int64_t limit; // -n, -N; -1
	bool exact; // -N: the delimiter is text
	cn_time deadline; // -t
	bool look; // -t 0: is there anything to read?
	const char *prompt; // -p
	const char *array; // -a
	bool silent; // -s
};

static void put(struct line *line, char c, bool quoted) {
	if (quoted && !line->any_quoted) {
		line->any_quoted = true;
		for (size_t i = 0; i < line->text.len; i++) {
			cn_buf_putc(&line->quoted, '0');
		}
	}
	if (line->any_quoted) {
		cn_buf_putc(&line->quoted, quoted ? '1' : '0');
	}
	cn_buf_putc(&line->text, c);
}

/* Whether there is something to read, or the end, by the deadline. 1: yes, 0: no, else -errno. */
static int await_input(struct shell *sh, const struct reader *r) {
	struct sh_file *file = sh_fd_file(sh, r->fd);
	if (file != NULL && file->pos < file->len) {
		return 1;
	}
	struct pollfd ready = { .fd = sh_fd_real(sh, r->fd), .events = POLLIN };
	int n = poll(&ready, 1, cn_poll_timeout(r->deadline));
	return n < 0 ? -errno : n;
}

/* 1: a byte; 0: end; else a negative errno, -ETIMEDOUT after the deadline. */
static int next_byte(struct shell *sh, const struct reader *r, char *c) {
	if (r->deadline != CN_NEVER) {
		int n = await_input(sh, r);
		if (n <= 0) {
			return n == 0 ? -ETIMEDOUT : n;
		}
	}
	return (int)sh_read(sh, r->fd, c, 1);
}

/*
 * Read up to the delimiter. 0: found; 1: the end came first; else a negative errno. A signal ends
 * the wait for a byte; while bytes come, only a line so long that it may never end, for what was
 * read of it is lost.
 */
static int read_line(struct shell *sh, const struct reader *r, struct line *line) {
	enum { LONG = 4096 };
	bool backslash = false;
	int64_t count = 0;
	for (uint64_t bytes = 1; r->limit < 0 || count < r->limit; bytes++) {
		if (bytes % LONG == 0 && sh_signal_pending_trap(sh, 0) != 0) {
			return -EINTR;
		}
		char c;
		int n = next_byte(sh, r, &c);
		if (n <= 0) {
			return n == 0 ? 1 : n;
		}
		if (backslash) {
			backslash = false;
			if (c == '\n') {
				continue; // a line continuation
			}
			put(line, c, true);
			count++;
			continue;
		}
		if (c == r->delimiter && !r->exact) {
			return 0;
		}
		if (c == '\\' && !r->raw) {
			backslash = true;
			continue;
		}
		if (c != '\0') {
			put(line, c, false);
			count++;
		}
	}
	return 0;
}

/* ---- splitting (2.6.5, as XCU read has it) ---- */

struct splitter {
	struct shell *sh;
	const char *text;
	const char *quoted; // NULL: nothing is
	size_t len;
	size_t pos;
};

/* Class of what is at i, *len bytes: 0 ordinary, 1 IFS white space, 2 other IFS character. */
static int class_at(const struct splitter *s, size_t i, size_t *len) {
	*len = 1;
	if (s->quoted != NULL && s->quoted[i] == '1') {
		return 0;
	}
	size_t wide = sh_ifs_multibyte(s->sh, s->text + i, s->len - i);
	if (wide > 0) {
		*len = wide;
		return 2;
	}
	return s->sh->ifs_class[(unsigned char)s->text[i]];
}

static void skip_space(struct splitter *s) {
	size_t len;
	while (s->pos < s->len && class_at(s, s->pos, &len) == 1) {
		s->pos++;
	}
}

/* The next field [*start, *end), leaving pos after its delimiter. */
static void next_field(struct splitter *s, size_t *start, size_t *end) {
	size_t len;
	*start = s->pos;
	while (s->pos < s->len && class_at(s, s->pos, &len) == 0) {
		s->pos++;
	}
	*end = s->pos;
	skip_space(s);
	if (s->pos < s->len && class_at(s, s->pos, &len) == 2) {
		s->pos += len;
		skip_space(s);
	}
}

/* The rest for the last name: without the delimiter behind it when that is all that follows. */
static void last_field(struct splitter *s, size_t *start, size_t *end) {
	*start = s->pos;
	size_t first = s->pos;
	size_t ignore_start;
	size_t len;
	next_field(s, &ignore_start, end);
	if (s->pos == s->len) {
		return; // one field and a delimiter at most
	}
	s->pos = first;
	*end = s->len;
	while (*end > first && class_at(s, *end - 1, &len) == 1) {
		(*end)--;
	}
}

static int assign_names(struct shell *sh, struct splitter *s, int argc, char **argv) {
	int status = 0;
	skip_space(s);
	for (int i = 0; i < argc; i++) {
		size_t start = s->pos;
		size_t end = s->pos;
		if (i == argc - 1) {
			last_field(s, &start, &end);
		} else {
			next_field(s, &start, &end);
		}
		if (sh_ref_set(sh, argv[i], s->text + start, end - start) < 0) {
			status = 2;
		}
	}
	return status;
}

static int assign_array(struct shell *sh, struct splitter *s, const char *name) {
	struct sh_array *array = sh_var_array(sh, sh_name(sh, name), false, true);
	if (array == NULL) {
		return 2;
	}
	skip_space(s);
	for (intmax_t i = 0; s->pos < s->len; i++) {
		size_t start;
		size_t end;
		next_field(s, &start, &end);
		sh_array_put(array, i, s->text + start, end - start);
	}
	sh_var_stored(sh, sh_name(sh, name));
	return 0;
}

/* ---- the terminal ---- */

static bool echo_off(int fd, struct termios *old) {
	struct termios quiet;
	if (fd < 0 || tcgetattr(fd, old) < 0) {
		return false;
	}
	quiet = *old;
	quiet.c_lflag &= ~(tcflag_t)ECHO;
	return tcsetattr(fd, TCSADRAIN, &quiet) == 0;
}

static int parse_options(
		struct shell *sh, struct reader *r, struct sh_opts *opts, int argc, char **argv) {
	for (int option; (option = sh_getopt(sh, opts, argc, argv, "rd:t:n:N:p:a:u:s")) != -1;) {
		int64_t number;
		cn_time wait;
		switch (option) {
		case 'r':
			r->raw = true;
			break;
		case 'd':
			r->delimiter = opts->arg[0];
			break;
		case 'p':
			r->prompt = opts->arg;
			break;
		case 'a':
			r->array = opts->arg;
			break;
		case 's':
			r->silent = true;
			break;
		case 't':
			if (cn_parse_duration(opts->arg, &wait) < 0) {
				return sh_usage(sh, "%s: not a time", opts->arg);
			}
			r->deadline = cn_after(wait);
			r->look = wait == 0;
			break;
		case 'n':
		case 'N':
		case 'u':
			if (cn_parse_int(opts->arg, 0, INT32_MAX, &number) < 0) {
				return sh_usage(sh, "%s: not a number", opts->arg);
			}
			if (option == 'u') {
				r->fd = (int)number;
			} else {
				r->limit = number;
				r->exact = option == 'N';
			}
			break;
		default:
			return 2;
		}
	}
	return 0;
}

static int check_names(struct shell *sh, int argc, char **argv) {
	for (int i = 0; i < argc; i++) {
		size_t len = strcspn(argv[i], "[");
		if (!sh_is_name(argv[i], len)) {
			return sh_usage(sh, "%s: bad variable name", argv[i]);
		}
	}
	return 0;
}

/* read (XCU read); -a -n -N -p -s -t -u as in bash. */
static int run_read(struct shell *sh, int argc, char **argv) {
	struct sh_opts opts = { 0 };
	struct reader r = { .delimiter = '\n', .limit = -1, .deadline = CN_NEVER };
	int status = parse_options(sh, &r, &opts, argc, argv);
	if (status == 0) {
		status = check_names(sh, argc - opts.index, argv + opts.index);
	}
	if (status != 0) {
		return status;
	}
	if (r.look) {
		return await_input(sh, &r) > 0 ? 0 : 1;
	}
	int real = r.silent || r.prompt != NULL ? sh_fd_real(sh, r.fd) : -1;
	struct termios old;
	if (r.prompt != NULL && real >= 0 && isatty(real)) {
		sh_fd_write(sh, 2, r.prompt, strlen(r.prompt));
	}
	bool quiet = r.silent && echo_off(real, &old);
	struct line line = { .text = CN_BUF_INIT, .quoted = CN_BUF_INIT };
	int result = read_line(sh, &r, &line);
	if (quiet) {
		tcsetattr(real, TCSADRAIN, &old);
	}
	if (result < 0 && result != -ETIMEDOUT && result != -EINTR) {
		sh_error(sh, "cannot read: %s", strerror(-result));
		status = 2;
	} else if (result == -EINTR) {
		status = 128 + sh_signal_pending_trap(sh, 0);
	} else {
		struct splitter s = { .sh = sh,
			.text = line.text.data,
			.len = line.text.len,
			.quoted = line.any_quoted ? line.quoted.data : NULL };
		char *reply[] = { (char *)"REPLY" };
		int failed;
		if (r.array != NULL) {
			failed = assign_array(sh, &s, r.array);
		} else if (opts.index < argc) {
			failed = assign_names(sh, &s, argc - opts.index, argv + opts.index);
		} else {
			failed = sh_ref_set(sh, reply[0], line.text.data, line.text.len) < 0 ? 2 : 0;
		}
		status = failed != 0 ? failed : result == -ETIMEDOUT ? 142 : result;
	}
	cn_buf_finish(&line.text);
	cn_buf_finish(&line.quoted);
	return status;
}

const struct sh_builtin sh_builtin_read = { "read", run_read, SH_BUILTIN_INTRINSIC,
	"[-rs] [-d delimiter] [-n count] [-N count] [-p prompt] [-t seconds] [-u fd] [-a array] "
	"[name...]" };
