# SPDX-License-Identifier: GPL-3.0-or-later

load helper

@test "sem: units are taken and given" {
  in_each_host '
    sem create s 2; sem acquire s; sem value s; sem acquire -n s; sem acquire -n s; echo "$?"
    sem acquire -t 20ms s; echo "$?"; sem release -k 2 s; sem value -v v s; echo "$v"
    sem acquire -k 2 -n s; echo "$?"'
  assert_output $'1\n1\n124\n2\n0'
}

@test "sem: with runs a command with a unit, however it ends" {
  in_each_host '
    sem create s 1
    f() { sem value s; return 7; }
    sem with s f; echo "$?"; sem value s
    sem with new sem value new; sem value new
    (sem with s exit 3); echo "$?"; sem value s
    sem acquire s; sem with -n s echo never; echo "$?"'
  assert_output $'0\n7\n1\n0\n1\n3\n1\n1'
}

@test "sem: no more than COUNT at a time" {
  in_each_host '
    sem create s 2; value create inside q 0; value create most q 0
    work() {
      i=0
      while [ $i -lt 20 ]; do
        sem acquire s; value add -v n inside 1; value max most "$n"
        value add inside -1; sem release s; i=$((i+1))
      done
    }
    spawn work; spawn work; spawn work; spawn work; await
    n=$(value get most); [ "$n" -le 2 ] && [ "$n" -ge 1 ]; echo "$?"; sem value s'
  assert_output $'0\n2'
}

@test "sem: the units of the dead come back" {
  in_each_host '
    sem create s 1
    hold() { sem acquire s; event set held; event wait never; }
    spawn -d -n h hold; event wait held; sem value s; task kill -s KILL h
    sem acquire s; echo "$?"'
  assert_output $'0\n0'
}

@test "sem: a bounded one refuses what was not taken" {
  in_each_host '
    sem create -b s 1; sem release s; echo "$?"; sem acquire -k 2 s; echo "$?"
    sem create u 0; sem release u; sem value u'
  assert_output $'1\n2\n1'
  assert_stderr $'sem: release: s: so many are not taken\nsem: acquire: s: never has 2 units'
}

@test "sem: destroy wakes who waits; bad input" {
  in_each_host '
    sem create s 0
    get() { event set ready; sem acquire s 2>/dev/null; echo "$?"; }
    spawn -c -n g get; event wait ready; sem destroy s; await g
    for args in "create s" "create s x" "create s -1" "create s 99999999999999999999" "acquire none" \
      "acquire -k 0 none" "release none" "value none" "destroy none" "create 1s 2"; do
      sem $args 2>/dev/null; echo "$?"
    done
    sem create s 1; sem create s 2 2>/dev/null; echo "$?"; sem create s 1; echo "$?"'
  assert_output "$(printf '%s\n' 4 2 2 2 2 4 2 4 4 4 2 4 0)"
}
