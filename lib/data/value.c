/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A number is one word. A string is a block of its own, and setting it is the store that leads to
 * another one; the first one is part of the object itself.
 */
#include "config.h"
#include "lib/data/value.h"

#include <errno.h>
#include <string.h>

#include "lib/base/scalar.h"
#include "lib/shm/alloc.h"

struct text {
	uint64_t len;
	char data[];
};

struct value {
	struct cn_object object;
	char code; // does not change
	uint64_t raw; // a cell
	cn_off text; // struct text; 0: it is `first` still. The object's mutex
	struct text first;
};

static void value_finish(struct cn_arena *arena, struct cn_object *object) {
	struct value *value = (struct value *)object;
	if (value->text != 0) {
		cn_alloc_retire(arena, &value->text, 0);
	}
}

static const struct cn_kind_ops value_ops = {
	.size = sizeof(struct value),
	.finish = value_finish,
};

__attribute__((constructor)) static void value_register(void) {
	cn_kind_register(CN_VALUE, &value_ops);
}

struct wanted {
	char code;
	uint64_t raw;
	const char *text;
	size_t len;
};

static void value_init(void *object, const void *data) {
	struct value *value = object;
	const struct wanted *wanted = data;
	value->code = wanted->code;
	value->raw = wanted->raw;
	value->first.len = wanted->len;
	if (wanted->len > 0) {
		memcpy(value->first.data, wanted->text, wanted->len);
	}
}

static int look_code(struct cn_value *out) {
	struct value *value;
	int err = cn_pin(&out->ref, (void **)&value);
	if (err == 0) {
		out->code = value->code;
		cn_unpin(&out->ref, value);
	}
	return err;
}

int cn_value_of(const struct cn_ref *ref, struct cn_value *out) {
	out->ref = *ref;
	return look_code(out);
}

static int create(struct cn_arena *arena, const char *name, const struct wanted *wanted,
		struct cn_value *out) {
	if (wanted->len > arena->size) {
		return -ENOSPC;
	}
	int err = cn_name_create(arena, CN_VALUE, name, sizeof(struct value) + wanted->len, value_init,
			wanted, &out->ref);
	if (err == 0) {
		out->code = wanted->code;
	} else if (err == -EEXIST) {
		int gone = look_code(out);
		err = gone < 0 ? gone : out->code == wanted->code ? -EEXIST : -EPROTOTYPE;
	}
	return err;
}

int cn_value_create(
		struct cn_arena *arena, const char *name, char code, uint64_t raw, struct cn_value *out) {
	if (cn_scalar_size(code) == 0) {
		return -EINVAL;
	}
	return create(arena, name, &(struct wanted){ .code = code, .raw = raw }, out);
}

int cn_value_create_text(struct cn_arena *arena, const char *name, const char *text, size_t len,
		struct cn_value *out) {
	struct wanted wanted = { .code = CN_VALUE_TEXT, .text = text, .len = len };
	return create(arena, name, &wanted, out);
}

int cn_value_open(struct cn_arena *arena, const char *name, struct cn_value *out) {
	int err = cn_name_find(arena, CN_VALUE, name, &out->ref);
	return err < 0 ? err : look_code(out);
}

// ---- numbers -----------------------------------------------------------------------------------

static int pin_number(const struct cn_value *handle, struct value **value) {
	int err = cn_pin(&handle->ref, (void **)value);
	if (err == 0 && (*value)->code == CN_VALUE_TEXT) {
		cn_unpin(&handle->ref, *value);
		err = -EDOM;
	}
	return err;
}

int cn_value_get(const struct cn_value *handle, uint64_t *raw) {
	struct value *value;
	int err = pin_number(handle, &value);
	if (err == 0) {
		*raw = cn_cell_load(value->code, &value->raw);
		cn_unpin(&handle->ref, value);
	}
	return err;
}

int cn_value_swap(const struct cn_value *handle, uint64_t raw, uint64_t *old) {
	struct value *value;
	int err = pin_number(handle, &value);
	if (err == 0) {
		*old = cn_cell_swap(value->code, &value->raw, raw);
		cn_unpin(&handle->ref, value);
	}
	return err;
}

int cn_value_set(const struct cn_value *handle, uint64_t raw) {
	uint64_t old;
	return cn_value_swap(handle, raw, &old);
}

int cn_value_cas(const struct cn_value *handle, uint64_t old, uint64_t raw) {
	struct value *value;
	int err = pin_number(handle, &value);
	if (err < 0) {
		return err;
	}
	uint64_t was = cn_cell_load(value->code, &value->raw);
	do {
		if (cn_raw_compare(value->code, was, old) != 0) {
			err = -EAGAIN;
			break;
		}
	} while (!cn_cell_cas(value->code, &value->raw, &was, raw));
	cn_unpin(&handle->ref, value);
	return err;
}

int cn_value_add(const struct cn_value *handle, const struct cn_delta *delta, uint64_t *now) {
	struct value *value;
	int err = pin_number(handle, &value);
	if (err == 0) {
		err = cn_cell_add(value->code, &value->raw, delta, now);
		cn_unpin(&handle->ref, value);
	}
	return err;
}

int cn_value_limit(const struct cn_value *handle, int sign, uint64_t raw, uint64_t *now) {
	struct value *value;
	int err = pin_number(handle, &value);
	if (err == 0) {
		cn_cell_limit(value->code, &value->raw, sign, raw, now);
		cn_unpin(&handle->ref, value);
	}
	return err;
}

// ---- strings -----------------------------------------------------------------------------------

static int enter_text(const struct cn_value *handle, struct value **value) {
	int err = cn_enter(&handle->ref, (void **)value);
	if (err == 0 && (*value)->code != CN_VALUE_TEXT) {
		cn_leave(&handle->ref, *value);
		err = -EDOM;
	}
	return err;
}

// The string, with the mutex held; NULL: damaged.
static const struct text *text_of(struct cn_arena *arena, const struct value *value) {
	const struct text *text =
			value->text == 0 ? &value->first : CN_AT(arena, value->text, struct text);
	if (text == NULL || cn_at(arena, cn_off_of(arena, text->data), text->len, 1) == NULL) {
		return NULL;
	}
	return text;
}

int cn_value_get_text(const struct cn_value *handle, struct cn_buf *out) {
	struct value *value;
	int err = enter_text(handle, &value);
	if (err < 0) {
		return err;
	}
	const struct text *text = text_of(handle->ref.arena, value);
	err = text == NULL ? -EBADMSG : cn_buf_append(out, text->data, text->len);
	cn_leave(&handle->ref, value);
	return err;
}

static int text_make(struct cn_arena *arena, const char *data, size_t len, cn_off *out) {
	if (len > arena->size) {
		return -ENOSPC;
	}
	int err = cn_alloc(arena, sizeof(struct text) + len, out);
	if (err == 0) {
		struct text *text = (struct text *)(arena->base + *out);
		text->len = len;
		memcpy(text->data, data, len);
	}
	return err;
}

// Set it, if `old` (NULL: whatever it is) is what it is.
static int replace(const struct cn_value *handle, const struct text *expected, const char *old,
		const char *data, size_t len, struct cn_buf *was) {
	struct cn_arena *arena = handle->ref.arena;
	cn_off off;
	int err = text_make(arena, data, len, &off);
	if (err < 0) {
		return err;
	}
	struct value *value;
	err = enter_text(handle, &value);
	if (err == 0) {
		const struct text *text = text_of(arena, value);
		err = text == NULL ? -EBADMSG : 0;
		if (err == 0 && expected != NULL &&
				(text->len != expected->len || memcmp(text->data, old, text->len) != 0)) {
			err = -EAGAIN;
		}
		if (err == 0 && was != NULL) {
			err = cn_buf_append(was, text->data, text->len);
		}
		if (err == 0) {
			cn_alloc_replace(arena, &value->text, off);
			off = 0;
		}
		cn_leave(&handle->ref, value);
	}
	cn_free(arena, off);
	return err;
}

int cn_value_swap_text(
		const struct cn_value *handle, const char *text, size_t len, struct cn_buf *old) {
	return replace(handle, NULL, NULL, text, len, old);
}

int cn_value_cas_text(const struct cn_value *handle, const char *old, size_t old_len,
		const char *text, size_t len) {
	struct text expected = { .len = old_len };
	return replace(handle, &expected, old, text, len, NULL);
}
