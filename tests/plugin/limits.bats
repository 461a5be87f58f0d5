# SPDX-License-Identifier: GPL-3.0-or-later
# When the machine says no: the message names what failed, the status tells, nothing hangs, and
# what was printed is right.

load helper

refuse() {
  in_env REFUSE="$CONCH_BUILD/tests/refuse"
}

@test "without clone3 everything works" {
  refuse
  for error in ENOSYS EPERM; do
    in_each_host '
      [ "${AGAIN-}" ] || AGAIN=1 exec "$REFUSE" clone3 '"$error"' "$(readlink /proc/$$/exe)" "$0"
      f() { echo "$1"; return "$1"; }
      pool map -j 2 --status s f ::: 0 1 2; echo "$? ${s[*]}"
      spawn -c -n t f 5; await t; echo $?
      lock with l echo locked
      ffi def -g - labs "l(l)"; labs -3
      ffi load m m; ffi def m fabs "d(d)"; array create n d 100000; array fill n -1; ffi map -j 2 fabs n; array sum n'
    assert_output $'0\n1\n2\n2 0 1 2\n5\n5\nlocked\n3\n100000'
    refute_stderr
  done
}

@test "without close_range, pidfd_open and futex_waitv, as before Linux 5.9, tasks work" {
  refuse
  for call in close_range pidfd_open futex_waitv; do
    in_each_host '
      [ "${AGAIN-}" ] || AGAIN=1 exec "$REFUSE" '"$call"' ENOSYS "$(readlink /proc/$$/exe)" "$0"
      f() { echo "$1"; return "$1"; }
      spawn -c -n t f 5; await t; echo $?
      spawn -t 20 -l -n p sh -c "echo program"; await p; spawn -t 20ms sleep 1000; await; echo $?
      spawn -n holds -t 20 sleep 1000; exec 7>&-; task kill holds; await; echo $?
      lock with l echo locked'
    assert_output $'5\n5\np: program\n124\n143\nlocked'
    refute_stderr
  done
}

@test "a machine without memfd: 125 and one message" {
  refuse
  in_each_host '
    [ "${AGAIN-}" ] || AGAIN=1 exec "$REFUSE" memfd_create ENOSYS "$(readlink /proc/$$/exe)" "$0"
    lock create l; echo $?; spawn true; echo $?'
  assert_output $'125\n125'
  assert_stderr -e $'^lock: create: no session: [^\n]*\nspawn: no session: [^\n]*$'
}

@test "no process to be had: spawn says 125, and works again later" {
  [[ $(id -u) -eq 0 ]] || skip "needs root to be another user"
  in_each_host '
    [ "${AGAIN-}" ] || AGAIN=1 exec setpriv --reuid=65534 --clear-groups "$(readlink /proc/$$/exe)" "$0"
    lock create l; hard=$(ulimit -Hu); ulimit -Su 0; spawn true; echo $?
    ulimit -Su "$hard"; spawn -c echo again; await; echo $?'
  assert_output $'125\nagain\n0'
  assert_stderr 'spawn: cannot start a process: Resource temporarily unavailable'
}

@test "few descriptors: spawn works or says 125" {
  in_each_host '
    ulimit -n 12; f() { echo "$1"; }
    spawn -c f 1; s=$?; [ $s -eq 0 ] || [ $s -eq 125 ]; echo $?; await; echo $?
    ulimit -n 6 && { spawn -c f 1; s=$?; [ $s -eq 0 ] || [ $s -eq 125 ]; echo $?; }' 2>/dev/null
  assert_line 0
  refute_line 1
  assert_status 0
}

@test "| head ends a map over endless input, at once and quietly" {
  in_each_host -t 10 'yes | pool map -j 2 echo | head -n 1; echo $?'
  assert_output $'y\n0'
  refute_stderr
}

@test "a full disk behind stdout: 125 and a message" {
  in_each_host 'pool map echo ::: a b >/dev/full; echo $?'
  assert_output 125
  assert_stderr -p 'No space left'
}

@test "a closed stdout: 125 and a message" {
  in_each_host 'pool map echo ::: a b >&-; echo $?'
  assert_output 125
  refute_stderr -p corrupt
}

@test "far more workers than processors lose nothing" {
  in_each_host 'seq 5000 | pool map -j 64 echo >out; seq 5000 | cmp - out'
  assert_status 0
}

@test "few descriptors" {
  in_each_host 'ulimit -n 20; seq 100 | pool map -j 16 echo >out; status=$?; seq 100 | cmp - out || [ "$status" -eq 125 ]'
  assert_status 0
}

@test "few processes: an error or fewer workers, never a hang" {
  in_each_host '
    [ "$(id -u)" -ne 0 ] || exec setpriv --reuid=65534 --clear-groups "$(readlink /proc/$$/exe)" "$0"
    ulimit -u 3
    seq 100 | pool map -j 16 echo 2>err >out
    status=$?
    seq 100 | cmp -s - out || [ "$status" -ge 125 ]' 2>/dev/null
}

@test "signals that cannot be queued: a child's end is noticed all the same" {
  in_each_host '
    ulimit -i 0
    f() { echo "f $1"; return "$1"; }
    pool create -j 1 p; pool apply p f 3; echo $?
    pool map f ::: 0 1; echo $?
    spawn f 5; await; echo $?; spawn /bin/true; await; echo $?'
  assert_output $'f 3\n3\nf 0\nf 1\n1\nf 5\n5\n0'
}

@test "ten thousand names" {
  in_each_host '
    for ((i = 0; i < 10000; i++)); do lock create "l$i" || break; done
    echo $i; lock acquire l9999 && lock owner l9999 | grep -qx $$ && echo held'
  assert_output $'10000\nheld'
}

@test "an arena that is full is an error that says so" {
  in_env CONCH_ARENA=2M
  in_each_host '
    status=0
    for ((i = 0; i < 100000 && status == 0; i++)); do lock create "a-name-of-some-length-$i" || status=$?; done
    echo $status; lock acquire a-name-of-some-length-0 && echo works'
  assert_output $'125\nworks'
  assert_stderr -p 'session memory is full'
}

@test "a full TMPDIR is named, status 125, and what was printed is right" {
  [[ $(id -u) -eq 0 ]] || skip "needs root to mount"
  in_each_host '
    [ "${AGAIN-}" ] || AGAIN=1 exec unshare -m "$(readlink /proc/$$/exe)" "$0"
    mkdir small; mount -t tmpfs -o size=1M none small || exit
    TMPDIR=$PWD/small
    slow_first() { [ "$1" != a ] || sleep 1; head -c 300000000 /dev/zero | tr "\0" "$1"; echo; }
    { pool map -j 2 slow_first ::: a b; echo $? >status; } | tr -s ab | cut -c 1-10
    cat status'
  assert_line -e '^(0|125)$'
}

interrupts_a_map() {
  keys 'pool map -j 2 sleep ::: 100 100 100' Enter
  runs '^sleep 100'
  keys C-c
  screen_shows '^130\$'
  eventually no_sleep
}

no_sleep() {
  ! _has_process '^sleep'
}

@test "Ctrl-C in a map: 130, and nothing is left" {
  in_each_terminal interrupts_a_map
}

interrupts_an_await() {
  keys 'spawn -n t sleep 100; await t' Enter
  runs '^sleep 100'
  keys C-c
  screen_shows '^130\$'
  keys 'task kill t; await t' Enter
  screen_shows '^143\$'
}

@test "Ctrl-C in await: 130, and the task can be awaited again" {
  in_each_terminal interrupts_an_await
}

interrupts_a_lock() {
  keys 'hold() { lock acquire l; sleep 100; }; lock create l; spawn -n h hold' Enter
  runs '^sleep 100'
  keys 'lock acquire l' Enter
  screen_shows 'lock acquire l$'
  keys C-c
  screen_shows '^130\$'
  keys 'task kill h; await h' Enter
  screen_shows '^143\$'
  keys 'lock acquire -t 5 l' Enter
  screen_shows '^0\$'
}

@test "Ctrl-C in lock acquire: 130, and the lock can be had later" {
  in_each_terminal interrupts_a_lock
}

closes_the_terminal() {
  keys 'f() { sleep 1001; }; spawn f; spawn sleep 1002; spawn -t 100 -l sh -c "sleep 1003"' Enter
  runs '^sleep 1001'
  runs '^sleep 1002'
  runs '^sleep 1003'
  terminal_close
  eventually no_sleep
}

@test "a terminal that goes away takes the tasks along" {
  in_each_terminal closes_the_terminal
}
