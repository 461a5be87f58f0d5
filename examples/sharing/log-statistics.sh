#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Per-file statistics of logs, merged in the two ways: by a dict that the tasks share, and from what
# they return.

. conch.bash || exit

dir=$(mktemp -d) || exit
trap 'rm -rf "$dir"' EXIT
printf '%s\n' 10.0.0.1 10.0.0.2 10.0.0.1 >"$dir/a.log"
printf '%s\n' 10.0.0.2 10.0.0.3 >"$dir/b.log"

# 1. A shared dict: address -> how often.
count_shared() {
  while read -r address; do
    dict incr seen "$address" >/dev/null
  done <"$1"
}
dict create seen
pool map count_shared ::: "$dir"/*.log
echo "distinct: $(dict len seen), 10.0.0.2: $(dict get seen 10.0.0.2)"

# 2. Results: each task prints what it found, and the parent merges.
count_own() {
  sort "$1" | uniq -c
}
pool map count_own ::: "$dir"/*.log | {
  declare -A total
  while read -r count address; do
    total[$address]=$((${total[$address]:-0} + count))
  done
  echo "distinct: ${#total[@]}, 10.0.0.2: ${total[10.0.0.2]}"
}

#| distinct: 3, 10.0.0.2: 2
#| distinct: 3, 10.0.0.2: 2
