# SPDX-License-Identifier: GPL-3.0-or-later

load helper

@test "barrier: all go on when all are there, again and again" {
  in_each_host '
    barrier create b 3; value create n q 0
    w() {
      i=0
      while [ $i -lt 5 ]; do
        value add n 1; barrier wait b; [ "$(value get n)" -eq $((3 * (i + 1))) ] || echo early
        barrier wait b; i=$((i+1))
      done
    }
    spawn -c -n a w; spawn -c -n c w; w; await a c; value get n'
  assert_output '15'
}

@test "barrier: each has a number of its own" {
  in_each_host '
    barrier create b 3
    w() { barrier wait -v i b; echo "$i"; }
    spawn -c -n a w; spawn -c -n c w; { w; await a c; } | sort'
  assert_output $'0\n1\n2'
}

@test "barrier: broken by abort and by a death, whole again by reset" {
  in_each_host '
    barrier create b 2
    barrier abort b; barrier wait b; echo "$?"
    barrier reset b; barrier wait -t 20ms b; echo "$?"
    w() { barrier wait b; }
    spawn -n a w; barrier wait b; await a; echo "$?"
    barrier create three 3
    w3() { event set "$1"; barrier wait three; }
    spawn -n x w3 ex; spawn -d -n y w3 ey; event wait ex; event wait ey
    task kill -s KILL y; await y
    barrier wait -t 50ms three; s=$?; [ $s -eq 1 ] || [ $s -eq 124 ]; echo "$?"
    barrier abort three; await x; echo "$?"'
  assert_output $'1\n124\n0\n0\n1'
}

@test "barrier: bad input" {
  in_each_host '
    for args in "create b" "create b 0" "create b x" "create b -1" "create 1 1" "wait none" "abort none"; do
      barrier $args 2>/dev/null; echo "$?"
    done
    barrier create b 1; barrier wait b; echo "$?"; barrier create b 2 2>/dev/null; echo "$?"
    barrier destroy b; barrier wait b 2>/dev/null; echo "$?"'
  assert_output "$(printf '%s\n' 2 2 2 2 2 4 4 0 4 4)"
}
