/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "plugin/command.h"

#include <stdalign.h>
#include <string.h>

#include "plugin/host.h"
#include "plugin/options.h"
#include "plugin/report.h"

#define CONCH_COMMAND(word) extern const struct command command_##word;
#include "plugin/commands.def"
#undef CONCH_COMMAND

const struct command *const commands[] = {
#define CONCH_COMMAND(word) &command_##word,
#include "plugin/commands.def"
#undef CONCH_COMMAND
	NULL,
};

const struct host *host;
int command_depth;

// The largest argument struct a verb may have; they live on the stack of one call.
enum { ARGS_MAX = 1024 };

const struct command *command_find(const char *name) {
	for (const struct command *const *c = commands; *c != NULL; c++) {
		if (strcmp((*c)->name, name) == 0) {
			return *c;
		}
	}
	return NULL;
}

static const struct verb *verb_find(const struct command *command, const char *name) {
	for (const struct verb *v = command->verbs; v->name != NULL; v++) {
		if (v->name[0] == name[0] && strcmp(v->name, name) == 0) {
			return v;
		}
	}
	return NULL;
}

static int wrong_verb(const struct cmd *cmd, const char *word) {
	const char *names[64];
	size_t count = 0;
	for (const struct verb *v = cmd->command->verbs; v->name != NULL && count < 64; v++) {
		names[count++] = v->name;
	}
	if (word[0] == '-') {
		return cmd_fail(cmd, STATUS_USAGE, "%s: options stand behind the verb; try %s --help", word,
				cmd->command->name);
	}
	const char *near = nearest(word, names, count);
	if (near != NULL) {
		return cmd_fail(cmd, STATUS_USAGE, "%s: unknown verb; did you mean %s?", word, near);
	}
	return cmd_fail(cmd, STATUS_USAGE, "%s: unknown verb; try %s --help", word, cmd->command->name);
}

static int print_help(const struct cmd *cmd) {
	struct cn_buf text = CN_BUF_INIT;
	command_help(&text, cmd->command, cmd->verb);
	int status = cmd_print(cmd, &text);
	cn_buf_finish(&text);
	return status;
}

static int check_operands(const struct cmd *cmd) {
	if (cmd->argc < cmd->verb->min) {
		return cmd_usage(cmd);
	}
	if (cmd->argc > cmd->verb->max) {
		return cmd_fail(cmd, STATUS_USAGE, "%s: unexpected operand", cmd->argv[cmd->verb->max]);
	}
	return STATUS_OK;
}

static int run_verb(struct cmd *cmd, int argc, char **argv) {
	alignas(max_align_t) char args[ARGS_MAX];
	const struct verb *verb = cmd->verb;
	if (verb->defaults != NULL) {
		memcpy(args, verb->defaults, verb->args_size);
	} else {
		memset(args, 0, verb->args_size);
	}
	int operands = 0;
	int status = STATUS_USAGE;
	enum opt_outcome outcome = argc > 0 && argv[0][0] == '-'
			? options_read(cmd, argc, argv, args, &operands)
			: OPT_READ;
	if (outcome == OPT_HELP) {
		status = print_help(cmd);
	} else if (outcome == OPT_READ) {
		cmd->argc = argc - operands;
		cmd->argv = argv + operands;
		status = check_operands(cmd);
		if (status == STATUS_OK) {
			if (!verb->forkless && !cmd->command->forkless) {
				host->own_process();
			}
			return verb->run(cmd, args); // which frees what options put into args
		}
	}
	if (verb->finish != NULL) {
		verb->finish(args);
	}
	return status;
}

/*
 * The other command that an umbrella's first word means. Its own verbs come first; but one without
 * operands leaves words behind it to the command of that name: `conch list push ...`.
 */
static const struct command *command_under(
		const struct command *umbrella, const struct verb *verb, int argc, char **argv) {
	const struct command *command = command_find(argv[1]);
	bool has_words = argc > 2 && argv[2][0] != '-';
	return command == umbrella || (verb != NULL && (verb->max > 0 || !has_words)) ? NULL : command;
}

static int run_command(const struct command *command, int argc, char **argv) {
	struct cmd cmd = { .command = command };
	if (command->verbs->name == NULL) {
		cmd.verb = command->verbs;
		return run_verb(&cmd, argc - 1, argv + 1);
	}
	if (argc < 2) {
		return cmd_usage(&cmd);
	}
	if (argv[1][0] == '-' && (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0)) {
		return print_help(&cmd);
	}
	cmd.verb = verb_find(command, argv[1]);
	const struct command *other =
			command->is_umbrella ? command_under(command, cmd.verb, argc, argv) : NULL;
	if (other != NULL) {
		return command_run(other, argc - 1, argv + 1);
	}
	if (cmd.verb == NULL) {
		return wrong_verb(&cmd, argv[1]);
	}
	return run_verb(&cmd, argc - 2, argv + 2);
}

// Who leaves by longjmp goes by the depth of whoever it comes to.
int command_run(const struct command *command, int argc, char **argv) {
	int depth = command_depth;
	command_depth = depth + 1;
	int status = run_command(command, argc, argv);
	command_depth = depth;
	return status;
}
