#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# threading.local(): each worker has its own variables, which live from one item to the next.

. conch.bash || exit

seen=0
count() {
  seen=$((seen + 1))
  REPLY=$BASHPID:$seen
}
pool map -j 2 --reply -v replies count ::: 1 2 3 4 5 6 7 8

# The last count of each worker; together they have seen all.
declare -A last
for r in "${replies[@]}"; do last[${r%:*}]=${r#*:}; done
total=0
for n in "${last[@]}"; do total=$((total + n)); done
echo "seen by all workers: $total; by the parent: $seen"

#| seen by all workers: 8; by the parent: 0
