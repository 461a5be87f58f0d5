# SPDX-License-Identifier: GPL-3.0-or-later
# pool map: its options, one by one, and what they give together.

load helper

# ---- items per call ----------------------------------------------------------------------------

@test "-N gives that many items to each call, the last gets the rest" {
  in_each_host 'seq 7 | pool map -j 2 -N 3 echo; pool map -N 2 echo ::: a b c'
  assert_output $'1 2 3\n4 5 6\n7\na b\nc'
}

@test "-N cuts a long input at the same places, wherever its bytes lie" {
  in_each_host '
    seq 1000000 | pool map -j 2 -N 7 echo >out; echo $?
    cmp out <(seq 1000000 | paste -d " " - - - - - - - | sed "s/ *$//")'
  assert_output 0
}

@test "-N with more items than are read ahead" {
  in_each_host 'count() { echo $#; }; seq 1000000 | pool map -j 2 -N 300000 count'
  assert_output $'300000\n300000\n300000\n100000'
}

@test "-X gives each call as many items as fit, and loses none" {
  in_each_host '
    seq 200000 | pool map -j 2 -X echo >out; echo $?
    tr " " "\n" <out | cmp - <(seq 200000); [ "$(wc -l <out)" -lt 40 ] && echo few'
  assert_output $'0\nfew'
}

@test "-X takes an item that is longer than a call should be" {
  { echo a; head -c 300000 /dev/zero | tr '\0' x; echo; echo b; } >in
  in_each_host -i in 'total() { n=0; for i; do n=$((n + ${#i})); done; echo $n; }
    pool map -j 2 -X total | awk "{ n += \$1 } END { print n }"'
  assert_output 300002
}

@test "items of many megabytes, one behind the other" {
  in_each_host '
    letters() { head -c "$2" /dev/zero | tr "\0" "$1"; }
    source() {
      letters a 9000000; echo; letters b 8000000; sleep 0.6; echo; echo small; letters c 9000000; echo; letters d 5
    }
    look() { [[ $1 != a* ]] || sleep 0.3; echo "${#1} ${1:0:1} ${1:4500000:1} ${1: -1}"; }
    source | pool map -j 2 look'
  assert_output $'9000000 a a a\n8000000 b b b\n5 s  l\n9000000 c c c\n5 d  d'
}

@test "combinations of more than the read-ahead stay whole" {
  in_each_host 'pool map -j 2 echo ::: {1..1500} ::: {1..300} >out
    cmp out <(for i in {1..1500}; do for j in {1..300}; do echo "$i $j"; done; done) && echo same'
  assert_output same
}
