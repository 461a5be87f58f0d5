/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "plugin/ffi_arrays.h"

#include <errno.h>

#include "lib/base/scalar.h"
#include "plugin/names.h"
#include "plugin/report.h"

static int pin(const struct cmd *cmd, const char *word, char code, struct ffi_array *array) {
	if (array->array.code != code) {
		return cmd_fail(cmd, STATUS_USAGE, "%s: is an array of %s, not of %s", word,
				cn_scalar_name(array->array.code), cn_scalar_name(code));
	}
	return cmd_result(cmd, word, cn_array_data(&array->array, &array->data), NULL);
}

int ffi_array_open(const struct cmd *cmd, const char *word, char code, struct ffi_array *array) {
	struct cn_arena *arena;
	const char *name;
	array->data = NULL;
	int status = name_open(cmd, word, false, &arena, &name);
	if (status != STATUS_OK) {
		return status;
	}
	int err = cn_array_open(arena, name, &array->array);
	if (err == -ENOENT) {
		return cmd_fail(cmd, STATUS_NO_OBJECT, "%s: no such array", word);
	}
	return err == 0 ? pin(cmd, word, code, array) : cmd_result(cmd, word, err, NULL);
}

int ffi_array_provide(const struct cmd *cmd, const char *word, char code, uint64_t count,
		struct ffi_array *array) {
	struct cn_arena *arena;
	const char *name;
	array->data = NULL;
	int status = name_open(cmd, word, true, &arena, &name);
	if (status != STATUS_OK) {
		return status;
	}
	int err = cn_array_create(arena, name, code, count, NULL, &array->array);
	if (err == -EPROTOTYPE && array->array.code == code) {
		return cmd_fail(cmd, STATUS_USAGE, "%s: has %llu elements, not %llu", word,
				(unsigned long long)array->array.count, (unsigned long long)count);
	}
	if (err == 0 || err == -EEXIST || err == -EPROTOTYPE) {
		return pin(cmd, word, code, array);
	}
	return cmd_result(cmd, word, err, NULL);
}

void ffi_array_close(struct ffi_array *array) {
	if (array->data != NULL) {
		cn_array_unpin(&array->array, array->data);
		array->data = NULL;
	}
}
