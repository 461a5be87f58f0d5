#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# map: blocks, and gives all results in order, here into an array. imap: prints each when its turn
# comes. imap_unordered: as they finish. starmap: several arguments from each item.

. conch.bash || exit

square() { echo $(($1 * $1)); }
product() { echo $(($1 * $2)); }

pool map -v results square ::: 1 2 3 4 # map
echo "map: ${results[*]}"

printf '%s\n' 1 2 3 | pool map square | sed 's/^/imap: /' # imap

slow_first() { [ "$1" -ne 1 ] || pause -t 200ms; echo "$1"; }
pool map -j 2 -u slow_first ::: 1 2 | sed 's/^/imap_unordered: /'

pool map --colsep ' ' -v results product ::: "2 3" "5 2" # starmap
echo "starmap: ${results[*]}"

#| map: 1 4 9 16
#| imap: 1
#| imap: 4
#| imap: 9
#| imap_unordered: 2
#| imap_unordered: 1
#| starmap: 6 10
