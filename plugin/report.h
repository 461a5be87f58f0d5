/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * plugin/report.h - how a command speaks: results to stdout or into a variable, messages to stderr
 * in one line "command: verb: object: reason", and the exit status.
 */
#ifndef PLUGIN_REPORT_H
#define PLUGIN_REPORT_H

#include "lib/base/buf.h"
#include "lib/base/err.h"
#include "plugin/command.h"

/* Print "command: verb: TEXT" on stderr; control bytes in it are made visible. Returns `status`. */
int cmd_fail(const struct cmd *cmd, int status, const char *format, ...)
		__attribute__((format(printf, 3, 4)));

/*
 * The status of a negative errno from lib/ about `object` (NULL: none), with a message unless it is
 * an expected outcome (-ETIMEDOUT, -EPIPE, -EAGAIN), which is a status only. 0 gives STATUS_OK.
 * `why` (may be NULL) replaces the message's reason when it is not empty.
 */
int cmd_result(const struct cmd *cmd, const char *object, int err, const struct cn_err *why);

/* The status of setting the variable, with a message when that failed. 0 gives STATUS_OK. */
int cmd_variable_result(const struct cmd *cmd, const char *var, int err);

/*
 * Before something is taken out that is to be given: whether stdout is open, when it goes there
 * (`var` is NULL; an OPT_VARIABLE was looked at already). Else its message and status.
 */
int cmd_can_give(const struct cmd *cmd, const char *var);

/* Give a result: into the variable `var`, or when that is NULL to stdout with a newline. */
int cmd_give(const struct cmd *cmd, const char *var, const char *data, size_t len);

/* The message, and its status, when stdout could not be written. */
int cmd_write_failed(const struct cmd *cmd, int err);

/* To stdout with a NUL (`null`) or nothing behind it instead. */
int cmd_give_bytes(const struct cmd *cmd, const char *data, size_t len, bool null);

/* As cmd_give for what printf makes. */
int cmd_givef(const struct cmd *cmd, const char *var, const char *format, ...)
		__attribute__((format(printf, 3, 4)));

/* Write out a finished text (a table, JSON) as it is. */
int cmd_print(const struct cmd *cmd, const struct cn_buf *text);

/* "usage: ..." of the verb (or of all verbs) to stderr; STATUS_USAGE. */
int cmd_usage(const struct cmd *cmd);

/* The help text of a command, or of one verb when `verb` is not NULL. */
void command_help(struct cn_buf *out, const struct command *command, const struct verb *verb);

/* The one of `count` names nearest to `word`, for "did you mean"; NULL: none is near. */
const char *nearest(const char *word, const char *const names[], size_t count);

/* Append a JSON string literal; bytes that are not UTF-8 become U+FFFD. */
void json_string(struct cn_buf *out, const char *data, size_t len);

#endif
