/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "shell/builtin.h"

#include <stdlib.h>
#include <string.h>

/*
 * getopts OPTSTRING NAME [ARGUMENT...] (XCU getopts). Between calls OPTIND says which argument
 * comes next, and sh->state.offset how far into a group of options it was read; assigning OPTIND
 * starts at the front of that argument.
 */

struct scan {
	struct shell *sh;
	const char *letters; // OPTSTRING without the leading colon
	bool silent; // there was one
	char **args;
	int count;
	int index; // OPTIND
	char name[2]; // what NAME becomes
	const char *optarg; // what OPTARG becomes; NULL: unset
	size_t optarg_len;
};

/* The letter is unknown, or lacks its argument. */
static void fail(struct scan *scan, const char *letter, bool known) {
	scan->name[0] = scan->silent && known ? ':' : '?';
	if (scan->silent) {
		scan->optarg = letter;
		scan->optarg_len = 1;
	} else {
		sh_error(scan->sh, known ? "-%c: argument missing" : "-%c: unknown option", *letter);
	}
}

/* The option's argument: the rest of the group, or the next argument. */
static void take_argument(struct scan *scan, const char *letter) {
	if (letter[1] != '\0') {
		scan->optarg = letter + 1;
	} else if (scan->index <= scan->count) {
		scan->optarg = scan->args[scan->index++ - 1];
	} else {
		fail(scan, letter, true);
		return;
	}
	scan->optarg_len = strlen(scan->optarg);
}

/* Read one option. Returns how far into its argument the next one stands, -1 at the end of all. */
static int scan_next(struct scan *scan, int offset) {
	const char *arg = scan->index <= scan->count ? scan->args[scan->index - 1] : "";
	if (offset == 0 || (size_t)offset >= strlen(arg)) {
		offset = 1;
		if (arg[0] != '-' || arg[1] == '\0') {
			return -1;
		}
		if (strcmp(arg, "--") == 0) {
			scan->index++;
			return -1;
		}
	}
	const char *letter = arg + offset++;
	const char *found = *letter == ':' ? NULL : strchr(scan->letters, *letter);
	bool takes = found != NULL && found[1] == ':';
	scan->name[0] = *letter;
	if (takes || arg[offset] == '\0') {
		scan->index++;
		offset = 0;
	}
	if (found == NULL) {
		fail(scan, letter, false);
	} else if (takes) {
		take_argument(scan, letter);
	}
	return offset;
}

/* Set the variables. 0, or -1 with a message when one is read-only. */
static int publish(struct scan *scan, struct sh_name *name, bool end) {
	struct shell *sh = scan->sh;
	int err = sh_var_set_int(sh, sh->n.optind, scan->index);
	if (err == 0 && scan->optarg != NULL) {
		err = sh_var_set(sh, sh->n.optarg, scan->optarg, scan->optarg_len);
	} else if (err == 0) {
		err = sh_var_unset(sh, sh->n.optarg);
	}
	return err == 0 ? sh_var_set(sh, name, end ? "?" : scan->name, 1) : err;
}

static int optind_now(struct shell *sh) {
	const char *text = sh_var_get(sh, sh->n.optind);
	long value = text == NULL ? 1 : strtol(text, NULL, 10);
	return value < 1 || value > 1 << 30 ? 1 : (int)value;
}

static int run_getopts(struct shell *sh, int argc, char **argv) {
	struct sh_opts opts = { 0 };
	if (sh_getopt(sh, &opts, argc, argv, "") == '?') {
		return 2;
	}
	if (argc - opts.index < 2) {
		return sh_usage(sh, NULL);
	}
	const char *letters = argv[opts.index];
	const char *name = argv[opts.index + 1];
	if (!sh_is_name(name, strlen(name))) {
		sh_error(sh, "%s: not a name", name);
		return 2;
	}
	bool given = argc - opts.index > 2;
	struct scan scan = {
		.sh = sh,
		.letters = letters + (*letters == ':'),
		.silent = *letters == ':',
		.args = given ? argv + opts.index + 2 : sh->params.argv,
		.count = given ? argc - opts.index - 2 : sh->params.argc,
		.index = optind_now(sh),
	};
	int offset = scan_next(&scan, sh->state.offset);
	int err = publish(&scan, sh_name(sh, name), offset < 0);
	sh->state.offset = offset < 0 ? 0 : offset; // setting OPTIND has reset it
	return err != 0 ? 2 : offset < 0 ? 1 : 0;
}

const struct sh_builtin sh_builtin_getopts = { "getopts", run_getopts, SH_BUILTIN_INTRINSIC,
	"OPTSTRING NAME [ARGUMENT...]" };
