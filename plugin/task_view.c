/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "plugin/task_view.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/base/fd.h"
#include "lib/base/procfs.h"
#include "lib/base/signame.h"
#include "plugin/host.h"

// What is mapped at a time when printing: address space is not free on small machines.
enum { WINDOW = 64 << 20 };

// The wait status of a zombie, readable by its own user.
static int zombie_status(pid_t pid) {
	struct cn_proc_stat stat;
	int err = cn_proc_stat(pid, &stat);
	return err == 0 && stat.exit_status != 0 ? stat.exit_status : SIGKILL;
}

uint32_t view_result(struct cn_arena *arena, const struct cn_task *task) {
	uint32_t result = atomic_load(&task->result);
	if (result != 0 || cn_task_is_alive(arena, task)) {
		return result;
	}
	pid_t pid = (pid_t)atomic_load(&task->keeper);
	pid = pid != 0 ? pid : (pid_t)atomic_load(&task->leader);
	uint32_t violent = cn_task_result(zombie_status(pid));
	result = atomic_load(&task->result); // it may have been published just now
	return result != 0 ? result : violent;
}

void view_state(struct cn_buf *out, uint32_t result) {
	int value = CN_RESULT_VALUE(result);
	if (result == 0) {
		cn_buf_puts(out, "running");
		return;
	}
	switch (CN_RESULT_END(result)) {
	case CN_TASK_EXITED:
		cn_buf_printf(out, "exited %d", value);
		break;
	case CN_TASK_KILLED: {
		char name[CN_SIGNAME_MAX];
		cn_signal_name(value, name);
		cn_buf_printf(out, "killed %s", name);
		break;
	}
	case CN_TASK_TIMED_OUT:
		cn_buf_puts(out, "timed-out");
		break;
	}
}

int view_open_output(struct cn_arena *arena, const struct cn_ref *ref, int *out) {
	struct cn_task *task;
	int err = cn_pin(ref, (void **)&task);
	if (err < 0) {
		return err;
	}
	int number = task->capture;
	pid_t owner = cn_owner_pid(arena, task->owner);
	cn_unpin(ref, task);
	if (number < 0) {
		return -ENODATA;
	}
	char path[64];
	snprintf(path, sizeof(path), "/proc/%d/fd/%d", (int)owner, number);
	*out = cn_fd_private(open(path, O_RDONLY | O_CLOEXEC));
	return *out < 0 ? *out : 0;
}

// Give the bytes to `take`, a window at a time.
static int each_window(int capture, int (*take)(const void *data, size_t len, void *to), void *to) {
	struct stat st;
	if (fstat(capture, &st) < 0) {
		return -errno;
	}
	int err = 0;
	for (off_t at = 0; at < st.st_size && err == 0; at += WINDOW) {
		size_t len = st.st_size - at < WINDOW ? (size_t)(st.st_size - at) : WINDOW;
		void *data = mmap(NULL, len, PROT_READ, MAP_SHARED | MAP_POPULATE, capture, at);
		if (data == MAP_FAILED) {
			return -errno;
		}
		err = take(data, len, to);
		munmap(data, len);
	}
	return err;
}

static int take_buf(const void *data, size_t len, void *to) {
	return cn_buf_append(to, data, len);
}

static int take_host(const void *data, size_t len, void *to) {
	return host->write(data, len);
}

int view_read_output(int capture, struct cn_buf *out) {
	return each_window(capture, take_buf, out);
}

int view_print_output(int capture) {
	int err = each_window(capture, take_host, NULL);
	return err == 0 ? host->flush() : err;
}
