# SPDX-License-Identifier: GPL-3.0-or-later
# Pools with a name: what is submitted is done once, its result awaited once, by whoever knows it.

load helper

@test "submit returns at once, await gives output and status" {
  in_each_host '
    f() { echo "out $1"; return "$2"; }
    pool create -j 2 p
    pool submit p f a 0; a=$SPAWN
    pool submit -n named p f b 3
    await $a named; echo "$?"
    await -v out named; echo "$?"'
  assert_output $'out a\nout b\n3\n4'
  assert_stderr 'await: named: no such task'
}

@test "apply is submit and await; -v takes the output" {
  in_each_host '
    f() { printf "%s\n\n" "$1"; return 4; }
    pool create p
    pool apply p f x; echo $?
    pool apply -v v p f "two words"; echo "$? [$v]"
    pool apply p printf "%s\n" "a b" "\$c"; pool apply p sh -c "exit 7"; echo $?'
  assert_output $'x\n\n4\n4 [two words]\na b\n$c\n7'
}

@test "tasks are started in the order of submission" {
  in_each_host '
    pool create -j 1 p
    for i in $(seq 200); do pool submit p echo $i; done
    await >out; seq 200 | cmp - out && echo same'
  assert_output same
}

@test "workers are copies of the shell that made the pool, and stay" {
  in_each_host '
    unexported=v; n=0
    f() { n=$((n + 1)); echo "$n $unexported"; }
    pool create -j 1 p
    n=100
    pool apply p f; pool apply p f'
  assert_output $'1 v\n2 v'
}

@test "a function defined or changed after the pool was made travels along, with those it calls" {
  in_each_host '
    old() { echo "old 1"; }
    pool create -j 2 p
    pool apply p old
    old() { echo "old 2"; }
    helper() { echo "helper $1"; }
    new() { if [ "$1" ]; then helper "$1"; fi; }
    runs() { "$@"; }
    pool apply p old; pool apply p new x
    helper() { echo "changed $1"; }
    pool apply p new y; pool apply p runs helper z
    ( only() { echo here; }; pool apply p only )'
  assert_output $'old 1\nold 2\nhelper x\nchanged y\nchanged z\nhere'
}

@test "-i runs in each new worker, -r replaces a worker after so many tasks" {
  in_each_host '
    pool create -j 1 -r 2 -i "echo shown nowhere; base=\$((base + 10))" p
    f() { n=$((n + 1)); echo "$base $n"; }
    for i in 1 2 3 4 5; do pool apply p f; done'
  assert_output $'10 1\n10 2\n10 1\n10 2\n10 1'
}

@test "-i that fails: the pool is broken, what waits fails with 125" {
  in_each_host -t 20 '
    pool create -j 1 -i "exit 3" p 2>/dev/null
    pool submit p echo x; t=$SPAWN
    await $t; echo $?
    pool apply p echo x; echo $?' 
  assert_output $'125\n125'
}

@test "exit, return, set -e and exec end the task, not the pool" {
  in_each_host '
    pool create -j 1 p
    a() { exit 5; }; b() { set -e; false; echo not here; }; c() { echo before; exec sh -c "echo exec; exit 6"; }
    pool apply p a; echo $?; pool apply p b; echo $?; pool apply p c; echo $?
    pool apply p echo fine'
  assert_output $'5\n1\nbefore\nexec\n6\nfine'
}

@test "a worker that is killed: its task is reported, the others go on" {
  in_each_host '
    pool create -j 2 p
    f() { echo "begun $1"; [ "$1" != 2 ] || sh -c "kill -9 \$PPID"; }
    for i in 1 2 3; do pool submit -n t$i p f $i; done
    await t1; await t2; echo $?; await t3
    pool status p | grep -o "restarts=1"'
  assert_output $'begun 1\nbegun 2\n137\nbegun 3\nrestarts=1'
}

@test "a keeper that is killed has a successor, nothing that was queued is lost" {
  in_each_host '
    pool create -j 2 p
    for i in $(seq 40); do pool submit p eval "sleep 0.02; echo $i"; done
    for k in 1 2 3; do
      keeper=$(ps -o ppid= -p "$(pool status p | sed "s/.*pids=\([0-9]*\).*/\1/")")
      sleep 0.05; kill -9 $keeper
    done 2>/dev/null
    await >out; pool status p | grep -o "queued=0 running=0 done=40"
    [ "$(wc -l <out)" -ge 30 ] && sort -n out | uniq -d'
  assert_output 'queued=0 running=0 done=40'
}

@test "cancel takes back what has not started" {
  in_each_host '
    pool create -j 1 p
    go() { until [ -e go ]; do sleep 0.02; done; }
    pool submit -n first p go; pool submit -n second p echo never
    until pool status p | grep -q running=1; do :; done
    pool cancel p second; echo $?; pool cancel p first; echo $?; pool cancel p nothing; echo $?
    : >go; await first; echo $?; await second; echo $?'
  assert_output $'0\n1\n4\n0\n143'
}

@test "close, join, drain" {
  in_each_host '
    pool create -j 2 p
    f() { sleep 0.1; : >"done$1"; }
    for i in 1 2 3 4; do pool submit p f $i; done
    pool drain p; ls done*; pool join p; echo $?
    pool submit p event wait go
    pool close p; pool submit p f 5; echo $?
    pool join -t 1ms p; echo $?; event set go; pool join p; echo $?
    pool status p | grep -o "state=closed.*pids= "; await; echo $?'
  assert_output $'done1\ndone2\ndone3\ndone4\n2\n3\n124\n0\nstate=closed workers=2 pids= \n0'
  assert_stderr 'pool: join: p: is not closed'
}

@test "terminate kills what runs and drops what waits; destroy takes the name" {
  in_each_host '
    pool create -j 1 p
    pool submit -n runs p sleep 100; pool submit -n waits p echo never
    until pool status p | grep -q running=1; do :; done
    pool terminate p; echo $?
    await runs; echo $?; await waits; echo $?
    pool submit p true; echo $?
    pool destroy p; pool status p; echo $?
    pool create p && pool apply p echo again'
  assert_output $'0\n137\n143\n3\n4\nagain'
}

@test "resize" {
  in_each_host '
    pool create -j 1 p
    workers() { pool status p | sed "s/.*pids=\([0-9,]*\).*/\1/" | tr "," "\n" | grep -c .; }
    has() { for i in $(seq 1000); do [ "$(workers)" != "$1" ] || return 0; sleep 0.02; done; return 1; }
    has 1; pool resize p 4; has 4 && echo four; pool resize p 2; has 2 && echo two; pool apply p echo works'
  assert_output $'four\ntwo\nworks'
}

@test "create: again with the same shape, and with another" {
  in_each_host 'pool create -j 2 p; pool create -j 2 p; echo $?; pool create -j 3 p; echo $?; pool create 1x; echo $?
    pool submit nope true; echo $?; pool create -j 0 q; echo $?'
  assert_output $'0\n4\n2\n4\n2'
}

@test "--then runs in the parent, with name and status" {
  in_each_host '
    n=0; note() { n=$((n + 1)); echo "$1 $2"; }
    pool create -j 1 p
    pool submit --then note -n a p true; pool submit --then note -n b p false
    pool drain p; echo $n
    pool submit --then note -n c p true
    i=0; while [ $i -lt 1500 ] && [ $n -lt 3 ]; do /bin/sleep 0.02; i=$((i + 1)); done; echo $n'
  assert_output $'a 0\nb 1\n2\nc 0\n3'
}

@test "await --any gives the first to end, of pools and spawned tasks alike" {
  in_each_host '
    pool create -j 2 p
    pool submit -n slow p event wait go; spawn -n quick true; pool submit -n never p sleep 1000
    await --any slow quick never; echo "$REPLY $?"; event set go
    await --any -p who slow never; echo "$who $?"
    await --any -t 10ms never; echo "$?"
    pool terminate p; await never; echo $?; await --any; echo "[$REPLY] $?"'
  assert_output $'quick 0\nslow 0\n124\n137\n[] 1'
}

@test "await -t: 124, and the task can be awaited again" {
  in_each_host 'pool create -j 1 p; pool submit -n t p event wait go; await -t 10ms t; echo $?; event set go; await t; echo $?'
  assert_output $'124\n0'
}

@test "several pools, used from subshells, scripts and their own tasks" {
  in_env CONCH_BUILD="$CONCH_BUILD"
  in_each_host '
    pool create -j 1 a; pool create -j 1 b
    inner() { pool apply a echo "inner $1"; }
    outer() { pool apply b inner "$1"; }
    pool apply a outer 1
    ( pool submit -n sub a echo from a subshell ); await sub
    x=$(pool apply b echo captured); echo "$x"
    printf "%s\n" ". \"$CONCH_BUILD/plugin/conch.bash\"; pool apply a echo from a script" >script
    bash script' 
  assert_output $'inner 1\nfrom a subshell\ncaptured\nfrom a script'
}

@test "tasks that submit to their own pool and wait do not block it" {
  in_each_host -t 60 '
    pool create -j 2 p
    fib() {
      if [ $1 -lt 2 ]; then echo "$1"; return; fi
      pool submit p fib $(($1 - 1)); local a x y; a=$SPAWN
      pool submit p fib $(($1 - 2)); local b; b=$SPAWN
      await -v x $a; await -v y $b; echo $((x + y))
    }
    pool apply p fib 9'
  assert_output 34
}

@test "the shell waits at its end for what was submitted" {
  in_each_host 'pool create -j 2 p; f() { sleep 0.2; echo "$1" >>out; }; for i in 1 2 3 4; do pool submit p f $i; done'
  assert_status 0
  for host in $(hosts); do
    [[ $(wc -l <"$host/out") -eq 4 ]]
  done
}

@test "output of a task: large, with NUL bytes, without a newline" {
  in_each_host '
    pool create -j 1 p
    f() { head -c 20000000 /dev/zero | tr "\0" x; printf "a\0b"; }
    pool apply p f | wc -c; pool apply p printf "a\0b" | od -An -c; pool apply -v v p printf "a\0b"; echo "$v"'
  assert_output $'20000003\n   a  \\0   b\nab'
}

@test "output that the session cannot hold: 125, and a message" {
  in_env CONCH_ARENA=4M
  in_each_host 'pool create -j 1 p; pool apply p head -c 10000000 /dev/zero; echo $?; pool apply p echo fine'
  assert_output $'125\nfine'
  assert_stderr -p 'session memory is full'
}

@test "an unknown command: 127 and a message" {
  in_each_host 'pool create p; pool apply p no-such-command; echo $?'
  assert_output 127
  assert_stderr 'pool: p: no-such-command: command not found'
}

@test "status -J is JSON" {
  in_each_host 'pool create -j 1 p; pool apply p false; pool status -J p | python3 -c "
import json, sys
p = json.load(sys.stdin)
print(p[\"name\"], p[\"state\"], p[\"workers\"], len(p[\"pids\"]), p[\"done\"], p[\"failed\"])"; pool status -J | head -c 2'
  assert_line 'p open 1 1 1 1'
}

@test "the pool ends with its shell, however that ends" {
  in_env CONCH_BUILD="$CONCH_BUILD"
  in_each_host '
    bash -c ". \"$CONCH_BUILD/plugin/conch.bash\"; pool create -j 2 p; pool submit p sleep 100; for ((i = 0; i < 1000; i++)); do pool status p | grep -q running=1 && break; done; kill -9 \$\$"
    for i in $(seq 1000); do LD_PRELOAD= pgrep -s 0 sleep >/dev/null || break; /bin/sleep 0.02; done; LD_PRELOAD= pgrep -s 0 -x sleep; echo $?'
  assert_output 1
}

@test "map -p runs in the workers of the pool" {
  seq 1000 >numbers
  in_each_host '
    n=0; count() { n=$((n + 1)); echo $n; }
    pool create -j 1 p
    pool map -p p count ::: a b c; pool map -p p count ::: d
    pool map -p p echo <numbers | cmp - numbers && echo same
    pool map -p p -N 300 -c "echo \$# \$CONCH_ITEM" <numbers
    pool map -p p -v out --status st sh -c "echo {2}{1}; exit {1}" ::: 0 3 ::: x y; echo $? "${out[*]}" "${st[*]}"
    later() { echo "later $1"; }; pool map -p p later ::: 1
    pool map -p p --colsep , echo {2} {1} ::: a,b
    pool map -p nope echo ::: 1; echo $?'
  assert_output $'1\n2\n3\n4\nsame\n300 1\n300 2\n300 3\n100 4\n2 x0 y0 x3 y3 0 0 3 3\nlater 1\nb a\n4'
}

@test "map -p: ordered, or as they come with -u; inside a task of the pool too" {
  in_each_host '
    pool create -j 2 p
    f() {
      if [ "$1" = slow ]; then until [ -e done ]; do sleep 0.02; done; sleep 0.3; fi
      echo "$1"; : >done
    }
    pool map -p p f ::: slow quick; rm done; pool map -p p -u f ::: slow quick
    nested() { pool map -p p f ::: "$1" x; }
    pool map -p p nested ::: 1 2'
  assert_output $'slow\nquick\nquick\nslow\n1\nx\n2\nx'
}

@test "task: a job of a pool is asked about and killed as a task is" {
  in_each_host '
    slow() { echo ready >ready; pause -t 20s; }
    pool create -j 1 p; pool submit -n f p slow; pool submit -n g p slow
    until [ -s ready ]; do pause -t 5ms; done
    task status f; task status g; task alive f && echo alive; [ "$(task pid f)" -gt 1 ] && echo pid; task pid g; echo $?
    task kill g; await g; echo $?; task kill f; await f; echo $?
    task status f 2>/dev/null; echo $?; pool submit -n h p true; await h; echo $?'
  assert_output $'running\nqueued\nalive\npid\n1\n143\n143\n4\n0'
}

@test "map -p refuses what only a map of its own can do" {
  in_each_host '
    pool create -j 1 p
    for o in "-j 2" --line-buffer --ungroup --reply "--nice 1" --fresh --bar-workers \
      "--load 1" "--memfree 1" "--results d" --pipe; do
      pool map -p p $o echo ::: 1; printf "%s " $?
    done'
  assert_output '2 2 2 2 2 2 2 2 2 2 2 '
  assert_stderr -p '--nice does not go with -p'
}

@test "map -p: -t ends what takes too long, also another program in its worker" {
  in_each_host '
    pool create -j 2 p; f() { case $1 in slow) sleep 100 ;; exec) exec sleep 100 ;; *) echo $1 ;; esac; }
    pool map -p p -t 300ms --status s f ::: a slow b exec c; echo "$?"; echo "${s[1]} ${s[3]} ${s[4]}"
    pool map -p p -t 100ms -c "trap \"\" TERM; sleep 100; sleep 100" ::: x; echo $?
    pool apply p echo free'
  assert_output $'a\nb\nc\n2\n124 124 0\n1\nfree'
}

@test "map -p: --halt now kills what runs, behind a slow one too; its status is the failure's" {
  in_each_host '
    pool create -j 2 p; f() { case $1 in slow) sleep 100 ;; bad) return 3 ;; more) ;; *) echo $1 ;; esac; }
    pool map -p p --halt now,fail=1 f ::: ok slow bad more more more more more more; echo $?
    pool map -p p --halt now,done=1 f ::: slow ok; echo $?; pool apply p echo free'
  assert_output $'ok\n3\nok\n1\nfree'
}

@test "map -p: --delay keeps starts apart, in a busy pool too" {
  in_each_host '
    pool create -j 2 p; pool submit p pause -t 100ms; pool submit p pause -t 100ms
    f() { date +%s%N; }
    pool map -p p --delay 100ms f ::: 1 2 3 4 >starts
    awk "NR > 1 && \$1 - last < 60e6 { print \"early\" } { last = \$1 } END { print NR }" starts'
  assert_output 4
}

@test "task kill reaches a job that has become another program" {
  in_each_host '
    pool create -j 1 p; f() { echo x >begun; exec sleep 100; }
    pool submit -n j p f; until [ -s begun ]; do pause -t 5ms; done
    until [ "$(tr "\0" " " <"/proc/$(task pid j)/cmdline")" = "sleep 100 " ]; do pause -t 5ms; done
    task kill j; await j; echo $?; pool apply p echo free'
  assert_output $'143\nfree'
}

@test "map -p: head ends a map whose calls are silent and long, and the calls" {
  in_each_host '
    pool create -j 2 p
    f() { if [ "$1" = 1 ]; then echo first; else exec sleep 1000; fi; }
    pool map -p p f ::: 1 2 3 | head -n 1
    pool apply p echo free'
  assert_output $'first\nfree'
  refute_stderr
}

@test "map -p: --tag, --prefix, --header, -X" {
  in_each_host '
    pool create -j 2 p; f() { printf "%s 1\n2" "$1"; }
    pool map -p p --tag f ::: a b ::: c; pool map -p p --prefix "{#}-{/}: " f ::: x/y z
    pool map -p p --header echo {q}{r} ::: q 1 2 ::: r 3
    seq 30000 | pool map -p p -X -c "echo \$#" | { n=0; t=0; while read -r x; do n=$((n + 1)); t=$((t + x)); done; echo $((n > 1)) $t; }'
  assert_output $'a c\ta 1\na c\t2\nb c\tb 1\nb c\t2\n1-y: x/y 1\n1-y: 2\n2-z: z 1\n2-z: 2\n13\n23\n1 30000'
}

@test "map -p: --joblog, --resume, --resume-failed" {
  in_each_host '
    pool create -j 2 p; f() { echo "o$1"; echo $1 >>ran; [ $1 != b ]; }
    pool map -p p --joblog log f ::: a b c >/dev/null; echo $?; cut -f 1,6,7,8,9 log
    : >ran; pool map -p p --joblog log --resume f ::: a b c d; echo $?; cat ran
    : >ran; pool map -p p --joblog log --resume-failed f ::: a b c d; echo $?; cat ran
    pool map -p p --joblog code -c "echo \$CONCH_ITEM\$1" ::: x y; cut -f 9 code'
  assert_output $'1\nSeq\tReceive\tExitval\tSignal\tCommand\n1\t3\t0\t0\tf a\n2\t3\t1\t0\tf b\n3\t3\t0\t0\tf c\nod\n0\nd\nob\n1\nb\n1x\n2y\nCommand\n\'echo $CONCH_ITEM$1\' x\n\'echo $CONCH_ITEM$1\' y'
}

@test "map -p: --retries with --backoff, --halt, --then, --bar" {
  in_each_host '
    pool create -j 2 p; mkdir tries
    f() { echo x >>tries/$1; n=$(grep -c x tries/$1); echo "$1 try $n"; [ $n -ge 3 ]; }
    pool map -p p --retries 3 --backoff 10ms f ::: a b; echo $?; pool map -p p --retries 2 f ::: c; echo $?
    pool map -p p --halt soon,fail=1 -c "echo \$1 >>ran; [ \$1 -ne 3 ] || exit 7" ::: $(seq 500); echo $? $(($(grep -c . ran) < 500))
    n=0; note() { n=$((n + 1)); echo "$1 $2 <$3>"; }; g() { echo "$1"; echo; [ $1 = 1 ]; }
    pool map -p p --then note g ::: 1 2; echo "$? $n"
    pool map -p p --bar g ::: 1 2 2>bar >/dev/null; cut -d " " -f 1,2,4,5 bar
    pool map -p p --retries 3 -c "[ -e died ] || { : >died; kill -9 0; }; echo lives" ::: 1; echo $?'
  assert_output $'a try 3\nb try 3\n0\nc try 2\n1\n7 1\n1 0 <1>\n2 1 <2>\n1 2\n2/2 100% 1 failed\nlives\n0'
}
