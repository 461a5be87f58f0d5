# SPDX-License-Identifier: GPL-3.0-or-later
# Functions, builtins and programs are spawned and awaited: each is reported, once, as what it
# came to or as killed.

. "${0%/*}/common.bash"

work() {
  local i
  for ((i = 0; i < 300; i++)); do :; done
  echo "out $1"
  return "$1"
}

scenario() {
  local i out status
  for ((i = 0; i < 6; i++)); do
    spawn -c -n "f$i" work "$i"
    spawn -n "p$i" sleep 0.01
  done
  for ((i = 0; i < 6; i++)); do
    out=
    await -v out "f$i"
    status=$?
    printf 'f%d %d %s\n' "$i" "$status" "$out"
    await "p$i"
    printf 'p%d %d\n' "$i" "$?"
  done
  : >ended
}

check() {
  local i name status out lost=0
  check_end
  declare -A seen
  while read -r name status out; do
    [[ ! ${seen[$name]-} ]] || complain "$name is reported twice"
    seen[$name]=1
    i=${name#?}
    case $status in
      137) lost=$((lost + 1)) ;;
      0) [[ $name == p* || $i == 0 ]] || complain "$name: status 0" ;;
      "$i") [[ $out == "out $i" ]] || complain "$name: printed '$out'" ;;
      *) complain "$name: status $status" ;;
    esac
  done <stdout
  [[ $lost -le $CRASH_KILLED ]] || complain "$lost reported as killed, $CRASH_KILLED were"
  [[ $CRASH_SCRIPT -eq 1 || ${#seen[@]} -eq 12 ]] || complain "${#seen[@]} of 12 tasks reported"
  return $((complaints > 0))
}

"${1:-scenario}"
