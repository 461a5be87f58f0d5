/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "shell/builtin.h"

#include <string.h>
#include <sys/stat.h>

#include "shell/subshell.h"

/*
 * umask [-S] [MASK] (XCU umask). A symbolic mask says what stays allowed, in the notation of
 * chmod: clauses between commas, of who, and actions of an operator and permissions.
 */

static mode_t current_mask(void) {
	mode_t mask = umask(0);
	umask(mask);
	return mask;
}

static void put_class(struct shell *sh, char class, mode_t allowed, char after) {
	sh_printf(sh, "%c=%s%s%s%c", class, allowed & 4 ? "r" : "", allowed & 2 ? "w" : "",
			allowed & 1 ? "x" : "", after);
}

static void put_symbolic(struct shell *sh, mode_t allowed) {
	put_class(sh, 'u', allowed >> 6, ',');
	put_class(sh, 'g', allowed >> 3, ',');
	put_class(sh, 'o', allowed, '\n');
}

static bool octal_read(const char *s, mode_t *mask) {
	*mask = 0;
	for (; *s >= '0' && *s <= '7' && *mask <= 0777; s++) {
		*mask = *mask << 3 | (mode_t)(*s - '0');
	}
	return *s == '\0' && *mask <= 0777;
}

/* The classes at *s, as a mask of them; none is all. */
static mode_t who_read(const char **s) {
	mode_t who = 0;
	for (; **s != '\0' && strchr("ugoa", **s) != NULL; ++*s) {
		who |= **s == 'u' ? 0700 : **s == 'g' ? 0070 : **s == 'o' ? 0007 : 0777;
	}
	return who == 0 ? 0777 : who;
}

/* The permissions at *s, for all three classes: letters, or those a class has in `allowed`. */
static mode_t permissions_read(const char **s, mode_t allowed) {
	mode_t bits = 0;
	if (**s == 'u' || **s == 'g' || **s == 'o') {
		bits = allowed >> (**s == 'u' ? 6 : **s == 'g' ? 3 : 0) & 7;
		++*s;
		return bits * 0111;
	}
	for (; **s != '\0' && strchr("rwxXst", **s) != NULL; ++*s) {
		if (**s == 'X') {
			bits |= (allowed & 0111) != 0;
		} else {
			bits |= **s == 'r' ? 4 : **s == 'w' ? 2 : **s == 'x' ? 1 : 0;
		}
	}
	return bits * 0111;
}

/* One clause at *s. False when there is none. */
static bool clause_read(const char **s, mode_t *allowed) {
	mode_t who = who_read(s);
	if (**s == '\0' || strchr("+-=", **s) == NULL) {
		return false;
	}
	while (**s == '+' || **s == '-' || **s == '=') {
		char op = *(*s)++;
		mode_t bits = permissions_read(s, *allowed) & who;
		if (op == '=') {
			*allowed = (*allowed & ~who) | bits;
		} else {
			*allowed = op == '+' ? *allowed | bits : *allowed & ~bits;
		}
	}
	return true;
}

static bool symbolic_read(const char *s, mode_t *allowed) {
	while (clause_read(&s, allowed)) {
		if (*s == '\0') {
			return true;
		}
		if (*s++ != ',') {
			break;
		}
	}
	return false;
}

static int set_mask(struct shell *sh, const char *text) {
	mode_t mask;
	mode_t allowed = ~current_mask() & 0777;
	if (text[0] >= '0' && text[0] <= '9') {
		if (!octal_read(text, &mask)) {
			sh_error(sh, "%s: not an octal number up to 777", text);
			return 1;
		}
	} else if (symbolic_read(text, &allowed)) {
		mask = ~allowed & 0777;
	} else {
		sh_error(sh, "%s: not a symbolic mode", text);
		return 1;
	}
	sh_subshell_save_umask(sh);
	umask(mask);
	return 0;
}

static int run_umask(struct shell *sh, int argc, char **argv) {
	struct sh_opts opts = { 0 };
	bool symbolic = false;
	for (int c; (c = sh_getopt(sh, &opts, argc, argv, "S")) != -1; symbolic = true) {
		if (c == '?') {
			return 2;
		}
	}
	if (argc - opts.index > 1) {
		return sh_usage(sh, "too many operands");
	}
	if (opts.index < argc) {
		return set_mask(sh, argv[opts.index]);
	}
	if (symbolic) {
		put_symbolic(sh, ~current_mask() & 0777);
	} else {
		sh_printf(sh, "%04o\n", (unsigned)current_mask());
	}
	return 0;
}

const struct sh_builtin sh_builtin_umask = { "umask", run_umask, SH_BUILTIN_INTRINSIC,
	"[-S] [MASK]" };
