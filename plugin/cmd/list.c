/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * plugin/cmd/list.c - lists of words that the processes of a session share: see lib/data/list.h.
 */
#include "config.h"

#include <errno.h>
#include <inttypes.h>

#include "lib/base/number.h"
#include "lib/data/list.h"
#include "plugin/command.h"
#include "plugin/lines.h"
#include "plugin/listing.h"
#include "plugin/names.h"
#include "plugin/objects.h"
#include "plugin/report.h"

struct var_args {
	const char *var;
};

struct push_args {
	bool nul;
};

struct sort_args {
	bool numeric;
	bool reverse;
};

static const struct opt var_opts[] = {
	{ 'v', "variable", OPT_VARIABLE, offsetof(struct var_args, var), "VAR",
			"put it into VAR instead of on stdout" },
	{ 0 },
};

static const struct opt push_opts[] = {
	{ '0', "null", OPT_FLAG, offsetof(struct push_args, nul), NULL, "items on stdin end in NUL" },
	{ 0 },
};

static const struct opt items_opts[] = { LISTING_OPTIONS, { 0 } };

static const struct opt sort_opts[] = {
	{ 'n', "numeric", OPT_FLAG, offsetof(struct sort_args, numeric), NULL,
			"by the number that each begins with" },
	{ 'r', "reverse", OPT_FLAG, offsetof(struct sort_args, reverse), NULL, "the last first" },
	{ 0 },
};

static int open_list(const struct cmd *cmd, bool create, struct cn_list_ref *list) {
	struct cn_arena *arena;
	const char *name;
	int status = name_open(cmd, cmd->argv[0], create, &arena, &name);
	if (status != STATUS_OK) {
		return status;
	}
	int err = cn_list_open(arena, name, create, list);
	return err == -ENOENT ? cmd_fail(cmd, STATUS_NO_OBJECT, "%s: no such list", cmd->argv[0])
						  : cmd_result(cmd, cmd->argv[0], err, NULL);
}

// That there is no such item is an expected no.
static int result(const struct cmd *cmd, int err) {
	return err == -ENODATA ? STATUS_NO : cmd_result(cmd, cmd->argv[0], err, NULL);
}

static int read_index(const struct cmd *cmd, int64_t *index) {
	int err = cn_parse_int(cmd->argv[1], INT64_MIN, INT64_MAX, index);
	if (err == -EINVAL) {
		return cmd_fail(cmd, STATUS_USAGE, "%s: not an index", cmd->argv[1]);
	}
	*index = err == -ERANGE ? INT64_MAX : *index; // surely not there
	return STATUS_OK;
}

static int list_create(struct cmd *cmd, void *args) {
	struct cn_list_ref list;
	return open_list(cmd, true, &list);
}

static int push(const struct cmd *cmd, bool front) {
	struct cn_list_ref list;
	int status = open_list(cmd, true, &list);
	for (int i = 1; i < cmd->argc && status == STATUS_OK; i++) {
		const char *item = cmd->argv[front ? cmd->argc - i : i]; // they keep their order
		status = result(cmd, cn_list_push_item(&list, front, CN_TEXT(item)));
	}
	return status;
}

static int push_lines(const struct cmd *cmd, bool nul) {
	struct cn_list_ref list;
	struct lines lines;
	int status = open_list(cmd, true, &list);
	if (status != STATUS_OK) {
		return status;
	}
	lines_begin(&lines, nul ? '\0' : '\n');
	int err;
	while (status == STATUS_OK && (err = lines_more(&lines)) != 0) {
		status = cmd_result(cmd, "stdin", err < 0 ? err : 0, NULL);
		for (size_t i = 0; i < lines.count && status == STATUS_OK; i++) {
			struct cn_bytes item = { lines.texts[i].data, lines.texts[i].len };
			status = result(cmd, cn_list_push_item(&list, false, item));
		}
	}
	lines_end(&lines);
	return status;
}

static int list_push(struct cmd *cmd, void *data) {
	const struct push_args *args = data;
	return cmd->argc > 1 ? push(cmd, false) : push_lines(cmd, args->nul);
}

static int list_unshift(struct cmd *cmd, void *args) {
	return push(cmd, true);
}

static int take(const struct cmd *cmd, const struct var_args *args, bool front) {
	struct cn_list_ref list;
	struct cn_buf item = CN_BUF_INIT;
	int status = cmd_can_give(cmd, args->var);
	status = status == STATUS_OK ? open_list(cmd, false, &list) : status;
	if (status == STATUS_OK) {
		int err = cn_list_pop_item(&list, front, &item);
		status = err < 0 ? result(cmd, err) : cmd_give(cmd, args->var, item.data, item.len);
	}
	cn_buf_finish(&item);
	return status;
}

static int list_pop(struct cmd *cmd, void *args) {
	return take(cmd, args, false);
}

static int list_shift(struct cmd *cmd, void *args) {
	return take(cmd, args, true);
}

static int list_get(struct cmd *cmd, void *data) {
	const struct var_args *args = data;
	struct cn_list_ref list;
	struct cn_buf item = CN_BUF_INIT;
	int64_t index;
	int status = open_list(cmd, false, &list);
	status = status == STATUS_OK ? read_index(cmd, &index) : status;
	if (status == STATUS_OK) {
		int err = cn_list_get(&list, index, &item);
		status = err < 0 ? result(cmd, err) : cmd_give(cmd, args->var, item.data, item.len);
	}
	cn_buf_finish(&item);
	return status;
}

static int list_set(struct cmd *cmd, void *args) {
	struct cn_list_ref list;
	int64_t index;
	int status = open_list(cmd, false, &list);
	status = status == STATUS_OK ? read_index(cmd, &index) : status;
	if (status != STATUS_OK) {
		return status;
	}
	return result(cmd, cn_list_set(&list, index, CN_TEXT(cmd->argv[2])));
}

// The items keep their order: the last goes in first.
static int list_insert(struct cmd *cmd, void *args) {
	struct cn_list_ref list;
	int64_t index;
	uint64_t len;
	int status = open_list(cmd, true, &list);
	status = status == STATUS_OK ? read_index(cmd, &index) : status;
	if (status == STATUS_OK && index < 0) {
		status = result(cmd, cn_list_len(&list, &len));
		index += status == STATUS_OK ? (int64_t)len : 0;
		status = status == STATUS_OK && index < 0 ? STATUS_NO : status;
	}
	for (int i = cmd->argc - 1; i > 1 && status == STATUS_OK; i--) {
		status = result(cmd, cn_list_insert_item(&list, index, CN_TEXT(cmd->argv[i])));
	}
	return status;
}

static int list_del(struct cmd *cmd, void *args) {
	struct cn_list_ref list;
	int64_t index;
	int status = open_list(cmd, false, &list);
	status = status == STATUS_OK ? read_index(cmd, &index) : status;
	return status == STATUS_OK ? result(cmd, cn_list_delete(&list, index)) : status;
}

static int list_len(struct cmd *cmd, void *data) {
	const struct var_args *args = data;
	struct cn_list_ref list;
	uint64_t len;
	int status = open_list(cmd, false, &list);
	status = status == STATUS_OK ? result(cmd, cn_list_len(&list, &len)) : status;
	return status == STATUS_OK ? cmd_givef(cmd, args->var, "%llu", (unsigned long long)len)
							   : status;
}

static int list_items(struct cmd *cmd, void *data) {
	struct cn_list_ref list;
	struct cn_buf copy = CN_BUF_INIT;
	struct listing listing = { 0 };
	struct cn_bytes item;
	size_t at = 0;
	int status = open_list(cmd, false, &list);
	int err = status == STATUS_OK ? cn_list_copy(&list, &copy) : 0;
	while (err == 0 && cn_list_next_copied(&copy, &at, &item)) {
		err = listing_add(&listing, item);
	}
	cn_buf_finish(&copy);
	if (status == STATUS_OK) {
		status = err < 0 ? result(cmd, err) : listing_give(cmd, data, &listing);
	}
	listing_finish(&listing);
	return status;
}

static int list_clear(struct cmd *cmd, void *args) {
	struct cn_list_ref list;
	int status = open_list(cmd, false, &list);
	return status == STATUS_OK ? result(cmd, cn_list_clear(&list)) : status;
}

static int list_sort(struct cmd *cmd, void *data) {
	const struct sort_args *args = data;
	struct cn_list_ref list;
	unsigned order = (args->numeric ? CN_LIST_NUMERIC : 0) | (args->reverse ? CN_LIST_REVERSE : 0);
	int status = open_list(cmd, false, &list);
	return status == STATUS_OK ? result(cmd, cn_list_sort(&list, order)) : status;
}

static int list_destroy(struct cmd *cmd, void *args) {
	struct cn_list_ref list;
	int status = open_list(cmd, false, &list);
	return status == STATUS_OK ? result(cmd, cn_ref_destroy(&list.ref)) : status;
}

#define VAR_OPTIONS var_opts, sizeof(struct var_args)

static int describe(const struct cn_ref *ref, struct object_view *view) {
	const struct cn_list_ref list = { *ref };
	uint64_t len = 0;
	uint64_t bytes = 0;
	int err = cn_list_len(&list, &len);
	err = err == 0 ? cn_list_bytes(&list, &bytes) : err;
	view->bytes += bytes;
	cn_buf_printf(&view->state, "%" PRIu64 " items", len);
	return err;
}

static const struct object_kind lists = { CN_LIST, describe };

const struct command command_list = {
	.name = "list",
	.summary = "words in a list that processes share",
	.objects = &lists,
	.forkless = true,
	.verbs =
			(const struct verb[]){
					{ "create", list_create, 1, 1, "NAME",
							"make a list; push, unshift and insert do it, too" },
					{ "push", list_push, 1, MANY, "NAME [ITEM...]",
							"append items, or lines of stdin", push_opts,
							sizeof(struct push_args) },
					{ "unshift", list_unshift, 2, MANY, "NAME ITEM...",
							"put items before the first" },
					{ "pop", list_pop, 1, 1, "NAME", "take out and print the last; 1: empty",
							VAR_OPTIONS },
					{ "shift", list_shift, 1, 1, "NAME", "take out and print the first; 1: empty",
							VAR_OPTIONS },
					{ "get", list_get, 2, 2, "NAME I", "print an item; 1: it is not there",
							VAR_OPTIONS },
					{ "set", list_set, 3, 3, "NAME I ITEM", "put ITEM in the place of one" },
					{ "insert", list_insert, 3, MANY, "NAME I ITEM...", "put items before one" },
					{ "del", list_del, 2, 2, "NAME I", "take an item out" },
					{ "len", list_len, 1, 1, "NAME", "print how many there are", VAR_OPTIONS },
					{ "items", list_items, 1, 1, "NAME", "print all", items_opts,
							sizeof(struct listing_args) },
					{ "clear", list_clear, 1, 1, "NAME", "take all out" },
					{ "sort", list_sort, 1, 1, "NAME", "sort by bytes", sort_opts,
							sizeof(struct sort_args) },
					{ "destroy", list_destroy, 1, 1, "NAME", "remove it" },
					{ 0 },
			},
};
