/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * plugin/host_bash.c - bash as the host: struct host over bash's own functions, and the builtin
 * tables by which `enable -f conch.so NAME` finds the commands. The state of bash is its
 * globals; what this file keeps itself stands in `state`.
 */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdio_ext.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/base/buf.h"
#include "lib/base/fd.h"
#include "lib/proc/process.h"
#include "plugin/bash_api.h"
#include "plugin/bash_builtins.h"
#include "plugin/bash_parser.h"
#include "plugin/bash_traps.h"
#include "plugin/bash_values.h"
#include "plugin/bash_vars.h"
#include "plugin/bash_worker.h"
#include "plugin/command.h"
#include "plugin/host.h"
#include "plugin/report.h"
#include "plugin/session.h"

// Words up to this many need no heap on their way in or out.
enum { WORDS_FEW = 32 };

// What goes through stdio.
enum { WRITE_SMALL = 512 };

// The operand by which the trap of our signal reaches dispatch().
static const char dispatch_word[] = "--dispatch";

// Parts of us that want to be called.
enum { CALLS_MAX = 8 };

static struct {
	void (*dispatch[CALLS_MAX])(void);
	void (*prompt[CALLS_MAX])(void);
	int (*startup_hook)(void); // of readline, before they were ours
	int (*signal_hook)(void);
	void (*leave[CALLS_MAX])(void);
	const char *builtin; // one of ours that is enabled
	WORD_LIST *words; // of the command that was entered last
	bool at_exit; // registered
	int left_by; // the longjmp that bash_guard() caught last
} state;

static int bash_flush(void);
static void make_calls(void (*const calls[CALLS_MAX])(void));

static void bash_find(const char *word, struct host_command *command) {
	*command = (struct host_command){ .kind = HOST_NOTHING };
	if (find_function(word) != NULL) {
		command->kind = HOST_FUNCTION;
		return;
	}
	command->code = (void *)find_shell_builtin((char *)(uintptr_t)word);
	if (command->code != NULL) {
		command->kind = HOST_BUILTIN;
		return;
	}
	char *found = search_for_command(word, CMDSRCH_USE_HASH);
	if (found == NULL) {
		return;
	}
	command->path = strdup(found); // bash may have a malloc of its own
	xfree(found);
	command->kind = command->path != NULL ? HOST_PROGRAM : HOST_NOTHING;
}

static int call_words(const struct host_command *command, WORD_LIST *words) {
	if (command->kind == HOST_FUNCTION) {
		SHELL_VAR *function = find_function(words->word->word); // a task may have redefined it
		return function != NULL ? execute_shell_function(function, words) : STATUS_NOT_FOUND;
	}
	sh_builtin_func_t *saved = this_shell_builtin;
	char *saved_name = this_command_name;
	this_shell_builtin = (sh_builtin_func_t *)command->code;
	this_command_name = words->word->word;
	int status = this_shell_builtin(words->next);
	this_shell_builtin = saved;
	this_command_name = saved_name;
	return status;
}

// The words as bash's list, in the arrays given.
static WORD_LIST *link_words(
		char *const words[], size_t count, WORD_LIST *list, WORD_DESC *descriptions) {
	for (size_t i = 0; i < count; i++) {
		descriptions[i] = (WORD_DESC){ .word = words[i] };
		list[i] = (WORD_LIST){ .next = i + 1 < count ? &list[i + 1] : NULL,
			.word = &descriptions[i] };
	}
	return list;
}

static int bash_call(const struct host_command *command, char *const words[], size_t count) {
	WORD_LIST few_list[WORDS_FEW];
	WORD_DESC few_descriptions[WORDS_FEW];
	if (count <= WORDS_FEW) {
		return call_words(command, link_words(words, count, few_list, few_descriptions));
	}
	char frame[] = "conch-call";
	begin_unwind_frame(frame);
	WORD_LIST *list = xmalloc(count * sizeof(*list));
	add_unwind_protect(xfree, list);
	WORD_DESC *descriptions = xmalloc(count * sizeof(*descriptions));
	add_unwind_protect(xfree, descriptions);
	int status = call_words(command, link_words(words, count, list, descriptions));
	run_unwind_frame(frame);
	return status;
}

// Evaluate a text; bash frees its own copy, also when it jumps out.
static int evaluate(const char *code) {
	size_t size = strlen(code) + 1;
	char *copy = memcpy(xmalloc(size), code, size);
	return parse_and_execute(copy, "conch", SEVAL_NOHIST);
}

static int bash_run(char *const words[], size_t count) {
	struct cn_buf code = CN_BUF_INIT;
	for (size_t i = 0; i < count; i++) {
		char *quoted = sh_single_quote(words[i]);
		cn_buf_printf(&code, "%s%s", i > 0 ? " " : "", quoted);
		xfree(quoted);
	}
	if (code.failed) {
		cn_buf_finish(&code);
		return STATUS_FAILED;
	}
	char *copy = memcpy(xmalloc(code.len + 1), code.data, code.len + 1);
	cn_buf_finish(&code);
	return parse_and_execute(copy, "conch", SEVAL_NOHIST);
}

static int bash_define(const char *name, const char *code) {
	struct cn_buf text = CN_BUF_INIT;
	cn_buf_printf(&text, "function %s {\n%s\n}", name, code);
	int status = text.failed ? 1 : evaluate(text.data);
	cn_buf_finish(&text);
	return status == 0 && find_function(name) != NULL ? 0 : -EINVAL;
}

static void bash_undefine(const char *name) {
	unbind_func(name);
}

// bash prints "NAME () \n{ \n...\n}", and redirections behind that; define() wants what is inside.
static int bash_definition(const char *name, struct cn_buf *code) {
	SHELL_VAR *function = find_function(name);
	if (function == NULL) {
		return -ENOENT;
	}
	const char *text = named_function_string(NULL, function_cell(function), FUNC_MULTILINE);
	const char *behind = text != NULL ? strstr(text, "()") : NULL;
	const char *body = behind != NULL ? strchr(behind, '{') : NULL;
	if (body == NULL) {
		return -ENOSYS;
	}
	size_t len = strlen(body);
	bool plain = len > 1 && body[len - 1] == '}';
	return plain ? cn_buf_append(code, body + 1, len - 2) : cn_buf_puts(code, body);
}

static int bash_guard(int (*run)(void *data), void *data, bool *left) {
	procenv_t saved;
	char frame[] = "conch-guard";
	int saved_level = parse_and_execute_level;
	memcpy(&saved, &top_level, sizeof(saved));
	begin_unwind_frame(frame);
	int status = 0;
	int way = setjmp_nosigs(top_level);
	if (way == 0) {
		status = run(data);
		*left = false;
	} else {
		status = last_command_exit_value;
		state.left_by = way;
		*left = true;
	}
	run_unwind_frame(frame);
	parse_and_execute_level = saved_level;
	memcpy(&top_level, &saved, sizeof(saved));
	return status;
}

static void bash_leave(void) {
	jump_to_top_level(state.left_by);
}

static void bash_own_process(void) {
}

/*
 * The script is read on by the parent, and its place in the file is shared. unset_bash_input() does
 * the same and frees the buffer, for which a copy would pay with half a dozen pages.
 */
static void leave_script(void) {
	if (default_buffered_input > 0) {
		close(default_buffered_input);
		default_buffered_input = -1;
	}
}

static void bash_child_begin(void) {
	leave_script();
	subshell_environment = SUBSHELL_ASYNC;
	subshell_level++;
	interactive = 0;
	login_shell = 0;
	reset_terminating_signals();
	clear_pending_traps();
	reset_signal_handlers();
	without_job_control();
	default_tty_job_signals();
	set_sigchld_handler();
}

static int bash_child_end(int status) {
	if (signal_is_trapped(0)) {
		last_command_exit_value = status;
		status = run_exit_trap();
	}
	make_calls(state.leave);
	bash_flush();
	return status;
}

static int bash_set_fd(int script_fd, int fd) {
	return fd == script_fd || dup2(fd, script_fd) >= 0 ? 0 : -errno;
}

static char **bash_environment(void) {
	maybe_make_export_env();
	return export_env;
}

static int bash_fd(int script_fd) {
	return fcntl(script_fd, F_GETFD) < 0 ? -1 : script_fd;
}

static bool bash_can_write(void) {
	return cn_fd_is_writable(STDOUT_FILENO);
}

// bash's stdout is line-buffered: many lines would be many writes.
static int bash_write(const void *data, size_t len) {
	if (len > WRITE_SMALL) {
		int err = bash_flush();
		return err < 0 ? err : cn_write_full(STDOUT_FILENO, data, len);
	}
	return fwrite(data, 1, len, stdout) == len ? 0 : -errno;
}

static int bash_flush(void) {
	if (__fpending(stdout) == 0 && !ferror(stdout)) {
		return 0; // without touching it: in a copy that would cost a page
	}
	if (fflush(stdout) == 0 && !ferror(stdout)) {
		return 0;
	}
	int err = errno != 0 ? -errno : -EIO;
	__fpurge(stdout);
	clearerr(stdout);
	return err;
}

static int bash_error(const void *data, size_t len) {
	bash_flush();
	return cn_write_full(STDERR_FILENO, data, len);
}

static void bash_pending(void) {
	if (terminating_signal != 0) {
		termsig_handler(terminating_signal);
	}
	if (interrupt_state != 0) {
		throw_to_top_level();
	}
	bash_traps_begin();
	make_calls(state.dispatch);
	run_pending_traps();
}

static bool bash_is_interrupted(void) {
	return terminating_signal != 0 || interrupt_state != 0;
}

static char protect_frame[] = "conch-protect";

static void bash_protect(void (*cleanup)(void *data), void *data) {
	begin_unwind_frame(protect_frame);
	add_unwind_protect(cleanup, data);
}

static void bash_unprotect(void) {
	discard_unwind_frame(protect_frame);
}

// true: it is the first.
static bool note_call(void (*calls[CALLS_MAX])(void), void (*call)(void)) {
	for (size_t i = 0; i < CALLS_MAX; i++) {
		if (calls[i] == NULL || calls[i] == call) {
			calls[i] = call;
			return i == 0;
		}
	}
	abort();
}

static void make_calls(void (*const calls[CALLS_MAX])(void)) {
	for (size_t i = 0; i < CALLS_MAX && calls[i] != NULL; i++) {
		calls[i]();
	}
}

/*
 * A signal came while a line is being typed. Bash would run its trap when the line is complete; it
 * runs now, and the line is drawn anew behind what it writes.
 */
static int signal_at_prompt(void) {
	if (bash_traps_due()) {
		rl_clear_visible_line();
		run_pending_traps();
		rl_forced_update_display();
	}
	return state.signal_hook != NULL ? state.signal_hook() : 0;
}

// Readline is ready to show the prompt, and has not shown anything yet.
static int before_prompt(void) {
	if (rl_signal_event_hook != signal_at_prompt) { // bash takes it for itself now and then
		state.signal_hook = rl_signal_event_hook;
		rl_signal_event_hook = signal_at_prompt;
	}
	make_calls(state.prompt);
	return state.startup_hook != NULL ? state.startup_hook() : 0;
}

static void watch_prompt(void) {
	bool has_readline = &rl_startup_hook != NULL && &rl_signal_event_hook != NULL;
	if (interactive_shell && has_readline && rl_startup_hook != before_prompt) {
		state.startup_hook = rl_startup_hook;
		rl_startup_hook = before_prompt;
	}
}

static void bash_on_prompt(void (*before)(void)) {
	note_call(state.prompt, before);
	watch_prompt();
}

// By traps whose command comes back to us. Subshells have lost them with their parent's others.
static void bash_on_dispatch(void (*dispatch)(void)) {
	static char code[64];
	note_call(state.dispatch, dispatch);
	if (code[0] == '\0') {
		snprintf(code, sizeof(code), "%s %s%s", state.builtin, dispatch_word, bash_parser_tail());
	}
	bash_traps_dispatch(code);
	watch_prompt();
}

static void at_exit(void) {
	make_calls(state.leave);
}

static void bash_on_exit(void (*leave)(void)) {
	if (note_call(state.leave, leave) && !state.at_exit) {
		atexit(at_exit);
		state.at_exit = true;
	}
}

static bool bash_is_interactive(void) {
	return interactive_shell != 0;
}

static bool bash_is_foreground_copy(void) {
	if (getpid() == dollar_dollar_pid) {
		return false; // bash -c '( ... )' makes no process for it
	}
	if ((subshell_environment & SUBSHELL_COMSUB) != 0) {
		return true;
	}
	return (subshell_environment & SUBSHELL_ASYNC) == 0 &&
			(subshell_environment & (SUBSHELL_PAREN | SUBSHELL_PIPE)) != 0;
}

/*
 * bash has cut such an operand at its equals sign; what is left of it is that the word is not a
 * pattern.
 */
static bool bash_has_assigned(const char *name) {
	for (WORD_LIST *w = state.words; w != NULL; w = w->next) {
		if ((w->word->flags & W_NOGLOB) != 0 && strcmp(w->word->word, name) == 0) {
			return true;
		}
	}
	return false;
}

static const struct host host_bash = {
	.name = "bash",
	.get = bash_get,
	.set = bash_set,
	.may_set = bash_may_set,
	.export = bash_export,
	.set_array = bash_set_array,
	.make_assoc = bash_make_assoc,
	.elements = bash_elements,
	.bind = bash_bind,
	.has_assigned = bash_has_assigned,
	.unset = bash_unset,
	.add_builtin = bash_add_builtin,
	.remove_builtin = bash_remove_builtin,
	.find = bash_find,
	.call = bash_call,
	.run = bash_run,
	.define = bash_define,
	.undefine = bash_undefine,
	.definition = bash_definition,
	.guard = bash_guard,
	.leave = bash_leave,
	.own_process = bash_own_process,
	.child_begin = bash_child_begin,
	.child_end = bash_child_end,
	.set_fd = bash_set_fd,
	.worker_begin = bash_worker_begin,
	.task_end = bash_task_end,
	.environment = bash_environment,
	.fd = bash_fd,
	.can_write = bash_can_write,
	.write = bash_write,
	.flush = bash_flush,
	.error = bash_error,
	.pending = bash_pending,
	.is_interrupted = bash_is_interrupted,
	.protect = bash_protect,
	.unprotect = bash_unprotect,
	.raise = bash_traps_raise,
	.on_dispatch = bash_on_dispatch,
	.on_exit = bash_on_exit,
	.on_prompt = bash_on_prompt,
	.trap_get = bash_traps_get,
	.trap_set = bash_traps_set,
	.trap_pending = bash_traps_pending,
	.caught = bash_traps_caught,
	.blocked = bash_traps_blocked,
	.is_interactive = bash_is_interactive,
	.is_foreground_copy = bash_is_foreground_copy,
};

static int dispatch_all(void *unused) {
	do {
		bash_traps_begin();
		make_calls(state.dispatch);
	} while (bash_traps_wanted());
	return STATUS_OK;
}

/*
 * bash puts $? back behind a trap. A status of our own would end a shell with `set -e`. An error
 * that ends no more than the command that was run does not end the $(...) that we stand in.
 */
static int dispatch_now(void) {
	if (!bash_parser_begin()) {
		return dispatch_all(NULL);
	}
	bool left;
	bash_guard(dispatch_all, NULL, &left);
	if (left && state.left_by != DISCARD) {
		bash_leave();
	}
	bash_parser_give_back();
	return STATUS_OK;
}

static int run_words(
		const struct command *command, const char *name, WORD_LIST *words, size_t count) {
	char *few[WORDS_FEW + 2];
	char **argv = few;
	char frame[] = "conch-argv";
	if (count > WORDS_FEW) {
		begin_unwind_frame(frame);
		argv = xmalloc((count + 2) * sizeof(*argv));
		add_unwind_protect(xfree, argv);
	}
	int argc = 0;
	argv[argc++] = (char *)(uintptr_t)name;
	for (WORD_LIST *w = words; w != NULL; w = w->next) {
		argv[argc++] = w->word->word;
	}
	argv[argc] = NULL;
	int status = command_run(command, argc, argv);
	if (argv != few) {
		run_unwind_frame(frame);
	}
	return status;
}

// Every builtin of ours comes in here.
static int enter(const struct command *command, WORD_LIST *words) {
	size_t count = 0;
	for (WORD_LIST *w = words; w != NULL; w = w->next) {
		count++;
	}
	if (count == 1 && strcmp(words->word->word, dispatch_word) == 0) {
		return dispatch_now();
	}
	bash_traps_refresh();
	state.words = words;
	return run_words(command, command->name, words, count);
}

// What `help NAME` prints. bash keeps the pointers, so they stay for good.
static char **long_doc(const struct command *command) {
	static char *empty[] = { NULL };
	struct cn_buf text = CN_BUF_INIT;
	command_help(&text, command, NULL);
	char **doc = calloc(2, sizeof(*doc));
	char *copy = cn_buf_steal(&text);
	if (doc == NULL || copy == NULL) {
		free(doc);
		free(copy);
		return empty;
	}
	doc[0] = copy;
	return doc;
}

/*
 * What we share with bash, its variables and tables, is the same in 5.0 to 5.3. In another version
 * it may not be, and a plugin that guesses wrong takes the shell with it.
 */
static bool knows_bash(void) {
	const char *version = &dist_version != NULL ? dist_version : "";
	if (strncmp(version, "5.", 2) == 0 && version[2] >= '0' && version[2] <= '3' &&
			(version[3] < '0' || version[3] > '9')) {
		return true;
	}
	fprintf(stderr, "conch: this is bash %s; it can be loaded into 5.0 to 5.3\n", version);
	return false;
}

static int load(const struct command *command, struct builtin *builtin) {
	if (!knows_bash()) {
		return 0;
	}
	host = &host_bash;
	session_meet(-1);
	state.builtin = command->name;
	bash_traps_watch();
	builtin->long_doc = long_doc(command);
	builtin->short_doc = command->summary;
	builtin->flags |= command->declares ? ASSIGNMENT_BUILTIN : 0;
	return 1;
}

#define EXPORTED __attribute__((visibility("default")))

/*
 * Per command: NAME_struct, in which bash looks up the builtin, and NAME_builtin_load, which it
 * calls when the builtin is enabled.
 */
#define CONCH_COMMAND(word)                                                                        \
	extern const struct command command_##word;                                                    \
	static int word##_builtin(WORD_LIST *words) {                                                  \
		return enter(&command_##word, words);                                                      \
	}                                                                                              \
	EXPORTED struct builtin word##_struct = {                                                      \
		.name = (char *)(uintptr_t) #word, .function = word##_builtin, .flags = BUILTIN_ENABLED    \
	};                                                                                             \
	EXPORTED int word##_builtin_load(char *name);                                                  \
	EXPORTED int word##_builtin_load(char *name) {                                                 \
		return load(&command_##word, &word##_struct);                                              \
	}
#include "plugin/commands.def"
