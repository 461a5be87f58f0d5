#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Barrier(3): nobody begins the second half before all have done the first. An aborted barrier tells
# its waiters.

. conch.bash || exit

barrier create half 3
list create 2>/dev/null order || :

walker() {
  list push order first
  barrier wait -v index half || return
  list push order second
  [ "$index" -ne 0 ] || list push order "one of them has index 0"
}
for n in 1 2 3; do spawn walker; done
await
list items order | head -n 3 | sort -u
list items order | tail -n 4 | sort -u

waiter() {
  barrier wait half
  echo "waiter: $?"
}
spawn waiter
until conch list | grep -q 'half.*1'; do pause -t 10ms; done 2>/dev/null
barrier abort half
await

#| first
#| one of them has index 0
#| second
#| waiter: 1
