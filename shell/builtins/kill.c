/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "shell/builtin.h"
#include "shell/jobs.h"
#include "shell/subshell.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

/*
 * kill [-s SIGNAL | -n NUMBER | -SIGNAL] PROCESS... and kill -l [STATUS...] (XCU kill). The options
 * are read by hand: `-9` and `-TERM` are options, and behind one of them `-123` is an operand.
 */

/* "%s%c" with a space between the names and a newline at the end. */
static int list_all(struct shell *sh) {
	for (int sig = 1, first = 1; sig <= SIGRTMAX; sig++) {
		const char *name = sh_signal_name(sig);
		if (name != NULL) {
			sh_puts(sh, first ? "" : " ");
			sh_puts(sh, name);
			first = 0;
		}
	}
	sh_putc(sh, '\n');
	return 0;
}

/* A number, also of a process that a signal ended, as a name; a name as its number. */
static int list_one(struct shell *sh, const char *text) {
	if (text[strspn(text, "0123456789")] != '\0' || *text == '\0') {
		int sig = *text == '\0' ? -1 : sh_signal_number(text);
		if (sig >= 0) {
			sh_printf(sh, "%d\n", sig);
			return 0;
		}
	} else {
		long status = strlen(text) > 8 ? -1 : atol(text);
		const char *name = sh_signal_name((int)(status > 128 ? status - 128 : status));
		if (status >= 0 && name != NULL) {
			sh_puts(sh, name);
			sh_putc(sh, '\n');
			return 0;
		}
	}
	sh_error(sh, "%s: no such signal", text);
	return 1;
}

static int list(struct shell *sh, char **operands) {
	int status = 0;
	if (*operands != NULL && strcmp(*operands, "--") == 0) {
		operands++;
	}
	if (*operands == NULL) {
		return list_all(sh);
	}
	for (; *operands != NULL; operands++) {
		status |= list_one(sh, *operands);
	}
	return status;
}

/* The operand as the argument of kill(2). False after a message. */
static bool target_read(struct shell *sh, const char *text, pid_t *target) {
	if (*text == '%') {
		bool is_group = false;
		pid_t pid = sh_job_target(sh, text, &is_group);
		*target = is_group ? -pid : pid;
		return pid != -1;
	}
	char *end;
	errno = 0;
	long pid = strtol(text, &end, 10);
	if (end == text || *end != '\0' || errno != 0 || pid != (pid_t)pid) {
		sh_error(sh, "%s: not a process number or job", text);
		return false;
	}
	*target = (pid_t)pid;
	return true;
}

static int send(struct shell *sh, int sig, char **operands) {
	int status = 0;
	if (*operands == NULL) {
		return sh_usage(sh, NULL);
	}
	bool stops = sig == SIGSTOP || sig == SIGTSTP || sig == SIGTTIN || sig == SIGTTOU;
	if (stops && !sh_subshell_detach(sh)) { // it may be us, and a subshell that goes on
		return sh->status;
	}
	sh_jobs_reap(sh); // a child that has ended is no process any more: `while kill -0 $!`
	for (; *operands != NULL; operands++) {
		pid_t target;
		if (!target_read(sh, *operands, &target)) {
			status = 1;
		} else if (kill(target, sig) < 0) {
			sh_error(sh, "%s: %s", *operands, strerror(errno));
			status = 1;
		} else if (**operands == '%' && (sig == SIGTERM || sig == SIGHUP || sig == SIGCONT)) {
			kill(target, SIGCONT); // a stopped job could not know
			sh_job_continued(sh_job_find(sh, *operands));
		}
	}
	return status;
}

/*
 * The signal that the options say, TERM without one. Moves *argv on to the operands. -1: there is
 * no such signal, and a message says so.
 */
static int signal_read(struct shell *sh, char ***argv) {
	const char *option = **argv;
	const char *text = option == NULL ? NULL : option + 1;
	if (option == NULL || option[0] != '-' || strcmp(option, "--") == 0) {
		return SIGTERM;
	}
	++*argv;
	if (option[1] == 's' || option[1] == 'n') {
		bool attached = option[2] != '\0' && sh_signal_number(text) < 0;
		if (option[2] == '\0') {
			text = **argv;
			*argv += text != NULL;
		} else if (attached) {
			text = option + 2;
		}
	}
	int sig = text == NULL || *text == '\0' ? -1 : sh_signal_number(text);
	if (sig < 0) {
		sh_error(sh, "%s: no such signal", text == NULL ? option : text);
	}
	return sig;
}

static int run_kill(struct shell *sh, int argc, char **argv) {
	argv++;
	if (*argv != NULL && (strcmp(*argv, "-l") == 0 || strcmp(*argv, "-L") == 0)) {
		return list(sh, argv + 1);
	}
	int sig = signal_read(sh, &argv);
	if (sig < 0) {
		return 2;
	}
	if (*argv != NULL && strcmp(*argv, "--") == 0) {
		argv++;
	}
	return send(sh, sig, argv);
}

const struct sh_builtin sh_builtin_kill = { "kill", run_kill, SH_BUILTIN_INTRINSIC,
	"[-s SIGNAL | -n NUMBER | -SIGNAL] PROCESS... | -l [STATUS...]" };
