/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * plugin/bash_values.h - the values of bash's variables: get(), set() and the like of struct host,
 * which says what each promises. For host_bash.c. Variables that are kept elsewhere: bash_vars.h.
 */
#ifndef PLUGIN_BASH_VALUES_H
#define PLUGIN_BASH_VALUES_H

#include "plugin/host.h"

const char *bash_get(const char *name);
int bash_set(const char *name, const char *value, size_t len);
int bash_may_set(const char *name);
int bash_export(const char *name, const char *value);
int bash_set_array(const char *name, const struct host_text *values, size_t count);
int bash_make_assoc(const char *name);
int bash_unset(const char *name);

#endif
