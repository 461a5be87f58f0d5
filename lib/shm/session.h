/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * lib/shm/session.h - the arena of a script and of the scripts it starts. The variable
 * CONCH_SESSION names it through the /proc entry of a process that has it, so nothing is on disk.
 */
#ifndef CN_SHM_SESSION_H
#define CN_SHM_SESSION_H

#include <stddef.h>

#include "lib/shm/arena.h"

#define CN_SESSION_VARIABLE "CONCH_SESSION"
#define CN_SESSION_TEXT_MAX 256

/*
 * Join the session that `text` (a value of CONCH_SESSION; NULL: unset) names, or when there is none,
 * or it is gone, or not ours, the one in `meeting` (see cn_arena_meet(); -1: a new one), made with
 * `size` bytes if nobody has made it. *joined tells which; why a given
 * text did not do stands in *why (may be NULL; empty when it did). Returns 0 or what
 * cn_arena_create() returned.
 */
int cn_session_open(const char *text, int meeting, uint64_t size, struct cn_arena **out,
		bool *joined, struct cn_err *why);

/*
 * The value of CONCH_SESSION for programs this process starts: it names this process, so it is good
 * while this process lives and does not exec; and behind it the maker of the session, from the text
 * by which this process joined it (NULL: it made it). Set it anew in a child that outlives its
 * parent.
 */
int cn_session_text(
		const struct cn_arena *arena, const char *joined, char out[CN_SESSION_TEXT_MAX]);

#endif
