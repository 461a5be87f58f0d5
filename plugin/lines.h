/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * plugin/lines.h - the script's stdin, cut into lines as they come: what is there is handed on at
 * once, so that a slow writer's lines do not wait for each other.
 *
 *	struct lines lines;
 *	lines_begin(&lines, '\n');
 *	while ((err = lines_more(&lines)) > 0) {
 *		use(lines.texts, lines.count);
 *	}
 *	lines_end(&lines);
 */
#ifndef PLUGIN_LINES_H
#define PLUGIN_LINES_H

#include <stdbool.h>
#include <stddef.h>

#include "lib/base/buf.h"
#include "lib/data/queue.h"

struct lines {
	struct cn_text *texts; // borrowed until the next call
	size_t count;
	struct cn_buf buf;
	size_t used; // of it, by lines handed out
	size_t room; // of texts
	int delim; // -1: all of the input is one
	bool ended;
};

void lines_begin(struct lines *lines, int delim);

/*
 * The next lines, without their delimiters; the last needs none. Runs traps while it waits. 1, 0 at
 * the end, or a negative errno. MAY NOT RETURN; then the lines are ended.
 */
int lines_more(struct lines *lines);

void lines_end(struct lines *lines);

#endif
