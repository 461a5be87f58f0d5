#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# initializer: a function that each new worker runs first. maxtasksperchild: a worker is replaced
# after so many tasks.

. conch.bash || exit

prepare() { prepared=yes; }
use() { echo "prepared: $prepared"; }
who() { echo "$BASHPID"; }

pool create -j 1 -i prepare a
pool apply a use
pool destroy a

pool create -j 1 -r 2 b
for n in 1 2 3 4; do
  pool apply -v pid b who
  pids="$pids $pid"
done
pool destroy b
set -- $pids
[ "$1" = "$2" ] && [ "$3" = "$4" ] && [ "$1" != "$3" ] && echo "two tasks per worker"

#| prepared: yes
#| two tasks per worker
