# SPDX-License-Identifier: GPL-3.0-or-later
load helper

@test "pause ends when a handler has run, and says whose" {
  in_each_host "$waits"'
    h() { echo handled; }
    signal on USR1 h
    me=$$
    (asleep $me; kill -USR1 $me) & pause; echo "$? $REPLY"
    (asleep $me; kill -USR1 $me) & pause -v who; echo "$? $who"'
  assert_output $'handled\n0 USR1\nhandled\n0 USR1'
}

@test "pause ends for traps, timers and callbacks" {
  in_each_host "$waits"'
    trap "echo trap" USR1
    me=$$
    (asleep $me; kill -USR1 $me) & pause; echo "$REPLY"
    timer every -n soon 0.05 :; pause; timer cancel soon; echo "$REPLY"
    done_() { echo "done $*"; }
    spawn -n t --then done_ asleep $$; pause; echo "$REPLY"'
  assert_output $'trap\nUSR1\nsoon\ndone t 0\nt'
}

@test "pause -t ends by itself" {
  in_each_host '
    pause -t 50ms; echo "$? <$REPLY>"
    pause -t 0; echo "$?"'
  assert_output $'124 <>\n124'
}

@test "pause -c sleeps on while handlers run" {
  in_each_host '
    n=0; tick() { n=$((n + 1)); }
    timer every 0.01 tick
    pause -c -t 0.3; echo $?
    [ $n -ge 2 ] && echo ticked'
  assert_output $'0\nticked'
}

@test "pause SIG lets a blocked signal in, so that none is missed" {
  in_each_host '
    h() { flag=1; }
    signal on USR1 h; signal block USR1
    flag=; kill -USR1 $$
    while [ ! "$flag" ]; do pause -t 20 USR1 || break; done; echo "$? $flag"
    kill -USR1 $$; signal pending'
  assert_output $'0 1\nUSR1'
}

@test "pause in a handler, in a timer and in a callback" {
  in_each_host "$waits"'
    a() { timer every -n inner 0.02 true; pause -v x; timer cancel inner; echo "a $x"; }
    signal on USR1 a
    signal send USR1 $$; :
    b() { timer every -n inner2 0.02 true; pause -v x; timer cancel inner2; echo "b $x"; }
    timer after -n outer 1 b; pause; echo "$REPLY"
    spawn -n t --then a asleep $$; pause; echo "$REPLY"'
  assert_output $'a inner\nb inner2\nouter\na inner\nt'
}

@test "exit and return in a handler of a pause" {
  in_each_host '
    h() { return 3; }
    bye() { exit 4; }
    timer every -n t 0.02 h; pause; echo $?; timer cancel t
    timer after 0.02 bye; pause; echo not reached'
  assert_output 0
  assert_status 4
}

@test "SIGINT ends a pause, and the script" {
  in_each_host '
    timer after 0.05 kill -INT $$
    pause -t 20; pause -t 20; echo not reached'
  refute_output
  assert_status 130
}

@test "a child that ends does not end a pause" {
  in_each_host 'sleep 0.05 & pause -t 0.3; echo $?'
  assert_output 124
}

@test "mistakes" {
  in_each_host '
    pause nosuch; echo $?
    pause -t x; echo $?
    pause --nosuch; echo $?
    pause -v "1x" -t 0; echo $?'
  assert_output $'2\n2\n2\n2'
  assert_stderr -p 'pause: nosuch: no such signal'
}

@test "a read-only REPLY is said" {
  in_each_host 'readonly REPLY; pause -t 0; echo $?'
  refute_output 124
  assert_stderr -p REPLY
}
