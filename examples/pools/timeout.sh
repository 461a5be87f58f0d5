#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# get(timeout): the wait gives up, the task goes on; a task's own limit ends it.

. conch.bash || exit

slow() { pause -t "$1"; echo "slept $1"; }
pool create -j 2 p
pool submit -n a p slow 300ms
await -t 20ms a
echo "not yet: $?"
await a
pool destroy p

pool map -t 100ms --status statuses slow ::: 10ms 10s
echo "statuses: ${statuses[*]}"

#| not yet: 124
#| slept 300ms
#| slept 10ms
#| statuses: 0 124
