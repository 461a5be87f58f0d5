/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include <stdlib.h>

#include "shell/ast.h"
#include "shell/builtin.h"
#include "shell/exec.h"
#include "shell/func.h"
#include "shell/subshell.h"

void sh_func_drop(struct sh_func *func) {
	if (func != NULL && --func->refs == 0) {
		sh_tree_drop(func->tree);
		free(func);
	}
}

/* Before a change at this subshell level: the journal takes the old one. */
static void func_journal(struct shell *sh, struct sh_name *name) {
	if (sh->level == 0) {
		return;
	}
	struct sh_undo *undo = sh_undo_push(&sh->journal, SH_UNDO_FUNC, name);
	undo->func = name->func;
	if (name->func != NULL) {
		name->func->refs++;
	}
}

void sh_func_define(struct shell *sh, struct sh_tree *tree, const struct sh_node *node) {
	struct sh_name *name = node->function.name;
	struct sh_func *func = sh_xcalloc(1, sizeof(*func));
	func->refs = 1;
	func->name = name;
	func->tree = sh_tree_hold(tree);
	func->body = node->function.body;
	func->text = node->function.text;
	func_journal(sh, name);
	sh_func_drop(name->func);
	name->func = func;
}

int sh_func_unset(struct shell *sh, struct sh_name *name) {
	if (name->func == NULL) {
		return 0;
	}
	func_journal(sh, name);
	sh_func_drop(name->func);
	name->func = NULL;
	return 1;
}

int sh_func_call(struct shell *sh, struct sh_func *func, int argc, char **argv) {
	if (!sh_stack_ok(sh)) {
		return sh->status;
	}
	struct sh_frame frame = { .outer = sh->frame, .func = func, .locals = sh->locals.len };
	struct sh_params params = sh->params;
	struct sh_tree *tree = sh->tree;
	int loops = sh->loops;
	int line = sh->line;
	func->refs++;
	sh->frame = &frame;
	sh->tree = func->tree;
	sh->params = (struct sh_params){ .argv = argv + 1, .argc = argc - 1 };
	sh->loops = 0;
	sh->dots++;
	int status = sh_exec(sh, func->body, 0);
	if (sh->unwind == SH_UNWIND_RETURN) {
		sh->unwind = SH_UNWIND_NONE;
		status = sh->status;
	}
	sh->dots--;
	sh->loops = loops;
	sh->line = line;
	if (sh->params.owned != NULL && sh->params.level == sh->level) {
		free(sh->params.owned);
	}
	sh->params = params;
	sh->tree = tree;
	sh->frame = frame.outer;
	if (sh->locals.len > frame.locals) {
		sh_undo_to(sh, &sh->locals, frame.locals);
	}
	sh_func_drop(func);
	return status;
}
