#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# name, pid, is_alive(), exitcode: what can be asked of a process before and after its end.

. conch.bash || exit

event create go 2>/dev/null
worker() {
  event wait go
  exit 3
}

spawn -n worker worker
echo "name: $SPAWN"
[ "$(task pid worker)" = "$SPAWN_PID" ] && echo "the pid is that of spawn"
task alive worker && echo "alive"
task status worker
event set go
await worker
echo "exit code: $?"

#| name: worker
#| the pid is that of spawn
#| alive
#| running
#| exit code: 3
