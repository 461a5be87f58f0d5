#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Pool(4) and five tasks of random length: the outputs come in the order of the items all the same.

. conch.bash || exit

task_of() {
  pause -t "0.0$((RANDOM % 5 + 1))"
  echo "task $1 done"
}
pool map -j 4 task_of ::: 1 2 3 4 5

#| task 1 done
#| task 2 done
#| task 3 done
#| task 4 done
#| task 5 done
