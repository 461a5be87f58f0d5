#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# cpu_count(), and a list of work cut among that many workers: pool map does both by itself.

. conch.bash || exit

[ "$(nproc)" -ge 1 ] && echo "processors: one or more"

where() { REPLY=$BASHPID; }
pool map -j 3 --reply -v pids where ::: 1 2 3 4 5 6 7 8 9
echo "calls: ${#pids[@]}"
workers=$(printf '%s\n' "${pids[@]}" | sort -u | wc -l)
[ "$workers" -le 3 ] && echo "workers: three at most"

#| processors: one or more
#| calls: 9
#| workers: three at most
