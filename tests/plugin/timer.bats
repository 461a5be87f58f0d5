# SPDX-License-Identifier: GPL-3.0-or-later
load helper

@test "after, every and their names" {
  in_each_host '
    timer after 1 echo after; echo $TIMER
    timer every -n beat -c 2 0.02 echo beat; echo $TIMER
    timer wait; echo $?; timer list; timer wait; echo $?'
  assert_output $'timer1\nbeat\nbeat\nbeat\nafter\n0\n1'
}

@test "commands have any words, and no more than these" {
  in_each_host '
    show() { printf "%s|" "$#" "$@"; echo; }
    timer after 0 show "a  b" "*" "" "\$x"
    timer wait'
  assert_output '4|a  b|*||$x|'
}

@test "timers of the same moment run in the order in which they were made" {
  in_each_host '
    i=0; while [ $i -lt 20 ]; do timer at @1 printf "%s " $i; i=$((i + 1)); done
    timer wait'
  assert_output '0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 '
}

@test "thousands of timers" {
  in_each_host '
    n=0; tick() { n=$((n + 1)); }
    i=0; while [ $i -lt 3000 ]; do timer after 0.$((i % 10)) tick; i=$((i + 1)); done
    timer wait; echo $n'
  assert_output 3000
}

@test "timers run between commands of a busy script" {
  in_each_host '
    stop() { go=; }
    go=1; timer after 0.1 stop
    while [ "$go" ]; do :; done; echo stopped'
  assert_output stopped
}

@test "timers run in await, in lock acquire and in wait" {
  in_each_host '
    tell() { echo "in $1"; event set $1; } # each wait ends only when the timer has run in it
    spawn -n t event wait await; timer after 0.05 tell await; await t
    spawn -n h lock with l event wait lock
    while [ ! "$(lock owner l 2>/dev/null)" ]; do pause -t 0.01; done
    timer after 0.05 tell lock; lock with l echo locked; await h
    event wait wait & timer after 0.05 tell wait; wait $!; echo $?'
  assert_output $'in await\nin lock\nlocked\nin wait\n0'
}

@test "every does not drift, and counts what it missed" {
  in_each_host '
    n=0; tick() { n=$((n + 1 + TIMER_OVERRUN)); }
    timer every -n t 0.01 tick
    i=0; while [ $i -lt 20 ]; do sleep 0.05; i=$((i + 1)); done
    timer cancel t; [ $n -ge 99 ] && echo all'
  assert_output all
}

@test "a timer that is always due lets the script go on" {
  in_each_host '
    slow() { # longer than its period
      k=0; while [ $k -lt 5000 ]; do k=$((k + 1)); done; n=$((n + 1))
    }
    n=0; timer every 1ms slow
    i=0; while [ $i -lt 5 ]; do i=$((i + 1)); done
    echo "$i"; [ $n -le 60 ] && echo few'
  assert_output $'5\nfew'
}

@test "every --now begins at once" {
  in_each_host '
    timer every -n t --now -c 2 1000 echo now; pause -t 0.05
    timer list | tr -s " " | cut -d " " -f 1,2,5'
  assert_output $'now\nt every 1'
}

@test "commands of timers start and cancel timers, their own too" {
  in_each_host '
    n=0
    again() { n=$((n + 1)); echo "again $n"; [ $n -ge 3 ] || timer after 0.01 again; }
    timer after 0.01 again; timer wait
    once() { echo once; timer cancel t; }
    timer every -n t 0.01 once; timer wait; timer list
    swap() { timer after -n s 0.01 echo swapped; }
    timer after -n s 0.01 swap; timer wait'
  assert_output $'again 1\nagain 2\nagain 3\nonce\nswapped'
}

@test "cancel" {
  in_each_host '
    timer after -n t 100 echo no; timer cancel t; echo $?
    timer cancel t; echo $?
    timer after -n t 0 true; timer wait t; timer cancel t; echo $?
    timer cancel never a/b; echo $?'
  assert_output $'0\n1\n1\n1'
}

@test "at: a moment of the calendar" {
  in_each_host '
    timer at @$(($(date +%s) + 1)) echo epoch
    timer at "$(date -d "+1 sec" +%H:%M:%S)" echo clock
    timer at "$(date -d "+1 sec" +%Y-%m-%dT%H:%M:%S)" echo date
    timer at 2000-01-01 echo long ago
    timer wait' 
  assert_line 'long ago'
  assert_line epoch
  assert_line date
  assert_line clock
}

# The clock of the whole machine is set for a moment, so it must be asked for: CONCH_STEP_CLOCK=1.
@test "at: the clock is set meanwhile, and the new time counts; for the others it does not" {
  [[ ${CONCH_STEP_CLOCK-} == 1 ]] || skip "sets the machine's clock for 2 s; CONCH_STEP_CLOCK=1 asks for it"
  "$CONCH_BUILD/tests/step_clock" || skip 'may not set the clock here'
  in_env STEP="$CONCH_BUILD/tests/step_clock"
  in_each_host -t 60 '
    t=$EPOCHREALTIME
    timer at @$((${t%.*} + 3)).${t#*.} echo forward: at
    timer after 1.5 echo forward: after
    spawn "$STEP" 3500 500; timer wait; await
    t=$EPOCHREALTIME
    timer at @$((${t%.*} + 1)).${t#*.} echo back: at
    timer after 1.5 echo back: after
    spawn "$STEP" -3000 2000; timer wait; await'
  assert_output $'forward: at\nforward: after\nback: after\nback: at'
}

@test "at: the time zone is the script's" {
  in_each_host '
    TZ=UTC; export TZ
    timer at -n a 2099-01-01T12:00 true
    TZ=UTC-2
    timer at -n b 2099-01-01T12:00 true
    timer list -J | sed -n "s/.*\"next\":\([0-9]*\).*/\1/p" >next
    { read x; read y; } <next; d=$((x - y)); [ $d -ge 7199 ] && [ $d -le 7201 ] && echo two hours'
  assert_output 'two hours'
}

@test "no subshell and no task has timers of its parent" {
  in_each_host '
    tick() { :; }
    timer every -n t 0.01 tick
    (timer wait; echo $?; pause -t 0.1; echo $?)
    f() { timer wait; echo $?; timer after 0.01 echo mine; timer wait; pause -t 0.1; echo $?; }
    spawn -n t f; await t
    timer list | cut -d " " -f 1'
  assert_output $'1\n124\n1\nmine\n124\nt'
}

@test "exit in a timer ends the script" {
  in_each_host '
    trap "echo bye" EXIT
    timer after 0.02 exit 5
    while :; do :; done'
  assert_output bye
  assert_status 5
}

@test "timer wait -t" {
  in_each_host '
    timer after -n t 100 true
    timer wait -t 0.05 t; echo $?
    timer wait -t 0.05; echo $?
    timer wait nosuch; echo $?'
  assert_output $'124\n124\n1'
}

@test "list" {
  in_each_host '
    timer after -n a 100 echo "x y"; timer every -n b -c 3 2m true; timer at -n c 2099-01-01 true
    timer list | tr -s " " | sed "s/ [0-9.]* / T /" | sed "s/[0-9]*\.[0-9]*/T/" 
    timer list -J | head -n 2 | tail -n 1 | sed "s/[0-9]*\.[0-9]*/T/g"'
  assert_line "a after T - 1 echo 'x y'"
  assert_line 'b every T T 3 true'
  assert_line 'c at T - 1 true'
  assert_line '{"name":"a","kind":"after","next":T,"period":T,"left":1,"command":"echo '"'x y'"'"},'
}

@test "mistakes" {
  in_each_host '
    timer after x true; echo $?
    timer after 1; echo $?
    timer every 0 true; echo $?
    timer every -c -1 1 true; echo $?
    timer at 25:00 true; echo $?
    timer after -n "a b" 1 true; echo $?
    timer after -n /a 1 true; echo $?
    timer after -n a 100 true; timer after -n a 100 true; echo $?
'
  assert_output $'2\n2\n2\n2\n2\n2\n2\n4'
  assert_stderr -p 'timer: after: a: the name is taken'
}

@test "a timer that is due between two substitutions of a word harms neither, and goes on" {
  in_each_host '
    t() { n=$((n + 1)); }
    n=0; timer every 0.002 t
    x=$(sleep 0.02)$(echo a)$(sleep 0.02)$(echo b; echo c)
    echo "$x"; [ $n -ge 1 ] && echo ran
    n=0; while [ $n -lt 3 ]; do pause; done; echo on'
  assert_output $'ab\nc\nran\non'
  refute_stderr
}
