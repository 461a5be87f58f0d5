#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Ten processes want a ticket, three are left: each looks and buys under the lock, so that no ticket
# is sold twice.

. conch.bash || exit

file=$(mktemp) || exit
trap 'rm -f "$file"' EXIT
echo 3 >"$file"

buy() {
  read -r left <"$file"
  if [ "$left" -gt 0 ]; then
    echo $((left - 1)) >"$file"
    REPLY=bought
  else
    REPLY="sold out"
  fi
}
customer() { lock with tickets buy; }

pool map -j 10 --reply -v outcomes customer ::: 1 2 3 4 5 6 7 8 9 10
printf '%s\n' "${outcomes[@]}" | sort | uniq -c | sed 's/^ *//'
echo "left: $(cat "$file")"

#| 3 bought
#| 7 sold out
#| left: 0
