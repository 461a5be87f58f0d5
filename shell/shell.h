/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * shell/shell.h - the shell execution environment (XCU 2.13) as one struct, passed everywhere.
 * There are no other mutable globals but the flags signal handlers raise (trap.h).
 *
 * A subshell environment without a process of its own is the same struct with a struct sh_subshell
 * on top: what it changes is journaled there and put back at its end (subshell.h).
 *
 * Control flow is explicit: whatever may meet `exit`, `return`, `break`, a fatal error or an
 * interrupt leaves a reason in sh->unwind, and every caller returns at once while it is set.
 */
#ifndef SH_SHELL_H
#define SH_SHELL_H

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "lib/base/buf.h"
#include "lib/base/vec.h"
#include "shell/arena.h"
#include "shell/name.h"
#include "shell/options.h"
#include "shell/var.h"

struct sh_fdtable;
struct sh_file;
struct sh_frame;
struct sh_input;
struct sh_jobs;
struct sh_plugin;
struct sh_redirs;
struct sh_sink;
struct sh_subshell;
struct sh_traps;
struct sh_tree;

/* Why execution is being left; the status is in sh->status. */
enum sh_unwind {
	SH_UNWIND_NONE,
	SH_UNWIND_BREAK, // sh->unwind_count loops
	SH_UNWIND_CONTINUE, // sh->unwind_count loops, then go on with the last
	SH_UNWIND_RETURN, // to the end of the function or dot script
	SH_UNWIND_EXIT, // to the end of the (sub)shell, running its EXIT trap
	SH_UNWIND_ERROR, // a fatal error: the same, but an interactive shell prompts again
	SH_UNWIND_GONE, // another process has run the rest of this subshell
};

/* Positional parameters. */
struct sh_params {
	char **argv; // $1...
	int argc;
	void *owned; // heap block behind argv, or NULL: borrowed from the caller's arguments
	uint32_t level; // subshell level that owns the block
};

struct shell {
	uint32_t options; // enum sh_option
	uint32_t unwind; // enum sh_unwind
	int status; // $?
	int unwind_count;
	int line; // $LINENO of the command being executed
	int errexit_off; // > 0: in a context where `set -e` is ignored (XCU set -e)
	int depth; // of nested execution, against endless recursion
	int loops; // loops around us in this function, for break and continue
	int dots; // dot scripts and functions around us, for return
	int subst_status; // status of the last command substitution, for `x=$(false)`; -1: none
	bool interactive;
	bool exiting; // the EXIT trap runs or has run
	bool syntax_error; // of what sh_eval() or sh_source() parsed last
	bool special_error; // the special builtin that ran says its error is fatal
	bool keep_redirs; // `exec` ran: its redirections stay
	bool in_trap;

	struct sh_params params;
	const char *arg0; // $0
	pid_t pid; // $$
	pid_t self; // $BASHPID
	pid_t last_async; // $!; 0: none

	struct sh_names names;
	struct sh_fdtable *fds;
	struct sh_file *read_ahead; // the one file of which more was read than used; see fd.h
	struct sh_sink *sinks; // active command substitutions, innermost first
	struct sh_input *input; // the script being read, when it shares a descriptor
	struct sh_traps *traps;
	struct sh_jobs *jobs;
	struct sh_frame *frame; // of the innermost function; NULL: none
	struct sh_subshell *subshell; // the innermost forkless one; NULL: none
	uint32_t level; // forkless subshells around us; 0: the process's own environment
	bool is_child; // a forked subshell
	bool is_background; // whose parent does not wait for it
	bool paths_known; // some name has a remembered path
	bool has_handlers; // signals are caught
	/* Signals the shell itself wants. */
	bool interactive_signals, control_signals, chld_caught, window_caught;
	bool edit_chosen; // `set -o emacs` or `vi`, or their opposite, was said
	bool is_login;
	bool traps_foreign; // a new process: the table is its parent's, for `trap` to show
	bool umask_changed; // by the builtin, since somebody has cleared this
	bool traps_deferred; // a signal waits for the end of a forkless subshell
	bool interrupted; // forkless subshells are being left for a signal
	uint64_t signals_known, signals_ignored; // at the start of the shell, bit sig - 1
	int trap_dots; // sh->dots when the trap began
	int trap_status; // $? when the trap began, for `exit` in it

	struct sh_arena scratch; // what expansion makes; see arena.h
	struct cn_buf out; // output of the running builtin
	int out_error; // errno of a failed write of it
	const char *running; // name of the running builtin for messages, or NULL
	const struct sh_builtin *running_builtin;
	char number[32]; // text of a computed parameter
	struct cn_buf kept; // text of a variable that is kept elsewhere

	/* Names the shell itself cares for. */
	struct {
		struct sh_name *ifs, *path, *home, *pwd, *oldpwd, *lineno, *optind, *optarg, *reply;
	} n;
	uint8_t ifs_class[256]; // 0: ordinary, 1: IFS white space, 2: other IFS character
	bool has_aliases; // there was one, ever
	bool ifs_multibyte; // IFS has a multibyte character
	const char *ifs_join; // IFS's first character, for "$*"
	size_t ifs_join_len;

	struct {
		int offset; // inside a group of options, for getopts
		uint32_t random; // of $RANDOM
		int64_t seconds_base; // of $SECONDS
	} state;

	struct cn_vec exported; // struct sh_name *: were exported once
	char **env_given;
	char **env_cache; // see sh_var_environ()
	bool env_dirty;
	int locale; // 0: not known, 1: bytes, 2: UTF-8
	bool locale_collates;

	struct cn_vec journal; // struct sh_undo *: see subshell.h
	struct cn_vec locals; // struct sh_undo *: saved by `local`
	struct cn_vec plugins; // struct sh_plugin *
	int meeting; // see sh_loader_meet(); 0: none
	struct cn_vec plugin_builtins; // struct added *: those added later; see loader.c
	struct sh_plugin *loading; // whose builtins are being added
	struct cn_vec at_exit; // struct sh_call *
	struct cn_vec prompt_calls; // struct sh_call *: see loader.c
	struct cn_vec safe_points; // struct sh_call *
	struct sh_tree *tree; // being executed: what a function definition keeps
	struct sh_redirs *redirs; // of the program that is waited for; NULL: it has none
	uint32_t exec_flags; // enum sh_exec_flags of the running builtin's command
	const char *stack_base; // where it began, above the environment
	ptrdiff_t stack_limit; // bytes that may be used
	void *arith_cache; // expand_arith.c's own
	void *getopts_cache; // builtins/getopts.c's own
	struct cn_vec completions; // struct sh_named_spec *, see complete_user.h
	void *history; // struct sh_history *, see history.h; NULL: none yet
	char *cwd; // logical working directory, heap; NULL: not known
};

/* Is there enough of the C stack left to go a level deeper? Every recursion that input drives asks. */
static inline bool sh_stack_left(const struct shell *sh) {
	const char *here = __builtin_frame_address(0);
	return sh->stack_base - here < sh->stack_limit;
}

/* Make a shell out of this process's surroundings. */
void sh_init(struct shell *sh, const char *arg0, char **environ_given);

/* End the process as `exit` does: at-exit callbacks, output. The EXIT trap has been run. */
void sh_exit_process(struct shell *sh, int status) __attribute__((noreturn));

/*
 * A fatal error of XCU 2.8.1 after its message was printed: sets sh->unwind and the status.
 * Returns the status.
 */
int sh_fail(struct shell *sh, int status);

#define SH_VERSION "0.1"

#endif
