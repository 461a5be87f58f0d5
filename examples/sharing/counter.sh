#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Value('i', 0): twenty processes add to one number, a hundred times each. value add is atomic, so
# no lock is needed.

. conch.bash || exit

value create counter i 0
count() {
  for ((i = 0; i < 100; i++)); do
    value add counter 1
  done
}
for n in $(seq 20); do spawn count; done
await
value get counter

#| 2000
