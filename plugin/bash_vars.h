/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * plugin/bash_vars.h - variables of bash that are kept elsewhere: bind() of struct host. For
 * host_bash.c.
 */
#ifndef PLUGIN_BASH_VARS_H
#define PLUGIN_BASH_VARS_H

#include "plugin/host.h"

int bash_elements(const char *name,
		void (*element)(void *to, struct host_text key, struct host_text value), void *to);
int bash_bind(const char *name, const struct host_variable *variable, enum host_bind how);

#endif
