/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * shell/exec_simple.c - simple commands (XCU 2.9.1): assignments, builtins, functions, programs. See
 * exec.h.
 */
#include "config.h"

#include <errno.h>
#include <string.h>

#include "shell/array.h"
#include "shell/builtin.h"
#include "shell/exec.h"
#include "shell/expand.h"
#include "shell/func.h"
#include "shell/fd.h"
#include "shell/jobs.h"
#include "shell/prompt.h"
#include "shell/subshell.h"
#include "shell/trap.h"

/* ---- assignments (2.9.1) ---- */

static bool assign_item(
		struct shell *sh, struct sh_name *name, const struct sh_assign *item, bool assoc) {
	char *index = NULL;
	size_t len;
	if (item->index != NULL) {
		index = sh_expand_string(sh, item->index, &len);
		char *value = index != NULL ? sh_expand_string(sh, item->value, &len) : NULL;
		return value != NULL && sh_elem_set(sh, name, index, value, len, item->append) == 0;
	}
	struct sh_fields fields = { 0 };
	if (!sh_expand_word(sh, item->value, &fields)) {
		return false;
	}
	struct sh_array *array = name->var.array;
	for (int i = 0; i < fields.count; i++) {
		const char *text = fields.items[i];
		if (assoc) {
			const char *value = i + 1 < fields.count ? fields.items[++i] : "";
			sh_array_put_key(array, text, value, strlen(value));
		} else {
			sh_array_put(array, sh_array_end(array), text, strlen(text));
		}
	}
	return true;
}

/* a=(...): the items are expanded before the old value goes. */
static bool assign_array(struct shell *sh, const struct sh_assign *assign) {
	bool assoc = (assign->name->var.flags & SH_VAR_ASSOC) != 0;
	struct sh_fields words = { 0 };
	bool plain = true;
	for (int i = 0; i < assign->count; i++) {
		plain &= assign->items[i].index == NULL;
	}
	for (int i = 0; i < assign->count && plain; i++) {
		if (!sh_expand_word(sh, assign->items[i].value, &words)) {
			return false;
		}
	}
	struct sh_array *array = sh_var_array(sh, assign->name, assoc, !assign->append);
	if (array == NULL) {
		return false;
	}
	for (int i = 0; i < words.count; i++) {
		if (assoc) {
			const char *value = i + 1 < words.count ? words.items[i + 1] : "";
			sh_array_put_key(array, words.items[i], value, strlen(value));
			i++;
		} else {
			sh_array_put(array, sh_array_end(array), words.items[i], strlen(words.items[i]));
		}
	}
	for (int i = 0; i < assign->count && !plain; i++) {
		if (!assign_item(sh, assign->name, &assign->items[i], assoc)) {
			return false;
		}
	}
	sh_var_stored(sh, assign->name);
	return true;
}

static bool assign_failed(struct shell *sh) {
	if (sh->unwind == SH_UNWIND_NONE) {
		sh_fail(sh, 2);
	}
	return false;
}

/*
 * What is to be assigned. That of x=$y needs no copy: sh_var_set() and sh_var_append() take a part
 * of the old value too; but evaluating it as an expression or an index may change y.
 */
static const char *assign_value(struct shell *sh, const struct sh_assign *assign, size_t *len) {
	const struct sh_part *part = assign->value->parts;
	const struct sh_var *var = &assign->name->var;
	if ((assign->value->flags & SH_WORD_PLAIN) == 0 && assign->index == NULL &&
			(var->flags & SH_VAR_INTEGER) == 0 && !sh_var_is_array(var) && var->hooks == NULL &&
			sh_part_is_plain_param(part)) {
		const char *value = sh_var_get_len(sh, part->param->name, len);
		if (value != NULL) {
			return value;
		}
	}
	return sh_expand_string(sh, assign->value, len);
}

/* assignments: true when all went well; else a message was printed */
static bool assign_one(struct shell *sh, const struct sh_assign *assign, uint32_t export_flag) {
	if (assign->count >= 0) {
		return assign_array(sh, assign) || assign_failed(sh);
	}
	size_t len;
	const char *value = assign_value(sh, assign, &len);
	if (value == NULL) {
		return false;
	}
	int result;
	if (assign->index != NULL) {
		size_t index_len;
		char *index = sh_expand_string(sh, assign->index, &index_len);
		result = index == NULL ? -1
							   : sh_elem_set(sh, assign->name, index, value, len, assign->append);
	} else if (assign->self && (assign->name->var.flags & SH_VAR_INTEGER) != 0) {
		struct sh_text whole = { 0 }; // which is evaluated, as what is appended must not be alone
		size_t old_len = 0;
		const char *old = sh_var_get_len(sh, assign->name, &old_len);
		sh_text_append(sh, &whole, old != NULL ? old : "", old_len);
		sh_text_append(sh, &whole, value, len + 1);
		result = sh_var_set(sh, assign->name, whole.data, whole.len - 1);
	} else if (assign->append || assign->self) {
		result = sh_var_append(sh, assign->name, value, len);
	} else {
		result = sh_var_set(sh, assign->name, value, len);
	}
	if (result < 0) {
		return assign_failed(sh);
	}
	if (export_flag != 0) {
		sh_var_flag(sh, assign->name, export_flag, 0);
	}
	return true;
}

static bool assign_all(struct shell *sh, struct sh_node *node, uint32_t export_flag, bool save) {
	for (int i = 0; i < node->simple.assign_count; i++) {
		const struct sh_assign *assign = &node->simple.assigns[i];
		struct sh_mark mark = sh_arena_mark(&sh->scratch);
		if (save) {
			sh_var_save(sh, assign->name);
		}
		bool self_unset = assign->self && assign->name->var.value == NULL &&
				(sh->options & SH_OPT_NOUNSET) != 0;
		if (self_unset) {
			sh_error(sh, "%s: parameter not set", assign->name->text);
			return assign_failed(sh);
		}
		bool ok = assign_one(sh, assign, export_flag);
		sh_arena_release(&sh->scratch, mark);
		if (!ok) {
			return false;
		}
	}
	return true;
}

/* ---- set -x (2.15 set) ---- */

static void xtrace_word(struct shell *sh, struct cn_buf *line, const char *word) {
	sh_quote(sh, line, word);
}

static void xtrace_assigns(struct shell *sh, struct cn_buf *line, const struct sh_node *node) {
	for (int i = 0; node != NULL && i < node->simple.assign_count; i++) {
		struct sh_name *name = node->simple.assigns[i].name;
		const char *value = sh_var_get(sh, name);
		cn_buf_printf(line, "%s%s=", line->len > 0 ? " " : "", name->text);
		sh_quote(sh, line, value != NULL ? value : "");
	}
}

static void xtrace(struct shell *sh, int argc, char **argv, const struct sh_node *node) {
	const char *ps4 = sh_var_get_text(sh, "PS4");
	struct cn_buf line = CN_BUF_INIT;
	struct cn_buf all = CN_BUF_INIT;
	sh->options &= ~(uint32_t)SH_OPT_XTRACE; // what PS4 expands to is not traced
	sh_prompt(sh, ps4 != NULL ? ps4 : "+ ", false, &all);
	sh->options |= SH_OPT_XTRACE;
	xtrace_assigns(sh, &line, node);
	for (int i = 0; i < argc; i++) {
		cn_buf_puts(&line, line.len > 0 ? " " : "");
		xtrace_word(sh, &line, argv[i]);
	}
	cn_buf_printf(&all, "%s\n", line.data);
	sh_fd_write(sh, 2, all.data, all.len);
	cn_buf_finish(&all);
	cn_buf_finish(&line);
}

/* ---- builtins ---- */

int sh_run_builtin(struct shell *sh, const struct sh_builtin *builtin, int argc, char **argv) {
	const char *running = sh->running;
	const struct sh_builtin *outer = sh->running_builtin;
	sh->running = builtin->name;
	sh->running_builtin = builtin;
	int status = builtin->run(sh, argc, argv);
	if (sh->out.len > 0 || sh->out_error != 0) {
		int err = sh_flush(sh);
		if (err < 0) {
			sh->running = builtin->name;
			sh_error(sh, "write error: %s", strerror(-err));
			status = status > 0 ? status : 1;
		}
	}
	sh->running = running;
	sh->running_builtin = outer;
	return status;
}

/* ---- programs ---- */

int sh_not_found(struct shell *sh, const char *word, int err) {
	if (err == ENOENT || err == ENOTDIR || err == ELOOP || err == ENAMETOOLONG) {
		sh_error(sh, "%s: %s", word, strchr(word, '/') != NULL ? strerror(err) : "not found");
		return 127;
	}
	sh_error(sh, "%s: %s", word, strerror(err));
	return 126;
}

int sh_run_program(
		struct shell *sh, const char *path, char **argv, uint32_t flags, const char *source) {
	char **envp = sh_var_environ(sh);
	bool ends = sh->subshell == NULL ? (flags & SH_EXEC_LAST) != 0
									 : sh->subshell->process && flags != 0;
	if (ends && !sh_trap_has_any(sh) && !sh->jobs->control && sh->plugins.len == 0 &&
			!sh_signal_any) {
		int status = sh_exec_program(sh, path, argv, envp);
		sh->unwind = SH_UNWIND_EXIT;
		return status;
	}
	struct sh_spawn plan = { .path = path, .argv = argv, .envp = envp, .pgid = -1 };
	bool control = sh->jobs->control && sh->subshell == NULL;
	if (control) {
		plan.pgid = 0;
		plan.foreground = true;
	}
	pid_t pid = sh_spawn(sh, &plan);
	if (pid < 0) {
		return sh_not_found(sh, argv[0], errno);
	}
	if (control) {
		struct sh_job *job = sh_job_add(sh, &pid, 1, pid, source != NULL ? source : argv[0]);
		return sh_job_foreground(sh, job, false);
	}
	return sh_wait_process(sh, pid, argv[0], flags);
}

/* ---- simple commands ---- */

struct simple {
	struct sh_node *node;
	int argc;
	char **argv;
	struct sh_command cmd;
	bool special_fatal;
};

static bool expand_args(struct shell *sh, struct sh_node *node, struct simple *cmd) {
	if (!node->simple.expands) {
		cmd->argc = node->simple.word_count;
		cmd->argv = node->simple.argv;
		return true;
	}
	struct sh_fields fields = { 0 };
	for (int i = 0; i < node->simple.word_count; i++) {
		if (!sh_expand_word(sh, node->simple.words[i], &fields)) {
			return false;
		}
	}
	sh_fields_end(sh, &fields);
	cmd->argc = fields.count;
	cmd->argv = fields.items;
	return true;
}

static bool is_expanded(const struct sh_word *word) {
	for (const struct sh_part *part = word->parts; part != NULL; part = part->next) {
		if (part->kind != SH_PART_TEXT) {
			return true;
		}
	}
	return false;
}

/*
 * Redirections without a command, in a subshell environment: nothing but files that came to be
 * remains, so what their words assign (`>${x=file}`) does not. An error ends what it always ends.
 */
static bool redirect_alone(struct shell *sh, struct sh_redir *redirs) {
	bool expanded = false;
	for (const struct sh_redir *r = redirs; r != NULL; r = r->next) {
		expanded = expanded || (r->word != NULL && is_expanded(r->word));
	}
	struct sh_subshell sub;
	if (expanded) {
		sh_subshell_enter(sh, &sub);
	}
	struct sh_redirs undo;
	bool ok = sh_redirect(sh, redirs, &undo) == 0;
	if (ok) {
		sh_redirect_undo(sh, &undo);
	}
	if (expanded) {
		enum sh_unwind unwind = sh->unwind;
		sh_subshell_leave(sh, &sub);
		if (sh->unwind == SH_UNWIND_NONE) {
			sh->unwind = unwind;
		}
	}
	return ok;
}

/* Assignments and redirections alone (2.9.1.1): the status is that of the last substitution. */
static int exec_no_command(struct shell *sh, struct sh_node *node) {
	if (!assign_all(sh, node, 0, false)) {
		return sh->status;
	}
	if ((sh->options & SH_OPT_XTRACE) != 0 && node->simple.assign_count > 0) {
		xtrace(sh, 0, NULL, node);
	}
	if (node->redirs != NULL && !redirect_alone(sh, node->redirs)) {
		return sh->unwind != SH_UNWIND_NONE ? sh->status : 1;
	}
	return sh->subst_status > 0 ? sh->subst_status : 0;
}

static bool declare_arrays(struct shell *sh, struct sh_node *node) {
	for (int i = 1; i < node->simple.word_count; i++) {
		const struct sh_assign *assign = node->simple.words[i]->assign;
		if (assign != NULL && assign->count >= 0 && !assign_one(sh, assign, 0)) {
			return false;
		}
	}
	return true;
}

static int run_command(struct shell *sh, const struct simple *cmd, uint32_t flags) {
	int status;
	switch (cmd->cmd.kind) {
	case SH_CMD_SPECIAL:
	case SH_CMD_BUILTIN:
		if ((cmd->cmd.builtin->flags & SH_BUILTIN_FORKS) != 0 && !sh_subshell_detach(sh)) {
			return sh->status;
		}
		sh->exec_flags = flags;
		status = sh_run_builtin(sh, cmd->cmd.builtin, cmd->argc, cmd->argv);
		if (cmd->node->simple.declares && status == 0 && cmd->node->simple.expands &&
				!declare_arrays(sh, cmd->node)) {
			status = 1;
		}
		return status;
	case SH_CMD_FUNCTION:
		return sh_func_call(sh, cmd->cmd.func, cmd->argc, cmd->argv);
	case SH_CMD_PROGRAM:
		return sh_run_program(sh, cmd->cmd.path, cmd->argv, flags, cmd->node->source);
	default:
		return sh_not_found(sh, cmd->argv[0], cmd->cmd.errnum);
	}
}

/* A special builtin failed: the consequences of 2.8.1. */
static int special_failed(struct shell *sh, int status) {
	if (sh->unwind == SH_UNWIND_NONE) {
		sh_fail(sh, status);
	}
	return status;
}

static int exec_special(struct shell *sh, const struct simple *cmd, uint32_t flags) {
	struct sh_node *node = cmd->node;
	struct sh_redirs undo = { 0 };
	if (sh_redirect(sh, node->redirs, &undo) < 0) {
		return special_failed(sh, sh->unwind != SH_UNWIND_NONE ? sh->status : 1);
	}
	int status;
	bool execs = cmd->argc > 1 && strcmp(cmd->cmd.builtin->name, "exec") == 0;
	if (!assign_all(sh, node, execs ? SH_VAR_EXPORT : 0, false)) {
		status = sh->status;
	} else {
		if ((sh->options & SH_OPT_XTRACE) != 0) {
			xtrace(sh, cmd->argc, cmd->argv, node);
		}
		sh->special_error = false;
		sh->keep_redirs = false;
		status = run_command(sh, cmd, flags);
		if (sh->special_error) {
			sh->special_error = false;
			special_failed(sh, status);
		}
	}
	if (sh->keep_redirs) {
		sh->keep_redirs = false;
		sh_redirect_keep(sh, &undo);
	} else {
		sh_redirect_undo(sh, &undo);
	}
	return status;
}

/* Traps that run while it does (set -o prompttraps) are outside of its redirections. */
static int run_program(
		struct shell *sh, const struct simple *cmd, uint32_t flags, struct sh_redirs *undo) {
	struct sh_redirs *outer = sh->redirs;
	sh->redirs = undo;
	int status = run_command(sh, cmd, flags);
	sh->redirs = outer;
	return status;
}

static int exec_ordinary(struct shell *sh, const struct simple *cmd, uint32_t flags) {
	struct sh_node *node = cmd->node;
	struct sh_redirs undo = { 0 };
	if (node->redirs != NULL && sh_redirect(sh, node->redirs, &undo) < 0) {
		return sh->unwind != SH_UNWIND_NONE ? sh->status : 1;
	}
	size_t locals = sh->locals.len;
	int status = 1;
	if (node->simple.assign_count > 0 && !assign_all(sh, node, SH_VAR_EXPORT, true)) {
		status = sh->status;
		goto out;
	}
	if ((sh->options & SH_OPT_XTRACE) != 0) {
		xtrace(sh, cmd->argc, cmd->argv, node);
	}
	if (node->simple.assign_count > 0 &&
			(cmd->cmd.kind == SH_CMD_PROGRAM || cmd->cmd.kind == SH_CMD_NONE)) {
		struct simple again = *cmd; // PATH may be among them
		again.cmd = sh_lookup(sh, cmd->argv[0], 0);
		status = run_program(sh, &again, flags, &undo);
	} else if (cmd->cmd.kind == SH_CMD_PROGRAM) {
		status = run_program(sh, cmd, flags, &undo);
	} else {
		status = run_command(sh, cmd, flags);
	}
	if (sh->keep_redirs) { // command exec
		sh->keep_redirs = false;
		sh_redirect_keep(sh, &undo);
	}
out:
	if (node->simple.assign_count > 0) {
		sh_undo_to(sh, &sh->locals, locals);
	}
	if (undo.saved != NULL) {
		sh_redirect_undo(sh, &undo);
	}
	return status;
}

/* The meaning of the command word, by its interned name when it is a plain one. */
static void find_command(struct shell *sh, struct simple *cmd) {
	struct sh_word *word = cmd->node->simple.words[0];
	if ((word->flags & SH_WORD_PLAIN) != 0) {
		if (word->name == NULL) {
			word->name = sh_name_intern(sh, word->text, word->len);
		}
		cmd->cmd = sh_lookup_name(sh, word->name, 0);
	} else {
		cmd->cmd = sh_lookup(sh, cmd->argv[0], 0);
	}
}

int sh_exec_simple(struct shell *sh, struct sh_node *node, uint32_t flags) {
	if ((sh->options & SH_OPT_NOEXEC) != 0 && !sh->interactive) {
		return sh->status;
	}
	struct sh_mark mark = sh_arena_mark(&sh->scratch);
	struct simple cmd = { .node = node };
	sh->line = node->line;
	sh->subst_status = -1;
	int status;
	if (!expand_args(sh, node, &cmd)) {
		status = sh->status;
	} else if (cmd.argc == 0) {
		status = exec_no_command(sh, node);
	} else {
		find_command(sh, &cmd);
		if (cmd.cmd.kind == SH_CMD_SPECIAL) {
			status = exec_special(sh, &cmd, flags);
		} else {
			status = exec_ordinary(sh, &cmd, flags);
		}
	}
	sh_arena_release(&sh->scratch, mark);
	sh->status = status;
	return status;
}

int sh_call(struct shell *sh, int argc, char **argv, uint32_t lookup_flags) {
	struct sh_node node = { .kind = SH_NODE_SIMPLE, .line = sh->line };
	struct simple cmd = { .node = &node, .argc = argc, .argv = argv };
	if (!sh_stack_ok(sh)) {
		return sh->status;
	}
	cmd.cmd = sh_lookup(sh, argv[0], lookup_flags);
	int err = sh_flush(sh);
	const char *running = sh->running;
	const struct sh_builtin *builtin = sh->running_builtin;
	sh->running = NULL;
	sh->running_builtin = NULL;
	int status = err < 0 ? 1 : run_command(sh, &cmd, 0);
	sh->running = running;
	sh->running_builtin = builtin;
	return status;
}
