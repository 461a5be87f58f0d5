# SPDX-License-Identifier: GPL-3.0-or-later
# One session for a script and all its subshells, whoever of them is the first to need it.

load helper

@test "subshells that each use their first command at once share one session" {
  in_each_host '
    echo 0 >count
    one() { read -r n <count; echo $((n + 1)) >count; }
    add() { i=0; while [ $i -lt 50 ]; do i=$((i + 1)); lock with l one; done; }
    add & add & add & wait
    cat count'
  assert_output '150'
}

@test "the stages of a pipeline share one session" {
  in_each_host '
    { value create v i 41; echo; } | { read -r x; value add v 1 >out; }
    value get v'
  assert_output '42'
}

@test "workers of a pool share one session that none has used before" {
  in_each_host '
    echo 0 >count
    one() { read -r n <count; echo $((n + 1)) >count; }
    add() { lock with l one; }
    pool map -j 5 add ::: 1 2 3 4 5 6 7 8 9 10
    cat count'
  assert_output '10'
}
