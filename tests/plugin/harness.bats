# SPDX-License-Identifier: GPL-3.0-or-later
# The harness itself: what it promises to the other tests.

load helper

# The host must do without the plugin here.
_prelude() {
  :
}

@test "a script runs with its words, an empty stdin and an environment of its own" {
  export SECRET=1
  in_each_host 'echo "$# $1"; cat; echo "[$SECRET]"; echo oops >&2; exit 3' 'a  b' c
  assert_output $'2 a  b\n[]'
  assert_stderr oops
  assert_status 3
}

@test "stdin and variables can be given" {
  printf 'one\ntwo\n' >in
  in_env COLOUR=red
  in_each_host -i in 'cat; echo $COLOUR'
  assert_output $'one\ntwo\nred'
}

@test "each host works on its own copies of the files" {
  echo old >file
  in_each_host 'cat file; echo new >file'
  assert_output old
  [[ $(<file) == old ]]
}

@test "the checks fail where they must, and say in which host" {
  in_each_host 'printf "first\nsecond\n\n"; echo why >&2'
  assert_output -p irs
  assert_output -e '^first'
  assert_line second
  refute_line secon
  refute_output third
  refute_stderr because
  run assert_output first
  [[ $status -eq 1 && $output == *"in ${_ran[0]}"* && $output == *second* ]]
  run assert_output -e '^second'
  [[ $status -eq 1 ]]
  run assert_status 1
  [[ $status -eq 1 && $output == *"status 1 expected"* ]]
  run refute_output
  [[ $status -eq 1 ]]
  run refute_output second
  [[ $status -eq 1 ]]
  run refute_stderr
  [[ $status -eq 1 ]]
  run assert_line secon
  [[ $status -eq 1 ]]
  run refute_line second
  [[ $status -eq 1 ]]
}

@test "a check before anything ran fails" {
  run assert_output ''
  [[ $status -eq 1 ]]
}

@test "a script that hangs is killed, and its processes are shown" {
  run in_each_host -t 0.3 'sleep 100'
  [[ $status -eq 1 && $output == *HANGS* && $output == *"sleep 100"* ]]
  [[ ! $(_processes) ]]
}

@test "a process that is left is found, shown and killed" {
  in_each_host 'sleep 100 & setsid sleep 101 & (exec env -i sleep 102) &'
  run harness_teardown
  [[ $status -eq 1 ]]
  [[ $output == *"sleep 100"* && $output == *"sleep 101"* && $output == *"sleep 102"* ]]
  eventually nothing_left
}

nothing_left() {
  [[ ! $(_processes) ]]
}

@test "a process that ends a moment after the test is fine" {
  in_each_host 'sleep 0.1 &'
}

@test "a file left in TMPDIR is found" {
  in_each_host 'echo x >"$TMPDIR/left-behind"'
  run harness_teardown
  [[ $status -eq 1 && $output == *left-behind* ]]
  rm -rf */.tmp/*
}

@test "SIGINT and SIGQUIT have their default action in the script" {
  in_each_host 'kill -INT $$; echo not reached'
  refute_output
  assert_status 130
}

types_a_command() {
  keys 'echo $((6 * 7)); (exit 5)' Enter
  screen_shows '^42$'
  screen_shows '^5\$'
  keys 'sleep 100' Enter
  runs '^sleep 100'
  keys C-c
  screen_shows '^130\$'
}

@test "a terminal shows what is typed, and Ctrl-C interrupts" {
  in_each_terminal types_a_command
}
