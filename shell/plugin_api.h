/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * shell/plugin_api.h - what the shell offers to a plugin, a shared object that adds builtins. It is
 * loaded by `plugin load FILE [NAME...]` and has one symbol:
 *
 *	__attribute__((visibility("default")))
 *	int conch_plugin_init(struct shell *sh, const struct sh_plugin_api *api) {
 *		return api->version == SH_PLUGIN_VERSION ? api->add(sh, &hello) : -1;
 *	}
 *
 * The plugin needs no symbol of the shell: everything is in the table, which lives as long as the
 * shell, as the plugin does. Errors are negative errno values unless said otherwise.
 *
 * A builtin runs inside the shell: in its process, and in a subshell or command substitution that
 * is none. So it must not write to descriptors 0 to 2 (use write, error, or fd), exit, or keep
 * what belongs to a process without own_process().
 *
 * Calls marked UNWINDS run shell code, which may end the command, the function or the shell. When
 * unwinding() is true after them, free what you have and return: the shell goes on from there.
 */
#ifndef SH_PLUGIN_API_H
#define SH_PLUGIN_API_H

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct shell;

enum { SH_PLUGIN_VERSION = 1 };

struct sh_plugin_api;
typedef int sh_plugin_init(struct shell *sh, const struct sh_plugin_api *api);
#define SH_PLUGIN_INIT "conch_plugin_init"

/* A builtin. The struct is the plugin's and stays. */
struct sh_plugin_command {
	const char *name;
	const char *usage; // what comes behind the name, for `help`-like texts; NULL: nothing
	int (*run)(void *data, int argc, char **argv); // the strings are borrowed; not to be changed
	void *data;
};

enum sh_plugin_kind { SH_PLUGIN_NOTHING, SH_PLUGIN_FUNCTION, SH_PLUGIN_BUILTIN, SH_PLUGIN_PROGRAM };

/* A command word, looked up. */
struct sh_plugin_found {
	int kind; // enum sh_plugin_kind
	void *code; // for call(); good as long as the shell
	const char *path; // of a program: borrowed until the next call
};

struct sh_plugin_text {
	const char *data;
	size_t len;
};

enum sh_plugin_variable_kind {
	SH_PLUGIN_TEXT,
	SH_PLUGIN_INTEGER,
	SH_PLUGIN_INDEXED,
	SH_PLUGIN_ASSOC,
};

struct cn_buf; // lib/base/buf.h

/*
 * A variable whose value the plugin keeps. The struct is the plugin's and stays. The calls run no
 * shell code, and print what goes wrong themselves. Elements have decimal indexes or keys; version()
 * tells when they are to be read anew, and each successful change makes it one more.
 */
struct sh_plugin_variable {
	int kind; // enum sh_plugin_variable_kind
	void *data;
	/* A scalar: append the value; false: it has none. */
	bool (*get)(void *data, struct cn_buf *out);
	int (*set)(void *data, const char *value, size_t len);
	/* An array. */
	int (*version)(void *data, uint64_t *version);
	int (*each)(void *data,
			void (*element)(void *to, struct sh_plugin_text key, struct sh_plugin_text value),
			void *to);
	int (*set_element)(void *data, const char *key, const char *value, size_t len);
	int (*unset_element)(void *data, const char *key);
	int (*clear)(void *data);
};

struct sh_plugin_api {
	uint32_t version; // SH_PLUGIN_VERSION
	uint32_t size; // of this table: a later shell may have more at its end

	/*
	 * An empty file in memory (a descriptor; -1: none) that all subshells have got which may have
	 * loaded the plugin each for itself: what they shall share is to be made there.
	 */
	int (*meeting)(struct shell *sh);

	/* ---- builtins ---- */

	/* Make it a builtin. 0 or -EEXIST: there is another one of this name. */
	int (*add)(struct shell *sh, const struct sh_plugin_command *command);
	/* Take away what was added after loading; no call of it may be running. -ENOENT: there is none. */
	int (*remove)(struct shell *sh, const char *name);

	/* ---- variables: `ref` is name or name[subscript] ---- */

	/* NULL: unset, or not a reference. Borrowed until the variable changes. */
	const char *(*get)(struct shell *sh, const char *ref, size_t *len);
	/* -EINVAL: not a reference; -EROFS: read-only. NUL bytes are left out. */
	int (*set)(struct shell *sh, const char *ref, const char *value, size_t len);
	/* Make it an indexed array of these. -EINVAL also when it is an associative one. */
	int (*set_array)(struct shell *sh, const char *name, const struct sh_plugin_text *values, size_t count);
	/* Make it an associative array, if it is not one. -EINVAL: it is something else. */
	int (*make_assoc)(struct shell *sh, const char *name);
	/*
	 * Element number `at` of an array, by its place; borrowed until the variable changes. *count is
	 * how many there are. -EINVAL: it is no array.
	 */
	int (*element)(struct shell *sh, const char *name, size_t at, struct sh_plugin_text *key,
			struct sh_plugin_text *value, size_t *count);
	/*
	 * From now on the value of the variable is what `variable` keeps; with `keep`, what it has now
	 * is given there first. -EINVAL: no name, or of another kind; -EROFS.
	 */
	int (*bind)(struct shell *sh, const char *name, const struct sh_plugin_variable *variable, bool keep);
	/* For the whole process and its programs, also out of a subshell without one. */
	int (*export)(struct shell *sh, const char *name, const char *value);
	int (*unset)(struct shell *sh, const char *ref); // -ENOENT: was not set
	/* The environment of a program; borrowed until a variable changes. */
	char **(*environment)(struct shell *sh);

	/* ---- commands ---- */

	void (*find)(struct shell *sh, const char *word, struct sh_plugin_found *found);
	/* Run a function or builtin; argv[0] is its name, argv[argc] NULL. Its status. UNWINDS. */
	int (*call)(struct shell *sh, const struct sh_plugin_found *found, int argc, char **argv);
	/* As a simple command, programs too. UNWINDS. */
	int (*run)(struct shell *sh, int argc, char **argv);
	/* A function with this body. -EINVAL: no valid code; the shell has said why. */
	int (*define)(struct shell *sh, const char *name, const char *body);
	void (*undefine)(struct shell *sh, const char *name);
	/* The body of a function as it was written, for define(). NULL: none, or not known. */
	const char *(*definition)(struct shell *sh, const char *name);

	/* ---- leaving ---- */

	/* *status: what the builtin is to return then. */
	bool (*unwinding)(struct shell *sh, int *status);
	/*
	 * Stop it here, as a subshell does. The status that it left with; *how is for unwind(). *stopped
	 * is false, and it goes on, when another process has run the rest of this subshell.
	 */
	int (*stop_unwinding)(struct shell *sh, bool *stopped, int *how);
	/* Begin it again. */
	void (*unwind)(struct shell *sh, int how, int status);

	/* ---- processes ---- */

	/*
	 * In a subshell environment that has none: get a process. Call it before what the process shall
	 * own (locks, children, signal handlers), with nothing of the kind in hand. In the other
	 * process, which only waits, unwinding() is true afterwards. UNWINDS.
	 */
	void (*own_process)(struct shell *sh);
	/* Before the process is copied by a clone of the plugin's: all output is out, offsets are right. */
	void (*before_copy)(struct shell *sh);
	/* In the copy, at once: descriptors are at the numbers that the script knows. */
	void (*after_copy)(struct shell *sh);
	/* In a copy that is to run shell code: be a subshell. */
	void (*child_begin)(struct shell *sh);
	/* Its end: the EXIT trap it set, at_exit(), output. The status to _exit() with. */
	int (*child_end)(struct shell *sh, int status);
	/* After after_copy(): the script's descriptor is now what `fd` is. */
	int (*set_fd)(struct shell *sh, int script_fd, int fd);
	/*
	 * In a copy that runs one task after the other: remember options, directory, descriptors; and
	 * put back what a task has changed of them, running the EXIT trap it set.
	 */
	void *(*task_begin)(struct shell *sh);
	void (*task_end)(struct shell *sh, void *begun, int *status);

	/* ---- input and output ---- */

	/* The real descriptor behind the script's; -EBADF: closed. Borrowed until the next redirection. */
	int (*fd)(struct shell *sh, int script_fd);
	/* To standard output: gathered until flush() or the builtin's end. */
	int (*write)(struct shell *sh, const char *data, size_t len);
	int (*flush)(struct shell *sh);
	/* To standard error, after flush(). */
	int (*error)(struct shell *sh, const char *data, size_t len);

	/* ---- signals ---- */

	/* Run what signals have left to do: traps, safe points. UNWINDS. */
	void (*pending)(struct shell *sh);
	/* Would it end the command or the shell? */
	bool (*is_interrupted)(struct shell *sh);
	/* Have `reached` called at the next safe point. Async-signal-safe. */
	void (*raise)(struct shell *sh);
	/* Called between two commands after raise(), and now and then without. May run shell code. */
	void (*on_safe_point)(struct shell *sh, void (*reached)(void));
	/*
	 * Call it at the end of this process, after the EXIT trap. A subshell does not inherit it.
	 * Saying the same again is harmless.
	 */
	void (*at_exit)(struct shell *sh, void (*leave)(void));
	bool (*is_interactive)(struct shell *sh);
	/* A subshell process that its parent waits for: not one in the background, nor a plugin's copy. */
	bool (*is_foreground_copy)(struct shell *sh);

	/* What `trap` shows for a signal: NULL: default; "": ignored. Borrowed. */
	const char *(*trap_get)(struct shell *sh, int sig);
	/*
	 * Set it, and `handler` (NULL: the shell's) to catch the signal, with SA_SIGINFO and all signals
	 * blocked in it. Own_process() before. 0; 1: the shell catches this one itself in any case;
	 * -EINVAL: cannot be caught; -EPERM: was ignored when the shell began, and stays so.
	 */
	int (*trap_set)(struct shell *sh, int sig, const char *action,
			void (*handler)(int sig, siginfo_t *info, void *context));
	/* From that handler: have the action run as if the shell's had caught it. Async-signal-safe. */
	void (*caught)(int sig);
	/* A signal whose action pending() would run; 0: none. */
	int (*trap_pending)(struct shell *sh);
	/* What the shell's own handlers shall call, in the end. Async-signal-safe. */
	void (*on_signal)(void (*woken)(void));
	/* Have `before` called each time before an interactive shell prompts for a command. */
	void (*on_prompt)(struct shell *sh, void (*before)(void));

	/* ---- what was added later stands here: a plugin that was built before goes on working ---- */

	/* Whether set() would: 0, -EINVAL (no reference) or -EROFS. */
	int (*may_set)(struct shell *sh, const char *ref);
	/* Whether standard output is open for writing: else what is written comes to nothing. */
	bool (*can_write)(struct shell *sh);
};

#endif
