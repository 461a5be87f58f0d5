#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Manager().dict() and .list(): filled by ten processes. No manager process is behind them.

. conch.bash || exit

fill() {
  dict set squares "$1" $(($1 * $1))
  list push numbers "$1"
}
dict create squares
list create numbers
for n in $(seq 10); do spawn fill "$n"; done
await
echo "squares: $(dict len squares), of 7: $(dict get squares 7)"
list sort numbers 2>/dev/null
echo "numbers: $(list items numbers | sort -n | tr '\n' ' ')"

#| squares: 10, of 7: 49
#| numbers: 1 2 3 4 5 6 7 8 9 10 
