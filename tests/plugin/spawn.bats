# SPDX-License-Identifier: GPL-3.0-or-later
# spawn: what a task is made of, and how it ends with its shell.

load helper

# ---- what it runs --------------------------------------------------------------------------------

@test "spawn runs a function, a builtin and a program" {
  in_each_host '
    f() { echo "function $*"; }
    spawn f a "b  c"; await
    spawn echo builtin; await
    spawn /bin/echo program; await
    spawn sh -c "echo \$1" sh "from PATH"; await'
  assert_output $'function a b  c\nbuiltin\nprogram\nfrom PATH'
  assert_status 0
  refute_stderr
}

@test "words reach the command as they are" {
  in_each_host '
    f() { printf "<%s>" "$@"; echo; }
    spawn f "" " " "a
b" "\$(echo no)" "*" "back\\slash" "qu\"o'\''te"; await
    spawn printf "<%s>" "" "\$x"; await; echo
    spawn /usr/bin/printf "<%s>" "" "a  b"; await; echo'
  assert_output $'<>< ><a\nb><$(echo no)><*><back\\slash><qu"o\'te>\n<><$x>\n<><a  b>'
}

@test "a task has everything its shell has: unexported variables, functions, aliases, options, umask" {
  in_each_host '
    plain=1; export exported=2; readonly fixed=3
    g() { echo "g $plain $exported $fixed"; }
    umask 027; set -f; cd /
    f() { g; umask; echo *; pwd; plain=changed; }
    spawn f; await; echo "$plain"'
  assert_output $'g 1 2 3\n0027\n*\n/\n1'
}

@test "a task does not change its shell" {
  in_each_host '
    f() { x=2; cd /; umask 0; set -f; exported=new; g() { :; }; exec >/dev/null; }
    x=1; umask 022; here=$PWD
    spawn f; await
    echo "$x $(umask)"; [ "$PWD" = "$here" ] && echo same; echo out'
  assert_output $'1 0022\nsame\nout'
}

@test "SPAWN is the name and SPAWN_PID the process that runs the command" {
  in_each_host '
    spawn -n one sleep 60; a=$SPAWN; p=$SPAWN_PID
    readlink /proc/$p/exe | grep -o sleep
    f() { read line <fifo; }
    mkfifo fifo
    spawn f; echo "$a $SPAWN"; [ "$p" != "$SPAWN_PID" ] && kill -0 "$SPAWN_PID" && echo there
    echo go >fifo; kill "$p"; await one; echo $?; await; echo $?'
  assert_output $'sleep\none t1\nthere\n143\n0'
}

@test "names are given in turn, taken ones are refused and invalid ones are an error" {
  in_each_host '
    spawn true; echo $SPAWN; spawn -n mine true; spawn -n t2 true; spawn true; echo $SPAWN
    spawn -n mine true; echo $?
    spawn -n "a b" true; echo $?
    await; spawn -n mine true; echo $?'
  assert_output $'t1\nt3\n4\n2\n0'
  assert_stderr -p 'spawn: mine: the name is taken'
}

@test "an unknown command is status 127 with one message, what cannot be run 126" {
  echo >file
  in_each_host '
    spawn nothing-of-the-kind; await; echo $?
    spawn ./file; await; echo $?
    spawn /; await; echo $?
    spawn ./missing; await; echo $?'
  assert_output $'127\n126\n126\n127'
  assert_stderr -e 'nothing-of-the-kind.*not found'
  assert_stderr -e $'^[^\n]*\n[^\n]*\n[^\n]*\n[^\n]*$'
}

@test "spawn without a command, with an unknown option or a bad number is a usage error" {
  in_each_host 'spawn; echo $?; spawn -Z true; echo $?; spawn -t x true; echo $?; spawn --nice 1x true; echo $?
    spawn -c -o f true; echo $?; spawn --help >/dev/null; echo $?'
  assert_output $'2\n2\n2\n2\n2\n0'
}

@test "a program without #! is run by a shell" {
  printf 'echo plain script "$1"\n' >script
  chmod +x script
  in_each_host 'spawn ./script x; await; echo $?'
  assert_output $'plain script x\n0'
}

# ---- input and output ----------------------------------------------------------------------------

@test "stdin is empty unless -i names a file or the shell's own" {
  echo content >file
  echo inherited >in
  in_each_host -i in '
    spawn cat; await
    f() { cat; }
    spawn f; await
    spawn -i file cat; await
    spawn -i file f; await
    spawn -i - cat; await
    spawn -i missing cat; echo $?'
  assert_output $'content\ncontent\ninherited\n125'
  assert_stderr 'spawn: missing: No such file or directory'
}

@test "-o and -e name the files for stdout and stderr, which may be the same" {
  in_each_host '
    f() { echo out; echo err >&2; }
    spawn -o o -e e f; await; cat o; cat e
    spawn -o both -e both f; await; cat both
    spawn -o o sh -c "echo program"; await; cat o
    spawn -o /nowhere/o f; echo $?'
  assert_output $'out\nerr\nout\nerr\nprogram\n125'
  assert_stderr -p 'spawn: /nowhere/o:'
}

@test "-C is where the command runs; the shell stays where it is" {
  mkdir sub
  in_each_host '
    f() { pwd; echo "$PWD" | sed "s|.*/||"; }
    here=$PWD; CDPATH=/usr
    spawn -C sub f; await
    spawn -C sub sh -c "echo \${PWD##*/}"; await
    [ "$PWD" = "$here" ] && echo same
    spawn -C none f; await; echo $?' 
  assert_line sub
  assert_line same
  assert_line 125
  assert_stderr -p none
}

@test "--nice is added to the nice value" {
  in_each_host '
    f() { nice; }
    spawn --nice 3 f; await
    spawn --nice 4 nice; await; nice'
  local now
  now=$(nice)
  assert_output "$((now + 3))"$'\n'"$((now + 4))"$'\n'"$now"
}

@test "-l passes whole lines on behind the name" {
  in_each_host '
    f() { printf "a\nno "; sleep 0.02; echo "cut"; printf "last"; echo err >&2; }
    spawn -l -n job f; await; echo $?
    spawn -l -n prog sh -c "echo p; exit 3"; await; echo $?'
  assert_output $'job: a\njob: no cut\njob: last\n0\nprog: p\n3'
  assert_stderr 'job: err'
}

@test "lines of many tasks never mix" {
  in_each_host '
    f() { i=0; while [ $i -lt 200 ]; do printf "%s" "$1"; printf "%s\n" "$1$1$1"; i=$((i + 1)); done; }
    for x in a b c d; do spawn -l -n "$x" f "$x"; done; await' 
  local host
  for host in "${_ran[@]}"; do
    [[ $(sort "$_state/$host.out" | uniq -c | tr -s ' ') == \
      $' 200 a: aaaa\n 200 b: bbbb\n 200 c: cccc\n 200 d: dddd' ]]
  done
}

@test "no descriptor of ours leaks into a program" {
  in_each_host '
    spawn -c -n held sleep 60
    spawn ls /proc/self/fd; await $SPAWN
    echo --; ls /proc/self/fd
    task kill held'
  local host
  for host in "${_ran[@]}"; do
    awk '$1 == "--" { exit } { print }' "$_state/$host.out" >ours
    awk 'seen { print } $1 == "--" { seen = 1 }' "$_state/$host.out" >plain
    diff ours plain
  done
}

# ---- as in a subshell ----------------------------------------------------------------------------

@test "exit, return, set -e, set -u and an unset parameter end a task as they end a subshell" {
  in_each_host '
    a() { exit 3; echo no; }; b() { return 4; }; c() { set -e; false; echo no; }
    d() { set -u; echo $undefined_here; echo no; }; e() { echo ${undefined_here?gone}; echo no; }
    for f in a b c d e; do spawn $f 2>/dev/null; await; echo "$f $?"; done'
  assert_output $'a 3\nb 4\nc 1\nd 1\ne 1' || assert_output -e $'a 3\nb 4\nc 1\nd [0-9]+\ne [0-9]+'
  refute_line no
}

@test "an EXIT trap of a task runs at its end and sees its status; that of the shell does not" {
  in_each_host '
    trap "echo shell" EXIT
    f() { trap "echo task \$?" EXIT; exit 5; }
    g() { trap "exit 6" EXIT; }
    spawn f; await; echo $?; spawn g; await; echo $?; spawn true; await; echo $?'
  assert_output $'task 5\n5\n6\n0\nshell'
}

@test "a task spawns tasks of its own, and ends after them" {
  in_each_host '
    inner() { sleep 0.05; echo inner; }
    outer() { spawn inner; echo outer; }
    spawn outer; await; echo "$?"
    direct() { spawn -c inner; await; return 2; }
    spawn -c direct; await; echo $?'
  assert_output $'outer\ninner\n0\ninner\n2'
}

@test "in a subshell each process awaits its own" {
  in_each_host '
    ( spawn sh -c "sleep 0.05; echo late" ); echo after
    echo x | while read x; do spawn echo piped; done
    v=$(spawn echo substituted); echo "$v"'
  assert_output $'late\nafter\npiped\nsubstituted'
}

# ---- limits ----------------------------------------------------------------------------------------

# Durations with the script's number in them are nobody else's.
sleeping='sleeping() { pgrep -f "^sleep $1\.$$\$" | wc -l; }; '

@test "-t ends the whole group by TERM: 124 and timed-out" {
  in_each_host "$sleeping"'
    spawn -t 50ms -n s sleep 60.$$; await s; echo $?
    f() { sleep 61.$$ & sleep 62.$$; }
    spawn -t 50ms -n f f; while task alive f; do sleep 0.01; done; task status f; await f; echo $?
    sleeping "6[012]"
    spawn -t 10 true; await; echo $?'
  assert_output $'124\ntimed-out\n124\n0\n0'
}

@test "-t kills after two seconds what TERM does not end" {
  in_each_host '
    f() { trap "echo trapped" TERM; while :; do sleep 0.05; done; }
    spawn -t 1 f; await; echo $?'
  assert_line 124
  assert_line trapped
}

@test "-t finds what has left the group" {
  in_each_host "$sleeping"'
    f() { setsid sleep 63.$$ & sleep 64.$$; }
    spawn -t 50ms f; await; echo $?; sleeping "6[34]"
    spawn -t 50ms sh -c "(setsid sleep 65.$$ &); sleep 66.$$"; await; echo $?; sleeping "6[56]"'
  assert_output $'124\n0\n124\n0'
}

@test "a stopped task is ended by its time limit too" {
  in_each_host 'spawn -t 200ms -n s sleep 60; task stop s; await; echo $?'
  assert_output 124
}

# ---- ends --------------------------------------------------------------------------------------------

@test "tasks are awaited at the shell's end, daemons are killed" {
  in_each_host '
    spawn sh -c "sleep 0.1; echo awaited"
    spawn -d sh -c "sleep 60; echo no"
    d() { sleep 60; echo no; }
    spawn -d d
    echo end; exit 4'
  assert_output $'end\nawaited'
  assert_status 4
}

@test "a daemon gets TERM and may clean up" {
  in_each_host '
    d() { trap "echo cleaned; exit 0" TERM; : >ready; while :; do sleep 0.02; done; }
    spawn -d d; while [ ! -e ready ]; do sleep 0.01; done'
  assert_output cleaned
}

@test "what a task leaves running ends with the shell, not before" {
  in_each_host "$sleeping"'
    f() { sleep 67.$$ & }
    spawn f; await; echo $?; until [ "$(sleeping 67)" -eq 1 ]; do :; done
    spawn sh -c "setsid sleep 68.$$ >/dev/null 2>&1 & echo left"; await
    until [ "$(sleeping 68)" -eq 1 ]; do :; done; sleeping "6[78]"'
  assert_output $'0\nleft\n2'
}

@test "a detached task outlives the session" {
  in_each_host '
    f() { sleep 0.3; echo done >result; }
    spawn --detach f
    spawn --detach sh -c "sleep 0.3; echo \"done \${CONCH_SESSION-none}\" >result2"
    echo end'
  assert_output end
  local host i
  for host in "${_ran[@]}"; do
    for ((i = 0; i < 600; i++)); do
      [[ ! -s $host/result || ! -s $host/result2 ]] || break
      sleep 0.05
    done
    [[ $(<"$host/result") == done && $(<"$host/result2") == 'done none' ]]
  done
}

@test "kill -9 of the script takes all with it" {
  in_each_host '
    f() { sleep 70; }
    spawn f; spawn sleep 70; spawn -t 60 f; spawn -l f; spawn -d sleep 70
    spawn sh -c "(setsid sleep 70 &); sleep 70"
    g() { setsid sleep 70 & }
    spawn g; await $SPAWN
    kill -9 $$'
  assert_status 137
}

@test "kill -9 of the script and of its keepers at once leaves nothing" {
  in_each_host '
    spawn -t 60 sh -c "sleep 71 & (setsid sleep 71 &); sleep 71"; spawn sleep 71
    sleep 0.1
    keepers=$(ps -o pid=,comm= --ppid $$ | grep -v guardian | grep -v " ps" | grep -v grep | cut -c 1-8)
    kill -9 $keepers $$'
  assert_status 137
}

@test "kill -9 of the script takes along what a stage of a pipeline has started" {
  in_each_host '
    f() { kill -9 $$; sleep 73; }
    seq 4 | pool map -j 2 f | cat'
  assert_status 137
  in_each_host '
    f() { kill -9 $$; sleep 73; }
    x=$(spawn f; await)'
  assert_status 137
}

@test "a subshell in the background goes on when its script has ended, and so do its tasks" {
  in_each_host '
    f() { until [ -e go ]; do sleep 0.01; done; echo "did $1" >>done; }
    (echo 1 | pool map f; (spawn f 2; await) | cat; : >over) 2>/dev/null &'
  local host
  for host in "${_ran[@]}"; do
    : >"$host/go"
    eventually test -e "$host/over"
    [[ $(<"$host/done") == $'did 1\ndid 2' ]]
  done
}

@test "a script that ends by a signal takes its tasks along" {
  in_each_host 'spawn sleep 72; kill -TERM $$; sleep 10'
  assert_status 143
}

# ---- callbacks ---------------------------------------------------------------------------------------

@test "--then is called in the shell with the name and the status" {
  in_each_host '
    done_with() { echo "$1 is $2"; seen="$seen $1"; }
    f() { return 3; }
    spawn -n a --then done_with f
    i=0; while [ -z "$seen" ] && [ $i -lt 3000 ]; do sleep 0.01; i=$((i + 1)); done
    echo "seen$seen"; await a; echo $?
    spawn -n b --then done_with true; await b; echo "seen$seen"
    spawn -n c --then done_with sleep 60; task kill c; await; echo "seen$seen"'
  assert_output $'a is 3\nseen a\n3\nb is 0\nseen a b\nc is 143\nseen a b c'
}

@test "--then is called at the shell's end, too, and once" {
  in_each_host '
    done_with() { echo "$1 is $2"; }
    spawn -n a --then done_with sleep 0.1
    spawn -n b --then done_with false; await b; await a; await'
  assert_output -p 'a is 0'
  assert_output -p 'b is 1'
  assert_output -e $'^[^\n]*\n[^\n]*$'
}

@test "--then keeps \$? and does not disturb" {
  in_each_host '
    done_with() { n=$((n + 1)); false; }
    n=0; i=0; bad=0
    while [ $i -lt 30 ]; do spawn --then done_with true; i=$((i + 1)); done
    i=0; while [ $n -lt 30 ] && [ $i -lt 20000 ]; do true || bad=1; i=$((i + 1)); [ $i -lt 100 ] || sleep 0.001; done
    [ $n -eq 30 ] || await; echo $n $bad'
  assert_output '30 0'
}

# ---- the shell's own jobs ------------------------------------------------------------------------------

@test "wait, jobs and CHLD traps of the shell do not notice tasks" {
  in_each_host '
    trap "echo chld" CHLD
    f() { :; }
    spawn f; await; spawn true; await
    jobs; wait; echo "wait $?"; trap - CHLD
    sh -c "exit 3" & p=$!; spawn f; await; wait $p; echo $?'
  assert_output $'wait 0\n3'
}
