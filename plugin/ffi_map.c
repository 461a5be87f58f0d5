/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "plugin/ffi_map.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/base/cpu.h"
#include "lib/base/scalar.h"
#include "lib/base/signame.h"
#include "lib/ffi/frame.h"
#include "plugin/ffi_arrays.h"
#include "plugin/ffi_copy.h"
#include "plugin/host.h"
#include "plugin/report.h"

#ifndef MADV_POPULATE_READ
#define MADV_POPULATE_READ 22 // Linux 5.14
#endif

enum {
	WORKERS_MAX = 256,
	CHUNKS_EACH = 16, // per worker: small enough to end together
	CHUNK_MIN = 1024, // elements
	CRASHES_MAX = 10, // then no worker takes a crashed one's place
};

/* Shared with the workers. */
struct progress {
	_Atomic uint64_t next; // first element that nobody has taken
	struct {
		_Atomic uint64_t start; // of its chunk
		_Atomic uint64_t end; // == start: it has none
	} worker[WORKERS_MAX];
};

struct job {
	const struct cmd *cmd;
	struct ffi_function *function;
	struct ffi_array in;
	struct ffi_array out;
	bool is_kernel;
	uint64_t chunk;
	uint64_t total;
	int workers;
	struct ffi_copy copies[WORKERS_MAX];
	int crashes;
	int status;
	struct progress *progress; // shared
};

// ---- in a worker ----

static void kernel_chunk(const struct job *job, uint64_t start, uint64_t count) {
	const struct cn_ffi_sig *sig = &job->function->sig;
	uint64_t ret[4] = { 0 };
	size_t size = cn_scalar_size(job->in.array.code);
	void *at = (char *)job->in.data + start * size;
	uint64_t length = count; // little ends and libffi: an integer of its size is read from here
	void *values[] = { &at, &length };
	ffi_call((ffi_cif *)&sig->cif, FFI_FN(job->function->code), ret, values);
}

/*
 * The commonest shapes are called directly: libffi costs thirty nanoseconds an element.
 */
static bool map_directly(const struct job *job, uint64_t start, uint64_t count) {
	if (job->in.array.code == 'd' && job->out.array.code == 'd') {
		double (*f)(double) = (double (*)(double))job->function->code;
		const double *in = job->in.data;
		double *out = job->out.data;
		for (uint64_t i = start; i < start + count; i++) {
			out[i] = f(in[i]);
		}
		return true;
	}
	if (job->in.array.code == 'f' && job->out.array.code == 'f') {
		float (*f)(float) = (float (*)(float))job->function->code;
		const float *in = job->in.data;
		float *out = job->out.data;
		for (uint64_t i = start; i < start + count; i++) {
			out[i] = f(in[i]);
		}
		return true;
	}
	return false;
}

static void map_chunk(const struct job *job, uint64_t start, uint64_t count) {
	const struct cn_ffi_sig *sig = &job->function->sig;
	size_t in_size = cn_scalar_size(job->in.array.code);
	size_t out_size = cn_scalar_size(job->out.array.code);
	if (map_directly(job, start, count)) {
		return;
	}
	for (uint64_t i = start; i < start + count; i++) {
		ffi_arg ret[4] = { 0 };
		void *values[] = { (char *)job->in.data + i * in_size };
		ffi_call((ffi_cif *)&sig->cif, FFI_FN(job->function->code), ret, values);
		cn_ffi_narrow(&sig->ret, ret);
		memcpy((char *)job->out.data + i * out_size, ret, out_size);
	}
}

/*
 * A copy of the shell has the array's pages, but not the way to them: have the system lay it for the
 * whole chunk. As if for reading, for then it lays it to many pages at a time, and they are as good
 * for writing. Harmless where it cannot.
 */
static void populate(const struct ffi_array *array, uint64_t start, uint64_t count) {
	if (array->data == NULL) {
		return;
	}
	size_t size = cn_scalar_size(array->array.code);
	uintptr_t from = (uintptr_t)array->data + start * size;
	uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);
	uintptr_t first = from & ~(page - 1);
	madvise((void *)first, from + count * size - first, MADV_POPULATE_READ);
}

static void work(const struct job *job, int slot) {
	struct progress *p = job->progress;
	for (;;) {
		uint64_t start = atomic_fetch_add(&p->next, job->chunk);
		if (start >= job->total) {
			return;
		}
		uint64_t left = job->total - start;
		uint64_t count = left < job->chunk ? left : job->chunk;
		atomic_store(&p->worker[slot].start, start);
		atomic_store(&p->worker[slot].end, start + count);
		populate(&job->in, start, count);
		populate(&job->out, start, count);
		(job->is_kernel ? kernel_chunk : map_chunk)(job, start, count);
		atomic_store(&p->worker[slot].end, start);
	}
}

// ---- in the shell ----

static int start_worker(struct job *job, int slot) {
	pid_t pid = ffi_copy_start(&job->copies[slot], false);
	if (pid == 0) {
		if (job->workers > 1) {
			cn_cpu_start_on(slot);
		}
		work(job, slot);
		_exit(0);
	}
	return pid < 0 ? pid : 0;
}

static void stop_workers(void *data) {
	struct job *job = data;
	for (int i = 0; i < job->workers; i++) {
		ffi_copy_kill(&job->copies[i]);
	}
	munmap(job->progress, sizeof(*job->progress));
	ffi_array_close(&job->in);
	ffi_array_close(&job->out);
	job->function->running--;
}

static void report_crash(struct job *job, int slot, int status) {
	uint64_t start = atomic_load(&job->progress->worker[slot].start);
	uint64_t end = atomic_load(&job->progress->worker[slot].end);
	char name[CN_SIGNAME_MAX];
	cn_signal_name(WIFSIGNALED(status) ? WTERMSIG(status) : 0, name);
	int result = WIFSIGNALED(status) ? STATUS_SIGNAL + WTERMSIG(status) : STATUS_FAILED;
	atomic_store(&job->progress->worker[slot].end, start);
	job->status = job->status == STATUS_OK ? result : job->status;
	job->crashes++;
	if (end == start) {
		cmd_fail(job->cmd, result, "%s: a worker ended between two chunks", job->function->symbol);
	} else if (WIFSIGNALED(status)) {
		cmd_fail(job->cmd, result, "%s: killed by SIG%s in elements %llu to %llu",
				job->function->symbol, name, (unsigned long long)start,
				(unsigned long long)end - 1);
	} else {
		cmd_fail(job->cmd, result, "%s: ended the process in elements %llu to %llu",
				job->function->symbol, (unsigned long long)start, (unsigned long long)end - 1);
	}
}

static bool has_chunk(const struct job *job, int slot) {
	return atomic_load(&job->progress->worker[slot].end) !=
			atomic_load(&job->progress->worker[slot].start);
}

static void wait_worker(struct job *job, int slot) {
	while (job->copies[slot].pid > 0) {
		int status = 0;
		int err = ffi_copy_wait(&job->copies[slot], stop_workers, job, &status);
		bool done = err == 0 ? status == 0 : !has_chunk(job, slot); // where the shell took the status
		if (done) {
			return;
		}
		report_crash(job, slot, status);
		if (atomic_load(&job->progress->next) < job->total && job->crashes < CRASHES_MAX) {
			start_worker(job, slot);
		}
	}
}

static void report_rest(struct job *job) {
	uint64_t next = atomic_load(&job->progress->next);
	if (next < job->total) {
		job->status = cmd_fail(job->cmd, job->status != 0 ? job->status : STATUS_FAILED,
				"%s: elements %llu to %llu were not done", job->function->symbol,
				(unsigned long long)next, (unsigned long long)job->total - 1);
	}
}

static void plan(struct job *job, int64_t workers) {
	uint64_t wanted = workers > 0 ? (uint64_t)workers : (uint64_t)cn_cpus();
	wanted = wanted < WORKERS_MAX ? wanted : WORKERS_MAX;
	job->chunk = job->total / (wanted * CHUNKS_EACH);
	job->chunk = job->chunk < CHUNK_MIN ? CHUNK_MIN : job->chunk;
	uint64_t chunks = (job->total + job->chunk - 1) / job->chunk;
	job->workers = (int)(chunks < wanted ? chunks : wanted);
}

static int run(struct job *job, int64_t workers) {
	job->progress = mmap(NULL, sizeof(*job->progress), PROT_READ | PROT_WRITE,
			MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (job->progress == MAP_FAILED) {
		ffi_array_close(&job->in);
		ffi_array_close(&job->out);
		return cmd_result(job->cmd, NULL, -errno, NULL);
	}
	plan(job, workers);
	job->function->running++;
	int err = 0;
	for (int i = 0; i < job->workers && err == 0; i++) {
		err = start_worker(job, i);
	}
	if (err < 0 && job->copies[0].pid == 0) {
		job->status = cmd_fail(job->cmd, STATUS_FAILED, "no worker: %s", cn_strerror(err));
	}
	for (int i = 0; i < job->workers; i++) {
		wait_worker(job, i);
	}
	if (job->status == STATUS_OK || job->crashes > 0) {
		report_rest(job);
	}
	stop_workers(job);
	return job->status;
}

static int wrong_shape(const struct cmd *cmd, const struct ffi_function *f, const char *shape) {
	return cmd_fail(cmd, STATUS_USAGE, "%s: %s is not %s", f->command.name, f->sig.text, shape);
}

int ffi_map(const struct cmd *cmd, struct ffi_function *function, const char *array,
		const char *out, int64_t workers) {
	const struct cn_ffi_sig *sig = &function->sig;
	struct job job = { .cmd = cmd, .function = function };
	bool fits = sig->count == 1 && sig->args[0].form == CN_FFI_VALUE && !sig->is_variadic &&
			cn_scalar_size(sig->args[0].code) > 0 && cn_scalar_size(sig->ret.code) > 0;
	if (!fits) {
		return wrong_shape(cmd, function, "a number from a number, as d(d)");
	}
	int status = ffi_array_open(cmd, array, sig->args[0].code, &job.in);
	if (status == STATUS_OK) {
		status = ffi_array_provide(cmd, out, sig->ret.code, job.in.array.count, &job.out);
	}
	if (status != STATUS_OK) {
		ffi_array_close(&job.in);
		return status;
	}
	job.total = job.in.array.count;
	return run(&job, workers);
}

int ffi_kernel(
		const struct cmd *cmd, struct ffi_function *function, const char *array, int64_t workers) {
	const struct cn_ffi_sig *sig = &function->sig;
	struct job job = { .cmd = cmd, .function = function, .is_kernel = true };
	bool fits = sig->count == 2 && sig->args[0].form == CN_FFI_ARRAY && sig->ret.code != 0 &&
			cn_scalar_is_integer(sig->args[1].code) &&
			(sig->args[1].form == CN_FFI_VALUE || sig->args[1].form == CN_FFI_COUNT);
	if (!fits) {
		return wrong_shape(cmd, function, "of an array and its length, as v(d[],#L)");
	}
	int status = ffi_array_open(cmd, array, sig->args[0].code, &job.in);
	if (status != STATUS_OK) {
		return status;
	}
	job.total = job.in.array.count;
	return run(&job, workers);
}
