# SPDX-License-Identifier: GPL-3.0-or-later

load helper

@test "value: create, get, set" {
  in_each_host '
    value create n; value get n
    value set n 42; value get n
    value get -v x n; echo "x=$x"
    value create n; echo "$?"; value get n
    value create n d; echo "$?"'
  assert_output $'0\n42\nx=42\n0\n42\n4'
  assert_stderr 'value: create: n: is there, but of type q'
}

@test "value: every type holds its range and no more" {
  in_each_host '
    try() {
      value create v "$1" "$2" && value get v
      value set v "$3" && value get v
      value set v "$4" 2>/dev/null; echo "$?"
      value add v 1 2>/dev/null; echo "$?"
      value destroy v
    }
    try b -128 127 128; try B 0 255 -1; try h -32768 32767 32768; try H 0 65535 65536
    try i -2147483648 2147483647 2147483648; try I 0 4294967295 4294967296
    try l -9223372036854775808 9223372036854775807 9223372036854775808
    try L 0 18446744073709551615 18446744073709551616
    try q -9223372036854775808 9223372036854775807 9223372036854775808
    try Q 0 18446744073709551615 -1'
  assert_output "$(for pair in '-128 127' '0 255' '-32768 32767' '0 65535' '-2147483648 2147483647' \
    '0 4294967295' '-9223372036854775808 9223372036854775807' '0 18446744073709551615' \
    '-9223372036854775808 9223372036854775807' '0 18446744073709551615'; do
    printf '%s\n%s\n2\n1\n' $pair
  done)"
}

@test "value: floating point, a character, a string" {
  in_each_host '
    value create d d 0.1; value add d 0.2; value get d
    value create f f 0.1; value get f
    value create c c x; value get c; value set c yy; echo "$?"; value set c é; echo "$?"
    value add c 1; echo "$?"
    value create s s "a  b
c"; value get s; value set s ""; value get s; value add s 1; echo "$?"'
  assert_output $'0.30000000000000004\n0.1\nx\n2\n2\n2\na  b\nc\n\n2'
}

@test "value: add in a variable, overflow is told and changes nothing" {
  in_each_host '
    value create n B 250
    value add -v x n 5; echo "$x"
    value add n 1; echo "$?"; value get n
    value add n -256; echo "$?"; value get n
    value add n -255; value get n'
  assert_output $'255\n1\n255\n1\n255\n0'
  assert_stderr $'value: add: n: out of range of type B (uint8_t)\nvalue: add: n: out of range of type B (uint8_t)'
}

@test "value: swap, cas, max, min" {
  in_each_host '
    value create n q 5
    value swap n 7; value swap -v x n 8; echo "$x"
    value cas n 7 1; echo "$?"; value cas n 8 1; echo "$?"; value get n
    value max n 3; value max n 2; value get n; value min -v x n -4; echo "$x"
    value create s s one
    value swap s two; value cas s one three; echo "$?"; value cas s two three; value get s'
  assert_output $'5\n7\n1\n0\n1\n3\n-4\none\n1\nthree'
}

@test "value: additions of many processes are all there" {
  in_each_host '
    value create n
    hundred() { local i; for ((i = 0; i < 100; i++)); do value add n 1; done; }
    pool map -j 4 hundred ::: $(seq 20) >/dev/null
    value get n'
  assert_output 2000
}

@test "value: what a subshell and a program's script set is seen" {
  in_env CONCH_BUILD="$CONCH_BUILD"
  in_each_host '
    value create n
    (value set n 3)
    value get n
    bash -c ". \"\$CONCH_BUILD/plugin/conch.bash\"; value add n 1"
    value get n'
  assert_output $'3\n4'
}

@test "value: /NAME survives the shell that made it" {
  in_env CONCH_BUILD="$CONCH_BUILD"
  in_each_host '
    bash -c ". \"\$CONCH_BUILD/plugin/conch.bash\"; value create /n q 5; value create /s s text"
    value add /n 1; value get /n; value get /s; value destroy /n; value destroy /s
    value get /n; echo "$?"'
  assert_output $'6\ntext\n4'
}

@test "value: no such value, no type, no number" {
  in_each_host '
    value get n; value set n 1; value add n 1; value destroy n
    value create n x; value create n ""; value create n qq; value create n q 1x; value create n q ""
    value create "a b"; value create n q 1 2; value create
    value create n; value set n; value get -v "1x" n; value get -v "a b" n
    value add n 1.5; value add n ""'
  assert_output ''
  assert_stderr $'value: get: n: no such value
value: set: n: no such value
value: add: n: no such value
value: destroy: n: no such value
value: create: x: not a type; one of b B h H i I l L q Q f d c s
value: create: : not a type; one of b B h H i I l L q Q f d c s
value: create: qq: not a type; one of b B h H i I l L q Q f d c s
value: create: 1x: not a number of type q (int64_t)
value: create: : not a number of type q (int64_t)
value: create: a b: not a name
value: create: 2: unexpected operand
usage: value create NAME [TYPE [INIT]]
usage: value set NAME VALUE
value: get: 1x: not the name of a variable
value: get: a b: not the name of a variable
value: add: 1.5: not a number of type q (int64_t)
value: add: : not a number of type q (int64_t)'
}

@test "value: a string of 10 MB, and one larger than the arena" {
  without_sanitizers "bash then takes minutes to read such a word"
  in_env CONCH_ARENA=64M
  in_each_host '
    value create s s
    big=$(head -c 10000000 /dev/zero | tr "\0" x)
    value set s "$big"; value get -v y s; [ "$big" = "$y" ]; echo "$?"
    for i in 1 2 3 4 5 6 7; do value create s$i s "$big"; echo "$?"; done | tail -n 1
    value get -v y s; echo "${#y}"'
  assert_output $'0\n125\n10000000'
  assert_stderr -p 'value: create: s7: session memory is full'
}

@test "value: a closed or full stdout is an error" {
  in_each_host '
    value create n; value get n >&-; echo "$?"; value get n >/dev/full; echo "$?"'
  assert_output $'125\n125'
  assert_stderr -p 'value: get: write error'
}
