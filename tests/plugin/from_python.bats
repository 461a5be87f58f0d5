# SPDX-License-Identifier: GPL-3.0-or-later
# docs/from-python.md: each line of the table is run, in Python and here; both print the same.

load helper

python_prelude='
import os, sys, time
from multiprocessing import Pool
from concurrent.futures import *
def f(x): return x * x
def add(a, b): return a + b
def fail(x): raise ValueError(x)
def init(x): global based; based = x
def base(): return based
def late(t):
    try: t.result(timeout=0.05)
    except TimeoutError: print("late")
'

shell_prelude='f() { echo $(($1 * $1)); }; add() { echo $(($1 + $2)); }; pool create -j 2 p
'

# The table's rows: Python and shell, each ending in NUL.
rows() {
  awk '/^\| `/ {
    line = $0
    gsub(/\\\|/, "\001", line)
    split(line, cell, /\|/)
    for (i = 2; i <= 3; i++) {
      text = cell[i]
      gsub(/^ +| +$/, "", text)
      sub(/^`/, "", text)
      sub(/`$/, "", text)
      gsub("\001", "|", text)
      printf "%s%c", text, 0
    }
  }' "$1"
}

@test "every line of docs/from-python.md" {
  command -v python3 >/dev/null || skip "python3 is not installed"
  local python ours expected host count=0 bad=0
  while IFS= read -r -d '' python && IFS= read -r -d '' ours; do
    count=$((count + 1))
    printf '%s\nif __name__ == "__main__":\n    p = Pool(2); ex = ThreadPoolExecutor(2)\n    %s\n    sys.stdout.flush(); os._exit(0)\n' \
      "$python_prelude" "$python" >"$_state/row.py"
    expected=$(setsid python3 "$_state/row.py" </dev/null 2>"$_state/row.err")
    in_each_host "$shell_prelude$ours"
    for host in "${_ran[@]}"; do
      if [[ $(<"$_state/$host.out") != "$expected" ]]; then
        printf '%s in %s\n--- expected\n%s\n--- but\n%s\n%s\n' "$ours" "$host" "$expected" \
          "$(<"$_state/$host.out")" "$(<"$_state/$host.err")"
        bad=1
      fi
    done
  done < <(rows "$_top/docs/from-python.md")
  [[ $bad -eq 0 && $count -gt 20 ]]
}
