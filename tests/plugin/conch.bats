# SPDX-License-Identifier: GPL-3.0-or-later
# conch: help, the objects of the session, and what the dead left.

load helper

@test "help names all commands, and tells of one" {
  in_each_host '
    conch help; echo $?
    conch help lock | head -n 1
    conch help nothing; echo $?'
  assert_line -p 'spawn '
  assert_line -p 'lock - '
  assert_line 4
  assert_stderr 'conch: help: nothing: no such command'
}

@test "version says which shell it is in" {
  in_each_host 'conch version'
  assert_output -e '^conch [0-9.]+ \((bash|conch)\)$'
}

@test "any command goes under the name conch" {
  in_each_host '
    conch lock create l; conch lock acquire l; lock owner l | grep -c "^$$\$"
    conch spawn -c echo from; conch await; conch loc; echo $?
    conch list push li x; conch list items li; conch spawn --help | head -n 1'
  assert_line 1
  assert_line from
  assert_line x
  assert_line -p 'spawn - '
  assert_line 2
}

@test "list shows nothing when there is nothing" {
  in_each_host 'conch list; conch list --json'
  assert_output '[]'
}

@test "list shows each object with its state, holders and waiters" {
  in_each_host '
    lock create -r l; lock acquire l; lock acquire l
    w() { lock acquire l; }
    spawn -n waits w
    until conch list | grep -q "^lock *l  *1 "; do :; done
    conch list | sed "s/$$/me/; s/([0-9]*)/(pid)/; s/  */ /g" | cut -d " " -f 1-3,5-
    lock release l; lock release l; await waits
    conch list | grep "^lock" | sed "s/  */ /g" | cut -d " " -f 1-3,5-'
  assert_output 'KIND NAME WAITERS STATE (HOLDERS)
task waits 0 running (pid)
lock l 1 held 2 times (me)
lock l 0 free'
}

@test "list shows each kind, sorted by kind and name" {
  in_each_host '
    lock create b; lock create a10; lock create a9; sem create s 2; sem acquire s; event set e
    barrier create ba 2; queue create -c 5 q; queue put q x; value create v i -3
    array create ar d 4; dict set d k v; list push li a b; cond create c
    conch list | tail -n +2 | sed "s/([0-9]*)/(pid)/; s/  */ /g" | cut -d " " -f 1,2,5-'
  assert_output 'queue q 1 of 5 items
lock a9 free
lock a10 free
lock b free
sem s 1 of 2 free (pid)
cond c
event e set
barrier ba 0 of 2 here
value v i -3
array ar d[4]
dict d 1 keys
list li 2 items'
}

@test "list shows machine-wide objects under the name that leads to them" {
  in_each_host 'lock create /l; lock acquire /l; conch list | grep -c "^lock */l .*held ($$)"; lock destroy /l'
  assert_output 1
}

@test "list --json is JSON whatever the values hold" {
  type -P python3 >/dev/null || skip "python3 reads the JSON"
  in_each_host '
    value create s s "$1"; lock acquire l 2>/dev/null; lock create l; lock acquire l
    conch list --json >out
    python3 -c "
import json
for o in json.load(open(\"out\")): print(o[\"kind\"], o[\"name\"], o[\"waiters\"], len(o[\"holders\"]))"' $'a"b\\\n\tc\xff'
  assert_output $'lock l 0 1\nvalue s 0 0'
}

@test "list fits the terminal" {
  fits() {
    keys 'value create long s "$(printf %0200d 1)"; clear; conch list' Enter
    screen_shows '^value +long'
    [[ $(screen | grep -c '^000') -eq 0 ]]
  }
  in_each_terminal fits
}

@test "gc sweeps what dead processes left" {
  in_each_host '
    f() { spawn -n inner true; await inner 2>/dev/null; spawn -n left sleep 0; kill -9 $(exec sh -c "echo \$PPID"); }
    spawn -n outer f; await outer 2>/dev/null; echo $?
    conch gc >/dev/null; echo $?; task list | grep -c left'
  assert_output $'137\n0\n0'
}

@test "unknown verbs and operands too many are usage errors" {
  in_each_host 'conch; echo $?; conch lits 2>&1; echo $?; conch gc -x; echo $?; conch version x; echo $?; '
  assert_line 'conch: lits: unknown verb; did you mean list?'
  assert_line 2
}

@test "an option before the verb is told where options stand" {
  in_each_host 'queue -c 3 q; echo $?; queue --frob; echo $?'
  assert_output $'2\n2'
  assert_stderr 'queue: -c: options stand behind the verb; try queue --help
queue: --frob: options stand behind the verb; try queue --help'
}
