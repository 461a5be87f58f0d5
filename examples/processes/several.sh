#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# A list of processes started in a loop, each with its argument; then all are joined, and what each
# printed comes in the order they are named.

. conch.bash || exit

square() {
  pause -t "0.0$((5 - $1))" # the last one is the first to end
  echo "$1 squared is $(($1 * $1))"
}

for n in 1 2 3 4; do
  spawn -n "p$n" -c square "$n"
done
await p1 p2 p3 p4

#| 1 squared is 1
#| 2 squared is 4
#| 3 squared is 9
#| 4 squared is 16
