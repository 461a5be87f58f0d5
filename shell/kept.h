/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * shell/kept.h - variables whose value a plugin keeps (struct sh_plugin_variable).
 */
#ifndef SH_KEPT_H
#define SH_KEPT_H

#include <stdbool.h>

struct shell;
struct sh_plugin_variable;

/* As bind() of struct sh_plugin_api. */
int sh_kept_bind(struct shell *sh, const char *name, const struct sh_plugin_variable *variable, bool keep);

#endif
