/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "lib/base/buf.h"
#include "shell/builtin.h"
#include "shell/edit.h"
#include "shell/expand.h"
#include "shell/fd.h"
#include "shell/input.h"
#include "shell/trap.h"

static void prompt(struct shell *sh, const char *name, const char *otherwise) {
	const char *value = sh_var_get_text(sh, name);
	struct sh_mark mark = sh_arena_mark(&sh->scratch);
	int status = sh->status;
	const char *text = sh_expand_text(sh, value != NULL ? value : otherwise);
	sh->status = status;
	if (text != NULL) {
		sh_fd_write(sh, 2, text, strlen(text));
	}
	sh_arena_release(&sh->scratch, mark);
}

/* 2.12: ignoreeof. */
static bool end_of_input(struct shell *sh) {
	static const char message[] = "Use \"exit\" to leave the shell.\n";
	if ((sh->options & SH_OPT_IGNOREEOF) == 0 || !isatty(sh->input != NULL ? sh->input->fd : 0)) {
		return true;
	}
	sh_fd_write(sh, 2, message, sizeof(message) - 1);
	return false;
}

bool sh_edit_line(struct shell *sh, bool again, struct cn_buf *line) {
	int fd = sh->input != NULL ? sh->input->fd : 0;
	prompt(sh, again ? "PS2" : "PS1", again ? "> " : geteuid() == 0 ? "# " : "$ ");
	for (;;) {
		char c;
		ssize_t n = read(fd, &c, 1);
		if (n < 0 && errno == EINTR) {
			if (sh_signal_any) {
				sh_trap_run(sh);
			}
			if (sh->unwind != SH_UNWIND_NONE) {
				return false;
			}
			continue;
		}
		if (n <= 0) {
			if (line->len == 0 && !again && !end_of_input(sh)) {
				prompt(sh, "PS1", "$ ");
				continue;
			}
			return line->len > 0;
		}
		cn_buf_putc(line, c);
		if (c == '\n') {
			return true;
		}
	}
}
