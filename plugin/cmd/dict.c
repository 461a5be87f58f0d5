/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * plugin/cmd/dict.c - tables from words to words that the processes of a session share: see
 * lib/data/dict.h.
 */
#include "config.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>

#include "lib/base/number.h"
#include "lib/data/dict.h"
#include "plugin/command.h"
#include "plugin/host.h"
#include "plugin/lines.h"
#include "plugin/listing.h"
#include "plugin/names.h"
#include "plugin/objects.h"
#include "plugin/report.h"

struct get_args {
	const char *var;
	const char *other; // -D
};

static const struct opt get_opts[] = {
	{ 'v', "variable", OPT_VARIABLE, offsetof(struct get_args, var), "VAR",
			"put it into VAR instead of on stdout" },
	{ 'D', "default", OPT_TEXT, offsetof(struct get_args, other), "TEXT",
			"when the key is not there" },
	{ 0 },
};

static const struct opt var_opts[] = {
	{ 'v', "variable", OPT_VARIABLE, offsetof(struct get_args, var), "VAR",
			"put it into VAR instead of on stdout" },
	{ 0 },
};

static const struct opt incr_opts[] = {
	{ 'v', "variable", OPT_VARIABLE, offsetof(struct get_args, var), "VAR",
			"put what it became into VAR" },
	{ 0 },
};

static const struct opt update_opts[] = {
	{ 'D', "default", OPT_TEXT, offsetof(struct get_args, other), "TEXT",
			"what COMMAND gets when the key is not there" },
	{ 0 },
};

static const struct opt items_opts[] = { LISTING_OPTIONS, { 0 } };

static int open_dict(const struct cmd *cmd, bool create, struct cn_dict *dict) {
	struct cn_arena *arena;
	const char *name;
	int status = name_open(cmd, cmd->argv[0], create, &arena, &name);
	if (status != STATUS_OK) {
		return status;
	}
	int err = cn_dict_open(arena, name, create, dict);
	return err == -ENOENT ? cmd_fail(cmd, STATUS_NO_OBJECT, "%s: no such dict", cmd->argv[0])
						  : cmd_result(cmd, cmd->argv[0], err, NULL);
}

static struct cn_bytes operand(const struct cmd *cmd, int which) {
	return CN_TEXT(cmd->argv[which]);
}

// That the key is not there is an expected no.
static int result(const struct cmd *cmd, int err) {
	if (err == -ENODATA) {
		return STATUS_NO;
	}
	if (err == -EDEADLK) {
		return cmd_fail(cmd, STATUS_FAILED, "%s: %s: the update this is part of has it",
				cmd->argv[0], cmd->argv[1]);
	}
	return cmd_result(cmd, cmd->argv[0], err, NULL);
}

// Whether to call again: the wait for another's update was interrupted, and what signals had left
// to do is done. What is not freed now must be behind `cleanup`.
static bool interrupted(int err, void (*cleanup)(void *data), void *data) {
	if (err != -EINTR) {
		return false;
	}
	host->protect(cleanup, data);
	host->pending();
	host->unprotect();
	return true;
}

static void free_buf(void *data) {
	cn_buf_finish(data);
}

static int dict_create(struct cmd *cmd, void *args) {
	struct cn_dict dict;
	return open_dict(cmd, true, &dict);
}

static int dict_set(struct cmd *cmd, void *args) {
	struct cn_dict dict;
	if (cmd->argc % 2 == 0) {
		return cmd_usage(cmd);
	}
	int status = open_dict(cmd, true, &dict);
	struct cn_buf none = CN_BUF_INIT;
	for (int i = 1; i < cmd->argc && status == STATUS_OK; i += 2) {
		int err;
		do {
			err = cn_dict_set(&dict, operand(cmd, i), operand(cmd, i + 1));
		} while (interrupted(err, free_buf, &none));
		status = result(cmd, err);
	}
	return status;
}

static int dict_get(struct cmd *cmd, void *data) {
	const struct get_args *args = data;
	struct cn_dict dict;
	struct cn_buf value = CN_BUF_INIT;
	int status = open_dict(cmd, false, &dict);
	if (status != STATUS_OK) {
		return status;
	}
	int err = cn_dict_get(&dict, operand(cmd, 1), &value);
	if (err == -ENODATA && args->other != NULL) {
		err = cn_buf_puts(&value, args->other);
	}
	status = err < 0 ? result(cmd, err) : cmd_give(cmd, args->var, value.data, value.len);
	cn_buf_finish(&value);
	return status;
}

static int dict_has(struct cmd *cmd, void *args) {
	struct cn_dict dict;
	int status = open_dict(cmd, false, &dict);
	return status == STATUS_OK ? result(cmd, cn_dict_get(&dict, operand(cmd, 1), NULL)) : status;
}

static int dict_del(struct cmd *cmd, void *args) {
	struct cn_dict dict;
	struct cn_buf none = CN_BUF_INIT;
	bool missing = false;
	int status = open_dict(cmd, false, &dict);
	for (int i = 1; i < cmd->argc && status == STATUS_OK; i++) {
		int err;
		do {
			err = cn_dict_pop(&dict, operand(cmd, i), NULL);
		} while (interrupted(err, free_buf, &none));
		missing = missing || err == -ENODATA;
		status = err == -ENODATA ? STATUS_OK : result(cmd, err);
	}
	return status == STATUS_OK && missing ? STATUS_NO : status;
}

static int dict_incr(struct cmd *cmd, void *data) {
	const struct get_args *args = data;
	struct cn_dict dict;
	struct cn_buf none = CN_BUF_INIT;
	int64_t n = 1;
	int64_t now;
	if (cmd->argc > 2 && cn_parse_int(cmd->argv[2], INT64_MIN, INT64_MAX, &n) < 0) {
		return cmd_fail(cmd, STATUS_USAGE, "%s: not an integer of 64 bits", cmd->argv[2]);
	}
	int status = open_dict(cmd, true, &dict);
	if (status != STATUS_OK) {
		return status;
	}
	int err;
	do {
		err = cn_dict_incr(&dict, operand(cmd, 1), n, &now);
	} while (interrupted(err, free_buf, &none));
	if (err == -EDOM || err == -EOVERFLOW) {
		return cmd_fail(cmd, STATUS_NO, "%s: %s: %s", cmd->argv[0], cmd->argv[1],
				err == -EDOM ? "its value is not an integer" : "out of range of 64 bits");
	}
	if (err < 0 || args->var == NULL) {
		return result(cmd, err);
	}
	return cmd_givef(cmd, args->var, "%lld", (long long)now);
}

static int dict_cas(struct cmd *cmd, void *args) {
	struct cn_dict dict;
	struct cn_buf none = CN_BUF_INIT;
	int status = open_dict(cmd, false, &dict);
	if (status != STATUS_OK) {
		return status;
	}
	int err;
	do {
		err = cn_dict_cas(&dict, operand(cmd, 1), operand(cmd, 2), operand(cmd, 3));
	} while (interrupted(err, free_buf, &none));
	return result(cmd, err);
}

static int dict_setdefault(struct cmd *cmd, void *data) {
	const struct get_args *args = data;
	struct cn_dict dict;
	struct cn_buf value = CN_BUF_INIT;
	int status = open_dict(cmd, true, &dict);
	if (status != STATUS_OK) {
		return status;
	}
	int err;
	do {
		err = cn_dict_set_default(&dict, operand(cmd, 1), operand(cmd, 2), &value);
	} while (interrupted(err, free_buf, &value));
	status = err < 0 ? result(cmd, err) : cmd_give(cmd, args->var, value.data, value.len);
	cn_buf_finish(&value);
	return status;
}

static int dict_pop(struct cmd *cmd, void *data) {
	const struct get_args *args = data;
	struct cn_dict dict;
	struct cn_buf value = CN_BUF_INIT;
	int status = cmd_can_give(cmd, args->var);
	status = status == STATUS_OK ? open_dict(cmd, false, &dict) : status;
	if (status != STATUS_OK) {
		return status;
	}
	int err;
	do {
		err = cn_dict_pop(&dict, operand(cmd, 1), &value);
	} while (interrupted(err, free_buf, &value));
	if (err == -ENODATA && args->other != NULL) {
		err = cn_buf_puts(&value, args->other);
	}
	status = err < 0 ? result(cmd, err) : cmd_give(cmd, args->var, value.data, value.len);
	cn_buf_finish(&value);
	return status;
}

static int dict_len(struct cmd *cmd, void *data) {
	const struct get_args *args = data;
	struct cn_dict dict;
	uint64_t len;
	int status = open_dict(cmd, false, &dict);
	status = status == STATUS_OK ? result(cmd, cn_dict_len(&dict, &len)) : status;
	return status == STATUS_OK ? cmd_givef(cmd, args->var, "%llu", (unsigned long long)len)
							   : status;
}

static int walk(const struct cmd *cmd, const struct listing_args *args, bool pairs) {
	struct cn_dict dict;
	struct cn_dict_walk place = { 0 };
	struct listing listing = { 0 };
	struct cn_bytes key;
	struct cn_bytes value;
	int status = open_dict(cmd, false, &dict);
	if (status != STATUS_OK) {
		return status;
	}
	int err;
	while ((err = cn_dict_next(&dict, &place, &key, &value)) > 0) {
		err = listing_add(&listing, key);
		err = err == 0 && pairs ? listing_add(&listing, value) : err;
		if (err < 0) {
			break;
		}
	}
	cn_dict_walk_finish(&place);
	if (err < 0) {
		status = result(cmd, err);
	} else {
		status =
				pairs ? listing_give_pairs(cmd, args, &listing) : listing_give(cmd, args, &listing);
	}
	listing_finish(&listing);
	return status;
}

static int dict_keys(struct cmd *cmd, void *args) {
	return walk(cmd, args, false);
}

static int dict_items(struct cmd *cmd, void *args) {
	return walk(cmd, args, true);
}

static int dict_clear(struct cmd *cmd, void *args) {
	struct cn_dict dict;
	int status = open_dict(cmd, false, &dict);
	return status == STATUS_OK ? result(cmd, cn_dict_clear(&dict)) : status;
}

// ---- load ----

struct load_args {
	const char *var;
	bool nul;
};

static const struct opt load_opts[] = {
	{ 'v', "variable", OPT_TEXT, offsetof(struct load_args, var), "ASSOC",
			"from this array instead of stdin" },
	{ '0', "null", OPT_FLAG, offsetof(struct load_args, nul), NULL, "keys and values end in NUL" },
	{ 0 },
};

// The keys and values of an array, collected before any is set: that may run traps.
static void collect_element(void *to, struct host_text key, struct host_text value) {
	struct listing *listing = to;
	if (listing_add(listing, (struct cn_bytes){ key.data, key.len }) == 0) {
		listing_add(listing, (struct cn_bytes){ value.data, value.len });
	}
}

static void free_listing(void *data) {
	listing_finish(data);
}

static void free_lines(void *data) {
	lines_end(data);
}

static int load_pair(const struct cmd *cmd, const struct cn_dict *dict, struct cn_bytes key,
		struct cn_bytes value, void (*cleanup)(void *data), void *data) {
	int err;
	do {
		err = cn_dict_set(dict, key, value);
	} while (interrupted(err, cleanup, data));
	return result(cmd, err);
}

static int load_array(const struct cmd *cmd, const struct cn_dict *dict, const char *var) {
	struct listing listing = { 0 };
	int status = STATUS_OK;
	if (host->elements(var, collect_element, &listing) < 0) {
		return cmd_fail(cmd, STATUS_USAGE, "%s: not an array", var);
	}
	for (size_t i = 0; i + 1 < listing.count && status == STATUS_OK; i += 2) {
		status = load_pair(cmd, dict, listing_at(&listing, i), listing_at(&listing, i + 1),
				free_listing, &listing);
	}
	listing_finish(&listing);
	return status;
}

// "KEY<tab>VALUE" in each line; or keys and values in turn.
static int load_lines(const struct cmd *cmd, const struct cn_dict *dict, bool nul) {
	struct lines lines;
	struct cn_buf key = CN_BUF_INIT; // with `nul`: one that lacks its value yet
	bool has_key = false;
	int status = STATUS_OK;
	int err;
	lines_begin(&lines, nul ? '\0' : '\n');
	while (status == STATUS_OK && (err = lines_more(&lines)) != 0) {
		status = cmd_result(cmd, "stdin", err < 0 ? err : 0, NULL);
		for (size_t i = 0; i < lines.count && status == STATUS_OK; i++) {
			struct cn_bytes text = { lines.texts[i].data, lines.texts[i].len };
			const char *tab = nul ? NULL : memchr(text.data, '\t', text.len);
			if (nul && !has_key) {
				cn_buf_reset(&key);
				cn_buf_append(&key, text.data, text.len);
				has_key = true;
				continue;
			}
			if (!nul && tab == NULL) {
				status = cmd_fail(cmd, STATUS_USAGE, "%.*s: no tab between key and value",
						(int)text.len, text.data);
				continue;
			}
			struct cn_bytes name = { key.data, key.len };
			if (!nul) {
				name = (struct cn_bytes){ text.data, (size_t)(tab - text.data) };
				text = (struct cn_bytes){ tab + 1, text.len - name.len - 1 };
			}
			has_key = false;
			status = load_pair(cmd, dict, name, text, free_lines, &lines);
		}
	}
	lines_end(&lines);
	cn_buf_finish(&key);
	if (status == STATUS_OK && has_key) {
		status = cmd_fail(cmd, STATUS_USAGE, "stdin: a key without a value at its end");
	}
	return status;
}

static int dict_load(struct cmd *cmd, void *data) {
	const struct load_args *args = data;
	struct cn_dict dict;
	int status = open_dict(cmd, true, &dict);
	if (status != STATUS_OK) {
		return status;
	}
	return args->var != NULL ? load_array(cmd, &dict, args->var)
							 : load_lines(cmd, &dict, args->nul);
}

// ---- update ------------------------------------------------------------------------------------

static const char new_variable[] = "_conch_new";
static const char status_variable[] = "_conch_status";

struct update {
	struct cn_dict dict;
	struct cn_bytes key;
	struct cn_buf old;
	struct cn_buf code;
};

// The command was left in the middle: the key stays as it is.
static void update_abandon(void *data) {
	struct update *update = data;
	cn_dict_update_end(&update->dict, update->key, NULL);
	cn_buf_finish(&update->old);
	cn_buf_finish(&update->code);
}

static void append_quoted(struct cn_buf *out, const char *word, size_t len) {
	cn_buf_puts(out, " '");
	for (size_t i = 0; i < len; i++) {
		if (word[i] == '\'') {
			cn_buf_puts(out, "'\\''");
		} else if (word[i] != '\0') {
			cn_buf_putc(out, word[i]);
		}
	}
	cn_buf_putc(out, '\'');
}

// What COMMAND OLD prints, as a command substitution takes it. The value is in new_variable.
static int update_run(const struct cmd *cmd, struct update *update) {
	char eval[] = "eval";
	cn_buf_printf(&update->code, "%s=0; %s=$(", status_variable, new_variable);
	for (int i = 2; i < cmd->argc; i++) {
		append_quoted(&update->code, cmd->argv[i], strlen(cmd->argv[i]));
	}
	append_quoted(&update->code, update->old.data, update->old.len);
	cn_buf_printf(&update->code, ") || %s=$?", status_variable);
	if (update->code.failed) {
		return cmd_result(cmd, NULL, -ENOMEM, NULL);
	}
	char *words[] = { eval, update->code.data, NULL };
	int status = host->run(words, 2);
	const char *text = host->get(status_variable);
	return status == 0 && text != NULL ? atoi(text) : status;
}

static int dict_update(struct cmd *cmd, void *data) {
	const struct get_args *args = data;
	struct update update = { .key = operand(cmd, 1), .old = CN_BUF_INIT, .code = CN_BUF_INIT };
	int status = open_dict(cmd, true, &update.dict);
	if (status != STATUS_OK) {
		return status;
	}
	host->own_process();
	int err;
	do {
		err = cn_dict_update(&update.dict, update.key, &update.old);
	} while (interrupted(err, free_buf, &update.old));
	if (err < 0 && err != -ENODATA) {
		cn_buf_finish(&update.old);
		return result(cmd, err);
	}
	if (err == -ENODATA && args->other != NULL) {
		cn_buf_puts(&update.old, args->other);
	}
	host->protect(update_abandon, &update);
	status = update_run(cmd, &update);
	host->unprotect();
	const char *text = status == STATUS_OK ? host->get(new_variable) : NULL;
	struct cn_bytes value = CN_TEXT(text == NULL ? "" : text);
	err = cn_dict_update_end(&update.dict, update.key, text == NULL ? NULL : &value);
	cn_buf_finish(&update.old);
	cn_buf_finish(&update.code);
	host->unset(new_variable);
	host->unset(status_variable);
	return status == STATUS_OK ? result(cmd, err) : status;
}

static int dict_destroy(struct cmd *cmd, void *args) {
	struct cn_dict dict;
	int status = open_dict(cmd, false, &dict);
	return status == STATUS_OK ? result(cmd, cn_ref_destroy(&dict.ref)) : status;
}

#define GET_OPTIONS get_opts, sizeof(struct get_args)
#define VAR_OPTIONS var_opts, sizeof(struct get_args)
#define ITEMS_OPTIONS items_opts, sizeof(struct listing_args)

static int describe(const struct cn_ref *ref, struct object_view *view) {
	struct cn_dict_info info;
	int err = cn_dict_query(&(struct cn_dict){ *ref }, &info);
	if (err < 0) {
		return err;
	}
	cn_buf_printf(&view->state, "%" PRIu64 " keys", info.len);
	view->bytes += info.bytes;
	view->waiters = info.waiters;
	view->holders_count = info.updaters;
	for (size_t i = 0; i < info.updaters && i < CN_DICT_WHO_MAX && i < OBJECT_HOLDERS_MAX; i++) {
		view->holders[i] = cn_owner_pid(ref->arena, info.who[i]);
	}
	return 0;
}

static const struct object_kind dicts = { CN_DICT, describe };

const struct command command_dict = {
	.name = "dict",
	.summary = "words by keys in a table that processes share",
	.objects = &dicts,
	.forkless = true,
	.verbs =
			(const struct verb[]){
					{ "create", dict_create, 1, 1, "NAME",
							"make a dict; set, incr, setdefault, load and update do it, too" },
					{ "set", dict_set, 3, MANY, "NAME KEY VALUE [KEY VALUE...]", "set keys" },
					{ "get", dict_get, 2, 2, "NAME KEY", "print a value; 1: the key is not there",
							GET_OPTIONS },
					{ "has", dict_has, 2, 2, "NAME KEY", "whether the key is there (0, 1)" },
					{ "del", dict_del, 2, MANY, "NAME KEY...",
							"take keys out; 1: one was not there" },
					{ "incr", dict_incr, 2, 3, "NAME KEY [N]",
							"add N, default 1, to an integer, no key being 0", incr_opts,
							sizeof(struct get_args) },
					{ "cas", dict_cas, 4, 4, "NAME KEY OLD NEW",
							"set it to NEW if it is OLD; 1: it is not" },
					{ "setdefault", dict_setdefault, 3, 3, "NAME KEY VALUE",
							"set it if it is not there, and print what it is then", VAR_OPTIONS },
					{ "pop", dict_pop, 2, 2, "NAME KEY", "take a key out and print its value",
							GET_OPTIONS },
					{ "len", dict_len, 1, 1, "NAME", "print how many keys there are", VAR_OPTIONS },
					{ "keys", dict_keys, 1, 1, "NAME", "print all keys", ITEMS_OPTIONS },
					{ "items", dict_items, 1, 1, "NAME", "print all keys and values",
							ITEMS_OPTIONS },
					{ "load", dict_load, 1, 1, "NAME", "set keys from stdin or an array", load_opts,
							sizeof(struct load_args) },
					{ "clear", dict_clear, 1, 1, "NAME", "take all out" },
					{ "update", dict_update, 3, MANY, "NAME KEY COMMAND [ARG...]",
							"set it to what COMMAND ARG... OLD prints, nobody else changing it",
							update_opts, sizeof(struct get_args) },
					{ "destroy", dict_destroy, 1, 1, "NAME", "remove it" },
					{ 0 },
			},
};
