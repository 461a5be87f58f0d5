/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "plugin/bash_worker.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdio_ext.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/base/fd.h"
#include "plugin/bash_api.h"
#include "plugin/host.h"

static struct {
	bool touched; // by this task
	bool buffered; // stdout is, for a builtin that prints
	bool may_exec; // by any
	// As it was before the first.
	char *options; // of `set`
	char *shopts; // those that are on, as BASHOPTS has it
	mode_t mask;
	bool trapped[NSIG];
	char *directory;
	int directory_fd;
	int fds[3]; // private copies; -1: was closed
} worker;

/*
 * The builtins that change what is put back. A worker puts a function before each that notes that
 * it was used, so that a task that uses none costs nothing. Not before `exec`: bash looks for that
 * very function, to keep redirections.
 */
#define TOUCHING(X) X(cd) X(popd) X(pushd) X(set) X(shopt) X(trap) X(umask)

#define TOUCH(word)                                                                                \
	static sh_builtin_func_t *plain_##word;                                                        \
	static int touch_##word(WORD_LIST *words) {                                                    \
		worker.touched = true;                                                                     \
		return plain_##word(words);                                                                \
	}
TOUCHING(TOUCH)

/*
 * The builtins that print many lines. bash's stdout is line-buffered, which is a write for each
 * line; these end with a flush that they check, so that until then it may as well be full.
 */
#define PRINTING(X) X(echo) X(printf)

static void buffer_lines(bool on) {
	worker.buffered = on;
	setvbuf(stdout, NULL, on ? _IOFBF : _IOLBF, 0);
}

static int print_buffered(sh_builtin_func_t *plain, WORD_LIST *words) {
	buffer_lines(true);
	int status = plain(words);
	if (__fpending(stdout) > 0) {
		__fpurge(stdout); // it could not be written, as was said: the next call shall not try again
	}
	buffer_lines(false);
	return status;
}

#define PRINT(word)                                                                                \
	static sh_builtin_func_t *plain_##word;                                                        \
	static int print_##word(WORD_LIST *words) {                                                    \
		return print_buffered(plain_##word, words);                                                \
	}
PRINTING(PRINT)

static void watch_builtin(const char *name, sh_builtin_func_t *touch, sh_builtin_func_t **plain) {
	struct builtin *builtin = builtin_address_internal((char *)(uintptr_t)name, 1);
	if (builtin != NULL && builtin->function != touch) {
		*plain = builtin->function;
		builtin->function = touch;
	}
}

static void watch_builtins(void) {
#define WATCH(word) watch_builtin(#word, touch_##word, &plain_##word);
	TOUCHING(WATCH)
#undef WATCH
#define WATCH(word) watch_builtin(#word, print_##word, &plain_##word);
	PRINTING(WATCH)
#undef WATCH
}

// Whether a function could come to `exec`, by itself or by code that it reads.
static bool has_exec(SHELL_VAR *function) {
	static const char *const ways[] = { "exec", "eval", "source", ". " };
	const char *text = named_function_string(NULL, function_cell(function), FUNC_MULTILINE);
	for (size_t i = 0; i < sizeof(ways) / sizeof(ways[0]); i++) {
		if (strstr(text, ways[i]) != NULL) {
			return true;
		}
	}
	return false;
}

static bool some_function_execs(void) {
	SHELL_VAR **functions = all_visible_functions();
	bool found = false;
	for (size_t i = 0; functions != NULL && functions[i] != NULL && !found; i++) {
		found = has_exec(functions[i]);
	}
	xfree(functions);
	return found;
}

static const char *shopts_now(void) {
	const char *now = host->get("BASHOPTS");
	return now != NULL ? now : "";
}

void bash_worker_begin(void) {
	watch_builtins();
	worker.may_exec = some_function_execs();
	worker.touched = false;
	worker.options = get_current_options();
	worker.shopts = strdup(shopts_now());
	worker.mask = umask(0);
	umask(worker.mask);
	for (int sig = 1; sig < NSIG; sig++) {
		worker.trapped[sig] = signal_is_trapped(sig);
	}
	worker.directory =
			strdup(the_current_working_directory != NULL ? the_current_working_directory : "");
	worker.directory_fd = cn_fd_private(open(".", O_PATH | O_CLOEXEC));
	for (int fd = 0; fd < 3; fd++) {
		worker.fds[fd] = fcntl(fd, F_DUPFD_CLOEXEC, CN_FD_PRIVATE);
	}
}

static bool same_file(int a, int b) {
	struct stat x;
	struct stat y;
	return fstat(a, &x) == 0 && fstat(b, &y) == 0 && x.st_dev == y.st_dev && x.st_ino == y.st_ino;
}

static void restore_descriptors(void) {
	host->flush();
	for (int fd = 0; fd < 3; fd++) {
		if (worker.fds[fd] < 0) {
			close(fd);
		} else if (!same_file(fd, worker.fds[fd])) {
			dup2(worker.fds[fd], fd);
		}
	}
}

static void restore_directory(void) {
	if (worker.directory == NULL || the_current_working_directory == NULL ||
			strcmp(worker.directory, the_current_working_directory) == 0) {
		return;
	}
	if (fchdir(worker.directory_fd) == 0) {
		set_working_directory(worker.directory);
		bind_variable("PWD", worker.directory, 0);
	}
}

static bool has_word(const char *list, const char *word, size_t len) {
	for (const char *at = list; (at = strstr(at, word)) != NULL; at += len) {
		if ((at == list || at[-1] == ':') && (at[len] == ':' || at[len] == '\0')) {
			return true;
		}
	}
	return false;
}

// Switch those of `list` that `other` does not have.
static void switch_shopts(const char *list, const char *other, bool on) {
	while (*list != '\0') {
		size_t len = strcspn(list, ":");
		char name[64];
		snprintf(name, sizeof(name), "%.*s", (int)len, list);
		if (!has_word(other, name, len)) {
			shopt_setopt(name, on);
		}
		list += len + (list[len] == ':');
	}
}

static void restore_shopts(void) {
	if (worker.shopts == NULL || strcmp(worker.shopts, shopts_now()) == 0) {
		return;
	}
	char *now = strdup(shopts_now()); // each switch makes the variable anew
	if (now != NULL) {
		switch_shopts(now, worker.shopts, false);
		switch_shopts(worker.shopts, now, true);
	}
	free(now);
}

static void restore_traps(void) {
	for (int sig = 1; sig < NSIG; sig++) {
		if (signal_is_trapped(sig) && !worker.trapped[sig]) {
			restore_default_signal(sig);
		}
	}
}

// bash frees its own copy of the text, also when it jumps out.
static int evaluate_text(void *code) {
	size_t size = strlen(code) + 1;
	return parse_and_execute(memcpy(xmalloc(size), code, size), "conch", SEVAL_NOHIST);
}

/*
 * Run the EXIT trap that the task set. Not by bash's run_exit_trap(), which is for the end of the
 * shell and does it once only.
 */
static void run_exit_trap_again(int *status) {
	if (!signal_is_trapped(0) || trap_list[0] == NULL) {
		return;
	}
	char *code = strdup(trap_list[0]);
	restore_default_signal(0);
	if (code == NULL) {
		return;
	}
	last_command_exit_value = *status;
	bool left = false;
	int last = host->guard(evaluate_text, code, &left);
	*status = left ? last : *status; // by `exit`
	free(code);
}

void bash_task_end(int *status) {
	if (worker.buffered) {
		buffer_lines(false); // the task left by a jump
	}
	if (worker.touched) {
		worker.touched = false;
		run_exit_trap_again(status);
		restore_directory();
		umask(worker.mask);
		set_current_options(worker.options);
		restore_shopts();
		restore_traps();
		restore_descriptors();
	} else if (worker.may_exec) {
		restore_descriptors();
	}
}
