/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * plugin/scalars.h - operands that are types and numbers of types, for value and array.
 */
#ifndef PLUGIN_SCALARS_H
#define PLUGIN_SCALARS_H

#include "lib/data/cell.h"
#include "plugin/command.h"

/* All return STATUS_OK, or STATUS_USAGE after a message. */

/* The type `word` names; with `text` also that of strings. */
int scalar_code(const struct cmd *cmd, const char *word, bool text, char *code);

/* A number of that type. */
int scalar_read(const struct cmd *cmd, char code, const char *word, uint64_t *raw);

/* A number to be added to one of that type. */
int scalar_read_delta(const struct cmd *cmd, char code, const char *word, struct cn_delta *delta);

#endif
