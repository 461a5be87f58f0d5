#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Pipe(): two ends that both send and receive; a question and its answer.

. conch.bash || exit

pipe create mine theirs

answer() {
  while pipe recv -v question theirs; do
    pipe send theirs "$((question * 2))"
  done
}
spawn answer
for n in 3 4; do
  pipe send mine "$n"
  pipe recv -v reply mine
  echo "twice $n is $reply"
done
pipe close mine
await
echo "the other one saw the end: $?"

#| twice 3 is 6
#| twice 4 is 8
#| the other one saw the end: 0
