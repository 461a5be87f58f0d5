# SPDX-License-Identifier: GPL-3.0-or-later
load helper

@test "a handler gets its words, the signal's name and the sender" {
  in_each_host '
    h() { echo "$# <$1> <$2> $3 $([ "$4" = $$ ] && echo me)"; }
    signal on USR1 h "a  b" "*"
    kill -USR1 $$; echo after'
  assert_output $'4 <a  b> <*> USR1 me\nafter'
}

@test "one command for several signals, numbers and names" {
  in_each_host '
    h() { echo "$1"; }
    signal on SIGUSR1 12 RTMIN+3 h
    kill -USR1 $$; kill -USR2 $$; kill -s RTMIN+3 $$ 2>/dev/null || signal send RTMIN+3 $$; :'
  assert_output $'USR1\nUSR2\nRTMIN+3'
}

@test "a function may be called as a signal is, or stand behind --" {
  in_each_host '
    term() { echo "term $1"; }
    TERM() { echo "TERM $1"; }
    signal on TERM term; kill -TERM $$; :
    signal on TERM -- TERM; kill -TERM $$; :'
  assert_output $'term TERM\nTERM TERM'
}

@test "builtins and programs are handlers too" {
  in_each_host '
    signal on USR1 echo builtin; kill -USR1 $$; :
    signal on USR1 sh -c "echo program \$1" x; kill -USR1 $$; :'
  assert_output -e $'^builtin USR1 [0-9]+\nprogram USR1$'
}

@test "trap shows what signal on set, and runs it when it is read back" {
  in_each_host '
    h() { echo "h $*"; }
    signal on USR1 h "it'"'"'s"
    trap -p USR1 | sed "s/SIG//"
    trap
    saved=$(trap -p USR1); signal default USR1; eval "$saved"
    kill -USR1 $$; :'
  assert_line -e "^h it's USR1 "
  assert_line -p "signal run USR1 h"
  refute_output dispatch
}

@test "signal list shows handlers, traps, what is ignored and blocked" {
  in_each_host '
    h() { :; }
    signal on USR1 h "a b"; trap "echo x" USR2; signal ignore HUP; signal block WINCH
    signal list; signal list -J | tail -n 1
    (signal list | grep USR1)
    trap - USR1; signal list | grep USR1 || echo gone'
  assert_line "USR1      on      - h 'a b'"
  assert_line 'USR2      trap    - echo x'
  assert_line 'HUP       ignored -'
  assert_line 'WINCH     default blocked'
  assert_line '{"signal":"WINCH","state":"default","blocked":true,"command":""}]'
  assert_line gone
}

@test "trap takes a handler's place, and the other way round" {
  in_each_host '
    h() { echo handler; }
    signal on USR1 h; kill -USR1 $$; :
    trap "echo trap" USR1; kill -USR1 $$; :
    signal on USR1 h; kill -USR1 $$; :
    trap "" USR1; kill -USR1 $$; :
    echo end'
  assert_output $'handler\ntrap\nhandler\nend'
}

@test "default and ignore" {
  in_each_host '
    h() { echo no; }
    signal on TERM h; signal ignore TERM; kill -TERM $$; echo ignored
    signal default TERM; kill -TERM $$; echo not reached'
  assert_output ignored
  assert_status 143
}

@test "real-time signals are all handled, in order" {
  in_each_host '
    n=0 order=
    h() { n=$((n + 1)); case $order in *"$1") ;; *) order="$order $1";; esac; }
    signal on RTMIN RTMIN+1 RTMAX h
    signal block RTMIN RTMIN+1 RTMAX
    i=0; while [ $i -lt 300 ]; do signal send RTMAX $$; signal send RTMIN+1 $$; signal send RTMIN $$; i=$((i + 1)); done
    echo $n
    signal unblock RTMIN RTMIN+1 RTMAX
    echo "$n$order"'
  assert_output $'0\n900 RTMIN RTMIN+1 RTMAX'
}

@test "a handler is not run inside itself, but inside that of another signal" {
  in_each_host '
    deep=0
    h() { deep=$((deep + 1)); echo "in $1 $deep"; [ $1 = USR2 ] || [ "$again" ] || nest
      deep=$((deep - 1)); }
    nest() { again=1; signal send USR1 $$; signal send USR2 $$; pause -t 5 -v x USR2; echo "ran $x"; }
    signal on USR1 USR2 h; signal block USR2
    kill -USR1 $$; :'
  assert_output $'in USR1 1\nin USR2 2\nran USR2\nin USR1 1'
}

@test "a handler sets a handler, also for its own signal" {
  in_each_host '
    one() { echo one; signal on USR1 two; signal on USR2 three; kill -USR2 $$; :; }
    two() { echo two; }
    three() { echo three; }
    signal on USR1 one
    kill -USR1 $$; :
    kill -USR1 $$; :'
  assert_output $'one\nthree\ntwo'
}

@test "exit in a handler ends the script, its EXIT trap runs" {
  in_each_host '
    h() { exit 7; }
    trap "echo bye" EXIT
    signal on USR1 h
    kill -USR1 $$; echo not reached'
  assert_output bye
  assert_status 7
}

@test "exit in a handler ends a wait" {
  in_each_host '
    h() { exit 7; }
    signal on USR1 h
    me=$$
    poke() { sleep 0.1; kill -USR1 $me; }
    spawn -d poke
    spawn -d -n t sleep 100
    await t; echo not reached'
  refute_output
  assert_status 7
}

@test "set -e counts in a handler, and not what happens to be \$?" {
  in_each_host '
    set -e
    ok() { echo "ok $?"; }
    bad() { false; echo not reached; }
    signal on USR1 ok
    if ! { kill -USR1 $$; false; }; then echo went on; fi
    signal on USR1 bad
    kill -USR1 $$; echo not reached'
  assert_line 'went on'
  refute_output 'not reached'
  assert_status 1
}

@test "\$? behind a handler is what it was" {
  in_each_host '
    h() { false; }
    signal on USR1 h
    f() { kill -USR1 $$; return 3; }
    f; echo $?
    kill -USR1 $$; echo $?'
  assert_output $'3\n0'
}

@test "a subshell begins with the default actions" {
  in_each_host '
    h() { echo handler; }
    signal on TERM h
    (sh -c "kill -TERM \$PPID"; echo not reached); echo $?
    f() { sh -c "kill -TERM \$PPID"; echo not reached; }
    spawn -n t f; await t; echo $?
    kill -TERM $$; :'
  assert_output $'143\n143\nhandler'
}

@test "a subshell has handlers of its own" {
  in_each_host '
    h() { echo "handler $1"; }
    signal on USR1 h outer
    (signal on USR1 h inner; sh -c "kill -USR1 \$PPID"; :)
    kill -USR1 $$; :'
  assert_output $'handler inner\nhandler outer'
}

@test "what is caught does not reach a program, what is ignored does" {
  in_each_host '
    h() { :; }
    signal on USR1 h; signal ignore USR2
    sh -c "kill -USR2 \$\$; echo still; kill -USR1 \$\$; echo not reached"; echo $?'
  assert_output $'still\n138'
}

@test "wait ends for a handler with 128+N, and not for a timer" {
  in_each_host "$waits"'
    h() { echo handler; }
    signal on USR1 h
    me=$$
    (until [ -e ticked ]; do sleep 0.02; done; asleep $me; kill -USR1 $me) & sleep 100 & p=$!
    tick() { echo timer; : >ticked; }
    timer after 0.1 tick
    wait $p; echo $?
    kill $p; wait $p; echo $?'
  assert_line -e '^138$'
  assert_line timer
  assert_line handler
}

@test "blocked signals wait" {
  in_each_host '
    h() { echo "got $1"; }
    signal on USR1 h; signal block USR1
    signal pending; echo $?
    kill -USR1 $$; kill -USR1 $$; echo sent
    signal pending; signal pending -v p; echo "$p"
    signal unblock USR1; echo end; signal pending -v p || echo "none <$p>"'
  assert_output $'1\nsent\nUSR1\nUSR1\ngot USR1\nend\nnone <>'
}

@test "what was sent while a signal was blocked and had no handler is kept" {
  in_each_host '
    n=0; h() { n=$((n + 1)); }
    signal block RTMIN
    i=0; while [ $i -lt 20 ]; do signal send RTMIN $$; i=$((i + 1)); done
    signal on RTMIN h
    signal unblock RTMIN; echo $n'
  assert_output 20
}

@test "signal wait takes a signal, with or without a handler" {
  in_each_host "$waits"'
    h() { echo wrong; }
    signal on USR2 h
    me=$$
    (asleep $me; signal send USR1 $me) &
    signal wait USR1
    (asleep $me; signal send USR2 $me) &
    signal wait -v s -p p USR1 USR2; echo "$s $([ "$p" -gt 1 ] && echo sender)"
    signal wait -t 50ms USR1; echo $?'
  assert_output $'USR1\nUSR2 sender\n124'
}

@test "signal wait takes queued signals one by one" {
  in_each_host '
    signal block RTMIN
    signal send RTMIN $$; signal send RTMIN $$
    signal wait RTMIN; signal wait RTMIN; signal wait -t 0.01 RTMIN; echo $?'
  assert_output $'RTMIN\nRTMIN\n124'
}

@test "handlers of other signals, timers and callbacks run in signal wait" {
  in_each_host '
    h() { echo "handler $1"; signal send USR2 $$; }
    done_() { echo "done $*"; signal send USR1 $$; }
    tick() { echo tick; spawn -n t --then done_ true; }
    signal on USR1 h; signal block USR2 # should all be over before it waits
    timer after 0.05 tick
    signal wait USR2'
  assert_output $'tick\ndone t 0\nhandler USR1\nUSR2'
}

@test "signal send reaches processes and all processes of tasks" {
  in_each_host '
    f() { trap "echo caught; exit 3" USR1; echo ready >ready; while :; do sleep 0.02; done; }
    spawn -c -n t f
    while [ ! -f ready ]; do sleep 0.01; done
    signal send USR1 t; await t; echo $?
    sleep 100 & signal send TERM $!; wait $!; echo $?
    spawn -n u sleep 100; task kill -s KILL u; await u; echo $?'
  assert_output $'caught\n3\n143\n137'
}

@test "signal send reaches the workers of a pool" {
  in_each_host '
    pool create -j 2 p
    long() { : >"in.$1"; while :; do sleep 0.02; done; }
    pool submit p long 1; a=$SPAWN; pool submit p long 2; b=$SPAWN
    while [ ! -f in.1 ] || [ ! -f in.2 ]; do sleep 0.01; done
    signal send 0 p; echo $?
    signal send TERM p
    await $a; echo $?; await $b; echo $?
    pool apply p echo new workers
    pool destroy p; signal send TERM p; echo $?'
  assert_output $'0\n143\n143\nnew workers\n4'
}

@test "signal send says what cannot be reached" {
  in_each_host '
    signal send TERM nobody; echo $?
    signal send TERM 99999999; echo $?
    signal send NOSUCH $$; echo $?
    signal send 0 $$; echo $?
    spawn -n t true; while task alive t; do :; done; signal send TERM t; echo $?; await t'
  assert_output $'4\n4\n2\n0\n1'
  assert_stderr -p 'signal: send: nobody: no such task or pool'
  assert_stderr -p 'signal: send: 99999999: no such process'
  assert_stderr -p 'signal: send: NOSUCH: no such signal'
}

@test "mistakes" {
  in_each_host '
    signal on; echo $?
    signal on USR1; echo $?
    signal on nosuch h; echo $?
    signal on KILL h; echo $?
    signal ignore STOP; echo $?
    signal on RTMAX-2 h; echo $?
    signal block 0; echo $?
    signal wait ""; echo $?
    signal nonsense; echo $?'
  assert_output $'2\n2\n2\n2\n2\n2\n2\n2\n2'
  assert_stderr -p 'signal: on: KILL: cannot be caught or ignored'
  assert_stderr -p 'signal: on: nosuch: no such signal'
}

@test "a signal that was ignored at the start stays ignored" {
  in_env IGNORED=1
  in_each_host '
    [ "$AGAIN" ] || { trap "" USR1; AGAIN=1; export AGAIN; '"$(_again)"'; }
    h() { echo wrong; }
    signal on USR1 h; echo $?; kill -USR1 $$; echo alive'
  assert_output $'1\nalive'
  assert_stderr -p 'USR1: was ignored when the shell began, and stays so'
}

# The script again, in a process of its own.
_again() {
  echo 'exec "$(readlink /proc/$$/exe)" .script'
}

@test "handlers run while read waits" {
  in_each_host '
    h() { echo handler; }
    signal on USR1 h
    mkfifo pipe
    me=$$
    (sleep 0.2; kill -USR1 $me; sleep 0.2; echo line) >pipe & exec 3<pipe
    read x <&3 || read x <&3 # the conch shell has it end with 128 + N
    echo "$x"; wait'
  assert_output $'handler\nline'
}

@test "handlers and callbacks that come while handlers run are all run" {
  in_each_host '
    n=0 d=0
    h() { n=$((n + 1)); }
    done_() { d=$((d + 1)); }
    signal on RTMIN h
    i=0; while [ $i -lt 20 ]; do spawn --then done_ signal send RTMIN $$; i=$((i + 1)); done
    while [ $n -lt 20 ] || [ $d -lt 20 ]; do pause -t 5 || break; done
    echo $n $d'
  assert_output '20 20'
}

# bash 5.2 runs what is pending when it has begun to parse a substitution, and breaks off both.
@test "a handler between two substitutions of a word harms neither, nor itself" {
  in_each_host '
    h() { got=$got.; eval "case \$1 in USR1) (:);; esac; y=\$(echo \"(n)\"; echo m)"; }
    signal on USR1 h
    come() { kill -USR1 $$; }
    got=; x=$(come)$(echo a; case b in b) echo "b)";; esac); echo "$x $got $y"
    got=; x="$(come)${unset-$(echo c)}$(come)$((1 + $(echo 3)))"; echo "$x $got"
    got=; cat <<END
$(come)$(echo "here ("; (echo there))
END
    echo "$got"
    f() { echo "$(come)$(echo f)"; }
    got=; f; echo "$got"'
  assert_output $'a\nb) . (n)\nm\nc4 ..\nhere (\nthere\n.\nf\n.'
  refute_stderr
}

@test "a handler between two substitutions may end the shell" {
  in_each_host '
    h() { trap "echo end \$(echo of) \$(echo it)" EXIT; exit 7; }
    signal on USR1 h
    x=$(kill -USR1 $$)$(echo a)
    :; echo not here'
  assert_status 7
  assert_output 'end of it'
  refute_stderr
}

@test "who sent an interrupt is known, also behind a program in the foreground" {
  in_each_host '
    h() { [ "$2" = "$SPAWN_PID" ] && echo "$1 known" || echo "$1 $2, not $SPAWN_PID"; }
    signal on INT h
    s() { kill -INT $$; }
    spawn s; await
    sh -c :; spawn s; await
    (:); x=$(sh -c :); spawn s; await'
  assert_output $'INT known\nINT known\nINT known'
}
