#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Something after one second, and something again and again until then. In Python:
# signal.setitimer(signal.ITIMER_REAL, 1), signal.SIGALRM
. conch.bash || exit

second_over() {
  echo "one second, $beats beats"
  timer cancel beat
}
beat() { beats=$((beats + 1 + TIMER_OVERRUN)); }
beats=0

timer every -n beat 0.3 beat
timer after 1 second_over
echo "working"
timer wait
