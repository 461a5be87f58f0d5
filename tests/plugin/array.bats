# SPDX-License-Identifier: GPL-3.0-or-later

load helper

@test "array: create, get, set, slices" {
  in_each_host '
    array create a q 5; array get a | tr "\n" " "; echo
    array set a 1 7 8 9; array get a 1 3 | tr "\n" " "; array get a -1; array get a -3
    array get -v x a 2; echo "x=$x"
    array get -v all a; echo "${#all[@]}: ${all[*]}"
    array get -v some a 1 2; echo "${some[*]}"
    array get -J a; array get -0 a 1 2 | tr "\0" ,; echo
    array create b d : 1 2.5 -3; array get -J b; array len b; array len -v n b; echo "n=$n"'
  assert_output $'0 0 0 0 0 \n7 8 9 0\n8\nx=8\n5: 0 7 8 9 0\n7 8\n["0","7","8","9","0"]\n7,8,\n["1","2.5","-3"]\n3\nn=3'
}

@test "array: add, fill, sum" {
  in_each_host '
    array create a B 3
    array fill a 250; array add a 1 5; array add -v x a 1 -1; echo "$x"
    array add a 1 2; echo "$?"; array get a 1; array sum a; array sum -v s a; echo "$s"
    array create l q : 9223372036854775807 9223372036854775807; array sum l
    array create e q 0; array sum e; array len e; array get e'
  assert_output $'254\n1\n254\n754\n754\n18446744073709551614\n0\n0'
  assert_stderr 'array: add: a: out of range of type B (uint8_t)'
}

@test "array: additions of many processes are all there" {
  in_each_host '
    array create hits i 4
    hit() { local i; for i in 1 2 3 4 5 6 7 8 9 10; do array add hits $(($1 % 4)) 1; done; }
    pool map -j 4 hit ::: $(seq 40) >/dev/null
    array get -J hits'
  assert_output '["100","100","100","100"]'
}

@test "array: /NAME survives the shell that made it" {
  in_env CONCH_BUILD="$CONCH_BUILD"
  in_each_host '
    bash -c ". \"\$CONCH_BUILD/plugin/conch.bash\"; array create /a h : 1 2 3"
    array sum /a; array destroy /a; array sum /a; echo "$?"'
  assert_output $'6\n4'
}

@test "array: set takes lines of stdin" {
  in_each_host '
    array create a q 4; seq 3 >in; array set a 1 <in; array get -J a
    array set a 2 <in; echo "$?"; echo x >bad; array set a 0 <bad; echo "$?"; array set a 4 </dev/null; echo "$?"'
  assert_output $'["0","1","2","3"]\n2\n2\n0'
  assert_stderr $'array: set: a: more lines than elements\narray: set: x: not a number of type q (int64_t)'
}

@test "array: bad input" {
  in_env CONCH_ARENA=64M
  in_each_host '
    array create a q 3; array create a q 3; echo "$?"
    array create a i 3; array create b s 3; array create b q -1; array create b q x
    array create b q 1 2; array create b q; array create b B : 1 256; array get b
    array create b q 9223372036854775807; array create b q 10000000
    array get a 3; array get a -4; array get a 1 3; array get a x; array get a 0 -1
    array get a 99999999999999999999
    array set a 2 1 2; array set a 0 1 x; array get a 0
    array add a 0 1.5; array create c c : x y; array add c 0 1; array sum c; array fill c xy'
  assert_output $'0\n0'
  assert_stderr 'array: create: a: is there, but of type q, length 3
array: create: s: not a type; one of b B h H i I l L q Q f d c
array: create: -1: not a length
array: create: x: not a length
array: create: 2: unexpected operand
usage: array create NAME TYPE SIZE|: ITEM...
array: create: 256: out of range of type B (uint8_t)
array: get: b: no such array
array: create: b: session memory is full (CONCH_ARENA sets its size)
array: create: b: session memory is full (CONCH_ARENA sets its size)
array: get: a: 3: outside of its 3 elements
array: get: a: -4: outside of its 3 elements
array: get: a: 1: outside of its 3 elements
array: get: x: not an index
array: get: -1: not a count
array: get: a: 99999999999999999999: outside of its 3 elements
array: set: a: 2: outside of its 3 elements
array: set: x: not a number of type q (int64_t)
array: add: 1.5: not a number of type q (int64_t)
array: add: 1: not for type c
array: sum: c: not for type c
array: fill: xy: not one byte'
}
