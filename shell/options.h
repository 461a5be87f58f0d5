/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * shell/options.h - the options of `set` and of the command line (XCU 2.15 set, sh).
 */
#ifndef SH_OPTIONS_H
#define SH_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

struct shell;

enum sh_option {
	SH_OPT_ALLEXPORT = 1 << 0, // -a
	SH_OPT_NOTIFY = 1 << 1, // -b
	SH_OPT_NOCLOBBER = 1 << 2, // -C
	SH_OPT_ERREXIT = 1 << 3, // -e
	SH_OPT_NOGLOB = 1 << 4, // -f
	SH_OPT_HASHALL = 1 << 5, // -h
	SH_OPT_INTERACTIVE = 1 << 6, // -i
	SH_OPT_MONITOR = 1 << 7, // -m
	SH_OPT_NOEXEC = 1 << 8, // -n
	SH_OPT_STDIN = 1 << 9, // -s
	SH_OPT_NOUNSET = 1 << 10, // -u
	SH_OPT_VERBOSE = 1 << 11, // -v
	SH_OPT_XTRACE = 1 << 12, // -x
	SH_OPT_IGNOREEOF = 1 << 13,
	SH_OPT_NOLOG = 1 << 14,
	SH_OPT_PIPEFAIL = 1 << 15,
	SH_OPT_VI = 1 << 16,
	SH_OPT_EMACS = 1 << 17,
	SH_OPT_COMMAND = 1 << 18, // -c
	SH_OPT_POSIX = 1 << 19,
	SH_OPT_HISTEXPAND = 1 << 20, // -H
	SH_OPT_PROMPTTRAPS = 1 << 21, // traps run while a foreground program goes on
};

struct sh_option_info {
	const char *name; // after -o; NULL ends the table, also a name-less letter
	char letter; // 0: none
	uint32_t bit; // enum sh_option
};
extern const struct sh_option_info sh_option_table[];

/* The bit for a letter or an -o name; 0: no such option. */
uint32_t sh_option_letter(char letter);
uint32_t sh_option_name(const char *name);

/* Turn one on or off, with what follows from it (job control, line editing). 0, or -1 and message. */
int sh_option_set(struct shell *sh, uint32_t bit, bool on);

/* What `$-` is: text must have room for 32 bytes. */
void sh_option_letters(struct shell *sh, char *text);

#endif
