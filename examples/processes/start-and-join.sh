#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Process(target=f, args=(...)), start(), join(): a function with arguments, concurrently, waited for.

. conch.bash || exit

greet() {
  echo "hello $1, from another process: $([ "$BASHPID" != "$$" ] && echo yes)"
}

spawn -n greeter greet world
await greeter
echo "joined: $?"

#| hello world, from another process: yes
#| joined: 0
