# SPDX-License-Identifier: GPL-3.0-or-later
# pool map --bar, --eta and --bar-workers, in a terminal that is resized and scrolls, and elsewhere.

load helper

# Everything there is, with what has scrolled away.
history() {
  _tmux capture-pane -p -S -
}

resized() {
  _tmux resize-window -x "$1" -y "$2"
}

# The calls of a map that has begun wait for the file `go`.
held='h() { while [ ! -e go ]; do sleep 0.05; done; }'

go() {
  : >"$BATS_TEST_TMPDIR/$1/go"
}

in_each_of_them() {
  local host
  type -P tmux >/dev/null || skip "needs tmux"
  for host in $(hosts); do
    terminal_open "$host"
    "$1" "$host"
    terminal_close
  done
}

# At the end so many workers have a row, and one has the counts.
rows() {
  [[ $(screen | grep . | tail -n $(($1 + 1)) | cut -c 1) == "$(seq "$1")"$'\n'["0["] ]]
}

shows_workers() {
  keys "$held" Enter "e=\$(printf '\\033[31m\\tx')" Enter
  keys 'clear; pool map -j 4 --bar-workers h ::: one "$e" 日本語日本語日本語日本語 $(printf "\377y"); echo en""ded $?' Enter
  screen_shows '^1: #[1-4] 0:0[0-9] (one|日本|\?y|\^\[)'
  screen_shows '^.: #1 0:0[0-9] one$'
  screen_shows '^.: #2 0:0[0-9] \^\[\[31m\^Ix$'
  screen_shows '^.: #3 0:0[0-9] 日本語日本語日本語日本語$'
  screen_shows '^.: #4 0:0[0-9] \?y$'
  screen_shows '^\[ +\] 0/4 0% 0\.0/s$'
  resized 20 30
  screen_shows "^.: #3 0:0[0-9] 日本語日$"
  resized 20 10
  screen_shows '^.: #3 0:0[0-9] 日本語日$'
  screen_shows '^0/4 0% 0\.0/s$'
  eventually rows 4
  resized 100 6 # no room for all of them
  screen_shows '^\[ +\] 0/4 0% 0\.0/s$'
  eventually rows 2
  resized 100 30
  screen_shows '^.: #3 0:0[0-9] 日本語日本語日本語日本語$'
  go "$1"
  screen_shows '^\[#+\] 4/4 100% [0-9.]+/s$'
  screen_shows '^ended 0$'
}

@test "--bar-workers: what each is at, in a terminal of any size" {
  in_each_of_them shows_workers
}

# Outputs and what tasks write to stderr scroll; each line is there once, whatever the size.
scrolls() {
  local i
  keys 'f() { sleep 0.02; echo "out $1"; echo "err $1" >&2; }' Enter
  keys 'clear; pool map -j 2 --bar-workers f ::: $(seq 600); echo en""ded $?' Enter
  for i in 40 90 25 100; do
    screen_shows '^[12]: #'
    resized $i $((i / 4 + 4))
  done
  screen_shows '^ended 0$'
  history >"$BATS_TEST_TMPDIR/history"
  diff <(grep ^out "$BATS_TEST_TMPDIR/history") <(seq -f 'out %g' 600)
  diff <(grep ^err "$BATS_TEST_TMPDIR/history" | sort) <(seq -f 'err %g' 600 | sort)
  ! grep -E '^[12]: #|/600 [0-9]?[0-9]%' "$BATS_TEST_TMPDIR/history" || return
  grep '600/600 100%' "$BATS_TEST_TMPDIR/history"
}

@test "--bar: output scrolls above it, while the terminal is resized" {
  in_each_of_them scrolls
}

knows_no_total() {
  keys "$held" Enter 'mkfifo in; exec 9<>in; echo 1 >&9; echo 2 >&9; echo a >&9' Enter
  keys 'clear; pool map -j 2 --eta -c "[ \$1 = 1 ] || h; printf %s \$1; [ \$1 != a ]" <in' Enter
  screen_shows '^1 [0-9.]+/s$'
  keys C-c
  screen_shows '^130\$'
  screen_shows '^1 [0-9.]+/s$'
}

@test "--eta: without a total there is no bar, and Ctrl-C leaves a clean screen" {
  in_each_of_them knows_no_total
}

raw() {
  keys 'clear; pool map -j 2 --ungroup --bar -c "printf \"a\\nb\\n\"; sleep 0.02" ::: $(seq 20); pool map -j 1 --bar printf %s ::: x y; echo en""ded' Enter
  screen_shows '^ended'
  [[ $(screen | grep -c '^[ab]$') -eq 40 || $(history | grep -c '^[ab]$') -eq 40 ]]
  screen_shows '20/20 100%'
  screen_shows '2/2 100%'
}

@test "--bar: tasks that write straight to the terminal do not tear it" {
  in_each_of_them raw
}

@test "off a terminal: a line now and then, and one at the end" {
  in_each_host '
    f() { [ $1 != 2 ]; }
    pool map --bar f ::: 1 2 3 2>one; echo $?; cut -d " " -f 1,2,4,5 one
    h() { while [ ! -e go ]; do sleep 0.05; done; }
    pool map -j 2 --bar-workers h ::: 1 "a	b" 2>two & while [ ! -s two ]; do sleep 0.1; done; : >go; wait
    sed "s/ [0-9.]*\/s//; s/^[12]: \(.*\) 0:0[0-9]/\1/" two | sort'
  assert_output $'1\n3/3 100% 1 failed\n#1 1\n#2 a^Ib\n0/2 0%\n2/2 100%'
}

@test "--bar: stderr closed or full is no error" {
  in_each_host '
    pool map --bar-workers echo ::: 1 2>&-; echo $?
    pool map --bar echo ::: 1 2>/dev/full; echo $?'
  assert_output $'1\n0\n1\n0'
}
