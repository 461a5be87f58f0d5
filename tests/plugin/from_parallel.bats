# SPDX-License-Identifier: GPL-3.0-or-later
# docs/from-parallel.md and docs/from-xargs.md: each line of the tables is run; where they say
# "same", by the real program as well.

load helper

prepare() {
  seq 5 >list
  seq 1000 >nums
  printf '%s\n' 1,a 2,b 3,c >table
  { echo n,l; cat table; } >named
  mkdir -p p
  : >p/x.tar.gz
  : >p/y.txt
}

# rows FILE: its table's rows, as PEER, OURS and DIFFERENCE, each ending in NUL.
rows() {
  awk -F '`' '/^\| `/ {
    line = $0
    gsub(/\\\|/, "\001", line)
    n = split(line, cell, /\|/)
    for (i = 2; i <= 4; i++) {
      text = cell[i]
      gsub(/^ +| +$/, "", text)
      if (i < 4) { sub(/^`/, "", text); sub(/`$/, "", text) }
      gsub("\001", "|", text)
      printf "%s%c", text, 0
    }
  }' "$1"
}

# each_row FILE PROGRAM
each_row() {
  local theirs ours difference expected status count=0 host bad=0
  command -v "$2" >/dev/null || skip "$2 is not installed"
  prepare
  while IFS= read -r -d '' theirs && IFS= read -r -d '' ours && IFS= read -r -d '' difference; do
    count=$((count + 1))
    rm -rf peer bash conch
    mkdir peer
    cp -R list nums table named p peer
    expected=$(cd peer && HOME=$PWD bash -c "$theirs" 2>peer.err </dev/null) && status=0 || status=$?
    rm -rf peer
    in_each_host "$ours"
    [[ $difference == same* ]] || continue
    for host in "${_ran[@]}"; do
      if [[ $(<"$_state/$host.out") != "$expected" || $(<"$_state/$host.status") != "$status" ]]; then
        printf '%s in %s\n--- expected, status %s\n%s\n--- but, status %s\n%s\n%s\n' "$ours" "$host" \
          "$status" "$expected" "$(<"$_state/$host.status")" "$(<"$_state/$host.out")" "$(<"$_state/$host.err")"
        bad=1
      fi
    done
  done < <(rows "$_top/docs/$1")
  [[ $bad -eq 0 && $count -gt 5 ]]
}

@test "every line of docs/from-parallel.md" {
  each_row from-parallel.md parallel
}

@test "every line of docs/from-xargs.md" {
  each_row from-xargs.md xargs
}

@test "a joblog of ours is resumed by GNU parallel, and one of its by us" {
  command -v parallel >/dev/null || skip "parallel is not installed"
  in_each_host '
    export HOME=$PWD
    pool map -j 1 --joblog ours -c "echo \$1; exit \$1" ::: 0 1 0 >/dev/null
    parallel -j1 --joblog ours --resume "echo resumed {}" ::: 0 1 0 4 2>/dev/null
    parallel -j1 --joblog ours --resume-failed "echo failed {}" ::: 0 1 0 4 2>/dev/null
    parallel -j1 --joblog theirs "echo {}; exit {}" ::: 0 1 0 >/dev/null 2>&1
    pool map -j 1 --joblog theirs --resume echo resumed ::: 0 1 0 4
    pool map -j 1 --joblog theirs --resume-failed echo failed ::: 0 1 0 4'
  assert_output $'resumed 4\nfailed 1\nresumed 4\nfailed 1'
}
