/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * shell/fd_core.h - what the files of descriptors (fd.h) share; nobody else includes it.
 *
 * fd.c              files, and the table of a script's numbers
 * fd_io.c           builtins read and write through it; sinks
 * fd_real.c         real descriptors at their numbers, for programs and copies of the shell
 */
#ifndef SH_FD_CORE_H
#define SH_FD_CORE_H

#include "shell/fd.h"
#include "shell/shell.h"

/*
 * `fd`, or a copy of it above 2, and then it is closed: 0, 1 and 2 stay free for what libraries
 * think they are. A negative one stays as it is; negative with errno set.
 */
int sh_fd_raise(int fd);

/* Give back what was read ahead of the file. */
void sh_file_sync(struct sh_file *file);

#endif
