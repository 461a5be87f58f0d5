# SPDX-License-Identifier: GPL-3.0-or-later
# A map with a joblog is killed, and resumed: nothing that is recorded is done again, all that is
# not is done, and in the end each item has a line.

. "${0%/*}/common.bash"

items=1500

work() {
  echo "$1" >>ran
}

run() {
  pool map -j 3 --joblog log "$@" work <items
}

scenario() {
  i=0
  while [ "$i" -lt "$items" ]; do # by no process that may be a victim
    i=$((i + 1))
    echo "$i"
  done >items.new
  mv items.new items
  run
  : >ended
}

check() {
  check_end
  [[ -e items && -e log ]] || return $((complaints > 0))
  . "$CONCH_BUILD/plugin/conch.bash"
  tail -n +2 log | awk -F '\t' 'NF == 9 { print $1 }' | sort -n >recorded
  [[ -z $(tail -c 1 log) ]] || sed -i '$d' recorded # the last line is torn
  uniq -d recorded | grep -q . && complain "an item was recorded twice"
  mv ran ran.first 2>/dev/null
  : >ran
  run --resume || complain "the resumed run failed: $?"
  sort -n ran | uniq -d | grep -q . && complain "the resumed run did an item twice"
  sort recorded >recorded.sorted
  sort ran >ran.sorted
  [[ -z $(comm -12 recorded.sorted ran.sorted) ]] || complain "an item that was recorded was done again"
  cat recorded ran | sort -n | cmp - items || complain "an item is missing"
  return $((complaints > 0))
}

"${1:-scenario}"
