/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * lib/proc/guardian.h - the last line of "nothing is left behind": a small process that does
 * nothing but wait for the death of the shell that started it. Ties and keepers end the tasks then;
 * the guardian ends what is left when these were killed too: the groups of the tasks that the arena
 * knows, and every program that carries the mark of the tree in its environment.
 */
#ifndef CN_PROC_GUARDIAN_H
#define CN_PROC_GUARDIAN_H

#include <stdint.h>
#include <sys/types.h>

#include "lib/shm/arena.h"

/* The mark: a variable of the environment of every process that descends from a task. */
#define CN_TREE_VARIABLE "CONCH_TREE"

enum { CN_TREE_TEXT_MAX = 20 };

/* A number for the tree of this process, and its text. Never 0. */
uint64_t cn_tree_new(void);
void cn_tree_text(uint64_t tree, char out[CN_TREE_TEXT_MAX]);

/* Start the guardian of this process and its tree. Its pid, a child, or a negative errno. */
pid_t cn_guardian_start(struct cn_arena *arena, uint64_t tree);

#endif
