/* SPDX-License-Identifier: GPL-3.0-or-later */
/* shell/plugin.c - the table of plugin_api.h over the shell's own functions. */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/base/fd.h"
#include "shell/array.h"
#include "shell/builtin.h"
#include "shell/exec.h"
#include "shell/fd.h"
#include "shell/func.h"
#include "shell/loader.h"
#include "shell/kept.h"
#include "shell/plugin_api.h"
#include "shell/subshell.h"
#include "shell/trap.h"

/* ---- variables ---- */

/* The name of a reference; NULL: it is none. What is in the brackets is looked at later. */
static struct sh_name *ref_name(struct shell *sh, const char *ref) {
	size_t len = sh_name_len(ref);
	if (len > 0 && ref[len] == '[') {
		size_t subscript = strlen(ref + len);
		if (ref[len + subscript - 1] != ']' || subscript < 3) {
			return NULL;
		}
	} else if (len == 0 || ref[len] != '\0') {
		return NULL;
	}
	return sh_name_intern(sh, ref, len);
}

static int check_writable(struct shell *sh, const char *ref) {
	struct sh_name *name = ref_name(sh, ref);
	if (name == NULL) {
		return -EINVAL;
	}
	return (name->var.flags & SH_VAR_READONLY) != 0 ? -EROFS : 0;
}

static const char *plugin_get(struct shell *sh, const char *ref, size_t *len) {
	return ref_name(sh, ref) != NULL ? sh_ref_get(sh, ref, len) : NULL;
}

/* The text without NUL bytes: itself when it has none, else a copy in the scratch arena. */
static const char *without_nul(struct shell *sh, const char *value, size_t *len) {
	if (*len == 0 || memchr(value, '\0', *len) == NULL) {
		return value;
	}
	char *copy = sh_alloc(&sh->scratch, *len + 1);
	*len = cn_copy_without_nul(copy, value, *len);
	return copy;
}

static int plugin_set(struct shell *sh, const char *ref, const char *value, size_t len) {
	struct sh_name *name = ref_name(sh, ref);
	if (name == NULL) {
		return -EINVAL;
	}
	if ((name->var.flags & SH_VAR_READONLY) != 0) {
		return -EROFS;
	}
	struct sh_mark mark = sh_arena_mark(&sh->scratch);
	const char *text = without_nul(sh, len > 0 ? value : "", &len);
	int result = ref[name->len] == '\0' ? sh_var_set(sh, name, text, len)
									   : sh_ref_set(sh, ref, text, len);
	sh_arena_release(&sh->scratch, mark);
	return result < 0 ? -EINVAL : 0;
}

static int plugin_set_array(
		struct shell *sh, const char *name, const struct sh_plugin_text *values, size_t count) {
	int err = strchr(name, '[') != NULL ? -EINVAL : check_writable(sh, name);
	if (err < 0) {
		return err;
	}
	struct sh_name *interned = sh_name(sh, name);
	struct sh_array *array = (interned->var.flags & SH_VAR_ASSOC) == 0
			? sh_var_array(sh, interned, false, true)
			: NULL;
	if (array == NULL) {
		return -EINVAL;
	}
	for (size_t i = 0; i < count; i++) {
		struct sh_mark mark = sh_arena_mark(&sh->scratch);
		size_t len = values[i].len;
		const char *text = without_nul(sh, len > 0 ? values[i].data : "", &len);
		sh_array_put(array, (intmax_t)i, text, len);
		sh_arena_release(&sh->scratch, mark);
	}
	sh_var_stored(sh, interned);
	return 0;
}

static int plugin_make_assoc(struct shell *sh, const char *name) {
	int err = strchr(name, '[') != NULL ? -EINVAL : check_writable(sh, name);
	if (err < 0) {
		return err;
	}
	struct sh_name *interned = sh_name(sh, name);
	if ((interned->var.flags & SH_VAR_SET) != 0) {
		return (interned->var.flags & SH_VAR_ASSOC) != 0 ? 0 : -EINVAL;
	}
	return sh_var_array(sh, interned, true, false) != NULL ? 0 : -EINVAL;
}

static int plugin_element(struct shell *sh, const char *name, size_t at, struct sh_plugin_text *key,
		struct sh_plugin_text *value, size_t *count) {
	struct sh_name *found = sh_name_find(sh, name, strlen(name));
	if (found == NULL || !sh_var_is_array(&found->var) || found->var.array == NULL) {
		return -EINVAL;
	}
	sh_var_refresh(sh, found);
	const struct sh_array *array = found->var.array;
	*count = array->len;
	if (at < array->len && key != NULL) {
		const struct sh_item *item = &array->items[at];
		const char *text = item->key;
		if (text == NULL) {
			snprintf(sh->number, sizeof(sh->number), "%jd", item->index);
			text = sh->number;
		}
		*key = (struct sh_plugin_text){ text, strlen(text) };
		*value = (struct sh_plugin_text){ item->value, item->len };
	}
	return 0;
}

/* It is the process that has what the variable tells of, so no subshell's end undoes it. */
static int plugin_export(struct shell *sh, const char *name, const char *value) {
	int err = check_writable(sh, name);
	if (err < 0) {
		return err;
	}
	uint32_t level = sh->level;
	struct sh_name *interned = sh_name(sh, name);
	sh->level = 0;
	err = sh_var_set(sh, interned, value, strlen(value)) < 0 ? -EINVAL : 0;
	sh_var_flag(sh, interned, SH_VAR_EXPORT, 0);
	sh->level = level;
	return err;
}

static int plugin_unset(struct shell *sh, const char *ref) {
	int err = check_writable(sh, ref);
	size_t len;
	if (err < 0 || sh_ref_get(sh, ref, &len) == NULL) {
		return err < 0 ? err : -ENOENT;
	}
	return sh_ref_unset(sh, ref) < 0 ? -EINVAL : 0;
}

/* ---- commands ---- */

static void plugin_find(struct shell *sh, const char *word, struct sh_plugin_found *found) {
	struct sh_command cmd = sh_lookup(sh, word, 0);
	*found = (struct sh_plugin_found){ .kind = SH_PLUGIN_NOTHING };
	switch (cmd.kind) {
	case SH_CMD_FUNCTION:
		found->kind = SH_PLUGIN_FUNCTION;
		found->code = sh_name(sh, word); // it may be redefined
		break;
	case SH_CMD_SPECIAL:
	case SH_CMD_BUILTIN:
		found->kind = SH_PLUGIN_BUILTIN;
		found->code = (void *)(uintptr_t)cmd.builtin;
		break;
	case SH_CMD_PROGRAM:
		found->kind = SH_PLUGIN_PROGRAM;
		found->path = cmd.path;
		break;
	}
}

static int call_builtin(
		struct shell *sh, const struct sh_builtin *builtin, int argc, char **argv) {
	if ((builtin->flags & SH_BUILTIN_FORKS) != 0 && !sh_subshell_detach(sh)) {
		return sh->status;
	}
	struct sh_mark mark = sh_arena_mark(&sh->scratch);
	sh->exec_flags = 0;
	int status = sh_run_builtin(sh, builtin, argc, argv);
	sh->keep_redirs = false;
	if (sh->special_error) {
		sh->special_error = false;
		sh_fail(sh, status);
	}
	sh_arena_release(&sh->scratch, mark);
	return status;
}

static int call_found(
		struct shell *sh, const struct sh_plugin_found *found, int argc, char **argv) {
	if (found->kind == SH_PLUGIN_BUILTIN) {
		return call_builtin(sh, found->code, argc, argv);
	}
	struct sh_func *func = ((struct sh_name *)found->code)->func;
	return func != NULL ? sh_func_call(sh, func, argc, argv) : sh_not_found(sh, argv[0], ENOENT);
}

static int plugin_call(
		struct shell *sh, const struct sh_plugin_found *found, int argc, char **argv) {
	const char *running = sh->running;
	const struct sh_builtin *builtin = sh->running_builtin;
	if (sh->out.len > 0) {
		sh_flush(sh);
	}
	sh->running = NULL;
	sh->running_builtin = NULL;
	int status = call_found(sh, found, argc, argv);
	sh->running = running;
	sh->running_builtin = builtin;
	return status;
}

static int plugin_run(struct shell *sh, int argc, char **argv) {
	struct sh_mark mark = sh_arena_mark(&sh->scratch);
	int status = sh_call(sh, argc, argv, 0);
	if (sh->special_error) {
		sh->special_error = false;
		sh_fail(sh, status);
	}
	sh_arena_release(&sh->scratch, mark);
	return status;
}

static int plugin_define(struct shell *sh, const char *name, const char *body) {
	struct cn_buf text = CN_BUF_INIT;
	cn_buf_printf(&text, "%s() {\n%s\n}", name, body);
	sh->syntax_error = false;
	sh_eval(sh, text.data);
	cn_buf_finish(&text);
	bool bad = sh->syntax_error || sh_name(sh, name)->func == NULL;
	sh->syntax_error = false;
	return bad ? -EINVAL : 0;
}

static void plugin_undefine(struct shell *sh, const char *name) {
	sh_func_unset(sh, sh_name(sh, name));
}

static const char *plugin_definition(struct shell *sh, const char *name) {
	const struct sh_func *func = sh_name(sh, name)->func;
	return func != NULL ? func->text : NULL;
}

/* ---- leaving ---- */

static bool plugin_unwinding(struct shell *sh, int *status) {
	*status = sh->status;
	return sh->unwind != SH_UNWIND_NONE;
}

static int plugin_stop_unwinding(struct shell *sh, bool *stopped, int *how) {
	*how = (int)sh->unwind;
	*stopped = sh->unwind != SH_UNWIND_GONE;
	if (*stopped) {
		sh->unwind = SH_UNWIND_NONE;
	}
	return sh->status;
}

static void plugin_unwind(struct shell *sh, int how, int status) {
	sh->unwind = (uint32_t)how;
	sh->status = status;
}

/* ---- processes ---- */

static void plugin_own_process(struct shell *sh) {
	sh_subshell_detach(sh);
}

static void plugin_before_copy(struct shell *sh) {
	sh_flush(sh);
	sh_fd_before_fork(sh, false);
}

static void plugin_child_begin(struct shell *sh) {
	sh_child_init(sh);
	sh->is_background = true;
	if (sh->subshell != NULL) {
		sh->subshell->process = true;
	}
	sh->loops = 0;
	sh->errexit_off = 0;
	sh->interrupted = sh->traps_deferred = false;
	sh->running = NULL;
	sh->running_builtin = NULL;
	sh->unwind = SH_UNWIND_NONE;
}

static int plugin_child_end(struct shell *sh, int status) {
	sh->status = status;
	if (sh_signal_any) {
		sh_trap_run(sh);
	}
	sh->unwind = SH_UNWIND_NONE;
	sh_trap_run_exit(sh);
	sh->unwind = SH_UNWIND_NONE;
	status = sh->status;
	sh_flush(sh);
	sh_loader_at_exit(sh);
	sh_flush(sh);
	sh_fd_sync(sh);
	return status & 0xFF;
}

/* What a task may change, as it was before the first. */
struct task_mark {
	uint32_t options;
	mode_t mask;
	bool traps[SH_SIGNALS]; // set by an initializer: they stay
	char *cwd;
	int cwd_fd;
	int fds[3]; // private copies; -1: was closed
};

static void *plugin_task_begin(struct shell *sh) {
	struct task_mark *mark = sh_xcalloc(1, sizeof(*mark));
	mark->options = sh->options;
	mark->mask = umask(0);
	umask(mark->mask);
	sh->umask_changed = false;
	sh_trap_which(sh, mark->traps);
	mark->cwd = sh->cwd != NULL ? sh_xstrdup(sh->cwd) : NULL;
	mark->cwd_fd = cn_fd_private(open(".", O_PATH | O_DIRECTORY | O_CLOEXEC));
	for (int fd = 0; fd < 3; fd++) {
		mark->fds[fd] = fcntl(fd, F_DUPFD_CLOEXEC, CN_FD_PRIVATE);
	}
	return mark;
}

static void task_restore_cwd(struct shell *sh, const struct task_mark *mark) {
	bool same = mark->cwd == NULL || sh->cwd == NULL || strcmp(mark->cwd, sh->cwd) == 0;
	if (!same && mark->cwd_fd >= 0 && fchdir(mark->cwd_fd) == 0) {
		free(sh->cwd);
		sh->cwd = sh_xstrdup(mark->cwd);
		sh_var_set(sh, sh->n.pwd, mark->cwd, strlen(mark->cwd));
	}
}

static void task_run_exit_trap(struct shell *sh, int *status) {
	sh->status = *status;
	sh_trap_run_exit(sh);
	sh->unwind = SH_UNWIND_NONE;
	sh->exiting = false;
	*status = sh->status;
}

static void plugin_task_end(struct shell *sh, void *begun, int *status) {
	const struct task_mark *mark = begun;
	if (sh_trap_has_exit(sh)) {
		task_run_exit_trap(sh, status);
	}
	if (sh->options != mark->options) {
		sh->options = mark->options;
	}
	if (sh->umask_changed) {
		umask(mark->mask);
		sh->umask_changed = false;
	}
	sh_trap_clear(sh, mark->traps);
	task_restore_cwd(sh, mark);
	sh_fd_reset(sh, mark->fds, 3);
}

static int plugin_set_fd(struct shell *sh, int script_fd, int fd) {
	return fd == script_fd || dup2(fd, script_fd) >= 0 ? 0 : -errno;
}

/* ---- input and output ---- */

static bool plugin_can_write(struct shell *sh) {
	const struct sh_file *file = sh_fd_file(sh, 1);
	if (file == NULL || file->sink != NULL) {
		return file != NULL;
	}
	return cn_fd_is_writable(file->real);
}

static int plugin_write(struct shell *sh, const char *data, size_t len) {
	sh_write(sh, data, len);
	return 0;
}

static int plugin_error(struct shell *sh, const char *data, size_t len) {
	sh_flush(sh);
	return sh_fd_write(sh, 2, data, len);
}

/* ---- signals ---- */

static void plugin_pending(struct shell *sh) {
	if (sh_signal_any) {
		sh_flush(sh);
		sh_trap_run(sh);
	}
}

static bool plugin_is_interrupted(struct shell *sh) {
	return sh->unwind != SH_UNWIND_NONE || sh_signal_ends(sh);
}

static void plugin_raise(struct shell *sh) {
	sh_safe_point_due = 1;
	sh_signal_any = 1;
}

static int plugin_meeting(struct shell *sh) {
	return sh->meeting > 0 ? sh->meeting : -1;
}

static int plugin_trap_set(struct shell *sh, int sig, const char *action,
		void (*handler)(int sig, siginfo_t *info, void *context)) {
	if (sig <= 0 || sig >= SH_SIGNALS || sig == SIGKILL || sig == SIGSTOP) {
		return -EINVAL;
	}
	if (!sh_trap_change(sh, sig, action)) {
		return -EPERM;
	}
	if (handler == NULL || action == NULL || action[0] == '\0' || sig == SIGCHLD) {
		return handler != NULL && sig == SIGCHLD;
	}
	struct sigaction ours = { .sa_sigaction = handler, .sa_flags = SA_SIGINFO };
	sigfillset(&ours.sa_mask);
	sigaction(sig, &ours, NULL);
	return 0;
}

static const char *plugin_trap_get(struct shell *sh, int sig) {
	const char *action = sh_trap_get(sh, sig);
	return action != NULL ? action : sh_trap_effective(sh, sig);
}

static int plugin_trap_pending(struct shell *sh) {
	return sh_trap_pending(sh);
}

static void plugin_on_signal(void (*woken)(void)) {
	sh_signal_woken = woken;
}

static bool plugin_is_interactive(struct shell *sh) {
	return sh->interactive;
}

static bool plugin_is_foreground_copy(struct shell *sh) {
	return sh->is_child && !sh->is_background;
}

const struct sh_plugin_api sh_plugin_table = {
	.version = SH_PLUGIN_VERSION,
	.size = sizeof(struct sh_plugin_api),
	.meeting = plugin_meeting,
	.add = sh_loader_add,
	.remove = sh_loader_remove,
	.get = plugin_get,
	.set = plugin_set,
	.may_set = check_writable,
	.set_array = plugin_set_array,
	.make_assoc = plugin_make_assoc,
	.element = plugin_element,
	.bind = sh_kept_bind,
	.export = plugin_export,
	.unset = plugin_unset,
	.environment = sh_var_environ,
	.find = plugin_find,
	.call = plugin_call,
	.run = plugin_run,
	.define = plugin_define,
	.undefine = plugin_undefine,
	.definition = plugin_definition,
	.unwinding = plugin_unwinding,
	.stop_unwinding = plugin_stop_unwinding,
	.unwind = plugin_unwind,
	.own_process = plugin_own_process,
	.before_copy = plugin_before_copy,
	.after_copy = sh_fd_settle,
	.child_begin = plugin_child_begin,
	.child_end = plugin_child_end,
	.set_fd = plugin_set_fd,
	.task_begin = plugin_task_begin,
	.task_end = plugin_task_end,
	.fd = sh_fd_real,
	.can_write = plugin_can_write,
	.write = plugin_write,
	.flush = sh_flush,
	.error = plugin_error,
	.pending = plugin_pending,
	.is_interrupted = plugin_is_interrupted,
	.raise = plugin_raise,
	.on_safe_point = sh_loader_on_safe_point,
	.at_exit = sh_loader_on_exit,
	.is_interactive = plugin_is_interactive,
	.is_foreground_copy = plugin_is_foreground_copy,
	.trap_get = plugin_trap_get,
	.trap_set = plugin_trap_set,
	.caught = sh_signal_note,
	.trap_pending = plugin_trap_pending,
	.on_signal = plugin_on_signal,
	.on_prompt = sh_loader_on_prompt,
};
