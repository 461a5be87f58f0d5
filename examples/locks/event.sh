#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Event: some wait without limit, one with a limit that is too short; then the event is set.

. conch.bash || exit

event create start
value create waiting i 0

runner() {
  value add waiting 1
  event wait start
  echo "$1 runs"
}
for name in ann ben; do
  spawn -n "$name" -c runner "$name"
done
event wait -t 50ms start
echo "after 50 ms: $?"
event is-set start || echo "not set"
until [ "$(value get waiting)" -eq 2 ]; do pause -t 10ms; done
event set start
await ann ben
event is-set start && echo "set"
event clear start
event is-set start || echo "cleared"

#| after 50 ms: 124
#| not set
#| ann runs
#| ben runs
#| set
#| cleared
