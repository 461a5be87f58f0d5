#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# `with lock:` - the lock is released however the command ends: by its end, an error, or exit.

. conch.bash || exit

fails() { return 3; }
leaves() { exit 4; }

lock with l fails
echo "status $?"
lock acquire -n l && echo "free again" && lock release l

spawn -n t lock with l leaves
await t
echo "status $?"
lock acquire -n l && echo "free again"

#| status 3
#| free again
#| status 4
#| free again
