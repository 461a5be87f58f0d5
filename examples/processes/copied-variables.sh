#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# A task has a copy of all variables, exported or not, arrays too. What it changes, the parent does
# not see. (A value that both see is in sharing/counter.sh.)

. conch.bash || exit

count=1
list=(a b c)
change() {
  count=$((count + 100))
  list[1]=changed
  echo "child: $count ${list[*]}"
}

spawn change
await
echo "parent: $count ${list[*]}"

#| child: 101 a changed c
#| parent: 1 a b c
