/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "shell/builtin.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/*
 * test and [ (XCU test). Up to four arguments mean what the standard's table by their number says.
 * More, and what the table leaves open, are read as an expression with `!`, `( )`, `-a` and `-o`,
 * as in other shells.
 */

enum { YES = 0, NO = 1, ERROR = 2 };

struct tester {
	struct shell *sh;
	char **argv; // the arguments
	int argc;
	int pos; // of what is read as an expression
	bool failed; // after a message
};

static bool fail(struct tester *t, const char *what, const char *why) {
	if (!t->failed) {
		sh_error(t->sh, "%s: %s", what, why);
	}
	t->failed = true;
	return false;
}

/*
 * Primaries
 */

static bool is_one_of(const char *letters, const char *op) {
	return op[0] == '-' && op[1] != '\0' && op[2] == '\0' && strchr(letters, op[1]) != NULL;
}

static bool is_unary(const char *op) {
	return is_one_of("bcdefghknoprstuvwxzGLNOS", op);
}

enum binary {
	BINARY_NONE,
	SAME,
	DIFFERENT,
	BEFORE,
	BEHIND,
	NUM_EQ,
	NUM_NE,
	NUM_GT,
	NUM_GE,
	NUM_LT,
	NUM_LE,
	SAME_FILE,
	NEWER,
	OLDER,
	AND,
	OR,
};

static enum binary binary_named(const char *op) {
	static const struct {
		const char *name;
		enum binary op;
	} names[] = {
		{ "=", SAME },
		{ "!=", DIFFERENT },
		{ "-eq", NUM_EQ },
		{ "-ne", NUM_NE },
		{ "-gt", NUM_GT },
		{ "-ge", NUM_GE },
		{ "-lt", NUM_LT },
		{ "-le", NUM_LE },
		{ "<", BEFORE },
		{ ">", BEHIND },
		{ "==", SAME },
		{ "-ef", SAME_FILE },
		{ "-nt", NEWER },
		{ "-ot", OLDER },
		{ "-a", AND },
		{ "-o", OR },
	};
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (strcmp(names[i].name, op) == 0) {
			return names[i].op;
		}
	}
	return BINARY_NONE;
}

/* What is no number of a descriptor is no terminal either, without a word about it (test, -t). */
static bool is_terminal(struct tester *t, const char *text) {
	char *end;
	errno = 0;
	long fd = strtol(text, &end, 10);
	if (end == text || *end != '\0' || fd < 0 || errno != 0) {
		return false;
	}
	int real = fd > 1 << 20 ? -1 : sh_fd_real(t->sh, (int)fd);
	return real >= 0 && isatty(real);
}

static bool test_mode(char op, const struct stat *st) {
	switch (op) {
	case 'b':
		return S_ISBLK(st->st_mode);
	case 'c':
		return S_ISCHR(st->st_mode);
	case 'd':
		return S_ISDIR(st->st_mode);
	case 'f':
		return S_ISREG(st->st_mode);
	case 'p':
		return S_ISFIFO(st->st_mode);
	case 'S':
		return S_ISSOCK(st->st_mode);
	case 'h':
	case 'L':
		return S_ISLNK(st->st_mode);
	case 'g':
		return (st->st_mode & S_ISGID) != 0;
	case 'k':
		return (st->st_mode & S_ISVTX) != 0;
	case 'u':
		return (st->st_mode & S_ISUID) != 0;
	case 's':
		return st->st_size > 0;
	case 'G':
		return st->st_gid == getegid();
	case 'O':
		return st->st_uid == geteuid();
	case 'N':
		return st->st_mtim.tv_sec > st->st_atim.tv_sec ||
				(st->st_mtim.tv_sec == st->st_atim.tv_sec &&
						st->st_mtim.tv_nsec > st->st_atim.tv_nsec);
	default: // 'e'
		return true;
	}
}

static bool test_file(char op, const char *path) {
	struct stat st;
	int flags = op == 'h' || op == 'L' ? AT_SYMLINK_NOFOLLOW : 0;
	if (op == 'r' || op == 'w' || op == 'x') {
		int mode = op == 'r' ? R_OK : op == 'w' ? W_OK : X_OK;
		return faccessat(AT_FDCWD, path, mode, AT_EACCESS) == 0;
	}
	return fstatat(AT_FDCWD, path, &st, flags) == 0 && test_mode(op, &st);
}

static bool test_unary(struct tester *t, const char *op, const char *operand) {
	size_t len;
	uint32_t option;
	switch (op[1]) {
	case 'n':
		return operand[0] != '\0';
	case 'z':
		return operand[0] == '\0';
	case 't':
		return is_terminal(t, operand);
	case 'v':
		return sh_ref_get(t->sh, operand, &len) != NULL;
	case 'o':
		option = sh_option_name(operand);
		return option != 0 && (t->sh->options & option) != 0;
	default:
		return test_file(op[1], operand);
	}
}

static intmax_t number(struct tester *t, const char *text) {
	char *end;
	errno = 0;
	intmax_t value = strtoimax(text, &end, 10);
	end += strspn(end, " \t\n\v\f\r");
	if (*text == '\0' || end == text || *end != '\0') {
		fail(t, text, "not a number");
	} else if (errno == ERANGE) {
		fail(t, text, "number out of range");
	}
	return value;
}

static bool test_numbers(struct tester *t, enum binary op, const char *left, const char *right) {
	intmax_t a = number(t, left);
	intmax_t b = t->failed ? 0 : number(t, right);
	switch (op) {
	case NUM_EQ:
		return a == b;
	case NUM_NE:
		return a != b;
	case NUM_GT:
		return a > b;
	case NUM_GE:
		return a >= b;
	case NUM_LT:
		return a < b;
	default:
		return a <= b;
	}
}

static int time_order(const struct timespec *a, const struct timespec *b) {
	if (a->tv_sec != b->tv_sec) {
		return a->tv_sec < b->tv_sec ? -1 : 1;
	}
	return a->tv_nsec < b->tv_nsec ? -1 : a->tv_nsec > b->tv_nsec;
}

/* A file that is not there is older than any that is. */
static bool test_files(enum binary op, const char *left, const char *right) {
	struct stat a;
	struct stat b;
	bool has_a = stat(left, &a) == 0;
	bool has_b = stat(right, &b) == 0;
	if (op == SAME_FILE) {
		return has_a && has_b && a.st_dev == b.st_dev && a.st_ino == b.st_ino;
	}
	if (!has_a || !has_b) {
		return op == NEWER ? has_a : has_b;
	}
	int order = time_order(&a.st_mtim, &b.st_mtim);
	return op == NEWER ? order > 0 : order < 0;
}

static bool test_binary(struct tester *t, const char *left, enum binary op, const char *right) {
	switch (op) {
	case SAME:
		return strcmp(left, right) == 0;
	case DIFFERENT:
		return strcmp(left, right) != 0;
	case BEFORE:
		return sh_collate(t->sh, left, right) < 0;
	case BEHIND:
		return sh_collate(t->sh, left, right) > 0;
	case SAME_FILE:
	case NEWER:
	case OLDER:
		return test_files(op, left, right);
	case AND:
		return left[0] != '\0' && right[0] != '\0';
	case OR:
		return left[0] != '\0' || right[0] != '\0';
	default:
		return test_numbers(t, op, left, right);
	}
}

/*
 * Expressions of any length
 */

static bool parse_or(struct tester *t);

static const char *peek(struct tester *t, int ahead) {
	return t->pos + ahead < t->argc ? t->argv[t->pos + ahead] : NULL;
}

static bool take(struct tester *t, const char *word) {
	const char *next = peek(t, 0);
	bool is = next != NULL && strcmp(next, word) == 0;
	t->pos += is;
	return is;
}

static bool parse_primary(struct tester *t) {
	const char *word = peek(t, 0);
	const char *second = peek(t, 1);
	const char *third = peek(t, 2);
	if (word == NULL) {
		return fail(t, "expression", "argument expected");
	}
	enum binary op = second == NULL ? BINARY_NONE : binary_named(second);
	if (third != NULL && op != BINARY_NONE && op != AND && op != OR) {
		t->pos += 3;
		return test_binary(t, word, op, third);
	}
	if (!sh_stack_left(t->sh)) {
		return fail(t, "expression", "nested too deeply");
	}
	if (take(t, "(")) {
		bool value = parse_or(t);
		return take(t, ")") ? value : fail(t, "expression", "')' expected");
	}
	if (is_unary(word) && second != NULL) {
		t->pos += 2;
		return test_unary(t, word, second);
	}
	t->pos++;
	return word[0] != '\0';
}

static bool parse_not(struct tester *t) {
	bool negate = false;
	while (peek(t, 1) != NULL && take(t, "!")) {
		negate = !negate;
	}
	return parse_primary(t) != negate;
}

static bool parse_and(struct tester *t) {
	bool value = parse_not(t);
	while (!t->failed && take(t, "-a")) {
		bool right = parse_not(t);
		value = value && right;
	}
	return value;
}

static bool parse_or(struct tester *t) {
	bool value = parse_and(t);
	while (!t->failed && take(t, "-o")) {
		bool right = parse_and(t);
		value = value || right;
	}
	return value;
}

/* All of the arguments [from, to) as one expression. */
static bool parse_all(struct tester *t, int from, int to) {
	t->pos = from;
	t->argc = to;
	bool value = parse_or(t);
	if (!t->failed && t->pos < t->argc) {
		fail(t, t->argv[t->pos], "unexpected argument");
	}
	return value;
}

/*
 * The standard's table
 */

static bool evaluate(struct tester *t, int from, int count) {
	char **argv = t->argv + from;
	bool negate = count > 1 && strcmp(argv[0], "!") == 0;
	bool group = count > 2 && strcmp(argv[0], "(") == 0 && strcmp(argv[count - 1], ")") == 0;
	enum binary op = count == 3 ? binary_named(argv[1]) : BINARY_NONE;
	if (count <= 1) {
		return count == 1 && argv[0][0] != '\0';
	}
	if (op != BINARY_NONE) {
		return test_binary(t, argv[0], op, argv[2]);
	}
	if (negate && count <= 4) {
		return !evaluate(t, from + 1, count - 1);
	}
	if (group && count <= 4) {
		return evaluate(t, from + 1, count - 2);
	}
	if (count == 2 && !is_unary(argv[0])) {
		return fail(t, argv[0], "unary operator expected");
	}
	if (count == 2) {
		return test_unary(t, argv[0], argv[1]);
	}
	return parse_all(t, from, from + count);
}

static int run_test(struct shell *sh, int argc, char **argv) {
	struct tester t = { .sh = sh, .argv = argv + 1, .argc = argc - 1 };
	bool value = evaluate(&t, 0, t.argc);
	return t.failed ? ERROR : value ? YES : NO;
}

static int run_bracket(struct shell *sh, int argc, char **argv) {
	if (argc < 2 || strcmp(argv[argc - 1], "]") != 0) {
		sh_error(sh, "']' missing");
		return ERROR;
	}
	return run_test(sh, argc - 1, argv);
}

const struct sh_builtin sh_builtin_test = { "test", run_test, SH_BUILTIN_BY_PATH, "[EXPRESSION]" };

const struct sh_builtin sh_builtin_bracket = { "[", run_bracket, SH_BUILTIN_BY_PATH,
	"[EXPRESSION] ]" };
