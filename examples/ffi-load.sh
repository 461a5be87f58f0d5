#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# ffi-load.sh - how busy this machine was in the last 1, 5 and 15 minutes, by getloadavg(3), and which
# system it is, by uname(2): a buffer of numbers, and a struct.

. conch.bash || exit

ffi def - getloadavg 'i!-1(d[3],i)' || exit
getloadavg -v count load 3 || exit
printf 'load: %.2f %.2f %.2f\n' "${load[0]}" "${load[1]}" "${load[2]}"

ffi struct utsname 'system:c[65] node:c[65] release:c[65] version:c[65] machine:c[65] domain:c[65]'
ffi def - uname 'i!-1(&utsname)' || exit
declare -A name
uname -v status name || exit
echo "system: ${name[system]} on ${name[machine]}"
