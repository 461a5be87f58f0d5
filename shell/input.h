/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * shell/input.h - where the parser's text comes from: a string, or a descriptor that is read as far
 * as needed and no further, so that commands find the rest of a shared standard input (XCU sh, STDIN).
 */
#ifndef SH_INPUT_H
#define SH_INPUT_H

#include <stdbool.h>
#include <stddef.h>

struct shell;

/* An alias whose text is being read: it is not expanded again before `end` (XCU 2.3.1). */
struct sh_alias_use {
	const void *alias; // struct sh_name *
	size_t end; // position in data
	bool blank; // its value ends with a blank: look at the next word as well
};

enum sh_input_mode {
	SH_INPUT_STRING,
	SH_INPUT_BLOCKS, // a descriptor of our own: read ahead freely
	SH_INPUT_SEEKABLE, // shared, but what was read too much can be given back
	SH_INPUT_BYTES, // shared: one byte at a time
	SH_INPUT_TERMINAL, // line by line, after a prompt
};

struct sh_input {
	char *data;
	size_t pos;
	size_t len;
	size_t cap; // 0: data is borrowed
	int fd; // real descriptor
	int line;
	char *refused; // per position: 1 where `((` begins no arithmetic; NULL: nowhere
	size_t refused_len;
	int alias_count;
	struct sh_alias_use aliases[16];
	unsigned char mode; // enum sh_input_mode
	bool at_eof;
	bool again; // prompt with PS2: a command was begun
	bool interrupted; // reading stopped for a signal
};

void sh_input_string(struct sh_input *in, const char *text, size_t len, int line);
/* `fd` is real; it is closed by finish when it is our own (SH_INPUT_BLOCKS). */
void sh_input_fd(struct sh_input *in, int fd, enum sh_input_mode mode);
void sh_input_finish(struct sh_input *in);

/* Read more: false at the end. */
bool sh_input_fill(struct shell *sh, struct sh_input *in);

/* Commands come from standard input, and that may be another file by now (exec <file): go on there. */
void sh_input_follow(struct shell *sh, struct sh_input *in);

/* Forget what has been parsed: positions taken before are void. The position that is left. */
size_t sh_input_mark(struct sh_input *in);

/* Give back what was read ahead of a shared descriptor: before a child or a builtin reads it. */
void sh_input_sync(struct sh_input *in);

/*
 * The lexer has tried data[pos...) as arithmetic in vain. It need not do so again when it comes by
 * once more, because what is around was no arithmetic either; else that doubled with each level.
 */
void sh_input_refuse(struct sh_input *in, size_t pos);
static inline bool sh_input_refused(const struct sh_input *in, size_t pos) {
	return pos < in->refused_len && in->refused[pos] != 0;
}

/* Take out data[at, at + len), which is ahead. */
void sh_input_remove(struct sh_input *in, size_t at, size_t len);

/* Put text in front of what comes next. */
void sh_input_insert(struct sh_input *in, const char *text, size_t len);

#endif
