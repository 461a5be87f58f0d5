/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * lib/base/moment.h - moments of the calendar as people write them.
 */
#ifndef CN_BASE_MOMENT_H
#define CN_BASE_MOMENT_H

#include "lib/base/clock.h"

/*
 * HH:MM[:SS], the next time that the local clock shows it after `now`; YYYY-MM-DD, with THH:MM[:SS]
 * or a blank instead of the T behind it, and behind that Z or +HH[:]MM where it is not local time;
 * @SECONDS since 1970. Seconds may have a fraction. *out and `now` are nanoseconds of
 * CLOCK_REALTIME. 0, -EINVAL (none of these) or -ERANGE.
 */
int cn_parse_moment(const char *text, cn_time now, cn_time *out);

#endif
