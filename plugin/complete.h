/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * plugin/complete.h - what may stand for a word of one of our commands: verbs and options from the
 * table, the objects there are by kind. `conch complete` prints it, for the completion of both
 * shells: a candidate a line. A line that begins with a tab is for the shell to do:
 *
 *	files, dirs, variables, functions, signals   add those that begin with the word
 *	command N                                    a command line of its own begins at word N
 */
#ifndef PLUGIN_COMPLETE_H
#define PLUGIN_COMPLETE_H

#include "lib/base/buf.h"

/* words[0] is the command, the last of `count` words the one to complete. Appends to `out`. */
void complete_words(int count, char *const *words, struct cn_buf *out);

#endif
