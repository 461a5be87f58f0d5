#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# A subclass of Process with its own state: a function that takes what the constructor would, with
# local variables for self, and asks a queue for work.

. conch.bash || exit

account() { # NAME START
  local owner=$1 balance=$2 change
  while queue get -v change "$owner"; do
    balance=$((balance + change))
  done
  echo "$owner has $balance"
}

for owner in ada bob; do
  queue create "$owner"
  spawn -n "$owner" -c account "$owner" 100
done
queue put ada 50 -20
queue put bob -99
queue close ada
queue close bob
await ada bob

#| ada has 130
#| bob has 1
