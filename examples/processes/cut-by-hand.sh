#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# The work list cut by hand: worker K of N takes every N-th piece, and the partial sums are added.

. conch.bash || exit

partial_sum() {
  sum=0
  for ((i = $1; i <= 1000; i += $2)); do
    sum=$((sum + i))
  done
  echo "$sum"
}

workers=4
for k in 1 2 3 4; do
  spawn -n "w$k" -c partial_sum "$k" "$workers"
done
total=0
for k in 1 2 3 4; do
  await -v part "w$k"
  total=$((total + part))
done
echo "$total"

#| 500500
