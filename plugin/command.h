/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * plugin/command.h - commands are data: this is what one is made of, and how one is run. Usage,
 * `conch help`, completion and the man pages' synopses come from the tables or are tested against
 * them.
 *
 * To add a command: write plugin/cmd/NAME.c with its `const struct command command_NAME`, put it
 * into plugin/commands.def, Makefile.am, and give it man/NAME.1 and tests/plugin/NAME.bats.
 */
#ifndef PLUGIN_COMMAND_H
#define PLUGIN_COMMAND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/clock.h"

/* Exit statuses; man/conch-status.7. */
enum status {
	STATUS_OK = 0,
	STATUS_NO = 1, // empty, full, not held, would block
	STATUS_USAGE = 2,
	STATUS_CLOSED = 3,
	STATUS_NO_OBJECT = 4, // no such object, or the name is taken
	STATUS_TIMEOUT = 124,
	STATUS_FAILED = 125,
	STATUS_CANNOT_RUN = 126,
	STATUS_NOT_FOUND = 127,
	STATUS_SIGNAL = 128, // + N
};

/* What an option takes, and the type of its field. */
enum opt_type {
	OPT_FLAG, // bool, takes nothing
	OPT_COUNT, // int64_t, 0 or more
	OPT_NUMBER, // int64_t
	OPT_SIZE, // uint64_t bytes: 64K, 1G
	OPT_DURATION, // cn_time
	OPT_TEXT, // const char *, borrowed
	OPT_VARIABLE, // the same; a variable that is to be set, refused when it cannot be
	OPT_TEXTS, // struct cn_vec of const char *: may be given several times
};

struct opt {
	char letter; // 0: has none
	const char *name; // the long form, without dashes; NULL ends the table
	int type; // enum opt_type
	size_t offset; // of the field in the verb's argument struct
	const char *value; // what it takes, for usage: "DUR"; NULL for flags
	const char *help; // a few words
};

struct cmd;

struct verb {
	const char *name; // NULL in a command without verbs, and at the end of the table
	int (*run)(struct cmd *cmd, void *args); // an exit status
	int min; // operands
	int max; // MANY: no limit
	const char *operands; // for usage: "NAME ITEM..."
	const char *help; // one line
	const struct opt *opts; // NULL: none but --help
	size_t args_size; // of its argument struct
	const void *defaults; // what that starts as; NULL: zeros
	void (*finish)(void *args); // free what options put into it; NULL: nothing
	bool forkless; // leaves nothing with its process: see own_process() of plugin/host.h
};

enum { MANY = INT32_MAX };

struct object_kind;

struct command {
	const char *name;
	const char *summary; // one line
	const struct object_kind *objects; // what `conch list` knows of its objects; NULL: it has none
	const struct verb *verbs; // one without a name: the command has no verbs
	bool forkless; // every verb is
	bool is_umbrella; // the names of the other commands are verbs of it
	bool declares; // its operands may be assignments, as those of `export`; in commands.def too
};

/* One call of a command. */
struct cmd {
	const struct command *command;
	const struct verb *verb;
	int argc; // operands
	char **argv; // borrowed from the shell; argv[argc] is NULL
};

/* Run `command` with argv[0] its name. The exit status. MAY NOT RETURN, as the commands may. */
int command_run(const struct command *command, int argc, char **argv);

/* How many of them run, one inside the other: those whose waits run shell code that calls more. */
extern int command_depth;

/* By name; NULL: there is none. */
const struct command *command_find(const char *name);

/* All, in the order of the manual; NULL ends. */
extern const struct command *const commands[];

/* The option table's entry for a long name or letter; NULL: none. */
const struct opt *opt_find(const struct opt *opts, const char *name, size_t len);
const struct opt *opt_find_letter(const struct opt *opts, char letter);

#endif
