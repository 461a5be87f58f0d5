# SPDX-License-Identifier: GPL-3.0-or-later
# An ordered map, while workers and the pool's keeper die: no item is lost or doubled. An item whose
# worker died is reported 137; every other one has its output, in its place.

. "${0%/*}/common.bash"

items=3000

work() {
  echo "item $1"
}

scenario() {
  local statuses status i
  i=0
  while [ "$i" -lt "$items" ]; do # by no process that may be a victim
    i=$((i + 1))
    echo "$i"
  done >items
  map_options='-j 4'
  ! command -v map_setup >/dev/null || map_setup # over.bash
  pool map $map_options --status statuses work <items
  status=$?
  {
    echo "$status"
    for ((i = 0; i < ${#statuses[@]}; i++)); do
      [[ ${statuses[i]} -eq 0 ]] || echo "$((i + 1)) ${statuses[i]}"
    done
  } >statuses
  : >ended
}

check() {
  local map_status line item status next=1 printed=0 lost=0
  check_end
  [[ -e stdout ]] || : >stdout # killed before it was opened
  declare -A failed
  if [[ -e ended ]]; then
    {
      read -r map_status
      while read -r item status; do
        failed[$item]=$status
      done
    } <statuses
  fi
  while read -r line; do
    item=${line#item }
    if [[ $line == *:item* ]]; then # behind its number
      line=${line#*:}
      [[ ${item%%:*} == "${line#item }" ]] || complain "number and item differ: $item"
      item=${line#item }
    fi
    if [[ $line != "item $item" || $item == *[!0-9]* ]]; then
      complain "torn line: $line"
      continue
    fi
    [[ $item -ge $next ]] || complain "item $item doubled or out of order"
    for ((; next < item; next++)); do
      lost=$((lost + 1))
      [[ ! -e ended || ${failed[$next]-} == 137 ]] || complain "item $next has no output and no status 137"
    done
    next=$((item + 1))
    printed=$((printed + 1))
  done <stdout
  if [[ -e ended ]]; then
    for ((; next <= items; next++)); do
      lost=$((lost + 1))
      [[ ${failed[$next]-} == 137 ]] || complain "item $next has no output and no status 137"
    done
    # The keeper takes its four workers along, and each of those an item.
    [[ ${#failed[@]} -le $((4 * CRASH_KILLED)) ]] ||
      complain "${#failed[@]} items reported as killed, $CRASH_KILLED processes were"
    [[ $map_status -eq ${#failed[@]} ]] || complain "map said $map_status, ${#failed[@]} items failed"
  fi
  return $((complaints > 0))
}

"${1:-scenario}"
