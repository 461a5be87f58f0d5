#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# exitcode: 0, what exit said, 1 for an error, and for a signal N: 128+N (Python says -N).

. conch.bash || exit

works() { :; }
exits() { exit 5; }
fails() {
  set -e
  false
  echo "not here"
}
killed() { kill -KILL "$BASHPID"; }

for f in works exits fails killed; do
  spawn -n "$f" "$f"
  await "$f"
  echo "$f: $?"
done

#| works: 0
#| exits: 5
#| fails: 1
#| killed: 137
