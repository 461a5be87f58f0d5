/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include <string.h>

#include "shell/builtin.h"
#include "shell/loader.h"

/* What each builtin is for, sorted; tests/shell/startup.bats sees that none is missing. */
static const char *const summaries[][2] = {
	{ ".", "run a file's commands in this shell" },
	{ ":", "do nothing, successfully" },
	{ "[", "test a condition" },
	{ "alias", "give a command another name" },
	{ "bg", "let a stopped job go on in the background" },
	{ "bind", "bind keys of the line editor" },
	{ "break", "leave a loop" },
	{ "cd", "change the working directory" },
	{ "command", "run a command whatever functions there are, or tell what it is" },
	{ "compgen", "print what may complete a word" },
	{ "complete", "say how the words of a command are completed" },
	{ "continue", "begin the next round of a loop" },
	{ "declare", "give variables values and attributes" },
	{ "disown", "forget jobs" },
	{ "echo", "print words" },
	{ "enable", "load builtins from a file" },
	{ "eval", "run words as a command line" },
	{ "exec", "replace the shell by a program, or change its files" },
	{ "exit", "end the shell" },
	{ "export", "pass variables to programs" },
	{ "false", "fail" },
	{ "fc", "list, edit and run commands of the history" },
	{ "fg", "bring a job to the foreground" },
	{ "getopts", "read options" },
	{ "hash", "show or forget where programs are" },
	{ "help", "tell about the commands" },
	{ "history", "list or change the history" },
	{ "jobs", "list jobs" },
	{ "kill", "send a signal" },
	{ "local", "make variables local to a function" },
	{ "plugin", "load plugins" },
	{ "printf", "print by a format" },
	{ "pwd", "print the working directory" },
	{ "read", "read a line into variables" },
	{ "readonly", "make variables constant" },
	{ "return", "leave a function" },
	{ "set", "set options and positional parameters" },
	{ "shift", "drop positional parameters" },
	{ "source", "run a file's commands in this shell" },
	{ "suspend", "stop this shell" },
	{ "test", "test a condition" },
	{ "times", "tell the processor time used" },
	{ "trap", "say what happens on a signal" },
	{ "true", "succeed" },
	{ "type", "tell what a command is" },
	{ "typeset", "give variables values and attributes" },
	{ "ulimit", "show or set limits" },
	{ "umask", "show or set the mask of new files" },
	{ "unalias", "drop an alias" },
	{ "unset", "drop variables or functions" },
	{ "wait", "wait for jobs" },
};

static const char *summary(const char *name) {
	for (size_t i = 0; i < sizeof(summaries) / sizeof(summaries[0]); i++) {
		if (strcmp(summaries[i][0], name) == 0) {
			return summaries[i][1];
		}
	}
	return "";
}

static int list_all(struct shell *sh) {
	for (const struct sh_builtin *const *b = sh_builtin_table; *b != NULL; b++) {
		sh_printf(sh, "%-10s %s\n", (*b)->name, summary((*b)->name));
	}
	if ((sh->options & SH_OPT_POSIX) == 0) {
		sh_puts(sh, "\nhelp NAME tells how one is used, conch help what there is for concurrency.\n");
	}
	return 0;
}

/* A command of the plugin knows itself. */
static int ask_plugin(struct shell *sh, const char *name) {
	char *words[] = { (char *)"conch", (char *)"help", (char *)name, NULL };
	return sh_call(sh, 3, words, SH_LOOKUP_NO_FUNC);
}

static int show(struct shell *sh, const char *name) {
	for (const struct sh_builtin *const *b = sh_builtin_table; *b != NULL; b++) {
		if (strcmp((*b)->name, name) == 0) {
			const char *usage = (*b)->usage != NULL ? (*b)->usage : "";
			sh_printf(sh, "%s%s%s\n    %s\n", name, *usage != '\0' ? " " : "", usage, summary(name));
			return 0;
		}
	}
	struct sh_command found = sh_lookup(sh, name, SH_LOOKUP_NO_FUNC);
	if (found.kind == SH_CMD_BUILTIN) {
		return ask_plugin(sh, name);
	}
	sh_error(sh, "%s: no such builtin", name);
	return 1;
}

/* help [NAME...] */
static int run_help(struct shell *sh, int argc, char **argv) {
	struct sh_opts opts = { 0 };
	if (sh_getopt(sh, &opts, argc, argv, "") != -1) {
		return 2;
	}
	int status = 0;
	for (int i = opts.index; i < argc; i++) {
		int one = show(sh, argv[i]);
		status = one != 0 ? one : status;
	}
	return opts.index < argc ? status : list_all(sh);
}

const struct sh_builtin sh_builtin_help = { "help", run_help, SH_BUILTIN_INTRINSIC, "[NAME...]" };
