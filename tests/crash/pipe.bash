# SPDX-License-Identifier: GPL-3.0-or-later
# Blocks of stdin through workers that die, with --retries: all of it comes out, once, in order.

. "${0%/*}/common.bash"

lines=20000

scenario() {
  i=0
  while [ "$i" -lt "$lines" ]; do # by no process that may be a victim
    i=$((i + 1))
    echo "$i"
  done >items
  pool map -j 3 --retries 100 --pipe --block 1K cat <items
  echo "$?" >status
  : >ended
}

check() {
  check_end
  [[ -e ended ]] || return $((complaints > 0))
  [[ $(<status) -eq 0 ]] || complain "status $(<status)"
  cmp items stdout || complain "the output is not the input"
  return $((complaints > 0))
}

"${1:-scenario}"
