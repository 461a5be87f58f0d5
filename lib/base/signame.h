/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * lib/base/signame.h - signals as people write them: INT, SIGINT, 2, RTMIN+3, in any case.
 */
#ifndef CN_BASE_SIGNAME_H
#define CN_BASE_SIGNAME_H

/* Room for any signal's name and its NUL. */
enum { CN_SIGNAME_MAX = 16 };

/* 0, or -EINVAL: there is no such signal. 0 is the one that only asks. */
int cn_signal_parse(const char *text, int *out);

/* Its name without SIG; its number when it has none. */
void cn_signal_name(int sig, char out[CN_SIGNAME_MAX]);

#endif
