# SPDX-License-Identifier: GPL-3.0-or-later
# Tasks take turns under a lock: two are never inside together, and when one dies inside, the next
# gets in.

. "${0%/*}/common.bash"

turns=15

# Runs while the lock is held. `inside` says who is; one that died there leaves its name. It may
# answer signals for a while longer than it holds the lock.
critical() {
  local other=
  [[ ! -e inside ]] || other=$(<inside)
  if [[ $other && $other != "$BASHPID" && $other != "${CONCH_OWNER_DIED-}" ]] && kill -0 "$other" 2>/dev/null; then
    echo "overlap: $BASHPID came while $other was inside" >>violations
  fi
  echo "$BASHPID" >inside
  echo "$1" >>entered
  : >inside # no program, which may be the one that is killed
}

take_turns() {
  local i
  for ((i = 0; i < turns; i++)); do
    lock acquire l || echo "acquire said $?" >>violations
    critical "$1"
    lock release l || echo "release said $?" >>violations
    lock with l critical "$1" || echo "with said $?" >>violations
  done
}

scenario() {
  local i
  lock create l
  for ((i = 0; i < 4; i++)); do
    spawn -n "t$i" take_turns "$i"
  done
  for ((i = 0; i < 4; i++)); do
    await "t$i"
    echo "$i $?"
  done
  : >ended
}

check() {
  local i status count
  check_end
  [[ ! -e violations ]] || complain "$(<violations)"
  while read -r i status; do
    count=$(grep -c "^$i\$" entered)
    case $status in
      0) [[ $count -eq $((2 * turns)) ]] || complain "task $i ended well after $count turns" ;;
      137) ;;
      *) complain "task $i: status $status" ;;
    esac
  done <stdout
  return $((complaints > 0))
}

"${1:-scenario}"
