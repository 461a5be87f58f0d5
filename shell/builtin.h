/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * shell/builtin.h - what a builtin utility is, and what it may ask of the shell. One file per
 * builtin in shell/builtins/, each defining one descriptor, listed in builtins/table.c:
 *
 *	static int run_true(struct shell *sh, int argc, char **argv) {
 *		return 0;
 *	}
 *
 *	const struct sh_builtin sh_builtin_true = { "true", run_true, SH_BUILTIN_REGULAR, NULL };
 *
 * argv[0] is the name, argv[argc] NULL; the strings are borrowed and must not be changed: they may
 * lie in the syntax tree. The status is returned. Never exit(), never write to descriptors 0-2 or
 * with stdio: descriptors are logical, and standard output may be a buffer in this very process.
 */
#ifndef SH_BUILTIN_H
#define SH_BUILTIN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "shell/shell.h"

enum sh_builtin_flags {
	SH_BUILTIN_REGULAR = 0,
	SH_BUILTIN_BY_PATH = 1 << 6, // stands for a program: under `-o posix` only where PATH has that
	SH_BUILTIN_SPECIAL = 1 << 0, // XCU 2.15: errors end the shell, assignments stay
	SH_BUILTIN_INTRINSIC = 1 << 1, // XCU 1.7: found without PATH
	SH_BUILTIN_DECLARES = 1 << 2, // a declaration utility: `name=~/x` operands are assignments
	SH_BUILTIN_FORKS = 1 << 3, // cannot be undone: a forkless subshell becomes a process first
	SH_BUILTIN_PLUGIN = 1 << 4, // struct sh_plugin_builtin, see loader.c
};

struct sh_builtin {
	const char *name;
	int (*run)(struct shell *sh, int argc, char **argv);
	uint32_t flags; // enum sh_builtin_flags
	const char *usage; // synopsis after the name, for usage messages; NULL: none
	void *data; // a plugin's context
};

/* NULL: no such builtin. */
const struct sh_builtin *sh_builtin_find(struct shell *sh, struct sh_name *name);

/* The builtins compiled in, sorted by name, NULL at the end. */
extern const struct sh_builtin *const sh_builtin_table[];

/* ---- output: to logical descriptor 1, buffered until the builtin returns ---- */

void sh_write(struct shell *sh, const char *data, size_t len);
void sh_puts(struct shell *sh, const char *text);
void sh_putc(struct shell *sh, char c);
void sh_printf(struct shell *sh, const char *format, ...) __attribute__((format(printf, 2, 3)));
/*
 * Write out what is buffered. Returns 0 or a negative errno, once (the shell calls it after each
 * builtin and turns failure into a message and a status of 1, so a builtin rarely needs it).
 */
int sh_flush(struct shell *sh);
/* The value quoted so that the shell reads it back as one word (XCU 2.15 export -p, alias, set). */
void sh_put_quoted(struct shell *sh, const char *value);

/* The same, appended to a buffer. */
void sh_quote(struct shell *sh, struct cn_buf *out, const char *value);

/*
 * A special builtin's error that ends a non-interactive shell (XCU 2.8.1), after its message.
 * `return sh_special_error(sh, 2);` Through `command` it is an ordinary failure.
 */
int sh_special_error(struct shell *sh, int status);

/* ---- messages: to logical descriptor 2 as `$0: line N: NAME: message` and a newline ---- */

/* NAME is the running builtin's, when there is one. */
void sh_error(struct shell *sh, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* The same, and returns 2: `return sh_usage(sh, "...")`. NULL prints the synopsis. */
int sh_usage(struct shell *sh, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* ---- options: XBD 12.2 ---- */

/*
 * Like getopt(): `opts` is "ab:c", ":" after a letter that takes an argument. Zero the struct
 * first. Returns the letter, -1 at the first operand (argv + index), or '?' after a message.
 * A leading '+' in opts also accepts +a (sets plus).
 */
struct sh_opts {
	int index; // of the next operand, when -1 was returned
	const char *arg;
	const char *rest; // internal: inside a group -abc
	bool plus;
};
int sh_getopt(struct shell *sh, struct sh_opts *opts, int argc, char **argv, const char *letters);

/* ---- input ---- */

/*
 * Read from a logical descriptor: bytes, 0 at the end, or a negative errno (-EBADF when closed,
 * -EINTR when a trapped signal came).
 */
ssize_t sh_read(struct shell *sh, int fd, void *data, size_t len);

/*
 * A real descriptor to which a logical one leads, for isatty(), fstat(), select()...; borrowed
 * until the next redirection. A buffer or here-document becomes a pipe for this. Negative errno.
 */
int sh_fd_real(struct shell *sh, int fd);

/* ---- names and words ---- */

/* What a command word means now (XCU 2.9.1.4), for type, command -v, hash and the plugin. */
enum sh_command_kind {
	SH_CMD_NONE,
	SH_CMD_SPECIAL,
	SH_CMD_FUNCTION,
	SH_CMD_BUILTIN,
	SH_CMD_PROGRAM,
};
struct sh_command {
	uint32_t kind; // enum sh_command_kind
	const struct sh_builtin *builtin;
	struct sh_func *func;
	const char *path; // a program's; borrowed until PATH or the table of paths changes
	int errnum; // of SH_CMD_NONE: ENOENT or EACCES
};
enum sh_lookup_flags {
	SH_LOOKUP_NO_FUNC = 1 << 0, // `command name`
	SH_LOOKUP_DEFAULT_PATH = 1 << 1, // `command -p`
	SH_LOOKUP_NO_HASH = 1 << 2, // neither use nor change the table of paths
};
struct sh_command sh_lookup(struct shell *sh, const char *word, uint32_t flags);
struct sh_command sh_lookup_name(struct shell *sh, struct sh_name *name, uint32_t flags);
/* Forget remembered paths (`hash -r`, PATH changed). */
void sh_lookup_reset(struct shell *sh);

/* The program of that name, whatever builtins there are. */
struct sh_command sh_lookup_program(struct shell *sh, const char *word);

void sh_params_drop(struct shell *sh);

bool sh_is_keyword(const char *word);

/* Aliases (XCU 2.3.1). value NULL: none. */
const char *sh_alias_get(struct shell *sh, const char *name);
void sh_alias_set(struct shell *sh, const char *name, const char *value);
bool sh_alias_unset(struct shell *sh, const char *name); // false: there was none

/* ---- running things ---- */

/* Parse and execute text as `eval` does; returns its status. Look at sh->unwind afterwards. */
int sh_eval(struct shell *sh, const char *text);
int sh_eval_at(struct shell *sh, const char *text, int line); // which begins in that line

/* argv as a simple command: function, builtin or program. */
int sh_call(struct shell *sh, int argc, char **argv, uint32_t lookup_flags);

/* Open the file in the shell and execute its commands (`.`, ENV). */
int sh_source(struct shell *sh, const char *path);

/* ---- signals and jobs ---- */

/* A trapped signal but that one (0: any), or SIGINT, that waits to be dealt with; 0:none. */
int sh_signal_pending_trap(const struct shell *sh, int but);

/* "INT", "SIGINT" (any case), "2", "RTMIN+3", "0"/"EXIT"; -1: none such. */
int sh_signal_number(const char *text);
/* "INT"; 0 is "EXIT". Borrowed; NULL when there is none. */
const char *sh_signal_name(int sig);

/*
 * What `%1`, `%+`, `%?x`... means: for kill and wait. Returns the job's process group, or, without
 * job control, the process to signal, negated never; -1 after a message.
 */
pid_t sh_job_target(struct shell *sh, const char *spec, bool *is_group);

/* ---- locale ---- */

/*
 * Is LC_CTYPE UTF-8? Looks at LC_ALL, LC_CTYPE, LANG and calls setlocale() when one of them changed
 * since: nothing is paid by a script that never needs to know.
 */
bool sh_is_utf8(struct shell *sh);
/*
 * The character at text: its length in bytes (1 for an invalid byte), its value in *wc (for an
 * invalid byte: 0xDC00 + byte).
 */
size_t sh_char(struct shell *sh, const char *text, size_t len, uint32_t *wc);
/* Characters in text. */
size_t sh_char_count(struct shell *sh, const char *text, size_t len);
/* Does the locale of LC_COLLATE have an order of its own, not that of bytes? */
bool sh_collates(struct shell *sh);
/* strcoll() in it, and by bytes what it holds for equal. */
int sh_collate(struct shell *sh, const char *a, const char *b);

#endif
