# SPDX-License-Identifier: GPL-3.0-or-later
# The options of pool map for failure, flow and logs, beyond what from_parallel.bats compares.

load helper

@test "--retries: until it succeeds, with the last try's output only" {
  in_each_host '
    f() { echo x >>"tries$1"; echo "try $(grep -c x "tries$1") of $1"; [ "$(grep -c x "tries$1")" -ge 3 ]; }
    pool map -j 2 --retries 5 f ::: a b; echo $?
    pool map -j 1 --retries 2 f ::: c; echo $?'
  assert_output $'try 3 of a\ntry 3 of b\n0\ntry 2 of c\n1'
}

@test "--retries: a call that kills its worker, and one that takes too long" {
  in_each_host '
    f() { echo x >>tries; echo "out $1"; [ "$(grep -c x tries)" -ge 3 ] || kill -9 "$(sh -c "echo \$PPID")"; }
    pool map -j 1 --retries 5 f ::: "a b" c; echo $?; grep -c x tries
    g() { [ -e was ] || { : >was; sleep 100; }; echo "$1"; }
    pool map -j 1 --retries 2 -t 2 g ::: a; echo $?'
  assert_output $'out a b\nout c\n0\n4\na\n0'
}

@test "--retries keeps items whole whose worker died: several per call, fields" {
  in_each_host '
    f() { [ -e "was$1" ] || { : >"was$1"; kill -9 "$(sh -c "echo \$PPID")"; }; echo "$#: $*"; }
    seq 6 >items; pool map -j 1 --retries 2 -N 2 -a items f
    pool map -j 1 --retries 2 --colsep , f ::: x,y z,w'
  assert_output $'2: 1 2\n2: 3 4\n2: 5 6\n2: x y\n2: z w'
}

@test "--backoff waits longer each time" {
  in_each_host '
    a=$(date +%s%N); pool map --retries 3 --backoff 0.1 false ::: 1; b=$(date +%s%N)
    [ $(((b - a) / 1000000)) -ge 300 ] && echo waited'
  assert_output waited
}

@test "--halt now: a call that was killed has no status of success" {
  in_each_host '
    f() { [ "$1" = bad ] || sleep 60; until [ -e running ]; do sleep 0.01; done; return 3; }
    g() { : >running; f "$1"; }
    pool map -j 2 --halt now,fail=1 --status s -c "case \$1 in slow) g slow ;; *) f bad ;; esac" ::: slow bad later
    echo "$? ${s[*]}"'
  assert_output '3 137 3'
}

@test "--halt now ends what runs, soon lets it end" {
  in_each_host '
    f() {
      case $1 in
        fail) : >failed; exit 7 ;;
        0.3) until [ -e failed ]; do sleep 0.02; done ;; # not before the other has its call
      esac
      sleep "$1"; echo "slept $1"
    }
    pool map -j 2 --halt now,fail=1 f ::: 1000 fail 1000; echo $?; rm failed
    pool map -j 2 --halt soon,fail=1 f ::: 0.3 fail 1000 1000; echo $?
    pool map -j 2 --halt now,success=1 f ::: 0.2 1000 1000; echo $?
    pool map -j 1 --halt soon,fail=50% f ::: fail fail fail 0 0 0 0 0 0; echo $?
    pool map --halt sometimes true ::: 1; echo $?'
  assert_output $'7\nslept 0.3\n7\nslept 0.2\n0\nslept 0\nslept 0\nslept 0\nslept 0\nslept 0\nslept 0\n3\n2'
}

@test "--delay: starts are apart, whoever starts" {
  in_each_host '
    a=$(date +%s%N); pool map -j 4 --delay 0.1 true ::: 1 2 3 4; b=$(date +%s%N)
    [ $(((b - a) / 1000000)) -ge 300 ] && echo apart'
  assert_output apart
}

@test "--joblog and --resume: what is recorded is not done again, a torn last line is nothing" {
  in_each_host '
    f() { echo "$1" >>ran; echo "out $1"; [ "$1" != 3 ]; }
    seq 5 | pool map -j 2 --joblog log f >/dev/null; echo $?
    head -n 4 log >short; printf "4\t:\t1" >>short
    : >ran; seq 5 | pool map -j 1 --joblog short --resume f; echo "$?" $(cat ran)
    : >ran; seq 6 | pool map -j 1 --joblog log --resume-failed f; echo "$?" $(cat ran)
    awk "NR > 1" short | cut -f 1 | sort -n | tr "\n" " "
    pool map --resume f ::: 1; echo $?'
  assert_line 'out 4'
  assert_line '0 4 5'
  assert_line '1 3 6'
  assert_stderr -p 'needs --joblog'
}

@test "--results: names of folders, with several lists and a header" {
  in_each_host '
    f() { echo "out $1"; echo "err $2" >&2; }
    pool map --results r f ::: a/b . ::: x; find r -type f | sort
    cat "r/1/a\\_b/2/x/stdout" "r/1/a\\_b/2/x/stderr"
    pool map --results h --header f ::: n 1 ::: m 2; cat h/n/1/m/2/seq'
  assert_line 'r/1/a\_b/2/x/stdout'
  assert_line 'out a/b'
  assert_line 'err x'
  assert_line 1
  refute_stderr
}

@test "--shuf: another order, nothing lost" {
  in_each_host '
    seq 200 >in; pool map -j 1 --shuf -a in echo >out; sort -n out | cmp - in && ! cmp -s out in && echo shuffled
    pool map -j 1 --shuf echo ::: 1 2 ::: a b | sort'
  assert_output $'shuffled\n1 a\n1 b\n2 a\n2 b'
}

@test "--pipe: records longer than a block, between short ones, from a writer of small pieces" {
  { seq 1000; head -c 1500000 /dev/zero | tr '\0' x; echo; seq 1000; } >in
  in_each_host '
    dd if=in obs=1000 2>dd.err | pool map -j 2 --pipe --block 100K cat | cmp - in && echo same
    dd if=in obs=1000 2>dd.err | pool map -j 2 --pipe --block 100K wc -l | sort -n | uniq -c | tr -s " "'
  assert_output $'same\n 1 1\n 2 1000'
}

@test "--pipe: every byte once, in order, cut at record ends" {
  in_each_host '
    seq 300000 >in
    pool map -j 2 --pipe --block 100K cat <in | cmp - in && echo same
    lines() { n=0; while read -r x; do n=$((n + 1)); done; echo $n; }
    seq 5000 | pool map -j 2 --pipe --block 2K lines | { t=0; while read -r n; do t=$((t + n)); done; echo $t; }
    printf "one\n\ntwo\n\nthree" | pool map -j 1 --pipe --block 6 --recend "

" -c "tr \"\n\" /; echo"
    head -c 3000000 /dev/zero | pool map -j 2 --pipe --recend "" --block 1M wc -c
    pool map --pipe cat </dev/null; echo $?; pool map --pipe cat ::: 1; echo $?'
  assert_output $'same\n5000\none//\ntwo//\nthree\n1048576\n1048576\n902848\n0\n2'
}

@test "--then runs here, as calls end, with number, status and output" {
  in_each_host '
    n=0; note() { n=$((n + 1)); echo "$1 $2 <$3>"; }
    f() { [ "$1" != slow ] || sleep 0.3; echo "$1"; [ "$1" != bad ]; }
    pool map -j 2 --then note f ::: slow quick bad; echo "$? $n"'
  assert_line '1 0 <slow>'
  assert_line '3 1 <bad>'
  assert_line '1 3'
}

@test "--prefix fills in replacement strings, --tag the whole item" {
  in_each_host '
    f() { printf "1\n2"; }
    pool map --prefix "{/.}-{#}: " f ::: p/a.c
    pool map --prefix "- " f ::: x; pool map --line-buffer --prefix "{}: " f ::: y; pool map --tag --colsep , f ::: a,b'
  assert_output $'a-1: 1\na-1: 2\n- 1\n- 2\ny: 1\ny: 2\na b\t1\na b\t2'
}

@test "--load and --memfree hold calls back" {
  in_each_host '
    pool map -t 10 --memfree 1M echo ::: a; spawn -n held pool map --memfree 1000T echo ::: b
    await -t 0.5 held; echo $?; task kill held; await held >/dev/null'
  assert_output $'a\n124'
}

@test "bad values are usage errors" {
  in_each_host '
    for o in "--block 0" "--load x" "--halt now" "--retries -1" "--memfree x" "--delay x"; do
      pool map --pipe $o cat </dev/null 2>/dev/null; echo $?
    done'
  assert_output $'2\n2\n2\n2\n2\n2'
}
