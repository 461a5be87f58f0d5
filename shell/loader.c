/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "shell/builtin.h"
#include "shell/loader.h"

const struct sh_builtin *sh_loader_autoload(struct shell *sh, struct sh_name *name) {
	return NULL;
}

int sh_loader_load(struct shell *sh, const char *file, char **names) {
	return -1;
}

void sh_loader_list(struct shell *sh) {
}

void sh_loader_at_exit(struct shell *sh) {
}
