/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * plugin/cmd/value.c - numbers and strings that the processes of a session share: see
 * lib/data/value.h.
 */
#include "config.h"

#include <errno.h>
#include <string.h>

#include "lib/base/scalar.h"
#include "lib/data/value.h"
#include "plugin/command.h"
#include "plugin/names.h"
#include "plugin/objects.h"
#include "plugin/report.h"
#include "plugin/scalars.h"

// Bytes of a string that `conch list` shows.
enum { SHOWN_MAX = 60 };

struct get_args {
	const char *var;
};

static const struct opt get_opts[] = {
	{ 'v', "variable", OPT_VARIABLE, offsetof(struct get_args, var), "VAR",
			"put it into VAR instead of on stdout" },
	{ 0 },
};

static const struct opt add_opts[] = {
	{ 'v', "variable", OPT_VARIABLE, offsetof(struct get_args, var), "VAR",
			"put what it became into VAR" },
	{ 0 },
};

static int open_value(const struct cmd *cmd, struct cn_value *value) {
	struct cn_arena *arena;
	const char *name;
	int status = name_open(cmd, cmd->argv[0], false, &arena, &name);
	if (status != STATUS_OK) {
		return status;
	}
	int err = cn_value_open(arena, name, value);
	return err == -ENOENT ? cmd_fail(cmd, STATUS_NO_OBJECT, "%s: no such value", cmd->argv[0])
						  : cmd_result(cmd, cmd->argv[0], err, NULL);
}

static int result(const struct cmd *cmd, const struct cn_value *value, int err) {
	if (err == -EDOM) {
		return cmd_fail(cmd, STATUS_USAGE, "%s: not for type %c", cmd->argv[0], value->code);
	}
	if (err == -EOVERFLOW) {
		return cmd_fail(cmd, STATUS_NO, "%s: out of range of type %c (%s)", cmd->argv[0],
				value->code, cn_scalar_name(value->code));
	}
	return cmd_result(cmd, cmd->argv[0], err, NULL);
}

static int give_raw(
		const struct cmd *cmd, const char *var, const struct cn_value *value, uint64_t raw) {
	char text[CN_SCALAR_TEXT_MAX];
	size_t len = cn_scalar_format(value->code, &raw, text);
	return cmd_give(cmd, var, text, len);
}

static bool is_text(const struct cn_value *value) {
	return value->code == CN_VALUE_TEXT;
}

// Operand `which` as a number of the value's type.
static int read_raw(const struct cmd *cmd, const struct cn_value *value, int which, uint64_t *raw) {
	return scalar_read(cmd, value->code, cmd->argv[which], raw);
}

static int value_create(struct cmd *cmd, void *args) {
	const char *type = cmd->argc > 1 ? cmd->argv[1] : "q";
	const char *text = cmd->argc > 2 ? cmd->argv[2] : "";
	struct cn_arena *arena;
	struct cn_value value;
	const char *name;
	char code;
	uint64_t raw = 0;
	int status = scalar_code(cmd, type, true, &code);
	if (status == STATUS_OK && cmd->argc > 2 && code != CN_VALUE_TEXT) {
		status = scalar_read(cmd, code, text, &raw);
	}
	if (status == STATUS_OK) {
		status = name_open(cmd, cmd->argv[0], true, &arena, &name);
	}
	if (status != STATUS_OK) {
		return status;
	}
	int err = code == CN_VALUE_TEXT ? cn_value_create_text(arena, name, text, strlen(text), &value)
									: cn_value_create(arena, name, code, raw, &value);
	if (err == -EPROTOTYPE) {
		return cmd_fail(
				cmd, STATUS_NO_OBJECT, "%s: is there, but of type %c", cmd->argv[0], value.code);
	}
	return err == -EEXIST ? STATUS_OK : cmd_result(cmd, cmd->argv[0], err, NULL);
}

static int value_get(struct cmd *cmd, void *data) {
	const struct get_args *args = data;
	struct cn_value value;
	int status = open_value(cmd, &value);
	if (status != STATUS_OK) {
		return status;
	}
	if (!is_text(&value)) {
		uint64_t raw;
		int err = cn_value_get(&value, &raw);
		return err < 0 ? result(cmd, &value, err) : give_raw(cmd, args->var, &value, raw);
	}
	struct cn_buf text = CN_BUF_INIT;
	int err = cn_value_get_text(&value, &text);
	status = err < 0 ? result(cmd, &value, err) : cmd_give(cmd, args->var, text.data, text.len);
	cn_buf_finish(&text);
	return status;
}

static int value_set(struct cmd *cmd, void *args) {
	struct cn_value value;
	int status = open_value(cmd, &value);
	if (status != STATUS_OK) {
		return status;
	}
	if (is_text(&value)) {
		const char *text = cmd->argv[1];
		return result(cmd, &value, cn_value_swap_text(&value, text, strlen(text), NULL));
	}
	uint64_t raw;
	status = read_raw(cmd, &value, 1, &raw);
	return status == STATUS_OK ? result(cmd, &value, cn_value_set(&value, raw)) : status;
}

static int value_add(struct cmd *cmd, void *data) {
	const struct get_args *args = data;
	struct cn_value value;
	struct cn_delta delta;
	int status = open_value(cmd, &value);
	if (status == STATUS_OK) {
		status = scalar_read_delta(cmd, value.code, cmd->argv[1], &delta);
	}
	if (status != STATUS_OK) {
		return status;
	}
	uint64_t now;
	int err = cn_value_add(&value, &delta, &now);
	if (err < 0 || args->var == NULL) {
		return result(cmd, &value, err);
	}
	return give_raw(cmd, args->var, &value, now);
}

static int value_swap(struct cmd *cmd, void *data) {
	const struct get_args *args = data;
	struct cn_value value;
	int status = open_value(cmd, &value);
	if (status != STATUS_OK) {
		return status;
	}
	if (!is_text(&value)) {
		uint64_t raw;
		uint64_t old;
		status = read_raw(cmd, &value, 1, &raw);
		if (status != STATUS_OK) {
			return status;
		}
		int err = cn_value_swap(&value, raw, &old);
		return err < 0 ? result(cmd, &value, err) : give_raw(cmd, args->var, &value, old);
	}
	struct cn_buf old = CN_BUF_INIT;
	int err = cn_value_swap_text(&value, cmd->argv[1], strlen(cmd->argv[1]), &old);
	status = err < 0 ? result(cmd, &value, err) : cmd_give(cmd, args->var, old.data, old.len);
	cn_buf_finish(&old);
	return status;
}

static int value_cas(struct cmd *cmd, void *args) {
	struct cn_value value;
	int status = open_value(cmd, &value);
	if (status != STATUS_OK) {
		return status;
	}
	if (is_text(&value)) {
		const char *old = cmd->argv[1];
		const char *text = cmd->argv[2];
		return result(cmd, &value, cn_value_cas_text(&value, old, strlen(old), text, strlen(text)));
	}
	uint64_t old;
	uint64_t raw;
	status = read_raw(cmd, &value, 1, &old);
	status = status == STATUS_OK ? read_raw(cmd, &value, 2, &raw) : status;
	return status == STATUS_OK ? result(cmd, &value, cn_value_cas(&value, old, raw)) : status;
}

static int limit(const struct cmd *cmd, const struct get_args *args, int sign) {
	struct cn_value value;
	uint64_t raw;
	int status = open_value(cmd, &value);
	if (status == STATUS_OK && is_text(&value)) {
		return result(cmd, &value, -EDOM);
	}
	status = status == STATUS_OK ? read_raw(cmd, &value, 1, &raw) : status;
	if (status != STATUS_OK) {
		return status;
	}
	uint64_t now;
	int err = cn_value_limit(&value, sign, raw, &now);
	if (err < 0 || args->var == NULL) {
		return result(cmd, &value, err);
	}
	return give_raw(cmd, args->var, &value, now);
}

static int value_max(struct cmd *cmd, void *args) {
	return limit(cmd, args, 1);
}

static int value_min(struct cmd *cmd, void *args) {
	return limit(cmd, args, -1);
}

static int value_destroy(struct cmd *cmd, void *args) {
	struct cn_value value;
	int status = open_value(cmd, &value);
	return status == STATUS_OK ? result(cmd, &value, cn_ref_destroy(&value.ref)) : status;
}

#define GET_OPTIONS get_opts, sizeof(struct get_args)
#define ADD_OPTIONS add_opts, sizeof(struct get_args)

static int describe(const struct cn_ref *ref, struct object_view *view) {
	struct cn_value value;
	int err = cn_value_of(ref, &value);
	if (err < 0) {
		return err;
	}
	cn_buf_printf(&view->state, "%c ", value.code);
	if (is_text(&value)) {
		size_t before = view->state.len;
		err = cn_value_get_text(&value, &view->state);
		view->bytes += view->state.len - before;
		if (view->state.len > SHOWN_MAX) {
			cn_buf_truncate(&view->state, SHOWN_MAX);
		}
		return err;
	}
	uint64_t raw;
	char text[CN_SCALAR_TEXT_MAX];
	err = cn_value_get(&value, &raw);
	if (err == 0) {
		cn_buf_append(&view->state, text, cn_scalar_format(value.code, &raw, text));
	}
	return err;
}

static const struct object_kind values = { CN_VALUE, describe };

const struct command command_value = {
	.name = "value",
	.summary = "a number or string that processes share, changed atomically",
	.objects = &values,
	.forkless = true,
	.verbs =
			(const struct verb[]){
					{
							"create",
							value_create,
							1,
							3,
							"NAME [TYPE [INIT]]",
							"make a value: b B h H i I l L q Q f d c, s a string; default q 0",
					},
					{ "get", value_get, 1, 1, "NAME", "print it", GET_OPTIONS },
					{ "set", value_set, 2, 2, "NAME VALUE", "set it" },
					{ "add", value_add, 2, 2, "NAME N", "add N; 1: it would be out of range",
							ADD_OPTIONS },
					{ "swap", value_swap, 2, 2, "NAME VALUE", "set it, and print what it was",
							GET_OPTIONS },
					{ "cas", value_cas, 3, 3, "NAME OLD NEW",
							"set it to NEW if it is OLD; 1: it is not" },
					{ "max", value_max, 2, 2, "NAME N", "make it N if that is greater",
							ADD_OPTIONS },
					{ "min", value_min, 2, 2, "NAME N", "make it N if that is less", ADD_OPTIONS },
					{ "destroy", value_destroy, 1, 1, "NAME", "remove it" },
					{ 0 },
			},
};
