/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * shell/startup.h - the files a shell reads before its first command. A login shell: /etc/profile,
 * then ~/.conch_profile or else ~/.profile. An interactive one then the file that ENV names (XCU
 * sh), and without ENV ~/.conchrc. In POSIX mode neither of ours.
 */
#ifndef SH_STARTUP_H
#define SH_STARTUP_H

#include <stdbool.h>

struct shell;

void sh_startup_profile(struct shell *sh);
void sh_startup_rc(struct shell *sh);

/* A word to who is here for the first time: no ~/.conchrc, and (`is_new`) no history. */
void sh_startup_greet(struct shell *sh, bool is_new);

#endif
