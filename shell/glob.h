/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * shell/glob.h - pathname expansion (XCU 2.6.6, 2.14.3).
 */
#ifndef SH_GLOB_H
#define SH_GLOB_H

#include <stddef.h>

#include "lib/base/vec.h"
#include "shell/arena.h"

struct shell;

/*
 * Append to `out` the existing pathnames that pattern[0, len) matches, in the order of the locale's
 * collation, each a string in `arena`. The pattern's notation is that of pattern.h; asking
 * sh_pattern_has_special() first saves the work. Returns how many there are: with 0 the word stands
 * for itself, quotes removed. A directory that cannot be read has nothing that matches.
 */
size_t sh_glob(struct shell *sh, struct sh_arena *arena, const char *pattern, size_t len,
		struct cn_vec *out);

#endif
