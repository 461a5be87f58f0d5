/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * plugin/cells.h - text from anywhere, made fit for a line of a terminal.
 */
#ifndef PLUGIN_CELLS_H
#define PLUGIN_CELLS_H

#include <stddef.h>

#include "lib/base/buf.h"

/*
 * Append what of the text fits into `cells` columns, in the locale of the script's variables.
 * Control characters become ^X, what is no character a question mark: nothing in it acts on the
 * terminal. Returns the columns used.
 */
size_t cells_append(struct cn_buf *out, const char *text, size_t len, size_t cells);

#endif
