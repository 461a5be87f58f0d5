#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# A bank balance that ten processes change: without a lock updates are lost (the file is read by two
# before either writes), with one the balance is right.

. conch.bash || exit

file=$(mktemp) || exit
trap 'rm -f "$file"' EXIT

add_one() {
  read -r balance <"$file"
  [ "$1" != slowly ] || pause -t 5ms # long enough for another to read the same
  echo $((balance + 1)) >"$file"
}
safely() { lock with balance add_one; }

echo 0 >"$file"
pool map -j 10 add_one ::: slowly slowly slowly slowly slowly slowly slowly slowly slowly slowly
read -r wrong <"$file"
[ "$wrong" -lt 10 ] && echo "without a lock: less than 10"

echo 0 >"$file"
pool map -j 10 safely ::: 1 2 3 4 5 6 7 8 9 10
echo "with a lock: $(cat "$file")"

#| without a lock: less than 10
#| with a lock: 10
