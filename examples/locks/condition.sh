#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Condition: a consumer sleeps until the producer says that there is something, and both change the
# stock under one lock.

. conch.bash || exit

value create stock i 0
value create eaten i 0

consumer() {
  lock acquire kitchen
  while [ "$(value get eaten)" -lt 5 ]; do
    cond wait-for ready kitchen '[ "$(value get stock)" -gt 0 ]'
    value add stock -1
    value add eaten 1
  done
  lock release kitchen
  echo "consumer: five eaten"
}
producer() {
  for n in 1 2 3 4 5; do
    lock acquire kitchen
    value add stock 1
    cond notify ready
    lock release kitchen
  done
}

lock create kitchen
cond create ready
spawn consumer
spawn producer
await
echo "stock: $(value get stock)"

#| consumer: five eaten
#| stock: 0
