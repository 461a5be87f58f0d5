/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * plugin/host_conch.c - conch as the host: struct host over the shell's table of plugin_api.h.
 *
 * When shell code says that the command, a function or the shell is to be left, the shell's calls
 * return and unwinding() is true. What the commands know is a longjmp (plugin/host.h); it is made
 * here, from the call into the shell back to where the shell called us. Only frames of the plugin
 * lie in between, never one of the shell.
 */
#include "config.h"

#include <assert.h>
#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/vec.h"
#include "lib/proc/process.h"
#include "lib/shm/owner.h"
#include "plugin/command.h"
#include "plugin/host.h"
#include "plugin/report.h"
#include "plugin/session.h"
#include "shell/plugin_api.h"

// Parts of us that want to be called.
enum { CALLS_MAX = 8 };

// Where a longjmp leads: a call of one of our commands, or a guard().
struct frame {
	struct frame *outer;
	size_t protections;
	jmp_buf jump;
};

struct protection {
	void (*cleanup)(void *data);
	void *data;
};

static struct {
	struct shell *sh;
	const struct sh_plugin_api *api;
	struct frame *frame;
	struct protection *protections;
	size_t protected; // how many
	size_t room;
	void (*dispatch[CALLS_MAX])(void);
	void (*prompt[CALLS_MAX])(void);
	void (*exits[CALLS_MAX])(void);
	void *task;
	struct cn_vec builtins; // struct made *
	int left_by; // how what guard() caught last was left
	int left_status;
	volatile sig_atomic_t raised;
} state;

// ---- leaving ----

static void frame_push(struct frame *frame) {
	frame->outer = state.frame;
	frame->protections = state.protected;
	state.frame = frame;
}

static void frame_pop(struct frame *frame) {
	state.frame = frame->outer;
	state.protected = frame->protections;
}

// To the innermost frame, by way of the cleanups.
static _Noreturn void leave(void) {
	struct frame *frame = state.frame;
	while (state.protected > frame->protections) {
		struct protection *last = &state.protections[--state.protected];
		last->cleanup(last->data);
	}
	longjmp(frame->jump, 1);
}

static void leave_if_unwinding(void) {
	int status;
	if (state.api->unwinding(state.sh, &status)) {
		leave();
	}
}

static int conch_guard(int (*run)(void *data), void *data, bool *left) {
	struct frame frame;
	frame_push(&frame);
	*left = false;
	if (setjmp(frame.jump) == 0) {
		int status = run(data);
		frame_pop(&frame);
		return status;
	}
	frame_pop(&frame);
	state.left_status = state.api->stop_unwinding(state.sh, left, &state.left_by);
	leave_if_unwinding();
	return state.left_status;
}

static void conch_leave(void) {
	state.api->unwind(state.sh, state.left_by, state.left_status);
	leave();
}

static void conch_protect(void (*cleanup)(void *data), void *data) {
	if (state.protected == state.room) {
		size_t room = state.room > 0 ? state.room * 2 : 16;
		struct protection *more = reallocarray(state.protections, room, sizeof(*more));
		if (more == NULL) {
			abort(); // as a shell does without memory
		}
		state.protections = more;
		state.room = room;
	}
	state.protections[state.protected++] = (struct protection){ cleanup, data };
}

static void conch_unprotect(void) {
	state.protected--;
}

// ---- variables ----

static const char *conch_get(const char *name) {
	size_t len;
	return state.api->get(state.sh, name, &len);
}

static int conch_set(const char *name, const char *value, size_t len) {
	return state.api->set(state.sh, name, value, len);
}

static int conch_may_set(const char *name) {
	return state.api->may_set(state.sh, name);
}

static int conch_export(const char *name, const char *value) {
	return state.api->export(state.sh, name, value);
}

static_assert(sizeof(struct host_text) == sizeof(struct sh_plugin_text) &&
				offsetof(struct host_text, len) == offsetof(struct sh_plugin_text, len),
		"the same in both words");

static int conch_set_array(const char *name, const struct host_text *values, size_t count) {
	return state.api->set_array(state.sh, name, (const struct sh_plugin_text *)values, count);
}

static int conch_make_assoc(const char *name) {
	return state.api->make_assoc(state.sh, name);
}

static int conch_elements(const char *name,
		void (*element)(void *to, struct host_text key, struct host_text value), void *to) {
	size_t count;
	if (state.api->element(state.sh, name, 0, NULL, NULL, &count) < 0) {
		return -EINVAL;
	}
	for (size_t i = 0; i < count; i++) {
		struct sh_plugin_text key;
		struct sh_plugin_text value;
		if (state.api->element(state.sh, name, i, &key, &value, &count) == 0 && i < count) {
			element(to, (struct host_text){ key.data, key.len },
					(struct host_text){ value.data, value.len });
		}
	}
	return 0;
}

static_assert(sizeof(struct host_variable) == sizeof(struct sh_plugin_variable) &&
				offsetof(struct host_variable, clear) == offsetof(struct sh_plugin_variable, clear) &&
				(int)HOST_ASSOC == (int)SH_PLUGIN_ASSOC,
		"the same in both words");

static int conch_bind(const char *name, const struct host_variable *variable, enum host_bind how) {
	return state.api->bind(state.sh, name, (const struct sh_plugin_variable *)variable,
			how != HOST_BIND_DROP);
}

// The elements of NAME=(...) are assigned when the command is over.
static bool conch_has_assigned(const char *name) {
	return false;
}

static int conch_unset(const char *name) {
	return state.api->unset(state.sh, name);
}

static char **conch_environment(void) {
	return state.api->environment(state.sh);
}

// ---- builtins ----

// One made while the shell runs.
struct made {
	struct sh_plugin_command command;
	const struct host_builtin *builtin;
};

// Call what the shell wants of us such that it may be left.
static int call_framed(int (*run)(void *data, int argc, char **argv), void *data, int argc, char **argv) {
	struct frame frame;
	int status;
	frame_push(&frame);
	if (setjmp(frame.jump) == 0) {
		status = run(data, argc, argv);
	} else {
		state.api->unwinding(state.sh, &status);
	}
	frame_pop(&frame);
	return status;
}

static int enter_made(void *data, int argc, char **argv) {
	const struct host_builtin *builtin = ((struct made *)data)->builtin;
	return call_framed(builtin->run, builtin->data, argc, argv);
}

static int conch_add_builtin(const struct host_builtin *builtin) {
	struct made *made = calloc(1, sizeof(*made));
	if (made == NULL || cn_vec_push(&state.builtins, made) < 0) {
		free(made);
		return -ENOMEM;
	}
	made->builtin = builtin;
	made->command = (struct sh_plugin_command){
		.name = builtin->name, .usage = builtin->usage, .run = enter_made, .data = made
	};
	int err = state.api->add(state.sh, &made->command);
	if (err < 0) {
		cn_vec_pop(&state.builtins);
		free(made);
	}
	return err;
}

static void conch_remove_builtin(const char *name) {
	for (size_t i = 0; i < state.builtins.len; i++) {
		struct made *made = state.builtins.items[i];
		if (strcmp(made->builtin->name, name) == 0) {
			state.api->remove(state.sh, name);
			cn_vec_remove(&state.builtins, i);
			free(made);
			return;
		}
	}
}

// ---- commands ----

static void conch_find(const char *word, struct host_command *command) {
	static const int kinds[] = {
		[SH_PLUGIN_NOTHING] = HOST_NOTHING,
		[SH_PLUGIN_FUNCTION] = HOST_FUNCTION,
		[SH_PLUGIN_BUILTIN] = HOST_BUILTIN,
		[SH_PLUGIN_PROGRAM] = HOST_PROGRAM,
	};
	struct sh_plugin_found found;
	state.api->find(state.sh, word, &found);
	*command = (struct host_command){ .kind = kinds[found.kind], .code = found.code };
	if (found.kind == SH_PLUGIN_PROGRAM) {
		command->path = strdup(found.path);
		command->kind = command->path != NULL ? HOST_PROGRAM : HOST_NOTHING;
	}
}

// The shell does not change the words, whatever its type says.
static char **argv_of(char *const words[]) {
	return (char **)(uintptr_t)words;
}

static int conch_call(const struct host_command *command, char *const words[], size_t count) {
	struct sh_plugin_found found = { .code = command->code };
	found.kind = command->kind == HOST_FUNCTION ? SH_PLUGIN_FUNCTION : SH_PLUGIN_BUILTIN;
	int status = state.api->call(state.sh, &found, (int)count, argv_of(words));
	leave_if_unwinding();
	return status;
}

static int conch_run(char *const words[], size_t count) {
	int status = state.api->run(state.sh, (int)count, argv_of(words));
	leave_if_unwinding();
	return status;
}

static int conch_define(const char *name, const char *code) {
	return state.api->define(state.sh, name, code);
}

static void conch_undefine(const char *name) {
	state.api->undefine(state.sh, name);
}

static int conch_definition(const char *name, struct cn_buf *code) {
	const char *text = state.api->definition(state.sh, name);
	return text == NULL ? -ENOENT : cn_buf_puts(code, text);
}

// ---- processes ----

static void conch_own_process(void) {
	state.api->own_process(state.sh);
	leave_if_unwinding();
}

static void before_copy(void) {
	state.api->before_copy(state.sh);
}

static void after_copy(void) {
	state.api->after_copy(state.sh);
}

static void conch_child_begin(void) {
	state.raised = 0;
	state.api->child_begin(state.sh);
}

static int conch_child_end(int status) {
	return state.api->child_end(state.sh, status);
}

static int conch_set_fd(int script_fd, int fd) {
	return state.api->set_fd(state.sh, script_fd, fd);
}

static void conch_worker_begin(void) {
	state.task = state.api->task_begin(state.sh);
}

static void conch_task_end(int *status) {
	if (state.task != NULL) {
		state.api->task_end(state.sh, state.task, status);
	}
}

// ---- input and output ----

static int conch_fd(int script_fd) {
	int fd = state.api->fd(state.sh, script_fd);
	return fd >= 0 ? fd : -1;
}

static bool conch_can_write(void) {
	return state.api->can_write(state.sh);
}

static int conch_write(const void *data, size_t len) {
	return state.api->write(state.sh, data, len);
}

static int conch_flush(void) {
	return state.api->flush(state.sh);
}

static int conch_error(const void *data, size_t len) {
	return state.api->error(state.sh, data, len);
}

// ---- signals ----

static void conch_pending(void) {
	state.api->pending(state.sh);
	leave_if_unwinding();
}

static bool conch_is_interrupted(void) {
	return state.api->is_interrupted(state.sh);
}

static void conch_raise(void) {
	state.raised = 1;
	state.api->raise(state.sh);
}

static const char *conch_trap_get(int sig) {
	return state.api->trap_get(state.sh, sig);
}

static_assert(HOST_TRAP_SHARED == 1, "as the shell answers");

static int conch_trap_set(int sig, const char *action,
		void (*handler)(int sig, siginfo_t *info, void *context)) {
	return state.api->trap_set(state.sh, sig, action, handler);
}

static void conch_caught(int sig) {
	state.api->caught(sig);
	conch_raise();
}

static int conch_trap_pending(void) {
	return state.api->trap_pending(state.sh);
}

// What our waits must not sleep over.
static bool has_come(void) {
	return state.raised || conch_trap_pending() > 0 || conch_is_interrupted();
}

// Its programs inherit the mask of the process.
static void conch_blocked(const sigset_t *set, bool on) {
}

// Make the calls, each such that it may be left. The shell does as unwinding() tells.
static void make_calls(void (*const calls[CALLS_MAX])(void)) {
	for (size_t i = 0; i < CALLS_MAX && calls[i] != NULL; i++) {
		struct frame frame;
		frame_push(&frame);
		if (setjmp(frame.jump) == 0) {
			calls[i]();
		}
		frame_pop(&frame);
	}
}

static void note_call(void (*calls[CALLS_MAX])(void), void (*call)(void)) {
	for (size_t i = 0; i < CALLS_MAX; i++) {
		if (calls[i] == NULL || calls[i] == call) {
			calls[i] = call;
			return;
		}
	}
	abort();
}

static void reached_safe_point(void) {
	if (state.raised) {
		state.raised = 0;
		make_calls(state.dispatch);
	}
}

static void conch_on_dispatch(void (*dispatch)(void)) {
	note_call(state.dispatch, dispatch);
	state.api->on_safe_point(state.sh, reached_safe_point);
}

static void at_exit(void) {
	make_calls(state.exits);
}

static void conch_on_exit(void (*call)(void)) {
	note_call(state.exits, call);
	state.api->at_exit(state.sh, at_exit);
}

static void before_prompt(void) {
	make_calls(state.prompt);
}

static void conch_on_prompt(void (*before)(void)) {
	note_call(state.prompt, before);
	state.api->on_prompt(state.sh, before_prompt);
}

static bool conch_is_interactive(void) {
	return state.api->is_interactive(state.sh);
}

static bool conch_is_foreground_copy(void) {
	return state.api->is_foreground_copy(state.sh);
}

static const struct host host_conch = {
	.name = "conch",
	.get = conch_get,
	.set = conch_set,
	.may_set = conch_may_set,
	.export = conch_export,
	.set_array = conch_set_array,
	.make_assoc = conch_make_assoc,
	.elements = conch_elements,
	.bind = conch_bind,
	.has_assigned = conch_has_assigned,
	.unset = conch_unset,
	.add_builtin = conch_add_builtin,
	.remove_builtin = conch_remove_builtin,
	.find = conch_find,
	.call = conch_call,
	.run = conch_run,
	.define = conch_define,
	.undefine = conch_undefine,
	.definition = conch_definition,
	.guard = conch_guard,
	.leave = conch_leave,
	.own_process = conch_own_process,
	.child_begin = conch_child_begin,
	.child_end = conch_child_end,
	.set_fd = conch_set_fd,
	.worker_begin = conch_worker_begin,
	.task_end = conch_task_end,
	.environment = conch_environment,
	.fd = conch_fd,
	.can_write = conch_can_write,
	.write = conch_write,
	.flush = conch_flush,
	.error = conch_error,
	.pending = conch_pending,
	.is_interrupted = conch_is_interrupted,
	.protect = conch_protect,
	.unprotect = conch_unprotect,
	.raise = conch_raise,
	.on_dispatch = conch_on_dispatch,
	.on_exit = conch_on_exit,
	.on_prompt = conch_on_prompt,
	.trap_get = conch_trap_get,
	.trap_set = conch_trap_set,
	.trap_pending = conch_trap_pending,
	.caught = conch_caught,
	.blocked = conch_blocked,
	.is_interactive = conch_is_interactive,
	.is_foreground_copy = conch_is_foreground_copy,
};

// ---- commands of ours ----

static int run_command(void *command, int argc, char **argv) {
	return command_run(command, argc, argv);
}

// Every builtin of ours comes in here.
static int enter(void *command, int argc, char **argv) {
	return call_framed(run_command, command, argc, argv);
}

#define EXPORTED __attribute__((visibility("default")))

EXPORTED sh_plugin_init conch_plugin_init;

EXPORTED int conch_plugin_init(struct shell *sh, const struct sh_plugin_api *api) {
	if (api->version != SH_PLUGIN_VERSION) {
		return -1;
	}
	state.sh = sh;
	state.api = api;
	host = &host_conch;
	session_meet(api->meeting(sh));
	api->on_signal(cn_self_ring);
	cn_park_ask(has_come);
	cn_process_before_copy(before_copy);
	cn_process_on_copy(after_copy);
#define CONCH_COMMAND(word)                                                                        \
	extern const struct command command_##word;                                                    \
	static const struct sh_plugin_command word##_command = {                                       \
		.name = #word, .run = enter, .data = (void *)(uintptr_t)&command_##word                    \
	};                                                                                             \
	api->add(sh, &word##_command);
#include "plugin/commands.def"
	return 0;
}
