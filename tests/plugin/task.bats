# SPDX-License-Identifier: GPL-3.0-or-later
# task: looking at tasks, one's own or another's, and signalling them.

load helper

@test "status tells how a task runs and how it ended" {
  in_each_host '
    f() { return 3; }
    over() { until ! task alive "$1"; do :; done; task status "$1"; }
    spawn -n r sleep 1000; task status r; task alive r; echo $?
    spawn -n e f; over e; task alive e; echo $?; task kill r; over r
    spawn -n k sleep 1000; task kill -s KILL k; over k; spawn -n t -t 20ms sleep 1000; over t
    task status -v state e; echo "$state"; await e; task status e; echo $?'
  assert_output $'running\n0\nexited 3\n1\nkilled TERM\nkilled KILL\ntimed-out\nexited 3\n4'
  assert_stderr 'task: status: e: no such task'
}

@test "pid is that of the process that runs the command" {
  in_each_host '
    spawn -n s sleep 1000; [ "$(task pid s)" = "$SPAWN_PID" ] && echo same
    task pid -v pid s; readlink "/proc/$pid/exe" | grep -o sleep; task kill s'
  assert_output $'same\nsleep'
}

@test "kill signals the group, stopped ones too, and tells when nothing is left" {
  in_each_host '
    spawn -n a sleep 1000; spawn -n b sleep 1000; task stop a; task kill a b; echo $?; await a; echo $?; await b; echo $?
    spawn -n c true; until ! task alive c; do :; done; task kill c; echo $?; task kill c none; echo $?; task kill -s NONE c; echo $?
    f() { trap "echo usr; exit 9" USR1; event set ready; while :; do sleep 0.01; done; } 2>/dev/null
    spawn -n f f; event wait ready; task kill -s SIGUSR1 f; await f; echo $?'
  assert_output $'0\n143\n143\n1\n1\n2\nusr\n9'
  assert_stderr $'task: kill: none: no such task\ntask: kill: NONE: no such signal'
}

@test "stop and cont" {
  in_each_host '
    spawn -n s sleep 1000; task stop s
    state() { ps -o stat= -p "$SPAWN_PID" | cut -c 1; }
    until [ "$(state)" = T ]; do :; done; task status s; task cont s; until [ "$(state)" = S ]; do :; done
    task kill s; await s; echo $?'
  assert_output $'running\n143'
}

@test "a program is stopped at any moment, and ends with its limit of time all the same" {
  in_each_host '
    i=0; while [ $i -lt 30 ]; do spawn -n s$i -t 100ms sleep 1000; task stop s$i; i=$((i + 1)); done
    await; echo $?'
  assert_output 124
}

@test "output shows what was captured so far" {
  in_each_host '
    f() { echo first; event wait go; echo second; }
    spawn -c -n t f; until [ "$(task output t)" ]; do :; done; task output t; task output -v o t; echo "<$o>"
    event set go; await t; spawn -n n true; task output n; echo $?'
  assert_output $'first\n<first>\nfirst\nsecond\n1'
  assert_stderr 'task: output: n: its output is not captured'
}

@test "list shows a line for each, as a table and as JSON" {
  in_each_host '
    spawn -n a sleep 1000; spawn -d -n b sh -c "sleep 1000; #
x\""; task list | sed "s/  */ /g" | cut -d " " -f 1,3,5-
    task list --json >out; python3 -c "
import json
for t in json.load(open(\"out\")): print(t[\"name\"], t[\"status\"], t[\"daemon\"], len(t[\"command\"].split(chr(10))))"
    task kill a; await a; task kill b; await b; task list | wc -l; task list -J'
  assert_output $'a running sleep 1000\nb running sh -c sleep 1000; #?x"\na running False 1\nb running True 2\n0\n[]'
}

@test "another process of the session sees and signals a task" {
  in_each_host '
    spawn -n s sleep 1000
    f() { task status s; task kill s; }; spawn f; await "$SPAWN"; await s; echo $?; (task list | wc -l)'
  assert_output $'running\n143\n0'
}

@test "bad words" {
  in_each_host 'task; echo $?; task frob; echo $?; task status; echo $?; task status a b; echo $?; task list x; echo $?; task status ""; echo $?'
  assert_output $'2\n2\n2\n2\n2\n4'
}
