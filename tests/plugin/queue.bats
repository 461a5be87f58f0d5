# SPDX-License-Identifier: GPL-3.0-or-later

load helper

@test "queue: first in, first out; any word" {
  in_each_host '
    queue create q
    queue put q a "b c" "" "-n"
    queue size q
    queue get q; queue get -v x q; echo "[$x]"
    queue get -v x q; echo "[$x]"; queue get -- q
    queue get -n q; echo "$?"
    queue get -t 20ms q; echo "$?"'
  assert_output $'4\na\n[b c]\n[]\n-n\n1\n124'
  refute_stderr
}

@test "queue: --lifo and --priority" {
  in_each_host '
    queue create --lifo s; queue put s 1 2 3; queue get s; queue put s 4; queue get -c 9 s
    queue create --priority p
    queue put -p 1 p one; queue put p zero; queue put -p -5 p minus; queue put -p 1 p uno
    queue get -c 9 p
    queue put -p 1 s x; echo "$?"'
  assert_output $'3\n4\n2\n1\none\nuno\nzero\nminus\n2'
  assert_stderr 'queue: put: -p: s: not a queue with priorities'
}

@test "queue: bounds by count and bytes" {
  in_each_host '
    queue create -c 2 c; queue put -n c 1 2; queue full c; echo "$?"
    queue put -n c 3; echo "$?"; queue put -t 20ms c 3; echo "$?"
    queue get c; queue full c; echo "$?"; queue put -n c 3; echo "$?"
    queue create -m 4 m; queue put -n m abc; queue put -n m de; echo "$?"; queue put -n m d; echo "$?"
    queue size -m m
    queue put m abcde; echo "$?"'
  assert_output $'0\n1\n124\n1\n1\n0\n1\n0\n4\n125'
  assert_stderr 'queue: put: m: item too long'
}

@test "queue: a put waits for room, a get for an item" {
  in_each_host '
    queue create -c 1 q
    fill() { queue put q 1 2 3 4 5; queue close q; }
    spawn fill
    while queue get -v x q; do echo "$x"; done
    queue get q; echo "$?"'
  assert_output $'1\n2\n3\n4\n5\n3'
}

@test "queue: each item goes to one worker, and all end when it is closed" {
  in_each_host '
    queue create jobs; queue create done
    work() { while queue get -v job jobs; do queue put done "$job"; done; }
    spawn -n a work; spawn -n b work; spawn -n c work
    seq 300 | queue put jobs
    queue close jobs
    await; queue size done
    queue get -c 1000 done | sort -n | uniq | wc -l'
  assert_output $'300\n300'
}

@test "queue: lines of stdin, NUL-terminated items, no end of line at the end" {
  in_each_host '
    queue create q
    printf "a\n\nb" | queue put q; queue size q
    queue get -c 9 -0 q | tr "\0" "|"; echo
    printf "x\ny\0z\0" | queue put -0 q; queue size q
    queue get -c 2 -0 q | tr "\0\n" "|/"; echo
    queue put q <&-; echo "$?"
    queue put q raw; queue peek -r q; queue get -r q; echo'
  assert_output $'3\na||b|\n2\nx/y|z|\n125\nrawraw'
}

@test "queue: get -c fills an array" {
  in_each_host '
    queue create q; queue put q a "b c" d
    queue get -c 2 -v x q; echo "${x[0]}|${x[1]}|${x[2]-unset}"
    queue get -c 9 -v x q; echo "${x[0]}|${x[1]-unset}"
    queue get -n -c 9 -v x q; echo "$?"'
  assert_output $'a|b c|unset\nd|unset\n1'
}

@test "queue: a message of many bytes, of all bytes" {
  head -c 3000000 /dev/urandom >bytes
  in_each_host '
    queue create q
    for i in 1 2 3; do base64 -w 0 bytes | queue put q; done
    queue get -r q | base64 -d | cmp - bytes; echo "$?"
    queue get -v x q; printf "%s" "$x" | base64 -d | cmp - bytes; echo "$?"
    queue get --lease -v x q; printf "%s" "$x" | base64 -d | cmp - bytes; echo "$?"
    queue ack q; queue size q'
  assert_output $'0\n0\n0\n0'
}

@test "queue: a lease comes back when its holder dies, or gives it back" {
  in_each_host '
    queue create q; queue put q one two
    die() { queue get --lease -v x q; echo "has $x"; sh -c "kill -s KILL \$PPID"; }
    spawn -c -n t die; await t; echo "$?"
    queue size q; queue get -l q; queue size q; queue size -l q
    queue nack q; queue size q; queue get q; queue get -l q
    queue ack q; queue size -l q; queue ack q; echo "$?"'
  assert_output $'has one\n137\n2\none\n1\n1\n2\none\ntwo\n0\n1'
  assert_stderr 'queue: ack: q: no lease of this process'
}

@test "queue: who waits gets what the dead had" {
  in_each_host '
    queue create q; queue put q item
    hold() { queue get --lease -v x q; event set held; event wait never; }
    wait_for() { queue get q; }
    spawn -d -n h hold; event wait held
    spawn -c -n w wait_for
    task kill -s KILL h
    await w'
  assert_output 'item'
}

@test "queue: a closed queue is not over while a lease may come back" {
  in_each_host '
    queue create q; queue put q item; queue close q
    hold() { queue get --lease -v x q; event set held; event wait go; queue nack q; }
    spawn -d -n h hold; event wait held
    queue get -n q; echo "$?"
    event set go
    queue get q; queue get q; echo "$?"'
  assert_output $'1\nitem\n3'
}

@test "queue: join waits until all is acknowledged" {
  in_each_host '
    queue create q; queue join q; echo "$?"
    queue put q 1; queue join -n q; echo "$?"
    queue get -l q; queue join -t 20ms q; echo "$?"
    work() { queue join q; echo joined; }
    spawn -c -n w work
    queue ack q; await w'
  assert_output $'0\n1\n1\n124\njoined'
}

@test "queue: peek, clear, empty" {
  in_each_host '
    queue create q; queue empty q; echo "$?"; queue peek q; echo "$?"
    queue put q a b; queue peek q; queue peek -v x q; echo "$x"; queue empty q; echo "$?"
    queue clear q; queue size q; queue put q c; queue get q
    queue close q; queue close q; echo "$?"; queue peek q; echo "$?"'
  assert_output $'0\n1\na\na\n1\n0\nc\n0\n3'
}

@test "queue: destroy wakes who waits" {
  in_each_host '
    queue create q
    get() { event set ready; queue get q; echo "$?"; }
    spawn -c -n g get; event wait ready; queue destroy q; await g
    queue put q x; echo "$?"'
  assert_output $'4\n4'
  assert_stderr -p 'queue: put: q: no such queue'
}

@test "queue: create again" {
  in_each_host '
    queue create -c 5 q; queue put q x; queue create -c 5 q; echo "$?"; queue size q
    queue create q; echo "$?"; queue create --lifo -c 5 q; echo "$?"'
  assert_output $'0\n1\n4\n4'
  assert_stderr $'queue: create: q: is there, but made otherwise\nqueue: create: q: is there, but made otherwise'
}

@test "queue: bad input" {
  in_each_host '
    for args in "create -c 0 q" "create -m 0 q" "create -m 99999G q" "create -c -1 q" "create --lifo --priority q" \
      "create 1q" "create q/r" "create" "get nothing" "frob q" "get -x q" "put -p x q y"; do
      queue $args </dev/null 2>/dev/null; echo "$?"
    done
    queue create q; queue get -c 0 q; echo "$?"; queue get -n -v "1x" q; echo "$?"
    queue put q a; queue get -v "1x" q; echo "$?"'
  assert_output "$(printf '%s\n' 2 2 2 2 2 2 2 2 4 2 2 2 2 2 2)"
}

@test "queue: a full arena makes puts wait for gets, and a message that can never fit is an error" {
  in_env CONCH_ARENA=4M
  in_each_host '
    queue create q
    fill() { i=0; while [ $i -lt 100 ]; do head -c 150000 /dev/zero | tr "\0" x | queue put q || exit; i=$((i+1)); done; queue close q; }
    spawn -n f fill
    n=0; while queue get -v x q; do n=$((n+${#x})); done; echo "$n"; await f; echo "$?"
    queue create big; head -c 8000000 /dev/zero | tr "\0" x | queue put big; echo "$?"
    queue put -n big small; queue get big'
  assert_output $'15000000\n0\n125\nsmall'
  assert_stderr 'queue: put: big: session memory is full (CONCH_ARENA sets its size)'
}

@test "queue and pipe: messages of 64 MiB; of 1 GiB where CONCH_LONG_TESTS is set" {
  local mib=64
  in_env CONCH_ARENA=256M
  if [[ ${CONCH_LONG_TESTS-} ]]; then
    mib=1024
    in_env CONCH_ARENA=4G
  fi
  in_each_host -t 300 "
    head -c $((mib << 20)) /dev/zero | tr '\0' x >big
    queue create q; pipe create a b
    pipe send a <big; echo \$?; pipe recv -r b | cmp - big; echo \$?
    queue put -0 q <big; echo \$?; queue size -m q; queue get -r q | cmp - big; echo \$?
    rm big"
  assert_output "0
0
0
$((mib << 20))
0"
}

@test "queue: a message of 1 GiB needs more memory than a session has, and is told what sets it" {
  [[ ${CONCH_LONG_TESTS-} ]] || skip "slow: set CONCH_LONG_TESTS"
  in_each_host -t 300 '
    queue create q; head -c 1073741824 /dev/zero | tr "\0" x | queue put -0 q; echo "$?"; queue size q'
  assert_output $'125\n0'
  assert_stderr 'queue: put: q: session memory is full (CONCH_ARENA sets its size)'
}

@test "queue: write errors and traps" {
  in_each_host '
    trap "echo trapped; queue put q late" USR1
    queue create q
    me=$$
    poke() { kill -s USR1 "$me"; }
    spawn -d poke
    queue get q
    queue put q x; queue get q >/dev/full; echo "$?"'
  assert_output $'trapped\nlate\n125'
  assert_stderr 'queue: get: write error: No space left on device'
}

@test "queue: machine-wide, between unrelated shells, one of them killed" {
  in_env CONCH_BUILD="$CONCH_BUILD"
  in_each_host '
    other() {
      if [ "${BASH_VERSION-}" ]; then
        env -u CONCH_SESSION bash -c ". \"\$CONCH_BUILD/plugin/conch.bash\"; $1"
      else
        env -u CONCH_SESSION "$CONCH_BUILD/conch" -c "$1"
      fi
    }
    queue create /jobs; queue put /jobs one two
    other "queue get -l /jobs; kill -s KILL \$\$" 2>/dev/null
    other "queue get /jobs; queue put /jobs three"
    queue get /jobs; queue get /jobs
    pipe create /here /there; other "pipe send /there hi"; pipe recv /here; pipe recv /here; echo "$?"
    pipe close /here; pipe close /there; queue destroy /jobs; queue size /jobs; echo "$?"'
  assert_output $'one\none\ntwo\nthree\nhi\n3\n4'
}

is_interrupted() {
  keys 'queue create q; queue get q' Enter
  screen_shows 'get q$'
  eventually_waits
  keys C-c
  screen_shows '130\$'
  keys 'queue put q word; queue get q' Enter
  screen_shows '^word'
}

# The shell sleeps in a futex: it waits for the item.
eventually_waits() {
  eventually sleeps
}

sleeps() {
  local pid
  for pid in $(_processes); do
    ! grep -q futex "/proc/$pid/wchan" 2>/dev/null || return 0
  done
  return 1
}

@test "queue: a get is interrupted from the keyboard, and the queue is as it was" {
  in_each_terminal is_interrupted
}
