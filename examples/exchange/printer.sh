#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# One process owns the output: workers send it what is to be printed.

. conch.bash || exit

printer() {
  while queue get -v line lines; do
    echo "printer: $line"
  done
}
worker() {
  queue put lines "from worker $1"
}

queue create lines
spawn -n printer -c printer
for n in 1 2 3; do spawn -n "w$n" worker "$n"; done
await w1 w2 w3
queue close lines
await printer | sort

#| printer: from worker 1
#| printer: from worker 2
#| printer: from worker 3
