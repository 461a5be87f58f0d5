# SPDX-License-Identifier: GPL-3.0-or-later
# lock: who gets it, when, and what happens when a holder dies.

load helper

# hold LOCK: take it in a task, tell, and keep it until told to end.
hold='hold() { lock acquire "$@"; for l; do :; done; event set "held.$l"; event wait "end.$l"; }; '

@test "acquire, release; release says who does not hold it" {
  in_each_host '
    lock create l; lock acquire l; lock owner l | grep -qx $$ && echo mine
    lock release l; lock owner l; echo $?; lock release l; echo $?
    lock owner -v who l; echo "$? ${who-unset}"; lock acquire l; lock owner -v who l; [ "$who" = $$ ]; echo $?'
  assert_output $'mine\n1\n1\n1 unset\n0'
  assert_stderr 'lock: release: l: not held by this process'
}

@test "create again is fine, with the other sort it is not" {
  in_each_host '
    lock create l; lock create l; echo $?; lock create -r l; echo $?
    lock create -r r; lock create -r r; echo $?; lock create r; echo $?'
  assert_output $'0\n4\n0\n4'
  assert_stderr $'lock: create: l: is there, but not recursive\nlock: create: r: is there, but recursive'
}

@test "what is not there, bad names, unknown options, missing operands" {
  in_each_host '
    for verb in acquire release owner destroy; do lock $verb none; echo $?; done
    lock create "a b"; echo $?; lock create ""; echo $?; lock create; echo $?
    lock acquire -t x l; echo $?; lock acquire --frob l; echo $?; lock take l; echo $?; lock with l; echo $?'
  assert_output $'4\n4\n4\n4\n2\n2\n2\n2\n2\n2\n2'
}

@test "-n does not wait, -t waits that long" {
  in_each_host "$hold"'
    lock create l; spawn -d hold l; event wait held.l
    lock acquire -n l; echo $?; lock acquire -t 50ms l; echo $?
    lock acquire -t 0 l; echo $?; event set end.l; lock acquire -t 20 l; echo $?'
  assert_output $'1\n124\n124\n0'
  refute_stderr
}

@test "taking again what one holds is an error, with -r it is counted" {
  in_each_host '
    lock create l; lock acquire l; lock acquire l; echo $?; lock acquire -n l; echo $?; lock release l
    lock create -r r; lock acquire r; lock acquire r; lock release r; lock owner r | grep -qx $$ && echo still
    lock release r; lock owner r; echo $?'
  assert_output $'125\n125\nstill\n1'
  assert_stderr -p 'lock: acquire: l: '
}

@test "sharers are together, and one who wants it alone waits for them" {
  in_each_host "$hold"'
    lock create l; lock acquire -s l; spawn -d -n s hold -s l; event wait held.l
    lock release l; lock acquire -n l; echo $?; lock acquire -n -s l; echo $?; lock release l
    event set end.l; lock acquire l; echo $?
    f() { lock acquire -n -s l; echo $?; }; spawn f; await'
  assert_output $'1\n0\n0\n1'
}

@test "who waits is served in the order it came, a sharer too" {
  in_each_host '
    lock create l; lock acquire l
    w() { lock acquire $2 l; echo "$1"; lock release l; }
    waiting() { until conch list | grep -q "^lock *l  *$1 "; do :; done; }
    spawn w 1; waiting 1; spawn w 2 -s; waiting 2; spawn w 3; waiting 3
    lock release l; await'
  assert_output $'1\n2\n3'
}

@test "with runs a command, makes the lock, and gives it back however the command ends" {
  in_each_host '
    f() { lock owner l | grep -qx $$ && echo inside; return 3; }
    lock with l f; echo $?; lock owner l; echo $?
    lock with l sh -c "exit 5"; echo $?; lock owner l; echo $?
    lock with l nothing-of-the-kind 2>/dev/null; echo $?; lock owner l; echo $?
    g() { return 4; }; h() { lock with l g; echo "g $?"; }; h
    lock with l eval "lock owner l >/dev/null && echo evaluated"
    (lock with l exit 6); echo $?; lock owner l; echo $?'
  assert_output $'inside\n3\n1\n5\n1\n127\n1\ng 4\nevaluated\n6\n1'
}

@test "with under set -e and an error in the command gives it back" {
  in_each_host '
    f() { set -e; lock with l false; echo no; }
    spawn f; await; echo $?; lock owner l; echo $?
    f() { set -u; lock with l eval "echo \$undefined_here"; echo no; }
    spawn f 2>/dev/null; await; lock owner l; echo $?'
  assert_output $'1\n1\n1'
}

@test "a subshell does not hold its parent's locks" {
  in_each_host '
    lock create l; lock acquire l
    (lock release l 2>/dev/null; echo $?; lock acquire -n l; echo $?)
    v=$(lock acquire -n l; echo $?); echo "$v"; lock release l; echo $?'
  assert_output $'1\n1\n1\n0'
}

@test "when a holder dies the next one gets it and is told, once" {
  in_each_host "$hold"'
    lock create l; spawn -n h hold l; pid=$SPAWN_PID; event wait held.l
    w() { lock acquire l; [ "$CONCH_OWNER_DIED" = $pid ] && echo told; lock release l; }
    spawn w; until conch list | grep -q "^lock *l  *1 "; do :; done
    task kill -s KILL h; await; lock acquire l; echo "$? ${CONCH_OWNER_DIED-unset}"'
  assert_output $'told\n0 unset'
}

@test "an orderly end of a holder passes it on, too" {
  in_each_host '
    lock create l; f() { lock acquire l; }; spawn f; await; lock acquire -n l; echo $?
    [ "$CONCH_OWNER_DIED" = $SPAWN_PID ]; echo $?'
  assert_output $'0\n0'
}

@test "two that wait for each other: one is told, the other goes on" {
  in_each_host '
    lock create a; lock create b
    f() {
      lock acquire $1; event set has.$1; event wait has.$2
      if lock acquire $2; then echo got; lock release $2; else echo "status $?"; fi
      lock release $1
    }
    spawn f a b; spawn f b a; await'
  local host
  for host in "${_ran[@]}"; do
    [[ $(sort "$_state/$host.out") == $'got\nstatus 125' ]]
  done
  assert_stderr -e '^lock: acquire: [ab]: .*(a.*b|b.*a)'
}

@test "a circle over three locks is found" {
  in_each_host -t 20 '
    for l in a b c; do lock create $l; done
    f() {
      lock acquire $1; event set has.$1; event wait has.a; event wait has.b; event wait has.c
      lock acquire $2 2>/dev/null || echo "status $?"
      lock release $1
    }
    spawn f a b; spawn f b c; spawn f c a; await'
  assert_output 'status 125'
}

@test "destroy wakes who waits with 4" {
  in_each_host '
    lock create l; lock acquire l; w() { lock acquire l; echo $?; }
    spawn w; until conch list | grep -q "^lock *l  *1 "; do :; done
    lock destroy l; await; lock acquire l; echo $?'
  assert_output $'4\n4'
}

@test "a trap runs while lock waits, which then goes on waiting" {
  in_each_host "$hold"'
    lock create l; spawn -d hold l; event wait held.l
    trap "echo caught" USR1
    f() { until conch list | grep -q "^lock *l  *1 "; do :; done; kill -USR1 $$; event wait caught; event set end.l; }
    trap "echo caught; event set caught" USR1
    spawn f; lock acquire l; echo $?'
  assert_output $'caught\n0'
}

@test "three processes count under a lock and lose nothing" {
  in_each_host '
    echo 0 >count
    add() { read n <count; echo $((n + 1)) >count; }
    work() { i=0; while [ $i -lt 200 ]; do lock with l add; i=$((i + 1)); done; }
    spawn work; spawn work; spawn work; await; cat count'
  assert_output 600
}

@test "programs of the script share its locks, the machine-wide ones are everybody's" {
  in_each_host '
    lock create l; lock acquire l
    printf "lock acquire -n l; echo \$?; lock acquire -n /m; echo \$?\n" >>inner
    lock create /m; lock acquire /m
    run() { case $(readlink /proc/$$/exe) in *conch) "$(readlink /proc/$$/exe)" inner;; *) (echo ". $CONCH_SO"; cat inner) | bash;; esac; }
    export CONCH_SO='"'$CONCH_BUILD/plugin/conch.bash'"'; run; (unset CONCH_SESSION; run) 2>/dev/null; lock destroy /m'
  assert_output $'1\n1\n4\n1'
}
