/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * shell/edit_module.h - between the shell and a line editor in a shared object of its own, which is
 * opened only when there is a terminal to edit on. The module knows nothing of the shell but the
 * table it is given; it exports one symbol, sh_edit_module.
 *
 * The module reads keys itself, but waits for them in wait(): there the shell looks after signals,
 * and says what has to happen before the next key.
 */
#ifndef SH_EDIT_MODULE_H
#define SH_EDIT_MODULE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SH_EDIT_MODULE_SYMBOL "sh_edit_module"

enum { SH_EDIT_MODULE_VERSION = 2 };

/* What wait() found. */
enum sh_edit_event {
	SH_EDIT_KEY, // there is something to read, or the end of it
	SH_EDIT_RUN, // take the line off the screen, call run(), put it back
	SH_EDIT_RESIZE, // the window has another size
	SH_EDIT_INTERRUPT, // forget the line
};

enum sh_edit_flags {
	SH_EDIT_VI = 1 << 0,
	SH_EDIT_AGAIN = 1 << 1, // a further line of a command: history is not expanded twice
	SH_EDIT_HISTEXPAND = 1 << 2, // !! and the like
};

enum sh_edit_outcome {
	SH_EDIT_LINE,
	SH_EDIT_PROGRAM, // the line so far is to be edited by the user's editor program, and executed
	SH_EDIT_END, // of input
	SH_EDIT_LEFT, // interrupted, or run() said so
};

/* The history, oldest first. */
struct sh_edit_history {
	size_t count;
	int first; // number of the oldest
	uint64_t changes; // differs: read all of it anew; else only the ends have changed
};

/* What may stand for a word. */
struct sh_edit_matches {
	char **items; // heap, each of them too; the module frees all
	size_t count;
	bool files; // quote and show them as names of files
	bool no_space; // none behind the only one
};

struct sh_edit_shell {
	void *ctx;
	enum sh_edit_event (*wait)(void *ctx, int fd);
	/* Traps, handlers, reports: may write to the terminal. False: forget the line. */
	bool (*run)(void *ctx);
	/* The value of a variable, borrowed; NULL: unset. */
	const char *(*get)(void *ctx, const char *name);
	void (*history)(void *ctx, struct sh_edit_history *out);
	const char *(*history_text)(void *ctx, size_t index);
	/* What may stand in the place of line[start, point). NULL: names of files. */
	void (*complete)(void *ctx, const char *line, size_t start, size_t point, char quote,
			struct sh_edit_matches *out);
};

struct sh_edit_module {
	uint32_t version; // SH_EDIT_MODULE_VERSION
	/*
	 * Begin, with `shell` borrowed for good. `in` and `out` are descriptors of the terminal.
	 * *vi is what the user's inputrc wants. 0 or a negative errno.
	 */
	int (*open)(const struct sh_edit_shell *shell, int in, int out, bool *vi);
	/*
	 * Edit a line: *text is on the heap and has no newline. In the prompt \001 and \002 enclose what
	 * takes no room.
	 */
	enum sh_edit_outcome (*read)(const char *prompt, uint32_t flags, char **text);
	/*
	 * Do what a line of an inputrc says, in the keymap (NULL: the present one). 0, -ENOENT: no such
	 * keymap, -EINVAL: no such line.
	 */
	int (*bind)(const char *keymap, const char *line);
	/* Read an inputrc. 0 or a negative errno. */
	int (*bind_file)(const char *path);
	/*
	 * All bindings of a keymap ('p', as bind() reads them), settings ('v'), texts bound to keys ('s') or
	 * names of functions ('l'), in lines on the heap. NULL: no such keymap, or no memory.
	 */
	char *(*list)(const char *keymap, char what);
};

#endif
