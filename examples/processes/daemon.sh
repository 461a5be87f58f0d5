#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# daemon=True: a daemon ends with the script; any other task is waited for at the script's end.

. conch.bash || exit

forever() {
  pause
  echo "never printed"
}
last() {
  pause -t 100ms
  echo "the script's end waited for this"
}

spawn -d forever
spawn last
echo "the script is done"

#| the script is done
#| the script's end waited for this
