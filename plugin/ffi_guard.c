/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "plugin/ffi_guard.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/base/fd.h"
#include "plugin/ffi_copy.h"

enum {
	TEXTS = 1 << 20, // for strings that come back
	WORKER_REGION = 64 << 20, // address space; pages count when they are used
};

/* What stands at the end of the region. */
struct exchange {
	struct cn_ffi_frame frame;
	void *code;
	const struct cn_ffi_sig *sig; // the worker is a copy: it has it at the same address
	int err; // errno of the function
	int failed; // of bringing the strings over
	bool done;
	char texts[TEXTS];
};

struct ffi_worker {
	struct ffi_copy copy;
	pid_t parent;
	int socket; // a byte each way per call
	void *memory;
};

static struct exchange *exchange_of(const struct ffi_region *region) {
	return (struct exchange *)((char *)region->memory + region->size);
}

static void *map_shared(size_t size) {
	void *memory = mmap(NULL, size, PROT_READ | PROT_WRITE,
			MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	return memory != MAP_FAILED ? memory : NULL;
}

// ---- in the copy ----

// A string of this process, into the shared memory; its new address goes where the old one was.
static int bring_over(const struct cn_ffi_type *type, void *at, char **texts, char *end) {
	struct cn_buf copy = CN_BUF_INIT;
	int err = cn_ffi_write(type, at, &copy);
	if (err == 0 && copy.len + 1 > (size_t)(end - *texts)) {
		err = -E2BIG;
	}
	if (err == 0) {
		memcpy(*texts, copy.data, copy.len + 1);
		*(char **)at = *texts;
		*texts += copy.len + 1;
	} else {
		*(char **)at = NULL;
	}
	cn_buf_finish(&copy);
	return err == -ENODATA ? 0 : err;
}

struct bringing {
	char *texts;
	char *end;
};

static int bring_field(void *data, const char *path, const struct cn_ffi_type *type, unsigned char *at) {
	struct bringing *b = data;
	return type->code == 'z' ? bring_over(type, at, &b->texts, b->end) : 0;
}

static int bring_results(const struct cn_ffi_sig *sig, struct exchange *x) {
	struct bringing b = { x->texts, x->texts + TEXTS };
	int err = 0;
	if (sig->ret.code == 'z') {
		err = bring_over(&sig->ret, x->frame.ret, &b.texts, b.end);
	} else if (sig->ret.code == 0) {
		err = cn_ffi_record_walk(sig->ret.record, x->frame.ret, bring_field, &b);
	}
	for (uint32_t i = 0; i < sig->count && err == 0; i++) {
		const struct cn_ffi_type *type = &sig->args[i];
		if (type->form == CN_FFI_OUT && type->code == 'z') {
			err = bring_over(type, x->frame.storage[i], &b.texts, b.end);
		} else if (type->form == CN_FFI_OUT && type->code == 0) {
			err = cn_ffi_record_walk(type->record, x->frame.storage[i], bring_field, &b);
		}
	}
	return err;
}

static void run(struct exchange *x) {
	x->err = cn_ffi_frame_call(&x->frame, x->sig, x->code);
	x->failed = bring_results(x->sig, x);
	fflush(NULL);
	x->done = true;
}

static void serve(int socket, struct ffi_region *region) {
	char go;
	while (cn_read_full(socket, &go, 1) == 1) {
		region->size = *(size_t *)((char *)region->memory + WORKER_REGION);
		run(exchange_of(region));
		if (cn_write_full(socket, &go, 1) < 0) {
			break;
		}
	}
	_exit(0);
}

// ---- in the shell ----

static void worker_forget(struct ffi_worker *worker) {
	if (worker->memory != NULL) {
		munmap(worker->memory, WORKER_REGION + sizeof(size_t));
	}
	cn_fd_close(&worker->copy.fd);
	cn_fd_close(&worker->socket);
	free(worker);
}

void ffi_worker_stop(struct ffi_worker *worker) {
	if (worker == NULL) {
		return;
	}
	if (worker->parent == getpid()) {
		ffi_copy_kill(&worker->copy);
	}
	worker_forget(worker);
}

static int worker_fork(struct ffi_worker *worker) {
	int pair[2];
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) < 0) {
		return -errno;
	}
	worker->parent = getpid();
	worker->socket = cn_fd_private(pair[0]);
	pid_t pid = ffi_copy_start(&worker->copy, false);
	if (pid == 0) {
		close(worker->socket);
		serve(pair[1], &(struct ffi_region){ .memory = worker->memory });
	}
	close(pair[1]);
	return pid < 0 ? pid : 0;
}

// The worker of this process: one of the shell we are a copy of is not ours.
static int worker_start(struct ffi_function *function) {
	struct ffi_worker *worker = function->worker;
	if (worker != NULL && worker->parent == getpid()) {
		return 0;
	}
	if (worker != NULL) {
		function->worker = NULL;
		worker_forget(worker);
	}
	worker = calloc(1, sizeof(*worker));
	if (worker == NULL) {
		return -ENOMEM;
	}
	worker->socket = -1;
	worker->copy.fd = -1;
	worker->memory = map_shared(WORKER_REGION + sizeof(size_t));
	int err = worker->memory != NULL ? worker_fork(worker) : -ENOMEM;
	if (err < 0) {
		worker_forget(worker);
		return err;
	}
	function->worker = worker;
	return 0;
}

int ffi_region_open(struct ffi_function *function, size_t size, struct ffi_region *region) {
	size = (size + 63) & ~(size_t)63;
	*region = (struct ffi_region){ .size = size };
	if (function->mode == FFI_GUARDED) {
		region->memory = map_shared(size + sizeof(struct exchange));
		return region->memory != NULL ? 0 : -ENOMEM;
	}
	if (size + sizeof(struct exchange) > WORKER_REGION) {
		return -E2BIG;
	}
	int err = worker_start(function);
	if (err == 0) {
		region->memory = function->worker->memory;
		*(size_t *)((char *)region->memory + WORKER_REGION) = size;
	}
	return err;
}

void ffi_region_close(struct ffi_function *function, struct ffi_region *region) {
	if (function->mode == FFI_GUARDED && region->memory != NULL) {
		munmap(region->memory, region->size + sizeof(struct exchange));
	}
	region->memory = NULL;
}

static void kill_copy(void *data) {
	ffi_copy_kill(data);
}

static int wait_for_copy(struct ffi_copy *copy, int *err, struct exchange *x) {
	int status;
	int waited = ffi_copy_wait(copy, kill_copy, copy, &status);
	if (waited == 0 && WIFSIGNALED(status)) {
		return WTERMSIG(status);
	}
	bool ended = waited == 0 ? WEXITSTATUS(status) == 0 : x->done; // where the shell took the status
	if (!ended) {
		return -ECHILD;
	}
	*err = x->err;
	return x->failed;
}

static int call_in_copy(struct exchange *x, bool shell, int *err) {
	struct ffi_copy copy;
	pid_t pid = ffi_copy_start(&copy, shell);
	if (pid == 0) {
		run(x);
		_exit(shell ? host->child_end(0) : 0);
	}
	return pid < 0 ? pid : wait_for_copy(&copy, err, x);
}

static void stop_worker(void *data) {
	struct ffi_function *function = data;
	ffi_worker_stop(function->worker);
	function->worker = NULL;
}

// It has ended, and why: a positive signal.
static int worker_ended(struct ffi_function *function) {
	struct ffi_worker *worker = function->worker;
	int status = 0;
	ffi_copy_wait(&worker->copy, stop_worker, function, &status);
	function->worker = NULL;
	worker_forget(worker);
	return WIFSIGNALED(status) ? WTERMSIG(status) : -ECHILD; // it called exit()
}

static int call_in_worker(struct ffi_function *function, struct exchange *x, int *err) {
	char go = 0;
	int socket = function->worker->socket;
	if (send(socket, &go, 1, MSG_NOSIGNAL) != 1) {
		return worker_ended(function);
	}
	ffi_wait(socket, stop_worker, function);
	if (read(socket, &go, 1) != 1) {
		return worker_ended(function);
	}
	*err = x->err;
	return x->failed;
}

int ffi_guard_call(struct ffi_function *function, const struct cn_ffi_sig *sig,
		struct cn_ffi_frame *frame, struct ffi_region *region, bool shell, int *err) {
	struct exchange *x = exchange_of(region);
	x->frame = *frame;
	x->code = function->code;
	x->sig = sig;
	return function->mode == FFI_WORKER ? call_in_worker(function, x, err)
										: call_in_copy(x, shell, err);
}
