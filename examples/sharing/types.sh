#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Values and arrays of every C type, changed by another process; what does not fit is refused.

. conch.bash || exit

change() {
  for t in b B h H i I l L q Q; do
    value add "v_$t" 5
    array set "a_$t" 1 99
  done
  value set v_f 0.5
  value set v_d 0.1
  value set v_c x
  value set v_s "a string"
}
for t in b B h H i I l L q Q; do
  value create "v_$t" "$t" 100
  array create "a_$t" "$t" : 1 2 3
done
value create v_f f
value create v_d d
value create v_c c
value create v_s s
spawn change
await
for t in b B h H i I l L q Q; do
  echo "$t: $(value get "v_$t") $(array get "a_$t" 0 3 | tr '\n' ' ')"
done
echo "$(value get v_f) $(value get v_d) $(value get v_c) $(value get v_s)"
value add v_b 100 2>/dev/null
echo "too large for 8 bits: $?, still $(value get v_b)"

#| b: 105 1 99 3 
#| B: 105 1 99 3 
#| h: 105 1 99 3 
#| H: 105 1 99 3 
#| i: 105 1 99 3 
#| I: 105 1 99 3 
#| l: 105 1 99 3 
#| L: 105 1 99 3 
#| q: 105 1 99 3 
#| Q: 105 1 99 3 
#| 0.5 0.1 x a string
#| too large for 8 bits: 1, still 105
