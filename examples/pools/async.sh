#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# apply blocks; apply_async, map_async and starmap_async give a task to be awaited later, or call
# back.

. conch.bash || exit

add() { echo $(($1 + $2)); }
told() { echo "callback: $1 ended with $2"; }

pool create -j 2 p
pool apply p add 1 2 # apply

pool submit -n later p add 3 4 # apply_async
echo "not waited yet"
await later

for n in 1 2 3; do # starmap_async
  pool submit -n "s$n" p add "$n" 10
done
await s1 s2 s3

pool submit -n called --then told p add 5 6 # with a callback
pool close p
pool join p
await called
pool destroy p

#| 3
#| not waited yet
#| 7
#| 11
#| 12
#| 13
#| callback: called ended with 0
#| 11
