#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# An exception in a task arrives where its result is asked for: as a status. The worker lives on.

. conch.bash || exit

divide() {
  [ "$2" -ne 0 ] || exit 7
  echo $(($1 / $2))
}
pool create -j 1 p
pool submit -n bad p divide 1 0
pool submit -n good p divide 8 2
await bad
echo "bad: $?"
await good
echo "good: $?"
pool destroy p

# In a map: how many failed, and which.
pool map -v results --status statuses -c 'divide 12 "$1"' ::: 3 0 4
echo "failed: $?, statuses: ${statuses[*]}, results: ${results[*]}"

#| bad: 7
#| 4
#| good: 0
#| failed: 1, statuses: 0 7 0, results: 4  3
