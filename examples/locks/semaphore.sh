#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Semaphore(2): of five workers two at a time are inside.

. conch.bash || exit

sem create room 2
value create inside i 0
value create most i 0

visit() {
  value add -v now inside 1
  value max most "$now" >/dev/null
  pause -t 20ms
  value add inside -1
}
for n in 1 2 3 4 5; do
  spawn sem with room visit
done
await
echo "at most: $(value get most)"
echo "units free again: $(sem value room)"

#| at most: 2
#| units free again: 2
