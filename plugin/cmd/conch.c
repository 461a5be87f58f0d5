/* SPDX-License-Identifier: GPL-3.0-or-later */
/* plugin/cmd/conch.c - the umbrella: what is about the session as a whole. See plugin/command.h. */
#include "config.h"

#include <inttypes.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "lib/proc/task.h"
#include "lib/shm/alloc.h"
#include "lib/shm/names.h"
#include "lib/shm/shared.h"
#include "plugin/command.h"
#include "plugin/complete.h"
#include "plugin/host.h"
#include "plugin/names.h"
#include "plugin/objects.h"
#include "plugin/report.h"
#include "plugin/session.h"

struct list_args {
	bool json;
};

static const struct opt list_opts[] = {
	{ 'J', "json", OPT_FLAG, offsetof(struct list_args, json), NULL, "as JSON" },
	{ 0 },
};

static int conch_help(struct cmd *cmd, void *args) {
	struct cn_buf text = CN_BUF_INIT;
	int status = STATUS_OK;
	if (cmd->argc == 0) {
		for (const struct command *const *c = commands; *c != NULL; c++) {
			cn_buf_printf(&text, "%-9s %s\n", (*c)->name, (*c)->summary);
		}
		cn_buf_puts(&text, "\nconch help COMMAND tells more.\n");
	}
	for (int i = 0; i < cmd->argc && status == STATUS_OK; i++) {
		const struct command *command = command_find(cmd->argv[i]);
		if (command == NULL) {
			status = cmd_fail(cmd, STATUS_NO_OBJECT, "%s: no such command", cmd->argv[i]);
		} else {
			command_help(&text, command, NULL);
		}
	}
	status = status == STATUS_OK ? cmd_print(cmd, &text) : status;
	cn_buf_finish(&text);
	return status;
}

static int conch_version(struct cmd *cmd, void *args) {
	return cmd_givef(cmd, NULL, "conch %s (%s)", PACKAGE_VERSION, host->name);
}

// ---- the objects of the session, and the machine-wide ones -------------------------------------

static int open_arenas(const struct cmd *cmd, struct cn_arena **session, struct cn_arena **shared) {
	int status = session_open(cmd, session);
	return status == STATUS_OK ? names_shared(cmd, shared) : status;
}

// Columns of the terminal that stdout is; 0: it is none.
static size_t terminal_width(void) {
	struct winsize size;
	host->flush();
	bool is_terminal = ioctl(host->fd(STDOUT_FILENO), TIOCGWINSZ, &size) == 0;
	return is_terminal && size.ws_col > 0 ? size.ws_col : 0;
}

static int conch_list(struct cmd *cmd, void *data) {
	const struct list_args *args = data;
	struct cn_arena *session;
	struct cn_arena *shared;
	int status = open_arenas(cmd, &session, &shared);
	if (status != STATUS_OK) {
		return status;
	}
	struct object_list list = { .text = CN_BUF_INIT, .json = args->json, .width = terminal_width() };
	objects_begin(&list);
	int err = objects_list(session, "", &list);
	if (err == 0 && shared != NULL) {
		err = objects_list(shared, "/", &list);
	}
	objects_end(&list);
	status = err < 0 ? cmd_result(cmd, NULL, err, NULL) : cmd_print(cmd, &list.text);
	cn_buf_finish(&list.text);
	return status;
}

// Sweep what the dead left; add to *freed what could be counted. 0 or a negative errno.
static int sweep(struct cn_arena *arena, uint64_t *freed) {
	int (*const steps[])(struct cn_arena *arena) = { cn_task_sweep, cn_name_sweep, cn_alloc_sweep };
	for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
		int count = steps[i](arena);
		if (count < 0) {
			return count;
		}
		*freed += (uint64_t)count;
	}
	return cn_alloc_trim(arena);
}

static int conch_gc(struct cmd *cmd, void *data) {
	struct cn_arena *arenas[2];
	uint64_t freed = 0;
	uint64_t resident = 0;
	int status = open_arenas(cmd, &arenas[0], &arenas[1]);
	for (size_t i = 0; i < 2 && status == STATUS_OK && arenas[i] != NULL; i++) {
		struct cn_alloc_stats stats = { 0 };
		int err = sweep(arenas[i], &freed);
		err = err == 0 ? cn_alloc_stats(arenas[i], &stats) : err;
		status = cmd_result(cmd, NULL, err, NULL);
		resident += stats.resident;
	}
	if (status != STATUS_OK) {
		return status;
	}
	cn_shared_tidy(); // nobody has machine-wide objects any more: the file goes
	return cmd_givef(cmd, NULL, "%" PRIu64 " freed, %" PRIu64 " KiB in use", freed, resident / 1024);
}

static int conch_complete(struct cmd *cmd, void *args) {
	struct cn_buf text = CN_BUF_INIT;
	complete_words(cmd->argc, cmd->argv, &text);
	int status = text.len > 0 ? cmd_print(cmd, &text) : STATUS_NO;
	cn_buf_finish(&text);
	return status;
}

const struct command command_conch = {
	.name = "conch",
	.summary = "concurrency for the shell: all commands under one name",
	.is_umbrella = true,
	.forkless = true,
	.verbs =
			(const struct verb[]){
					{ "complete", conch_complete, 1, MANY, "WORD...",
							"print what may stand for the last WORD of a command line" },
					{ "help", conch_help, 0, MANY, "[COMMAND...]",
							"what the commands are, or how one is used" },
					{ "version", conch_version, 0, 0, NULL, "print the version" },
					{ "list", conch_list, 0, 0, NULL,
							"all objects of the session: kind, name, waiters, bytes, state (holders)",
							list_opts, sizeof(struct list_args) },
					{ "gc", conch_gc, 0, 0, NULL, "free what dead processes left" },
					{ 0 },
			},
};
