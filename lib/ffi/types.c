/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "lib/ffi/types.h"

#include <ctype.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/scalar.h"
#include "lib/ffi/frame.h"

enum {
	SIZE_MAX_BYTES = 1 << 30, // of a buffer or struct
	DEPTH_MAX = 16, // of nested structs
};

// Where a text is being read, and what for.
struct reader {
	const struct cn_ffi_records *records;
	const char *at;
	struct cn_err *why;
};

static ffi_type *passed_scalar(char code) {
	switch (code) {
	case 'b':
		return &ffi_type_sint8;
	case 'B':
		return &ffi_type_uint8;
	case 'h':
		return &ffi_type_sint16;
	case 'H':
		return &ffi_type_uint16;
	case 'i':
		return &ffi_type_sint32;
	case 'I':
		return &ffi_type_uint32;
	case 'l':
		return &ffi_type_slong;
	case 'L':
		return &ffi_type_ulong;
	case 'q':
		return &ffi_type_sint64;
	case 'Q':
		return &ffi_type_uint64;
	case 'f':
		return &ffi_type_float;
	case 'd':
		return &ffi_type_double;
	case 'c':
		return (char)-1 < 0 ? &ffi_type_schar : &ffi_type_uchar;
	case 'v':
		return &ffi_type_void;
	}
	return &ffi_type_pointer; // z, p
}

static bool is_word(char c) {
	return isalnum((unsigned char)c) || c == '_';
}

// ---- one type ----

// The element: a code, or the name of a struct.
static int read_element(struct reader *in, struct cn_ffi_type *out) {
	size_t len = 0;
	while (is_word(in->at[len])) {
		len++;
	}
	if (len == 0) {
		return cn_err_set(in->why, -EINVAL, *in->at == '\0' ? "a type is missing at the end"
														   : "%.20s: no type",
				in->at);
	}
	const char *word = in->at;
	in->at += len;
	*out = (struct cn_ffi_type){ .form = CN_FFI_VALUE };
	if (len == 1 && (cn_scalar_size(*word) > 0 || strchr("zpvm", *word) != NULL)) {
		out->code = *word == 'm' ? 'B' : *word;
		out->form = *word == 'm' ? CN_FFI_FILE : CN_FFI_VALUE;
		out->size = *word == 'v' ? 0 : cn_scalar_size(*word);
		out->size = strchr("zpm", *word) != NULL ? sizeof(void *) : out->size;
		out->align = out->size;
		out->passed = *word == 'm' ? &ffi_type_pointer : passed_scalar(*word);
		return 0;
	}
	out->record = cn_ffi_record_find(in->records, word, len);
	if (out->record == NULL) {
		return cn_err_set(in->why, -EINVAL, "%.*s: no such type or struct", (int)len, word);
	}
	out->size = out->record->passed.size;
	out->align = out->record->passed.alignment;
	out->passed = (ffi_type *)&out->record->passed;
	return 0;
}

// What may stand behind the element: ? [] [N]
static int read_suffix(struct reader *in, struct cn_ffi_type *out) {
	if (*in->at == '?' && out->code == 'z') {
		in->at++;
		out->nullable = true;
		return 0;
	}
	if (*in->at != '[') {
		return 0;
	}
	in->at++;
	bool scalar = out->code != 0 && cn_scalar_size(out->code) > 0 && out->form == CN_FFI_VALUE;
	if (*in->at == ']') {
		if (!scalar) {
			return cn_err_set(in->why, -EINVAL, "a shared array holds numbers");
		}
		in->at++;
		out->form = CN_FFI_ARRAY;
		out->passed = &ffi_type_pointer;
		return 0;
	}
	char *end;
	unsigned long count = strtoul(in->at, &end, 10);
	if (!isdigit((unsigned char)*in->at) || *end != ']' || out->code == 'v' ||
			out->form != CN_FFI_VALUE) {
		return cn_err_set(in->why, -EINVAL, "[%.20s: not a number of elements", in->at);
	}
	if (count == 0 || count > SIZE_MAX_BYTES / out->size) {
		return cn_err_set(in->why, -EINVAL, "[%lu]: out of range", count);
	}
	in->at = end + 1;
	out->form = CN_FFI_BUFFER;
	out->count = (uint32_t)count;
	out->size *= count;
	out->passed = &ffi_type_pointer;
	return 0;
}

static int read_type(struct reader *in, struct cn_ffi_type *out) {
	char prefix = *in->at == '&' || *in->at == '#' ? *in->at++ : '\0';
	int err = read_element(in, out);
	err = err == 0 ? read_suffix(in, out) : err;
	if (err < 0 || prefix == '\0') {
		return err;
	}
	if (prefix == '&' && (out->form != CN_FFI_VALUE || out->code == 'v')) {
		return cn_err_set(in->why, -EINVAL, "&: the address of a number, z, p or struct only");
	}
	if (prefix == '#' && (out->form != CN_FFI_VALUE || !cn_scalar_is_integer(out->code))) {
		return cn_err_set(in->why, -EINVAL, "#: counts are integers");
	}
	out->form = prefix == '&' ? CN_FFI_OUT : CN_FFI_COUNT;
	out->passed = prefix == '&' ? &ffi_type_pointer : out->passed;
	return 0;
}

// ---- structs ----

const struct cn_ffi_record *cn_ffi_record_find(
		const struct cn_ffi_records *records, const char *name, size_t len) {
	for (size_t i = 0; records != NULL && i < records->all.len; i++) {
		const struct cn_ffi_record *record = records->all.items[i];
		if (strlen(record->name) == len && memcmp(record->name, name, len) == 0) {
			return record;
		}
	}
	return NULL;
}

static void record_destroy(struct cn_ffi_record *record) {
	for (size_t i = 0; i < record->count; i++) {
		free(record->fields[i].name);
	}
	for (size_t i = 0; i < record->made.len; i++) {
		ffi_type *made = record->made.items[i];
		free(made->elements);
		free(made);
	}
	cn_vec_finish(&record->made);
	free(record->passed.elements);
	free(record->fields);
	free(record->name);
	free(record);
}

void cn_ffi_records_finish(struct cn_ffi_records *records) {
	for (size_t i = 0; i < records->all.len; i++) {
		record_destroy(records->all.items[i]);
	}
	cn_vec_finish(&records->all);
}

// libffi knows no arrays: one in place is passed as a struct of that many members.
static ffi_type *passed_array(struct cn_ffi_record *record, ffi_type *element, uint32_t count) {
	ffi_type *made = calloc(1, sizeof(*made));
	ffi_type **elements = calloc((size_t)count + 1, sizeof(ffi_type *));
	if (made == NULL || elements == NULL || cn_vec_push(&record->made, made) < 0) {
		free(made);
		free(elements);
		return NULL;
	}
	for (uint32_t i = 0; i < count; i++) {
		elements[i] = element;
	}
	*made = (ffi_type){ .type = FFI_TYPE_STRUCT, .elements = elements };
	return made;
}

static int add_field(struct cn_ffi_record *record, char *name, const struct cn_ffi_type *type) {
	struct cn_ffi_field *fields =
			realloc(record->fields, (record->count + 1) * sizeof(*record->fields));
	if (fields == NULL) {
		free(name);
		return -ENOMEM;
	}
	record->fields = fields;
	record->fields[record->count++] = (struct cn_ffi_field){ .name = name, .type = *type };
	return 0;
}

static int read_field(struct reader *in, struct cn_ffi_record *record) {
	size_t len = 0;
	while (is_word(in->at[len])) {
		len++;
	}
	if (len == 0 || in->at[len] != ':' || isdigit((unsigned char)*in->at)) {
		return cn_err_set(in->why, -EINVAL, "%.20s: not a field, name:type", in->at);
	}
	for (size_t i = 0; i < record->count; i++) {
		if (strlen(record->fields[i].name) == len &&
				memcmp(record->fields[i].name, in->at, len) == 0) {
			return cn_err_set(in->why, -EINVAL, "%.*s: is there twice", (int)len, in->at);
		}
	}
	char *name = strndup(in->at, len);
	in->at += len + 1;
	struct cn_ffi_type type;
	int err = name != NULL ? read_type(in, &type) : -ENOMEM;
	if (err == 0 && type.form != CN_FFI_VALUE && type.form != CN_FFI_BUFFER) {
		err = cn_err_set(in->why, -EINVAL, "%s: a struct has numbers, z, p, structs, and arrays", name);
	}
	if (err == 0 && (type.code == 'v' || type.nullable)) {
		err = cn_err_set(in->why, -EINVAL, "%s: not a type of a field", name);
	}
	if (err < 0) {
		free(name);
		return err;
	}
	return add_field(record, name, &type);
}

static ffi_type *passed_element(const struct cn_ffi_type *type) {
	return type->code != 0 ? passed_scalar(type->code) : (ffi_type *)&type->record->passed;
}

// Where the compiler would put the fields: libffi says.
static int lay_out(struct cn_ffi_record *record, struct cn_err *why) {
	ffi_type **elements = calloc(record->count + 1, sizeof(ffi_type *));
	size_t *offsets = calloc(record->count, sizeof(*offsets));
	int err = elements == NULL || offsets == NULL ? -ENOMEM : 0;
	record->passed = (ffi_type){ .type = FFI_TYPE_STRUCT, .elements = elements };
	for (size_t i = 0; i < record->count && err == 0; i++) {
		const struct cn_ffi_type *type = &record->fields[i].type;
		elements[i] = passed_element(type);
		if (type->form == CN_FFI_BUFFER) {
			elements[i] = passed_array(record, elements[i], type->count);
			err = elements[i] == NULL ? -ENOMEM : 0;
		}
	}
	if (err == 0 && ffi_get_struct_offsets(FFI_DEFAULT_ABI, &record->passed, offsets) != FFI_OK) {
		err = cn_err_set(why, -EINVAL, "libffi cannot lay it out");
	}
	for (size_t i = 0; i < record->count && err == 0; i++) {
		record->fields[i].offset = offsets[i];
	}
	free(offsets);
	return err;
}

static bool same_record(const struct cn_ffi_record *a, const struct cn_ffi_record *b) {
	bool same = a->count == b->count;
	for (size_t i = 0; i < a->count && same; i++) {
		const struct cn_ffi_type *x = &a->fields[i].type;
		const struct cn_ffi_type *y = &b->fields[i].type;
		same = strcmp(a->fields[i].name, b->fields[i].name) == 0 && x->form == y->form &&
				x->code == y->code && x->count == y->count && x->record == y->record;
	}
	return same;
}

static int record_read(struct reader *in, const char *name, struct cn_ffi_record **out) {
	struct cn_ffi_record *record = calloc(1, sizeof(*record));
	if (record == NULL) {
		return -ENOMEM;
	}
	record->name = strdup(name);
	int err = record->name == NULL ? -ENOMEM : 0;
	while (err == 0 && *(in->at += strspn(in->at, " \t\n,;")) != '\0') {
		err = read_field(in, record);
	}
	if (err == 0 && record->count == 0) {
		err = cn_err_set(in->why, -EINVAL, "a struct without fields");
	}
	err = err == 0 ? lay_out(record, in->why) : err;
	if (err < 0) {
		record_destroy(record);
		return err;
	}
	*out = record;
	return 0;
}

int cn_ffi_record_define(
		struct cn_ffi_records *records, const char *name, const char *text, struct cn_err *why) {
	size_t len = strspn(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_");
	if (len < 2 || name[len] != '\0' || isdigit((unsigned char)name[0])) {
		return cn_err_set(why, -EINVAL, "not the name of a struct: two letters or more");
	}
	struct reader in = { .records = records, .at = text, .why = why };
	struct cn_ffi_record *record;
	int err = record_read(&in, name, &record);
	if (err < 0) {
		return err;
	}
	const struct cn_ffi_record *there = cn_ffi_record_find(records, name, len);
	if (there != NULL) {
		err = same_record(there, record) ? 0 : -EEXIST;
		record_destroy(record);
		return err;
	}
	err = cn_vec_push(&records->all, record);
	if (err < 0) {
		record_destroy(record);
	}
	return err;
}

// One value or struct with its path, of which `path` has the beginning.
static int walk_one(const struct cn_ffi_type *type, unsigned char *at, struct cn_buf *path,
		unsigned depth, cn_ffi_each *each, void *data);

static int walk_fields(const struct cn_ffi_record *record, unsigned char *base,
		struct cn_buf *path, unsigned depth, cn_ffi_each *each, void *data) {
	size_t start = path->len;
	int err = depth > DEPTH_MAX ? -ELOOP : 0;
	for (size_t i = 0; i < record->count && err == 0; i++) {
		const struct cn_ffi_field *field = &record->fields[i];
		cn_buf_printf(path, "%s%s", start > 0 ? "." : "", field->name);
		err = path->failed ? -ENOMEM
						   : walk_one(&field->type, base + field->offset, path, depth, each, data);
		cn_buf_truncate(path, start);
	}
	return err;
}

static int walk_array(const struct cn_ffi_type *type, unsigned char *at, struct cn_buf *path,
		unsigned depth, cn_ffi_each *each, void *data) {
	struct cn_ffi_type element = *type;
	size_t start = path->len;
	int err = 0;
	element.form = CN_FFI_VALUE;
	element.size = type->size / type->count;
	for (uint32_t i = 0; i < type->count && err == 0; i++) {
		cn_buf_printf(path, ".%u", i);
		err = path->failed ? -ENOMEM
						   : walk_one(&element, at + i * element.size, path, depth, each, data);
		cn_buf_truncate(path, start);
	}
	return err;
}

static int walk_one(const struct cn_ffi_type *type, unsigned char *at, struct cn_buf *path,
		unsigned depth, cn_ffi_each *each, void *data) {
	if (type->form == CN_FFI_BUFFER && type->code != 'c') {
		return walk_array(type, at, path, depth, each, data);
	}
	if (type->code == 0) {
		return walk_fields(type->record, at, path, depth + 1, each, data);
	}
	return each(data, path->data, type, at);
}

int cn_ffi_record_walk(
		const struct cn_ffi_record *record, void *base, cn_ffi_each *each, void *data) {
	struct cn_buf path = CN_BUF_INIT;
	int err = walk_fields(record, base, &path, 0, each, data);
	cn_buf_finish(&path);
	return err;
}

// ---- signatures ----

static int read_return(struct reader *in, struct cn_ffi_sig *sig) {
	int err = read_type(in, &sig->ret);
	if (err < 0) {
		return err;
	}
	if (sig->ret.form != CN_FFI_VALUE || sig->ret.nullable) {
		return cn_err_set(in->why, -EINVAL, "a function returns a number, z, p, v or a struct");
	}
	if (*in->at != '!') {
		return 0;
	}
	char *end;
	errno = 0;
	sig->error = strtoll(++in->at, &end, 0);
	bool number = cn_scalar_is_integer(sig->ret.code) || strchr("zp", sig->ret.code) != NULL;
	if (end == in->at || errno != 0 || sig->ret.code == 0 || !number) {
		return cn_err_set(in->why, -EINVAL, "!%.20s: not an error value", in->at);
	}
	sig->has_error = true;
	in->at = end;
	return 0;
}

static int read_arg(struct reader *in, struct cn_ffi_sig *sig, struct cn_vec *args) {
	if (strncmp(in->at, "...", 3) == 0) {
		if (sig->is_variadic) {
			return cn_err_set(in->why, -EINVAL, "...: is there twice");
		}
		in->at += 3;
		sig->is_variadic = true;
		sig->fixed = (uint32_t)args->len;
		return 0;
	}
	struct cn_ffi_type *type = malloc(sizeof(*type));
	int err = type != NULL ? read_type(in, type) : -ENOMEM;
	if (err == 0 && type->code == 'v') {
		err = cn_err_set(in->why, -EINVAL, "v: not the type of an argument");
	}
	if (err == 0 && type->form == CN_FFI_COUNT && args->len == 0) {
		err = cn_err_set(in->why, -EINVAL, "#: has nothing before it to count");
	}
	if (err == 0 && args->len >= CN_FFI_ARGS_MAX) {
		err = cn_err_set(in->why, -EINVAL, "more than %d arguments", CN_FFI_ARGS_MAX);
	}
	err = err == 0 ? cn_vec_push(args, type) : err;
	if (err < 0) {
		free(type);
	}
	return err;
}

static void skip_space(struct reader *in) {
	in->at += strspn(in->at, " \t");
}

static int read_args(struct reader *in, struct cn_ffi_sig *sig, struct cn_vec *args) {
	if (*in->at != '(') {
		return cn_err_set(in->why, -EINVAL, "%.20s: expected (", in->at);
	}
	in->at++;
	skip_space(in);
	if (*in->at == ')' || strncmp(in->at, "v)", 2) == 0) {
		in->at += *in->at == ')' ? 1 : 2;
		return *in->at == '\0' ? 0 : cn_err_set(in->why, -EINVAL, "%.20s: behind the )", in->at);
	}
	for (;;) {
		skip_space(in);
		int err = read_arg(in, sig, args);
		if (err < 0) {
			return err;
		}
		skip_space(in);
		if (*in->at == ')' && in->at[1] == '\0') {
			return 0;
		}
		if (*in->at != ',') {
			return cn_err_set(in->why, -EINVAL, *in->at == '\0' ? "the ) is missing"
															   : "%.20s: expected , or )",
					in->at);
		}
		in->at++;
	}
}

/*
 * C promotes what stands behind ... (float to double, small integers to int), and libffi refuses
 * what was not: read them as what they are promoted to.
 */
static void promote(struct cn_ffi_type *type) {
	if (type->form != CN_FFI_VALUE && type->form != CN_FFI_COUNT) {
		return;
	}
	if (type->code == 'f') {
		type->code = 'd';
		type->size = type->align = sizeof(double);
		type->passed = &ffi_type_double;
	} else if (type->code != '\0' && strchr("bhBHc", type->code) != NULL && type->size < sizeof(int)) {
		type->code = 'i';
		type->size = type->align = sizeof(int);
		type->passed = &ffi_type_sint32;
	}
}

static enum cn_ffi_shape shape_of(const struct cn_ffi_sig *sig) {
	bool doubles = sig->is_plain && !sig->is_variadic && sig->ret.code == 'd';
	for (uint32_t i = 0; i < sig->count && doubles; i++) {
		doubles = sig->args[i].code == 'd';
	}
	return !doubles ? CN_FFI_ANY
			: sig->count == 1 ? CN_FFI_D_D
			: sig->count == 2 ? CN_FFI_D_DD : CN_FFI_ANY;
}

static int prepare(struct cn_ffi_sig *sig, struct cn_err *why) {
	sig->passed = calloc((size_t)sig->count + 1, sizeof(ffi_type *));
	if (sig->passed == NULL) {
		return -ENOMEM;
	}
	sig->words = 0;
	sig->is_plain = true;
	for (uint32_t i = 0; i < sig->count; i++) {
		if (sig->is_variadic && i >= sig->fixed) {
			promote(&sig->args[i]);
		}
		sig->passed[i] = sig->args[i].passed;
		sig->words += sig->args[i].form != CN_FFI_COUNT;
		sig->is_plain &= sig->args[i].form == CN_FFI_VALUE && sig->args[i].code != 0;
	}
	sig->frame_size = cn_ffi_frame_size(sig);
	sig->shape = shape_of(sig);
	ffi_status status = sig->is_variadic && sig->count > sig->fixed
			? ffi_prep_cif_var(&sig->cif, FFI_DEFAULT_ABI, sig->fixed, sig->count,
					  sig->ret.passed, sig->passed)
			: ffi_prep_cif(&sig->cif, FFI_DEFAULT_ABI, sig->count, sig->ret.passed, sig->passed);
	return status == FFI_OK ? 0 : cn_err_set(why, -EINVAL, "libffi refuses the signature");
}

// Make one array of the single types.
static int collect(struct cn_ffi_sig *sig, struct cn_vec *args) {
	sig->count = (uint32_t)args->len;
	sig->fixed = sig->is_variadic ? sig->fixed : sig->count;
	sig->args = calloc((size_t)sig->count + 1, sizeof(*sig->args));
	for (size_t i = 0; i < args->len; i++) {
		if (sig->args != NULL) {
			sig->args[i] = *(struct cn_ffi_type *)args->items[i];
		}
		free(args->items[i]);
	}
	cn_vec_finish(args);
	return sig->args != NULL ? 0 : -ENOMEM;
}

int cn_ffi_sig_parse(const struct cn_ffi_records *records, const char *text,
		struct cn_ffi_sig *out, struct cn_err *why) {
	struct reader in = { .records = records, .at = text, .why = why };
	struct cn_vec args = CN_VEC_INIT;
	*out = (struct cn_ffi_sig){ .text = strdup(text) };
	skip_space(&in);
	int err = out->text != NULL ? read_return(&in, out) : -ENOMEM;
	skip_space(&in);
	err = err == 0 ? read_args(&in, out, &args) : err;
	int collected = collect(out, &args);
	err = err == 0 ? collected : err;
	if (err == 0 && out->is_variadic && out->fixed == 0) {
		err = cn_err_set(why, -EINVAL, "...: needs an argument before it");
	}
	err = err == 0 ? prepare(out, why) : err;
	if (err < 0) {
		cn_ffi_sig_finish(out);
	}
	return err;
}

void cn_ffi_sig_finish(struct cn_ffi_sig *sig) {
	free(sig->args);
	free(sig->passed);
	free(sig->text);
	*sig = (struct cn_ffi_sig){ 0 };
}

static int read_extra(const struct cn_ffi_records *records, const char *text, size_t len,
		struct cn_ffi_type *out, struct cn_err *why) {
	char *copy = strndup(text, len);
	struct reader in = { .records = records, .at = copy, .why = why };
	int err = copy != NULL ? read_type(&in, out) : -ENOMEM;
	if (err == 0 && (*in.at != '\0' || out->code == 'v' || out->form == CN_FFI_COUNT)) {
		err = cn_err_set(why, -EINVAL, "%s: not the type of an argument", copy);
	}
	free(copy);
	return err;
}

int cn_ffi_sig_extend(const struct cn_ffi_records *records, const struct cn_ffi_sig *sig,
		const char *const types[], const size_t lens[], uint32_t count, struct cn_ffi_sig *out,
		struct cn_err *why) {
	*out = *sig;
	out->text = NULL;
	out->passed = NULL;
	out->count = sig->count + count;
	if (count > CN_FFI_ARGS_MAX || out->count > CN_FFI_ARGS_MAX) {
		out->args = NULL;
		return cn_err_set(why, -EINVAL, "more than %d arguments", CN_FFI_ARGS_MAX);
	}
	out->args = calloc((size_t)out->count + 1, sizeof(*out->args));
	int err = out->args != NULL ? 0 : -ENOMEM;
	for (uint32_t i = 0; i < sig->count && err == 0; i++) {
		out->args[i] = sig->args[i];
	}
	for (uint32_t i = 0; i < count && err == 0; i++) {
		err = read_extra(records, types[i], lens[i], &out->args[sig->count + i], why);
	}
	err = err == 0 ? prepare(out, why) : err;
	if (err < 0) {
		cn_ffi_sig_finish(out);
	}
	return err;
}
