#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# SIG_IGN and SIG_DFL: Ctrl-C is ignored for a while, then it ends the task again.

. conch.bash || exit

stubborn() {
  signal ignore INT
  signal send INT "$BASHPID"
  echo "still here"
  signal default INT
  signal send INT "$BASHPID"
  pause -t 5s
  echo "not here"
}
spawn stubborn
await
echo "status $?"

#| still here
#| status 130
