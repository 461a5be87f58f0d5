#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# terminate() and kill(): TERM, which a task may answer, and KILL, which it cannot.

. conch.bash || exit

polite() {
  trap 'echo "cleaning up"; exit 0' TERM
  echo ready
  pause
}
deaf() {
  trap '' TERM
  echo ready
  while :; do pause -t 1s; done
}

for f in polite deaf; do
  spawn -n "$f" -c "$f"
  until [ "$(task output "$f")" = ready ]; do pause -t 10ms; done
  task kill "$f"
done
task alive deaf && echo "the deaf one goes on"
task kill -s KILL deaf
await polite
echo "polite: $?"
await deaf
echo "deaf: $?"

#| the deaf one goes on
#| ready
#| cleaning up
#| polite: 0
#| ready
#| deaf: 137
