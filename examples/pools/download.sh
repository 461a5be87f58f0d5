#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# download.sh URL... - a download pool: five at a time, how many bytes each has, failures named. Without
# URLs it gets three pages from a server that it starts on this machine.

. conch.bash || exit

fetch() {
  body=$(curl -fsS --max-time 10 "$1") || {
    echo "${1##*/}: failed"
    return 1
  }
  echo "${1##*/}: ${#body} bytes"
}

if [ $# -eq 0 ]; then
  dir=$(mktemp -d) || exit
  trap 'rm -rf "$dir"' EXIT
  for n in 1 2 3; do head -c "${n}000" /dev/zero | tr '\0' x >"$dir/page$n"; done
  spawn -d -n server -C "$dir" -o "$dir/log" -e "$dir/err" python3 -u -m http.server --bind 127.0.0.1 0
  until port=$(sed -n 's/.*port \([0-9]*\).*/\1/p' "$dir/log") && [ -n "$port" ]; do pause -t 20ms; done
  set -- "http://127.0.0.1:$port/page1" "http://127.0.0.1:$port/page2" "http://127.0.0.1:$port/nosuch" "http://127.0.0.1:$port/page3"
fi
pool map -j 5 fetch ::: "$@" 2>/dev/null
echo "failed: $?"

#| page1: 1000 bytes
#| page2: 2000 bytes
#| nosuch: failed
#| page3: 3000 bytes
#| failed: 1
