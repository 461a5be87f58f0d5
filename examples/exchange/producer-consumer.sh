#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Queue: a producer, a consumer, and no sentinel: a closed queue ends the loop.

. conch.bash || exit

producer() {
  for n in 1 2 3 4 5; do
    queue put jobs "job $n"
  done
  queue close jobs
}
consumer() {
  while queue get -v job jobs; do
    echo "got $job"
  done
  echo "closed and empty"
}

queue create -c 2 jobs
spawn producer
spawn consumer
await

#| got job 1
#| got job 2
#| got job 3
#| got job 4
#| got job 5
#| closed and empty
