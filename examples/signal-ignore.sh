#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Ctrl-C does nothing while something must not be interrupted. In Python:
# signal.signal(signal.SIGINT, signal.SIG_IGN)
. conch.bash || exit

signal ignore INT
for step in 1 2 3; do
  echo "step $step, try Ctrl-C"
  kill -INT $$ # as if it had been typed
  pause -t 0.1
done
signal list
