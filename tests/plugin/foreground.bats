# SPDX-License-Identifier: GPL-3.0-or-later
# What runs while a program runs in the foreground: in the conch shell with set -o prompttraps.

load helper

in_conch() {
  local CONCH_HOSTS=conch
  [[ $(hosts) ]] || skip "the conch shell is not built"
  in_each_host "$@"
}

# A program that runs until the trap has run, or gives up: late traps make it fail.
prelude='set -o prompttraps
  me=$$
  until_there() { cat >prog <<"EOT"
: >running; i=0; while [ ! -f "$1" ]; do i=$((i + 1)); [ $i -lt 500 ] || exit 9; sleep 0.02; done; exit 3
EOT
  }
  until_there
  poke() { rm -f running; (until [ -f running ]; do sleep 0.02; done; kill -s "${1:-USR1}" $me) & }
'

@test "without the option a trap waits for the program's end" {
  in_conch 'trap "echo trap >there" USR1; me=$$
    (until [ -e running ]; do sleep 0.02; done; kill -USR1 $me; : >sent) &
    sh -c ": >running; until [ -e sent ]; do sleep 0.02; done; sleep 0.3; test ! -e there"; echo $?; cat there'
  assert_output $'0\ntrap'
}

@test "a trap runs while a program goes on, whose status is kept" {
  in_conch "$prelude"'trap "echo trap; : >there" USR1
    poke; sh prog there; echo $?'
  assert_output $'trap\n3'
}

@test "a handler and a timer, too" {
  in_conch "$prelude"'h() { echo "handler $1"; timer after 0.05 tick; }; tick() { echo tick; : >there; }
    signal on USR1 h
    poke; sh prog there; echo $?'
  assert_output $'handler USR1\ntick\n3'
}

@test "a trap runs outside of the program's redirections" {
  in_conch "$prelude"'trap "echo out; echo err >&2; : >there" USR1
    poke; sh prog there >file 2>file >file2; echo $?; cat file file2; echo end'
  assert_output $'out\n3\nend'
  assert_stderr err
}

@test "in pipelines" {
  in_conch "$prelude"'trap "echo trap; : >there" USR1
    poke; sh prog there | cat; echo $?
    rm there; set -o pipefail; poke; sh prog there | cat; echo $?
    rm there; poke; true | sh prog there | cat; echo $?'
  assert_output $'trap\n0\ntrap\n3\ntrap\n3'
}

@test "a trap may run programs, wait for jobs and collect what it likes" {
  in_conch "$prelude"'action() { ls /dev/null; sleep 0.05 & wait $!; echo "waited $?"; wait; (exit 4); echo $?; : >there; }
    trap action USR1
    poke; sh prog there; echo $?'
  assert_output $'/dev/null\nwaited 0\n4\n3'
}

@test "a trap that collects the program itself loses no status" {
  in_conch "$prelude"'action() { : >there; sleep 0.3 & wait $!; jobs >jobs; (sleep 0.1 & wait); }
    trap action USR1
    poke; sh prog there; echo $?
    rm there; poke; true | sh prog there; echo $?'
  assert_output $'3\n3'
}

@test "exit in a trap ends the script at once" {
  in_conch "$prelude"'trap "exit 5" TERM; trap "echo bye; kill \$p; wait \$p" EXIT
    sleep 300 & p=$!
    poke TERM; sh -c ": >running; exec tail -s 0.05 --pid=$p -f /dev/null"; echo not reached'
  assert_output bye
  assert_status 5
}

@test "return in a trap, set -e in a trap" {
  in_conch "$prelude"'trap "false; : >there" USR1
    f() { poke; sh prog there; echo $?; }; f
    rm there; set -e; trap ": >there" EXIT; trap "false; echo no" USR1; poke; sh prog there; echo not reached'
  assert_output 3
  assert_status 1
}

@test "many signals, and none is lost" {
  in_conch "$prelude"'n=0; h() { n=$((n + 1)); }
    signal on RTMIN h
    '"$CONCH_BUILD"'/tests/storm $$ 2000 0; echo $?; pause -t 0.2; echo $n'
  assert_output $'2000\n0\n2000'
}

under_job_control() {
  keys 'set -o prompttraps; trap "echo tr""ap" USR1; clear' Enter
  keys "sh -c 'until [ -f go ]; do sleep 0.05; done'; echo en\"\"ded \$?" Enter
  runs '^sh -c until'
  kill -USR1 "$(shell_pid)"
  screen_shows '^trap$'
  ! screen | grep -q '^ended'
  : >"$BATS_TEST_TMPDIR/conch/go"
  screen_shows '^ended 0$'
  keys 'clear; sleep 1000' Enter
  runs '^sleep 1000'
  keys C-z
  screen_shows 'Stopped'
  keys 'fg' Enter
  runs '^sleep 1000'
  keys C-c
  screen_shows '^130\$'
}

@test "under job control, with Ctrl-Z and Ctrl-C" {
  type -P tmux >/dev/null || skip "needs tmux"
  local CONCH_HOSTS=conch
  [[ $(hosts) ]] || skip "the conch shell is not built"
  in_each_terminal under_job_control
}
