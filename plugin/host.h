/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * plugin/host.h - what a command may ask of the shell it runs in. host_bash.c and host_conch.c fill
 * the table, one per shell; plugin/cmd knows nothing else of a shell.
 *
 * The shell is one thread. Calls marked MAY NOT RETURN run shell code or its pending signals, and
 * the command may be left from inside them by longjmp (exit, an error, an interrupt): hold no lock
 * and own no memory that is not reachable elsewhere across them, or use guard() or protect().
 * bash leaves so by itself; conch's adapter does it when the shell says that it is being left.
 *
 * Words are NUL-terminated byte strings. Errors are negative errno values.
 */
#ifndef PLUGIN_HOST_H
#define PLUGIN_HOST_H

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "lib/base/buf.h"

/* What a command name means to the shell. */
enum host_kind {
	HOST_NOTHING, // not found
	HOST_FUNCTION,
	HOST_BUILTIN,
	HOST_PROGRAM,
};

/* A command name, looked up once and called many times. Filled by find(). */
struct host_command {
	int kind; // enum host_kind
	void *code; // the shell's own: a function or builtin; borrowed, good until it is redefined
	char *path; // HOST_PROGRAM: the file to start, on the heap, the caller's; else NULL
};

/* A builtin made while the shell runs. The struct and its strings are the caller's, and stay. */
struct host_builtin {
	const char *name;
	const char *usage; // one line, with the name
	const char *help; // for the shell's `help`
	/* argv[argc] is NULL, the words are borrowed. The status. MAY NOT RETURN, as commands may. */
	int (*run)(void *data, int argc, char **argv);
	void *data;
};

/* An answer of trap_set(). */
enum { HOST_TRAP_SHARED = 1 };

/* A byte string that need not end in NUL. */
struct host_text {
	const char *data;
	size_t len;
};

enum host_variable_kind { HOST_TEXT, HOST_INTEGER, HOST_INDEXED, HOST_ASSOC };

/* What bind() does with what the variable holds. */
enum host_bind {
	HOST_BIND_DROP, // nothing: it takes what is there
	HOST_BIND_KEEP, // give it there
	HOST_BIND_REPLACE, // give it there in place of what is there
};

/*
 * A variable that the shell keeps elsewhere: reading it gets its value from here, and assigning
 * gives it here. The struct is the caller's and stays. The calls do not run shell code, and print
 * what goes wrong themselves.
 *
 * Elements have decimal indexes or keys. A shell may keep a copy of an array as long as version()
 * says the same, which each successful change makes one more. What it can tell only later (that an
 * element was unset, or the array emptied) it may say at the next use of the variable.
 */
struct host_variable {
	int kind; // enum host_variable_kind
	void *data;
	/* HOST_TEXT, HOST_INTEGER: append the value to *out. false: it has none. */
	bool (*get)(void *data, struct cn_buf *out);
	/* 0, or a negative errno: it stays as it was. */
	int (*set)(void *data, const char *value, size_t len);
	/* HOST_INDEXED, HOST_ASSOC. */
	int (*version)(void *data, uint64_t *version);
	int (*each)(void *data, void (*element)(void *to, struct host_text key, struct host_text value),
			void *to);
	int (*set_element)(void *data, const char *key, const char *value, size_t len);
	int (*unset_element)(void *data, const char *key);
	int (*clear)(void *data);
};

struct host {
	const char *name; // "bash", "conch"

	/*
	 * The value of a variable or of an element, a[3] or a[key], where the subscript is a number or
	 * the key itself; NULL: unset. Borrowed until the next call.
	 */
	const char *(*get)(const char *name);

	/*
	 * Set a variable or an element. NUL bytes, which no shell variable holds, are left out.
	 * -EINVAL: not a name; -EROFS: read-only. The message is the caller's to give.
	 */
	int (*set)(const char *name, const char *value, size_t len);

	/* Whether set() would: 0, or what it would give. */
	int (*may_set)(const char *name);

	/* Set and export. */
	int (*export)(const char *name, const char *value);

	/* Make `name` an indexed array of `count` elements, replacing what it held. As set(). */
	int (*set_array)(const char *name, const struct host_text *values, size_t count);

	/*
	 * Make `name` an associative array, if it is not one; then set("name[key]") works for every
	 * key. -EINVAL: it is something else, or no name; -EROFS.
	 */
	int (*make_assoc)(const char *name);

	/*
	 * Hand the keys (or indexes) and values of an array variable to element(to, ...). It runs no
	 * shell code. -EINVAL: it is no array.
	 */
	int (*elements)(const char *name,
			void (*element)(void *to, struct host_text key, struct host_text value), void *to);

	/*
	 * From now on the variable is kept by `variable`, after what `how` says. It is until it is unset;
	 * a local one until its function ends. Binding it again, to the same or another, is allowed, and
	 * gives nothing there. -EINVAL: no name, or it is of another kind (an array, none); -EROFS;
	 * -ENOTSUP: not for this kind in this shell.
	 */
	int (*bind)(const char *name, const struct host_variable *variable, enum host_bind how);

	/*
	 * Of a command that declares: whether its operand `name` was written NAME=(...), and the shell
	 * has assigned that before the call. One that does it after the call says false. Ask before
	 * shell code runs.
	 */
	bool (*has_assigned)(const char *name);

	int (*unset)(const char *name);

	/* Make a builtin. -EEXIST: the shell has one of this name; -ENOMEM. */
	int (*add_builtin)(const struct host_builtin *builtin);
	/* Take it away again; none of its calls may be running. */
	void (*remove_builtin)(const char *name);

	/* Look up a command name as the shell would. Never fails: HOST_NOTHING is an answer. */
	void (*find)(const char *word, struct host_command *command);

	/*
	 * Run a function or builtin with words[0] its name; words[count] is NULL and the words are
	 * borrowed for the call. Its status. MAY NOT RETURN.
	 */
	int (*call)(const struct host_command *command, char *const words[], size_t count);

	/*
	 * Run words as the shell runs a simple command, programs too: in the foreground, with job
	 * control where that is on. MAY NOT RETURN.
	 */
	int (*run)(char *const words[], size_t count);

	/*
	 * Make a function `name` whose body is `code`. -EINVAL: the shell said it is no valid code
	 * (it has printed why).
	 */
	int (*define)(const char *name, const char *code);
	void (*undefine)(const char *name);

	/*
	 * Append to *code what define() needs to make the function `name` as it is now, in another
	 * copy of the shell too. 0, -ENOENT (no such function), -ENOSYS (the shell cannot tell).
	 */
	int (*definition)(const char *name, struct cn_buf *code);

	/*
	 * Run(data) such that what leaves the shell's code by longjmp comes back here: *left is then
	 * true and the result is the status it left with.
	 */
	int (*guard)(int (*run)(void *data), void *data, bool *left);

	/*
	 * Leave the command as the last guard() that said *left had been left: for who must come to an
	 * end in between, as native code in a callback must. MAY NOT RETURN.
	 */
	void (*leave)(void);

	/*
	 * Be a process of one's own. Conch runs subshells and command substitutions inside the shell
	 * where it can; what a process holds for longer than one call (a lock, a lease, children,
	 * signal handlers) must not be the outer shell's then. Called for every verb that is not
	 * marked `forkless`; such a verb calls it itself where it needs to. MAY NOT RETURN.
	 */
	void (*own_process)(void);

	/*
	 * In a copy of the shell made by cn_process_copy(): make it a subshell. Before any other call
	 * there. The script's descriptors 0 to 9 are the real ones of that number in every copy.
	 */
	void (*child_begin)(void);

	/*
	 * Its orderly end: the EXIT trap it set, and what on_exit() noted. The status to _exit() with.
	 */
	int (*child_end)(int status);

	/* In such a copy: the script's descriptor 0, 1 or 2 is what `fd` is. 0 or a negative errno. */
	int (*set_fd)(int script_fd, int fd);

	/*
	 * In a worker that runs many tasks one after the other: note the working directory, umask,
	 * options, traps and descriptors 0 to 2 (worker_begin, once), and put back what a task has
	 * changed (task_end), after running the EXIT trap that it set. *status is the task's, and may
	 * be changed by that trap. Cheap when the task used none of the builtins that change these.
	 * What find() found of builtins before worker_begin may pass by the notes: find it again.
	 */
	void (*worker_begin)(void);
	void (*task_end)(int *status);

	/* The environment a program gets: borrowed until the next call. */
	char **(*environment)(void);

	/*
	 * The real descriptor behind the script's descriptor 0, 1 or 2 (after flush()); -1: closed. A
	 * forkless verb must not write to it: nobody may be reading yet.
	 */
	int (*fd)(int script_fd);

	/* Whether the script's stdout is open for writing. */
	bool (*can_write)(void);

	/* Write to the script's stdout, through the shell's buffer. 0 or a negative errno. */
	int (*write)(const void *data, size_t len);

	/* Give the buffer to the system: before our own writes, before clone, at a command's end. */
	int (*flush)(void);

	/* Write to the script's stderr at once, after flush(). 0 or a negative errno. */
	int (*error)(const void *data, size_t len);

	/*
	 * Run what signals have left to do: what raise() asked for, traps, an interrupt, the end of the
	 * shell. Our waits call it when they are interrupted. MAY NOT RETURN.
	 */
	void (*pending)(void);

	/* A signal with a trap that pending() would run; 0: none. */
	int (*trap_pending)(void);

	/* Whether pending() would end the command or the shell (an interrupt, a terminating signal). */
	bool (*is_interrupted)(void);

	/*
	 * Until unprotect(), a longjmp out of the command calls cleanup(data) on its way. Nests.
	 */
	void (*protect)(void (*cleanup)(void *data), void *data);
	void (*unprotect)(void);

	/*
	 * Ask for dispatch() at the next safe point between two commands. Async-signal-safe: this is
	 * what a signal handler calls.
	 */
	void (*raise)(void);

	/*
	 * Say what raise() leads to, and what runs when the shell ends in an orderly way (after its
	 * EXIT trap; in its subshells too, so look who it is). Both may run shell code. Saying the same
	 * again is harmless, and needed in a subshell; several parts may each say theirs.
	 */
	void (*on_dispatch)(void (*dispatch)(void));
	void (*on_exit)(void (*leave)(void));

	/*
	 * The traps. What `trap` shows for a signal: NULL: its default action; "": ignored. (In a
	 * subshell that has set none these are its parent's.) Borrowed until it is changed.
	 */
	const char *(*trap_get)(int sig);

	/*
	 * Set that, as `trap` does in a subshell too. `handler` (NULL: the shell's own) is then what
	 * catches the signal, with SA_SIGINFO and all signals blocked in it; signals that are pending
	 * stay so. Returns 0; HOST_TRAP_SHARED: the shell goes on catching it in its own way, or does
	 * now and then, and runs `action` for each that `handler` has not seen; -EINVAL: cannot be
	 * caught; -EPERM: was ignored when the shell began, which a script cannot change.
	 */
	int (*trap_set)(int sig, const char *action,
			void (*handler)(int sig, siginfo_t *info, void *context));

	/*
	 * From that handler: do as the shell's own does for a signal with a trap. The action is run at
	 * the next safe point, and the shell's `wait` ends. Async-signal-safe, but MAY NOT RETURN.
	 */
	void (*caught)(int sig);

	/*
	 * These signals are blocked in this process now, or not any more; so they shall be in the
	 * programs that the shell starts, and stay so whatever the shell does with its mask.
	 */
	void (*blocked)(const sigset_t *set, bool on);

	/*
	 * Say what is called each time before an interactive shell prompts for a command; it may write to
	 * stderr, and runs no shell code. Saying the same again is harmless.
	 */
	void (*on_prompt)(void (*before)(void));

	/* Whether an interactive shell, and whether job control is on. */
	bool (*is_interactive)(void);

	/*
	 * Whether this process is a subshell whose parent waits for it before it goes on: a command
	 * substitution, ( ), a stage of a pipeline; not what runs in the background.
	 */
	bool (*is_foreground_copy)(void);
};

/* The host this process runs in. Set once when the plugin is loaded. */
extern const struct host *host;

#endif
