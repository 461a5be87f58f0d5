#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# ffi-numbers.sh [-j N] [-n COUNT] - COUNT (ten million) doubles in memory that processes share; the
# square root of each by libm, on all processors, without a copy; and their sum.

. conch.bash || exit

jobs='' count=10000000
while getopts j:n: option; do
  case $option in
    j) jobs=$OPTARG ;;
    n) count=$OPTARG ;;
    *) exit 2 ;;
  esac
done

ffi load m m || exit
ffi def m sqrt 'd(d)' || exit
array create squares d "$count" || exit
array fill squares 2.25
ffi map ${jobs:+-j "$jobs"} sqrt squares roots || exit
array get roots 0
array get roots $((count - 1))
array sum roots
