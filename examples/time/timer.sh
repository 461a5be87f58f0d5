#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# threading.Timer: a function once after a while, one that is cancelled, and one again and again.

. conch.bash || exit

say() { echo "$*"; }
timer after 50ms say "once"
timer after -n never 10s say "never"
timer every -n tick -c 3 100ms say "tick"
timer cancel never && echo "cancelled"
timer wait tick
echo "done"

#| cancelled
#| once
#| tick
#| tick
#| tick
#| done
