/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * lib/base/number.h - numbers as people write them: counts, sizes (64K, 1G), durations (1.5s,
 * 200ms). The whole text must be a number: "12ab" and "" are errors, never 12 and 0.
 */
#ifndef CN_BASE_NUMBER_H
#define CN_BASE_NUMBER_H

#include <stdint.h>

#include "lib/base/clock.h"

/* A decimal integer in [min, max]. 0, -EINVAL (not a number) or -ERANGE. */
int cn_parse_int(const char *text, int64_t min, int64_t max, int64_t *out);

/*
 * A size in bytes: a number, fractions allowed, and optionally K, M, G or T (1024 each; kB, KiB and
 * the like are understood too). 0, -EINVAL or -ERANGE.
 */
int cn_parse_size(const char *text, uint64_t *out);

/*
 * A duration: a number of seconds, fractions allowed, or one with us, ms, s, m, h or d behind it.
 * "inf" and what does not fit in a cn_time is CN_NEVER. 0 or -EINVAL (negative ones too).
 */
int cn_parse_duration(const char *text, cn_time *out);

#endif
