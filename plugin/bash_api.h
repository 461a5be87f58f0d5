/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * plugin/bash_api.h - what host_bash.c uses of bash 5.0-5.3: the stock headers, the prototypes that
 * Debian's bash-builtins leaves out (trap.h, findcmd.h), and all of it weak, so that the one file
 * loads into a shell that has none of these symbols.
 */
#ifndef PLUGIN_BASH_API_H
#define PLUGIN_BASH_API_H

#include <string.h>

// bash's headers define and use configuration of their own
#undef PACKAGE_BUGREPORT
#undef PACKAGE_NAME
#undef PACKAGE_STRING
#undef PACKAGE_TARNAME
#undef PACKAGE_URL
#undef PACKAGE_VERSION

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wundef"
#pragma GCC diagnostic ignored "-Wstrict-prototypes"
#define command bash_command // its struct is named as ours
#include <shell.h>
#include <arrayfunc.h>
#include <bashjmp.h>
#include <builtins.h>
#include <builtins/common.h>
#if __has_include(<execute_cmd.h>) // not in Debian's bash-builtins before 5.2
#include <execute_cmd.h>
#endif
#include <jobs.h>
#include <sig.h>
#include <unwind_prot.h>
#undef command
#pragma GCC diagnostic pop

// trap.h
// Of readline, which is a part of bash or loaded with it.
extern int (*rl_startup_hook)(void);
extern int (*rl_signal_event_hook)(void);
extern int rl_clear_visible_line(void);
extern int rl_forced_update_display(void);
extern void run_pending_traps(void);
extern void clear_pending_traps(void);
extern void reset_signal_handlers(void);
extern int run_exit_trap(void);
extern int signal_is_trapped(int sig);
extern int shopt_setopt(char *name, int on); // builtins/shopt.def
extern void set_signal(int sig, const char *command);
extern void restore_default_signal(int sig);
extern void ignore_signal(int sig);
extern void free_trap_strings(void);
extern void get_original_signal(int sig);
extern int signal_is_ignored(int sig);
extern int signal_is_hard_ignored(int sig);
extern int first_pending_trap(void);
extern int next_pending_trap(int start);
extern int running_trap;
extern sigset_t top_level_mask; // sig.c
extern char *trap_list[];
extern int pending_traps[];

// findcmd.h
extern char *search_for_command(const char *word, int flags);

// execute_cmd.h
extern int execute_shell_function(SHELL_VAR *function, WORD_LIST *words);
extern int subshell_level;
extern char *this_command_name;

// builtins/common.h has it in some versions only
extern void initialize_shell_builtins(void);

// elsewhere
extern int default_buffered_input; // the descriptor of the script; -1: none
extern int valid_array_reference(const char *name, int flags);
extern char *sh_single_quote(const char *text);

enum { CMDSRCH_USE_HASH = 1 };

#pragma weak add_unwind_protect
#pragma weak all_visible_functions
#pragma weak array_flush
#pragma weak array_insert
#pragma weak array_needs_making
#pragma weak array_reference
#pragma weak assoc_flush
#pragma weak assoc_insert
#pragma weak assoc_keys_to_word_list
#pragma weak assoc_reference
#pragma weak begin_unwind_frame
#pragma weak bind_assoc_variable
#pragma weak bind_variable
#pragma weak builtin_address_internal
#pragma weak builtin_bind_variable
#pragma weak clear_pending_traps
#pragma weak current_builtin
#pragma weak default_buffered_input
#pragma weak default_tty_job_signals
#pragma weak discard_unwind_frame
#pragma weak dist_version
#pragma weak dollar_dollar_pid
#pragma weak dispose_words
#pragma weak execute_shell_function
#pragma weak export_env
#pragma weak find_function
#pragma weak find_or_make_array_variable
#pragma weak find_shell_builtin
#pragma weak find_variable
#pragma weak first_pending_trap
#pragma weak free_trap_strings
#pragma weak get_current_options
#pragma weak get_variable_value
#pragma weak initialize_shell_builtins
#pragma weak get_original_signal
#pragma weak ignore_signal
#pragma weak interactive
#pragma weak interactive_shell
#pragma weak interrupt_state
#pragma weak job_control
#pragma weak jump_to_top_level
#pragma weak last_command_exit_value
#pragma weak login_shell
#pragma weak make_variable_value
#pragma weak maybe_make_export_env
#pragma weak named_function_string
#pragma weak num_shell_builtins
#pragma weak next_pending_trap
#pragma weak parse_and_execute
#pragma weak parse_and_execute_cleanup
#pragma weak parse_and_execute_level
#pragma weak pending_traps
#pragma weak reset_signal_handlers
#pragma weak reset_terminating_signals
#pragma weak restore_default_signal
#pragma weak rl_clear_visible_line
#pragma weak rl_forced_update_display
#pragma weak rl_signal_event_hook
#pragma weak rl_startup_hook
#pragma weak run_exit_trap
#pragma weak run_pending_traps
#pragma weak run_unwind_frame
#pragma weak running_trap
#pragma weak search_for_command
#pragma weak set_current_options
#pragma weak set_sigchld_handler
#pragma weak set_signal
#pragma weak set_working_directory
#pragma weak sh_single_quote
#pragma weak shell_builtins
#pragma weak shopt_setopt
#pragma weak signal_is_hard_ignored
#pragma weak signal_is_ignored
#pragma weak signal_is_trapped
#pragma weak static_shell_builtins
#pragma weak subshell_environment
#pragma weak subshell_level
#pragma weak terminating_signal
#pragma weak termsig_handler
#pragma weak the_current_working_directory
#pragma weak this_command_name
#pragma weak this_shell_builtin
#pragma weak throw_to_top_level
#pragma weak top_level
#pragma weak top_level_mask
#pragma weak trap_handler
#pragma weak trap_list
#pragma weak unbind_func
#pragma weak unbind_variable
#pragma weak valid_array_reference
#pragma weak without_job_control
#pragma weak xfree
#pragma weak xmalloc

/*
 * To look at, not to hand on: before 5.2 another word stands in front of what we know, and the number
 * of elements is an int.
 */
static inline ARRAY *bash_array(const SHELL_VAR *var) {
	ARRAY *array = array_cell(var);
	return dist_version[2] < '2' ? (ARRAY *)((char *)array + sizeof(arrayind_t)) : array;
}

/* From 5.3 on the key that an assign_func is called with is still the caller's afterwards. */
static inline int bash_frees_keys(void) {
	return dist_version[2] >= '3';
}

/* bash's own has another name from 5.3 on. */
static inline int is_identifier(const char *name) {
	static const char letters[] = "_abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
	static const char rest[] = "_abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
	return strspn(name, letters) > 0 && name[strspn(name, rest)] == '\0';
}

#endif
