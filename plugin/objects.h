/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * plugin/objects.h - what `conch list` shows of the objects of a session. A command whose objects
 * are to be listed says in its table how one is described:
 *
 *	static int describe(const struct cn_ref *ref, struct object_view *view) {
 *		struct cn_event_info info;
 *		int err = cn_event_query(&(struct cn_event){ *ref }, &info);
 *		cn_buf_puts(&view->state, info.is_set ? "set" : "not set");
 *		view->waiters = info.waiters;
 *		return err;
 *	}
 *
 *	static const struct object_kind events = { CN_EVENT, describe };
 *	const struct command command_event = { ..., .objects = &events };
 */
#ifndef PLUGIN_OBJECTS_H
#define PLUGIN_OBJECTS_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "lib/base/buf.h"
#include "lib/shm/names.h"
#include "plugin/command.h"

enum { OBJECT_HOLDERS_MAX = 16 };

/* Starts empty, but for `bytes`. */
struct object_view {
	struct cn_buf state; // in a few words
	pid_t holders[OBJECT_HOLDERS_MAX]; // processes that hold it, or run it
	size_t holders_count; // may be more than stand there
	uint32_t waiters; // processes that wait for it
	uint64_t bytes; // of shared memory; starts as the object's own block: add what else it has
};

struct object_kind {
	enum cn_kind kind;
	/* Fill in the view. A negative errno: it is gone, or cannot be looked at, and is left out. */
	int (*describe)(const struct cn_ref *ref, struct object_view *view);
};

/* A table, or an array of JSON. */
struct object_list {
	struct cn_buf text;
	bool json;
	size_t count;
	size_t width; // columns of a row; 0: no limit
};

void objects_begin(struct object_list *list);
void objects_end(struct object_list *list);

/* Append all objects of an arena, by kind and name; `prefix` goes before each name. 0 or -ENOMEM. */
int objects_list(struct cn_arena *arena, const char *prefix, struct object_list *list);

#endif
