/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * plugin/cmd/array.c - arrays of numbers that the processes of a session share: see
 * lib/data/array.h.
 */
#include "config.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/number.h"
#include "lib/base/scalar.h"
#include "lib/data/array.h"
#include "plugin/command.h"
#include "plugin/lines.h"
#include "plugin/listing.h"
#include "plugin/names.h"
#include "plugin/objects.h"
#include "plugin/report.h"
#include "plugin/scalars.h"

struct var_args {
	const char *var;
};

static const struct opt get_opts[] = { LISTING_OPTIONS, { 0 } };

static const struct opt add_opts[] = {
	{ 'v', "variable", OPT_VARIABLE, offsetof(struct var_args, var), "VAR",
			"put what it became into VAR" },
	{ 0 },
};

static const struct opt var_opts[] = {
	{ 'v', "variable", OPT_VARIABLE, offsetof(struct var_args, var), "VAR",
			"put it into VAR instead of on stdout" },
	{ 0 },
};

static int open_array(const struct cmd *cmd, struct cn_array *array) {
	struct cn_arena *arena;
	const char *name;
	int status = name_open(cmd, cmd->argv[0], false, &arena, &name);
	if (status != STATUS_OK) {
		return status;
	}
	int err = cn_array_open(arena, name, array);
	return err == -ENOENT ? cmd_fail(cmd, STATUS_NO_OBJECT, "%s: no such array", cmd->argv[0])
						  : cmd_result(cmd, cmd->argv[0], err, NULL);
}

static int result(const struct cmd *cmd, const struct cn_array *array, int err) {
	if (err == -EDOM) {
		return cmd_fail(cmd, STATUS_USAGE, "%s: not for type %c", cmd->argv[0], array->code);
	}
	if (err == -EOVERFLOW) {
		return cmd_fail(cmd, STATUS_NO, "%s: out of range of type %c (%s)", cmd->argv[0],
				array->code, cn_scalar_name(array->code));
	}
	return cmd_result(cmd, cmd->argv[0], err, NULL);
}

// An index, negative ones from the end, such that `count` elements are there from it on.
static int read_index(const struct cmd *cmd, const struct cn_array *array, const char *word,
		uint64_t count, uint64_t *index) {
	int64_t n;
	int err = cn_parse_int(word, INT64_MIN, INT64_MAX, &n);
	if (err == -EINVAL) {
		return cmd_fail(cmd, STATUS_USAGE, "%s: not an index", word);
	}
	*index = n < 0 ? array->count + (uint64_t)n : (uint64_t)n;
	bool inside = err == 0 && (n >= 0 || 0 - (uint64_t)n <= array->count);
	if (!inside || count > array->count || *index > array->count - count) {
		return cmd_fail(cmd, STATUS_USAGE, "%s: %s: outside of its %llu elements", cmd->argv[0],
				word, (unsigned long long)array->count);
	}
	return STATUS_OK;
}

// The words as elements one behind the other; *out is the caller's.
static int read_elements(
		const struct cmd *cmd, char code, int from, int count, unsigned char **out) {
	size_t size = cn_scalar_size(code);
	*out = calloc((size_t)count + 1, size);
	int status = *out == NULL ? cmd_result(cmd, NULL, -ENOMEM, NULL) : STATUS_OK;
	for (int i = 0; i < count && status == STATUS_OK; i++) {
		uint64_t raw;
		status = scalar_read(cmd, code, cmd->argv[from + i], &raw);
		if (status == STATUS_OK) {
			memcpy(*out + (size_t)i * size, &raw, size);
		}
	}
	return status;
}

static int create(const struct cmd *cmd, char code, uint64_t count, const void *elements) {
	struct cn_arena *arena;
	const char *name;
	struct cn_array array;
	int status = name_open(cmd, cmd->argv[0], true, &arena, &name);
	if (status != STATUS_OK) {
		return status;
	}
	int err = cn_array_create(arena, name, code, count, elements, &array);
	if (err == -EPROTOTYPE) {
		return cmd_fail(cmd, STATUS_NO_OBJECT, "%s: is there, but of type %c, length %llu",
				cmd->argv[0], array.code, (unsigned long long)array.count);
	}
	return err == -EEXIST ? STATUS_OK : cmd_result(cmd, cmd->argv[0], err, NULL);
}

static int array_create(struct cmd *cmd, void *args) {
	char code;
	int status = scalar_code(cmd, cmd->argv[1], false, &code);
	if (status != STATUS_OK) {
		return status;
	}
	if (strcmp(cmd->argv[2], ":") == 0) {
		unsigned char *elements;
		status = read_elements(cmd, code, 3, cmd->argc - 3, &elements);
		if (status == STATUS_OK) {
			status = create(cmd, code, (uint64_t)cmd->argc - 3, elements);
		}
		free(elements);
		return status;
	}
	int64_t count;
	if (cmd->argc > 3) {
		return cmd_fail(cmd, STATUS_USAGE, "%s: unexpected operand", cmd->argv[3]);
	}
	if (cn_parse_int(cmd->argv[2], 0, INT64_MAX, &count) < 0) {
		return cmd_fail(cmd, STATUS_USAGE, "%s: not a length", cmd->argv[2]);
	}
	return create(cmd, code, (uint64_t)count, NULL);
}

static int add_texts(
		const struct cn_array *array, uint64_t at, uint64_t count, struct listing *listing) {
	enum { SOME = 512 };
	uint64_t raws[SOME];
	char text[CN_SCALAR_TEXT_MAX];
	int err = 0;
	for (uint64_t done = 0; done < count && err == 0;) {
		uint64_t n = count - done < SOME ? count - done : SOME;
		err = cn_array_get(array, at + done, n, raws);
		for (uint64_t i = 0; i < n && err == 0; i++) {
			size_t len = cn_scalar_format(array->code, &raws[i], text);
			err = listing_add(listing, (struct cn_bytes){ text, len });
		}
		done += n;
	}
	return err;
}

static int give_one(const struct cmd *cmd, const struct listing_args *args,
		const struct cn_array *array, uint64_t at) {
	uint64_t raw;
	char text[CN_SCALAR_TEXT_MAX];
	int err = cn_array_get(array, at, 1, &raw);
	if (err < 0) {
		return result(cmd, array, err);
	}
	size_t len = cn_scalar_format(array->code, &raw, text);
	return cmd_give(cmd, args->var, text, len);
}

static int array_get(struct cmd *cmd, void *data) {
	const struct listing_args *args = data;
	struct cn_array array;
	uint64_t at = 0;
	int64_t count = 1;
	int status = open_array(cmd, &array);
	if (status == STATUS_OK && cmd->argc > 2 &&
			cn_parse_int(cmd->argv[2], 0, INT64_MAX, &count) < 0) {
		status = cmd_fail(cmd, STATUS_USAGE, "%s: not a count", cmd->argv[2]);
	}
	if (status == STATUS_OK && cmd->argc > 1) {
		status = read_index(cmd, &array, cmd->argv[1], (uint64_t)count, &at);
	}
	if (status != STATUS_OK) {
		return status;
	}
	if (cmd->argc == 2 && !args->nul && !args->json) {
		return give_one(cmd, args, &array, at);
	}
	struct listing listing = { 0 };
	int err = add_texts(&array, at, cmd->argc == 1 ? array.count : (uint64_t)count, &listing);
	status = err < 0 ? result(cmd, &array, err) : listing_give(cmd, args, &listing);
	listing_finish(&listing);
	return status;
}

// Lines of stdin, from `at` on.
static int set_lines(const struct cmd *cmd, const struct cn_array *array, uint64_t at) {
	struct lines lines;
	struct cn_buf word = CN_BUF_INIT;
	int status = STATUS_OK;
	int err;
	lines_begin(&lines, '\n');
	while (status == STATUS_OK && (err = lines_more(&lines)) != 0) {
		status = cmd_result(cmd, "stdin", err < 0 ? err : 0, NULL);
		for (size_t i = 0; i < lines.count && status == STATUS_OK; i++) {
			uint64_t raw;
			cn_buf_reset(&word);
			cn_buf_append(&word, lines.texts[i].data, lines.texts[i].len);
			status = scalar_read(cmd, array->code, word.data, &raw);
			err = status == STATUS_OK ? cn_array_set(array, at++, 1, &raw) : 0;
			if (err == -ERANGE) {
				status = cmd_fail(cmd, STATUS_USAGE, "%s: more lines than elements", cmd->argv[0]);
			} else if (err < 0) {
				status = result(cmd, array, err);
			}
		}
	}
	lines_end(&lines);
	cn_buf_finish(&word);
	return status;
}

static int array_set(struct cmd *cmd, void *args) {
	struct cn_array array;
	uint64_t at;
	int count = cmd->argc - 2;
	int status = open_array(cmd, &array);
	if (status == STATUS_OK && count == 0) {
		status = read_index(cmd, &array, cmd->argv[1], 0, &at);
		return status == STATUS_OK ? set_lines(cmd, &array, at) : status;
	}
	if (status == STATUS_OK) {
		status = read_index(cmd, &array, cmd->argv[1], (uint64_t)count, &at);
	}
	uint64_t *raws = calloc((size_t)count, sizeof(*raws));
	if (raws == NULL && status == STATUS_OK) {
		status = cmd_result(cmd, NULL, -ENOMEM, NULL);
	}
	for (int i = 0; i < count && status == STATUS_OK; i++) {
		status = scalar_read(cmd, array.code, cmd->argv[2 + i], &raws[i]);
	}
	if (status == STATUS_OK) {
		status = result(cmd, &array, cn_array_set(&array, at, (uint64_t)count, raws));
	}
	free(raws);
	return status;
}

static int array_add(struct cmd *cmd, void *data) {
	const struct var_args *args = data;
	struct cn_array array;
	uint64_t at;
	struct cn_delta delta;
	int status = open_array(cmd, &array);
	status = status == STATUS_OK ? read_index(cmd, &array, cmd->argv[1], 1, &at) : status;
	if (status == STATUS_OK) {
		status = scalar_read_delta(cmd, array.code, cmd->argv[2], &delta);
	}
	if (status != STATUS_OK) {
		return status;
	}
	uint64_t now;
	int err = cn_array_add(&array, at, &delta, &now);
	if (err < 0 || args->var == NULL) {
		return result(cmd, &array, err);
	}
	char text[CN_SCALAR_TEXT_MAX];
	size_t len = cn_scalar_format(array.code, &now, text);
	return cmd_give(cmd, args->var, text, len);
}

static int array_fill(struct cmd *cmd, void *args) {
	struct cn_array array;
	uint64_t raw;
	int status = open_array(cmd, &array);
	status = status == STATUS_OK ? scalar_read(cmd, array.code, cmd->argv[1], &raw) : status;
	return status == STATUS_OK ? result(cmd, &array, cn_array_fill(&array, raw)) : status;
}

static int array_len(struct cmd *cmd, void *data) {
	const struct var_args *args = data;
	struct cn_array array;
	int status = open_array(cmd, &array);
	return status == STATUS_OK ? cmd_givef(cmd, args->var, "%llu", (unsigned long long)array.count)
							   : status;
}

static int array_sum(struct cmd *cmd, void *data) {
	const struct var_args *args = data;
	struct cn_array array;
	struct cn_buf text = CN_BUF_INIT;
	int status = open_array(cmd, &array);
	if (status == STATUS_OK) {
		int err = cn_array_sum(&array, &text);
		status = err < 0 ? result(cmd, &array, err) : cmd_give(cmd, args->var, text.data, text.len);
	}
	cn_buf_finish(&text);
	return status;
}

static int array_destroy(struct cmd *cmd, void *args) {
	struct cn_array array;
	int status = open_array(cmd, &array);
	return status == STATUS_OK ? result(cmd, &array, cn_ref_destroy(&array.ref)) : status;
}

#define VAR_OPTIONS var_opts, sizeof(struct var_args)

static int describe(const struct cn_ref *ref, struct object_view *view) {
	struct cn_array array;
	int err = cn_array_of(ref, &array);
	if (err == 0) {
		cn_buf_printf(&view->state, "%c[%" PRIu64 "]", array.code, array.count);
	}
	return err;
}

static const struct object_kind arrays = { CN_ARRAY, describe };

const struct command command_array = {
	.name = "array",
	.summary = "numbers in an array that processes share",
	.objects = &arrays,
	.forkless = true,
	.verbs =
			(const struct verb[]){
					{ "create", array_create, 3, MANY, "NAME TYPE SIZE|: ITEM...",
							"make one of SIZE zeros or of the items; types b B h H i I l L q Q f d "
							"c" },
					{ "get", array_get, 1, 3, "NAME [I [COUNT]]",
							"print an element, COUNT from I on, or all", get_opts,
							sizeof(struct listing_args) },
					{ "set", array_set, 2, MANY, "NAME I [ITEM...]",
							"set elements from I on, to items or to lines of stdin" },
					{ "add", array_add, 3, 3, "NAME I N",
							"add N to an element; 1: it would be out of range", add_opts,
							sizeof(struct var_args) },
					{ "fill", array_fill, 2, 2, "NAME VALUE", "set all elements" },
					{ "len", array_len, 1, 1, "NAME", "print how many elements it has",
							VAR_OPTIONS },
					{ "sum", array_sum, 1, 1, "NAME", "print the sum of all elements",
							VAR_OPTIONS },
					{ "destroy", array_destroy, 1, 1, "NAME", "remove it" },
					{ 0 },
			},
};
