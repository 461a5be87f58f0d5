/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * plugin/cmd/share.c - variables of the shell that live in the session: a scalar is the value of
 * its name, an indexed array the list, an associative one the dict. So the commands value, list and
 * dict work on the same data.
 */
#include "config.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/map.h"
#include "lib/base/number.h"
#include "lib/base/scalar.h"
#include "lib/data/dict.h"
#include "lib/data/list.h"
#include "lib/data/value.h"
#include "lib/shm/shared.h"
#include "plugin/command.h"
#include "plugin/host.h"
#include "plugin/names.h"
#include "plugin/report.h"

struct share_args {
	bool integer;
	bool indexed;
	bool assoc;
	const char *object; // NULL: of the variable's name
};

static const struct opt share_opts[] = {
	{ 'i', "integer", OPT_FLAG, offsetof(struct share_args, integer), NULL, "an integer" },
	{ 'a', "array", OPT_FLAG, offsetof(struct share_args, indexed), NULL, "an indexed array" },
	{ 'A', "assoc", OPT_FLAG, offsetof(struct share_args, assoc), NULL, "an associative array" },
	{ 'o', "object", OPT_TEXT, offsetof(struct share_args, object), "NAME",
			"the object that VAR is; default: that of its name" },
	{ 0 },
};

/* One of this shell's. Stays, since the shell has its address. */
struct shared {
	struct host_variable variable;
	const char *name; // the key in `all`
	union {
		struct cn_value value;
		struct cn_list_ref list;
		struct cn_dict dict;
	};
};

static struct cn_map all = CN_MAP_INIT; // struct shared, by name

// An assignment has no status of its own: say what is wrong.
static int complain(const struct shared *shared, int err) {
	char line[512];
	if (err == 0) {
		return 0;
	}
	const char *why = err == -ENOENT ? "no longer shared: it was destroyed"
			: err == -ERANGE		 ? "out of range"
			: err == -EINVAL		 ? "not a number of its type"
			: err == -ENOSPC && shared->value.ref.arena->is_file
			? cn_shared_full()
									 : cn_strerror(err);
	int len = snprintf(line, sizeof(line), "share: %.255s: %s\n", shared->name, why);
	host->flush();
	host->error(line, (size_t)len);
	return err;
}

// ---- scalars -----------------------------------------------------------------------------------

static bool scalar_get(void *data, struct cn_buf *out) {
	const struct shared *shared = data;
	if (shared->value.code == CN_VALUE_TEXT) {
		return cn_value_get_text(&shared->value, out) == 0;
	}
	uint64_t raw;
	return cn_value_get(&shared->value, &raw) == 0 &&
			cn_scalar_append(out, shared->value.code, &raw) == 0;
}

static int scalar_set(void *data, const char *text, size_t len) {
	struct shared *shared = data;
	if (shared->value.code == CN_VALUE_TEXT) {
		return complain(shared, cn_value_swap_text(&shared->value, text, len, NULL));
	}
	uint64_t raw;
	int err = cn_raw_parse(shared->value.code, *text == '\0' ? "0" : text, &raw);
	return complain(shared, err < 0 ? err : cn_value_set(&shared->value, raw));
}

// ---- indexed arrays
// ------------------------------------------------------------------------------

static int list_version(void *data, uint64_t *version) {
	return cn_list_version(&((struct shared *)data)->list, version);
}

static int list_each(void *data,
		void (*element)(void *to, struct host_text key, struct host_text value), void *to) {
	struct cn_buf copy = CN_BUF_INIT;
	struct cn_bytes item;
	size_t at = 0;
	unsigned long long index = 0;
	int err = cn_list_copy(&((struct shared *)data)->list, &copy);
	while (err == 0 && cn_list_next_copied(&copy, &at, &item)) {
		char key[24];
		int len = snprintf(key, sizeof(key), "%llu", index++);
		element(to, (struct host_text){ key, (size_t)len },
				(struct host_text){ item.data, item.len });
	}
	cn_buf_finish(&copy);
	return err;
}

static int list_set(void *data, const char *key, const char *text, size_t len) {
	struct shared *shared = data;
	int64_t index;
	int err = cn_parse_int(key, 0, INT64_MAX, &index);
	if (err == 0) {
		err = cn_list_put(&shared->list, (uint64_t)index, (struct cn_bytes){ text, len });
	}
	return complain(shared, err);
}

static int list_unset(void *data, const char *key) {
	int64_t index;
	int err = cn_parse_int(key, 0, INT64_MAX, &index);
	return err < 0 ? err : cn_list_delete(&((struct shared *)data)->list, index);
}

static int list_clear(void *data) {
	return complain(data, cn_list_clear(&((struct shared *)data)->list));
}

// ---- associative arrays
// --------------------------------------------------------------------------

static int dict_version(void *data, uint64_t *version) {
	return cn_dict_version(&((struct shared *)data)->dict, version);
}

static int dict_each(void *data,
		void (*element)(void *to, struct host_text key, struct host_text value), void *to) {
	struct cn_dict_walk walk = { 0 };
	struct cn_bytes key;
	struct cn_bytes value;
	int err;
	while ((err = cn_dict_next(&((struct shared *)data)->dict, &walk, &key, &value)) > 0) {
		element(to, (struct host_text){ key.data, key.len },
				(struct host_text){ value.data, value.len });
	}
	cn_dict_walk_finish(&walk);
	return err;
}

static int dict_set(void *data, const char *key, const char *text, size_t len) {
	struct shared *shared = data;
	int err;
	do { // no trap can run in an assignment: the wait is for another's `dict update`
		err = cn_dict_set(&shared->dict, CN_TEXT(key), (struct cn_bytes){ text, len });
	} while (err == -EINTR && !host->is_interrupted());
	return complain(shared, err);
}

static int dict_unset(void *data, const char *key) {
	return cn_dict_pop(&((struct shared *)data)->dict, CN_TEXT(key), NULL);
}

static int dict_clear(void *data) {
	return complain(data, cn_dict_clear(&((struct shared *)data)->dict));
}

// ---- the command -------------------------------------------------------------------------------

static const struct host_variable scalar_variable = { .get = scalar_get, .set = scalar_set };

static const struct host_variable list_variable = {
	.version = list_version,
	.each = list_each,
	.set_element = list_set,
	.unset_element = list_unset,
	.clear = list_clear,
};

static const struct host_variable dict_variable = {
	.version = dict_version,
	.each = dict_each,
	.set_element = dict_set,
	.unset_element = dict_unset,
	.clear = dict_clear,
};

// The entry of the name, new or used before.
static struct shared *entry(const char *name) {
	struct shared *shared = cn_map_get(&all, name, strlen(name));
	if (shared != NULL) {
		return shared;
	}
	shared = calloc(1, sizeof(*shared));
	char *copy = strdup(name);
	if (shared == NULL || copy == NULL || cn_map_set(&all, name, strlen(name), shared, NULL) < 0) {
		free(shared);
		free(copy);
		return NULL;
	}
	shared->name = copy;
	return shared;
}

// Open or make the object. *made: it is new. 0 or a negative errno; -EPROTOTYPE: of another type.
static int open_object(
		struct cn_arena *arena, const char *name, int kind, struct shared *shared, bool *made) {
	int err;
	switch (kind) {
	case HOST_INDEXED:
		shared->variable = list_variable;
		err = cn_list_open(arena, name, false, &shared->list);
		*made = err == -ENOENT;
		return *made ? cn_list_open(arena, name, true, &shared->list) : err;
	case HOST_ASSOC:
		shared->variable = dict_variable;
		err = cn_dict_open(arena, name, false, &shared->dict);
		*made = err == -ENOENT;
		return *made ? cn_dict_open(arena, name, true, &shared->dict) : err;
	default:
		shared->variable = scalar_variable;
		err = cn_value_open(arena, name, &shared->value);
		*made = err == -ENOENT;
		if (*made) {
			err = kind == HOST_INTEGER ? cn_value_create(arena, name, 'q', 0, &shared->value)
									   : cn_value_create_text(arena, name, "", 0, &shared->value);
			*made = err == 0;
			err = err == -EEXIST ? 0 : err;
		}
		bool integer = cn_scalar_is_integer(shared->value.code);
		return err == 0 && kind == HOST_INTEGER && !integer ? -EPROTOTYPE : err;
	}
}

/* VAR, VAR=VALUE or VAR+=VALUE. */
struct operand {
	char *var; // on the heap
	const char *value; // NULL: none; borrowed
	bool append;
	struct cn_buf sum; // what is assigned then
};

static struct operand operand_of(const char *word) {
	const char *equals = strchr(word, '=');
	if (equals == NULL) {
		return (struct operand){ .var = strdup(word), .sum = CN_BUF_INIT };
	}
	bool append = equals > word && equals[-1] == '+';
	return (struct operand){ strndup(word, (size_t)(equals - word - append)), equals + 1, append,
		CN_BUF_INIT };
}

static void operand_finish(void *data) {
	struct operand *operand = data;
	cn_buf_finish(&operand->sum);
	free(operand->var);
}

static bool is_array(int kind) {
	return kind == HOST_INDEXED || kind == HOST_ASSOC;
}

static int check_operand(const struct cmd *cmd, const struct operand *operand, int kind) {
	static const char name_chars[] =
			"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_0123456789";
	if (operand->var[strspn(operand->var, name_chars)] != '\0') {
		return cmd_fail(cmd, STATUS_USAGE, "%s: not the name of a variable", operand->var);
	}
	if (operand->value != NULL && is_array(kind)) {
		return cmd_fail(cmd, STATUS_USAGE, "%s: an array: assign (...) to it", operand->var);
	}
	return STATUS_OK;
}

static int open_shared(const struct cmd *cmd, const struct operand *operand, const char *object,
		int kind, struct shared **shared, bool *made) {
	struct cn_arena *arena;
	const char *name;
	int status =
			name_open(cmd, object != NULL ? object : operand->var, true, &arena, &name);
	if (status != STATUS_OK) {
		return status;
	}
	*shared = entry(operand->var);
	int err = *shared == NULL ? -ENOMEM : open_object(arena, name, kind, *shared, made);
	if (err == -EPROTOTYPE) {
		return cmd_fail(cmd, STATUS_NO_OBJECT, "%s: is there, but of type %c", operand->var,
				(*shared)->value.code);
	}
	return cmd_result(cmd, operand->var, err, NULL);
}

static int bind(const struct cmd *cmd, const struct operand *operand, int kind,
		struct shared *shared, bool made) {
	bool given = operand->value != NULL && !operand->append;
	enum host_bind how = host->has_assigned(operand->var) ? HOST_BIND_REPLACE
			: made && !given							  ? HOST_BIND_KEEP
														  : HOST_BIND_DROP;
	shared->variable.kind = kind;
	shared->variable.data = shared;
	int err = host->bind(operand->var, &shared->variable, how);
	if (err < 0 && made) {
		cn_ref_destroy(kind == HOST_INDEXED	 ? &shared->list.ref
						: kind == HOST_ASSOC ? &shared->dict.ref
											 : &shared->value.ref);
	}
	return err == -EINVAL
			? cmd_fail(cmd, STATUS_USAGE, "%s: not a variable of that kind", operand->var)
			: cmd_result(cmd, operand->var, err, NULL);
}

static int assign(const struct cmd *cmd, struct operand *operand, int kind) {
	struct cn_buf *sum = &operand->sum;
	const char *old = operand->append ? host->get(operand->var) : NULL;
	int err = old != NULL ? cn_buf_puts(sum, old) : 0;
	if (err == 0 && old != NULL && kind == HOST_INTEGER) {
		err = cn_buf_putc(sum, '+');
	}
	err = err == 0 ? cn_buf_puts(sum, operand->value) : err;
	err = err == 0 ? host->set(operand->var, sum->data, sum->len) : err; // may leave
	return cmd_result(cmd, operand->var, err, NULL);
}

static int share_operand(
		const struct cmd *cmd, struct operand *operand, const char *object, int kind) {
	struct shared *shared;
	bool made = false;
	int status = check_operand(cmd, operand, kind);
	if (status == STATUS_OK) {
		status = open_shared(cmd, operand, object, kind, &shared, &made);
	}
	if (status == STATUS_OK) {
		status = bind(cmd, operand, kind, shared, made);
	}
	return status == STATUS_OK && operand->value != NULL ? assign(cmd, operand, kind) : status;
}

static int share_one(const struct cmd *cmd, const char *word, const char *object, int kind) {
	struct operand operand = operand_of(word);
	if (operand.var == NULL) {
		return cmd_result(cmd, NULL, -ENOMEM, NULL);
	}
	host->protect(operand_finish, &operand);
	int status = share_operand(cmd, &operand, object, kind);
	host->unprotect();
	operand_finish(&operand);
	return status;
}

static int share(struct cmd *cmd, void *data) {
	const struct share_args *args = data;
	if (args->integer + args->indexed + args->assoc > 1) {
		return cmd_fail(cmd, STATUS_USAGE, "only one of -i, -a and -A");
	}
	int kind = args->integer ? HOST_INTEGER
			: args->indexed	 ? HOST_INDEXED
			: args->assoc	 ? HOST_ASSOC
							 : HOST_TEXT;
	if (args->object != NULL && cmd->argc > 1) {
		return cmd_fail(cmd, STATUS_USAGE, "-o: with one variable only");
	}
	int status = STATUS_OK;
	for (int i = 0; i < cmd->argc; i++) {
		int one = share_one(cmd, cmd->argv[i], args->object, kind);
		status = one != STATUS_OK ? one : status;
	}
	return status;
}

const struct command command_share = {
	.name = "share",
	.summary = "variables that all processes of the session have in common",
	.declares = true,
	.verbs = (const struct verb[]){ { NULL, share, 1, MANY, "VAR[=VALUE]...",
			"make shell variables shared ones", share_opts, sizeof(struct share_args) } },
};
