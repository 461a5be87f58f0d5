# SPDX-License-Identifier: GPL-3.0-or-later

load helper

@test "pipe: messages in both directions, whole and in order" {
  in_each_host '
    pipe create a b
    pipe send a one "two words" ""; pipe send b back
    pipe recv b; pipe recv -v x b; echo "[$x]"; pipe recv b; pipe recv a
    printf "line 1\nline 2" | pipe send a; pipe recv -v x b; echo "[$x]"
    printf "1\n2\n" | pipe send -l a; pipe recv b; pipe recv b
    printf "a\0b" | pipe send a; pipe recv -r b | od -An -c | tr -d " \n"; echo
    pipe recv -n b; echo "$?"; pipe recv -t 20ms b; echo "$?"'
  assert_output $'one\n[two words]\n\nback\n[line 1\nline 2]\n1\n2\na\\0b\n1\n124'
}

@test "pipe: one way" {
  in_each_host '
    pipe create -1 in out; pipe send in x; pipe recv out
    pipe send out x; echo "$?"; pipe recv in; echo "$?"; pipe poll in; echo "$?"'
  assert_output $'x\n2\n2\n2'
  assert_stderr $'pipe: send: out: this end only receives\npipe: recv: in: this end only sends\npipe: poll: in: this end only sends'
}

@test "pipe: recv -m leaves what is longer" {
  in_each_host '
    pipe create a b; pipe send a 12345 ""
    pipe recv -m 4 b; echo "$?"; pipe recv -m 0 b; echo "$?"; pipe recv -m 5 b; pipe recv -m 0 b; echo "$?"'
  assert_output $'1\n1\n12345\n\n0'
}

@test "pipe: poll" {
  in_each_host '
    pipe create a b; pipe poll b; echo "$?"; pipe poll -t 20ms b; echo "$?"
    pipe send a x; pipe poll b; echo "$?"; pipe poll -t 5 b; echo "$?"; pipe recv b
    late() { pipe send a y; event wait end; }
    spawn -n l late; pipe poll -t 5 b; echo "$?"; pipe recv b; event set end; await l
    pipe close a; pipe poll b; echo "$?"'
  assert_output $'1\n124\n0\n0\nx\n0\ny\n0'
}

@test "pipe: close is the end, behind what was sent" {
  in_each_host '
    pipe create a b; pipe send a last; pipe close a; pipe close a; echo "$?"
    pipe recv b; pipe recv b; echo "$?"; pipe send b x; echo "$?"; pipe recv a; echo "$?"
    pipe close b; pipe recv b; echo "$?"
    pipe create a b; pipe send a again; pipe recv b'
  assert_output $'0\nlast\n3\n3\n3\n4\nagain'
  assert_stderr 'pipe: recv: b: no such end of a pipe'
}

@test "pipe: the end comes when all who used the other side have died" {
  in_each_host '
    pipe create a b
    talk() { pipe send b "hello from $1"; event wait never; }
    spawn -d -n one talk 1; spawn -d -n two talk 2
    pipe recv a >/dev/null; pipe recv a >/dev/null
    task kill -s KILL one; await one; pipe recv -n a; echo "$?"; pipe send a x; echo "$?"
    task kill -s KILL two; pipe recv a; echo "$?"; pipe send a x; echo "$?"'
  assert_output $'1\n0\n3\n3'
}

@test "pipe: who inherited everything does not keep it open, and nobody yet is not the end" {
  in_each_host '
    pipe create a b
    bystander() { event wait never; }
    spawn -d bystander
    pipe recv -n a; echo "$?"
    say() { pipe send b hello; }
    spawn -n s say; pipe recv a; await s; pipe recv a; echo "$?"'
  assert_output $'1\nhello\n3'
}

@test "pipe: a command substitution uses it for its script" {
  in_each_host '
    pipe create a b; pipe create c d
    echoer() { while pipe recv -v x b; do pipe send b "echo $x"; done; pipe send c "ended $?"; }
    spawn -d echoer
    pipe send a 1; x=$(pipe recv a); echo "$x"
    pipe send a 2; echo "$(pipe recv a)"; (pipe send a 3); pipe recv a
    echo 4 | pipe send -l a; pipe recv a | cat
    pipe close a; pipe recv d'
  assert_output $'echo 1\necho 2\necho 3\necho 4\nended 0'
}

@test "pipe: a sender waits while a great deal is unread, and is told when nobody will read it" {
  in_each_host '
    pipe create a b
    big=$(head -c 100000 /dev/zero | tr "\0" x)
    flood() { i=0; while pipe send a "$big" || { echo "$? $i"; false; }; do i=$((i+1)); done; }
    reader() { pipe recv -v x b; event wait stop; }
    spawn -d -n r reader; spawn -c -n f flood
    n=0; until [ $n -gt 100 ]; do pipe send -n a ping || n=$((n+1)); done
    task kill -s KILL r; await r; await f'
  assert_output -e '^3 1[0-9]+$'
}

@test "pipe: create again, taken names, bad input" {
  in_each_host '
    pipe create a b; pipe create a b; echo "$?"; pipe create -1 a b 2>/dev/null; echo "$?"
    pipe create a c 2>/dev/null; echo "$?"; pipe create x x 2>/dev/null; echo "$?"
    for args in "create a" "create 1 2" "create /x y" "send none x" "recv none" "close none" "recv -m x a" \
      "recv -m -1 a" "send -l a x" "frob a"; do
      pipe $args </dev/null 2>/dev/null; echo "$?"
    done'
  assert_output "$(printf '%s\n' 0 4 4 2 2 2 2 4 4 4 2 2 2 2)"
}

@test "pipe: messages of many bytes" {
  head -c 20000000 /dev/urandom >bytes
  in_each_host '
    pipe create -1 a b
    out() { pipe send a; pipe send a <bytes; }
    spawn -i bytes -n o out
    pipe recv -r b | cmp - bytes; echo "$?"; pipe recv -r b | cmp - bytes; echo "$?"; pipe recv b; echo "$?"; await o'
  assert_output $'0\n0\n3'
}

@test "pipe run: functions and programs side by side, and their statuses" {
  in_each_host '
    gen() { echo b; echo a; }
    fail() { cat; return 3; }
    pipe run gen :: fail :: sort; echo "$? ${PIPE_STATUS[0]} ${PIPE_STATUS[1]} ${PIPE_STATUS[2]}"
    pipe run -v st gen :: cat; echo "$? ${st[0]} ${st[1]}"
    pipe run nothing-like-it 2>/dev/null; echo "$? ${PIPE_STATUS[0]}"
    pipe run fail :: true; echo "$?"
    echo "${SPAWN-unset} ${SPAWN_PID-unset}"; task list'
  assert_output $'a\nb\n3 0 3 0\nb\na\n0 0 0\n127 127\n3\nunset unset'
}

@test "pipe run: a stage with workers takes lines in turn and keeps their order" {
  in_each_host '
    double() { echo "$1 $(($1 * 2))"; }
    got=$(pipe run seq 500 :: -j 3 double :: cat | cksum)
    want=$(seq 500 | while read -r n; do echo "$n $((n * 2))"; done | cksum)
    [ "$got" = "$want" ]; echo "$?"
    printf "%s\n" x y z | pipe run -j 2 echo item
    pipe run echo "a  b" :: -j2 printf "[%s]\n"'
  assert_output $'0\nitem x\nitem y\nitem z\n[a  b]'
}

@test "pipe run: who writes for nobody ends, and nothing is left open" {
  in_each_host '
    forever() { while echo y; do :; done 2>/dev/null; }
    pipe run forever :: head -n 1; echo "$?"
    inner() { pipe run cat :: tr a-z A-Z; }
    pipe run echo nested :: inner :: cat
    pipe run true :: true :: true; echo "$?"'
  assert_output -e $'^y\n(141|0|1)\nNESTED\n0$'
}

@test "pipe run: bad input" {
  in_each_host '
    pipe run 2>/dev/null; echo "$?"; pipe run true :: 2>/dev/null; echo "$?"; pipe run :: true 2>/dev/null; echo "$?"
    pipe run true :: -j 2>/dev/null; echo "$?"; pipe run -v 1x true 2>/dev/null; echo "$?"
    pipe run -j 0 true 2>/dev/null </dev/null; echo "$?"'
  assert_output $'2\n2\n2\n2\n2\n2'
}

runs_from_the_terminal() {
  keys 'pipe run cat :: tr a-z A-Z' Enter
  runs 'tr a-z A-Z'
  keys 'typed' Enter C-d
  screen_shows '^TYPED'
  screen_shows '^0\$'
  keys 'pipe run sleep 100 :: cat' Enter
  runs 'sleep 100'
  keys C-c
  screen_shows '130\$'
}

@test "pipe run: from a terminal" {
  in_each_terminal runs_from_the_terminal
}
