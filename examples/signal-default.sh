#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# A handler for a while, and then the default action again. In Python:
# signal.signal(signal.SIGINT, signal.SIG_DFL)
. conch.bash || exit

once() {
  echo "$1: once more and I am gone"
  signal default INT
}
signal on INT once
kill -INT $$
pause -t 0.1
kill -INT $$
echo "not reached"
