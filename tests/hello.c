/* SPDX-License-Identifier: GPL-3.0-or-later */
/* tests/hello.c - a plugin of the conch shell that is not conch.so: what docs/plugin-api.md says. */
#include "config.h"

#include <stdio.h>
#include <string.h>

#include "shell/plugin_api.h"

static const struct sh_plugin_api *shell;
static struct shell *sh;

/* hello [NAME] */
static int hello(void *data, int argc, char **argv) {
	const char *name = argc > 1 ? argv[1] : data;
	shell->write(sh, "hello ", 6);
	shell->write(sh, name, strlen(name));
	return shell->write(sh, "\n", 1) < 0;
}

/* twice COMMAND [ARG...]: unless the first time leaves */
static int twice(void *data, int argc, char **argv) {
	int status = 0;
	for (int i = 0; i < 2; i++) {
		status = argc > 1 ? shell->run(sh, argc - 1, argv + 1) : 2;
		if (shell->unwinding(sh, &status)) {
			shell->error(sh, "left\n", 5);
			return status;
		}
	}
	return status;
}

static const struct sh_plugin_command commands[] = {
	{ "hello", "[name]", hello, (void *)(uintptr_t) "world" },
	{ "twice", "command [argument...]", twice, NULL },
	{ "cd", NULL, hello, NULL }, // the shell's own stays
};

__attribute__((visibility("default"))) sh_plugin_init conch_plugin_init;

int conch_plugin_init(struct shell *s, const struct sh_plugin_api *api) {
	if (api->version != SH_PLUGIN_VERSION) {
		return -1;
	}
	sh = s;
	shell = api;
	api->add(s, &commands[0]);
	api->add(s, &commands[1]);
	return api->add(s, &commands[2]) < 0 ? 0 : -1;
}
