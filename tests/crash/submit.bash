# SPDX-License-Identifier: GPL-3.0-or-later
# A named pool, while workers, its keeper and the script die: every job has exactly one result, its
# own; one whose worker died is reported 137.

. "${0%/*}/common.bash"

jobs=300

work() {
  echo "job $1"
}

scenario() {
  pool create -j 3 p
  i=0
  while [ "$i" -lt "$jobs" ]; do
    i=$((i + 1))
    pool submit -n "j$i" p work "$i"
  done
  i=0
  while [ "$i" -lt "$jobs" ]; do
    i=$((i + 1))
    await -v out "j$i"
    echo "$i $? $out"
  done
  await j1 2>/dev/null
  echo "again $?"
  : >ended
}

check() {
  local number status output next=0 killed=0
  check_end
  [[ -e ended ]] || return $((complaints > 0)) # then nothing was promised
  while read -r number status output; do
    if [[ $number == again ]]; then
      [[ $status == 4 ]] || complain "a job could be awaited twice: $status"
      continue
    fi
    next=$((next + 1))
    [[ $number == "$next" ]] || complain "result $number where $next belongs"
    case $status,$output in
      0,"job $next") ;;
      137,"job $next" | 137,) killed=$((killed + 1)) ;;
      *) complain "job $next: status $status, output '$output'" ;;
    esac
  done <stdout
  [[ $next -eq $jobs ]] || complain "$next results"
  [[ $killed -le $((3 * CRASH_KILLED)) ]] || complain "$killed jobs killed, $CRASH_KILLED processes were"
  return $((complaints > 0))
}

"${1:-scenario}"
