#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Several progress bars at once, one per worker, each on its line: the workers keep their state in a
# shared array, and a timer paints it. Off a terminal only the last picture is printed.

. conch.bash || exit

workers=3 steps=10
array create done i "$workers"

bars() {
  for ((w = 0; w < workers; w++)); do
    array get -v n done "$w"
    bar=
    for ((i = 0; i < steps; i++)); do
      if [ "$i" -lt "$n" ]; then bar=$bar#; else bar=$bar.; fi
    done
    printf 'worker %d [%s]\n' "$w" "$bar"
  done
}
repaint() {
  printf '\033[%dA' "$workers" >&2
  bars >&2
}
work() {
  for ((s = 0; s < steps; s++)); do
    pause -t "0.0$(($1 + 1))"
    array add done "$1" 1
  done
}

if [ -t 2 ]; then
  bars >&2
  timer every -n painter 100ms repaint
fi
for ((w = 0; w < workers; w++)); do spawn work "$w"; done
await
if [ -t 2 ]; then
  timer cancel painter
  repaint
else
  bars
fi

#| worker 0 [##########]
#| worker 1 [##########]
#| worker 2 [##########]
