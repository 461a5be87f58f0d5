#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# os.fork(): a copy of the shell has another pid, and this shell is what it descends from.

. conch.bash || exit

child() {
  [ "$BASHPID" != "$$" ] && echo "child: a process of its own"
  echo "child: \$\$ is still the script's: $([ "$$" = "$parent" ] && echo yes)"
}

parent=$$
spawn child
await
echo "parent: goes on"

#| child: a process of its own
#| child: $$ is still the script's: yes
#| parent: goes on
