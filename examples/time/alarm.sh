#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# signal.alarm(): without a handler SIGALRM ends the script, here a part of it, with status 142.

. conch.bash || exit

part() {
  alarm 100ms
  pause -t 10s
  echo "not here"
}
spawn -e /dev/null part
await
echo "status $?"

#| status 142
