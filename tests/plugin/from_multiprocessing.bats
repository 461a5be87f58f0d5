# SPDX-License-Identifier: GPL-3.0-or-later
# docs/from-multiprocessing.md: each line of its tables is run; the Python side too, where there is a Python.

load helper

# rows: PYTHON, SHELL and PRINTS of each, each ending in NUL.
rows() {
  awk -F '`' '/^\| `/ {
    line = $0
    gsub(/\\\|/, "\001", line)
    n = split(line, cell, /\|/)
    for (i = 2; i <= 4; i++) {
      text = cell[i]
      gsub(/^ +| +$/, "", text)
      sub(/^`/, "", text)
      sub(/`$/, "", text)
      gsub("\001", "|", text)
      printf "%s%c", text, 0
    }
  }' "$_top/docs/from-multiprocessing.md"
}

# The block of language $1 that defines the functions.
functions_in() {
  awk -v fence='```'"$1" '/^```$/ { on = 0 } on { print } $0 == fence { on = 1 }' \
    "$_top/docs/from-multiprocessing.md"
}

@test "every line of docs/from-multiprocessing.md: the shell side" {
  local python shell prints functions host got count=0 bad=0
  functions=$(functions_in sh)
  while IFS= read -r -d '' python && IFS= read -r -d '' shell && IFS= read -r -d '' prints; do
    count=$((count + 1))
    in_each_host "$functions"$'\n'"$shell"
    for host in "${_ran[@]}"; do
      got=$(tr '\n' ' ' <"$_state/$host.out")
      [[ ${got% } == "$prints" ]] || {
        printf '%s\n--- in %s: %s\n%s\n' "$shell" "$host" "$got" "$(<"$_state/$host.err")"
        bad=1
      }
    done
  done < <(rows)
  [[ $bad -eq 0 && $count -gt 40 ]]
}

@test "every line of docs/from-multiprocessing.md: the Python side" {
  command -v python3 >/dev/null || skip "no python3"
  cat >rows.py <<'END'
import os, queue, signal, sys, threading, time
from multiprocessing import *
END
  functions_in python >>rows.py
  cat >>rows.py <<'END'
bad = 0
for row in open("rows", encoding="utf-8").read().split("\0")[:-1]:
    if row.startswith("try:"):
        row += "\nexcept queue.Empty: pass"
    pid = os.fork()
    if pid == 0:
        os.setpgid(0, 0)
        signal.alarm(20)
        try:
            exec(row, globals())
        except BaseException as e:
            print(row, "--", repr(e), file=sys.stderr)
            os._exit(1)
        os._exit(0)
    bad |= os.waitpid(pid, 0)[1]
    try:
        os.killpg(pid, signal.SIGKILL)  # what the row has left
    except ProcessLookupError:
        pass
sys.exit(bad != 0)
END
  rows | awk -v RS='\0' 'NR % 3 == 1 { printf "%s%c", $0, 0 }' >rows
  timeout 100 python3 rows.py 3>&- 4>&- >out 2>&1 || {
    cat out
    return 1
  }
}
