/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include <string.h>

#include "shell/builtin.h"
#include "shell/exec.h"
#include "shell/expand.h"
#include "shell/fd.h"
#include "shell/func.h"
#include "shell/history.h"
#include "shell/input.h"
#include "shell/jobs.h"
#include "shell/parser.h"
#include "shell/pattern.h"
#include "shell/subshell.h"
#include "shell/trap.h"

bool sh_stack_ok(struct shell *sh) {
	if (sh_stack_left(sh)) {
		return true;
	}
	if (sh->unwind == SH_UNWIND_NONE) {
		sh_error(sh, "nested too deeply");
		sh_fail(sh, 2);
	}
	return false;
}

/* `set -e` (2.15 set): a failed command here ends the shell. */
static int check_errexit(struct shell *sh, int status) {
	if (status != 0 && (sh->options & SH_OPT_ERREXIT) != 0 && sh->errexit_off == 0 &&
			sh->unwind == SH_UNWIND_NONE) {
		sh->unwind = SH_UNWIND_EXIT;
	}
	return status;
}

static int set_status(struct shell *sh, int status) {
	sh->status = status;
	return status;
}

/* A condition: its failure is no error. */
static int exec_tested(struct shell *sh, struct sh_node *node) {
	sh->errexit_off++;
	int status = sh_exec(sh, node, 0);
	sh->errexit_off--;
	return status;
}

/* After a loop's body: must the loop end? Takes this loop's share of break and continue. */
static bool loop_ends(struct shell *sh) {
	if (sh->unwind == SH_UNWIND_NONE) {
		return false;
	}
	if (sh->unwind != SH_UNWIND_BREAK && sh->unwind != SH_UNWIND_CONTINUE) {
		return true;
	}
	if (--sh->unwind_count > 0) {
		return true;
	}
	bool ends = sh->unwind == SH_UNWIND_BREAK;
	sh->unwind = SH_UNWIND_NONE;
	return ends;
}

/* ---- compound commands (2.9.4) ---- */

static int exec_list(struct shell *sh, struct sh_node *node, uint32_t flags) {
	int status = 0;
	int last = node->list.count - 1;
	for (int i = 0; i <= last; i++) {
		status = sh_exec(sh, node->list.items[i], i == last ? flags : 0);
		if (sh->unwind != SH_UNWIND_NONE) {
			break;
		}
	}
	return status;
}

static int exec_if(struct shell *sh, struct sh_node *node, uint32_t flags) {
	while (node->kind == SH_NODE_IF) {
		int status = exec_tested(sh, node->branch.cond);
		if (sh->unwind != SH_UNWIND_NONE) {
			return status;
		}
		if (status == 0) {
			return sh_exec(sh, node->branch.body, flags);
		}
		node = node->branch.otherwise;
		if (node == NULL) {
			return set_status(sh, 0);
		}
		if (node->kind == SH_NODE_IF && node->redirs != NULL) {
			break;
		}
	}
	return sh_exec(sh, node, flags);
}

static int exec_while(struct shell *sh, struct sh_node *node) {
	int result = 0;
	bool until = node->kind == SH_NODE_UNTIL;
	sh->loops++;
	for (;;) {
		int status = exec_tested(sh, node->branch.cond);
		if (sh->unwind != SH_UNWIND_NONE) {
			if (loop_ends(sh)) {
				result = sh->unwind == SH_UNWIND_NONE ? 0 : sh->status;
				break;
			}
			continue;
		}
		if ((status == 0) == until) {
			break;
		}
		result = sh_exec(sh, node->branch.body, 0);
		if (sh->unwind != SH_UNWIND_NONE && loop_ends(sh)) {
			break;
		}
	}
	sh->loops--;
	return set_status(sh, result);
}

static bool for_words(struct shell *sh, struct sh_node *node, struct sh_fields *fields) {
	if (node->each.count < 0) {
		for (int i = 0; i < sh->params.argc; i++) {
			const char *arg = sh->params.argv[i];
			sh_fields_push(sh, fields, sh_arena_copy(&sh->scratch, arg, strlen(arg)));
		}
		return true;
	}
	for (int i = 0; i < node->each.count; i++) {
		if (!sh_expand_word(sh, node->each.words[i], fields)) {
			return false;
		}
	}
	return true;
}

static int exec_for(struct shell *sh, struct sh_node *node) {
	struct sh_mark mark = sh_arena_mark(&sh->scratch);
	struct sh_fields fields = { 0 };
	int status = 0;
	if (!for_words(sh, node, &fields)) {
		sh_arena_release(&sh->scratch, mark);
		return sh->status;
	}
	sh->loops++;
	for (int i = 0; i < fields.count; i++) {
		if (sh_var_set(sh, node->each.name, fields.items[i], strlen(fields.items[i])) < 0) {
			status = sh_fail(sh, 2);
			break;
		}
		status = sh_exec(sh, node->each.body, 0);
		if (sh->unwind != SH_UNWIND_NONE && loop_ends(sh)) {
			break;
		}
	}
	sh->loops--;
	sh_arena_release(&sh->scratch, mark);
	return set_status(sh, status);
}

/* Does the word match? A plain pattern is compiled once, into its own tree. */
static int case_matches(struct shell *sh, struct sh_word *word, const char *text, size_t len) {
	if ((word->flags & SH_WORD_PLAIN) != 0) {
		return word->len == len && memcmp(word->text, text, len) == 0;
	}
	if (word->pattern != NULL) {
		return sh_pattern_match(word->pattern, text, len);
	}
	size_t pattern_len;
	char *pattern = sh_expand_pattern(sh, word, &pattern_len);
	return pattern == NULL ? -1 : sh_match(sh, pattern, pattern_len, text, len);
}

static struct sh_case_item *case_select(
		struct shell *sh, struct sh_node *node, const char *text, size_t len) {
	for (struct sh_case_item *item = node->cases.items; item != NULL; item = item->next) {
		for (int i = 0; i < item->count; i++) {
			int matches = case_matches(sh, item->patterns[i], text, len);
			if (matches != 0) {
				return matches > 0 ? item : NULL;
			}
		}
	}
	return NULL;
}

static int exec_case(struct shell *sh, struct sh_node *node, uint32_t flags) {
	struct sh_mark mark = sh_arena_mark(&sh->scratch);
	size_t len;
	sh->subst_status = 0;
	char *text = sh_expand_string(sh, node->cases.word, &len);
	struct sh_case_item *item = text != NULL ? case_select(sh, node, text, len) : NULL;
	sh_arena_release(&sh->scratch, mark);
	if (sh->unwind != SH_UNWIND_NONE) {
		return sh->status;
	}
	int status = 0;
	for (; item != NULL; item = item->next) {
		status = 0;
		if (item->body != NULL) {
			status = sh_exec(sh, item->body, item->fall ? 0 : flags);
		}
		if (!item->fall || sh->unwind != SH_UNWIND_NONE) {
			break;
		}
	}
	return set_status(sh, status);
}

static int exec_subshell(struct shell *sh, struct sh_node *node) {
	struct sh_subshell sub;
	if (!sh_stack_ok(sh)) {
		return sh->status;
	}
	sh_subshell_enter(sh, &sub);
	if ((node->flags & SH_NODE_MUST_FORK) == 0 || sh_subshell_detach(sh)) {
		sh_exec(sh, node->pair.left, SH_EXEC_TAIL);
	}
	return sh_subshell_leave(sh, &sub);
}

/* ---- extensions: ((...)), for ((;;)), [[ ]] ---- */

static bool arith_value(struct shell *sh, struct sh_part *part, intmax_t *value) {
	struct sh_mark mark = sh_arena_mark(&sh->scratch);
	bool ok = sh_expand_arith(sh, part, value);
	sh_arena_release(&sh->scratch, mark);
	if (!ok && sh->unwind == SH_UNWIND_ERROR) {
		sh->unwind = SH_UNWIND_NONE; // a command that fails, no expansion error
	}
	return ok;
}

static int exec_arith(struct shell *sh, struct sh_node *node) {
	intmax_t value = 0;
	if (!arith_value(sh, node->arith.expr[0], &value)) {
		return set_status(sh, 1);
	}
	return check_errexit(sh, set_status(sh, value == 0));
}

static int exec_arith_for(struct shell *sh, struct sh_node *node) {
	intmax_t value;
	int status = 0;
	if (node->arith.expr[0] != NULL && !arith_value(sh, node->arith.expr[0], &value)) {
		return set_status(sh, 1);
	}
	sh->loops++;
	for (;;) {
		value = 1;
		struct sh_part *cond = node->arith.expr[1];
		if (cond != NULL && cond->arith.word->parts != NULL && !arith_value(sh, cond, &value)) {
			status = 1;
			break;
		}
		if (value == 0) {
			break;
		}
		status = sh_exec(sh, node->arith.body, 0);
		if (sh->unwind != SH_UNWIND_NONE && loop_ends(sh)) {
			break;
		}
		if (!arith_value(sh, node->arith.expr[2], &value)) {
			status = 1;
			break;
		}
	}
	sh->loops--;
	return set_status(sh, status);
}

static int exec_cond(struct shell *sh, struct sh_node *node) {
	struct sh_mark mark = sh_arena_mark(&sh->scratch);
	int truth = sh_exec_cond(sh, node->cond);
	sh_arena_release(&sh->scratch, mark);
	if (sh->unwind != SH_UNWIND_NONE) {
		return sh->status;
	}
	return check_errexit(sh, set_status(sh, truth < 0 ? 2 : !truth));
}

/* ---- dispatch ---- */

static int exec_and_or(struct shell *sh, struct sh_node *node, uint32_t flags) {
	int status = exec_tested(sh, node->pair.left);
	if (sh->unwind != SH_UNWIND_NONE || (status == 0) != (node->kind == SH_NODE_AND)) {
		return status;
	}
	return sh_exec(sh, node->pair.right, flags);
}

static int exec_not(struct shell *sh, struct sh_node *node) {
	int status = exec_tested(sh, node->pair.left);
	return sh->unwind != SH_UNWIND_NONE ? status : set_status(sh, status == 0);
}

static int exec_bare(struct shell *sh, struct sh_node *node, uint32_t flags) {
	switch (node->kind) {
	case SH_NODE_LIST:
		return exec_list(sh, node, flags);
	case SH_NODE_AND:
	case SH_NODE_OR:
		return exec_and_or(sh, node, flags);
	case SH_NODE_NOT:
		return exec_not(sh, node);
	case SH_NODE_PIPELINE:
		return check_errexit(sh, sh_exec_pipeline(sh, node, flags));
	case SH_NODE_ASYNC:
		return sh_exec_async(sh, node);
	case SH_NODE_BRACE:
		return sh_exec(sh, node->pair.left, flags);
	case SH_NODE_SUBSHELL:
		if (sh->jobs->control && sh->subshell == NULL) {
			return check_errexit(sh, sh_exec_subshell_job(sh, node));
		}
		return check_errexit(sh, exec_subshell(sh, node));
	case SH_NODE_FOR:
		return exec_for(sh, node);
	case SH_NODE_CASE:
		return exec_case(sh, node, flags);
	case SH_NODE_IF:
		return exec_if(sh, node, flags);
	case SH_NODE_WHILE:
	case SH_NODE_UNTIL:
		return exec_while(sh, node);
	case SH_NODE_FUNCTION:
		sh_func_define(sh, sh->tree, node);
		return set_status(sh, 0);
	case SH_NODE_ARITH:
		return exec_arith(sh, node);
	case SH_NODE_ARITH_FOR:
		return exec_arith_for(sh, node);
	default:
		return exec_cond(sh, node);
	}
}

/* With the redirections of a compound command around it (2.9.4). */
static int exec_redirected(struct shell *sh, struct sh_node *node) {
	struct sh_mark mark = sh_arena_mark(&sh->scratch);
	struct sh_redirs undo;
	int status;
	sh->line = node->line;
	if (sh_redirect(sh, node->redirs, &undo) < 0) {
		status = sh->unwind != SH_UNWIND_NONE ? sh->status : check_errexit(sh, set_status(sh, 1));
	} else {
		status = exec_bare(sh, node, 0);
		sh_redirect_undo(sh, &undo);
	}
	sh_arena_release(&sh->scratch, mark);
	return status;
}

int sh_exec(struct shell *sh, struct sh_node *node, uint32_t flags) {
	if (sh_signal_any) {
		sh_trap_run(sh);
		if (sh->unwind != SH_UNWIND_NONE) {
			return sh->status;
		}
	}
	if (node->kind == SH_NODE_SIMPLE) {
		return check_errexit(sh, sh_exec_simple(sh, node, flags));
	}
	if (!sh_stack_ok(sh)) {
		return sh->status;
	}
	if (node->redirs != NULL) {
		return exec_redirected(sh, node);
	}
	return exec_bare(sh, node, flags);
}

/* ---- running an input ---- */

/* May the process end with this command, so that a program can take its place? */
static uint32_t last_flags(struct shell *sh, struct sh_input *in, uint32_t flags) {
	if ((flags & SH_EXEC_LAST) == 0 || in->mode != SH_INPUT_STRING || sh->interactive) {
		return flags & ~(uint32_t)SH_EXEC_LAST;
	}
	for (size_t i = in->pos; i < in->len; i++) {
		if (strchr(" \t\n", in->data[i]) == NULL) {
			return flags & ~(uint32_t)SH_EXEC_LAST;
		}
	}
	return flags;
}

/* A syntax error: fatal, but for an interactive shell's own commands (2.8.1). */
static void syntax_failed(struct shell *sh, const struct sh_input *in, bool top) {
	if (top && in->interrupted) {
		return;
	}
	sh->status = 2;
	if (!top) {
		sh->syntax_error = true; // for eval, dot and traps to judge
	} else if (sh->unwind == SH_UNWIND_NONE && !sh->interactive) {
		sh_fail(sh, 2);
	}
}

/* `set -v`: the text just parsed, as it was read. */
static void show_input(struct shell *sh, const struct sh_input *in, size_t from) {
	if (in->pos > from) {
		sh_fd_write(sh, 2, in->data + from, in->pos - from);
	}
}

/* Back at the prompt of an interactive shell after an error. */
static void recover(struct shell *sh, struct sh_input *in) {
	if (sh->interactive && sh_signal_any) {
		sh_trap_run(sh);
	}
	if (sh->interactive && sh->unwind == SH_UNWIND_ERROR && sh->subshell == NULL) {
		sh->unwind = SH_UNWIND_NONE;
		sh->errexit_off = sh->loops = 0;
		in->interrupted = false;
		in->pos = in->mode == SH_INPUT_TERMINAL ? in->len : in->pos;
	}
}

int sh_run_input(struct shell *sh, struct sh_input *in, bool top, uint32_t flags) {
	struct sh_parser parser;
	struct sh_tree *outer = sh->tree;
	int status = 0;
	sh_parser_init(&parser, sh, in);
	for (;;) {
		struct sh_tree *tree;
		if (top && sh->interactive) {
			sh->jobs->warned -= sh->jobs->warned > 0;
			sh_jobs_notify(sh);
		}
		in->at_eof &= in->mode != SH_INPUT_TERMINAL;
		if (sh->input == in) {
			sh_input_follow(sh, in);
		}
		size_t shown = sh_input_mark(in);
		int got = sh_parse(&parser, &tree);
		if ((sh->options & SH_OPT_VERBOSE) != 0 && in->mode != SH_INPUT_TERMINAL && (top || in->fd >= 0)) {
			show_input(sh, in, shown);
		}
		if (top && sh->interactive && got != 0 && !in->interrupted) {
			sh_history_add_noted(sh); // also what was wrong, to be corrected
		} else if (top && sh->interactive) {
			sh_history_drop_noted(sh);
		}
		if (got == 0 && top && sh_jobs_hold_exit(sh)) {
			continue;
		}
		if (got == 0) {
			break;
		}
		if (got < 0) {
			syntax_failed(sh, in, top);
			status = sh->status;
			if (!top) {
				break;
			}
		} else if ((sh->options & SH_OPT_NOEXEC) == 0 || sh->interactive) {
			sh->tree = tree;
			status = sh_exec(sh, tree->root, last_flags(sh, in, flags));
			sh->tree = outer;
		}
		if (got > 0) {
			sh_tree_drop(tree);
		}
		if (top && sh->interactive && sh_signal_any && sh->unwind == SH_UNWIND_NONE) {
			sh_trap_run(sh); // before there is a prompt
		}
		if (top) {
			recover(sh, in);
		}
		if (sh->unwind != SH_UNWIND_NONE) {
			status = sh->status;
			break;
		}
	}
	sh_parser_finish(&parser);
	return status;
}
