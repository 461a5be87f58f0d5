/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * shell/func.h - functions (XCU 2.9.5). A function keeps the tree its body is part of; one that is
 * redefined or unset while it runs lives until it returns.
 */
#ifndef SH_FUNC_H
#define SH_FUNC_H

#include <stddef.h>
#include <stdint.h>

struct sh_name;
struct sh_node;
struct sh_tree;
struct shell;

struct sh_func {
	int refs;
	struct sh_name *name;
	struct sh_tree *tree; // one reference
	struct sh_node *body;
	const char *text; // of the body, in the tree; NULL: not known
};

/* A running function. */
struct sh_frame {
	struct sh_frame *outer;
	struct sh_func *func;
	size_t locals; // sh->locals.len at its start
};

/* `node` is the definition, in the tree. */
void sh_func_define(struct shell *sh, struct sh_tree *tree, const struct sh_node *node);
/* False: there was none. */
int sh_func_unset(struct shell *sh, struct sh_name *name);
void sh_func_drop(struct sh_func *func);

/* Call it with argv[1...] as positional parameters, borrowed for the call. */
int sh_func_call(struct shell *sh, struct sh_func *func, int argc, char **argv);

#endif
