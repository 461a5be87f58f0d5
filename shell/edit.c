/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "lib/base/buf.h"
#include "lib/base/fd.h"
#include "shell/builtin.h"
#include "shell/complete.h"
#include "shell/edit.h"
#include "shell/edit_module.h"
#include "shell/fd.h"
#include "shell/history.h"
#include "shell/input.h"
#include "shell/jobs.h"
#include "shell/loader.h"
#include "shell/prompt.h"
#include "shell/trap.h"

/* ---- waiting at the prompt ---- */

static void window_changed(struct shell *sh) {
	struct winsize size;
	if (ioctl(STDIN_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_row > 0 && size.ws_col > 0) {
		sh_var_set_int(sh, sh_name(sh, "LINES"), size.ws_row);
		sh_var_set_int(sh, sh_name(sh, "COLUMNS"), size.ws_col);
	}
}

/* Take the signal when it has no trap: it is the shell's own. */
static bool take_own(struct shell *sh, int sig) {
	if (!sh_signal_got[sig] || sh->traps->action[sig] != NULL) {
		return false;
	}
	sh_signal_got[sig] = 0;
	return true;
}

/* What the signals that came ask for; SH_EDIT_KEY: nothing. */
static enum sh_edit_event due(struct shell *sh) {
	if (!sh_signal_any) {
		return SH_EDIT_KEY;
	}
	if (sh_signal_got[SIGINT]) {
		return SH_EDIT_INTERRUPT;
	}
	bool resized = take_own(sh, SIGWINCH);
	bool child = take_own(sh, SIGCHLD);
	if (resized) {
		window_changed(sh);
		sh_signal_any = 1; // look again for the others
		return SH_EDIT_RESIZE;
	}
	for (int sig = 1; sig < SH_SIGNALS; sig++) {
		if (sh_signal_got[sig]) {
			return SH_EDIT_RUN;
		}
	}
	if (sh_safe_point_due) {
		return SH_EDIT_RUN;
	}
	sh_signal_any = 0;
	if (child && (sh->options & SH_OPT_NOTIFY) != 0 && sh_jobs_changed(sh)) {
		return SH_EDIT_RUN;
	}
	return SH_EDIT_KEY;
}

/* Until `fd` can be read or a signal asks for something; none slips in between. */
static enum sh_edit_event wait_key(void *ctx, int fd) {
	struct shell *sh = ctx;
	enum sh_edit_event event;
	sigset_t old;
	sh_signals_block(&old);
	while ((event = due(sh)) == SH_EDIT_KEY) {
		struct pollfd ready = { .fd = fd, .events = POLLIN };
		if (ppoll(&ready, 1, NULL, &old) > 0) {
			break;
		}
	}
	sigprocmask(SIG_SETMASK, &old, NULL);
	return event;
}

static bool run_due(void *ctx) {
	struct shell *sh = ctx;
	sh_trap_run(sh);
	if (sh->unwind == SH_UNWIND_NONE && (sh->options & SH_OPT_NOTIFY) != 0) {
		sh_jobs_notify(sh);
	}
	return sh->unwind == SH_UNWIND_NONE;
}

/* ---- the module ---- */

static const char *get_var(void *ctx, const char *name) {
	return sh_var_get_text(ctx, name);
}

static void get_history(void *ctx, struct sh_edit_history *out) {
	const struct sh_history *h = sh_history(ctx);
	*out = (struct sh_edit_history){ .count = h->entries.len, .first = h->first,
		.changes = h->changes };
}

static const char *get_history_text(void *ctx, size_t index) {
	const struct sh_history_entry *entry = sh_history(ctx)->entries.items[index];
	return entry->text;
}

static void complete(void *ctx, const char *line, size_t start, size_t point, char quote,
		struct sh_edit_matches *out) {
	sh_complete_line(ctx, line, start, point, quote, out);
}

static int input_fd(const struct shell *sh) {
	return sh->input != NULL ? sh->input->fd : STDIN_FILENO;
}

/* A descriptor of the terminal that `exec` cannot take away. */
static int own_terminal(int fd) {
	return cn_fd_private(fcntl(fd, F_DUPFD_CLOEXEC, 10));
}

/* The module, opened at the first call; NULL: there is none. */
static const struct sh_edit_module *module(struct shell *sh) {
	static const struct sh_edit_module *editor;
	static struct sh_edit_shell table;
	static bool tried;
	if (tried) {
		return editor;
	}
	tried = true;
	char path[PATH_MAX];
	void *object = sh_loader_find("shell", "edit.so", path) ? dlopen(path, RTLD_NOW | RTLD_LOCAL) : NULL;
	const struct sh_edit_module *found = object != NULL ? dlsym(object, SH_EDIT_MODULE_SYMBOL) : NULL;
	if (found == NULL || found->version != SH_EDIT_MODULE_VERSION) {
		return NULL;
	}
	table = (struct sh_edit_shell){ .ctx = sh, .wait = wait_key, .run = run_due, .get = get_var,
		.history = get_history, .history_text = get_history_text, .complete = complete };
	int in = own_terminal(input_fd(sh));
	int out = own_terminal(STDERR_FILENO);
	bool vi = false;
	sh_is_utf8(sh); // sets the locale
	if (in < 0 || out < 0 || found->open(&table, in, out, &vi) < 0) {
		cn_fd_close(&in);
		cn_fd_close(&out);
		return NULL;
	}
	editor = found;
	if (vi && (sh->options & SH_OPT_VI) == 0 && !sh->edit_chosen) {
		sh_option_set(sh, SH_OPT_VI, true);
	}
	return editor;
}

const struct sh_edit_module *sh_edit_module_open(struct shell *sh) {
	bool typed = (sh->options & SH_OPT_INTERACTIVE) != 0 && isatty(input_fd(sh)) && isatty(STDERR_FILENO);
	return typed ? module(sh) : NULL;
}

/* ---- lines ---- */

static void write_prompt(struct shell *sh, const char *text) {
	sh_fd_write(sh, 2, text, strlen(text));
}

/* 2.12: ignoreeof. */
static bool is_ignored_end(struct shell *sh, int fd) {
	static const char message[] = "Use \"exit\" to leave the shell.\n";
	if ((sh->options & SH_OPT_IGNOREEOF) == 0 || !isatty(fd)) {
		return false;
	}
	sh_fd_write(sh, 2, message, sizeof(message) - 1);
	return true;
}

/* As the terminal, or a file that poses as one, gives it. */
static enum sh_edit_outcome read_plain(
		struct shell *sh, int fd, const char *prompt, struct cn_buf *line) {
	size_t start = line->len;
	write_prompt(sh, prompt);
	for (;;) {
		enum sh_edit_event event = wait_key(sh, fd);
		if (event == SH_EDIT_INTERRUPT) {
			write_prompt(sh, "\n");
			return SH_EDIT_LEFT;
		}
		if (event == SH_EDIT_RUN) {
			if (!run_due(sh)) {
				return SH_EDIT_LEFT;
			}
			continue;
		}
		char c;
		ssize_t n = event == SH_EDIT_KEY ? read(fd, &c, 1) : -1;
		if (n < 0 && (event != SH_EDIT_KEY || errno == EINTR)) {
			continue;
		}
		if (n <= 0) {
			return line->len > start ? SH_EDIT_LINE : SH_EDIT_END;
		}
		cn_buf_putc(line, c);
		if (c == '\n') {
			return SH_EDIT_LINE;
		}
	}
}

static enum sh_edit_outcome read_edited(struct shell *sh, const struct sh_edit_module *editor,
		const char *prompt, bool again, struct cn_buf *line) {
	uint32_t flags = again ? SH_EDIT_AGAIN : 0;
	flags |= (sh->options & SH_OPT_VI) != 0 ? SH_EDIT_VI : 0;
	flags |= (sh->options & SH_OPT_HISTEXPAND) != 0 ? SH_EDIT_HISTEXPAND : 0;
	char *text = NULL;
	enum sh_edit_outcome outcome = editor->read(prompt, flags, &text);
	if (outcome == SH_EDIT_PROGRAM) {
		static const char command[] = "fc -e \"${VISUAL:-${EDITOR:-vi}}\"\n";
		if (*text != '\0') {
			sh_history_push(sh, text, strlen(text), 0);
		}
		cn_buf_puts(line, command);
		outcome = SH_EDIT_LINE;
	} else if (outcome == SH_EDIT_LINE) {
		cn_buf_puts(line, text);
		cn_buf_putc(line, '\n');
	}
	free(text);
	return outcome;
}

bool sh_edit_line(struct shell *sh, bool again, struct cn_buf *line) {
	int fd = input_fd(sh);
	const struct sh_edit_module *editor = NULL;
	if ((sh->options & (SH_OPT_VI | SH_OPT_EMACS)) != 0 && isatty(fd) && isatty(STDERR_FILENO)) {
		editor = module(sh);
	}
	if (!again) {
		sh_jobs_note_modes(sh);
		sh_loader_before_prompt(sh);
		sh_prompt_command(sh);
	}
	enum sh_edit_outcome outcome = SH_EDIT_LEFT;
	while (sh->unwind == SH_UNWIND_NONE) {
		const char *text = sh_var_get_text(sh, again ? "PS2" : "PS1");
		struct cn_buf prompt = CN_BUF_INIT;
		sh_prompt(sh, text != NULL ? text : "", editor != NULL, &prompt);
		if (editor != NULL) {
			outcome = read_edited(sh, editor, prompt.data, again, line);
		} else {
			outcome = read_plain(sh, fd, prompt.data, line);
		}
		cn_buf_finish(&prompt);
		if (outcome != SH_EDIT_END || again || !is_ignored_end(sh, fd)) {
			break;
		}
	}
	if (outcome == SH_EDIT_LEFT && sh->unwind == SH_UNWIND_NONE) {
		if (take_own(sh, SIGINT)) {
			sh->status = 128 + SIGINT;
		}
		sh_trap_run(sh);
		if (sh->unwind == SH_UNWIND_NONE) {
			sh->unwind = SH_UNWIND_ERROR;
		}
	}
	if (outcome == SH_EDIT_END && !again && isatty(fd)) {
		write_prompt(sh, "exit\n");
	}
	return outcome == SH_EDIT_LINE;
}

void sh_edit_start(struct shell *sh) {
	if (!isatty(STDIN_FILENO)) {
		return;
	}
	window_changed(sh);
	sh_trap_catch_window(sh);
	sh_trap_catch_chld(sh);
	if ((sh->options & (SH_OPT_VI | SH_OPT_EMACS)) == 0 && !sh->edit_chosen) {
		sh->options |= SH_OPT_EMACS;
	}
}
