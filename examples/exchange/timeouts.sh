#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# put and get with a limit, or none to wait at all; full, empty, and the sizes.

. conch.bash || exit

queue create -c 2 q
queue get -t 20ms q
echo "get from empty, 20 ms: $?"
queue get -n q
echo "get from empty, at once: $?"
queue put q a b
queue full q && echo "full: $(queue size q)"
queue put -t 20ms q c
echo "put to full, 20 ms: $?"
queue put -n q c
echo "put to full, at once: $?"
queue get q
queue peek q
queue get q
queue empty q && echo "empty"

#| get from empty, 20 ms: 124
#| get from empty, at once: 1
#| full: 2
#| put to full, 20 ms: 124
#| put to full, at once: 1
#| a
#| b
#| b
#| empty
