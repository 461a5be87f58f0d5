#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# One handler for several signals, which knows the signal and its sender. In Python:
# signal.signal(signal.SIGUSR1, handler), handler(signum, frame)
. conch.bash || exit

handler() { echo "$1: got $2$([ "$3" = $$ ] && echo ", from myself")"; }
signal on USR1 USR2 HUP handler config

kill -USR1 $$
kill -USR2 $$
kill -HUP $$
echo "and the script goes on"
