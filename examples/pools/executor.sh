#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# concurrent.futures: submit, result, done, cancel, as_completed, add_done_callback, shutdown.

. conch.bash || exit

work() { pause -t "$1"; echo "$2"; }
noted() { echo "callback for $1"; }

pool create -j 2 executor
pool submit -n slow executor work 300ms slow
pool submit -n fast --then noted executor work 10ms fast

# as_completed: the next to finish, whichever it is.
while await --any -p name; do
  echo "completed: $name"
done

pool submit -n running executor work 200ms running
pool submit -n running2 executor work 200ms running2
pool submit -n waiting executor work 0 waiting
pool cancel executor waiting && echo "cancelled before it started"
await running running2
pool destroy executor # shutdown

#| callback for fast
#| fast
#| completed: fast
#| slow
#| completed: slow
#| cancelled before it started
#| running
#| running2
