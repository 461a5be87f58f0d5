/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * plugin/bash_builtins.h - builtins that are added to bash's table while it runs. For
 * host_bash.c, which puts them into its struct host.
 */
#ifndef PLUGIN_BASH_BUILTINS_H
#define PLUGIN_BASH_BUILTINS_H

struct host_builtin;

int bash_add_builtin(const struct host_builtin *builtin);
void bash_remove_builtin(const char *name);

#endif
