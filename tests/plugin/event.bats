# SPDX-License-Identifier: GPL-3.0-or-later

load helper

@test "event: set, clear, is-set" {
  in_each_host '
    event is-set e; echo "$?"; event set e; event is-set e; echo "$?"; event wait e; echo "$?"
    event clear e; event is-set e; echo "$?"; event wait -n e; echo "$?"; event wait -t 20ms e; echo "$?"'
  assert_output $'1\n0\n0\n1\n1\n124'
}

@test "event: all who wait go on, each time it is set" {
  in_each_host '
    queue create ready
    w() { queue put ready x; event wait e; echo on; }
    spawn -c -n a w; spawn -c -n b w
    queue get ready >/dev/null; queue get ready >/dev/null
    event set e; await a b'
  assert_output $'on\non'
}

@test "event: destroy wakes who waits; bad input" {
  in_each_host '
    event create e
    w() { event set ready; event wait e 2>/dev/null; echo "$?"; }
    spawn -c -n a w; event wait ready
    while task alive a; do event destroy e 2>/dev/null; done; await a
    event destroy e 2>/dev/null; event destroy e 2>/dev/null; echo "$?"
    for args in "set" "set a b" "set 1" "wait -t x e" "frob"; do event $args 2>/dev/null; echo "$?"; done'
  assert_output -e $'^4\n4\n2\n2\n2\n2\n2$'
}
