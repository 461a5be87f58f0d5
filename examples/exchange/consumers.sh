#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Several consumers of one queue: each item goes to one of them, and none is lost, even if a consumer
# dies with one in hand: it was leased, and comes back.

. conch.bash || exit

queue create jobs
value create sum i 0

consumer() {
  while queue get --lease -v n jobs; do
    [ "$n" != poison ] || { value cas sum_poisoned 0 1 && kill -KILL "$BASHPID"; n=0; }
    value add sum "$n"
    queue ack jobs
  done
}
value create sum_poisoned i 0

queue put jobs 1 2 3 4 poison 5 6 7 8 9 10
for k in 1 2 3; do spawn -n "c$k" consumer; done
queue join jobs
queue close jobs
await >/dev/null
echo "sum: $(value get sum)"

#| sum: 55
