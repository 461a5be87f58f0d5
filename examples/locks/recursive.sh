#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# RLock: a function that holds the lock calls another that takes it too. With a plain lock that is
# an error that is told, never a deadlock; a recursive one counts.

. conch.bash || exit

inner() { lock with "$1" echo "inner holds $1"; }
outer() { lock with "$1" inner "$1"; }

lock create plain
outer plain 2>/dev/null
echo "plain: $?"

lock create -r recursive
outer recursive
echo "recursive: $?"

#| plain: 125
#| inner holds recursive
#| recursive: 0
