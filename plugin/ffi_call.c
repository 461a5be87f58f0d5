/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "plugin/ffi_call.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/base/scalar.h"
#include "lib/base/signame.h"
#include "lib/ffi/frame.h"
#include "plugin/ffi_arrays.h"
#include "plugin/ffi_callback.h"
#include "plugin/ffi_guard.h"
#include "plugin/report.h"

// A frame up to this size lies on the stack.
enum { FRAME_FEW = 1024 };

// What a word lent to the call.
struct loan {
	const char *word; // the variable, array or file
	uint64_t count; // elements or bytes, for #
	void *mapped; // a file
	struct ffi_array array;
};

struct call {
	const struct cmd *cmd;
	struct ffi_function *function;
	const struct cn_ffi_sig *sig; // the function's, or with the types that words brought along
	struct cn_ffi_frame frame;
	struct ffi_region region;
	void *block; // the frame's memory, when it is on the heap
	struct loan loans[CN_FFI_ARGS_MAX];
	char *texts; // where strings are copied to, for a worker
	bool calls_back;
};

// ---- words to arguments ----

static int bad_word(const struct call *c, uint32_t i, const char *word, int err) {
	const char *name = cn_ffi_type_name(&c->sig->args[i]);
	if (err == -ERANGE) {
		return cmd_fail(c->cmd, STATUS_USAGE, "%s: out of range for %s", word, name);
	}
	return cmd_fail(c->cmd, STATUS_USAGE, "%s: not a valid %s", word, name);
}

static int bind_callback(struct call *c, const char *word, void *at) {
	void *address = ffi_callback_address(word + 1);
	if (address == NULL) {
		return cmd_fail(c->cmd, STATUS_NO_OBJECT, "%s: no such callback", word + 1);
	}
	if (c->function->mode == FFI_WORKER) {
		return cmd_fail(c->cmd, STATUS_USAGE, "%s: a worker cannot call back", word);
	}
	*(void **)at = address;
	c->calls_back = true;
	return STATUS_OK;
}

static int bind_scalar(struct call *c, uint32_t i, const char *word, void *at) {
	const struct cn_ffi_type *type = &c->sig->args[i];
	if (type->code == 'p' && word[0] == '@') {
		return bind_callback(c, word, at);
	}
	int err = cn_ffi_read(type, word, at);
	if (err < 0) {
		return bad_word(c, i, word, err);
	}
	if (type->code == 'z') {
		size_t len = strlen(word);
		c->loans[i].count = len;
		if (c->texts != NULL && *(char **)at != NULL) {
			*(char **)at = memcpy(c->texts, word, len + 1);
			c->texts += len + 1;
		}
	}
	return STATUS_OK;
}

struct fields {
	struct call *c;
	const char *variable;
	int status;
	struct cn_buf name; // of the element
};

static const char *element_name(struct fields *f, const char *path) {
	cn_buf_reset(&f->name);
	cn_buf_printf(&f->name, "%s[%s]", f->variable, path);
	return f->name.failed ? NULL : f->name.data;
}

static int fill_field(
		void *data, const char *path, const struct cn_ffi_type *type, unsigned char *at) {
	struct fields *f = data;
	const char *name = element_name(f, path);
	const char *value = name != NULL ? host->get(name) : NULL;
	if (value == NULL || value[0] == '\0') {
		return name != NULL ? 0 : -ENOMEM;
	}
	if (type->form == CN_FFI_BUFFER) {
		strncpy((char *)at, value, type->size); // a char[N] that need not end in NUL
		return 0;
	}
	int err = type->code == 'z' ? -ENOTSUP : cn_ffi_read(type, value, at);
	if (err < 0) {
		f->status = cmd_fail(f->c->cmd, STATUS_USAGE, "%s=%s: %s", name, value,
				err == -ENOTSUP		? "strings of a struct are only read"
						: err == -ERANGE ? "out of range"
										 : "not a number of that type");
	}
	return err;
}

// The fields of a struct from an associative array; what is not set is 0.
static int bind_struct(struct call *c, uint32_t i, const char *word) {
	struct fields f = { .c = c, .variable = word, .name = CN_BUF_INIT };
	int err = host->make_assoc(word);
	if (err < 0) {
		return cmd_fail(c->cmd, STATUS_USAGE, "%s: %s", word,
				err == -EROFS ? "read-only" : "not the name of an associative array");
	}
	err = cn_ffi_record_walk(c->sig->args[i].record, c->frame.storage[i], fill_field, &f);
	cn_buf_finish(&f.name);
	return err == 0 ? STATUS_OK : f.status != 0 ? f.status : cmd_result(c->cmd, word, err, NULL);
}

// Read and written: what the variable holds, when that is a number; else 0.
static int bind_out(struct call *c, uint32_t i, const char *word) {
	const struct cn_ffi_type *type = &c->sig->args[i];
	if (type->code == 0) {
		return bind_struct(c, i, word);
	}
	const char *value = host->get(word);
	if (value != NULL && value[0] != '\0' && type->code != 'z') {
		if (cn_ffi_read(type, value, c->frame.storage[i]) < 0) {
			memset(c->frame.storage[i], 0, type->size);
		}
	}
	return STATUS_OK;
}

static int bind_buffer(struct call *c, uint32_t i, const char *word) {
	const struct cn_ffi_type *type = &c->sig->args[i];
	unsigned char *at = c->frame.storage[i];
	c->loans[i].count = type->count;
	if (type->code == 'c') {
		const char *value = host->get(word);
		strncpy((char *)at, value != NULL ? value : "", type->size);
		return STATUS_OK;
	}
	struct cn_ffi_type element = *type;
	struct fields f = { .c = c, .variable = word, .name = CN_BUF_INIT };
	element.form = CN_FFI_VALUE;
	element.size = type->size / type->count;
	int err = 0;
	bool any = host->get(word) != NULL; // of an array that is its first element
	for (uint32_t n = 0; any && n < type->count && err == 0; n++) {
		char index[16];
		snprintf(index, sizeof(index), "%u", n);
		err = fill_field(&f, index, &element, at + n * element.size);
	}
	cn_buf_finish(&f.name);
	return err == 0 ? STATUS_OK : f.status != 0 ? f.status : cmd_result(c->cmd, word, err, NULL);
}

static int bind_array(struct call *c, uint32_t i, const char *word) {
	const struct cn_ffi_type *type = &c->sig->args[i];
	struct loan *loan = &c->loans[i];
	int status = ffi_array_open(c->cmd, word, type->code, &loan->array);
	loan->count = loan->array.array.count;
	*(void **)c->frame.values[i] = loan->array.data;
	return status;
}

static int bind_file(struct call *c, uint32_t i, const char *word) {
	struct loan *loan = &c->loans[i];
	struct stat st;
	int fd = open(word, O_RDONLY | O_CLOEXEC);
	int err = fd < 0 || fstat(fd, &st) < 0 ? -errno : S_ISDIR(st.st_mode) ? -EISDIR : 0;
	loan->count = err == 0 ? (uint64_t)st.st_size : 0;
	if (err == 0 && loan->count > 0) {
		loan->mapped = mmap(NULL, loan->count, PROT_READ, MAP_PRIVATE, fd, 0);
		err = loan->mapped == MAP_FAILED ? -errno : 0;
		loan->mapped = err == 0 ? loan->mapped : NULL;
	}
	if (fd >= 0) {
		close(fd);
	}
	*(const void **)c->frame.values[i] = loan->mapped != NULL ? loan->mapped : "";
	return err == 0 ? STATUS_OK
					: cmd_fail(c->cmd, STATUS_FAILED, "%s: %s", word, strerror(-err));
}

static int bind_count(struct call *c, uint32_t i) {
	const struct cn_ffi_type *type = &c->sig->args[i];
	char text[24];
	snprintf(text, sizeof(text), "%llu", (unsigned long long)c->loans[i - 1].count);
	int err = cn_ffi_read(type, text, c->frame.values[i]);
	return err == 0 ? STATUS_OK : bad_word(c, i, text, err);
}

static int bind_word(struct call *c, uint32_t i, const char *word) {
	const struct cn_ffi_type *type = &c->sig->args[i];
	c->loans[i].word = word;
	switch (type->form) {
	case CN_FFI_VALUE:
		return type->code == 0 ? bind_struct(c, i, word)
							   : bind_scalar(c, i, word, c->frame.values[i]);
	case CN_FFI_OUT:
		return bind_out(c, i, word);
	case CN_FFI_BUFFER:
		return bind_buffer(c, i, word);
	case CN_FFI_ARRAY:
		return bind_array(c, i, word);
	default:
		return bind_file(c, i, word);
	}
}

// Words behind those of the signature are TYPE:WORD; this cuts the types off.
static int bind(struct call *c, char **words) {
	const struct cn_ffi_sig *declared = &c->function->sig;
	int status = STATUS_OK;
	uint32_t word = 0;
	for (uint32_t i = 0; i < c->sig->count && status == STATUS_OK; i++) {
		if (c->sig->args[i].form == CN_FFI_COUNT) {
			status = bind_count(c, i);
		} else {
			const char *text = words[word++];
			status = bind_word(c, i, i < declared->count ? text : strchr(text, ':') + 1);
		}
	}
	return status;
}

// ---- and back ----

static int give_variable(struct call *c, const char *name, const struct cn_buf *value) {
	int err = value->failed ? -ENOMEM : host->set(name, value->data, value->len);
	if (err == -EINVAL) {
		return cmd_fail(c->cmd, STATUS_USAGE, "%s: not the name of a variable", name);
	}
	return err == -EROFS ? cmd_fail(c->cmd, STATUS_FAILED, "%s: read-only", name)
						 : cmd_result(c->cmd, name, err, NULL);
}

static int give_field(
		void *data, const char *path, const struct cn_ffi_type *type, unsigned char *at) {
	struct fields *f = data;
	struct cn_buf value = CN_BUF_INIT;
	int err = cn_ffi_write(type, at, &value);
	const char *name = element_name(f, path);
	if (err == -ENODATA) {
		err = 0;
	}
	if (err == 0 && name != NULL) {
		f->status = give_variable(f->c, name, &value);
	}
	cn_buf_finish(&value);
	return err != 0 ? err : name == NULL ? -ENOMEM : f->status != 0 ? -ECANCELED : 0;
}

static int give_struct(
		struct call *c, const char *variable, const struct cn_ffi_record *record, void *at) {
	struct fields f = { .c = c, .variable = variable, .name = CN_BUF_INIT };
	int err = host->make_assoc(variable);
	err = err == 0 ? cn_ffi_record_walk(record, at, give_field, &f) : err;
	cn_buf_finish(&f.name);
	if (err == 0 || f.status != 0) {
		return f.status;
	}
	return err == -EINVAL
			? cmd_fail(c->cmd, STATUS_USAGE, "%s: not the name of an associative array", variable)
			: cmd_result(c->cmd, variable, err, NULL);
}

static int give_elements(struct call *c, uint32_t i) {
	const struct cn_ffi_type *type = &c->sig->args[i];
	struct cn_ffi_type element = *type;
	struct host_text *texts = calloc(type->count, sizeof(*texts));
	size_t *ends = calloc(type->count, sizeof(*ends));
	struct cn_buf all = CN_BUF_INIT;
	int err = texts == NULL || ends == NULL ? -ENOMEM : 0;
	element.form = CN_FFI_VALUE;
	element.size = type->size / type->count;
	for (uint32_t n = 0; n < type->count && err == 0; n++) {
		err = cn_ffi_write(&element, (char *)c->frame.storage[i] + n * element.size, &all);
		err = err == -ENODATA ? 0 : err;
		ends[n] = all.len;
	}
	for (uint32_t n = 0; n < type->count && err == 0; n++) {
		size_t start = n > 0 ? ends[n - 1] : 0;
		texts[n] = (struct host_text){ all.data + start, ends[n] - start };
	}
	err = err == 0 ? host->set_array(c->loans[i].word, texts, type->count) : err;
	free(texts);
	free(ends);
	cn_buf_finish(&all);
	return err == -EINVAL
			? cmd_fail(c->cmd, STATUS_USAGE, "%s: not the name of an array", c->loans[i].word)
			: cmd_result(c->cmd, c->loans[i].word, err, NULL);
}

static int give_argument(struct call *c, uint32_t i) {
	const struct cn_ffi_type *type = &c->sig->args[i];
	const char *variable = c->loans[i].word;
	if (type->form == CN_FFI_OUT && type->code == 0) {
		return give_struct(c, variable, type->record, c->frame.storage[i]);
	}
	if (type->form == CN_FFI_BUFFER && type->code != 'c') {
		return give_elements(c, i);
	}
	struct cn_buf value = CN_BUF_INIT;
	int err = cn_ffi_write(type, c->frame.storage[i], &value);
	int status = err == 0 || err == -ENODATA
			? give_variable(c, variable, &value)
			: cmd_fail(c->cmd, STATUS_FAILED, "%s: no string at the address it gave", variable);
	cn_buf_finish(&value);
	return status;
}

static int give_arguments(struct call *c) {
	int status = STATUS_OK;
	for (uint32_t i = 0; i < c->sig->count && status == STATUS_OK; i++) {
		uint32_t form = c->sig->args[i].form;
		if (form == CN_FFI_OUT || form == CN_FFI_BUFFER) {
			status = give_argument(c, i);
		}
	}
	return status;
}

static int print_field(
		void *data, const char *path, const struct cn_ffi_type *type, unsigned char *at) {
	struct cn_buf *out = data;
	cn_buf_printf(out, "%s%s=", out->len > 0 ? "\n" : "", path);
	int err = cn_ffi_write(type, at, out);
	return err == -ENODATA ? 0 : err;
}

static int give_return(struct call *c, const char *var) {
	const struct cn_ffi_type *type = &c->sig->ret;
	if (type->code == 'v') {
		return STATUS_OK;
	}
	if (type->code == 0 && var != NULL) {
		return give_struct(c, var, type->record, c->frame.ret);
	}
	char text[CN_SCALAR_TEXT_MAX];
	if (type->code != 0 && type->code != 'z' && type->code != 'p') {
		return cmd_give(c->cmd, var, text, cn_scalar_format(type->code, c->frame.ret, text));
	}
	struct cn_buf value = CN_BUF_INIT;
	int err = type->code == 0 ? cn_ffi_record_walk(type->record, c->frame.ret, print_field, &value)
							  : cn_ffi_write(type, c->frame.ret, &value);
	int status = err == 0 ? cmd_give(c->cmd, var, value.data, value.len)
			: err == -ENODATA
			? STATUS_NO // NULL
			: cmd_fail(c->cmd, STATUS_FAILED, "no string at the address it returned");
	cn_buf_finish(&value);
	return status;
}

// The name of errno, for scripts: "ENOENT"; a number where it has none.
static int give_errno(int err) {
	const char *name = strerrorname_np(err);
	char number[16];
	snprintf(number, sizeof(number), "%d", err);
	name = name != NULL ? name : number;
	host->set("ERRNO", name, strlen(name));
	return STATUS_NO;
}

static int give_results(struct call *c, const char *var, int err) {
	int status = c->sig->is_plain ? STATUS_OK : give_arguments(c);
	if (status != STATUS_OK) {
		return status;
	}
	return cn_ffi_is_error(c->sig, c->frame.ret) ? give_errno(err) : give_return(c, var);
}

// ---- the call ----

static int run_guarded(struct call *c, int *err) {
	int got = ffi_guard_call(c->function, c->sig, &c->frame, &c->region, c->calls_back, err);
	if (got > 0) {
		char name[CN_SIGNAME_MAX];
		cn_signal_name(got, name);
		return cmd_fail(c->cmd, STATUS_SIGNAL + got, "%s: killed by SIG%s", c->function->symbol, name);
	}
	switch (-got) {
	case 0:
		return STATUS_OK;
	case ECHILD:
		return cmd_fail(c->cmd, STATUS_FAILED, "%s: ended the process", c->function->symbol);
	case EFAULT:
		return cmd_fail(c->cmd, STATUS_FAILED, "%s: no string at the address it gave",
				c->function->symbol);
	case E2BIG:
		return cmd_fail(
				c->cmd, STATUS_FAILED, "%s: gave strings of over 1 MiB", c->function->symbol);
	}
	return cmd_result(c->cmd, c->function->symbol, got, NULL);
}

static int run(struct call *c, int *err) {
	if (c->function->mode != FFI_DIRECT) {
		return run_guarded(c, err);
	}
	host->flush(); // it may write to standard output itself
	*err = cn_ffi_frame_call(&c->frame, c->sig, c->function->code);
	return STATUS_OK;
}

static void release(void *data) {
	struct call *c = data;
	for (uint32_t i = 0; i < c->sig->count && !c->sig->is_plain; i++) {
		struct loan *loan = &c->loans[i];
		if (loan->mapped != NULL) {
			munmap(loan->mapped, loan->count);
		}
		if (c->sig->args[i].form == CN_FFI_ARRAY) {
			ffi_array_close(&loan->array);
		}
	}
	if (c->region.memory != NULL) {
		ffi_region_close(c->function, &c->region);
	}
	free(c->block);
	if (c->sig != &c->function->sig) {
		cn_ffi_sig_finish((struct cn_ffi_sig *)(uintptr_t)c->sig);
	}
	c->function->running--;
}

// Room that strings need which a worker cannot see where they are.
static size_t texts_size(const struct call *c, int count, char **words) {
	size_t size = 0;
	for (int i = 0; c->function->mode == FFI_WORKER && i < count; i++) {
		size += strlen(words[i]) + 1;
	}
	return size;
}

static int open_frame(struct call *c, int count, char **words, void *few) {
	size_t size = c->sig->frame_size;
	if (c->function->mode == FFI_DIRECT) {
		c->block = size > FRAME_FEW ? aligned_alloc(16, size) : NULL;
		void *block = size > FRAME_FEW ? c->block : few;
		if (block == NULL) {
			return -ENOMEM;
		}
		cn_ffi_frame_init(&c->frame, c->sig, block);
		return 0;
	}
	int err = ffi_region_open(c->function, size + texts_size(c, count, words), &c->region);
	if (err == 0) {
		cn_ffi_frame_init(&c->frame, c->sig, c->region.memory);
		c->texts = c->function->mode == FFI_WORKER ? (char *)c->region.memory + size : NULL;
	}
	return err;
}

// The types that words bring along, as i:5 does, make a signature for this call.
static int extend(struct call *c, struct cn_ffi_sig *extended, int count, char **words) {
	const char *types[CN_FFI_ARGS_MAX];
	size_t lens[CN_FFI_ARGS_MAX];
	uint32_t extra = (uint32_t)count - c->function->sig.words;
	if (c->function->mode == FFI_WORKER) {
		return cmd_fail(c->cmd, STATUS_USAGE, "a worker's types stand in its signature, behind ...");
	}
	for (uint32_t i = 0; i < extra && i < CN_FFI_ARGS_MAX; i++) {
		types[i] = words[c->function->sig.words + i];
		const char *colon = strchr(types[i], ':');
		if (colon == NULL) {
			return cmd_fail(c->cmd, STATUS_USAGE, "%s: needs its type, as in i:%s", types[i], types[i]);
		}
		lens[i] = (size_t)(colon - types[i]);
	}
	struct cn_err why = { 0 };
	int err = cn_ffi_sig_extend(
			&ffi_state.records, &c->function->sig, types, lens, extra, extended, &why);
	c->sig = err == 0 ? extended : c->sig;
	return err == -EINVAL ? cmd_fail(c->cmd, STATUS_USAGE, "%s", why.text)
						  : cmd_result(c->cmd, c->function->symbol, err, NULL);
}

static int check_count(const struct call *c, int count) {
	int want = (int)c->function->sig.words;
	if (count < want || (count > want && !c->function->sig.is_variadic)) {
		return cmd_fail(c->cmd, STATUS_USAGE, "takes %s%d operand%s, not %d: %s",
				c->function->sig.is_variadic ? "at least " : "", want, want == 1 ? "" : "s", count,
				c->function->sig.text);
	}
	return STATUS_OK;
}

int ffi_call_words(const struct cmd *cmd, struct ffi_function *function, const char *var,
		int count, char **words) {
	_Alignas(16) char few[FRAME_FEW];
	struct call c;
	struct cn_ffi_sig extended;
	c.cmd = cmd;
	c.function = function;
	c.sig = &function->sig;
	c.region.memory = NULL;
	c.block = NULL;
	c.texts = NULL;
	c.calls_back = false;
	int status = check_count(&c, count);
	if (status == STATUS_OK && count > (int)function->sig.words) {
		status = extend(&c, &extended, count, words);
	}
	if (status != STATUS_OK) {
		return status;
	}
	function->running++;
	if (!c.sig->is_plain) {
		memset(c.loans, 0, c.sig->count * sizeof(*c.loans));
	}
	int err = open_frame(&c, count, words, few);
	if (err == -E2BIG) {
		status = cmd_fail(cmd, STATUS_FAILED, "%s: operands too large for a worker", function->symbol);
	} else if (err < 0) {
		status = cmd_result(cmd, function->symbol, err, NULL);
	}
	bool guarded = function->mode != FFI_DIRECT;
	if (guarded) {
		host->protect(release, &c);
	}
	status = status == STATUS_OK ? bind(&c, words) : status;
	err = 0;
	status = status == STATUS_OK ? run(&c, &err) : status;
	bool left = ffi_callbacks_left();
	status = status == STATUS_OK && !left ? give_results(&c, var, err) : status;
	if (guarded) {
		host->unprotect();
	}
	release(&c);
	if (left) {
		host->leave();
	}
	return status;
}

// ---- as a command ----

static int print_help(const struct cmd *cmd, const struct ffi_function *function) {
	struct cn_buf text = CN_BUF_INIT;
	cn_buf_printf(&text, "usage: %s\n%s", function->usage, function->help);
	int status = cmd_print(cmd, &text);
	cn_buf_finish(&text);
	return status;
}

// A word like -1 or -x is an operand, unless it is one of the few options.
int ffi_command(void *data, int argc, char **argv) {
	struct ffi_function *function = data;
	struct cmd cmd = { .command = &function->command };
	const char *var = NULL;
	int at = 1;
	while (at < argc && argv[at][0] == '-') {
		bool short_form = argv[at][1] == 'v';
		if (!short_form && strcmp(argv[at], "--help") == 0) {
			return print_help(&cmd, function);
		}
		if (!short_form && strcmp(argv[at], "--") == 0) {
			at++;
			break;
		}
		if (!short_form && strcmp(argv[at], "--variable") != 0) {
			break;
		}
		var = short_form && argv[at][2] != '\0' ? argv[at] + 2 : argv[++at];
		if (var == NULL) {
			return cmd_fail(&cmd, STATUS_USAGE, "-v: needs VAR");
		}
		at++;
	}
	return ffi_call_words(&cmd, function, var, argc - at, argv + at);
}
