# SPDX-License-Identifier: GPL-3.0-or-later

load helper

@test "cond: wait gives the lock back and has it again" {
  in_each_host '
    lock create l; lock acquire l
    other() { lock acquire l; value create x q 1; cond notify c; lock release l; }
    spawn -n o other
    cond wait c l; echo "$?"; value get x; lock owner l >/dev/null && echo held
    await o'
  assert_output $'0\n1\nheld'
}

@test "cond: wait-for evaluates its code" {
  in_each_host '
    lock create l; value create n q 0
    up() { i=0; while [ $i -lt 5 ]; do lock with l value add n 1; cond notify-all c; i=$((i+1)); done; }
    lock acquire l; spawn -n u up
    cond wait-for c l "[ \$(value get n) -eq 5 ]"; echo "$? $(value get n)"
    cond wait-for -t 20ms c l false; echo "$?"
    cond wait-for c l true; echo "$?"
    await u'
  assert_output $'0 5\n124\n0'
}

@test "cond: notify wakes so many" {
  in_each_host '
    lock create l; queue create woken; queue create ready
    wait_here() { lock acquire l; queue put ready x; cond wait c l; lock release l; queue put woken x; }
    spawn -d -n a wait_here; spawn -d -n b wait_here; spawn -d -n d wait_here
    queue get ready >/dev/null; queue get ready >/dev/null; queue get ready >/dev/null
    lock with l cond notify c
    queue get -t 5 woken; queue get -n woken; echo "$?"
    lock with l cond notify -k 2 c
    queue get -t 5 woken; queue get -t 5 woken'
  assert_output $'x\n1\nx\nx'
}

@test "cond: time limit, destroy, and a lock that is not held" {
  in_each_host '
    lock create l
    cond wait c l; echo "$?"; cond wait c nolock; echo "$?"
    lock acquire l; cond wait -t 20ms c l; echo "$?"; lock release l; echo "$?"
    cond destroy c; echo "$?"; cond destroy c; echo "$?"'
  assert_output $'1\n4\n124\n0\n0\n4'
  assert_stderr -p 'cond: wait: l: not held by this process alone'
}

@test "cond: a trap runs while it waits, without the lock" {
  in_each_host '
    lock create l; lock acquire l; me=$$
    trap "lock owner l; echo trapped \$?" USR1
    poke() { lock acquire l; kill -s USR1 "$me"; lock release l; lock acquire l; cond notify c; lock release l; }
    spawn poke; cond wait c l; echo "$?"; lock release l; echo "$?"'
  assert_output -e $'trapped [01]\n0\n0$'
}
