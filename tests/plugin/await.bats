# SPDX-License-Identifier: GPL-3.0-or-later
# await: output and statuses of tasks, and waiting for the first.

load helper

@test "the status is that of the first, in the order named, that failed" {
  in_each_host '
    f() { return "$1"; }
    spawn -n a f 0; spawn -n b f 5; spawn -n c f 7; await a b c; echo $?
    spawn -n b f 5; spawn -n c f 7; await c b; echo $?
    spawn f 0; spawn f 0; await; echo $?; await; echo $?'
  assert_output $'5\n7\n0\n0'
}

@test "captured output comes in the order named, of all in the order of spawning" {
  in_each_host '
    f() { [ "$1" != a ] || sleep 0.2; echo "$1"; }
    spawn -c -n a f a; spawn -c -n b f b; await a b
    spawn -c -n a f a; spawn -c -n b f b; await b a
    spawn -c -n a f a; spawn -c -n b f b; await'
  assert_output $'a\nb\nb\na\na\nb'
}

@test "a task can be awaited once, then its name is free" {
  in_each_host '
    spawn -n a true; await a; echo $?; await a; echo $?; spawn -n a false; echo $?; await a; echo $?
    await a none; echo $?'
  assert_output $'0\n4\n0\n1\n4'
  assert_stderr $'await: a: no such task\nawait: a: no such task'
}

@test "when one name is not there, nothing is collected" {
  in_each_host 'spawn -c -n a echo kept; await a none 2>/dev/null; echo $?; await a'
  assert_output $'4\nkept'
}

@test "-v takes the output without newlines at its end" {
  in_each_host '
    f() { printf "a\nb\n\n\n"; return 3; }
    spawn -c f; await -v out; echo "$? <$out>"
    spawn -c -n x echo 1; spawn -c -n y echo 2; await -v out y x; echo "<$out>"
    spawn true; await -v out; echo "<$out>"; readonly fixed=1; spawn -c echo x; await -v fixed; echo $?
    spawn -c echo x; await -v "a b"; echo $?'
  assert_line '3 <a'
  assert_line 'b>'
  assert_line '<2'
  assert_line '<>'
  assert_stderr -p fixed
  assert_stderr -p 'a b'
}

@test "output with NUL bytes is printed as it is; a variable leaves them out" {
  in_each_host '
    f() { printf "a\000b\n"; }
    spawn -c f; await $SPAWN | od -An -c | tr -s " "; spawn -c f; await -v v; echo "$v"'
  assert_output $' a \\0 b \\n\nab'
}

@test "output of many megabytes, and none, are right" {
  in_each_host '
    f() { head -c 30000000 /dev/zero | tr "\0" x; }
    spawn -c f; await $SPAWN | tr -s x; echo; spawn -c true; await $SPAWN | wc -c'
  assert_output $'x\n0'
}

@test "stdout closed early or full ends await with an error" {
  in_each_host '
    f() { seq 100000; }
    spawn -c f; await $SPAWN | head -n 1; spawn -c f; await >/dev/full; echo $?
    spawn -c f; await >&-; echo $?'
  assert_output $'1\n125\n125'
  assert_stderr -p 'await: write error: No space left on device'
}

@test "-t gives up with 124 and leaves the tasks" {
  in_each_host '
    spawn -n a sleep 1000; await -t 50ms a; echo $?; task alive a; echo $?; await -t 0 a; echo $?
    await -t 50ms -v v; echo $?; task kill a; await a; echo $?'
  assert_output $'124\n0\n124\n124\n143'
  refute_stderr
}

@test "--any gives the first to finish, one after the other, then 1" {
  in_each_host '
    f() { event wait "go.$1"; return "$1"; }
    spawn -n a f 1; spawn -n b f 2; spawn -n c f 0
    event set go.2; await --any; echo "$? $REPLY"
    event set go.0; await --any -p who; echo "$? $who"
    event set go.1; await --any -p who a; echo "$? $who"
    await --any -p who; echo "$? <$who>"'
  assert_output $'2 b\n0 c\n1 a\n1 <>'
}

@test "--any of some leaves the others; -t says 124" {
  in_each_host '
    spawn -n slow sleep 1000; spawn -n fast true; await fast
    spawn -n fast true; await --any slow fast; echo "$? $REPLY"
    await --any -t 50ms; echo "$? <$REPLY>"; await -p x; echo $?; task kill slow'
  assert_output $'0 fast\n124 <>\n2'
}

@test "without names daemons and detached ones are not waited for" {
  in_each_host 'spawn -d -n d sleep 1000; spawn true; await; echo $?; task alive d; echo $?'
  assert_output $'0\n0'
}

@test "another process awaits a task by its name" {
  in_each_host '
    f() { event wait go; echo output; return 6; }
    spawn -c -n t f
    g() { await t; echo "status $?"; }
    spawn -n g g; event set go; await g; await t 2>/dev/null; echo $?
    then_is() { echo "then $*"; called=1; }
    spawn -c -n t --then then_is f; spawn -o out -n g g; await g
    until [ "$called" ]; do sleep 0.01; done; await --any 2>/dev/null; echo "$? <$REPLY>"; await; echo $?'
  assert_output $'output\nstatus 6\n4\nthen t 6\n1 <>\n0'
}

@test "tasks that are killed have 128+N, whatever killed them" {
  in_each_host '
    f() { sh -c "kill -KILL \$PPID"; }; spawn f; await; echo $?
    spawn sh -c "kill -ABRT \$\$"; await; echo $?
    spawn -n s sleep 1000; kill -KILL "$SPAWN_PID"; await s; echo $?'
  assert_output $'137\n134\n137'
}

@test "traps run while await waits, and it goes on" {
  in_each_host '
    trap "echo caught" USR1
    f() { kill -USR1 $$; event wait -t 200ms never; echo task; return 3; }
    spawn f; await; echo $?'
  assert_output $'caught\ntask\n3'
}

@test "await in a trap, in a --then and in a function under set -e" {
  in_each_host '
    then_await() { spawn -c -n inner echo inner; await inner; }
    spawn -n outer --then then_await true; await outer
    trap "spawn -c echo trapped; await" USR1; kill -USR1 $$; trap - USR1
    set -e; spawn -n good true; await good; f() { await bad || echo "failed $?"; }; spawn -n bad false; f
    spawn -n worse false; await worse; echo never'
  assert_output $'inner\ntrapped\nfailed 1'
  assert_status 1
}

@test "unknown options, bad numbers" {
  in_each_host 'await -x; echo $?; await -t soon; echo $?; await -t; echo $?; await ""; echo $?'
  assert_output $'2\n2\n2\n4'
}
