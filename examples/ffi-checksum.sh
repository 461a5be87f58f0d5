#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# ffi-checksum.sh [-j N] FILE... - the CRC-32 of each file and how small zlib makes it, several files
# at a time. The functions are libz's; no program is started.

. conch.bash || exit

jobs=
while getopts j: option; do
  case $option in
    j) jobs=$OPTARG ;;
    *) exit 2 ;;
  esac
done
shift $((OPTIND - 1))

ffi load z z || exit
ffi def z crc32 'L(L,m,#I)' || exit
ffi def z compressBound 'L(L)' || exit
ffi def z compress 'i(B[],&L,m,#L)' || exit

# In a worker: a line of checksum, bytes, bytes compressed, name.
examine() {
  size=$(wc -c <"$1") || return
  crc32 -v crc 0 "$1" || return
  compressBound -v bound "$size"
  array create "room$BASHPID" B "$bound" 2>/dev/null
  packed=$bound
  compress -v status "room$BASHPID" packed "$1" && [ "$status" -eq 0 ] || return
  array destroy "room$BASHPID"
  printf '%08x %10d %10d  %s\n' "$crc" "$size" "$packed" "$1"
}

pool map ${jobs:+-j "$jobs"} examine ::: "$@"
