#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Wait until some signal has been handled. In Python: signal.pause()
. conch.bash || exit

receive() { echo "received $1 from $2"; }
signal on USR1 receive
signal block USR1 # one that comes early waits for the pause

me=$$
poke() { signal send USR1 $me; }
spawn poke
echo "waiting"
pause USR1
echo "$REPLY ended the pause"
