# SPDX-License-Identifier: GPL-3.0-or-later
load helper

@test "an alarm ends the script, as SIGALRM does" {
  in_each_host '
    alarm 0.1
    pause; echo not reached'
  refute_output
  assert_status 142
}

@test "the shell that ran the script says Alarm clock" {
  in_each_host '
    case $- in *x*) ;; esac
    [ "$AGAIN" ] && { alarm 0.05; pause; }
    AGAIN=1; export AGAIN
    "$(readlink /proc/$$/exe)" .script; echo $?'
  assert_output 142
  assert_stderr -p 'Alarm clock'
}

@test "an alarm ends a busy script" {
  in_each_host '(alarm 0.1; while :; do :; done); echo $?'
  assert_output 142
}

@test "an alarm with a handler" {
  in_each_host '
    h() { echo "handled $1 $2"; }
    signal on ALRM h
    alarm 0.05; pause; echo $REPLY'
  assert_output $'handled ALRM 0\nALRM'
}

@test "an alarm tells what was left of the one before, and 0 cancels" {
  in_each_host '
    alarm 100; alarm -v left; echo "${left%.*}"
    alarm 50 >old; read x <old; echo "${x%.*}"
    alarm 0 >old; read x <old; echo "${x%.*}"
    alarm; alarm 0; alarm -v left; echo "$left"'
  assert_output $'99\n99\n49\n0'
}

@test "an alarm is not inherited by subshells and tasks, and kept by exec" {
  in_each_host '
    alarm 100
    (alarm -v left; echo "sub $left")
    f() { alarm -v left; echo "task $left"; }
    spawn -n t f; await t
    alarm -v left; echo "${left%.*}"
    (alarm 0.1; exec sleep 100); echo $?'
  assert_output $'sub 0\ntask 0\n99\n142'
}

@test "mistakes" {
  in_each_host '
    alarm x; echo $?
    alarm -- -1; echo $?
    alarm ""; echo $?
    alarm 1 2; echo $?
    alarm -v left; echo $left'
  assert_output $'2\n2\n2\n2\n0'
  assert_stderr -p 'alarm: x: not a duration'
}
