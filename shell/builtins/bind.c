/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "shell/builtin.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "shell/edit.h"
#include "shell/edit_module.h"

/* bind [-m KEYMAP] [-lpsv] [-f FILE] [LINE...]: keys of the line editor, a LINE as in inputrc; as in bash. */

static bool bad_keymap(struct shell *sh, const char *map) {
	sh_error(sh, "%s: no such keymap", map);
	return false;
}

static bool put_list(struct shell *sh, const struct sh_edit_module *editor, const char *map, char what) {
	char *text = editor->list(map, what);
	if (text == NULL) {
		return bad_keymap(sh, map != NULL ? map : "");
	}
	sh_puts(sh, text);
	free(text);
	return true;
}

static bool read_file(struct shell *sh, const struct sh_edit_module *editor, const char *path) {
	int err = editor->bind_file(path);
	if (err < 0) {
		sh_error(sh, "%s: %s", path, strerror(-err));
	}
	return err == 0;
}

static bool bind_line(struct shell *sh, const struct sh_edit_module *editor, const char *map, const char *line) {
	int err = editor->bind(map, line);
	if (err == -ENOENT) {
		return bad_keymap(sh, map);
	}
	if (err < 0) {
		sh_error(sh, "%s: not a binding", line);
	}
	return err == 0;
}

static int run_bind(struct shell *sh, int argc, char **argv) {
	struct sh_opts opts = { 0 };
	const char *map = NULL;
	const char *file = NULL;
	char what = '\0';
	for (int option; (option = sh_getopt(sh, &opts, argc, argv, "f:lm:psv")) != -1;) {
		if (option == '?') {
			return 2;
		}
		if (option == 'm') {
			map = opts.arg;
		} else if (option == 'f') {
			file = opts.arg;
		} else {
			what = (char)option;
		}
	}
	const struct sh_edit_module *editor = sh_edit_module_open(sh);
	if (editor == NULL) {
		sh_error(sh, "no line editor here");
		return 1;
	}
	bool good = what == '\0' || put_list(sh, editor, map, what);
	good &= file == NULL || read_file(sh, editor, file);
	for (char **line = argv + opts.index; *line != NULL; line++) {
		good &= bind_line(sh, editor, map, *line);
	}
	return good ? 0 : 1;
}

const struct sh_builtin sh_builtin_bind = { "bind", run_bind, SH_BUILTIN_INTRINSIC,
	"[-m KEYMAP] [-lpsv] [-f FILE] [LINE...]" };
