/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "shell/builtin.h"

#include <stdlib.h>
#include <string.h>

static bool has_path(const struct sh_name *name) {
	return name->path != NULL;
}

static void put_all(struct shell *sh) {
	struct sh_name **names = sh_name_list(sh, has_path);
	for (size_t i = 0; names[i] != NULL; i++) {
		sh_puts(sh, names[i]->path);
		sh_putc(sh, '\n');
	}
	free(names);
}

/* Find and remember one utility. Returns the status. */
static int remember(struct shell *sh, const char *word) {
	if (strchr(word, '/') != NULL) {
		return 0; // nothing to search for
	}
	struct sh_name *name = sh_name_find(sh, word, strlen(word));
	if (name != NULL) {
		free(name->path); // search anew, as the operand asks for
		name->path = NULL;
	}
	if (sh_lookup(sh, word, 0).kind != SH_CMD_NONE) {
		return 0;
	}
	sh_error(sh, "%s: not found", word);
	return 1;
}

/* hash [-r] [UTILITY...] (XCU hash) */
static int run_hash(struct shell *sh, int argc, char **argv) {
	struct sh_opts opts = { 0 };
	bool forget = false;
	for (int c; (c = sh_getopt(sh, &opts, argc, argv, "r")) != -1; forget = true) {
		if (c == '?') {
			return 2;
		}
	}
	if (forget) {
		sh_lookup_reset(sh);
	} else if (opts.index == argc) {
		put_all(sh);
	}
	int status = 0;
	for (int i = opts.index; i < argc; i++) {
		status |= remember(sh, argv[i]);
	}
	return status;
}

const struct sh_builtin sh_builtin_hash = { "hash", run_hash, SH_BUILTIN_INTRINSIC,
	"[-r] [UTILITY...]" };
