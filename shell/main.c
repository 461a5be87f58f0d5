/* SPDX-License-Identifier: GPL-3.0-or-later */
/* shell/main.c - invocation (XCU sh). */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "shell/builtin.h"
#include "shell/edit.h"
#include "shell/exec.h"
#include "shell/expand.h"
#include "shell/fd.h"
#include "shell/history.h"
#include "shell/input.h"
#include "shell/jobs.h"
#include "shell/startup.h"
#include "shell/trap.h"

extern char **environ;

struct invocation {
	int argc;
	char **argv;
	uint32_t on, off; // enum sh_option
	int index; // of the first operand
	bool login; // -l
	bool no_profile, no_rc;
};

static void write_text(int fd, const char *text) {
	if (write(fd, text, strlen(text)) < 0) {
		_exit(1);
	}
}

static void usage(int fd) {
	write_text(fd,
			"usage: conch [-abCefhilmnuvx] [-o option]... [file [argument...]]\n"
			"       conch -c [-abCefhilmnuvx] [-o option]... commands [name [argument...]]\n"
			"       conch -s [-abCefhilmnuvx] [-o option]... [argument...]\n"
			"       conch --login, --noprofile, --norc: which files are read at the start\n"
			"       conch --version | --help\n");
}

static void bad_option(const char *arg) {
	write_text(STDERR_FILENO, "conch: ");
	write_text(STDERR_FILENO, arg);
	write_text(STDERR_FILENO, ": invalid option\n");
	usage(STDERR_FILENO);
	_exit(2);
}

static void take_option(struct invocation *inv, uint32_t bit, bool on, const char *arg) {
	if (bit == 0) {
		bad_option(arg);
	}
	inv->on = on ? inv->on | bit : inv->on & ~bit;
	inv->off = on ? inv->off & ~bit : inv->off | bit;
}

/* One argument of option letters. */
static void take_letters(struct invocation *inv, const char *arg) {
	bool on = arg[0] == '-';
	for (const char *c = arg + 1; *c != '\0'; c++) {
		if (*c == 'o') {
			const char *name = inv->argv[inv->index + 1];
			if (name == NULL) {
				bad_option(arg);
			}
			inv->index++;
			take_option(inv, sh_option_name(name), on, name);
		} else if (*c == 'l') {
			inv->login = true;
		} else {
			take_option(inv, sh_option_letter(*c), on, arg);
		}
	}
}

/* Which files are read at the start. */
static bool take_long(struct invocation *inv, const char *arg) {
	bool *option = strcmp(arg, "--login") == 0 ? &inv->login
			: strcmp(arg, "--noprofile") == 0  ? &inv->no_profile
			: strcmp(arg, "--norc") == 0	   ? &inv->no_rc
											   : NULL;
	if (option != NULL) {
		*option = true;
	}
	return option != NULL;
}

static void take_options(struct invocation *inv) {
	for (inv->index = 1; inv->index < inv->argc; inv->index++) {
		const char *arg = inv->argv[inv->index];
		if (strcmp(arg, "--") == 0 || strcmp(arg, "-") == 0) {
			inv->index++;
			return;
		}
		if (strcmp(arg, "--version") == 0) {
			write_text(STDOUT_FILENO, "conch " SH_VERSION "\n");
			_exit(0);
		}
		if (strcmp(arg, "--help") == 0) {
			usage(STDOUT_FILENO);
			_exit(0);
		}
		if (take_long(inv, arg)) {
			continue;
		}
		if ((arg[0] != '-' && arg[0] != '+') || arg[1] == '\0') {
			return;
		}
		if (arg[0] == '-' && arg[1] == '-') {
			bad_option(arg);
		}
		take_letters(inv, arg);
	}
}

static int finish(struct shell *sh) {
	if (sh_signal_any) {
		sh_trap_run(sh);
	}
	sh->unwind = SH_UNWIND_NONE;
	sh_trap_run_exit(sh);
	if (sh->interactive) {
		sh_jobs_finish(sh);
	}
	sh_exit_process(sh, sh->status);
}

/* Open the script: as a file, else by PATH when the name has no slash (sh, OPERANDS). */
static int open_script(struct shell *sh, const char *path) {
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 && errno == ENOENT && strchr(path, '/') == NULL) {
		struct sh_command cmd = sh_lookup(sh, path, SH_LOOKUP_NO_FUNC | SH_LOOKUP_NO_HASH);
		if (cmd.kind == SH_CMD_PROGRAM) {
			fd = open(cmd.path, O_RDONLY | O_CLOEXEC);
		} else {
			errno = ENOENT;
		}
	}
	struct stat st;
	if (fd >= 0 && fstat(fd, &st) == 0 && S_ISDIR(st.st_mode)) {
		errno = EISDIR;
		fd = -1;
	}
	if (fd < 0) {
		int err = errno;
		sh->line = 0;
		sh_error(sh, "%s: %s", path, strerror(err));
		_exit(err == ENOENT ? 127 : 126);
	}
	if (fd <= 2) {
		fd = fcntl(fd, F_DUPFD_CLOEXEC, 10);
	}
	return fd;
}

/* A first line with a NUL is no script (sh, INPUT FILES): say so instead of running it. */
static void refuse_binary(struct shell *sh, int fd, const char *path) {
	char block[256];
	ssize_t n = pread(fd, block, sizeof(block), 0);
	for (ssize_t i = 0; i < n && block[i] != '\n'; i++) {
		if (block[i] == '\0') {
			sh->line = 0;
			sh_error(sh, "%s: cannot execute a binary file", path);
			_exit(126);
		}
	}
}

static enum sh_input_mode stdin_mode(struct shell *sh) {
	struct stat st;
	if (sh->interactive) {
		return SH_INPUT_TERMINAL;
	}
	if (fstat(STDIN_FILENO, &st) == 0 && S_ISREG(st.st_mode)) {
		return SH_INPUT_SEEKABLE;
	}
	return SH_INPUT_BYTES;
}

static void set_params(struct shell *sh, char **argv, int argc) {
	sh->params.argv = argv;
	sh->params.argc = argc > 0 ? argc : 0;
}

static int run(struct shell *sh, struct invocation *inv) {
	struct sh_input in;
	char **operands = inv->argv + inv->index;
	int count = inv->argc - inv->index;
	if ((sh->options & SH_OPT_COMMAND) != 0) {
		if (count == 0) {
			write_text(STDERR_FILENO, "conch: -c: option requires an argument\n");
			_exit(2);
		}
		if (count > 1) {
			sh->arg0 = operands[1];
			set_params(sh, operands + 2, count - 2);
		}
		sh_input_string(&in, operands[0], strlen(operands[0]), 1);
	} else if ((sh->options & SH_OPT_STDIN) == 0 && count > 0) {
		sh->arg0 = operands[0];
		set_params(sh, operands + 1, count - 1);
		int fd = open_script(sh, operands[0]);
		refuse_binary(sh, fd, operands[0]);
		sh_input_fd(&in, fd, SH_INPUT_BLOCKS);
	} else {
		set_params(sh, operands, count);
		sh_input_fd(&in, STDIN_FILENO, stdin_mode(sh));
		/* XCU sh STDIN: a shared standard input must block. */
		int flags = fcntl(STDIN_FILENO, F_GETFL);
		if (flags >= 0 && (flags & O_NONBLOCK) != 0) {
			fcntl(STDIN_FILENO, F_SETFL, flags & ~O_NONBLOCK);
		}
		sh->input = &in;
	}
	sh->running = NULL;
	sh_run_input(sh, &in, true, SH_EXEC_LAST);
	return finish(sh);
}

int main(int argc, char **argv) {
	static struct shell shell;
	struct shell *sh = &shell;
	struct invocation inv = { .argc = argc, .argv = argv };
	const char *arg0 = argc > 0 ? argv[0] : "conch";
	const char *base = strrchr(arg0, '/');
	base = base != NULL ? base + 1 : arg0;
	take_options(&inv);
	sh_init(sh, arg0, environ);
	if (strcmp(base, "sh") == 0 || strcmp(base, "-sh") == 0) {
		sh->options |= SH_OPT_POSIX;
	}
	bool on_terminal = inv.index >= argc && (inv.on & SH_OPT_COMMAND) == 0;
	on_terminal |= (inv.on & SH_OPT_STDIN) != 0 && (inv.on & SH_OPT_COMMAND) == 0;
	if (on_terminal) {
		inv.on |= SH_OPT_STDIN;
	}
	if (on_terminal && isatty(STDIN_FILENO) && isatty(STDERR_FILENO)) {
		inv.on |= SH_OPT_INTERACTIVE;
	}
	bool interactive = (inv.on & SH_OPT_INTERACTIVE) != 0;
	sh->options |= inv.on & ~(uint32_t)SH_OPT_MONITOR;
	sh->interactive = interactive;
	if (interactive) {
		sh_trap_interactive(sh, true);
	}
	if ((inv.on & SH_OPT_MONITOR) != 0 || (interactive && (inv.off & SH_OPT_MONITOR) == 0)) {
		sh_option_set(sh, SH_OPT_MONITOR, true);
	}
	sh->is_login = inv.login || arg0[0] == '-';
	if (sh->is_login && !inv.no_profile) {
		sh_startup_profile(sh);
	}
	if (interactive && !inv.no_rc) {
		sh_startup_rc(sh);
	}
	if (sh->unwind != SH_UNWIND_NONE) { // `exit` in one of them
		return finish(sh);
	}
	if (interactive) {
		sh_startup_greet(sh, sh_history_start(sh));
		sh_edit_start(sh);
	}
	return run(sh, &inv);
}
