#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# A hundred tasks, two workers: the same processes serve again and again.

. conch.bash || exit

who() { REPLY=$BASHPID; }
pool map -j 2 --reply -v pids who ::: $(seq 100)
echo "tasks: ${#pids[@]}"
[ "$(printf '%s\n' "${pids[@]}" | sort -u | wc -l)" -le 2 ] && echo "processes: two at most"

#| tasks: 100
#| processes: two at most
