/* SPDX-License-Identifier: GPL-3.0-or-later */
/* shell/builtins/table.c - all builtins, by name. See shell/builtin.h. */
#include "config.h"

#include "shell/builtin.h"

extern const struct sh_builtin sh_builtin_alias;
extern const struct sh_builtin sh_builtin_bg;
extern const struct sh_builtin sh_builtin_bracket;
extern const struct sh_builtin sh_builtin_bind;
extern const struct sh_builtin sh_builtin_break;
extern const struct sh_builtin sh_builtin_cd;
extern const struct sh_builtin sh_builtin_colon;
extern const struct sh_builtin sh_builtin_command;
extern const struct sh_builtin sh_builtin_compgen;
extern const struct sh_builtin sh_builtin_complete;
extern const struct sh_builtin sh_builtin_continue;
extern const struct sh_builtin sh_builtin_declare;
extern const struct sh_builtin sh_builtin_disown;
extern const struct sh_builtin sh_builtin_dot;
extern const struct sh_builtin sh_builtin_echo;
extern const struct sh_builtin sh_builtin_enable;
extern const struct sh_builtin sh_builtin_eval;
extern const struct sh_builtin sh_builtin_exec;
extern const struct sh_builtin sh_builtin_exit;
extern const struct sh_builtin sh_builtin_export;
extern const struct sh_builtin sh_builtin_false;
extern const struct sh_builtin sh_builtin_fc;
extern const struct sh_builtin sh_builtin_fg;
extern const struct sh_builtin sh_builtin_getopts;
extern const struct sh_builtin sh_builtin_hash;
extern const struct sh_builtin sh_builtin_help;
extern const struct sh_builtin sh_builtin_history;
extern const struct sh_builtin sh_builtin_jobs;
extern const struct sh_builtin sh_builtin_kill;
extern const struct sh_builtin sh_builtin_local;
extern const struct sh_builtin sh_builtin_plugin;
extern const struct sh_builtin sh_builtin_printf;
extern const struct sh_builtin sh_builtin_pwd;
extern const struct sh_builtin sh_builtin_read;
extern const struct sh_builtin sh_builtin_readonly;
extern const struct sh_builtin sh_builtin_return;
extern const struct sh_builtin sh_builtin_set;
extern const struct sh_builtin sh_builtin_shift;
extern const struct sh_builtin sh_builtin_source;
extern const struct sh_builtin sh_builtin_suspend;
extern const struct sh_builtin sh_builtin_test;
extern const struct sh_builtin sh_builtin_times;
extern const struct sh_builtin sh_builtin_trap;
extern const struct sh_builtin sh_builtin_true;
extern const struct sh_builtin sh_builtin_type;
extern const struct sh_builtin sh_builtin_typeset;
extern const struct sh_builtin sh_builtin_ulimit;
extern const struct sh_builtin sh_builtin_umask;
extern const struct sh_builtin sh_builtin_unalias;
extern const struct sh_builtin sh_builtin_unset;
extern const struct sh_builtin sh_builtin_wait;

const struct sh_builtin *const sh_builtin_table[] = {
	&sh_builtin_dot, // .
	&sh_builtin_colon, // :
	&sh_builtin_bracket, // [
	&sh_builtin_alias,
	&sh_builtin_bg,
	&sh_builtin_bind,
	&sh_builtin_break,
	&sh_builtin_cd,
	&sh_builtin_command,
	&sh_builtin_compgen,
	&sh_builtin_complete,
	&sh_builtin_continue,
	&sh_builtin_declare,
	&sh_builtin_disown,
	&sh_builtin_echo,
	&sh_builtin_enable,
	&sh_builtin_eval,
	&sh_builtin_exec,
	&sh_builtin_exit,
	&sh_builtin_export,
	&sh_builtin_false,
	&sh_builtin_fc,
	&sh_builtin_fg,
	&sh_builtin_getopts,
	&sh_builtin_hash,
	&sh_builtin_help,
	&sh_builtin_history,
	&sh_builtin_jobs,
	&sh_builtin_kill,
	&sh_builtin_local,
	&sh_builtin_plugin,
	&sh_builtin_printf,
	&sh_builtin_pwd,
	&sh_builtin_read,
	&sh_builtin_readonly,
	&sh_builtin_return,
	&sh_builtin_set,
	&sh_builtin_shift,
	&sh_builtin_source,
	&sh_builtin_suspend,
	&sh_builtin_test,
	&sh_builtin_times,
	&sh_builtin_trap,
	&sh_builtin_true,
	&sh_builtin_type,
	&sh_builtin_typeset,
	&sh_builtin_ulimit,
	&sh_builtin_umask,
	&sh_builtin_unalias,
	&sh_builtin_unset,
	&sh_builtin_wait,
	NULL,
};
