#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# A file opened before the fork: parent and child share the descriptor with its position, so
# what they write does not overwrite what the other wrote.

. conch.bash || exit

file=$(mktemp) || exit
trap 'rm -f "$file"' EXIT

exec 8>"$file"
echo "parent: first" >&8
write() { echo "child" >&8; }
spawn write
await
echo "parent: last" >&8
exec 8>&-
cat "$file"

#| parent: first
#| child
#| parent: last
