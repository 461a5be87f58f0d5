#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# ffi-sort.sh NUMBER... - sort numbers with qsort(3), upwards, and then by their last digit. What
# comes before what is said by functions of the shell.

. conch.bash || exit

up() { REPLY=$(($1 - $2)); }
by_last_digit() { REPLY=$(($1 % 10 - $2 % 10 != 0 ? $1 % 10 - $2 % 10 : $1 - $2)); }
ffi callback up up 'i(&i,&i)' || exit
ffi callback by_last_digit by_last_digit 'i(&i,&i)' || exit

numbers=("$@")
ffi def - qsort "v(i[$#],L,L,p)" || exit
qsort numbers $# 4 @up
echo "${numbers[@]}"
qsort numbers $# 4 @by_last_digit
echo "${numbers[@]}"
